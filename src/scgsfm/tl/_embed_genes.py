from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from scgsfm import _keys
from scgsfm._adata import Result, check_anndata, gene_names, log_results
from scgsfm._docs import doc_params
from scgsfm._messages import percent
from scgsfm._vocabulary import N_SPECIALS
from scgsfm.genes import check_share, match
from scgsfm.models import as_model

if TYPE_CHECKING:
    from os import PathLike

    from anndata import AnnData

    from scgsfm.models.gsfm import GSFM


@doc_params
def embed_genes(
    adata: AnnData,
    *,
    model: str | PathLike[str] | GSFM = "gsfm-base",
    kind: Literal["combined", "decoder", "encoder", "single"] = "combined",
    gene_symbols: str | None = None,
    key_added: str | None = None,
    copy: bool = False,
) -> AnnData | None:
    """Look up the vector of each gene in a gene set foundation model :cite:p:`Clarke2026`.

    The vectors depend only on the model. Of the data, only the gene names are used.

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
        alone, in the space of :func:`~scgsfm.tl.embed_sets`.
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
        Vectors of the genes; NaN for genes outside the vocabulary of the model. Synonyms have the same vector.
    ``adata.uns["scgsfm"]["gsfm"]`` : :class:`dict`
        Parameters, and the number of genes in the vocabulary.

    Raises
    ------
    GeneMatchError
        If too few genes of the data are in the vocabulary of the model.
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
    key = key_added or _keys.VARM_GSFM
    result = Result.check(adata, "tl.embed_genes", key, varm=[key])
    adata = adata.copy() if copy else adata
    genes = gene_names(adata, gene_symbols=gene_symbols, use_raw=False)
    loaded = as_model(model)
    vectors = loaded.gene_embeddings(kind)
    tokens = match(genes, loaded.genes)
    matched = tokens >= 0
    share = check_share(
        len(np.unique(tokens[matched])),
        min(int(np.count_nonzero(genes != "")), len(loaded.genes) - N_SPECIALS),
        what="genes of the data in the model's vocabulary",
        examples_given=genes[~matched],
        examples_expected=loaded.genes[N_SPECIALS:],
    )

    embedding = np.full((len(genes), vectors.shape[1]), np.nan, np.float32)
    embedding[matched] = vectors[tokens[matched]]
    adata.varm[key] = embedding
    params = {"kind": kind, "gene_symbols": gene_symbols}
    result.write_record(
        adata, {"model": loaded.name, "params": params, "n_genes": len(genes), "n_known": int(matched.sum())}
    )
    log_results([result], f"{vectors.shape[1]} dimensions", f"{percent(share)} of genes matched")
    return adata if copy else None
