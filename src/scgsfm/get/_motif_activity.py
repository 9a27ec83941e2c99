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
def motif_activity(
    adata: AnnData,
    group: str | Sequence[str] | None = None,
    *,
    motif: str | Sequence[str] | None = None,
    enriched: bool = False,
    max_padj: float | None = None,
    n_motifs: int | None = None,
    key: str | None = None,
) -> pd.DataFrame:
    """Get the motifs of groups of cells as a table.

    Parameters
    ----------
    adata
        Cells × peaks with a result of :func:`~scgsfm.tl.motif_activity`.
    group
        One or several groups. By default, all are returned.
    motif
        One or several families or ids of motifs. By default, all are returned.
    enriched
        Whether to return only motifs that are more frequent than expected.
    max_padj
        Maximum adjusted p-value of the rows. By default, all rows are returned.
    n_motifs
        Number of rows of each group, by p-value. By default, all are returned.
    key
        Key of the result in ``uns``, if ``key_added`` was used.

    Returns
    -------
    A copy of the rows, with the columns of :func:`~scgsfm.tl.motif_activity`.

    Raises
    ------
    KeyError
        If there is no result, group or motif. The message lists those that are available.
    ValueError
        If another argument is out of range.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.atac()
    >>> scgsfm.tl.motif_activity(adata, "cell_line", genome=scgsfm.datasets.atac_genome())
    >>> scgsfm.get.motif_activity(adata, "K562", n_motifs=3)["group"].tolist()
    ['K562', 'K562', 'K562']
    """
    table = selected(stored_table(adata, key, _keys.MOTIF_ACTIVITY, "tl.motif_activity"), group=group, motif=motif)
    table = table[table["z"] > 0] if enriched else table
    return first_rows(significant(table, max_padj), ["group"], n_motifs, argument="n_motifs")
