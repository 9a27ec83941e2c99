from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
from anndata import AnnData

from scgsfm import _keys

_PARTS = ("mod", "tables")
"""Attributes of MuData and SpatialData, which are not dependencies, with their parts."""


def check_anndata(
    adata: Any,
    *,
    argument: str = "adata",
    copy: bool = False,
    writes: bool = True,
    key_added: str | None = None,
) -> None:
    """Check that an argument is AnnData that the function can work on, before any work is done.

    Parameters
    ----------
    adata
        The value of the argument.
    argument
        Name of the argument.
    copy
        Whether the function was asked for a modified copy.
    writes
        Whether the function works on the cells and writes its result to ``adata``. Results can be read from data without
        genes, such as those of ``scgsfm score``.
    key_added
        Key of the result, if the user chose one.

    Raises
    ------
    TypeError
        If it is not AnnData. The message says how to get AnnData out of it.
    ValueError
        If the function works on cells and there are no cells or no genes, or the result could not be written: to a view of backed data, or to a copy of
        backed data, or under a key that files don't support.
    """
    _keys.check_key(key_added)
    if not isinstance(adata, AnnData):
        msg = f"`{argument}` must be AnnData, but is {_description(adata)}. {_remedy(adata, argument)}"
        raise TypeError(msg)
    if writes and 0 in adata.shape:
        msg = (
            f"`{argument}` has {adata.n_obs} cells and {adata.n_vars} genes, but at least one of each is needed. Check "
            "the filters that selected them."
        )
        raise ValueError(msg)
    if adata.isbacked and (copy or (writes and adata.is_view)):
        what = "`copy=True`, but" if copy else "The result can't be written, since"
        state = f"`{argument}` is {'a view of ' if adata.is_view else ''}backed data, which can't be copied"
        msg = f"{what} {state}. Load the cells into memory first: `{argument} = {argument}.to_memory()`."
        raise ValueError(msg)


def has_parts(value: Any) -> bool:
    """Whether an object is MuData or SpatialData, which hold AnnData by name. Tables have a method ``mod``, too."""
    return any(isinstance(getattr(value, attribute, None), Mapping) for attribute in _PARTS)


def _description(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, str | PathLike):
        return f"the path {str(value)!r}"
    return f"of type {type(value).__name__}"


def _remedy(value: Any, argument: str) -> str:
    if isinstance(value, str | PathLike):
        return f"Read the file first: `{argument} = anndata.read_h5ad({str(value)!r})`."
    for attribute in _PARTS:
        parts: Any = getattr(value, attribute, None)
        if isinstance(parts, Mapping):
            name = "mdata" if attribute == "mod" else "sdata"
            names = [str(part) for part in parts]
            chosen = "rna" if "rna" in names else (names or ["rna"])[0]
            return (
                f"Pass one of its parts, such as `{name}[{chosen!r}]`; it has: {', '.join(map(repr, names)) or 'none'}."
            )
    if isinstance(value, pd.DataFrame | np.ndarray) or hasattr(value, "tocsr"):
        return "If it holds cells × genes, convert it: `anndata.AnnData(...)`, with the gene names as `var_names`."
    return "Pass the AnnData of the cells."
