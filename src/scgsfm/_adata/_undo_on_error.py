"""Functions that are interrupted leave AnnData as it was."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pandas as pd
from anndata import AnnData

from scgsfm import _keys

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

TABLES, MAPPINGS = ("obs", "var"), ("obsm", "varm", "obsp", "varp", "layers", "uns")
RECORDS = "records"
"""Those in ``uns["scgsfm"]``, to which functions add."""


def undo_on_error(function: F) -> F:
    """Let a function of AnnData take back what it wrote if it is interrupted or raises an error.

    Columns and fields are remembered, not copied: functions replace them and never change them in place. A view is a view again.
    """
    first = next(iter(inspect.signature(function).parameters))  # `adata` or `data`

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        adata = args[0] if args else kwargs.get(first)
        if not isinstance(adata, AnnData):
            return function(*args, **kwargs)
        # the fields of a view are made at each access, and writing to it makes other data of it that have the same name
        state = dict(vars(adata)) if adata.is_view else None
        before = {} if adata.is_view else _fields(adata)
        try:
            return function(*args, **kwargs)
        except BaseException:
            if state is not None:
                vars(adata).clear()
                vars(adata).update(state)
            _restore(adata, before)
            raise

    return cast("F", call)


def _fields(adata: AnnData) -> dict[str, dict[str, Any]]:
    # None stands for X among the layers of anndata 0.13; no function writes X, and of data on disk it would be read
    fields: dict[str, dict[str, Any]] = {}
    for name in MAPPINGS:
        mapping = getattr(adata, name)
        fields[name] = {key: mapping[key] for key in mapping if key is not None}
    tables = {name: getattr(adata, name) for name in TABLES}
    # tables on disk are read-only
    fields |= {name: dict(table.items()) for name, table in tables.items() if isinstance(table, pd.DataFrame)}
    return fields | {RECORDS: dict(fields["uns"].get(_keys.UNS, {}))}


def _restore(adata: AnnData, before: dict[str, dict[str, Any]]) -> None:
    for name, fields in before.items():
        now = adata.uns.get(_keys.UNS, {}) if name == RECORDS else getattr(adata, name)
        for key in [key for key in now if key is not None and key not in fields]:
            del now[key]
        for key, value in fields.items():
            # a column is a new object at each access
            if key not in now or (now[key] is not value and not (name in TABLES and now[key].equals(value))):
                now[key] = value
