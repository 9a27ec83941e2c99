from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm import _keys
from scgsfm._adata import check_anndata
from scgsfm._messages import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anndata import AnnData


def scores(adata: AnnData, method: str = "aucell", *, key: str | None = None) -> pd.DataFrame:
    """Get scores as a table with the original names of the gene sets.

    In ``obsm``, a ``/`` in names is replaced, since file formats treat it as a path. Scores that were streamed to a file
    or left to dask are arrays without names in ``obsm``, and are computed here. To use a score in plots of scanpy, add it
    to ``obs``: ``adata.obs["my set"] = scgsfm.get.scores(adata)["my set"]``.

    Parameters
    ----------
    adata
        Cells with scores of :func:`~scgsfm.tl.score`.
    method
        Name of the scoring method.
    key
        Key of the scores in ``obsm``, if ``key_added`` was used.

    Returns
    -------
    A copy of the scores, cells × sets.

    Raises
    ------
    KeyError
        If the scores do not exist. The message lists those that are available.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.score(adata, {"T/NK": ["CD3D", "CD2", "NKG7"], "B": ["CD79A", "MS4A1"]})
    >>> list(scgsfm.get.scores(adata))
    ['T/NK', 'B']
    """
    check_anndata(adata, writes=False)
    key = key or _keys.score(method)
    table = adata.obsm.get(key)
    records = adata.uns.get(_keys.UNS, {})
    if table is not None and not isinstance(table, pd.DataFrame) and "set_names" in records.get(key, {}):
        columns = _keys.columns([str(name) for name in records[key]["set_names"]])
        table = pd.DataFrame(np.asarray(table), index=adata.obs_names, columns=columns)
    if not isinstance(table, pd.DataFrame):
        available = [
            name for name in adata.obsm if "set_names" in records.get(name, {}) or name.startswith(_keys.score(""))
        ]
        msg = (
            f"There are no scores in `obsm[{key!r}]`; available scores: {', '.join(map(repr, available)) or 'none'}."
            f"{did_you_mean(key, available)} Run `scgsfm.tl.score` first, or set `method` or `key`."
        )
        raise KeyError(msg)
    return table.set_axis(_names(table, records.get(key, {})), axis=1)


def _names(table: pd.DataFrame, record: Mapping[str, Any]) -> list[str]:
    """The original names; if ``uns`` was dropped, as by concatenation, they are derived from the columns."""
    names = [str(name) for name in record.get("set_names", [])]
    changed = _keys.columns(names, index=table.index.name)
    # the index may have had another name when the scores were written
    original = {f"{column}_": name for column, name in zip(changed, names, strict=True)}
    original |= dict(zip(changed, names, strict=True))
    return [original.get(column, column.replace(_keys.DIVISION_SLASH, "/")) for column in table]
