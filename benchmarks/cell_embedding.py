"""Separation of cell types by the model's cell embedding and by baselines, on labeled cells.

    python benchmarks/cell_embedding.py --model gsfm-base --corpus FOLDER

On each labeled data set: the accuracy of 15 nearest neighbors in five-fold cross-validation (kNN, and its macro F1),
ARI and NMI of Leiden clusters with the labels at the resolution with the highest NMI, and the mean silhouette of the
labels, scaled to 0–1 (ASW). All use Euclidean distance. Labels with fewer than five cells are removed.

A second table shows how the options of ``tl.embed_cells`` (weighting, size and weights of the set, for
``kind="encoder"``) and the output of the model affect the accuracy of kNN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
import torch
from _baselines import corpus_matrix, singular_vectors, tempered_weights
from _common import data_file, parser, report, say
from scipy.sparse import csr_array, csr_matrix, vstack
from sklearn.metrics import (
    accuracy_score,
    adjusted_rand_score,
    f1_score,
    normalized_mutual_info_score,
    silhouette_score,
)
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

import scgsfm
from scgsfm.models.gsfm import GSFM, build_module
from scgsfm.models.gsfm.training._corpus import Corpus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DATA = {
    "PBMC 3k": ("pbmc3k_2638x32738.h5ad", "cell_type"),
    "PBMC, three chemistries": ("pbmc_symphony_1200x1767.h5ad", "cell_type"),
    "mouse pancreas": ("baron_mouse1_822x14878.h5ad", "cell_type"),
    "gut": ("gut_scp1884_1020x18708.h5ad", "Celltype"),
    "cell lines": ("sciplex3_2247x2000.h5ad", "cell_type"),
}
"""File and column of the labels."""

SIZES = (200, 500, 1000, 2000, 20_000)
RESOLUTIONS = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0)
N_PCS = 50


def read(path: str, label: str) -> ad.AnnData:
    """Log-normalized cells with ``obs["label"]``, without labels of fewer than five cells."""
    adata = ad.read_h5ad(path)
    labels = adata.obs[label].astype(str)
    adata = adata[labels.isin(labels.value_counts().loc[lambda n: n >= 5].index)].copy()
    adata.obs["label"] = adata.obs[label].astype(str)
    adata.X = csr_matrix(adata.X)
    if (adata.X.data == np.floor(adata.X.data)).all():
        sc.pp.normalize_total(adata, target_sum=1e4)
        sc.pp.log1p(adata)
    return adata


def neighbours(embedding: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Accuracy and macro F1 of labels transferred from 15 nearest neighbors, in five-fold cross-validation."""
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    found = cross_val_predict(KNeighborsClassifier(15), embedding, labels, cv=folds)
    return {"knn": accuracy_score(labels, found), "knn_f1": f1_score(labels, found, average="macro")}


def clusters(embedding: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """ARI and NMI of Leiden clusters at the best resolution, and the scaled silhouette of the labels."""
    cells = ad.AnnData(obsm={"X": embedding}, shape=(len(embedding), 0))
    sc.pp.neighbors(cells, use_rep="X")
    best: tuple[float, float] = (-1.0, -1.0)
    for resolution in RESOLUTIONS:
        sc.tl.leiden(cells, resolution, flavor="igraph", n_iterations=2, directed=False, random_state=0)
        found = cells.obs["leiden"]
        best = max(best, (normalized_mutual_info_score(labels, found), adjusted_rand_score(labels, found)))
    return {"ari": best[1], "nmi": best[0], "asw": (silhouette_score(embedding, labels) + 1) / 2}


@dataclass
class Projection:
    """Replaces a model: weighted sets of unit length times a matrix; used with ``kind="latent"``."""

    genes: list[str]
    matrix: np.ndarray
    name: str = "projection"

    @property
    def dim(self) -> int:
        return self.matrix.shape[1]

    def encode(self, sets: csr_array) -> np.ndarray:
        norm = np.sqrt(sets.multiply(sets).sum(axis=1))
        return (sets @ self.matrix) / np.maximum(norm, 1e-12)[:, None]


class Recorder(Projection):
    """Replaces a model to record the sets themselves."""

    def __init__(self, genes: list[str]) -> None:
        super().__init__(genes, np.zeros((len(genes), 1), np.float32))
        self.sets: list[csr_array] = []

    def encode(self, sets: csr_array) -> np.ndarray:
        self.sets.append(sets)
        return super().encode(sets)


def sets_of(adata: ad.AnnData, model: GSFM, **options: object) -> csr_array:
    """The sets to which ``tl.embed_cells`` converts the cells."""
    recorder = Recorder(model.genes)
    scgsfm.tl.embed_cells(adata, model=recorder, kind="latent", key_added="recorded", **options)
    return vstack(recorder.sets, format="csr")


def principal_components(x: csr_array) -> np.ndarray:
    """At most 50 principal components."""
    return sc.pp.pca(x, n_comps=min(N_PCS, *(n - 1 for n in x.shape)), random_state=0)


def variable_genes(adata: ad.AnnData, *, scale: bool) -> np.ndarray:
    """Principal components of 2,000 highly variable genes, as in scanpy's tutorial."""
    cells = adata.copy()
    sc.pp.highly_variable_genes(cells, n_top_genes=min(2000, cells.n_vars))
    cells = cells[:, cells.var["highly_variable"]].copy()
    if scale:
        sc.pp.scale(cells, max_value=10)
    return principal_components(cells.X)


def embedded(model: object, **options: object) -> Callable[[ad.AnnData], np.ndarray]:
    """Embedding of the cells by ``tl.embed_cells`` with a model."""

    def embed(adata: ad.AnnData) -> np.ndarray:
        scgsfm.tl.embed_cells(adata, model=model, key_added="embedded", **options)
        return adata.obsm["embedded"]

    return embed


def untrained(model: GSFM, seed: int = 0) -> GSFM:
    """The same module before training."""
    torch.manual_seed(seed)
    return GSFM(build_module(model.module.config), model.genes, name="untrained")


def methods(model: GSFM, svd: Projection | None) -> dict[str, Callable[[ad.AnnData], np.ndarray]]:
    """The methods to compare."""
    named = {
        "HVG + PCA, scaled": lambda adata: variable_genes(adata, scale=True),
        "HVG + PCA, not scaled": lambda adata: variable_genes(adata, scale=False),
        "top genes, multi-hot + PCA": lambda adata: principal_components(
            sets_of(adata, model, weighting="expression", soft=False)
        ),
        "kind='pca'": embedded(model, kind="pca"),
        "untrained GSFM, encoder": embedded(untrained(model), kind="encoder"),
        "untrained GSFM, latent": embedded(untrained(model), kind="latent"),
    }
    if svd is not None:
        named["SVD of the corpus"] = embedded(svd, kind="latent")
    return named | {
        f"{model.name}, encoder": embedded(model, kind="encoder"),
        f"{model.name}, encoder, each cell by itself": embedded(model, kind="encoder", weighting="expression"),
        f"{model.name}, latent": embedded(model, kind="latent"),
    }


def outputs(model: GSFM, adata: ad.AnnData) -> Iterator[tuple[str, np.ndarray]]:
    """Other outputs of the model for the default sets."""
    latent = embedded(model, kind="latent")(adata)
    yield "latent", latent
    yield "latent, unit length", latent / np.linalg.norm(latent, axis=1, keepdims=True)
    components = principal_components(latent)
    yield "latent, 50 PCs", components
    yield "latent, 20 PCs whitened", components[:, :20] / components[:, :20].std(axis=0)
    yield "logits, 50 PCs", principal_components(model.decode(latent))


def choices(adata: ad.AnnData, labels: np.ndarray, model: GSFM) -> Iterator[tuple[str, float]]:
    """Accuracy of kNN for each option."""
    for weighting in ("specificity", "expression"):
        for soft in (True, False):
            for n_genes in SIZES:
                options = {"weighting": weighting, "soft": soft, "n_genes": n_genes}
                embedding = embedded(model, kind="encoder", **options)(adata)
                name = f"{weighting}, {'weighted' if soft else 'not weighted'}, {n_genes:,} genes"
                yield name, neighbours(embedding, labels)["knn"]
    for name, embedding in outputs(model, adata):
        yield f"default set; {name}", neighbours(embedding, labels)["knn"]


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", default="gsfm-base", help="name or directory of the model")
    options.add_argument("--corpus", help="directory of the training corpus; without it the SVD is skipped")
    args = options.parse_args()
    scgsfm.settings.verbosity = 0

    model = scgsfm.models.load(args.model)
    svd = None
    if args.corpus:
        corpus = Corpus.open(args.corpus)
        sets = corpus_matrix(corpus, model.genes)
        vectors, _ = singular_vectors(sets, tempered_weights(np.asarray(corpus.group)))
        svd = Projection(model.genes, vectors.T)
        say("SVD of the corpus: done")
    rows, chosen = [], []
    for name, (file, label) in DATA.items():
        adata = read(data_file(args.data, f"scrna/{file}"), label)
        labels = adata.obs["label"].to_numpy()
        facts = {"data": name, "cells": adata.n_obs, "types": len(np.unique(labels))}
        for method, embed in methods(model, svd).items():
            embedding = np.asarray(embed(adata), np.float64)
            rows.append(facts | {"method": method} | neighbours(embedding, labels) | clusters(embedding, labels))
        chosen += [{"data": name, "choice": choice, "knn": knn} for choice, knn in choices(adata, labels, model)]
        say(f"{name}: done")
    report("cell_embedding", pd.DataFrame(rows), args.out)
    report("cell_embedding_choices", pd.DataFrame(chosen), args.out)


if __name__ == "__main__":
    main()
