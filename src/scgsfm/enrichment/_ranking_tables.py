"""Rankings from tables of differential expression, and from tables of genes and numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from scgsfm._bounded_files import to_numbers
from scgsfm._logging import logger
from scgsfm._messages import listing

if TYPE_CHECKING:
    from collections.abc import Callable

QUERY = "query"
"""Group name of a single list or ranking."""

_ROLES = {
    "stat": "stat scores stats statistic score t tstat tstatistic tvalue z zstat zscore zscores zvalue zstd wald waldstat "
    "waldstatistic teststat teststatistic",
    "logfc": "logfc log2fc log2foldchange logfoldchanges logfoldchange avglog2fc avglogfc lfc log2ratio summarylogfc",
    "effect": "avgdiff lfcmean coef",
    "pvalue": "pvalue pvals pval pvalues",
    "padj": "padj pvalsadj adjpval adjpvalue fdr qvalue qval pvaladj pvalueadj adjustedpvalue svalue",
    "group": "group cluster contrast comparison celltype",
    "gene": "names gene genes genesymbol symbol symbols genename feature featurename name hgncsymbol externalgenename "
    "targetid geneid ensemblgeneid ensembl id unnamed0 x probeid",
}
"""Names of columns, without case and punctuation, by what they hold; the first ones are preferred. Effects stand in for fold changes."""
_PART = re.compile(r"log2?fc|foldchange|pval|padj|fdr|qval|adjp")
"""Parts of names of columns that only tables of differential expression have."""


class _Columns(NamedTuple):
    """Columns of a table by what they hold."""

    stat: list[str]
    logfc: list[str]
    pvalue: list[str]
    padj: list[str]
    group: list[str]
    gene: list[str]


def read_ranking_table(data: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], str | None]:
    """Rankings of a table, and the column or formula by which genes are ranked if it is one of several columns.

    A table of differential expression gives one ranking, or one for each group. Any other table gives one for each
    numeric column.
    """
    data = data.set_axis([str(column) for column in data.columns], axis=1)
    if data.columns.has_duplicates:
        raise ValueError(_unusable(data, f"repeats {_shown(data.columns[data.columns.duplicated()])}"))
    columns = _columns(data)
    numeric = [c for c in data if pd.api.types.is_numeric_dtype(data[c]) and c not in columns.group]
    known = bool(columns.logfc or columns.pvalue or columns.padj) or {"names", "scores"} <= set(data)
    single = bool(columns.gene) and columns.stat == numeric
    if known or single or any(_PART.search(_plain(column)) for column in data):
        return _differential(data, columns)
    rest = [column for column in data if column not in numeric]
    if not numeric or len(rest) > 1:
        raise ValueError(_unusable(data, "has no single column of genes" if numeric else "has no numeric column"))
    if len(numeric) == 1 and _plain(numeric[0]) in ("rank", "ranking") and _counts(data[numeric[0]]):
        raise ValueError(
            _unusable(
                data, f"counts ranks in {numeric[0]!r}: negate it, so that top-ranked genes have the largest value"
            )
        )
    names = data[rest[0]] if rest else data.index.to_series()
    group: Callable[[str], str] = (lambda _: QUERY) if rest and len(numeric) == 1 else str
    return {group(c): pd.DataFrame({"name": names.to_numpy(), "value": data[c].to_numpy()}) for c in numeric}, None


def _differential(data: pd.DataFrame, columns: _Columns) -> tuple[dict[str, pd.DataFrame], str]:
    for what, found in (("log fold changes", columns.logfc), ("groups", columns.group)):
        if len(found) > 1:
            raise ValueError(_unusable(data, f"has several columns of {what} ({_shown(found)}): keep one of them"))
    numbers = {role: _numbers(data, found[0]) for role in ("logfc", "padj") if (found := getattr(columns, role))}
    value, ranked_by = _values(data, columns, numbers.get("logfc"))
    logger.debug("Genes of the table are ranked by %s", ranked_by)
    table = pd.DataFrame({"name": _names(data, columns).to_numpy(), "value": value} | numbers)
    if not columns.group:
        return {QUERY: table}, ranked_by
    groups = table.groupby(data[columns.group[0]].to_numpy(), observed=True, sort=False)
    return {str(group): rows for group, rows in groups}, ranked_by


def _values(data: pd.DataFrame, columns: _Columns, logfc: np.ndarray | None) -> tuple[np.ndarray, str]:
    """The numbers by which genes are ranked: a statistic with a sign, or -log10 p with the sign of the fold change."""
    stats = {column: _numbers(data, column) for column in columns.stat}
    if logfc is not None and (logfc < 0).any():
        stats = {column: values for column, values in stats.items() if (values < 0).any()}  # others have no direction
    if len(stats) > 1:
        raise ValueError(_unusable(data, f"has several statistics ({_shown(stats)}): keep one of them"))
    for column, values in stats.items():
        return values, column
    p_columns = columns.pvalue or columns.padj
    if logfc is None:
        problem = "has p-values without a direction" if p_columns else "has no single column to rank genes by"
        raise ValueError(_unusable(data, problem))
    if not p_columns:
        return logfc, columns.logfc[0]
    p = _numbers(data, p_columns[0])
    if ((p < 0) | (p > 1)).any():
        raise ValueError(_unusable(data, f"has p-values outside 0 to 1 in {p_columns[0]!r}"))
    return _signed(p, logfc), f"-log10 of {p_columns[0]} with the sign of {columns.logfc[0]}"


def _signed(p: np.ndarray, logfc: np.ndarray) -> np.ndarray:
    """Signed -log10 p. Values of p that are 0 exceed all others and are ordered by the fold change."""
    zero = p == 0
    size = np.abs(np.where(np.isfinite(logfc), logfc, 0))
    least = p[~zero & ~np.isnan(p)].min(initial=1.0)
    beyond = 1 + size / max(size.max(initial=0), np.finfo(float).tiny)
    with np.errstate(divide="ignore"):
        return np.asarray(np.sign(logfc) * np.where(zero, -np.log10(least) + beyond, -np.log10(p)))


def _names(data: pd.DataFrame, columns: _Columns) -> pd.Series:
    """Gene names: of the column or the index that holds most known genes."""
    from scgsfm.genes import resolve

    numeric = [column for column in data if pd.api.types.is_numeric_dtype(data[column])]
    text = [column for column in [*columns.gene, *data] if column not in (*numeric, *columns.group)]
    candidates = {column: data[column] for column in text}
    if not pd.api.types.is_numeric_dtype(data.index):
        candidates["index"] = data.index.to_series()
    elif not candidates and not is_counter(data.index):
        candidates = {"index": data.index.to_series()}
    if not candidates:
        raise ValueError(_unusable(data, "has no gene names, in neither a column nor the index"))
    shares = [resolve(names.iloc[:1000]).share for names in candidates.values()]
    if max(shares) == 0 and len(candidates) > 1 and not set(columns.gene) & set(candidates):
        raise ValueError(_unusable(data, f"has no known gene names in {_shown(candidates)}: name the right one 'gene'"))
    # a share within 0.1 of the best does not outweigh the order: a column of genes goes before the row names of R
    best = next(i for i, share in enumerate(shares) if share >= max(shares) - 0.1)
    return list(candidates.values())[best]


def _counts(values: pd.Series) -> bool:
    """Whether values are ranks: 1, 2, 3, … in any order."""
    return bool((np.sort(values.to_numpy()) == np.arange(1, len(values) + 1)).all())


def is_counter(index: pd.Index) -> bool:
    """Whether an index counts rows."""
    return isinstance(index, pd.RangeIndex) or bool((index == np.arange(len(index))).all())


def _columns(data: pd.DataFrame) -> _Columns:
    plain: dict[str, list[str]] = {}
    for column in data:
        plain.setdefault(_plain(column), []).append(column)
    found = {role: [c for name in names.split() for c in plain.get(name, ())] for role, names in _ROLES.items()}
    effects = found.pop("effect")
    return _Columns(**found | {"logfc": found["logfc"] or effects})


def _plain(column: str) -> str:
    return re.sub(r"[^a-z0-9]", "", column.casefold())


def _numbers(data: pd.DataFrame, column: str) -> np.ndarray:
    values = to_numbers(data[column])
    if 2 * values.notna().sum() < data[column].notna().sum():
        raise ValueError(_unusable(data, f"has no numbers in {column!r}"))
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))


def _unusable(data: pd.DataFrame, problem: str) -> str:
    return (
        f"`data` is a table with the columns {_shown(data)}, which {problem}. Use a table of differential expression "
        "(gene names in the index or a column; a test statistic, or log fold changes and perhaps p-values; perhaps a column "
        "'group'), or genes as index and a numeric column for each group."
    )


def _shown(columns: object) -> str:
    return listing([str(column) for column in columns], 20) or "(none)"  # type: ignore[attr-defined]
