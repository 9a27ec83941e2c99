"""Accuracy of cell-type annotation by marker sets, and how often cells without markers remain unassigned.

    python benchmarks/annotation.py

On labeled cells (at most 1,200 of a data set), with marker sets from other sources: accuracy and macro F1 of the highest
score by AUCell, UCell, the z-score, scanpy's ``score_genes``, ANS, the score of ``tl.annotate`` (before any test), its
sums with other scores, and of ``tl.annotate``, for cells and for Leiden clusters (mean over the seeds). ``annotate, best
candidate`` is ``obs["annotation_candidate"]``: no cell is unassigned. The fraction left unassigned is given for all cells
of a known type, for the cells of a type whose markers are removed (mean over types), and for all cells with shuffled
gene names; and the fraction of groups of random cells that get a label. The last three use up to 300 cells, and random markers of
ten draws; types are removed from selected markers only.

A second table shows the accuracy of labels by confidence, for cells and for clusters. The maximum-likelihood
temperatures of the softmax are printed together with those of the package.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
import pandas as pd
import scanpy as sc
from _cell_types import Case, cases
from _common import parser, report, say
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_array
from scipy.stats import rankdata
from sklearn.metrics import f1_score

import scgsfm
from scgsfm.annotation import UNASSIGNED, Markers, Profile, probabilities, score_cells
from scgsfm.annotation import _assign as module
from scgsfm.genes import match
from scgsfm.scoring import BlockReader, SetIndex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from anndata import AnnData

METHODS = ("aucell", "ucell", "zscore")
TEMPERATURES = {"cells": "CELL_TEMPERATURE", "clusters": "GROUP_TEMPERATURE"}
EDGES = (0.0, 0.3, 0.5, 0.7, 0.9, 1.0)
MAX_CELLS, FEW_CELLS = 1200, 300
SEEDS = range(3)
FEW_DRAWS = 10
N_CONTROLS = 100
MIN_GENES = 3


def scores(adata: AnnData, sets: dict[str, list[str]]) -> dict[str, pd.DataFrame]:
    """Scores of the sets in each cell (cells × sets) by each method."""
    for method in METHODS:
        params = {"missing": "skipped"} if method == "ucell" else {}
        scgsfm.tl.score(adata, sets, method=method, min_genes=MIN_GENES, **params)
    tables = {method: scgsfm.get.scores(adata, method) for method in METHODS}
    index = SetIndex.match(scgsfm.GeneSets(sets), adata.var_names).at_least(MIN_GENES)
    markers = csr_array(index.membership)
    arrays = {"score_genes": score_genes(adata, index.names, sets), "ANS": ans(csr_array(adata.X), markers)}
    reader = BlockReader(adata.X)
    profile = Profile.survey(reader, np.full(adata.n_obs, -1), 0)
    own = score_cells(reader, Markers(profile, index, n_random=1, rng=np.random.default_rng(0)), counts=False)
    arrays |= {"score": own.scores, "score + level": own.scores + own.levels}
    arrays["ranks of score and aucell"] = rankdata(own.scores, axis=1) + rankdata(tables["aucell"], axis=1)
    frame = {"index": adata.obs_names, "columns": index.names}
    return tables | {name: pd.DataFrame(values, **frame) for name, values in arrays.items()}


def score_genes(adata: AnnData, names: list[str], sets: dict[str, list[str]]) -> np.ndarray:
    """Scores by scanpy."""
    columns = []
    for name in names:
        places = match(sets[name], adata.var_names)
        sc.tl.score_genes(adata, adata.var_names[places[places >= 0]], score_name="score")
        columns.append(adata.obs["score"].to_numpy())
    return np.stack(columns, axis=1)


def ans(values: csr_array, markers: csr_array) -> np.ndarray:
    """Adjusted neighborhood scoring (Ciernik et al.).

    Each gene is compared with the genes that are next to it in the order of mean expression, without the genes of the
    set: the score is the mean of the genes minus the means of their neighbors.
    """
    means = values.mean(axis=0)
    order = np.argsort(means, kind="stable")
    order = order[means[order] > 0]
    position = np.full(len(means), -1)
    position[order] = np.arange(len(order))
    weights = np.zeros(markers.shape)
    for i in range(markers.shape[0]):
        genes = markers.indices[markers.indptr[i] : markers.indptr[i + 1]]
        genes = genes[position[genes] >= 0]
        controls = order[~np.isin(order, genes)]
        for gene in genes:
            at = np.searchsorted(position[controls], position[gene])
            first = np.clip(at - N_CONTROLS // 2, 0, max(len(controls) - N_CONTROLS, 0))
            near = controls[first : first + N_CONTROLS]
            weights[i, gene] += 1 / len(genes)
            weights[i, near] -= 1 / (len(genes) * len(near))
    return np.asarray((csr_array(weights) @ values.T).toarray().T)


def highest(case: Case) -> dict[str, list[np.ndarray]]:
    """The set with the highest score in each cell, and with the highest mean in each cluster for each seed."""
    found = {}
    for method, table in scores(case.adata, case.sets).items():
        found[f"highest {method}, cells"] = [table.idxmax(axis=1).to_numpy()]
        means = [table.groupby(case.adata.obs[leiden(seed)].to_numpy()).transform("mean") for seed in SEEDS]
        found[f"highest {method}, clusters"] = [mean.idxmax(axis=1).to_numpy() for mean in means]
    return found


def leiden(seed: int) -> str:
    """Column of the clusters of a seed."""
    return f"leiden_{seed}"


def clusters(adata: AnnData) -> None:
    """Leiden clusters of principal components of highly variable genes, as ``obs["leiden_<seed>"]``."""
    if leiden(0) in adata.obs:
        return
    cells = adata.copy()
    sc.pp.highly_variable_genes(cells, n_top_genes=min(2000, cells.n_vars))
    sc.pp.pca(cells, n_comps=50, mask_var="highly_variable")
    sc.pp.neighbors(cells)
    for seed in SEEDS:
        sc.tl.leiden(cells, 1.0, flavor="igraph", n_iterations=2, directed=False, random_state=seed)
        adata.obs[leiden(seed)] = cells.obs["leiden"].to_numpy()


def annotated(
    adata: AnnData, sets: dict[str, list[str]], seeds: Iterable[int] = (0,), *, n_random: int = 50
) -> dict[str, list[np.ndarray]]:
    """Labels and best candidates by ``tl.annotate`` for cells and, for each seed, their clusters."""
    names = ("annotate, cells", "annotate, clusters", "annotate, best candidate, clusters")
    found: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for seed in seeds:
        scgsfm.tl.annotate(adata, markers=sets, groupby=leiden(seed), n_random=n_random)
        for name, column in zip(names, ("annotation_cell", "annotation", "annotation_candidate"), strict=True):
            found[name].append(adata.obs[column].to_numpy(dtype=object))
    return found


def averaged(case: Case, labels: list[np.ndarray]) -> dict[str, float]:
    """Means over the seeds of :func:`measured`."""
    table = pd.DataFrame([measured(case, found) for found in labels])
    return {str(name): float(value) for name, value in table.mean().items()}


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


def smaller(case: Case) -> Case:
    """The same data with fewer cells."""
    n = case.adata.n_obs
    kept = np.sort(np.random.default_rng(0).choice(n, min(n, FEW_CELLS), replace=False))
    return replace(case, adata=case.adata[kept].copy(), labels=case.labels[kept])


def unassigned(adata: AnnData, sets: dict[str, list[str]], cells: np.ndarray | slice) -> dict[str, float]:
    """Fraction of the given cells that ``tl.annotate`` leaves unassigned."""
    found = annotated(adata, sets, n_random=FEW_DRAWS)
    return {name: float((labels[0][cells] == UNASSIGNED).mean()) for name, labels in found.items()}


def without_their_markers(case: Case) -> dict[str, float]:
    """Fraction of cells left unassigned if all correct sets are removed, averaged over types."""
    shares = []
    for label in np.unique(case.labels[case.known]):
        left = {name: genes for name, genes in case.sets.items() if label not in case.right.get(name, ())}
        shares.append(unassigned(case.adata, left, case.labels == label))
    return pd.DataFrame(shares).mean().to_dict()


def shuffled(case: Case, n: int = 3) -> dict[str, float]:
    """Fraction of cells left unassigned if gene names are shuffled."""
    shares = []
    for seed in range(n):
        adata = case.adata.copy()
        adata.var_names = np.random.default_rng(seed).permutation(adata.var_names)
        shares.append(unassigned(adata, case.sets, slice(None)))
    return pd.DataFrame(shares).mean().to_dict()


def random_groups(case: Case, n: int = 3) -> float:
    """Fraction of groups of random cells that get a label: four and ten groups of equal size, ``n`` times."""
    named = []
    for seed in range(n):
        for n_groups in (4, 10):
            groups = np.random.default_rng(seed).permutation(case.adata.n_obs) % n_groups
            case.adata.obs["random"] = pd.Categorical(groups.astype(str))
            scgsfm.tl.annotate(case.adata, markers=case.sets, groupby="random", n_random=FEW_DRAWS)
            named += case.adata.uns["annotation"].query("rank == 1")["assigned"].tolist()
    return float(np.mean(named))


@dataclass
class Evidence:
    """Scores of the types for assigned cells or clusters, and the fraction of each that is labeled correctly."""

    level: str
    scores: np.ndarray
    threshold: float | np.ndarray
    right: np.ndarray

    def confidence(self, temperature: float) -> np.ndarray:
        """Probability of the best type."""
        return probabilities(self.scores, self.threshold, temperature).max(axis=1)


def evidence(case: Case) -> tuple[list[Evidence], dict[str, list[np.ndarray]]]:
    """The values that ``tl.annotate`` converts to confidence, for cells and for clusters, and its labels."""
    caught = []

    def catch(scores: np.ndarray, threshold: float | np.ndarray, temperature: float) -> np.ndarray:
        caught.append((scores, threshold))
        return probabilities(scores, threshold, temperature)

    with patch.object(module, "probabilities", catch):
        found = annotated(case.adata, case.sets, SEEDS)
    cells, clusters = found["annotate, cells"], found["annotate, clusters"]
    out = []
    for seed in SEEDS:
        of_cells, of_clusters = caught[2 * seed], caught[2 * seed + 1]
        right, assigned = case.is_right(cells[seed]), case.known & (cells[seed] != UNASSIGNED)
        if seed == 0:
            none = np.broadcast_to(of_cells[1], len(right))[assigned]
            out.append(Evidence("cells", of_cells[0][assigned], none, right[assigned].astype(float)))
        right, assigned = case.is_right(clusters[seed]), case.known & (clusters[seed] != UNASSIGNED)
        codes = case.adata.obs[leiden(seed)].astype("category").cat.codes.to_numpy()
        chosen = [i for i in range(codes.max() + 1) if assigned[codes == i].any()]
        share = np.array([right[assigned & (codes == i)].mean() for i in chosen])
        out.append(Evidence("clusters", of_clusters[0][chosen], of_clusters[1], share))
    return out, found


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

    all_cases = cases(args.data, max_cells=MAX_CELLS)
    for case in all_cases:
        clusters(case.adata)
    found, labels_of = [], []
    for case in all_cases:
        parts, named = evidence(case)
        found += parts
        labels_of.append(named)
    for level, name in TEMPERATURES.items():
        say(f"{name}: {getattr(module, name)}; fitted {fit([part for part in found if part.level == level]):.2f}")
    report("annotation_confidence", reliability(found), args.out)
    rows = []
    for case, named in zip(all_cases, labels_of, strict=True):
        facts = {"data": case.name, "cells": int(case.known.sum()), "sets": len(case.sets)}
        rows += [facts | {"method": name} | averaged(case, labels) for name, labels in highest(case).items()]
        few = smaller(case)
        away = {} if "all tissues" in case.name else without_their_markers(few)
        shuffle = shuffled(few)
        for name, labels in named.items():
            honest: dict[str, float] = {}
            if "candidate" not in name:
                honest = {"unassigned_shuffled": shuffle[name]}
                honest |= {"unassigned_without_markers": away[name]} if away else {}
            if name == "annotate, clusters":
                honest["random_groups_named"] = random_groups(few)
            rows.append(facts | {"method": name} | averaged(case, labels) | honest)
        scgsfm.tl.annotate(case.adata, markers=case.sets)
        best = [case.adata.obs["annotation_candidate"].to_numpy(dtype=object)]
        rows.append(facts | {"method": "annotate, best candidate, cells"} | averaged(case, best))
        say(f"{case.name}: done")
    table = pd.DataFrame(rows)
    report("annotation", pd.concat([table, mean_of(table)]), args.out)


def mean_of(table: pd.DataFrame) -> pd.DataFrame:
    """Means over all pairs of data and markers."""
    means = table.groupby("method", sort=False).mean(numeric_only=True).reset_index().assign(data="mean")
    columns = list(table.columns)
    return means[columns].astype({"cells": int, "sets": int})


if __name__ == "__main__":
    main()
