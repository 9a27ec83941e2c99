from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from anndata import AnnData

from scgsfm._adata import as_label
from scgsfm._messages import did_you_mean, listing

from ._scores import scores

if TYPE_CHECKING:
    from collections.abc import Sequence


def score_adata(
    adata: AnnData, method: str = "aucell", *, sets: Sequence[str] | None = None, key: str | None = None
) -> AnnData:
    """Get scores as AnnData of cells × sets, for the plots and tests of scanpy.

    Functions that take genes then take gene sets: ``sc.pl.umap``, ``sc.pl.violin``, ``sc.pl.matrixplot`` or
    ``sc.tl.rank_genes_groups``.

    Parameters
    ----------
    adata
        Cells with scores of :func:`~scgsfm.tl.score`.
    method
        Name of the scoring method.
    sets
        Names of sets, in the desired order. By default, all sets are returned. Numbers stand for sets of that name.
    key
        Key of the scores in ``obsm``, if ``key_added`` was used.

    Returns
    -------
    A new object with the scores as ``X``, the names of the sets as ``var_names``, and ``obs``, ``obsm``, ``obsp`` and
    ``uns`` of the cells.

    Raises
    ------
    KeyError
        If the scores or sets do not exist. The message lists those that are available.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.score(adata, "hallmark")
    >>> scgsfm.get.score_adata(adata).shape
    (700, 50)
    """
    table = scores(adata, method, key=key)
    table = table if sets is None else table[_check(sets, list(table))]
    return AnnData(
        table.to_numpy(),
        obs=adata.obs.copy(),
        var=table.columns.to_frame(name="set")[[]],
        uns=dict(adata.uns),
        obsm=dict(adata.obsm),
        obsp=dict(adata.obsp),
    )


def _check(sets: Sequence[str], scored: list[str]) -> list[str]:
    """The sets as a list. Raises KeyError if one of them was not scored."""
    sets = [sets] if isinstance(sets, str) or not isinstance(sets, Iterable) else list(sets)
    sets = [as_label(name) for name in sets]
    for name in sets:
        if name not in scored:
            msg = f"No set {name!r} was scored. There are {len(scored)}: {listing(scored)}.{did_you_mean(name, scored)}"
            raise KeyError(msg)
    return sets
