from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm._messages import did_you_mean, listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anndata import AnnData

    from ._group_means import GroupMeans

DEFAULT_KEY = "rank_genes_groups"
MAX_DIFFERENCE = 0.05
"""Maximum median difference of log2 fold changes from those of the data."""
MIN_CORRELATION = 0.98
"""Rank correlation above which larger differences are accepted, as other versions of scanpy may compute them otherwise."""
MIN_COMPARED = 10
"""Minimum number of genes to compare fold changes."""


@dataclass(frozen=True)
class ScanpyRanking:
    """A result of :func:`scanpy.tl.rank_genes_groups`, and whether it still holds for the data."""

    key: str
    result: Mapping[str, Any]
    groups: tuple[str, ...]
    groupby: str
    layer: str | None
    use_raw: bool
    method: str
    reference: str

    @classmethod
    def find(cls, adata: AnnData, key: str) -> ScanpyRanking | None:
        """The result in ``uns[key]``; None if there is nothing under the default key."""
        result = adata.uns.get(key)
        if result is None:
            if key == DEFAULT_KEY:
                return None
            msg = f"`key={key!r}` is not in `uns`, which has: {listing(list(map(str, adata.uns))) or 'nothing'}."
            raise ValueError(msg + did_you_mean(key, map(str, adata.uns)))
        groups = None
        if isinstance(result, Mapping) and {"names", "scores", "params"} <= result.keys():
            groups = getattr(getattr(result["names"], "dtype", None), "names", None)
        if not groups or "groupby" not in result["params"]:
            msg = f"`uns[{key!r}]` is not a result of `scanpy.tl.rank_genes_groups`: use another `key`."
            raise ValueError(msg)
        params = result["params"]
        return cls(
            key,
            result,
            groups,
            str(params["groupby"]),
            params.get("layer"),
            bool(params.get("use_raw")),
            str(params.get("method")),
            str(params.get("reference", "rest")),
        )

    def table(self, group: str) -> pd.DataFrame:
        """Names, scores and, if available, fold changes and adjusted p-values of a group. Filtered names are None."""
        columns = ("names", "scores", "logfoldchanges", "pvals_adj")
        table = pd.DataFrame({name: self.result[name][group] for name in columns if name in self.result})
        filtered = table["names"].isna() | table["names"].isin(["nan", ""])
        return table.assign(names=table["names"].astype(object).where(~filtered, None))

    @property
    def label(self) -> str:
        """How messages name it."""
        return f"`uns[{self.key!r}]`"

    def outdated(self, labels: pd.Series, genes: pd.Index) -> str | None:
        """What is said of a ranking with groups or genes that the data no longer have; None for others."""
        known = set(labels.cat.categories)
        wanted = [*self.groups, *([] if self.reference == "rest" else [self.reference])]
        missing = [group for group in wanted if group not in known]
        if missing:
            return f"has groups that are not in `obs[{self.groupby!r}]`: {listing(missing)}"
        tables = [self.table(group)["names"].dropna() for group in self.groups]
        unknown = pd.unique(pd.concat(tables)[lambda names: ~names.isin(genes)])
        if len(unknown):
            return f"has {len(unknown):,} genes that are not in `var_names`, such as {listing(unknown.tolist(), 3)}"
        return None

    def differs(self, means: GroupMeans) -> str | None:
        """What is said of a ranking whose fold changes are not those of the groups in the data; None for others."""
        same = [self._differences(means, normalized=normalized) for normalized in {False, means.normalized is not None}]
        if any(all(_agree(*each) for each in pairs) for pairs in same):
            return None
        return "does not have the fold changes of the data: cells, groups or values have changed since"

    def is_from_counts(self, means: GroupMeans) -> bool:
        """Whether fold changes are closer to those of counts than to those of log-normalized values."""
        distances = [
            sum(_distance(*each) for each in self._differences(means, normalized=normalized))
            for normalized in (False, True)
        ]
        return distances[0] <= distances[1]

    def _differences(self, means: GroupMeans, *, normalized: bool) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The fold changes of each group in the ranking, and those of the data, where both are finite."""
        if "logfoldchanges" not in self.result:
            return
        position = dict(zip(reversed(means.genes), reversed(range(len(means.genes))), strict=True))
        for group in self.groups:
            table = self.table(group).dropna(subset=["names"])
            recorded = table["logfoldchanges"].to_numpy(dtype=np.float64)
            expected = means.log_fold_changes(group, self.reference, normalized=normalized)
            expected = expected[table["names"].map(position).to_numpy(dtype=np.int64)]
            finite = np.isfinite(recorded) & np.isfinite(expected)
            if finite.sum() >= MIN_COMPARED:
                yield recorded[finite], expected[finite]

    def genes(self, n_genes: int) -> tuple[str, np.ndarray | None]:
        """How many of the genes were ranked, and which.

        ``"all"``; ``"masked"``, with their names: the same genes in each group, as with ``mask_var``; ``"cut"``, as
        with ``n_genes``; or ``"filtered"``, as by :func:`scanpy.tl.filter_rank_genes_groups`.
        """
        tables = [self.table(group) for group in self.groups]
        if any(table["names"].isna().any() for table in tables):
            return "filtered" if len(tables[0]) >= n_genes else "filtered and cut", None
        if len(tables[0]) >= n_genes:
            return "all", None
        first, *rest = (frozenset(table["names"]) for table in tables)
        by_value = all((np.diff(table["scores"].to_numpy(dtype=np.float64)) <= 0).all() for table in tables)
        if rest and by_value and all(names == first for names in rest):
            return "masked", np.array(sorted(first), dtype=object)
        return "cut", None


def _agree(recorded: np.ndarray, expected: np.ndarray) -> bool:
    from scipy.stats import spearmanr

    if _distance(recorded, expected) <= MAX_DIFFERENCE:
        return True
    return bool(spearmanr(recorded, expected).statistic >= MIN_CORRELATION)


def _distance(recorded: np.ndarray, expected: np.ndarray) -> float:
    return float(np.median(np.abs(recorded - expected)))
