from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm._adata import check_anndata, data_matrix, data_var, genes_of_features, groups
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import listing, warn
from scgsfm.scoring import BlockReader, n_detected_genes

from ._scores import scores

if TYPE_CHECKING:
    from anndata import AnnData

HIGH_CORRELATION = 0.3
"""Correlation of score and depth within groups from which on a difference between groups may be one of depth."""
HIGH_RATIO = 1.25
"""Ratio of the depths of groups from which on they differ."""
FEWEST_CELLS = 10
"""Groups of fewer cells have no correlation of their own."""


@doc_params
@checks_types
def depth(
    adata: AnnData,
    method: str = "aucell",
    *,
    groupby: str | None = None,
    layer: str | None = None,
    use_raw: bool = False,
    key: str | None = None,
) -> pd.DataFrame:
    """Get how strongly scores depend on the depth of the cells, the number of detected genes.

    Groups that differ in depth differ in any score that depends on depth. A warning names the sets for which that may
    explain a difference between the groups: within groups, the rank correlation of score and depth is at least 0.3, and the
    median depth of the groups differs by at least a quarter.

    Parameters
    ----------
    adata
        Cells with scores of :func:`~scgsfm.tl.score`.
    method
        Name of the scoring method.
    groupby
        Column of ``adata.obs`` with the groups to compare.
    layer
        {layer}
    use_raw
        {use_raw}
    key
        Key of the scores in ``obsm``, if ``key_added`` was used.

    Returns
    -------
    A table with a row per set. Columns:

    ``correlation``
        Spearman's rank correlation of the score and the number of detected genes over all cells.
    ``correlation_within``
        The mean of the correlations within groups of at least 10 cells, weighted by their number of cells; with
        ``groupby``. NaN if the score is the same for all cells of each group.
    ``correlation_between``
        The correlation of the mean score and the median depth of the groups; with ``groupby``.
    ``depth_ratio``
        The highest median depth of a group divided by the lowest; with ``groupby``.
    ``may_be_depth``
        Whether depth may explain a difference between the groups; with ``groupby``.

    Raises
    ------
    KeyError
        If the scores do not exist.
    ValueError
        If the matrix has negative values, as scaled data do, or there is no such column.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.score(adata, {"T cell": ["CD3D", "CD3E", "CD2", "IL7R"]})
    >>> list(scgsfm.get.depth(adata))
    ['correlation']
    """
    check_anndata(adata, writes=False)
    table = scores(adata, method, key=key).reset_index(drop=True)  # names of cells may occur more than once
    is_gene = genes_of_features(data_var(adata, use_raw=use_raw))
    genes = None if is_gene is None else np.flatnonzero(is_gene)
    n_genes = pd.Series(n_detected_genes(BlockReader(data_matrix(adata, layer=layer, use_raw=use_raw), genes=genes)))
    found = pd.DataFrame({"correlation": _correlations(table, n_genes)})
    found.index.name = "set"
    if groupby is None:
        return found
    group_of = groups(adata, groupby).reset_index(drop=True)
    found["correlation_within"] = _within(table, n_genes, group_of)
    of_groups = n_genes.groupby(group_of, observed=True).median()
    means = table.groupby(group_of, observed=True).mean()
    found["correlation_between"] = _correlations(means, of_groups)
    found["depth_ratio"] = of_groups.max() / max(of_groups.min(), 1)
    found["may_be_depth"] = (found["correlation_within"].abs() >= HIGH_CORRELATION) & (
        found["depth_ratio"] >= HIGH_RATIO
    )
    if found["may_be_depth"].any():
        names = found.index[found["may_be_depth"]].tolist()
        msg = (
            f"The groups of `groupby={groupby!r}` differ in depth by a factor of {of_groups.max() / max(of_groups.min(), 1):.2g}, "
            f"and within groups the scores of {listing(names)} depend on depth (rank correlation of at least "
            f"{HIGH_CORRELATION}): a difference between these groups may be one of depth."
        )
        warn(msg)
    return found


def _correlations(table: pd.DataFrame, values: pd.Series) -> pd.Series:
    """Spearman's rank correlation of each column with the values; NaN if one is constant."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "An input array is constant")  # of SciPy
        return table.corrwith(values, method="spearman")


def _within(table: pd.DataFrame, n_genes: pd.Series, group_of: pd.Series) -> pd.Series:
    """Mean of the correlations within groups, weighted by their cells; groups in which a score is constant don't count."""
    sizes = group_of.value_counts()
    sizes = sizes[sizes >= FEWEST_CELLS]
    within = pd.DataFrame(
        {name: _correlations(table[group_of == name], n_genes[group_of == name]) for name in sizes.index.tolist()},
        index=table.columns,
    )
    weights = within.notna() * sizes.to_numpy()
    return (within * weights).sum(axis=1) / weights.sum(axis=1).replace(0, np.nan)
