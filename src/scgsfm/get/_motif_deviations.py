from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from scgsfm import _keys
from scgsfm._checks_types import checks_types

from ._stored_table import selected, stored_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from anndata import AnnData


@checks_types
def motif_deviations(
    adata: AnnData,
    motif: str | Sequence[str] | None = None,
    *,
    z: bool = False,
    key: str | None = None,
) -> pd.DataFrame:
    """Get the deviations of motifs in cells as a table, with the original names of the motifs.

    Parameters
    ----------
    adata
        Cells × peaks with a result of :func:`~scgsfm.tl.motif_deviations`.
    motif
        One or several families or ids of motifs. By default, all are returned.
    z
        Whether to return z-scores instead of deviations.
    key
        Key of the result in ``obsm``, if ``key_added`` was used.

    Returns
    -------
    A copy, cells × motifs; by default, the most variable motif first. ``adata.uns["motif_deviations"]`` has the names of
    the factors.

    Raises
    ------
    KeyError
        If there is no result or motif. The message lists those that are available.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.atac()
    >>> scgsfm.tl.motif_deviations(adata, genome=scgsfm.datasets.atac_genome())
    >>> scgsfm.get.motif_deviations(adata, "Ets-related", z=True).shape
    (3, 1)
    """
    name = key or _keys.MOTIF_DEVIATIONS
    rows = selected(stored_table(adata, key, _keys.MOTIF_DEVIATIONS, "tl.motif_deviations"), motif=motif)
    if motif is not None:
        wanted = [motif] if isinstance(motif, str) or not isinstance(motif, Iterable) else list(motif)
        rows = rows.set_index(rows["motif"].astype(str)).loc[[str(each) for each in wanted]]
    values: pd.DataFrame = adata.obsm[_keys.zscores(name) if z else name]
    return values[rows["column"].astype(str).tolist()].set_axis(rows["motif"].astype(str).tolist(), axis=1)
