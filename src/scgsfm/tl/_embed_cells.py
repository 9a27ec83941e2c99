from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from scgsfm import _keys, completion
from scgsfm._adata import Result, check_anndata, data_matrix, log_results, select_genes, takes_frames, undo_on_error
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import agrees, check_at_least, check_choice, number, percent, warn
from scgsfm.models import as_model
from scgsfm.scoring import BlockReader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from anndata import AnnData

    from scgsfm.models.gsfm import GSFM


def _table(adata: AnnData) -> pd.DataFrame:
    vectors = adata.obsm[_keys.X_GSFM]
    return pd.DataFrame(vectors, columns=[f"gsfm_{i}" for i in range(vectors.shape[1])])


@checks_types
@takes_frames(_table)
@undo_on_error
@doc_params
def embed_cells(
    adata: AnnData | pd.DataFrame,
    *,
    model: str | PathLike[str] | GSFM = "gsfm-base",
    kind: Literal["latent", "encoder", "pca"] = "latent",
    n_genes: int = 500,
    n_comps: int | None = None,
    weighting: Literal["specificity", "expression"] = "specificity",
    soft: bool = True,
    layer: str | None = None,
    use_raw: bool = False,
    gene_symbols: str | None = None,
    mask_var: str | Sequence[bool] | np.ndarray | pd.Series | None = None,
    block_size: int | None = None,
    key_added: str | None = None,
    copy: bool = False,
) -> AnnData | pd.DataFrame | None:
    r"""Embed each cell as the set of its most specific genes, by a gene set foundation model :cite:p:`Clarke2026`.

    Let :math:`x_{ij}` be the value of gene :math:`j` in cell :math:`i`. Counts, and normalized values without a
    logarithm (CPM, TPM), are replaced by :math:`\log(1 + 10^4 x_{ij} / \sum_k x_{ik})`, with a message in the log; the
    page on scoring gives the rules by which they are recognized. The set of a cell
    consists of the ``n_genes`` genes with the highest positive :math:`v_{ij}`, defined under ``weighting``. Their
    weights are :math:`v_{ij}`, divided by the root mean square over the genes of the set, or 1 if ``soft=False``. The
    model encodes this weighted set. Genes outside the vocabulary of the model are ignored, also in the sums.

    The data are read in blocks of cells, in memory, backed or lazy (h5ad, zarr, dask). The result does not depend on
    how they are stored.

    Parameters
    ----------
    adata
        Cells × genes, as AnnData or a table: counts or log-normalized values.
    model
        {model}
    kind
        ``"latent"`` is the output of the encoder, in the same space as :func:`~scgsfm.tl.embed_sets`. ``"encoder"`` sums
        the vectors that the first layer of the encoder has for the genes of the set (see ``kind="encoder"`` of
        :func:`~scgsfm.tl.embed_genes`), with weights scaled to unit length; it separates cell types about as well, but
        transfers labels to other data less well. ``"pca"`` returns the principal components of the weighted sets of all cells,
        scaled to unit length, from the 2,000 genes whose weights vary most. They use the vocabulary of the model, but not
        its weights, and replace principal components of highly variable genes: on average over labeled data, more of the
        nearest neighbors are of the same type, within a data set and between data sets that are embedded together. They can't be
        compared with sets, or with cells of another call. The sets of all cells are kept in memory, about 7 kB for each
        cell with 500 genes.
    n_genes
        Maximum number of genes in the set of a cell.
    n_comps
        Number of principal components for ``kind="pca"``. By default 50, or as many as the data allow.
    weighting
        With ``"specificity"``, :math:`v_{ij} = \max(x_{ij} - m_j, 0)\, s_j`, where :math:`m_j` is the mean and
        :math:`s_j` the standard deviation of the gene over all cells. With ``"expression"``, :math:`v_{ij} = x_{ij}`,
        and the embedding of a cell does not depend on the other cells.
    soft
        Whether to weight the genes of a set by their values. If ``False``, all genes have the same weight.
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
    copy
        {copy}

    Returns
    -------
    For a table, the vectors as a table of cells × dimensions. For AnnData, ``None``, or the copy if ``copy=True``. Sets the following fields:

    ``adata.obsm["X_gsfm"]`` : :class:`numpy.ndarray` (float32, cells × dimensions)
        Vectors of the cells. Cells without a gene that is in the vocabulary and has a positive :math:`v_{ij}` all have
        the vector of the empty set; a warning gives their number.
    ``adata.uns["scgsfm"]["X_gsfm"]`` : :class:`dict`
        Parameters, the number of genes in the vocabulary, and what the values were; for ``kind="pca"``, also the
        ``variance_ratio`` of the components.

    Raises
    ------
    GeneMatchError
        If too few genes of the data are in the vocabulary of the model.
    ValueError
        If a parameter is out of range, the matrix contains negative values or NaN, or the result can't be written (a
        view or copy of backed data).
    TypeError
        If ``adata`` is neither AnnData nor a table of numbers.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.embed_cells(adata)
    >>> adata.obsm["X_gsfm"].shape[0]
    700
    """
    check_anndata(adata, copy=copy, key_added=key_added)
    check_choice("kind", kind, ("latent", "encoder", "pca"))
    check_choice("weighting", weighting, ("specificity", "expression"))
    check_at_least("n_genes", n_genes, 1)
    if n_comps is not None:
        check_at_least("n_comps", n_comps, 1)
        if kind != "pca":
            msg = f'`n_comps` has no effect with `kind={kind!r}`: omit it, or set `kind="pca"`.'
            raise ValueError(msg)
    key = key_added or _keys.X_GSFM
    result = Result.check(adata, "tl.embed_cells", key, obsm=[key])
    adata = adata.copy() if copy else adata
    matrix = data_matrix(adata, layer=layer, use_raw=use_raw)
    genes = select_genes(adata, matrix, gene_symbols=gene_symbols, use_raw=use_raw, mask_var=mask_var)
    kept = np.arange(len(genes.names)) if genes.positions is None else genes.positions
    loaded = as_model(model)
    tokens, matched = completion.matched_tokens(loaded, genes.names)
    in_order = np.argsort(kept[matched])  # columns are read in their order, which is faster
    tokens, positions = tokens[in_order], kept[matched][in_order]
    reader = BlockReader(matrix, genes=positions, block_size=block_size)
    specific = weighting == "specificity"
    found = completion.embed_cells(
        reader, tokens, loaded, kind=kind, n_genes=n_genes, n_comps=n_comps, specific=specific, soft=soft
    )
    if found.n_empty:
        warn(
            f"{number(found.n_empty, 'cell')} {agrees(found.n_empty, 'has', 'have')} an empty set: no gene is in the model's "
            "vocabulary and above its mean. The embedding of an empty set is not meaningful."
        )
    adata.obsm[key] = found.vectors
    params: dict[str, object] = {"kind": kind, "n_genes": n_genes, "weighting": weighting, "soft": soft}
    params |= {"n_comps": found.vectors.shape[1]} if kind == "pca" else {}
    params |= {"layer": layer, "use_raw": use_raw, "gene_symbols": gene_symbols}
    record = {"model": loaded.name, "params": params, "n_known": len(matched)}
    record |= {"genes": genes.record} if genes.record else {}
    record |= {"values": found.scale.name, "counts": found.scale.linear, "n_empty": found.n_empty}
    record |= {} if found.variance_ratio is None else {"variance_ratio": found.variance_ratio}
    result.write_record(adata, record)
    share = len(matched) / max(int(np.count_nonzero(genes.names != "")), 1)
    log_results(
        [result], f"{found.vectors.shape[1]} dimensions", f"{percent(share)} of genes matched", found.scale.note
    )
    return adata if copy else None
