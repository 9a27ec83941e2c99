from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm._logging import logger
from scgsfm.genes import as_names

if TYPE_CHECKING:
    from ._terms import Background

COLUMNS = {"names": "name", "scores": "value", "logfoldchanges": "logfc", "pvals_adj": "padj"}
"""Columns of a ranking in scanpy, and their names here."""
QUERY = "query"
"""Group name of a single list or ranking."""


@dataclass(frozen=True)
class GeneLists:
    """A gene list or ranking for each group, and the background genes."""

    lists: dict[str, np.ndarray] = field(default_factory=dict)
    rankings: dict[str, pd.DataFrame] = field(default_factory=dict)
    """Tables with ``name``, ``value`` and, optionally, ``logfc`` and ``padj``, sorted by descending value."""
    background: Background | None = None
    made: dict[str, Any] = field(default_factory=dict)
    """Parameters of the rankings of data."""
    kept: dict[str, frozenset[str]] = field(default_factory=dict)
    """For rankings that were filtered: the genes that can enter the list of each group."""

    @classmethod
    def of_tables(cls, tables: dict[str, pd.DataFrame], **more: Any) -> GeneLists:
        """Rankings from tables with the columns of ``rankings``, in any order."""
        return _rankings(tables, **more)

    def top(self, n_genes: int, max_padj: float) -> dict[str, np.ndarray]:
        """The lists, or the top genes of each ranking: significant genes with positive values."""
        if self.lists:
            return self.lists
        chosen = {}
        for group, ranking in self.rankings.items():
            up = ranking["value"] > 0
            if "logfc" in ranking:
                up &= ~(ranking["logfc"] <= 0)  # there are no fold changes of scaled values
            if "padj" in ranking:
                up &= ranking["padj"] < max_padj
            if group in self.kept:
                up &= ranking["name"].isin(self.kept[group])
            chosen[group] = ranking.loc[up, "name"].to_numpy(dtype=object)[:n_genes]
        return chosen


def from_genes(data: Any) -> GeneLists:
    """Gene lists from a list or a dict of lists, or rankings from a Series or a table."""
    if isinstance(data, pd.Series):
        return _rankings({QUERY: pd.DataFrame({"name": data.index, "value": data.to_numpy()})})
    if isinstance(data, pd.DataFrame):
        return _rankings(_of_table(data))
    if isinstance(data, Mapping):
        lists = {str(group): _list(genes, f"data[{group!r}]") for group, genes in data.items()}
    else:
        lists = {QUERY: _list(data, "data")}
    if not lists:
        msg = "`data` is empty: use a list of genes, or a dict of gene lists."
        raise ValueError(msg)
    return GeneLists(lists=lists)


def _list(genes: Any, what: str) -> np.ndarray:
    if isinstance(genes, str) or not hasattr(genes, "__iter__"):
        msg = f"`{what}` is a {type(genes).__name__}, but must be a list of gene names."
        raise TypeError(msg)
    return np.asarray(pd.unique(as_names(genes)))


def _of_table(data: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Rankings from the table of ``scanpy.get.rank_genes_groups_df`` or from numbers of genes × groups."""
    if "names" in data and "scores" in data:
        renamed = data.rename(columns=COLUMNS)
        if "group" not in data:
            return {QUERY: renamed}
        return {str(group): rows for group, rows in renamed.groupby("group", observed=True, sort=False)}
    numeric = [column for column in data if pd.api.types.is_numeric_dtype(data[column])]
    if len(numeric) < data.shape[1] or not numeric:
        msg = (
            "`data` is a table with the columns "
            f"{', '.join(map(repr, data)) or '(none)'}, but must have genes as index and a numeric column for each "
            "group, or the columns 'names' and 'scores' (and 'group') of `scanpy.get.rank_genes_groups_df`."
        )
        raise ValueError(msg)
    return {str(c): pd.DataFrame({"name": data.index, "value": data[c].to_numpy()}) for c in numeric}


def _rankings(tables: dict[str, pd.DataFrame], **more: Any) -> GeneLists:
    return GeneLists(rankings={group: _cleaned(ranking, group) for group, ranking in tables.items()}, **more)


def _cleaned(ranking: pd.DataFrame, group: str) -> pd.DataFrame:
    """A ranking in descending order, without missing values. Repeated genes keep the largest absolute value."""
    ranking = ranking[[column for column in COLUMNS.values() if column in ranking]].reset_index(drop=True)
    ranking["name"] = as_names(ranking["name"])
    ranking["value"] = ranking["value"].astype(np.float64)
    n_infinite = int(np.isinf(ranking["value"]).sum())
    if n_infinite:
        msg = f"The ranking of {group!r} has {n_infinite} infinite values: replace them with finite values."
        raise ValueError(msg)
    missing = ranking["value"].isna() | (ranking["name"] == "")
    order = np.argsort(-ranking["value"].abs().to_numpy(), kind="stable")
    kept = ranking.iloc[order][~missing.to_numpy()[order]].drop_duplicates("name")
    if len(kept) < 2:
        msg = f"The ranking of {group!r} has {len(kept)} genes with a value, but needs at least 2."
        raise ValueError(msg)
    if len(kept) < len(ranking):
        logger.info(
            "Dropped %s of %s genes of the ranking of %r that are repeated or have no value",
            f"{len(ranking) - len(kept):,}",
            f"{len(ranking):,}",
            group,
        )
    return kept.sort_values("value", ascending=False, kind="stable", ignore_index=True)
