from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from scgsfm.scoring import value_scale

from ._markers import Markers, Profile, probabilities, score_cells
from ._nulls import composition_pvalues, pvalues_of, qvalues

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scgsfm.scoring import BlockReader, SetIndex, ValueScale

UNASSIGNED = "unassigned"
"""Label of cells and groups whose best cell type is not significant."""
CELL_TEMPERATURE, GROUP_TEMPERATURE = 2.2, 3.2
"""Temperatures of the softmax that turns scores into probabilities; fitted by ``benchmarks/annotation.py``."""
LARGE_SET = 50
"""Sets with more markers are signatures: few of their genes stand out, even in cells of the type."""
MIN_SHARE = 1 / 3
"""Default for the share of the markers of a set that must stand out, unless the set is large."""
MIN_AGREE = 0.2
"""Default for the share of the cells of a group whose best type must be that of the group."""
N_GENES = 20
"""Number of markers to list for a group and a type."""


class CellTypes(NamedTuple):
    """Cell types that were assigned to cells and groups of cells."""

    cells: np.ndarray
    """Label of each cell from its own scores."""
    cell_candidates: np.ndarray
    """Best type of each cell, also of unassigned cells."""
    cell_confidence: np.ndarray
    """Probability that the label is right, or, for unassigned cells, that the best type is wrong."""
    groups: np.ndarray
    """Label of each cell's group; unassigned for cells without a group."""
    group_candidates: np.ndarray
    """Best type of each cell's group; unassigned for cells without a group."""
    group_confidence: np.ndarray
    """Confidence of the group's label; NaN for cells without a group."""
    candidates: pd.DataFrame
    """One row for each group and type; empty without groups."""
    threshold: float
    """Score above which a cell is assigned to a type."""
    scale: ValueScale
    """What the values were."""


class Limits(NamedTuple):
    """What a label requires."""

    alpha: float
    """False discovery rate of cells and groups against random markers, and p-value of groups against random groups."""
    min_share: float | None
    """Share of a type's markers that must stand out in a group."""
    min_agree: float
    """Share of the cells of a group whose best type must be that of the group."""


def assign_cell_types(
    reader: BlockReader,
    index: SetIndex,
    types: Mapping[str, str],
    groups: pd.Categorical,
    *,
    limits: Limits,
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
    limits
        What a label requires.
    n_random
        Number of draws of random markers, and at least as many random groups.
    rng
        Generator of the draws.
    """
    scale = value_scale(reader)
    counts = scale.log_normalizes("annotate")
    profile = Profile.survey(reader, groups.codes, len(groups.categories), counts=counts)
    markers = Markers(profile, index, n_random=n_random, rng=rng)
    found = score_cells(reader, markers, counts=counts)
    type_of_set = pd.Categorical([types[name] for name in index.names])
    best = best_per_type(found.scores, type_of_set)
    threshold = score_threshold(found.scores.max(axis=1), found.null, limits.alpha)
    combined = best_per_type(found.scores + found.levels, type_of_set)
    cells = _assign_cells(best, combined, threshold, min(threshold, _high(found.null, limits.alpha)))
    names = type_of_set.categories.to_numpy(dtype=object)
    candidates = pd.DataFrame(columns=["group", "cell_type"])
    unassigned = np.full(reader.n_cells, UNASSIGNED, dtype=object)
    of_groups = unassigned, unassigned, np.full(reader.n_cells, np.nan)
    if len(groups.categories):
        n_groups_drawn = max(n_random, int(np.ceil(1 / limits.alpha)))
        composition = composition_pvalues(best, groups, n_random=n_groups_drawn, rng=rng)
        candidates = _rank_candidates(
            markers, profile, groups, type_of_set, best, composition, limits.alpha, index.genes
        )
        candidates["assigned"] = _is_assigned(candidates, limits)
        of_groups = _assign_groups(candidates, groups)
        candidates = candidates.drop(columns="large")
    labels = np.where(cells.assigned, names[cells.first], UNASSIGNED)
    return CellTypes(labels, names[cells.first], cells.confidence, *of_groups, candidates, threshold, scale)


def best_per_type(scores: np.ndarray, type_of_set: pd.Categorical) -> np.ndarray:
    """The best score among the sets of each type (cells × types)."""
    return np.stack([scores[:, type_of_set.codes == i].max(axis=1) for i in range(len(type_of_set.categories))], axis=1)


def score_threshold(scores: np.ndarray, null: np.ndarray, alpha: float) -> float:
    """Score above which cells are assigned, so that random markers explain at most ``alpha`` of the assigned cells."""
    pvalues = pvalues_of(scores, null)
    significant = qvalues(pvalues) <= alpha
    if not significant.any():
        return float(max(null.max(), scores.max()))
    return float(np.nextafter(scores[significant].min(), -np.inf))


class _Cells(NamedTuple):
    first: np.ndarray
    assigned: np.ndarray
    confidence: np.ndarray


def _high(null: np.ndarray, alpha: float) -> float:
    """Score that a share ``alpha`` of the null distribution reaches."""
    return float(np.quantile(null, 1 - alpha, method="higher"))


def _assign_cells(best: np.ndarray, combined: np.ndarray, threshold: float, none: float) -> _Cells:
    """Best type of each cell by the sum of score and level, whether the highest score is significant, and confidence.

    ``none`` is the score of the candidate "unassigned".
    """
    first, cells = combined.argmax(axis=1), np.arange(len(best))
    assigned = best.max(axis=1) > threshold
    level = (combined - best)[cells, first]
    probability = probabilities(combined, none + level, CELL_TEMPERATURE)[cells, first]
    return _Cells(first, assigned, np.where(assigned, probability, 1 - probability))


def _rank_candidates(
    markers: Markers,
    profile: Profile,
    groups: pd.Categorical,
    type_of_set: pd.Categorical,
    best: np.ndarray,
    composition: np.ndarray,
    alpha: float,
    genes: np.ndarray | None,
) -> pd.DataFrame:
    """All types for each group, ordered by their scores."""
    means = csr_array(profile.group_means)
    scores, null = markers.score(means), markers.best_random(means)
    pvalues = pvalues_of(scores, null)
    # the false discovery rate is that of the best types; other types get the rate as if they were the best
    rates = qvalues(pvalues.min(axis=1))
    probability = probabilities(best_per_type(scores, type_of_set), _high(null, alpha), GROUP_TEMPERATURE)
    specific = markers.specific_genes(profile.group_means)
    share, n_markers = markers.specific_share(specific), np.diff(markers.weights.indptr)
    parts, first = [], best.argmax(axis=1)
    for i, group in enumerate(groups.categories):
        in_group = groups.codes == i
        sets = pd.DataFrame(
            {
                "cell_type": type_of_set,
                "score": scores[i],
                "pvalue": pvalues[i],
                "share": share[i],
                "set": range(len(scores[i])),
            }
        )
        sets["large"] = n_markers > LARGE_SET
        part = sets.sort_values("score", ascending=False, kind="stable").drop_duplicates("cell_type")
        of_type = type_of_set.categories.get_indexer(part["cell_type"])
        part["padj"] = np.maximum(rates[i], part["pvalue"] * rates[i] / pvalues[i].min())
        part["pvalue_composition"] = composition[i, of_type]
        part["probability"] = probability[i, of_type]
        part["agree"] = np.bincount(first[in_group], minlength=best.shape[1])[of_type] / in_group.sum()
        excess = profile.group_means[i] - profile.means
        support = [markers.supporting_genes(s, excess, specific[i]) for s in part["set"]]
        part["genes"] = [_joined(positions, genes) for positions in support]
        parts.append(part.assign(group=str(group), rank=np.arange(1, len(part) + 1), n_cells=int(in_group.sum())))
    columns = ["group", "cell_type", "rank", "score", "pvalue", "padj", "pvalue_composition", "share", "genes"]
    table = pd.concat(parts, ignore_index=True)[[*columns, "probability", "agree", "n_cells", "large"]]
    return table.astype({"group": "category", "cell_type": "category"})


def _joined(positions: np.ndarray, genes: np.ndarray | None) -> str:
    return ", ".join(str(i if genes is None else genes[i]) for i in positions[:N_GENES])


def _is_assigned(candidates: pd.DataFrame, limits: Limits) -> np.ndarray:
    """Whether each candidate is the label of its group."""
    if limits.min_share is None:
        min_share = np.where(candidates["large"], 0.0, MIN_SHARE)
    else:
        min_share = np.full(len(candidates), limits.min_share)
    significant = (candidates["padj"] <= limits.alpha) & (candidates["pvalue_composition"] <= limits.alpha)
    supported = (candidates["share"] >= min_share) & (candidates["agree"] >= limits.min_agree)
    return np.asarray((candidates["rank"] == 1) & significant & supported)


def _assign_groups(candidates: pd.DataFrame, groups: pd.Categorical) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Label, best type and confidence of each cell's group; cells without a group are unassigned, with confidence NaN."""
    first = candidates[candidates["rank"] == 1]
    best = first["cell_type"].to_numpy(dtype=object)
    label = np.where(first["assigned"], best, UNASSIGNED)
    confidence = np.where(first["assigned"], first["probability"], 1 - first["probability"])
    codes = groups.codes
    return np.append(label, UNASSIGNED)[codes], np.append(best, UNASSIGNED)[codes], np.append(confidence, np.nan)[codes]
