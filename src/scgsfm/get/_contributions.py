from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm._adata import check_anndata, groups
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm.scoring import contributions as of_genes
from scgsfm.scoring import get_method, plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData

    from scgsfm.genesets import GeneSetsLike


@checks_types
@doc_params
def contributions(
    adata: AnnData,
    gene_sets: GeneSetsLike,
    *,
    method: str = "aucell",
    groupby: str | None = None,
    layer: str | None = None,
    use_raw: bool = False,
    gene_symbols: str | None = None,
    mask_var: str | Sequence[bool] | np.ndarray | pd.Series | None = None,
    block_size: int | None = None,
    log_normalize: bool | None = None,
    **params: Any,
) -> pd.DataFrame:
    """Get the contribution of each gene to the scores of its sets, in cells or in groups.

    The score of the methods named below is a sum over the genes of a set, so that contributions are exact: those of the genes
    of a set add up to its score (of ``ucell``, to the score before it is cut at 0). Terms that belong to no gene of the set are
    divided evenly among its genes: the control genes of ``score_genes`` and ``ans``, and the mean of the cell of ``zscore``.
    The score of a group is the mean over its cells.

    Parameters
    ----------
    adata
        Cells × genes.
    gene_sets
        Any input of :class:`~scgsfm.GeneSets`.
    method
        ``"aucell"``, ``"ucell"``, ``"singscore"``, ``"score_genes"``, ``"ans"``, ``"mean"``, ``"sum"`` or ``"zscore"``.
    groupby
        Column of ``adata.obs`` with groups. By default, there is a row for each cell.
    layer
        {layer}
    use_raw
        {use_raw}
    gene_symbols
        {gene_symbols}
    mask_var
        {mask_var} The other genes are treated as not measured.
    block_size
        {block_size}
    log_normalize
        Whether the method gets log-normalized values, as in :func:`~scgsfm.tl.score`.
    **params
        Parameters of the method, as in :func:`~scgsfm.tl.score`.

    Returns
    -------
    A table of cells or groups × genes, with two levels of columns: the set, and the gene as it is named in the data.

    Raises
    ------
    GeneMatchError
        If too few genes of the sets are among the genes of the data.
    ValueError
        If the score of the method is not a sum over genes, or a parameter is out of range.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> sets = {"B cell": ["CD79A", "CD79B", "MS4A1", "CD19"]}
    >>> table = scgsfm.get.contributions(adata, sets, groupby="cell_type")
    >>> table.loc["B", "B cell"].nlargest(2).index.tolist()
    ['CD79A', 'CD79B']
    """
    check_anndata(adata, writes=False)
    if not isinstance(method, str):
        msg = f"`method` is a {type(method).__name__}, but must be the name of one method."
        raise TypeError(msg)
    if get_method(method).completes:
        msg = f"`method` {method!r} completes the sets: complete them by `scgsfm.tl.complete_sets`, and use 'aucell'."
        raise ValueError(msg)
    group_of = None if groupby is None else groups(adata, groupby)
    planned = plan(
        adata,
        gene_sets,
        method=method,
        layer=layer,
        use_raw=use_raw,
        gene_symbols=gene_symbols,
        mask_var=mask_var,
        block_size=block_size,
        params=params,
        log_normalize=log_normalize,
    )
    job = planned.tasks[0].job
    parts = of_genes(planned.rows, job, groups=None if group_of is None else group_of.cat.codes.to_numpy())
    names = np.array(job.sets.names, dtype=object)
    columns = pd.MultiIndex.from_arrays([names[parts.sets], planned.genes[parts.genes]], names=["set", "gene"])
    index = adata.obs_names if group_of is None else pd.Index(group_of.cat.categories, name=groupby)
    return pd.DataFrame(parts.values, index=index, columns=columns)
