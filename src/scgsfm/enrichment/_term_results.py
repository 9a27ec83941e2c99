"""Results whose terms can be clustered: enrichments, comparisons and scores as tables of groups and terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm._messages import check_max_padj, listing

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS = {
    "term": ("term", "set"),
    "group": ("group", "cell_type"),
    "score": ("score", "standardized_effect", "effect"),
    "padj": ("padj",),
}
"""Names of each column in the results, those that are preferred first."""


def term_results(table: pd.DataFrame) -> pd.DataFrame:
    """The columns ``group``, ``term``, ``score`` and, if there are p-values, ``padj`` of an enrichment or a comparison.

    A comparison of several conditions has a group for each cell type and condition.

    Raises
    ------
    ValueError
        If there is no column of terms, or a term occurs twice in a group.
    """
    found = {name: next((each for each in names if each in table), None) for name, names in COLUMNS.items()}
    if found["term"] is None:
        msg = (
            f"The table has no column 'term' or 'set', but {listing(list(map(str, table)), 10) or 'none'}: pass the result "
            "of `scgsfm.tl.enrich` or of a comparison of scores."
        )
        raise ValueError(msg)
    read = pd.DataFrame({"term": table[found["term"]].astype(str).to_numpy()})
    read.insert(0, "group", "query" if found["group"] is None else table[found["group"]].astype(str).to_numpy())
    if "condition" in table and len(table["condition"].unique()) > 1:
        read["group"] = [
            f"{group}, {condition}" for group, condition in zip(read["group"], table["condition"], strict=True)
        ]
    read["score"] = np.nan if found["score"] is None else table[found["score"]].to_numpy(dtype=np.float64)
    if found["padj"] is not None:
        read["padj"] = table[found["padj"]].to_numpy(dtype=np.float64)
    if (twice := read.duplicated(["group", "term"])).any():
        row = read[twice].iloc[0]
        msg = (
            f"The term {row['term']!r} occurs more than once in the group {row['group']!r}: pass one result at a time, "
            "or add a column 'group' that separates them."
        )
        raise ValueError(msg)
    return read


def score_results(scores: pd.DataFrame, groups: pd.Series | None) -> pd.DataFrame:
    """Terms of scores: for each group, the mean difference from the other cells, in standard deviations of all cells.

    Parameters
    ----------
    scores
        Cells × sets.
    groups
        Group of each cell. Without groups, the scores of the result are missing.
    """
    if groups is None:
        return pd.DataFrame({"group": "all", "term": scores.columns.astype(str), "score": np.nan})
    values = scores.to_numpy(dtype=np.float64)
    spread = values.std(axis=0)
    spread[spread <= 1e-12 * np.abs(values).max(axis=0, initial=0)] = np.nan  # scores that are all equal
    parts = []
    for group in groups.cat.categories:
        inside = (groups == group).to_numpy()
        others = groups.notna().to_numpy() & ~inside
        if not others.any():
            return score_results(scores, None)
        effect = (values[inside].mean(axis=0) - values[others].mean(axis=0)) / spread
        parts.append(pd.DataFrame({"group": group, "term": scores.columns.astype(str), "score": effect}))
    return pd.concat(parts, ignore_index=True)


def significant_terms(results: pd.DataFrame, max_padj: float | None) -> list[str]:
    """Terms that are significant in a group, in the order of the table; all terms without p-values.

    Raises
    ------
    ValueError
        If ``max_padj`` is out of range, or no term is significant.
    """
    check_max_padj(max_padj)
    if not len(results):
        msg = "The result has no terms to cluster."
        raise ValueError(msg)
    if max_padj is None or "padj" not in results:
        return list(dict.fromkeys(results["term"]))
    found = list(dict.fromkeys(results.loc[results["padj"] <= max_padj, "term"]))
    if not found:
        msg = (
            f"No term has an adjusted p-value of at most `max_padj={max_padj:g}`; the lowest is {results['padj'].min():.2g}. "
            "Set `max_padj` to a higher value, or to None for all terms."
        )
        raise ValueError(msg)
    return found


def representatives(results: pd.DataFrame, max_padj: float | None) -> np.ndarray:
    """Whether each row is the representative of its cluster in its group.

    It is the most significant term of the cluster: that with the lowest ``padj``, then the highest absolute ``score``,
    then the highest ``centrality``. In a group where no term of the cluster is significant, there is none.

    Parameters
    ----------
    results
        The columns ``group``, ``cluster``, ``term``, ``score``, ``centrality`` and, if there are p-values, ``padj``.
    max_padj
        Maximum adjusted p-value of a representative.
    """
    padj = results["padj"] if "padj" in results else pd.Series(0.0, index=results.index)
    ranked = results.assign(padj=padj, size=-results["score"].abs(), central=-results["centrality"].round(6))
    if max_padj is not None:
        ranked = ranked[ranked["padj"] <= max_padj]
    best = ranked.sort_values(["padj", "size", "central", "term"], kind="stable").drop_duplicates(["group", "cluster"])
    chosen: np.ndarray = results.index.isin(best.index)
    return chosen


def missing_terms(terms: Sequence[str], known: Sequence[str]) -> list[str]:
    """Terms that a library does not have."""
    available = set(known)
    return [term for term in terms if term not in available]
