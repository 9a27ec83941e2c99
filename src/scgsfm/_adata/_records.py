from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm import _keys

if TYPE_CHECKING:
    from anndata import AnnData


def write_record(adata: AnnData, key: str, record: Mapping[str, Any]) -> None:
    """Write the parameters of a result to ``uns``, in a form that h5ad and zarr can store."""
    # a new dict: that of a view is the one of its parent, or is lost
    added = {key: _without_none({**record, "version": version("scgsfm")})}
    adata.uns[_keys.UNS] = {**adata.uns.get(_keys.UNS, {}), **added}


def _without_none(record: Mapping[str, Any]) -> dict[str, Any]:
    cleaned = {key: _storable(value) for key, value in record.items()}
    return {key: value for key, value in cleaned.items() if value is not None}


def _storable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _without_none(value)
    if isinstance(value, list | tuple):  # a copy: the user may change a list later
        return list(value)
    if isinstance(value, set | frozenset):  # which files can't store
        return sorted(value, key=str)
    return np.array(value) if isinstance(value, pd.Index | pd.Series | np.ndarray) else value
