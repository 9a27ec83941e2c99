from __future__ import annotations

from typing import TYPE_CHECKING

from scgsfm import _keys
from scgsfm._checks_types import checks_types

from ._stored_table import first_rows, selected, significant, stored_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from anndata import AnnData


@checks_types
def enrich(
    adata: AnnData,
    group: str | Sequence[str] | None = None,
    *,
    max_padj: float | None = None,
    n_terms: int | None = None,
    key: str | None = None,
) -> pd.DataFrame:
    """Get the terms enriched in groups of cells as a table.

    Parameters
    ----------
    adata
        Cells with a result of :func:`~scgsfm.tl.enrich`.
    group
        One or several groups. By default, all are returned.
    max_padj
        Maximum adjusted p-value of the terms. By default, all terms are returned.
    n_terms
        Number of terms of each group, by p-value. By default, all are returned.
    key
        Key of the result in ``uns``, if ``key_added`` was used.

    Returns
    -------
    A copy of the rows, with the columns of :func:`~scgsfm.tl.enrich`, ordered by group and p-value.

    Raises
    ------
    KeyError
        If there is no result, or no such group. The message lists those that are available.
    ValueError
        If ``max_padj`` or ``n_terms`` is out of range.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.enrich(adata, groupby="cell_type")
    >>> scgsfm.get.enrich(adata, group="NK", n_terms=2)["term"].tolist()
    ['HALLMARK_ALLOGRAFT_REJECTION', 'HALLMARK_COMPLEMENT']
    """
    table = selected(stored_table(adata, key, _keys.ENRICH, "tl.enrich"), group=group)
    return first_rows(significant(table, max_padj), ["group"], n_terms, argument="n_terms")
