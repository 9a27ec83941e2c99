from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm import _keys
from scgsfm._checks_types import checks_types
from scgsfm._messages import check_at_least

from ._stored_table import selected, stored_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData

VARIANT = ["element", "position", "ref", "alt"]


@checks_types
def saturation_mutagenesis(
    data: AnnData | pd.DataFrame,
    element: str | Sequence[str] | None = None,
    *,
    cell_type: str | Sequence[str] | None = None,
    min_effect: float = 0,
    key: str | None = None,
) -> pd.DataFrame:
    r"""Get the effects of all single-base variants as a tidy table, with a row for each variant and cell type.

    Parameters
    ----------
    data
        Cells × peaks with a result of :func:`~scgsfm.tl.saturation_mutagenesis`, or the table that it returns for
        sequences.
    element
        One or several peaks or sequences. By default, all are returned.
    cell_type
        One or several cell types. By default, all are returned.
    min_effect
        Leave out effects whose absolute value is smaller, in units of :math:`\log_2` activity.
    key
        Key of the result in ``uns``, if ``key_added`` was used.

    Returns
    -------
    A table with the columns ``element``, ``position`` (0-based, in the element), ``ref``, ``alt``, ``cell_type`` and
    ``effect`` (float32), in the order of elements, positions, variants and cell types. Rows of the bases of the element
    itself, whose effect is 0, are left out.

    Raises
    ------
    KeyError
        If there is no result, element or cell type. The message lists those that are available.
    ValueError
        If ``min_effect`` is negative, or the table is not one of :func:`~scgsfm.tl.saturation_mutagenesis`.

    Examples
    --------
    >>> import scgsfm
    >>> effects = scgsfm.tl.saturation_mutagenesis(sequences={"a": "CTGGCAAACAGATAAGA"}, cell_type=["K562", "HepG2"])
    >>> scgsfm.get.saturation_mutagenesis(effects, "a", cell_type="K562").shape
    (51, 6)
    """
    check_at_least("min_effect", min_effect, 0)
    if isinstance(data, pd.DataFrame):
        table = data
        if missing := [name for name in VARIANT if name not in table]:
            msg = (
                f"`data` has no column {missing[0]!r}: give the table of `scgsfm.tl.saturation_mutagenesis`, or the data "
                "that it was written to."
            )
            raise ValueError(msg)
    else:
        table = stored_table(data, key, _keys.R3LM_SATURATION, "tl.saturation_mutagenesis")
    rows = selected(table, element=element)
    rows = rows[(rows["ref"].astype(str) != rows["alt"].astype(str)).to_numpy()]
    # as a table of one column, so that an unknown cell type is reported as other labels are
    columns = pd.DataFrame({"cell_type": [name for name in table if name not in VARIANT]})
    cell_types = selected(columns, cell_type=cell_type)["cell_type"].tolist()
    effects = rows[cell_types].to_numpy(np.float32)
    tidy = rows[VARIANT].iloc[np.repeat(np.arange(len(rows)), len(cell_types))].reset_index(drop=True)
    tidy["cell_type"] = pd.Categorical(cell_types * len(rows), categories=cell_types)
    tidy["effect"] = effects.ravel()
    return tidy[tidy["effect"].abs() >= min_effect].reset_index(drop=True)
