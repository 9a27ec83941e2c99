from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from scgsfm import _keys
from scgsfm._adata import Result, check_anndata, gene_names, log_results, undo_on_error
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
def embed_genes(
    adata: AnnData,
    *,
    model: str | PathLike[str] | GSFM | GPGPT = "gsfm-base",
    kind: GeneVectors = "combined",
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
        genes and scaled to unit length. It separates functions and diseases of genes best. ``"encoder"`` returns the
        weights of the first layer for the gene, and ``"single"`` the latent vector of the set that consists of the gene
        alone, in the space of :func:`~scgsfm.tl.embed_sets`. A language model has only ``"combined"``.
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
    result = Result.check(adata, "tl.embed_genes", key, varm=[key])
    adata = adata.copy() if copy else adata
    genes = gene_names(adata, gene_symbols=gene_symbols, use_raw=False)
    if of_language:
        language_model = as_model(given, "gpgpt")
        name, (embedding, share) = language_model.name, _by_symbol(language_model, genes, kind)
    else:
        gene_set_model = as_model(given, "gsfm")
        name, (embedding, share) = gene_set_model.name, _by_vocabulary(gene_set_model, genes, kind)
    adata.varm[key] = embedding
    n_known = int(np.isfinite(embedding[:, 0]).sum())
    params = {"kind": kind, "gene_symbols": gene_symbols}
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
