from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from scgsfm import _keys
from scgsfm._adata import gene_names, write_record
from scgsfm._vocabulary import N_SPECIALS
from scgsfm.genes import check_share, match
from scgsfm.models import as_model

if TYPE_CHECKING:
    from os import PathLike

    from anndata import AnnData

    from scgsfm.models.gsfm import GSFM


def embed_genes(
    adata: AnnData,
    *,
    model: str | PathLike[str] | GSFM = "gsfm-base",
    kind: Literal["combined", "decoder", "encoder", "single"] = "combined",
    gene_symbols: str | None = None,
    key_added: str | None = None,
    copy: bool = False,
) -> AnnData | None:
    """Give each gene the vector that a gene set foundation model has for it :cite:p:`Clarke2026`.

    The vectors depend on the model alone; of the data only the gene names are used.

    Parameters
    ----------
    adata
        Cells × genes.
    model
        Name or folder of a model, or the loaded model itself.
    kind
        ``"decoder"`` takes the gene's weights into the model's output for it. ``"combined"`` has these beside what the
        model's last layer sees of the gene as a set of one, each less its mean over the genes and at unit length; it
        tells functions and diseases of genes apart best. ``"encoder"`` takes the gene's weights into the first layer,
        and ``"single"`` the latent vector of the gene as a set of one, in the space of :func:`~scgsfm.tl.embed_sets`.
    gene_symbols
        Column of ``var`` with the gene names; by default the index, or the column that holds symbols if the index
        doesn't.
    key_added
        Key in ``varm`` and ``uns["scgsfm"]``.
    copy
        Return a copy instead of writing to ``adata``.

    Returns
    -------
    ``None``, or the copy if ``copy=True``. Sets the fields:

    ``adata.varm["gsfm"]`` or ``adata.varm[key_added]`` : :class:`numpy.ndarray` (float32, genes × dimensions)
        Vectors; NaN for genes that the model doesn't know. Names of the same gene have the same vector.
    ``adata.uns["scgsfm"]["gsfm"]`` or ``adata.uns["scgsfm"][key_added]`` : :class:`dict`
        Parameters, and how many genes of the data the model knows.

    Raises
    ------
    GeneMatchError
        If the model knows hardly any gene of the data.
    ValueError
        If there is no such kind or column.

    Examples
    --------
    >>> import numpy as np
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.embed_genes(adata)
    >>> known = adata[:, np.isfinite(adata.varm["gsfm"]).all(axis=1)]
    """
    adata = adata.copy() if copy else adata
    genes = gene_names(adata, gene_symbols=gene_symbols, use_raw=False)
    loaded = as_model(model)
    table = loaded.gene_embeddings(kind)
    tokens = match(genes, loaded.genes)
    known = tokens >= 0
    check_share(
        len(np.unique(tokens[known])),
        min(len(genes), len(loaded.genes) - N_SPECIALS),
        what="genes of the data in the model's vocabulary",
        examples_given=genes[~known],
        examples_expected=loaded.genes[N_SPECIALS:],
    )

    key = key_added or _keys.VARM_GSFM
    embedding = np.full((len(genes), table.shape[1]), np.nan, np.float32)
    embedding[known] = table[tokens[known]]
    adata.varm[key] = embedding
    used = {"kind": kind, "gene_symbols": gene_symbols}
    write_record(adata, key, {"model": loaded.name, "params": used, "n_genes": len(genes), "n_known": int(known.sum())})
    return adata if copy else None
