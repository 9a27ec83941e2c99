from __future__ import annotations

from typing import TYPE_CHECKING

from scgsfm import _keys
from scgsfm._checks_types import checks_types

from ._stored_table import first_rows, selected, stored_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from anndata import AnnData


@checks_types
def annotate(
    adata: AnnData,
    group: str | Sequence[str] | None = None,
    *,
    n_types: int | None = None,
    key: str | None = None,
) -> pd.DataFrame:
    """Get the candidate cell types of groups of cells, with scores and p-values, as a table.

    Parameters
    ----------
    adata
        Cells with a result of :func:`~scgsfm.tl.annotate` with ``groupby``.
    group
        One or several groups. By default, all are returned.
    n_types
        Number of cell types of each group, by rank. By default, all are returned.
    key
        Key of the result in ``uns``, if ``key_added`` was used.

    Returns
    -------
    A copy of the rows, with the columns of ``adata.uns["annotation"]`` of :func:`~scgsfm.tl.annotate`.

    Raises
    ------
    KeyError
        If there is no result for groups, or no such group. The message lists those that are available.
    ValueError
        If ``n_types`` is out of range.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.annotate(adata, markers="pbmc_markers", groupby="cell_type")
    >>> scgsfm.get.annotate(adata, group="B", n_types=1)["cell_type"].tolist()
    ['B']
    """
    table = selected(stored_table(adata, key, _keys.ANNOTATION, "tl.annotate"), group=group)
    return first_rows(table, ["group"], n_types, argument="n_types")
