from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pandas as pd

from scgsfm import _keys
from scgsfm._messages import check_choice

from ._stored_table import selected, stored_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData


def explain_regulation(
    data: AnnData,
    element: str | Sequence[str] | None = None,
    *,
    table: Literal["elements", "motifs", "bases"] = "elements",
    cell_type: str | Sequence[str] | None = None,
    key: str | None = None,
) -> pd.DataFrame:
    """Get the explained peaks, their motifs or the effects of their bases as a table.

    Parameters
    ----------
    data
        Cells × peaks with a result of :func:`~scgsfm.tl.explain_regulation`.
    element
        One or several peaks. By default, all are returned.
    table
        ``"elements"`` has a row for each peak and cell type, ``"motifs"`` one for each motif on their cards, and
        ``"bases"`` the effect of each base, indexed by peak and cell type.
    cell_type
        One or several cell types. By default, all are returned.
    key
        Key of the result in ``uns``, if ``key_added`` was used.

    Returns
    -------
    A copy of the rows, with the columns of :func:`~scgsfm.tl.explain_regulation`.

    Raises
    ------
    KeyError
        If there is no result, table, peak or cell type. The message lists those that are available.
    ValueError
        If ``table`` is none of the three.

    Examples
    --------
    >>> import anndata
    >>> import pandas as pd
    >>> import scgsfm
    >>> peaks = anndata.AnnData(var=pd.DataFrame({"sequence": ["CTGGCAAACAGATAAGA" * 11]}, index=["a"]))
    >>> scgsfm.tl.explain_regulation(peaks, sequences="sequence", cell_type="K562", bases=False)
    >>> scgsfm.get.explain_regulation(peaks, "a")["cell_type"].tolist()
    ['K562']
    """
    check_choice("table", table, ("elements", "motifs", "bases"))
    tables = stored_table(data, key, _keys.R3LM_EXPLANATIONS, "tl.explain_regulation")
    if table not in tables:
        msg = f"There is no table {table!r}, only {', '.join(map(repr, tables))}: run `scgsfm.tl.explain_regulation` with `bases=True`."
        raise KeyError(msg)
    if table == "bases":
        rows = tables["elements"][["element", "cell_type"]].reset_index(drop=True)
        kept = selected(rows, element=element, cell_type=cell_type)
        index = pd.MultiIndex.from_frame(kept)
        return pd.DataFrame(tables["bases"].to_numpy()[kept.index], index=index, columns=tables["bases"].columns)
    return selected(tables[table], element=element, cell_type=cell_type).reset_index(drop=True)
