from __future__ import annotations

from typing import TYPE_CHECKING

from anndata import AnnData

from scgsfm._messages import similar_names

from ._scores import scores

if TYPE_CHECKING:
    from collections.abc import Sequence


def score_adata(
    adata: AnnData, method: str = "aucell", *, sets: Sequence[str] | None = None, key: str | None = None
) -> AnnData:
    """Get the scores of gene sets as an object of cells × sets, for scanpy's plots and tests.

    What scanpy does with genes it then does with sets: ``sc.pl.umap``, ``sc.pl.violin``, ``sc.pl.matrixplot``,
    ``sc.tl.rank_genes_groups``.

    Parameters
    ----------
    adata
        Cells with scores of :func:`~scgsfm.tl.score`.
    method
        Name of the method.
    sets
        Names of sets, in this order; all by default.
    key
        Key of the scores in ``obsm``, if they were written with ``key_added``.

    Returns
    -------
    A new object with the scores as ``X``, the names of the sets as ``var_names``, and ``obs``, ``obsm``, ``obsp`` and
    ``uns`` of the cells.

    Raises
    ------
    KeyError
        If there are no such scores or sets; the message names those that there are.

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


def _check(sets: Sequence[str], there: list[str]) -> list[str]:
    """The sets as a list, if all of them are there."""
    sets = [sets] if isinstance(sets, str) else list(sets)
    for name in sets:
        if name not in there:
            close = similar_names(str(name), there) or there[:3]
            msg = f"No set {name!r} was scored. There are {len(there)}, such as {', '.join(map(repr, close))}."
            raise KeyError(msg)
    return sets
