from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.sparse import csr_array

from scgsfm import _keys
from scgsfm._adata import data_matrix, data_var, gene_mask, gene_names, write_record
from scgsfm._logging import logger
from scgsfm._vocabulary import N_SPECIALS
from scgsfm.completion import CellSignatures, gene_columns
from scgsfm.genes import check_share
from scgsfm.models import as_model
from scgsfm.scoring import BlockReader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    import pandas as pd
    from anndata import AnnData

    from scgsfm.models.gsfm import GSFM


def embed_cells(
    adata: AnnData,
    *,
    model: str | PathLike[str] | GSFM = "gsfm-base",
    kind: Literal["encoder", "latent"] = "encoder",
    n_genes: int = 500,
    weighting: Literal["specificity", "expression"] = "specificity",
    soft: bool = True,
    layer: str | None = None,
    use_raw: bool = False,
    gene_symbols: str | None = None,
    mask_var: str | Sequence[bool] | np.ndarray | pd.Series | None = None,
    block_size: int | None = None,
    key_added: str | None = None,
    copy: bool = False,
) -> AnnData | None:
    r"""Embed cells by a gene set foundation model, each cell as the set of its most telling genes :cite:p:`Clarke2026`.

    Let :math:`x_{ij}` be the value of gene :math:`j` in cell :math:`i`. A matrix of whole numbers is taken for counts
    (this is logged), and they become :math:`\log(1 + 10^4 x_{ij} / \sum_k x_{ik})`; other values stay as they are. The
    set of a cell are the ``n_genes`` genes with the highest positive :math:`v_{ij}`: how far the value exceeds the
    gene's mean, times its standard deviation (see ``weighting``). Their weights are :math:`v_{ij}`, divided by the root
    mean square over the genes of the set, or all 1 (see ``soft``). The embedding is what the first, linear layer of the
    model's encoder makes of this weighted set, or the latent vector at its end (see ``kind``). Only genes that the model
    knows count, in the sums as well.

    The data are read in blocks of cells, in memory, backed or lazy (h5ad, zarr, dask), and give the same numbers
    whichever way they are stored.

    Parameters
    ----------
    adata
        Cells × genes: counts or log-normalised values.
    model
        Name or folder of a model, or the loaded model itself.
    kind
        ``"encoder"`` sums the vectors that the first layer of the encoder has for the genes of the set (those of
        ``tl.embed_genes(kind="encoder")``), with the weights scaled to unit length; of the two it tells cell types
        apart better. ``"latent"`` is the encoder's output, in one space with :func:`~scgsfm.tl.embed_sets`.
    n_genes
        How many genes a cell's set has at most.
    weighting
        ``"specificity"`` has :math:`v_{ij} = \max(x_{ij} - m_j, 0)\, s_j` with the mean :math:`m_j` and the standard
        deviation :math:`s_j` of the gene over all cells. ``"expression"`` has :math:`v_{ij} = x_{ij}`; a cell's
        embedding then doesn't depend on the other cells.
    soft
        Whether the genes of a set have their values as weights; else they all count the same.
    layer
        Layer to embed instead of ``X``.
    use_raw
        Embed ``adata.raw``.
    gene_symbols
        Column of ``var`` with the gene names; by default the index, or the column that holds symbols if the index
        doesn't.
    mask_var
        Genes to take into account: a boolean column of ``var`` or an array.
    block_size
        Cells read at a time.
    key_added
        Key in ``obsm`` and ``uns["scgsfm"]``.
    copy
        Return a copy instead of writing to ``adata``.

    Returns
    -------
    ``None``, or the copy if ``copy=True``. Sets the fields:

    ``adata.obsm["X_gsfm"]`` or ``adata.obsm[key_added]`` : :class:`numpy.ndarray` (float32, cells × dimensions)
        Vectors of the cells. Cells without a gene that the model knows and that has a positive :math:`v_{ij}` all get
        the vector of the empty set, and a warning is logged.
    ``adata.uns["scgsfm"]["X_gsfm"]`` or ``adata.uns["scgsfm"][key_added]`` : :class:`dict`
        Parameters, the number of genes that the model knows, whether values were taken for counts.

    Raises
    ------
    GeneMatchError
        If the model knows hardly any gene of the data.
    ValueError
        If a parameter is out of range, or the matrix holds negative values or NaN.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.embed_cells(adata)
    >>> adata.obsm["X_gsfm"].shape[0]
    700
    """
    _check(kind, n_genes, weighting)
    adata = adata.copy() if copy else adata
    matrix = data_matrix(adata, layer=layer, use_raw=use_raw)
    genes = gene_names(adata, gene_symbols=gene_symbols, use_raw=use_raw)
    kept = np.arange(len(genes))
    if mask_var is not None:
        kept = np.flatnonzero(gene_mask(data_var(adata, use_raw=use_raw), mask_var))
    loaded = as_model(model)
    tokens, known = _known(loaded, genes[kept])

    rows = BlockReader(matrix, genes=kept[known], block_size=block_size)
    sets = CellSignatures.survey(rows, n_genes=n_genes, specific=weighting == "specificity", soft=soft)
    if sets.counts:
        logger.info("All values are whole numbers, so they are taken for counts and log-normalised.")
    vectors = loaded.gene_embeddings("encoder") if kind == "encoder" else None
    dim = loaded.dim if vectors is None else vectors.shape[1]
    embedding = np.empty((rows.n_cells, dim), np.float32)
    n_empty = 0
    for start, block in rows:
        cells = sets.gene_sets(block)
        n_empty += int((np.diff(cells.indptr) == 0).sum())
        arrays = cells.data, tokens[cells.indices], cells.indptr
        cells = csr_array(arrays, shape=(cells.shape[0], len(loaded.genes)))
        here = slice(start, start + cells.shape[0])
        embedding[here] = loaded.encode(cells) if vectors is None else _sums(cells, vectors)
    if n_empty:
        logger.warning(
            "%d cells have an empty set, as no gene that the model knows stands out; their embedding is meaningless.",
            n_empty,
        )

    key = key_added or _keys.X_GSFM
    adata.obsm[key] = embedding
    used = {
        "kind": kind,
        "n_genes": n_genes,
        "weighting": weighting,
        "soft": soft,
        "layer": layer,
        "use_raw": use_raw,
        "gene_symbols": gene_symbols,
    }
    record = {"model": loaded.name, "params": used, "n_known": len(known), "counts": sets.counts, "n_empty": n_empty}
    write_record(adata, key, record)
    return adata if copy else None


def _check(kind: str, n_genes: int, weighting: str) -> None:
    if kind not in {"encoder", "latent"}:
        msg = f"`kind` is {kind!r}, but must be 'encoder' or 'latent'."
        raise ValueError(msg)
    if n_genes < 1 or weighting not in {"expression", "specificity"}:
        msg = (
            f"`n_genes` is {n_genes} and `weighting` {weighting!r}, but must be at least 1 and 'expression' or "
            "'specificity'."
        )
        raise ValueError(msg)


def _sums(cells: csr_array, vectors: np.ndarray) -> np.ndarray:
    """Sums of the vectors of each cell's genes, their weights scaled to unit length; 0 for the empty set."""
    norms = np.sqrt(cells.multiply(cells).sum(axis=1))
    return (cells @ vectors) / np.where(norms > 0, norms, 1)[:, None]


def _known(model: GSFM, genes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tokens of the genes that the model knows, ascending, and the genes' positions."""
    vocabulary = np.asarray(model.genes, dtype=object)
    columns = gene_columns(vocabulary, genes)
    tokens = np.flatnonzero(columns >= 0)
    check_share(
        len(tokens),
        min(len(genes), len(vocabulary) - N_SPECIALS),
        what="genes of the data in the model's vocabulary",
        examples_given=genes,
        examples_expected=vocabulary[N_SPECIALS:],
    )
    return tokens, columns[tokens]
