from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm._adata import data_matrix, data_var, gene_names
from scgsfm._logging import logger
from scgsfm._messages import listing, warn
from scgsfm.genes import as_names
from scgsfm.scoring import BlockReader

from ._terms import Background

if TYPE_CHECKING:
    from anndata import AnnData
    from scipy.sparse import csr_array

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

    def top(self, n_genes: int, max_padj: float) -> dict[str, np.ndarray]:
        """The lists, or the top genes of each ranking: significant genes with positive values."""
        if self.lists:
            return self.lists
        chosen = {}
        for group, ranking in self.rankings.items():
            up = ranking["value"] > 0
            if "logfc" in ranking:
                up &= ranking["logfc"] > 0
            if "padj" in ranking:
                up &= ranking["padj"] < max_padj
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


def from_adata(
    adata: AnnData,
    *,
    groupby: str | None,
    key: str,
    layer: str | None,
    use_raw: bool,
    gene_symbols: str | None,
) -> GeneLists:
    """Gene rankings of groups of cells: from ``uns[key]`` if computed for ``groupby``, or else computed.

    ``adata`` is not modified.
    """
    result = _ranked_by_scanpy(adata, key, groupby)
    if result is None:
        matrix = data_matrix(adata, layer=layer, use_raw=use_raw)
        result = _rank_genes(adata, groupby, matrix, data_var(adata, use_raw=use_raw).index)
        made = {"groupby": groupby, "method": METHOD, "layer": layer, "use_raw": use_raw}
    else:
        params = result["params"]
        layer, use_raw = params.get("layer"), bool(params.get("use_raw"))
        matrix = data_matrix(adata, layer=layer, use_raw=use_raw)
        made = {name: params.get(name) for name in ("groupby", "method", "layer")} | {"use_raw": use_raw, "key": key}
    genes = gene_names(adata, gene_symbols=gene_symbols, use_raw=use_raw)
    level, detected = _levels(BlockReader(matrix))
    name_of = dict(zip(data_var(adata, use_raw=use_raw).index, genes, strict=True))
    detected_genes = set(genes[detected])
    tables = {}
    for group in result["names"].dtype.names:
        columns = {column: result[name][group] for name, column in COLUMNS.items() if name in result}
        ranking = pd.DataFrame(columns)
        ranking["name"] = ranking["name"].map(name_of)
        tables[str(group)] = ranking[ranking["name"].isin(detected_genes)]
    return _rankings(tables, background=Background(genes[detected], level[detected]), made=made)


METHOD = "t-test_overestim_var"
"""Method of ``scanpy.tl.rank_genes_groups``. It is fast."""


def _ranked_by_scanpy(adata: AnnData, key: str, groupby: str | None) -> Mapping[str, Any] | None:
    found = adata.uns.get(key)
    if found is not None and not (isinstance(found, Mapping) and {"names", "scores", "params"} <= found.keys()):
        msg = f"`uns[{key!r}]` is not a result of `scanpy.tl.rank_genes_groups`: use another `key`."
        raise ValueError(msg)
    if found is not None and groupby in (None, found["params"].get("groupby")):
        return found
    if groupby is None:
        msg = (
            f"There is no `uns[{key!r}]`: set `groupby` to the column of `obs` with the groups of cells, or run "
            "`scanpy.tl.rank_genes_groups` first."
        )
        raise ValueError(msg)
    if groupby not in adata.obs:
        msg = f"`groupby={groupby!r}` is not a column of `obs`, which has: {', '.join(map(repr, adata.obs)) or 'none'}."
        raise ValueError(msg)
    return None


def _rank_genes(adata: AnnData, groupby: str | None, matrix: Any, names: pd.Index) -> Mapping[str, Any]:
    import scanpy as sc
    from anndata import AnnData
    from scipy.sparse import issparse

    if not (issparse(matrix) or isinstance(matrix, np.ndarray)):
        msg = (
            "Genes can only be ranked for data in memory: use `adata.to_memory()`, or rank them yourself and pass the "
            "result as `data`."
        )
        raise ValueError(msg)
    obs = adata.obs[[groupby]].astype("category")
    plain = AnnData(matrix, obs=obs, var=pd.DataFrame(index=names), uns={})
    if "log1p" in adata.uns:
        plain.uns["log1p"] = adata.uns["log1p"]
    sc.tl.rank_genes_groups(plain, groupby, groups=_comparable(obs[groupby]), method=METHOD, use_raw=False)
    result: Mapping[str, Any] = plain.uns["rank_genes_groups"]
    return result


def _comparable(labels: pd.Series) -> list[str]:
    """The groups with at least two cells. A warning lists the groups with one."""
    sizes = labels.value_counts(sort=False)
    single = sizes.index[sizes == 1].tolist()
    if single:
        msg = f"Groups of a single cell can't be compared and are skipped: {listing(single)}."
        warn(msg)
    several: list[str] = sizes.index[sizes > 1].tolist()
    if not several or (sizes > 0).sum() == 1:
        msg = f"`groupby={labels.name!r}` must be a column with at least two groups, one of them with several cells."
        raise ValueError(msg)
    return several


def _levels(rows: BlockReader) -> tuple[np.ndarray, np.ndarray]:
    """Mean of each gene, and whether any cell has a nonzero value."""
    total, detected = np.zeros(rows.n_genes), np.zeros(rows.n_genes, bool)
    for _, (sums, nonzero) in rows.map(_sums):
        total += sums
        detected |= nonzero
    return total / max(rows.n_cells, 1), detected


def _sums(block: csr_array) -> tuple[np.ndarray, np.ndarray]:
    n_genes = block.shape[1]
    return (
        np.bincount(block.indices, block.data, n_genes),
        np.bincount(block.indices[block.data != 0], minlength=n_genes) > 0,
    )
