"""Transfer of cell types to batches and data sets without labels, by the model's cell embedding and by baselines.

    python benchmarks/label_transfer.py --model gsfm-base --corpus FOLDER

Labels of each batch are predicted by 15 nearest neighbors (Euclidean distance) in the other batches. Batches are
laboratories' methods, samples, conditions or whole data sets, joined by the genes they share; labels with fewer than
five cells in every batch but one are removed, and larger data are subsampled. Within a data set, labels are predicted
in five-fold cross-validation. Accuracy and macro F1 are means over the predicted batches.

Mixing is the cell-type-aware iLISI (Korsunsky et al. 2019; Andreatta et al. 2024): the inverse Simpson index of the
batches among the 30 nearest neighbors of the same type, scaled to 0 (one batch) to 1 (all batches equally frequent).

``choose`` marks the data on which the options were chosen, ``report`` those on which only the listed methods were run.
Intervals are 95 % bootstraps over the predicted cells, with the same draws for all methods; ``difference`` is the mean
difference of the macro F1 to the first method.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
from _baselines import corpus_matrix, singular_vectors, tempered_weights
from _common import data_file, parser, report, say
from cell_embedding import DATA, Projection, read, untrained
from scipy.sparse import csr_matrix
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

import scgsfm
from scgsfm.models.gsfm.training._corpus import Corpus

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from scgsfm.models.gsfm import GSFM

    Embed = Callable[[ad.AnnData], np.ndarray]

PARTS = ("choose", "report", "within")
N_PCS = 20
"""More accurate than 50 for the baselines, on the data of ``choose``."""
N_HVG = 2000
MAX_CELLS = 1000
"""Cells of a data set that is joined with another."""
MAX_WITHIN = 1500
"""Cells of a data set within which labels are predicted."""

BLOOD = {
    "CD4 T": ["T_CD4", "Naive CD4 T", "Memory CD4 T", "CD4 T cells"],
    "CD8 T": ["T_CD8", "CD8 T", "CD8 T cells"],
    "CD14 monocyte": ["Mono_CD14", "CD14+ Mono", "CD14+ Monocytes"],
    "CD16 monocyte": ["Mono_CD16", "FCGR3A+ Mono", "FCGR3A+ Monocytes"],
    "B": ["B", "B cells"],
    "NK": ["NK"],
    "DC": ["DC"],
    "platelet": ["MK", "Platelet"],
}
"""Names of the types of blood in the three data sets."""

IMMUNE = {
    "CD4 T": ["CD4 T", "T cells CD4", "T cells Naive CD4", "Tregs"],
    "CD8 T": ["CD8 T", "T cells CD8"],
    "monocyte": ["CD14 monocyte", "CD16 monocyte", "Monocytes"],
    "B": ["B"],
    "NK": ["NK"],
    "DC": ["DC", "DC1", "DC2"],
}
"""Types of blood and prefixes of those of the gut."""

COMPARTMENTS = {
    "endocrine": ["alpha", "beta", "delta", "gamma", "Enterochromaffin", "Enteroendocrine", "L cells"],
    "epithelial": ["ductal", "Enterocytes", "Epithelial", "Goblet", "Stem cells", "Tuft", "Paneth"],
    "endothelial": ["endothelial", "Endothelial"],
    "stromal": [
        *("quiescent_stellate", "activated_stellate"),
        *("Fibroblasts", "Activated fib", "Inflammatory fib", "Myofibroblasts", "Pericytes"),
    ],
    "immune": [
        *("macrophage", "immune_other", "T_cell", "B_cell"),
        *("Macrophages", "Monocytes", "B cells", "T cells", "DC", "Plasma cells", "Mast cells"),
    ],
}
"""Compartments of the mouse pancreas and of the human gut: prefixes of their types."""


@dataclass
class Task:
    """Cells with ``obs["label"]`` and ``obs["batch"]``, and the masks of the cells to predict in turn."""

    name: str
    part: str
    cells: ad.AnnData
    folds: list[np.ndarray]

    @property
    def labels(self) -> np.ndarray:
        return self.cells.obs["label"].to_numpy().astype(str)

    @property
    def batches(self) -> np.ndarray:
        return self.cells.obs["batch"].to_numpy().astype(str)


def load(data: Path | None, file: str, label: str, *, organism: str = "human") -> ad.AnnData:
    """Log-normalized cells with approved human symbols; genes that share a symbol are left out."""
    cells = read(data_file(data, f"scrna/{file}"), label)
    cells.obs_names_make_unique()
    cells.var_names = cells.var_names.str.replace(r"\.\d+$", "", regex=True)
    scgsfm.pp.resolve_genes(cells, organism=organism)
    symbols = cells.var["scgsfm_symbol"].to_numpy().astype(str)
    kept = (symbols != "") & ~pd.Series(symbols).duplicated(keep=False).to_numpy()
    cells = cells[:, kept].copy()
    cells.var = pd.DataFrame(index=symbols[kept])
    cells.uns.clear()
    return cells


def renamed(cells: ad.AnnData, names: Mapping[str, list[str]], *, prefix: bool = False) -> ad.AnnData:
    """The cells with a label in ``names``, which get its key; or with a label that starts so."""
    to = {}
    for label in cells.obs["label"].unique():
        for key, known in names.items():
            if label in known or (prefix and label.startswith(tuple(known))):
                to[label] = key
                break
    cells = cells[cells.obs["label"].isin(list(to))].copy()
    cells.obs["label"] = cells.obs["label"].map(to).astype(str)
    return cells


def subsample(cells: ad.AnnData, n: int) -> ad.AnnData:
    """At most ``n`` cells, drawn at random."""
    rows = np.random.default_rng(0).permutation(cells.n_obs)[:n]
    return cells[np.sort(rows)].copy()


def by_batch(name: str, part: str, cells: ad.AnnData, column: str) -> Task:
    """Predict each batch from the others."""
    cells = cells.copy()
    cells.obs["batch"] = cells.obs[column].astype(str)
    frequent = pd.crosstab(cells.obs["label"], cells.obs["batch"]) >= 5
    cells = cells[cells.obs["label"].isin(frequent.index[frequent.sum(axis=1) >= 2])].copy()
    sc.pp.filter_genes(cells, min_cells=3)
    batch = cells.obs["batch"].to_numpy().astype(str)
    return Task(name, part, cells, [batch == b for b in np.unique(batch)])


def between(part: str, **data: ad.AnnData) -> Task:
    """Predict each of two data sets from the other, by their shared genes."""
    drawn = {name.replace("_", " "): subsample(cells, MAX_CELLS) for name, cells in data.items()}
    joined = ad.concat(drawn, label="data", join="inner", index_unique="-")
    joined.X = csr_matrix(joined.X)
    return by_batch(" and ".join(drawn), part, joined, "data")


def within(name: str, cells: ad.AnnData) -> Task:
    """Predict cells of a data set from the others."""
    cells = subsample(cells, MAX_WITHIN)
    cells.obs["batch"] = "all"
    sc.pp.filter_genes(cells, min_cells=3)
    folds = StratifiedKFold(5, shuffle=True, random_state=0).split(cells.X, cells.obs["label"])
    return Task(name, "within", cells, [np.isin(np.arange(cells.n_obs), query) for _, query in folds])


def tasks(data: Path | None, parts: Collection[str] = PARTS) -> Iterator[Task]:
    """The tasks of some parts, those on which options were chosen first."""
    return (task for task in _tasks(data) if task.part in parts)


def _tasks(data: Path | None) -> Iterator[Task]:
    chemistries = renamed(load(data, *DATA["PBMC, three chemistries"]), BLOOD)
    interferon = renamed(load(data, "kang_ifnb_subset_1556x1267.h5ad", "cluster_id"), BLOOD)
    interferon.obs["donor"] = interferon.obs["sample_id"].astype(str).str[-3:]
    original = load(data, *DATA["PBMC 3k"])
    pbmc = renamed(original, BLOOD)
    yield by_batch("PBMC, three chemistries", "choose", chemistries, "donor")
    yield by_batch("interferon, conditions", "choose", interferon, "group_id")
    yield by_batch("interferon, donors", "choose", interferon, "donor")
    yield between("choose", PBMC_3k=pbmc, interferon=interferon)

    gut = load(data, *DATA["gut"])
    pancreas = load(data, *DATA["mouse pancreas"], organism="mouse")
    yield between("report", PBMC_3k=pbmc, three_chemistries=chemistries)
    yield between("report", PBMC_3k=renamed(pbmc, IMMUNE), gut=renamed(gut, IMMUNE, prefix=True))
    yield between("report", gut=renamed(gut, COMPARTMENTS, prefix=True), mouse_pancreas=renamed(pancreas, COMPARTMENTS))
    gut.obs["site"] = gut.obs["batch"].astype(str).str[:2]
    yield by_batch("gut, colon and ileum", "report", gut, "site")
    tumors = subsample(load(data, "glioblastoma_panobinostat_5000x300.h5ad", "condition"), MAX_WITHIN)
    yield by_batch("glioblastoma, treatment across patients", "report", tumors, "patient_id")

    yield within("PBMC 3k", original)
    yield within("PBMC, three chemistries", chemistries)
    yield within("mouse pancreas", pancreas)
    yield within("gut", gut)
    yield within("cell lines", load(data, *DATA["cell lines"]))


def by_batches(x: np.ndarray, batches: np.ndarray, *, scale: bool = False) -> np.ndarray:
    """Values minus their mean in the batch; divided by their standard deviation there and clipped at 10 if ``scale``."""
    x = np.array(x, np.float64)
    for batch in np.unique(batches):
        rows = batches == batch
        x[rows] -= x[rows].mean(axis=0)
        if scale:
            deviation = x[rows].std(axis=0)
            x[rows] /= np.where(deviation > 1e-9, deviation, 1)
    return np.clip(x, -10, 10) if scale else x


def components(x: np.ndarray, n: int = N_PCS) -> np.ndarray:
    """Principal components."""
    return sc.pp.pca(np.asarray(x, np.float32), n_comps=min(n, min(x.shape) - 1), random_state=0)


def variable(cells: ad.AnnData, batch_key: str | None = None) -> np.ndarray:
    """Values of the highly variable genes."""
    cells = cells.copy()
    sc.pp.highly_variable_genes(cells, n_top_genes=min(N_HVG, cells.n_vars), batch_key=batch_key)
    return cells[:, cells.var["highly_variable"]].X.toarray()


def pca(cells: ad.AnnData, *, n: int = N_PCS) -> np.ndarray:
    """HVG + PCA of all cells."""
    return components(variable(cells), n)


def scaled_pca(cells: ad.AnnData) -> np.ndarray:
    """HVG + PCA of all cells, with scaled genes."""
    x = variable(cells)
    return components(by_batches(x, np.zeros(len(x)), scale=True))


def batch_pca(cells: ad.AnnData, *, scale: bool) -> np.ndarray:
    """HVG by batch, genes centered or scaled in each batch, and PCA."""
    return components(by_batches(variable(cells, "batch"), cells.obs["batch"].to_numpy(), scale=scale))


def combat_pca(cells: ad.AnnData) -> np.ndarray:
    """HVG by batch, ComBat, and PCA."""
    if cells.obs["batch"].nunique() == 1:
        return batch_pca(cells, scale=False)
    cells = ad.AnnData(variable(cells, "batch"), obs=cells.obs[["batch"]])
    sc.pp.combat(cells, key="batch")
    return components(cells.X)


def projected_pca(cells: ad.AnnData, reference: np.ndarray) -> np.ndarray:
    """HVG + PCA of the reference; the other cells are projected."""
    of_reference = cells[reference].copy()
    sc.pp.highly_variable_genes(of_reference, n_top_genes=min(N_HVG, cells.n_vars))
    x = cells[:, of_reference.var["highly_variable"].to_numpy()].X.toarray()
    x = x - x[reference].mean(axis=0)
    directions = np.linalg.svd(x[reference], full_matrices=False)[2]
    return x @ directions[:N_PCS].T


def completed_pca(cells: ad.AnnData, *, model: GSFM) -> np.ndarray:
    """PCA of the logits that the model predicts for the genes of the data."""
    latent = embedded(cells, model=model, kind="latent").astype(np.float32)
    known = np.isin(model.genes, cells.var_names)
    return components(np.vstack([model.decode(rows)[:, known] for rows in np.array_split(latent, 20)]))


def scores(cells: ad.AnnData, *, library: str, method: str, model: GSFM) -> np.ndarray:
    """PCA of the scores of a library, scaled in each batch."""
    cells = cells.copy()
    scgsfm.tl.score(cells, library, method=method, model=model, key_added="scores")
    values = np.asarray(cells.obsm["scores"], np.float64)
    values = values[:, np.isfinite(values).all(axis=0)]
    return components(by_batches(values, cells.obs["batch"].to_numpy(), scale=True))


def embedded(cells: ad.AnnData, *, model: object, by_batch: str = "", **options: object) -> np.ndarray:
    """Vectors of ``tl.embed_cells``: of all cells together, of each batch apart, or centered or scaled in batches."""
    if by_batch != "apart":
        scgsfm.tl.embed_cells(cells, model=model, key_added="embedded", **options)
        vectors = np.asarray(cells.obsm.pop("embedded"), np.float64)
        if by_batch:
            vectors = by_batches(vectors, cells.obs["batch"].to_numpy(), scale=by_batch == "scaled")
        return vectors
    batches = cells.obs["batch"].to_numpy()
    parts = {b: embedded(cells[batches == b].copy(), model=model, **options) for b in np.unique(batches)}
    vectors = np.empty((cells.n_obs, next(iter(parts.values())).shape[1]))
    for batch, part in parts.items():
        vectors[batches == batch] = part
    return vectors


def remembered(embed: Embed) -> Embed:
    """The function, which returns its last result again for the same cells."""
    last: list[tuple[ad.AnnData, np.ndarray]] = []

    def again(cells: ad.AnnData) -> np.ndarray:
        if not last or last[0][0] is not cells:
            last[:] = [(cells, embed(cells))]
        return last[0][1]

    return again


def together(*embeds: Embed) -> Embed:
    """Embeddings next to each other, each with a total variance of 1."""

    def embed(cells: ad.AnnData) -> np.ndarray:
        parts = [each(cells) for each in embeds]
        return np.hstack([(x - x.mean(axis=0)) / np.sqrt(x.var(axis=0).sum()) for x in parts])

    return embed


def predicted(task: Task, embed: Embed | None) -> tuple[list[np.ndarray], float]:
    """Labels predicted for the cells of each fold, and the mixing of batches. Without ``embed``, ``projected_pca``."""
    labels, found, mixed = task.labels, [], []
    vectors = None if embed is None else np.asarray(embed(task.cells), np.float64)
    for query in task.folds:
        x = projected_pca(task.cells, ~query) if vectors is None else vectors
        found.append(KNeighborsClassifier(15).fit(x[~query], labels[~query]).predict(x[query]))
        if vectors is None or not mixed:
            mixed.append(mixing(x, task.batches, labels))
    return found, float(np.mean(mixed))


def mixing(x: np.ndarray, batches: np.ndarray, labels: np.ndarray, n_neighbors: int = 30) -> float:
    """Mean inverse Simpson index of the batches among the neighbors of the same type, scaled to 0–1.

    NaN if no type has at least five cells in two batches.
    """
    found = []
    for label in np.unique(labels):
        names, batch = np.unique(batches[labels == label], return_inverse=True)
        count = np.bincount(batch)
        if (count >= 5).sum() < 2:
            continue
        of_type = x[labels == label]
        k = min(n_neighbors, len(of_type) - 1)
        near = NearestNeighbors(n_neighbors=k).fit(of_type).kneighbors(return_distance=False)
        shares = np.stack([(batch[near] == i).mean(axis=1) for i in range(len(names))], axis=1)
        found.append((1 / (shares**2).sum(axis=1) - 1) / (len(names) - 1))
    return float(np.concatenate(found).mean()) if found else np.nan


def draws(labels: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """How often each cell is drawn: first each once, then ``n`` bootstraps within each label."""
    times = np.ones((n + 1, len(labels)), np.float32)
    for label in np.unique(labels):
        cells = np.flatnonzero(labels == label)
        times[1:, cells] = rng.multinomial(len(cells), np.full(len(cells), 1 / len(cells)), size=n)
    return times


def accuracy_and_f1(labels: np.ndarray, found: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy, and macro F1 over the types among ``labels``, for each row of ``times``."""
    types = np.unique(labels)
    true, called = labels[:, None] == types, found[:, None] == types
    right = times @ (true & called)
    f1 = 2 * right / (times @ true.astype(np.float32) + times @ called.astype(np.float32))
    return right.sum(axis=1) / times.sum(axis=1), f1.mean(axis=1)


def methods(model: GSFM, svd: Projection | None) -> dict[str, Embed | None]:
    """The methods to compare; ``None`` stands for ``projected_pca``."""
    plain, z_scores = remembered(pca), remembered(partial(batch_pca, scale=True))
    latent, encoder = (partial(embedded, model=model, kind=kind) for kind in ("latent", "encoder"))
    default, sets = remembered(latent), remembered(partial(embedded, model=model, kind="pca"))
    blank = remembered(partial(embedded, model=untrained(model), kind="latent"))
    scored = partial(scores, model=model)
    named: dict[str, Embed | None] = {
        "HVG + PCA": plain,
        "HVG + PCA, 50 components": partial(pca, n=50),
        "HVG + PCA, genes scaled": scaled_pca,
        "HVG + PCA of the labeled cells, others projected": None,
        "HVG + PCA, genes centered by batch": partial(batch_pca, scale=False),
        "HVG + PCA, genes scaled by batch": z_scores,
        "HVG + PCA after ComBat": combat_pca,
        "HVG + PCA, not scaled and scaled by batch": together(plain, z_scores),
        "kind='pca'": sets,
        "kind='pca', 20 components": partial(embedded, model=model, kind="pca", n_comps=20),
        "kind='pca', all genes": partial(embedded, model=model, kind="pca", n_genes=20_000),
        "kind='pca', genes not weighted": partial(embedded, model=model, kind="pca", soft=False),
        "kind='pca', by expression": partial(embedded, model=model, kind="pca", weighting="expression"),
        "HVG + PCA, genes scaled by batch, and kind='pca'": together(z_scores, sets),
        "aucell of reactome, scaled by batch, + PCA": partial(scored, library="reactome", method="aucell"),
        "ulm of reactome, scaled by batch, + PCA": partial(scored, library="reactome", method="ulm"),
        "gsfm of reactome, scaled by batch, + PCA": partial(scored, library="reactome", method="gsfm"),
        "untrained GSFM, latent": blank,
    }
    if svd is not None:
        named["SVD of the corpus"] = partial(embedded, model=svd, kind="latent")
    name = model.name
    return named | {
        f"{name}, encoder": encoder,
        f"{name}, encoder, each batch apart": partial(encoder, by_batch="apart"),
        f"{name}, encoder, scaled by batch": partial(encoder, by_batch="scaled"),
        f"{name}, latent": default,
        f"{name}, latent, each cell by itself": partial(latent, weighting="expression"),
        f"{name}, latent, each batch apart": partial(latent, by_batch="apart"),
        f"{name}, latent, centered by batch": partial(latent, by_batch="centered"),
        f"{name}, latent, scaled by batch": partial(latent, by_batch="scaled"),
        f"{name}, latent, + PCA": lambda cells: components(default(cells)),
        f"{name}, completed sets + PCA": partial(completed_pca, model=model),
        f"kind='pca', and {name}, latent": together(sets, default),
        f"HVG + PCA, and {name}, latent": together(plain, default),
        f"HVG + PCA, genes scaled by batch, and {name}, latent": together(z_scores, default),
        f"HVG + PCA, not scaled and scaled by batch, and {name}, latent": together(plain, z_scores, default),
        "HVG + PCA, not scaled and scaled by batch, and untrained GSFM, latent": together(plain, z_scores, blank),
        f"HVG + PCA, genes scaled by batch, kind='pca', and {name}, latent": together(z_scores, sets, default),
    }


def interval(values: np.ndarray) -> dict[str, float]:
    """Bounds of the 95 % interval over the bootstraps; the first value is that of the data."""
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return {"low": low, "high": high}


def summary(table: pd.DataFrame, drawn: dict[tuple[str, str, str], tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    """Means over the tasks of each part."""
    rows = []
    for (part, method), of_method in table.groupby(["part", "method"], sort=False):
        first = table["method"].iloc[0]
        accuracy = np.mean([drawn[part, task, method][0] for task in of_method["task"]], axis=0)
        f1 = np.mean([drawn[part, task, method][1] for task in of_method["task"]], axis=0)
        change = f1 - np.mean([drawn[part, task, first][1] for task in of_method["task"]], axis=0)
        rows.append(
            {"part": part, "tasks": len(of_method), "method": method, "accuracy": accuracy[0], "f1": f1[0]}
            | {f"f1_{bound}": value for bound, value in interval(f1).items()}
            | {"difference": change[0]}
            | {f"difference_{bound}": value for bound, value in interval(change).items()}
            | {"mixing": of_method["mixing"].mean()}
        )
    return pd.DataFrame(rows)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", default="gsfm-base", help="name or directory of the model")
    options.add_argument("--corpus", help="directory of the training corpus; without it the SVD is skipped")
    options.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="tasks to run (all)")
    options.add_argument("--bootstraps", type=int, default=300, help="draws of cells")
    args = options.parse_args()
    scgsfm.settings.verbosity = 0

    model = scgsfm.models.load(args.model)
    svd = None
    if args.corpus:
        corpus = Corpus.open(args.corpus)
        vectors, _ = singular_vectors(corpus_matrix(corpus, model.genes), tempered_weights(np.asarray(corpus.group)))
        svd = Projection(model.genes, vectors.T)
        say("SVD of the corpus: done")
    compared = methods(model, svd)
    rows, drawn = [], {}
    for task in tasks(args.data, args.parts):
        rng = np.random.default_rng(0)
        times = [draws(task.labels[query], args.bootstraps, rng) for query in task.folds]
        facts = {"part": task.part, "task": task.name, "cells": task.cells.n_obs, "genes": task.cells.n_vars}
        facts |= {"types": len(np.unique(task.labels)), "batches": len(np.unique(task.batches))}
        for method, embed in compared.items():
            found, mixed = predicted(task, embed)
            values = zip(task.folds, found, times, strict=True)
            each = [accuracy_and_f1(task.labels[query], called, weights) for query, called, weights in values]
            accuracy, f1 = (np.mean(value, axis=0) for value in zip(*each, strict=True))
            drawn[task.part, task.name, method] = accuracy, f1
            rows.append(facts | {"method": method, "accuracy": accuracy[0], "f1": f1[0], "mixing": mixed})
        say(f"{task.name}, {task.part}: done")
    table = pd.DataFrame(rows)
    report("label_transfer", summary(table, drawn), args.out)
    report("label_transfer_tasks", table, args.out)


if __name__ == "__main__":
    main()
