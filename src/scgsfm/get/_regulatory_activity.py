from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from scgsfm import _keys
from scgsfm._messages import check_choice

from ._stored_table import stored_table

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

PLACES = {"peaks": "varm", "cells": "obsm", "groups": "uns"}
"""Where activities are stored."""


def regulatory_activity(
    data: AnnData, of: Literal["peaks", "cells", "groups"] = "peaks", *, key: str | None = None
) -> pd.DataFrame:
    """Get the predicted activity of peaks, or its means over the peaks of cells or of groups of cells, as a table.

    Parameters
    ----------
    data
        Cells × peaks with a result of :func:`~scgsfm.tl.regulatory_activity`.
    of
        ``"peaks"``, ``"cells"`` (computed with ``cells`` or ``groupby``) or ``"groups"`` (computed with ``groupby``).
    key
        Key of the result, if ``key_added`` was used.

    Returns
    -------
    A copy of the activities: peaks, cells or groups × cell types of the model. For peaks, the last column ``status`` is
    ``"ok"``, or why there is no activity.

    Raises
    ------
    KeyError
        If there is no such result.
    ValueError
        If ``of`` is none of the three.

    Examples
    --------
    >>> import anndata
    >>> import pandas as pd
    >>> import scgsfm
    >>> peaks = anndata.AnnData(var=pd.DataFrame({"sequence": ["CTGGCAAACAGATAAGA" * 11]}, index=["a"]))
    >>> scgsfm.tl.regulatory_activity(peaks, sequences="sequence")
    >>> scgsfm.get.regulatory_activity(peaks).columns.tolist()
    ['HepG2', 'K562', 'WTC11', 'status']
    """
    check_choice("of", of, tuple(PLACES))
    key = key or _keys.R3LM
    stored_table(data, key, key, "tl.regulatory_activity", where="varm")
    name = _keys.groups(key) if of == "groups" else key
    table = stored_table(data, name, name, "tl.regulatory_activity", where=PLACES[of])
    if of != "peaks":
        return table.copy()
    return table.assign(status=data.var[_keys.status(key)].astype(str))
