from __future__ import annotations

from typing import TYPE_CHECKING

from scgsfm import _keys
from scgsfm._checks_types import checks_types

from ._stored_table import selected, stored_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from anndata import AnnData


@checks_types
def cluster_terms(
    adata: AnnData,
    group: str | Sequence[str] | None = None,
    *,
    cluster: int | Sequence[int] | None = None,
    representatives: bool = False,
    key: str | None = None,
) -> pd.DataFrame:
    """Get clusters of terms as a table.

    Parameters
    ----------
    adata
        Data with a result of :func:`~scgsfm.tl.cluster_terms`.
    group
        One or several groups. By default, all are returned.
    cluster
        One or several numbers of clusters. By default, all are returned.
    representatives
        Whether to return only one term of each cluster in each group.
    key
        Key of the result in ``uns``, if ``key_added`` was used.

    Returns
    -------
    A copy of the rows, with the columns of :func:`~scgsfm.tl.cluster_terms`, ordered by group and cluster.

    Raises
    ------
    KeyError
        If there is no result, or no such group or cluster. The message lists those that are available.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.enrich(adata, groupby="cell_type")
    >>> scgsfm.tl.cluster_terms(adata, by="jaccard")
    >>> scgsfm.get.cluster_terms(adata, group="B", representatives=True)["cluster"].is_unique
    True
    """
    table = stored_table(adata, key, _keys.CLUSTER_TERMS, "tl.cluster_terms")
    table = selected(table, group=group, cluster=cluster)
    return (table[table["representative"]] if representatives else table).reset_index(drop=True)
