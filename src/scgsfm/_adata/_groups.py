from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from scgsfm._messages import did_you_mean, listing

if TYPE_CHECKING:
    from anndata import AnnData

FEW_VALUES = 50
"""A column of at most this many different numbers always holds groups."""


def groups(adata: AnnData, groupby: str, *, argument: str = "groupby") -> pd.Series:
    """The groups of cells in a column of ``obs``, as categories that are strings.

    Columns of strings, categories, whole numbers and booleans are groups. Whole numbers in a column of floats, as a
    missing value makes them, have the labels of integers. Categories keep their order, numbers are ordered by value.

    Parameters
    ----------
    adata
        The cells.
    groupby
        Name of the column.
    argument
        Name of the argument, for messages.

    Returns
    -------
    The group of each cell, without unused categories; missing for cells without a group.

    Raises
    ------
    TypeError
        If ``groupby`` is not a string.
    ValueError
        If there is no such column, no cell has a group, or the column holds measurements.
    """
    column = _column(adata, groupby, argument)
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.cat.remove_unused_categories()
        labels = column.cat.categories
    else:
        _check_discrete(column, argument)
        labels = pd.Index(_sorted(list(column.dropna().unique())), dtype=object)
    if not len(labels):
        msg = f"`{argument}={groupby!r}` has no group: all {len(column)} values are missing."
        raise ValueError(msg)
    names = {label: as_label(label) for label in labels}
    ordered = list(dict.fromkeys(names.values()))
    values = pd.Categorical(column.astype(object).map(names), categories=ordered)
    return pd.Series(values, index=adata.obs_names, name=groupby)


def _column(adata: AnnData, groupby: Any, argument: str) -> pd.Series:
    if not isinstance(groupby, str):
        msg = f"`{argument}` must be the name of a column of `obs`, but is {repr(groupby)[:60]} ({type(groupby).__name__})."
        raise TypeError(msg)
    columns = {str(column): column for column in adata.obs}
    if groupby not in columns:
        hint = did_you_mean(groupby, columns)
        msg = f"`{argument}={groupby!r}` is not a column of `obs`, which has: {listing(list(columns), 20) or 'none'}.{hint}"
        raise ValueError(msg)
    obs = adata.obs[[columns[groupby]]]
    obs = obs.to_memory() if hasattr(obs, "to_memory") else obs
    return pd.Series(obs.iloc[:, 0])


def _check_discrete(column: pd.Series, argument: str) -> None:
    """Raise ValueError for a column of measurements."""
    if not is_numeric_dtype(column) or is_bool_dtype(column):
        return
    values = column.dropna().to_numpy(np.float64)
    distinct = np.unique(values)
    fractions = distinct[distinct != np.floor(distinct)]
    if len(fractions) or len(distinct) > max(FEW_VALUES, len(column) // 2):
        found = (
            f"such as {fractions[0]:g}" if len(fractions) else f"{len(distinct)} different ones in {len(column)} cells"
        )
        msg = (
            f"`{argument}={column.name!r}` holds numbers that are measurements, not groups: {found}. Name a column of "
            f"groups, or make it one: `adata.obs[{column.name!r}].astype(str)`."
        )
        raise ValueError(msg)


def _sorted(labels: list[Any]) -> list[Any]:
    try:
        return sorted(labels)
    except TypeError:  # strings and numbers in one column
        return sorted(labels, key=str)


def as_label(value: Any) -> str:
    """The label of a group or set that is given as a string, a number or a boolean; 2.0 has the label of 2."""
    return str(int(value)) if isinstance(value, float | np.floating) and float(value).is_integer() else str(value)
