from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from scgsfm import _keys
from scgsfm._adata import Result, check_anndata, data_matrix, gene_names, log_results, undo_on_error
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import check_choice, percent
from scgsfm._vocabulary import N_SPECIALS
from scgsfm.genes import check_share, match, resolve
from scgsfm.models import as_model, model_kind

if TYPE_CHECKING:
    from os import PathLike

    from anndata import AnnData

    from scgsfm.models.gpgpt import GPGPT
    from scgsfm.models.gsfm import GSFM


GeneVectors: TypeAlias = Literal["combined", "decoder", "encoder", "single"]


@undo_on_error
@doc_params
@checks_types
def embed_genes(
    adata: AnnData,
    *,
    model: str | PathLike[str] | GSFM | GPGPT = "gsfm-base",
    kind: GeneVectors = "combined",
    place_unknown: bool = False,
    gene_symbols: str | None = None,
    key_added: str | None = None,
    copy: bool = False,
) -> AnnData | None:
    """Look up the vector of each gene in a gene set foundation model :cite:p:`Clarke2026`.

    The vectors depend only on the model. Of the data, only the gene names are used. ``model="gpgpt-mini"`` embeds the
    symbols by a language model (:cite:p:`Lyu2024`, extra ``llm``) instead. It reads symbols by character, so that symbols
    of similar spelling have similar vectors, which say little about functions and diseases.

    Parameters
    ----------
    adata
        Cells × genes.
    model
        {model}
    kind
        ``"decoder"`` returns the weights of the model's output for the gene. ``"combined"`` concatenates them with the
        input of the model's last layer for the set that consists of the gene alone; both parts are centered over the
        genes and scaled to unit length. Both separate functions and diseases of genes about equally well; ``"combined"``
        finds related genes better. ``"encoder"`` returns the weights of the first layer for the gene, and ``"single"``
        the latent vector of the set that consists of the gene alone, in the space of :func:`~scgsfm.tl.embed_sets`. A
        language model has only ``"combined"``.
    place_unknown
        Whether genes outside the vocabulary, such as long non-coding RNAs, get the mean of the vectors of the 20 known
        genes that are most correlated with them in ``adata.X`` (in the space of 30 principal components of
        log-normalized values; of more than 20,000 cells, as many random ones are used). Only genes with a mean correlation of 0.8 or more are placed; the others are named in
        a warning. Their terms are predicted little better than by the size of the terms
        (:ref:`placed-genes`), so inspect them.
    gene_symbols
        {gene_symbols}
    key_added
        {key_added}
    copy
        {copy}

    Returns
    -------
    Returns ``None``, or the copy if ``copy=True``. Sets the following fields:

    ``adata.varm["gsfm"]`` : :class:`numpy.ndarray` (float32, genes × dimensions)
        Vectors of the genes; NaN for genes outside the vocabulary of the model. Synonyms have the same vector. The key is
        ``"gpgpt"`` for a language model, and genes without an approved symbol are NaN.
    ``adata.var["gsfm_source"]`` : :class:`str`
        With ``place_unknown=True``: ``"model"``, ``"neighbors in the data"``, or ``"none"`` for genes without a vector.
    ``adata.var["gsfm_correlation"]`` : :class:`float`
        With ``place_unknown=True``: mean correlation of a placed gene with its neighbors, NaN for other genes.
    ``adata.uns["scgsfm"]["gsfm"]`` : :class:`dict`
        Parameters, and the number of genes with a vector.

    Raises
    ------
    GeneMatchError
        If too few genes of the data are in the vocabulary of the model, or have an approved symbol.
    ImportError
        If the model is a language model, and the extra ``llm`` is not installed.
    ValueError
        If ``kind`` or ``gene_symbols`` does not exist, or the result can't be written (a view or copy of backed data).
    TypeError
        If ``adata`` is not AnnData.

    Examples
    --------
    >>> import numpy as np
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.embed_genes(adata)
    >>> matched = adata[:, np.isfinite(adata.varm["gsfm"]).all(axis=1)]
    """
    check_anndata(adata, copy=copy, key_added=key_added)
    given: Any = model
    of_language = model_kind(given) == "gpgpt"
    key = key_added or (_keys.VARM_GPGPT if of_language else _keys.VARM_GSFM)
    if place_unknown and of_language:
        msg = "`place_unknown=True` requires a gene set foundation model, but `model` is a language model."
        raise ValueError(msg)
    added = [f"{key}_source", f"{key}_correlation"] if place_unknown else []
    result = Result.check(adata, "tl.embed_genes", key, varm=[key], var=added)
    adata = adata.copy() if copy else adata
    genes = gene_names(adata, gene_symbols=gene_symbols, use_raw=False)
    if of_language:
        language_model = as_model(given, "gpgpt")
        name, (embedding, share) = language_model.name, _by_symbol(language_model, genes, kind)
    else:
        gene_set_model = as_model(given, "gsfm")
        name, (embedding, share) = gene_set_model.name, _by_vocabulary(gene_set_model, genes, kind)
        if place_unknown:
            _place(adata, gene_set_model, genes, embedding, kind, added)
    if not place_unknown:
        _forget_placed(adata, key)
    adata.varm[key] = embedding
    n_known = int(np.isfinite(embedding[:, 0]).sum())
    params = {"kind": kind, "place_unknown": place_unknown or None, "gene_symbols": gene_symbols}
    result.write_record(adata, {"model": name, "params": params, "n_genes": len(genes), "n_known": n_known})
    log_results([result], f"{embedding.shape[1]} dimensions", f"{percent(share)} of genes matched")
    return adata if copy else None


def _by_vocabulary(model: GSFM, genes: np.ndarray, kind: GeneVectors) -> tuple[np.ndarray, float]:
    """Vectors of the genes in the vocabulary of a gene set foundation model, and their share."""
    vectors = model.gene_embeddings(kind)
    tokens = match(genes, model.genes)
    matched = tokens >= 0
    share = check_share(
        len(np.unique(tokens[matched])),
        min(int(np.count_nonzero(genes != "")), len(model.genes) - N_SPECIALS),
        what="genes of the data in the model's vocabulary",
        examples_given=genes[~matched],
        examples_expected=model.genes[N_SPECIALS:],
    )
    embedding = np.full((len(genes), vectors.shape[1]), np.nan, np.float32)
    embedding[matched] = vectors[tokens[matched]]
    return embedding, share


def _place(
    adata: AnnData, model: GSFM, genes: np.ndarray, embedding: np.ndarray, kind: GeneVectors, columns: list[str]
) -> None:
    """Fill in the vectors of genes that are placed by their neighbors, and write the source of each vector."""
    from scgsfm.completion import place_genes
    from scgsfm.scoring import BlockReader

    source = np.where(np.isfinite(embedding[:, 0]), "model", "none").astype(object)
    placed = place_genes(BlockReader(data_matrix(adata, layer=None, use_raw=False)), genes, model)
    embedding[placed.columns] = placed.weights @ model.gene_embeddings(kind)
    source[placed.columns] = "neighbors in the data"
    correlation = np.full(len(genes), np.nan)
    correlation[placed.columns] = placed.correlation
    adata.var[columns[0]], adata.var[columns[1]] = source, correlation


def _forget_placed(adata: AnnData, key: str) -> None:
    """Remove the sources of the vectors of an earlier call, which are replaced."""
    if adata.uns.get(_keys.UNS, {}).get(key, {}).get("params", {}).get("place_unknown"):
        adata.var = adata.var.drop(columns=[f"{key}_source", f"{key}_correlation"], errors="ignore")


def _by_symbol(model: GPGPT, genes: np.ndarray, kind: GeneVectors) -> tuple[np.ndarray, float]:
    """Vectors of the approved symbols of the genes by a language model, and the share of genes that have one."""
    check_choice("kind", kind, ["combined"])
    symbols = np.asarray(resolve(genes).symbols, dtype=object)
    known = symbols != ""
    share = check_share(
        int(known.sum()),
        int(np.count_nonzero(genes != "")),
        what="genes of the data with an approved symbol",
        examples_given=genes[~known],
        examples_expected=["FBN1", "CD3E"],
    )
    unique, inverse = np.unique(symbols[known].astype(str), return_inverse=True)
    vectors = model.embed_entities(unique.tolist())
    embedding = np.full((len(genes), vectors.shape[1]), np.nan, np.float32)
    embedding[known] = vectors[inverse]
    return embedding, share
