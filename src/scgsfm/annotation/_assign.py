from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from ._markers import Markers, Profile, probabilities, score_cells

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scgsfm.scoring import BlockReader, SetIndex

UNASSIGNED = "unassigned"
"""Label of cells and groups whose best cell type is not significant."""
CELL_TEMPERATURE, GROUP_TEMPERATURE = 1.3, 3.2
"""Temperatures of the softmax that turns scores into probabilities; fitted by ``benchmarks/annotation.py``."""
LARGE_SET = 50
"""Sets with more markers are signatures: few of their genes stand out, even in cells of the type."""
MIN_SHARE = 0.5
"""Default for the share of the markers of a set that must stand out, unless the set is large."""


class CellTypes(NamedTuple):
    """Cell types that were assigned to cells and groups of cells."""

    cells: np.ndarray
    """Label of each cell from its own scores."""
    cell_confidence: np.ndarray
    """Probability that the label is right, or, for unassigned cells, that the best type is wrong."""
    groups: np.ndarray
    """Label of each cell's group; unassigned for cells without a group."""
    group_confidence: np.ndarray
    """Confidence of the group's label; NaN for cells without a group."""
    candidates: pd.DataFrame
    """One row for each group and type; empty without groups."""
    threshold: float
    """Score above which a cell is assigned to a type."""
    counts: bool
    """Whether the values were counts."""


def assign_cell_types(
    reader: BlockReader,
    index: SetIndex,
    types: Mapping[str, str],
    groups: pd.Categorical,
    *,
    alpha: float,
    min_share: float | None,
    n_random: int,
    rng: np.random.Generator,
) -> CellTypes:
    """Assign cell types to cells, and to groups of cells if there are any, by marker sets.

    Parameters
    ----------
    reader
        Cells × genes.
    index
        Marker sets, matched to the genes.
    types
        Cell type of each set, by the name of the set.
    groups
        Group of each cell; missing values are allowed.
    alpha
        Share of cells and groups that are assigned to a type if markers are random.
    min_share
        Share of a type's markers that must stand out in a group.
    n_random
        Number of draws of random markers.
    rng
        Generator of the draws.
    """
    profile = Profile.survey(reader, groups.codes, len(groups.categories))
    markers = Markers(profile, index, n_random=n_random, rng=rng)
    scores, null = score_cells(reader, markers, counts=profile.counts)
    threshold = float(np.quantile(null, 1 - alpha, method="higher"))
    type_of_set = pd.Categorical([types[name] for name in index.names])
    cells, confidence = _assign_cells(best_per_type(scores, type_of_set), threshold, type_of_set.categories)
    candidates = pd.DataFrame(columns=["group", "cell_type"])
    group_labels = np.full(reader.n_cells, UNASSIGNED, dtype=object)
    group_confidence = np.full(reader.n_cells, np.nan)
    if len(groups.categories):
        candidates = _rank_candidates(markers, profile, groups, type_of_set, cells, alpha)
        group_labels, group_confidence = _assign_groups(candidates, alpha, min_share, groups)
        candidates = candidates.drop(columns="large")
    return CellTypes(cells, confidence, group_labels, group_confidence, candidates, threshold, profile.counts)


def best_per_type(scores: np.ndarray, type_of_set: pd.Categorical) -> np.ndarray:
    """The best score among the sets of each type (cells × types)."""
    return np.stack([scores[:, type_of_set.codes == i].max(axis=1) for i in range(len(type_of_set.categories))], axis=1)


def _assign_cells(best: np.ndarray, threshold: float, types: pd.Index[str]) -> tuple[np.ndarray, np.ndarray]:
    """Labels and confidence of cells from their own scores."""
    first, cells = best.argmax(axis=1), np.arange(len(best))
    assigned = best[cells, first] > threshold
    probability = probabilities(best, threshold, CELL_TEMPERATURE)[cells, first]
    labels = np.where(assigned, types.to_numpy(dtype=object)[first], UNASSIGNED)
    return labels, np.where(assigned, probability, 1 - probability)


def _rank_candidates(
    markers: Markers,
    profile: Profile,
    groups: pd.Categorical,
    type_of_set: pd.Categorical,
    cells: np.ndarray,
    alpha: float,
) -> pd.DataFrame:
    """All types for each group, ordered by their scores."""
    means = csr_array(profile.group_means)
    scores, null = markers.score(means), np.sort(markers.best_random(means), axis=None)
    threshold = float(np.quantile(null, 1 - alpha, method="higher"))
    probability = probabilities(best_per_type(scores, type_of_set), threshold, GROUP_TEMPERATURE)
    share, n_markers = markers.specific_share(profile.group_means), np.diff(markers.weights.indptr)
    parts = []
    for i, group in enumerate(groups.categories):
        in_group = groups.codes == i
        sets = pd.DataFrame(
            {"cell_type": type_of_set, "score": scores[i], "share": share[i], "large": n_markers > LARGE_SET}
        )
        part = sets.sort_values("score", ascending=False, kind="stable").drop_duplicates("cell_type")
        n_above = len(null) - np.searchsorted(null, part["score"], side="left")
        part["pvalue"] = (1 + n_above) / (1 + len(null))
        part["probability"] = probability[i, type_of_set.categories.get_indexer(part["cell_type"])]
        part["agree"] = [(cells[in_group] == label).mean() for label in part["cell_type"]]
        parts.append(part.assign(group=str(group), rank=np.arange(1, len(part) + 1), n_cells=int(in_group.sum())))
    columns = ["group", "cell_type", "rank", "score", "pvalue", "share", "probability", "agree", "n_cells", "large"]
    table = pd.concat(parts, ignore_index=True)[columns]
    return table.astype({"group": "category", "cell_type": "category"})


def _assign_groups(
    candidates: pd.DataFrame, alpha: float, min_share: float | None, groups: pd.Categorical
) -> tuple[np.ndarray, np.ndarray]:
    """Labels and confidence of each cell's group; cells without a group are unassigned, with confidence NaN."""
    first = candidates[candidates["rank"] == 1]
    required = np.where(first["large"], 0.0, MIN_SHARE) if min_share is None else min_share
    assigned = (first["pvalue"] <= alpha) & (first["share"] >= required)
    label = np.where(assigned, first["cell_type"].astype(object), UNASSIGNED)
    confidence = np.where(assigned, first["probability"], 1 - first["probability"])
    return np.append(label, UNASSIGNED)[groups.codes], np.append(confidence, np.nan)[groups.codes]
