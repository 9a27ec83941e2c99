from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm import _keys
from scgsfm._adata import Result, check_anndata, data_matrix, log_results, select_genes, takes_frames, undo_on_error
from scgsfm._adata import groups as groups_of
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import collected_warnings, number, percent, random_generator
from scgsfm.annotation import MIN_AGREE, UNASSIGNED, Limits, assign_cell_types, lists_all_tissues, marker_sets
from scgsfm.scoring import BlockReader, SetIndex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData

    from scgsfm.annotation import CellTypes
    from scgsfm.genesets import GeneSets, GeneSetsLike


def _table(adata: AnnData) -> pd.DataFrame:
    return adata.obs


@checks_types
@takes_frames(_table)
@undo_on_error
@doc_params
def annotate(
    adata: AnnData | pd.DataFrame,
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
    mask_var: str | Sequence[bool] | np.ndarray | pd.Series | None = None,
    block_size: int | None = None,
    key_added: str | None = None,
    copy: bool = False,
    min_agree: float = MIN_AGREE,
) -> AnnData | pd.DataFrame | None:
    r"""Assign cell types to cells and groups by marker sets, or leave them unassigned.

    The score of a cell type compares its markers to genes with a similar mean expression. Let :math:`d_g` be the value
    of gene :math:`g` in a cell minus its mean over all cells, and :math:`\bar d_{b(g)}` the mean of :math:`d` over the
    4 % of the genes whose mean is most similar. The score is

    .. math::
        \frac{\sum_g w_g (d_g - \bar d_{b(g)})}{\sigma \sqrt{\sum_g w_g^2}},

    where :math:`\sigma` is the root mean square of :math:`d` over all genes, and :math:`w_g = 1/n` for a marker of
    :math:`n` types. The score of a group is computed from its mean expression. With groups, the mean over all cells is
    the mean over the groups. The scores of sets of different sizes are comparable, and the type with the highest score
    becomes the label. A single cell gets the type with the highest sum of the score and the level of the markers among
    all genes of the cell, :math:`\sum_g w_g (x_g - \bar x) / (\sigma_x \sqrt{\sum_g w_g^2})`, since this names more cells
    correctly.

    The label is ``"unassigned"`` if it could be due to chance. Two null distributions are used:

    - Random markers. In each draw, all markers are replaced by genes with a similar mean, and the highest score of any
      set is kept. The resulting p-values of all cells, or of all groups, are turned into a false discovery rate
      :cite:p:`Storey2002`, which must be at most ``alpha``.
    - Random composition, for groups. The scores of the cells of a group are compared with those of random groups of the
      same size drawn from the data. The p-value must be at most ``alpha``, so that batches or donors of similar
      composition remain unassigned. Groups of fewer than three cells hardly ever reach it.

    Types are recognized by the differences between cells: no type is assigned in data with a single cell type.

    Parameters
    ----------
    adata
        Cells × genes, as AnnData or a table: counts or log-normalized values. Counts, also with fractions, and normalized values without a
        logarithm (CPM, TPM) are log-normalized, with a message in the log; :doc:`/scoring` gives the rules by which they
        are recognized.
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
        False discovery rate: the largest fraction of the assigned cells, and of the assigned groups, whose scores random
        markers explain. It is also the largest p-value of a group against random groups of cells.
    min_share
        Fraction of the markers of a type that must stand out in a group, that is, exceed 90 % of the genes with a
        similar mean. Defaults to 1/3, and to 0 for sets of more than 50 genes, for which it is not informative.
    min_genes
        Minimum number of markers of a set in the data. Smaller sets are skipped with a warning.
    n_random
        Number of draws of random markers, and the least number of random groups.
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
        It is also the prefix of the other keys. Columns that this function did not write are not overwritten.
    copy
        {copy}
    min_agree
        Fraction of the cells of a group for which the type of the group must have the highest score of all types.

    Returns
    -------
    For a table, a table of the cells with the columns of ``obs`` below. For AnnData, ``None``, or the copy if
    ``copy=True``. Sets the following fields:

    ``adata.obs["annotation"]`` : :class:`pandas.Categorical`
        The label of the group, or of the cell if ``groupby`` is not given.
    ``adata.obs["annotation_candidate"]`` : :class:`pandas.Categorical`
        The best type, also of unassigned cells or groups: the label that a highest score without a test would give.
    ``adata.obs["annotation_confidence"]`` : :class:`float`
        The probability that the label is right, from a softmax over the scores that was calibrated on labeled cells and
        clusters. For ``"unassigned"``, it is one minus the probability that ``annotation_candidate`` is right: a high value
        means that no type fits, a low value that the evidence for the candidate is too weak.
    ``adata.obs["annotation_cell"]`` : :class:`pandas.Categorical`
        With ``groupby``: the label of each cell from its own scores.
    ``adata.uns["annotation"]`` : :class:`pandas.DataFrame`
        With ``groupby``: one row for each group and type, with the columns ``group``, ``cell_type``, ``rank``, ``score``,
        ``pvalue`` and ``padj`` (against random markers), ``pvalue_composition`` (against random groups of cells), ``share``
        (fraction of the markers that stand out), ``genes`` (these markers, at most 20, largest excess first),
        ``probability``, ``agree`` (fraction of the cells for which this type has the highest score), ``n_cells`` and
        ``assigned`` (whether the type is the label of the group). A call without ``groupby`` removes the table of an
        earlier call.
    ``adata.uns["scgsfm"]["annotation"]`` : :class:`dict`
        Parameters, the sets and the number of their markers in the data, what the values were, and the score above which
        a cell is assigned.

    Raises
    ------
    GeneMatchError
        If too few markers are among the genes of the data, or no set has enough markers.
    ValueError
        If a parameter is out of range, no set is selected, a column exists that this function did not write, or the
        matrix contains negative values or NaN.
    TypeError
        If ``adata`` is neither AnnData nor a table of numbers.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.annotate(adata, markers="pbmc_markers", groupby="cell_type")
    >>> adata.obs.loc[adata.obs["cell_type"] == "B", "annotation"].unique().tolist()
    ['B']
    """
    check_anndata(adata, copy=copy)
    _check(alpha, min_share, min_agree, n_random)
    key = key_added or _keys.ANNOTATION
    result = _result(adata, key, by_group=groupby is not None)
    sets, types = marker_sets(markers, tissue, organism)
    adata = adata.copy() if copy else adata
    matrix = data_matrix(adata, layer=layer, use_raw=use_raw)
    genes = select_genes(adata, matrix, gene_symbols=gene_symbols, use_raw=use_raw, mask_var=mask_var)
    index = _match(sets, genes.names, min_genes, partial=lists_all_tissues(sets, tissue))
    reader = BlockReader(matrix, genes=genes.positions, counted=genes.all_genes, block_size=block_size)
    groups, generator = _groups(adata, groupby), random_generator(rng)
    limits = Limits(alpha, min_share, min_agree)
    found = assign_cell_types(reader, index, types, groups, limits=limits, n_random=n_random, rng=generator)
    names = [*sorted({types[name] for name in index.names} - {UNASSIGNED}), UNASSIGNED]
    _write(adata, key, found, names, by_group=groupby is not None)
    params = {"groupby": groupby, "tissue": tissue, "organism": organism, "alpha": alpha, "min_share": min_share}
    params |= {"min_agree": min_agree, "min_genes": min_genes, "n_random": n_random}
    params |= {"layer": layer, "use_raw": use_raw, "gene_symbols": gene_symbols}
    record = {"params": params, "markers": sets.info, "values": found.scale.name, "counts": found.scale.linear}
    record |= {"set_names": np.array(index.names, dtype=object), "n_genes": index.n_listed, "n_found": index.n_found}
    record |= {"genes": genes.record} if genes.record else {}
    result.write_record(adata, record | {"threshold": found.threshold})
    labels = adata.obs[key].astype(str)
    assigned = number(labels[labels != UNASSIGNED].nunique(), "cell type")
    n_unassigned = f"{percent((labels == UNASSIGNED).mean())} of cells unassigned"
    log_results([result], assigned, n_unassigned, f"{percent(index.share)} of genes matched", found.scale.note)
    return adata if copy else None


def _check(alpha: float, min_share: float | None, min_agree: float, n_random: int) -> None:
    if not 0 < alpha < 1 or not 0 <= (min_share or 0) <= 1 or not 0 <= min_agree <= 1 or n_random < 1:
        msg = (
            f"`alpha` is {alpha}, `min_share` {min_share}, `min_agree` {min_agree} and `n_random` {n_random}, but must be "
            "between 0 and 1, from 0 to 1, from 0 to 1, and at least 1."
        )
        raise ValueError(msg)


def _result(adata: AnnData, key: str, *, by_group: bool) -> Result:
    """The fields of a call."""
    columns = [key, f"{key}_candidate", f"{key}_confidence", *([f"{key}_cell"] if by_group else [])]
    return Result.check(adata, "tl.annotate", key, obs=columns[:1], also={"obs": columns[1:], "uns": [key] * by_group})


def _match(sets: GeneSets, genes: np.ndarray, min_genes: int, *, partial: bool) -> SetIndex:
    """Match the sets to the genes. With ``partial``, sets without genes in the data are expected and not warned about."""
    if not partial:
        return SetIndex.match(sets, genes).at_least(min_genes)
    with collected_warnings():
        index = SetIndex.match(sets, genes).at_least(min_genes)
    logger.debug("%d of %d marker sets have at least %d genes in the data", len(index), len(sets), min_genes)
    return index


def _write(adata: AnnData, key: str, found: CellTypes, names: list[str], *, by_group: bool) -> None:
    """Write labels and the table, and remove what an earlier call wrote alone."""
    if by_group:
        label, candidate, confidence = found.groups, found.group_candidates, found.group_confidence
    else:
        label, candidate, confidence = found.cells, found.cell_candidates, found.cell_confidence
    adata.obs[key] = _categories(label, names)
    adata.obs[f"{key}_candidate"] = _categories(candidate, names)
    adata.obs[f"{key}_confidence"] = confidence
    if by_group:
        adata.obs[f"{key}_cell"] = _categories(found.cells, names)
        adata.uns[key] = found.candidates
    elif key in adata.uns.get(_keys.UNS, {}):
        adata.uns.pop(key, None)
        if f"{key}_cell" in adata.obs:
            del adata.obs[f"{key}_cell"]


def _groups(adata: AnnData, groupby: str | None) -> pd.Categorical:
    if groupby is None:
        return pd.Categorical([None] * adata.n_obs, [])
    return pd.Categorical(groups_of(adata, groupby))


def _categories(labels: np.ndarray, names: Sequence[str]) -> pd.Categorical:
    """Labels in the order of ``names``, without unused categories, which scanpy would plot as groups."""
    return pd.Categorical(labels, names).remove_unused_categories()
