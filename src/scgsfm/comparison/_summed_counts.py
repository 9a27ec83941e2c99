from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from anndata import AnnData
from scipy.sparse import csr_matrix

from scgsfm._adata import data_matrix, data_var
from scgsfm.scoring import BlockReader, value_scale

if TYPE_CHECKING:
    from ._replicates import Replicates


def summed_counts(adata: AnnData, replicates: Replicates, *, layer: str | None, use_raw: bool) -> AnnData:
    """The counts summed over the cells of each unit, units × genes. The matrix is read once, in blocks of cells.

    Raises
    ------
    ValueError
        If the values are not counts.
    """
    reader = BlockReader(data_matrix(adata, layer=layer, use_raw=use_raw))
    scale = value_scale(reader)
    if scale.name not in {"counts", "fractional counts"}:
        msg = (
            f"`aggregate='counts'` sums counts, but the values {scale.description}. Name a `layer` with counts, or use "
            "`aggregate='scores'`."
        )
        raise ValueError(msg)
    n_units = len(replicates.units)
    sums = np.zeros((n_units, reader.n_genes))
    for start, block in reader:
        codes = replicates.codes[start : start + block.shape[0]]
        rows = np.flatnonzero(codes >= 0)
        units, inverse = np.unique(codes[rows], return_inverse=True)
        members = csr_matrix((np.ones(len(rows)), (inverse, rows)), shape=(len(units), block.shape[0]))
        sums[units] += (members @ csr_matrix(block)).toarray()
    obs = pd.DataFrame(index=[str(i) for i in range(n_units)])
    return AnnData(csr_matrix(sums), obs=obs, var=data_var(adata, use_raw=use_raw).copy())
