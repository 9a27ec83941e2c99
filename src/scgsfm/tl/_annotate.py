from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm import _keys
from scgsfm._adata import data_matrix, data_var, gene_mask, gene_names, write_record
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm.annotation import UNASSIGNED, assign_cell_types, marker_sets
from scgsfm.scoring import BlockReader, SetIndex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData

    from scgsfm.genesets import GeneSetsLike


@doc_params
def annotate(
    adata: AnnData,
    *,
    markers: GeneSetsLike = "tissue_markers",
    groupby: str | None = None,
    tissue: str | Sequence[str] | None = None,
    organism: str | None = None,
    alpha: float = 0.05,
    min_share: float | None = None,
    min_genes: int = 3,
    n_random: int = 50,
    rng: int | np.random.Generator | None = 0,
    layer: str | None = None,
    use_raw: bool = False,
    gene_symbols: str | None = None,
    mask_var: str | Sequence[bool] | np.ndarray | None = None,
    block_size: int | None = None,
    key_added: str | None = None,
    copy: bool = False,
) -> AnnData | None:
    r"""Assign cell types to cells and groups by marker sets, or leave them unassigned.

    The score of a cell type compares its markers to genes with a similar mean expression. Let :math:`d_g` be the value
    of gene :math:`g` in a cell minus its mean over all cells, and :math:`\bar d_{b(g)}` the mean of :math:`d` over the
    4 % of the genes whose mean is most similar. The score is

    .. math::
        \frac{\sum_g w_g (d_g - \bar d_{b(g)})}{\sigma \sqrt{\sum_g w_g^2}},

    where :math:`\sigma` is the root mean square of :math:`d` over all genes, and :math:`w_g = 1/n` for a marker of
    :math:`n` types. The score of a group is computed from its mean expression. With groups, the mean over all cells is
    the mean over the groups. The scores of sets of different sizes are comparable, and the type with the highest score
    becomes the label.

    The label is ``"unassigned"`` if random markers reach the score. In each draw, all markers are replaced by genes with
    a similar mean, and the highest score of any set is kept. Types are recognized by the differences between cells:
    no type is assigned in data with a single cell type.

    Parameters
    ----------
    adata
        Cells × genes: counts or log-normalized values. If all values are integers, they are treated as counts and
        log-normalized, with a message in the log.
    markers
        Name of a marker library (see :func:`scgsfm.datasets.marker_table`), or any other input of
        :class:`~scgsfm.GeneSets`. The names of the sets are the labels. In ``"cell_types"``, several sets can belong to
        one type; its score is the highest of them. Negative weights mark genes that a type must not express.
    groupby
        Column of ``obs`` with groups of cells, such as clusters. All cells of a group receive the label of the group.
    tissue
        Restrict the markers to one or several tissues. This requires a marker library or a table with a column
        ``tissue``. In ``"tissue_markers"``, cell types that occur in many tissues have the tissues ``"immune"``,
        ``"blood"``, ``"stroma"`` and ``"nerve"``; add those that you expect.
    organism
        Restrict the markers to an organism, in the same way. Mouse genes are matched to human markers by their
        orthologs, so that this is not required for mouse data.
    alpha
        Fraction of cells, and of groups, that are assigned to a type if markers are random.
    min_share
        Fraction of the markers of a type that must stand out in a group, that is, exceed 90 % of the genes with a
        similar mean. Defaults to 0.5, and to 0 for sets of more than 50 genes, for which it is not informative.
    min_genes
        Minimum number of markers of a set in the data. Smaller sets are skipped with a warning.
    n_random
        Number of draws of random markers.
    rng
        Seed or generator of the draws.
    layer
        {layer}
    use_raw
        {use_raw}
    gene_symbols
        {gene_symbols}
    mask_var
        {mask_var}
    block_size
        {block_size}
    key_added
        {key_added}
        It is also the prefix of the other keys.
    copy
        {copy}

    Returns
    -------
    Returns ``None``, or the copy if ``copy=True``. Sets the following fields:

    ``adata.obs["annotation"]`` : :class:`pandas.Categorical`
        The label of the group, or of the cell if ``groupby`` is not given.
    ``adata.obs["annotation_confidence"]`` : :class:`float`
        The probability that the label is right, from a softmax over the scores that was calibrated on labeled cells and
        clusters. For ``"unassigned"``, it is the probability that the best candidate is wrong.
    ``adata.obs["annotation_cell"]`` : :class:`pandas.Categorical`
        With ``groupby``: the label of each cell from its own scores.
    ``adata.uns["annotation"]`` : :class:`pandas.DataFrame`
        With ``groupby``: one row for each group and type, with the columns ``group``, ``cell_type``, ``rank``,
        ``score``, ``pvalue``, ``share`` (fraction of the markers that stand out), ``probability``, ``agree`` (fraction
        of the cells whose own label is this type) and ``n_cells``.
    ``adata.uns["scgsfm"]["annotation"]`` : :class:`dict`
        Parameters, the sets and the number of their markers in the data, and the score above which a cell is assigned.

    Raises
    ------
    GeneMatchError
        If too few markers are among the genes of the data, or no set has enough markers.
    ValueError
        If a parameter is out of range, no set is selected, or the matrix contains negative values or NaN.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.annotate(adata, markers="pbmc_markers", groupby="cell_type")
    >>> adata.obs.loc[adata.obs["cell_type"] == "B", "annotation"].unique().tolist()
    ['B']
    """
    _check(alpha, min_share, n_random)
    sets, types = marker_sets(markers, tissue, organism)
    adata = adata.copy() if copy else adata
    matrix = data_matrix(adata, layer=layer, use_raw=use_raw)
    genes = gene_names(adata, gene_symbols=gene_symbols, use_raw=use_raw)
    kept = None if mask_var is None else np.flatnonzero(gene_mask(data_var(adata, use_raw=use_raw), mask_var))
    index = SetIndex.match(sets, genes if kept is None else genes[kept]).at_least(min_genes)
    reader = BlockReader(matrix, genes=kept, block_size=block_size)
    groups, generator = _groups(adata, groupby), np.random.default_rng(rng)
    found = assign_cell_types(
        reader, index, types, groups, alpha=alpha, min_share=min_share, n_random=n_random, rng=generator
    )
    if found.counts:
        logger.info("The data contain only integers: they are treated as counts and log-normalized.")

    key = key_added or _keys.ANNOTATION
    names = [*sorted({types[name] for name in index.names} - {UNASSIGNED}), UNASSIGNED]
    by_group = groupby is not None
    adata.obs[key] = _categories(found.groups if by_group else found.cells, names)
    adata.obs[f"{key}_confidence"] = found.group_confidence if by_group else found.cell_confidence
    if by_group:
        adata.obs[f"{key}_cell"] = _categories(found.cells, names)
        adata.uns[key] = found.candidates
    params = {"groupby": groupby, "tissue": tissue, "organism": organism, "alpha": alpha, "min_share": min_share}
    params |= {"min_genes": min_genes, "n_random": n_random, "layer": layer, "use_raw": use_raw}
    record = {"params": params | {"gene_symbols": gene_symbols}, "markers": sets.info, "counts": found.counts}
    record |= {"set_names": np.array(index.names, dtype=object), "n_genes": index.n_listed, "n_found": index.n_found}
    write_record(adata, key, record | {"threshold": found.threshold})
    return adata if copy else None


def _check(alpha: float, min_share: float | None, n_random: int) -> None:
    if not 0 < alpha < 1 or not 0 <= (min_share or 0) <= 1 or n_random < 1:
        msg = (
            f"`alpha` is {alpha}, `min_share` {min_share} and `n_random` {n_random}, but must be between 0 and 1, "
            "from 0 to 1, and at least 1."
        )
        raise ValueError(msg)


def _groups(adata: AnnData, groupby: str | None) -> pd.Categorical:
    if groupby is None:
        return pd.Categorical([None] * adata.n_obs, [])
    if groupby not in adata.obs:
        msg = f"`groupby={groupby!r}` is not a column of `obs`, which has: {', '.join(adata.obs) or 'none'}."
        raise ValueError(msg)
    return pd.Categorical(adata.obs[groupby].astype("category").cat.remove_unused_categories())


def _categories(labels: np.ndarray, names: Sequence[str]) -> pd.Categorical:
    """Labels in the order of ``names``, without unused categories, which scanpy would plot as groups."""
    return pd.Categorical(labels, names).remove_unused_categories()
