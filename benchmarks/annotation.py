"""Accuracy of cell-type annotation by marker sets, and how often cells without markers remain unassigned.

    python benchmarks/annotation.py

On labeled cells, with marker sets from other sources: accuracy and macro F1 of the highest score by AUCell, UCell and
scanpy's ``score_genes``, and of ``tl.annotate``, for cells and for Leiden clusters. The fraction left unassigned is
given for all cells of a known type, for the cells of a type whose markers are removed (mean over types), and for all
cells with shuffled gene names. The highest score never leaves a cell unassigned.

A second table shows the accuracy of labels by confidence, for cells and for clusters. The maximum-likelihood
temperatures of the softmax are printed together with those of the package.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
import pandas as pd
import scanpy as sc
from _cell_types import Case, cases
from _common import parser, report, say
from scipy.optimize import minimize_scalar
from sklearn.metrics import f1_score

import scgsfm
from scgsfm.annotation import UNASSIGNED, probabilities
from scgsfm.annotation import _assign as module
from scgsfm.genes import match

if TYPE_CHECKING:
    from anndata import AnnData

METHODS = ("aucell", "ucell", "score_genes")
TEMPERATURES = {"cells": "CELL_TEMPERATURE", "clusters": "GROUP_TEMPERATURE"}
EDGES = (0.0, 0.3, 0.5, 0.7, 0.9, 1.0)


def scores(adata: AnnData, sets: dict[str, list[str]], method: str) -> pd.DataFrame:
    """Scores of the sets in each cell."""
    if method == "score_genes":
        columns = {}
        for name, genes in sets.items():
            places = match(genes, adata.var_names)
            sc.tl.score_genes(adata, adata.var_names[places[places >= 0]], score_name="score")
            columns[name] = adata.obs["score"].to_numpy()
        return pd.DataFrame(columns, index=adata.obs_names)
    params = {"missing": "skipped"} if method == "ucell" else {}
    scgsfm.tl.score(adata, sets, method=method, min_genes=3, **params)
    return scgsfm.get.scores(adata, method)


def highest(adata: AnnData, sets: dict[str, list[str]], method: str) -> dict[str, np.ndarray]:
    """The set with the highest score in each cell, and with the highest mean in each cluster."""
    table = scores(adata, sets, method)
    means = table.groupby(adata.obs["leiden"].to_numpy()).transform("mean")
    return {
        f"highest {method}, cells": table.idxmax(axis=1).to_numpy(),
        f"highest {method}, clusters": means.idxmax(axis=1).to_numpy(),
    }


def clusters(adata: AnnData) -> None:
    """Leiden clusters of principal components of highly variable genes, as ``obs["leiden"]``."""
    cells = adata.copy()
    sc.pp.highly_variable_genes(cells, n_top_genes=min(2000, cells.n_vars))
    sc.pp.pca(cells, n_comps=50, mask_var="highly_variable")
    sc.pp.neighbors(cells)
    sc.tl.leiden(cells, 1.5, flavor="igraph", n_iterations=2, directed=False, random_state=0)
    adata.obs["leiden"] = cells.obs["leiden"].to_numpy()


def annotated(adata: AnnData, sets: dict[str, list[str]]) -> dict[str, np.ndarray]:
    """Labels by ``tl.annotate`` for cells and their clusters."""
    scgsfm.tl.annotate(adata, markers=sets, groupby="leiden")
    columns = {"annotate, cells": "annotation_cell", "annotate, clusters": "annotation"}
    return {name: adata.obs[column].to_numpy(dtype=object) for name, column in columns.items()}


def measured(case: Case, found: np.ndarray) -> dict[str, float]:
    """Accuracy, macro F1 over the labels, and unassigned fraction of the cells of a known type."""
    known = case.known
    right = case.is_right(found)
    names = np.where(right, case.labels, [f"not {name}" for name in found])  # a correct type counts as the label
    assigned = found != UNASSIGNED
    labels = np.unique(case.labels[known])
    return {
        "accuracy": right[known].mean(),
        "macro_f1": f1_score(case.labels[known], _as_labels(case, found, names)[known], labels=labels, average="macro"),
        "unassigned": 1 - assigned[known].mean(),
        "accuracy_of_assigned": right[known & assigned].mean(),
    }


def _as_labels(case: Case, found: np.ndarray, names: np.ndarray) -> np.ndarray:
    """Convert wrong types to the label for which they would be correct, so that they count against its precision."""
    stands_for = {name: labels[0] for name, labels in case.right.items()}
    wrong = np.array([str(name).startswith("not ") for name in names])
    there = set(case.labels)
    meant = [next((x for x in case.right.get(n, ()) if x in there), stands_for.get(n, "none")) for n in found]
    return np.where(wrong, meant, names)


def without_their_markers(case: Case) -> dict[str, float]:
    """Fraction of cells left unassigned if all correct sets are removed, averaged over types."""
    shares: dict[str, list[float]] = {}
    for label in np.unique(case.labels[case.known]):
        left = {name: genes for name, genes in case.sets.items() if label not in case.right.get(name, ())}
        cells = case.labels == label
        for name, found in annotated(case.adata, left).items():
            shares.setdefault(name, []).append((found[cells] == UNASSIGNED).mean())
    return {name: float(np.mean(values)) for name, values in shares.items()}


def shuffled(case: Case, n: int = 5) -> dict[str, float]:
    """Fraction of cells left unassigned if gene names are shuffled."""
    shares: dict[str, list[float]] = {}
    for seed in range(n):
        adata = case.adata.copy()
        adata.var_names = np.random.default_rng(seed).permutation(adata.var_names)
        for name, found in annotated(adata, case.sets).items():
            shares.setdefault(name, []).append((found == UNASSIGNED).mean())
    return {name: float(np.mean(values)) for name, values in shares.items()}


@dataclass
class Evidence:
    """Scores of the types for assigned cells or clusters, and the fraction of each that is labeled correctly."""

    level: str
    scores: np.ndarray
    threshold: float
    right: np.ndarray

    def confidence(self, temperature: float) -> np.ndarray:
        """Probability of the best type."""
        return probabilities(self.scores, self.threshold, temperature).max(axis=1)


def evidence(case: Case) -> list[Evidence]:
    """The values that ``tl.annotate`` converts to confidence, for cells and for clusters."""
    caught = []

    def catch(scores: np.ndarray, threshold: float, temperature: float) -> np.ndarray:
        caught.append((scores, threshold))
        return probabilities(scores, threshold, temperature)

    with patch.object(module, "probabilities", catch):
        found = annotated(case.adata, case.sets)
    right = {name: case.is_right(labels) for name, labels in found.items()}
    assigned = {name: case.known & (labels != UNASSIGNED) for name, labels in found.items()}
    cells, clusters = found
    chosen = assigned[cells]
    out = [Evidence("cells", caught[0][0][chosen], caught[0][1], right[cells][chosen].astype(float))]
    leiden = case.adata.obs["leiden"].astype("category").cat.codes.to_numpy()
    chosen = [i for i in range(leiden.max() + 1) if assigned[clusters][leiden == i].any()]
    share = np.array([right[clusters][assigned[clusters] & (leiden == i)].mean() for i in chosen])
    return [*out, Evidence("clusters", caught[1][0][chosen], caught[1][1], share)]


def reliability(found: list[Evidence]) -> pd.DataFrame:
    """Accuracy of labels in bins of confidence."""
    rows = []
    for level, temperature in TEMPERATURES.items():
        parts = [part for part in found if part.level == level]
        sure = np.concatenate([part.confidence(getattr(module, temperature)) for part in parts])
        right = np.concatenate([part.right for part in parts])
        for low, high in pairwise(EDGES):
            chosen = (sure > low) & (sure <= high)
            if chosen.any():
                means = {"mean_confidence": sure[chosen].mean(), "right": right[chosen].mean()}
                rows.append({"level": level, "confidence": f"{low}–{high}", "labels": chosen.sum()} | means)
    return pd.DataFrame(rows)


def fit(found: list[Evidence]) -> float:
    """Maximum-likelihood temperature; each data set has the same weight."""

    def loss(log_temperature: float) -> float:
        total = 0.0
        for part in found:
            p = np.clip(part.confidence(np.exp(log_temperature)), 1e-6, 1 - 1e-6)
            total -= (part.right * np.log(p) + (1 - part.right) * np.log(1 - p)).mean()
        return total

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 4), method="bounded").x))


def main() -> None:
    options = parser(__doc__)
    args = options.parse_args()
    scgsfm.settings.verbosity = 0
    warnings.simplefilter("ignore")  # skipped sets with too few genes

    all_cases = cases(args.data)
    for case in all_cases:
        clusters(case.adata)
    found = [part for case in all_cases for part in evidence(case)]
    for level, name in TEMPERATURES.items():
        say(f"{name}: {getattr(module, name)}; fitted {fit([part for part in found if part.level == level]):.2f}")
    report("annotation_confidence", reliability(found), args.out)
    rows = []
    for case in all_cases:
        facts = {"data": case.name, "cells": int(case.known.sum()), "sets": len(case.sets)}
        for method in METHODS:
            named = highest(case.adata, case.sets, method)
            rows += [facts | {"method": name} | measured(case, labels) for name, labels in named.items()]
        away, random = without_their_markers(case), shuffled(case)
        for name, labels in annotated(case.adata, case.sets).items():
            honest = {"unassigned_without_markers": away[name], "unassigned_shuffled": random[name]}
            rows.append(facts | {"method": name} | measured(case, labels) | honest)
        say(f"{case.name}: done")
    report("annotation", pd.DataFrame(rows), args.out)


if __name__ == "__main__":
    main()
