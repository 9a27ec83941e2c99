"""Tables that functions of ``tl`` wrote to ``uns``, and the selection of their rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from scgsfm import _keys
from scgsfm._adata import as_label, check_anndata
from scgsfm._messages import check_at_least, check_max_padj, did_you_mean, listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData


def stored_table(adata: AnnData, key: str | None, default: str, function: str, *, where: str = "uns") -> Any:
    """What ``function`` wrote under ``key``.

    Raises
    ------
    KeyError
        If there is nothing, or something else. The message names the results of ``function``.
    """
    check_anndata(adata, writes=False)
    key = key or default
    records = adata.uns.get(_keys.UNS, {})
    values = getattr(adata, where).get(key)
    tables = values.values() if isinstance(values, dict) and values else [values]
    if (
        all(isinstance(each, pd.DataFrame) for each in tables)
        and records.get(key, {}).get("function", function) == function
    ):
        return values
    others = [name for name, record in records.items() if record.get("function") == function and name != key]
    found = f" Other keys have one: {listing(others)}.{did_you_mean(key, others)}" if others else ""
    msg = f"There is no result of `scgsfm.{function}` in `{where}[{key!r}]`.{found or ' Run it first, or set `key`.'}"
    raise KeyError(msg)


def selected(table: pd.DataFrame, **wanted: Any) -> pd.DataFrame:
    """The rows with one of the wanted values in each column, in the order of the table; None selects all.

    Raises
    ------
    KeyError
        If a value does not occur. The message suggests similar ones.
    """
    kept = pd.Series(True, index=table.index)
    for column, values in wanted.items():
        if values is None:
            continue
        labels = table[column].astype(str)
        given = [values] if isinstance(values, str) or not isinstance(values, Iterable) else list(values)
        names = list(dict.fromkeys(labels))
        for name in map(as_label, given):
            if name not in names:
                hint = did_you_mean(name, names)
                msg = f"`{column}` {name!r} is not in the table, which has: {listing(names, 20) or 'none'}.{hint}"
                raise KeyError(msg)
        kept &= labels.isin([as_label(name) for name in given])
    return table[kept]


def first_rows(table: pd.DataFrame, by: Sequence[str], n: int | None, *, argument: str) -> pd.DataFrame:
    """The first ``n`` rows of each group, with a new index."""
    if n is not None:
        check_at_least(argument, n, 1, or_none="all")
        table = table.groupby(list(by), sort=False, observed=True).head(n)
    return table.reset_index(drop=True)


def significant(table: pd.DataFrame, max_padj: float | None) -> pd.DataFrame:
    """The rows with an adjusted p-value of at most ``max_padj``."""
    check_max_padj(max_padj)
    return table if max_padj is None else table[table["padj"] <= max_padj]
