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
def compare(
    adata: AnnData,
    cell_type: str | Sequence[str] | None = None,
    *,
    condition: str | Sequence[str] | None = None,
    sets: str | Sequence[str] | None = None,
    max_padj: float | None = None,
    n_sets: int | None = None,
    samples: bool = False,
    key: str | None = None,
) -> pd.DataFrame:
    """Get the differences of scores between conditions as a table.

    Parameters
    ----------
    adata
        Cells with a result of :func:`~scgsfm.tl.compare`.
    cell_type
        One or several cell types. By default, all are returned.
    condition
        One or several conditions. By default, all are returned.
    sets
        One or several sets. By default, all are returned.
    max_padj
        Maximum adjusted p-value of the sets. By default, all sets are returned. Only for differences.
    n_sets
        Number of sets of each cell type and condition, by p-value. By default, all are returned. Only for differences.
    samples
        Whether to return the mean scores of the samples instead of the differences.
    key
        Key of the result in ``uns``, if ``key_added`` was used.

    Returns
    -------
    A copy of the rows, with the columns of :func:`~scgsfm.tl.compare`.

    Raises
    ------
    KeyError
        If there is no result, or no such cell type, condition or set. The message lists those that are available.
    ValueError
        If ``max_padj`` or ``n_sets`` is out of range or does not apply.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> adata.obs["donor"] = [f"donor {i % 6}" for i in range(adata.n_obs)]
    >>> adata.obs["group"] = ["treated" if i % 6 < 3 else "control" for i in range(adata.n_obs)]
    >>> scgsfm.tl.compare(adata, "hallmark", condition="group", sample="donor")
    >>> scgsfm.get.compare(adata, n_sets=2).shape[0]
    2
    """
    table = stored_table(adata, key, _keys.COMPARE, "tl.compare")
    if not samples:
        rows = significant(selected(table, cell_type=cell_type, condition=condition, set=sets), max_padj)
        return first_rows(rows, ["cell_type", "condition"], n_sets, argument="n_sets")
    for name, value in {"max_padj": max_padj, "n_sets": n_sets}.items():
        if value is not None:
            msg = f"`{name}` selects differences, but `samples=True` returns the scores of samples: omit it."
            raise ValueError(msg)
    where = _keys.samples(key or _keys.COMPARE)
    if where not in adata.uns:
        msg = f"`uns[{where!r}]` is missing, which `scgsfm.tl.compare` writes with its result: run it again."
        raise KeyError(msg)
    return selected(adata.uns[where], cell_type=cell_type, condition=condition, set=sets).reset_index(drop=True)
