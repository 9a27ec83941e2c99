from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pandas as pd

from scgsfm import _keys
from scgsfm._checks_types import checks_types
from scgsfm._messages import check_choice
from scgsfm.drugs import classes_of_table

from ._stored_table import first_rows, selected, significant, stored_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData


@checks_types
def drugs(
    data: AnnData | pd.DataFrame,
    group: str | Sequence[str] | None = None,
    *,
    table: Literal["compounds", "classes"] = "compounds",
    direction: Literal["mimics", "reverses"] | None = None,
    max_padj: float | None = None,
    n_rows: int | None = None,
    key: str | None = None,
) -> pd.DataFrame:
    """Get the compounds that mimic or reverse groups of cells, or their mechanisms and targets, as a table.

    Parameters
    ----------
    data
        Cells with a result of :func:`~scgsfm.tl.drugs`, or its table.
    group
        One or several groups. By default, all are returned.
    table
        ``"compounds"``, or ``"classes"`` for mechanisms of action and targets.
    direction
        ``"mimics"`` for rows with a positive score, ``"reverses"`` for rows with a negative one. By default, both are
        returned.
    max_padj
        Maximum adjusted p-value of the rows. By default, all rows are returned.
    n_rows
        Number of rows of each group (and kind of class), by p-value. By default, all are returned.
    key
        Key of the result in ``uns``, if ``key_added`` was used.

    Returns
    -------
    A copy of the rows, with the columns of :func:`~scgsfm.tl.drugs`.

    Raises
    ------
    KeyError
        If there is no result, or no such group. The message lists those that are available.
    ValueError
        If another argument is out of range.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.drugs(adata, "cell_type")
    >>> len(scgsfm.get.drugs(adata, group="NK", direction="reverses", n_rows=3))
    3
    """
    check_choice("table", table, ("compounds", "classes"))
    if isinstance(data, pd.DataFrame):
        found = classes_of_table(data) if table == "classes" else data
    else:
        found = stored_table(data, key, _keys.DRUGS, "tl.drugs")
        found = data.uns[_keys.classes(key or _keys.DRUGS)] if table == "classes" else found
    found = selected(found, group=group)
    if direction is not None:
        check_choice("direction", direction, ("mimics", "reverses"))
        found = found[(found["score"] >= 0) == (direction == "mimics")]
    by = ["group", "kind"] if table == "classes" else ["group"]
    return first_rows(significant(found, max_padj), by, n_rows, argument="n_rows")
