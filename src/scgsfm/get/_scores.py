from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm import _keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anndata import AnnData


def scores(adata: AnnData, method: str = "aucell", *, key: str | None = None) -> pd.DataFrame:
    """Get the scores of gene sets with the original names of the sets.

    In ``obsm`` the ``/`` in names is replaced, since files take it for a path; scores that were streamed to a file or
    left to dask are arrays without names there, and are computed here. A column goes into ``obs``, and so into every
    plot of scanpy, by ``adata.obs["my set"] = scgsfm.get.scores(adata)["my set"]``.

    Parameters
    ----------
    adata
        Cells with scores of :func:`~scgsfm.tl.score`.
    method
        Name of the method.
    key
        Key of the scores in ``obsm``, if they were written with ``key_added``.

    Returns
    -------
    A copy of the scores, cells × sets.

    Raises
    ------
    KeyError
        If there are no such scores; the message names those that there are.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.score(adata, {"T/NK": ["CD3D", "CD2", "NKG7"], "B": ["CD79A", "MS4A1"]})
    >>> list(scgsfm.get.scores(adata))
    ['T/NK', 'B']
    """
    key = key or _keys.score(method)
    table = adata.obsm.get(key)
    records = adata.uns.get(_keys.UNS, {})
    if table is not None and not isinstance(table, pd.DataFrame) and "set_names" in records.get(key, {}):
        columns = _keys.columns([str(name) for name in records[key]["set_names"]])
        table = pd.DataFrame(np.asarray(table), index=adata.obs_names, columns=columns)
    if not isinstance(table, pd.DataFrame):
        there = [
            name for name in adata.obsm if "set_names" in records.get(name, {}) or name.startswith(_keys.score(""))
        ]
        msg = (
            f"There are no scores in `obsm[{key!r}]`; there are scores in: {', '.join(map(repr, there)) or 'nothing'}. "
            "Run `scgsfm.tl.score` first, or name the `method` or `key`."
        )
        raise KeyError(msg)
    return table.set_axis(_names(table, records.get(key, {})), axis=1)


def _names(table: pd.DataFrame, record: Mapping[str, Any]) -> list[str]:
    """The original names; where none are on record (concatenation drops ``uns``), those that the columns tell."""
    names = [str(name) for name in record.get("set_names", [])]
    original = dict(zip(_keys.columns(names), names, strict=True))
    return [original.get(column, column.replace(_keys.DIVISION_SLASH, "/")) for column in table]
