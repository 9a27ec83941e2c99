from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm._bounded_files import to_numbers
from scgsfm._logging import logger
from scgsfm._messages import listing, number, warn
from scgsfm.errors import GeneSetWarning
from scgsfm.genes import as_names
from scgsfm.genesets import GeneSets, read_entry_names

from ._excluded_genes import excluded_genes
from ._ranking_tables import QUERY, is_counter, read_ranking_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._terms import Background

COLUMNS = {"names": "name", "scores": "value", "logfoldchanges": "logfc", "pvals_adj": "padj"}
"""Columns of a ranking in scanpy, and their names here."""


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

    @property
    def note(self) -> str:
        """Which ranking of the data is used, for the log; empty for lists and rankings that were given."""
        if not self.made:
            return ""
        if "key" in self.made:
            return f"ranking of uns[{self.made['key']!r}]{self._exclusion}"
        values = f"{self.made['values']} values" if self.made["values"] == "normalized" else self.made["values"]
        counts = f"; {values} were log-normalized for this" if self.made.get("counts") else ""
        return f"genes ranked by {self.made['method']}{counts}{self._exclusion}"

    @property
    def _exclusion(self) -> str:
        return f"; {self.made['n_excluded']:,} genes excluded" if "n_excluded" in self.made else ""

    @classmethod
    def of_tables(cls, tables: dict[str, pd.DataFrame], **more: Any) -> GeneLists:
        """Rankings from tables with the columns of ``rankings``, in any order."""
        return _rankings(tables, **more)

    def without(self, exclude: str | Iterable[str] | None) -> GeneLists:
        """Rankings of data, and their background, without genes given by name or group (see ``excluded_genes``)."""
        if exclude is None or self.background is None:
            return self
        mask = excluded_genes(exclude, self.background.genes)
        dropped = set(self.background.genes[mask])
        rankings = {group: table[~table["name"].isin(dropped)] for group, table in self.rankings.items()}
        names = [exclude] if isinstance(exclude, str) else list(exclude)
        made = self.made | {"exclude": names, "n_excluded": len(dropped)}
        return replace(self, rankings=rankings, background=self.background.take(np.flatnonzero(~mask)), made=made)

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
                up &= ranking["padj"] <= max_padj
            if group in self.kept:
                up &= ranking["name"].isin(self.kept[group])
            chosen[group] = ranking.loc[up, "name"].to_numpy(dtype=object)[:n_genes]
        return chosen


def from_genes(data: Any) -> GeneLists:
    """Gene lists from a list, a dict or a table of names, or rankings from a Series, a dict or a table of numbers."""
    if isinstance(data, pd.Series):
        return _from_series(data)
    if isinstance(data, np.ndarray) and data.dtype.names:
        data = pd.DataFrame(data)
    elif hasattr(data, "to_pandas"):
        data = data.to_pandas()
    if isinstance(data, pd.DataFrame):
        return _from_frame(data)
    if not isinstance(data, Mapping):
        return _from_lists({QUERY: data})
    if not data:
        msg = "`data` is empty: use a list of genes, or a dict of gene lists."
        raise ValueError(msg)
    if all(_is_number(value) for value in data.values()):
        return _from_series(pd.Series(data, dtype=float))
    if not isinstance(data, GeneSets) and any(map(_is_ranking, data.values())):
        return _from_rankings(data)
    return _from_lists(data)


def _from_series(data: pd.Series) -> GeneLists:
    """A ranking from numbers by gene, a list from names or from a mask of genes, or lists from a Series of lists."""
    if pd.api.types.is_bool_dtype(data):
        return _from_lists({QUERY: data.index[data.to_numpy(dtype=bool)]})
    if pd.api.types.is_numeric_dtype(data) or to_numbers(data).notna().any():
        if is_counter(data.index):
            msg = "`data` is a Series of numbers whose index counts rows: use gene names as index."
            raise ValueError(msg)
        values = to_numbers(data)
        return _rankings(
            {QUERY: pd.DataFrame({"name": data.index, "value": values.to_numpy(np.float64, na_value=np.nan)})}
        )
    if not data.notna().any() or any(isinstance(value, str) for value in data):
        return _from_lists({QUERY: data.dropna()})
    return _from_lists(GeneSets(data))


def _from_frame(data: pd.DataFrame) -> GeneLists:
    """Rankings from a table with numbers, or lists from a table of names."""
    if data.shape[1] and not any(pd.api.types.is_numeric_dtype(dtype) for dtype in data.dtypes):
        if "source" in data or data.shape[1] > 1:
            return _from_lists(GeneSets(data))
        return _from_series(data.iloc[:, 0])
    if data.shape[1] and all(map(pd.api.types.is_bool_dtype, data.dtypes)):
        return _from_lists({group: data.index[mask.to_numpy(dtype=bool)] for group, mask in data.items()})
    tables, ranked_by = read_ranking_table(data)
    return _rankings(tables, made={"ranked_by": ranked_by} if ranked_by else {})


def _from_rankings(data: Mapping[Any, Any]) -> GeneLists:
    """Rankings from a dict of numbers by gene or of tables."""
    tables: dict[str, pd.DataFrame] = {}
    for group, values in data.items():
        if not _is_ranking(values):
            msg = (
                f"`data` mixes rankings and lists: `data[{group!r}]` is a {type(values).__name__}, not numbers by gene."
            )
            raise TypeError(msg)
        one = from_genes(values).rankings
        if len(one) != 1:
            msg = f"`data[{group!r}]` is a table of {len(one)} rankings, but must be a single one."
            raise ValueError(msg)
        tables |= {str(group): ranking for ranking in one.values()}
    return GeneLists(rankings=tables)


def _is_ranking(value: Any) -> bool:
    """Whether a value of a dict gives numbers by gene."""
    if isinstance(value, pd.Series):
        return pd.api.types.is_numeric_dtype(value) and not pd.api.types.is_bool_dtype(value)
    if isinstance(value, pd.DataFrame):
        return True
    return isinstance(value, Mapping) and len(value) > 0 and all(map(_is_number, value.values()))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _from_lists(lists: Mapping[Any, Any]) -> GeneLists:
    """Gene lists. Entries that join several genes are split; genes with a minus are left out."""
    whole = lists.keys() == {QUERY}
    names = {str(g): _names(genes, "data" if whole else f"data[{g!r}]") for g, genes in lists.items()}
    read = read_entry_names(name for genes in names.values() for name in genes)
    absent = [entry for entry, genes in read.genes.items() if any(gene.sign < 0 for gene in genes)]
    if read.joined:
        msg = f"`data`: entries with several genes were split: {listing(read.joined)}."
        warn(msg, GeneSetWarning)
    if absent:
        msg = f"`data`: genes with a minus are no members of a list and were left out: {listing(absent)}."
        warn(msg, GeneSetWarning)
    kept = {entry: [gene.name for gene in genes if gene.sign >= 0] for entry, genes in read.genes.items()}
    split = {group: [part for name in genes for part in kept.get(name, [name])] for group, genes in names.items()}
    return GeneLists(
        lists={group: np.asarray(pd.unique(np.array(genes, dtype=object))) for group, genes in split.items()}
    )


def _names(genes: Any, what: str) -> np.ndarray:
    if isinstance(genes, pd.Series) and pd.api.types.is_bool_dtype(genes):
        genes = genes.index[genes.to_numpy(dtype=bool)]
    if isinstance(genes, str | bytes) or not hasattr(genes, "__iter__"):
        msg = f"`{what}` is a {type(genes).__name__}, but must be a list of gene names."
        raise TypeError(msg)
    genes = list(genes)
    if nested := [gene for gene in genes if isinstance(gene, list | tuple | set | frozenset | Mapping | np.ndarray)]:
        msg = f"`{what}` holds {type(nested[0]).__name__}s, not gene names: use a dict of lists, {{'a': [genes]}}."
        raise TypeError(msg)
    names: np.ndarray = as_names(genes)
    return np.asarray(names[names != ""])


def _rankings(tables: dict[str, pd.DataFrame], **more: Any) -> GeneLists:
    if "background" not in more:  # names of data are those of its background
        tables = {group: _split_names(ranking, group) for group, ranking in tables.items()}
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
        msg = f"The ranking of {group!r} has {number(len(kept), 'gene')} with a value, but needs at least 2."
        raise ValueError(msg)
    if len(kept) < len(ranking):
        logger.debug(
            "Dropped %s of %s genes of the ranking of %r that are repeated or have no value",
            f"{len(ranking) - len(kept):,}",
            f"{len(ranking):,}",
            group,
        )
    return kept.sort_values("value", ascending=False, kind="stable", ignore_index=True)


def _split_names(ranking: pd.DataFrame, group: str) -> pd.DataFrame:
    """A row for each gene of names that join several genes, such as those of probes."""
    given = as_names(ranking["name"])
    read = read_entry_names(given)
    if not read.joined:
        return ranking
    joined = set(read.joined)
    logger.debug(
        "The ranking of %r has %s names of several genes, such as %r: they were split",
        group,
        len(joined),
        read.joined[0],
    )
    names = [[gene.name for gene in read.genes[name]] if name in joined else [name] for name in given]
    return ranking.assign(name=names).explode("name", ignore_index=True)
