"""Seven properties of gene-set scores, for all methods on three data sets.

    python benchmarks/score_properties.py

The properties are those by which Ciernik et al. (2026) judge scores. Signatures are the 30 genes of each cell type (of at
least 20 cells) with the highest t statistic. A change of a score is given in standard deviations of the score over all
cells, as the mean over cells and signatures.

- ``depth``: mean absolute rank correlation of the score and the number of detected genes, within types.
- ``size``: absolute rank correlation of the number of genes (5 to 200) and the mean score, over 48 random sets.
- ``cells``: change of the scores of a type if only the cells of this type are scored.
- ``accuracy``: balanced accuracy of the highest score, with marker sets from other sources. Higher is better.
- ``missing``: change of the scores if half of the genes of each signature are removed.
- ``random``: change of the scores if half as many random genes are added to each signature.
- ``batch``: variance of the score explained by the batch within types. Where there is one batch, half of the cells are
  thinned to 40 % of their counts.

``auroc missing`` and ``auroc random`` are the AUROC of the type of a signature with these changes. The properties use up to
300 cells of each data set, the accuracy all. ``…, null`` are scores with ``normalize="null"``; ``gsea`` uses 100 random sets.
``score of tl.annotate`` is what that function ranks cells by, which is no score of ``tl.score``.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
from _cell_types import PANCREAS, SUBTYPES, textbook
from _common import data_file, parser, report, say
from cell_embedding import DATA
from scipy.sparse import csr_matrix
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

import scgsfm
from scgsfm.annotation import Markers, Profile, score_cells
from scgsfm.scoring import BlockReader, SetIndex

if TYPE_CHECKING:
    from pathlib import Path

MAX_CELLS, FEWEST_CELLS, N_GENES = 300, 20, 30
SIZES, SETS_PER_SIZE = (5, 10, 20, 50, 100, 200), 8
TYPES_ALONE = 3
THINNED = 0.4
METHODS = (
    *("aucell", "gsfm", "ucell", "singscore", "ssgsea", "gsva", "score_genes", "ans", "mean", "sum"),
    *("zscore", "ulm", "mlm", "viper", "consensus", "ora", "gsea"),
    *("aucell, null", "ucell, null", "mean, null", "score_genes, null", "ans, null"),
)
ANNOTATE = "score of tl.annotate"
BATCHES = {"PBMC, three chemistries": "donor"}


@dataclass
class Cells:
    """A data set with its signatures, and marker sets from other sources."""

    name: str
    adata: ad.AnnData
    """Log-normalized."""
    every: ad.AnnData
    """All cells."""
    markers: dict[str, list[str]]
    right: dict[str, list[str]]
    batch: np.ndarray
    signatures: dict[str, list[str]]


def scored(adata: ad.AnnData, sets: dict[str, list[str]], method: str) -> np.ndarray:
    """Scores of the sets (cells × sets), NaN for sets that a method leaves out."""
    name, _, null = method.partition(", ")
    params = {"missing": "skipped"} if name == "ucell" else {}
    params |= {"times": 100} if name == "gsea" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = adata.copy()
        scgsfm.tl.score(table, sets, method=name, normalize=null or None, log_normalize=False, **params)
    return scgsfm.get.scores(table, name).reindex(columns=list(sets)).to_numpy()


def log_normalized(adata: ad.AnnData) -> ad.AnnData:
    """A copy with log-normalized values, if the values are counts."""
    made = adata.copy()
    if (made.X.data == np.floor(made.X.data)).all():
        sc.pp.normalize_total(made, target_sum=1e4)
        sc.pp.log1p(made)
    return made


def thinned(adata: ad.AnnData, rng: np.random.Generator) -> np.ndarray:
    """Thin the counts of half of the cells, in place; returns whether each cell was thinned."""
    chosen = rng.permutation(adata.n_obs) < adata.n_obs // 2
    cell = np.repeat(chosen, np.diff(adata.X.indptr))
    adata.X.data[cell] = rng.binomial(adata.X.data[cell].astype(int), THINNED)
    adata.X.eliminate_zeros()
    return chosen


def load(name: str, data: Path | None) -> Cells:
    """Read a data set."""
    rng = np.random.default_rng(0)
    file, label = DATA[name]
    adata = ad.read_h5ad(data_file(data, f"scrna/{file}"))
    adata.X = csr_matrix(adata.X)
    adata.obs["label"] = adata.obs[label].astype(str)
    every = log_normalized(adata)
    if adata.n_obs > MAX_CELLS:
        adata = adata[np.sort(rng.choice(adata.n_obs, MAX_CELLS, replace=False))].copy()
    large = adata.obs["label"].value_counts().loc[lambda n: n >= FEWEST_CELLS].index
    adata = adata[adata.obs["label"].isin(large)].copy()
    batch = adata.obs[BATCHES[name]].astype(str).to_numpy() if name in BATCHES else thinned(adata, rng).astype(str)
    adata = log_normalized(adata)
    sc.tl.rank_genes_groups(adata, "label", method="t-test", n_genes=N_GENES)
    names = pd.DataFrame(adata.uns["rank_genes_groups"]["names"])
    del adata.uns["rank_genes_groups"]
    is_blood = name.startswith("PBMC")
    markers = (
        scgsfm.datasets.library("pbmc_markers").to_dict() if is_blood else textbook("pancreas", "immune", "stroma")
    )
    right = SUBTYPES if is_blood else PANCREAS
    return Cells(name, adata, every, markers, right, batch, {str(k): list(v) for k, v in names.items()})


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Rank correlation; NaN for constant values."""
    a, b = rankdata(x), rankdata(y)
    a, b = a - a.mean(), b - b.mean()
    norm = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / norm) if norm > 0 else np.nan


def change(before: np.ndarray, after: np.ndarray, sd: np.ndarray) -> float:
    """Mean change in standard deviations."""
    return float(np.nanmean(np.abs(after - before) / np.where(sd > 0, sd, np.nan)))


def explained(scores: np.ndarray, groups: np.ndarray) -> float:
    """Variance of scores (cells × sets) explained by groups, as the mean over sets."""
    center = scores - scores.mean(axis=0)
    between = sum((groups == g).sum() * center[groups == g].mean(axis=0) ** 2 for g in np.unique(groups))
    total = (center**2).sum(axis=0)
    return float(np.nanmean(between / np.where(total > 0, total, np.nan)))


def auroc(scores: np.ndarray, cells: Cells) -> float:
    """Mean AUROC of the type of each signature."""
    labels = cells.adata.obs["label"].to_numpy()
    found = [
        roc_auc_score(labels == name, scores[:, i])
        for i, name in enumerate(cells.signatures)
        if np.isfinite(scores[:, i]).all()
    ]
    return float(np.mean(found))


def accuracy(cells: Cells, method: str) -> float:
    """Balanced accuracy of the highest score."""
    names = [name for name, genes in cells.markers.items() if name in cells.right]
    return balanced_accuracy(cells, names, scored(cells.every, {name: cells.markers[name] for name in names}, method))


def balanced_accuracy(cells: Cells, names: list[str], scores: np.ndarray) -> float:
    """Mean over labels of the fraction of cells whose highest score is that of a correct set."""
    labels = cells.every.obs["label"].to_numpy()
    found = np.array(names)[np.argmax(np.where(np.isnan(scores), -np.inf, scores), axis=1)]
    right = np.array([label in cells.right[name] for label, name in zip(labels, found, strict=True)])
    known = sorted({label for labels in cells.right.values() for label in labels} & set(labels))
    return float(np.mean([right[labels == label].mean() for label in known]))


def accuracy_of_annotate(cells: Cells) -> float:
    """Balanced accuracy of what ``tl.annotate`` ranks cells by, the sum of its score and level."""
    names = [name for name in cells.markers if name in cells.right]
    index = SetIndex.match(scgsfm.GeneSets({name: cells.markers[name] for name in names}), cells.every.var_names)
    index = index.at_least(1)
    reader = BlockReader(cells.every.X)
    profile = Profile.survey(reader, np.full(cells.every.n_obs, -1), 0)
    own = score_cells(reader, Markers(profile, index, n_random=1, rng=np.random.default_rng(0)), counts=False)
    return balanced_accuracy(cells, index.names, own.scores + own.levels)


def measured(cells: Cells, method: str) -> dict[str, float]:
    """All properties of a method."""
    rng = np.random.default_rng(1)
    adata, labels = cells.adata, cells.adata.obs["label"].to_numpy()
    detected = adata.var_names[np.asarray((adata.X > 0).mean(axis=0)).ravel() >= 0.02]
    n_genes = np.diff(adata.X.indptr)
    scores = scored(adata, cells.signatures, method)
    sd = scores.std(axis=0)
    types = np.unique(labels)
    within = [
        abs(correlation(scores[labels == t, s], n_genes[labels == t])) for t in types for s in range(scores.shape[1])
    ]
    drawn = {
        f"{size} {i}": rng.choice(detected, min(size, len(detected) // 3), replace=False).tolist()
        for size in SIZES
        for i in range(SETS_PER_SIZE)
    }
    means = scored(adata, drawn, method).mean(axis=0)
    sizes = np.array([len(genes) for genes in drawn.values()])
    there = np.isfinite(means)
    most = pd.Series(labels).value_counts().index[:TYPES_ALONE]
    alone = [change(scores[labels == t], scored(adata[labels == t], cells.signatures, method), sd) for t in most]
    half = {name: sorted(rng.choice(genes, len(genes) // 2, replace=False)) for name, genes in cells.signatures.items()}
    mixed = {
        name: [*genes, *rng.choice(np.setdiff1d(detected, genes), len(genes) // 2, replace=False)]
        for name, genes in cells.signatures.items()
    }
    with_half, with_random = scored(adata, half, method), scored(adata, mixed, method)
    return {
        "depth": float(np.nanmean(within)),
        "size": abs(correlation(sizes[there], means[there])),
        "cells": float(np.mean(alone)),
        "accuracy": accuracy(cells, method),
        "missing": change(scores, with_half, sd),
        "random": change(scores, with_random, sd),
        "batch": float(np.mean([explained(scores[labels == t], cells.batch[labels == t]) for t in types])),
        "auroc": auroc(scores, cells),
        "auroc missing": auroc(with_half, cells),
        "auroc random": auroc(with_random, cells),
    }


def main() -> None:
    args = parser(__doc__)
    args.add_argument("--methods", nargs="+", default=METHODS)
    options = args.parse_args()
    scgsfm.settings.verbosity = 0
    rows = []
    for name in ("PBMC 3k", "PBMC, three chemistries", "mouse pancreas"):
        cells = load(name, options.data)
        say(f"{name}: {cells.adata.n_obs} cells, {len(cells.signatures)} signatures, {len(cells.markers)} marker sets")
        for method in options.methods:
            found = measured(cells, method)
            say(f"  {method}: {', '.join(f'{k} {v:.3f}' for k, v in found.items())}")
            rows.append({"data": name, "method": method, **found})
        rows.append({"data": name, "method": ANNOTATE, "accuracy": accuracy_of_annotate(cells)})
        say(f"  {ANNOTATE}: {rows[-1]['accuracy']:.3f}")
    table = pd.DataFrame(rows)
    report("score_properties", table, options.out)


if __name__ == "__main__":
    main()
