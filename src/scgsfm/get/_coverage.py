from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm._adata import check_anndata
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm.scoring import n_detected, plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData

    from scgsfm.genesets import GeneSetsLike


@checks_types
@doc_params
def coverage(
    adata: AnnData,
    gene_sets: GeneSetsLike,
    *,
    layer: str | None = None,
    use_raw: bool = False,
    gene_symbols: str | None = None,
    mask_var: str | Sequence[bool] | np.ndarray | pd.Series | None = None,
    block_size: int | None = None,
) -> pd.DataFrame:
    """Get how many genes of each set are detected in each cell, and what share of the set that is.

    A gene is detected in a cell if its value is above 0. If the share is low, the score of a set depends on
    few genes. If groups differ in it, their scores may differ because of depth.

    Parameters
    ----------
    adata
        Cells × genes, with counts or log-normalized values.
    gene_sets
        Any input of :class:`~scgsfm.GeneSets`.
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

    Returns
    -------
    A table of cells × sets with two levels of columns: ``table["n_detected"]`` has the numbers of detected genes, and
    ``table["share"]`` the same divided by the number of genes of the set, including those that are not in the data.

    Raises
    ------
    GeneMatchError
        If too few genes of the sets are among the genes of the data.
    ValueError
        If the matrix has negative values, as scaled data do, or NaN.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> table = scgsfm.get.coverage(adata, {"B cell": ["CD79A", "CD79B", "MS4A1"]})
    >>> table["share"].groupby(adata.obs["cell_type"], observed=True).mean().idxmax().item()
    'B'
    """
    check_anndata(adata, writes=False)
    planned = plan(
        adata,
        gene_sets,
        method="sum",  # takes sets with weights and signs
        layer=layer,
        use_raw=use_raw,
        gene_symbols=gene_symbols,
        mask_var=mask_var,
        block_size=block_size,
    )
    sets = planned.tasks[0].job.sets
    counts = n_detected(planned.rows, sets)
    frame = {"index": adata.obs_names, "columns": pd.Index(sets.names, name="set")}
    shares = counts / np.maximum(sets.n_listed, 1)
    return pd.concat(
        {"n_detected": pd.DataFrame(counts, **frame), "share": pd.DataFrame(shares, **frame)}, axis=1, names=["value"]
    )
