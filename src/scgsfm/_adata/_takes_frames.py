"""Tables of cells × genes as the input of functions on cells."""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import pandas as pd
from anndata import AnnData
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from scgsfm import _keys
from scgsfm._messages import listing
from scgsfm.errors import GeneMatchError
from scgsfm.genes import resolve

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

ONLY_FOR_ANNDATA = ("copy", "key_added", "groupby")
"""Parameters that have no meaning for a table."""
ROWS_TO_LOOK_AT = 1000
"""Names of rows that are resolved to see whether they are genes."""


def takes_frames(read: Callable[[AnnData], pd.DataFrame]) -> Callable[[F], F]:
    """Let a function of AnnData take a table of cells × genes. It then returns a table.

    Parameters
    ----------
    read
        Returns the result of the function as a table, from the AnnData that it was written to.
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            table, rest = (args[0], args[1:]) if args else (kwargs.get("adata"), ())
            if not isinstance(table, pd.DataFrame):
                return function(*args, **kwargs)
            kwargs.pop("adata", None)
            if given := [name for name in ONLY_FOR_ANNDATA if kwargs.get(name) not in (None, False)]:
                msg = f"`{given[0]}` requires AnnData, but `adata` is a DataFrame: omit it."
                raise ValueError(msg)
            cells = _cells_of(table)
            try:
                function(cells, *rest, **kwargs)
            except GeneMatchError as error:
                names = [str(name) for name in table.index[:ROWS_TO_LOOK_AT]]
                if resolve(names).share < 0.5:
                    raise
                msg = f"{error} The rows of the table are genes: pass cells × genes, `adata.T`."
                raise GeneMatchError(msg) from error
            return read(cells).set_axis(table.index, axis=0)

        return cast("F", call)

    return decorate


def is_of_frame(adata: AnnData) -> bool:
    """Whether a table was given instead of AnnData."""
    return _keys.FRAME in adata.uns


def _cells_of(table: pd.DataFrame) -> AnnData:
    """AnnData of a table of cells × genes."""
    numeric = [is_numeric_dtype(dtype) and not is_bool_dtype(dtype) for dtype in table.dtypes]
    if not all(numeric):
        others = [str(name) for name, is_number in zip(table, numeric, strict=True) if not is_number]
        msg = (
            f"`adata` is a DataFrame, which must be cells × genes, but these columns are no numbers: {listing(others)}. "
            "Move them to the index, or leave them out."
        )
        raise TypeError(msg)
    is_sparse = table.shape[1] and all(isinstance(dtype, pd.SparseDtype) for dtype in table.dtypes)
    matrix: Any = table.sparse.to_coo().tocsr() if is_sparse else table.to_numpy()
    if not is_sparse and matrix.dtype == object:  # nullable numbers
        matrix = table.to_numpy(dtype=np.float64, na_value=np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of names that are not unique, which functions report themselves
        return AnnData(
            matrix,
            obs=pd.DataFrame(index=[str(name) for name in table.index]),
            var=pd.DataFrame(index=[str(name) for name in table.columns]),
            uns={_keys.FRAME: True},
        )
