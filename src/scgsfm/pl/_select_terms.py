"""Select the terms of an enrichment table that a plot draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from scgsfm._logging import logger
from scgsfm._messages import check_at_least, check_max_padj

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_GROUPS = 40
"""Maximum number of groups that are drawn if the user does not select any."""
MAX_ROWS = 60
"""Maximum number of terms that are drawn if the user does not select any."""


class Selection(NamedTuple):
    """What is drawn, and what a figure should say about it."""

    groups: list[str]
    terms: list[str]
    notes: list[str]


def term_numbers(n_terms: int | None, default: int) -> dict[str, int]:
    """Options of :func:`select_terms`. A given number of terms counts, however many fit in a figure of given size."""
    return {"n_terms": default} if n_terms is None else {"n_terms": n_terms, "max_rows": MAX_ROWS}


def select_terms(
    table: pd.DataFrame,
    column: str,
    groups: Sequence[str],
    *,
    n_terms: int,
    max_padj: float,
    max_overlap: float | None = None,
    max_rows: int = MAX_ROWS,
    max_groups: int | None = None,
    both_signs: bool = False,
    noun: str = "term",
) -> Selection:
    """The top terms of each group by p-value: significant ones with a positive score or, if there are none, the best.

    Parameters
    ----------
    table
        The columns ``group``, ``score``, ``pvalue``, ``padj``, that of the terms and, for ``max_overlap``, ``genes``.
    column
        Column of the terms.
    groups
        The groups, in the order in which they are drawn.
    n_terms
        Number of terms for each group.
    max_padj
        Adjusted p-value up to which a term is significant.
    max_overlap
        Terms are left out whose genes have a higher Jaccard index with those of a better term of the group.
    max_rows
        Maximum number of terms. With more, each group has fewer.
    max_groups
        Maximum number of groups. With more, those with the lowest p-values are selected.
    both_signs
        Whether terms with a negative score are selected, too.
    noun
        What terms are called in notes, and in the names of arguments.
    """
    check_at_least(f"n_{noun}s", n_terms, 1)
    check_max_padj(max_padj, or_none=False)
    if max_overlap is not None:
        check_at_least("max_overlap", max_overlap, 0)
    ordered = _ordered(table, groups)
    shown, notes = _telling_groups(ordered, groups, max_groups)
    ordered = ordered[ordered["group"].isin(shown)]
    usable = ordered if both_signs else ordered[ordered["score"] > 0]
    significant = usable[usable["padj"] <= max_padj]
    if not len(significant):
        notes.append(f"no {noun} with padj ≤ {max_padj:g}: the best {noun}s are shown")
        significant = usable if len(usable) else ordered
    best = [_distinct(significant[significant["group"] == group], n_terms, max_overlap) for group in shown]
    n, terms = n_terms, _union(best, n_terms, column)
    n_all = len(terms)
    while len(terms) > max_rows and n > 1:
        n -= 1
        terms = _union(best, n, column)
    if len(terms) > max_rows:
        lowest = set(pd.concat([rows.head(1) for rows in best]).sort_values("pvalue")[column].unique()[:max_rows])
        terms = [term for term in terms if term in lowest]
    if len(terms) < n_all:
        notes.append(f"{len(terms)} of {n_all} {noun}s, the best of each group")
    for note in notes:
        logger.info("%s; select others by `groups`, `%ss`, `n_%ss` and `max_padj`", note, noun, noun)
    return Selection(shown, terms, notes)


def _ordered(table: pd.DataFrame, groups: Sequence[str]) -> pd.DataFrame:
    """Rows of the groups by p-value, then by the size of the score."""
    rows = table[table["group"].isin(list(groups))]
    if not len(rows):
        msg = "The table has no row to draw for these groups."
        raise ValueError(msg)
    p = rows["pvalue"] if "pvalue" in rows else rows["padj"]
    return rows.assign(pvalue=p).iloc[np.lexsort((-rows["score"].abs(), p))]


def _telling_groups(
    ordered: pd.DataFrame, groups: Sequence[str], max_groups: int | None
) -> tuple[list[str], list[str]]:
    """The groups that fit, those with the lowest p-values, in their order."""
    if max_groups is None or len(groups) <= max_groups:
        return list(groups), []
    kept = set(ordered.drop_duplicates("group")["group"].head(max_groups))
    note = f"{max_groups} of {len(groups)} groups, those with the lowest p-values"
    return [group for group in groups if group in kept], [note]


def _distinct(rows: pd.DataFrame, n_terms: int, max_overlap: float | None) -> pd.DataFrame:
    """The first rows whose genes do not overlap those of an earlier one too much."""
    if max_overlap is None or "genes" not in rows:
        return rows.head(n_terms)
    chosen: list[int] = []
    sets: list[set[str]] = []
    for i, text in enumerate(rows["genes"]):
        genes = set(str(text).split(";"))
        if any(len(genes & other) > max_overlap * len(genes | other) for other in sets):
            continue
        chosen.append(i)
        sets.append(genes)
        if len(chosen) == n_terms:
            break
    return rows.iloc[chosen]


def _union(best: Sequence[pd.DataFrame], n_terms: int, column: str) -> list[str]:
    """The first terms of each group, without duplicates."""
    return list(pd.unique(pd.concat([rows.head(n_terms)[column] for rows in best])))


def log_of(padj: pd.Series) -> pd.Series:
    """-log10 of adjusted p-values. A p-value of 0 counts as a tenth of the lowest other one."""
    positive = padj[padj > 0]
    lowest = min(positive.min(), 1e-10) / 10 if len(positive) else 1e-10
    return -np.log10(padj.clip(lowest, 1))


def score_name(table: pd.DataFrame, mode: str | None) -> str:
    """What the score of :func:`~scgsfm.tl.enrich` is in a mode; found from the table if the mode is not known."""
    mode = mode or table.attrs.get("mode") or ("ranked" if "es" in table else None)
    names = {"overlap": "log2 odds ratio", "ranked": "normalized enrichment score (NES)"}
    return (names | {"gsfm": "standard deviations above random lists"}).get(str(mode), "score")
