from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from scgsfm import _keys
from scgsfm._adata import gene_mask, gene_names, write_record
from scgsfm._messages import listing, warn
from scgsfm.completion import prediction_tables, requested_genes
from scgsfm.errors import GeneMatchWarning
from scgsfm.genes import as_names
from scgsfm.genesets import GeneSets
from scgsfm.models import as_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from os import PathLike

    import numpy as np
    from anndata import AnnData

    from scgsfm.models.gsfm import GSFM


def predict_functions(
    genes: AnnData | Iterable[str] | None = None,
    *,
    library: Any = "go_bp",
    by: Literal["gene", "term"] = "gene",
    n_top: int | None = 20,
    min_probability: float = 0.0,
    known: Literal["include", "exclude"] = "include",
    model: str | PathLike[str] | GSFM = "gsfm-base",
    gene_symbols: str | None = None,
    mask_var: str | Sequence[bool] | np.ndarray | pd.Series | None = None,
    key_added: str | None = None,
    copy: bool = False,
) -> pd.DataFrame | AnnData | None:
    r"""Predict which terms of a library genes belong to by a gene set foundation model :cite:p:`Clarke2026`.

    Each term is completed from its genes as :func:`~scgsfm.tl.complete_sets` does, and its completion tells how well
    each gene fits. A gene that the term already lists would fit because it was part of the query. So its values come
    from a query without it: the genes of a term are cut into five folds, and those of each fold are judged by a query
    of the other four. How well the genes left out rank is the term's ``auroc``.

    Parameters
    ----------
    genes
        Names of genes, or data whose genes are meant; by default all genes that the model knows.
    library
        Terms: whatever :class:`~scgsfm.GeneSets` takes, such as the name of a library; without negative weights.
    by
        ``"gene"`` lists the terms of each gene, ``"term"`` the genes of each term.
    n_top
        How many terms to list for a gene, or genes for a term; ``None`` for all.
    min_probability
        List only what is at least that probable.
    known
        ``"exclude"`` lists only what the library doesn't.
    model
        Name or folder of a model, or the loaded model itself.
    gene_symbols
        Of data: the column of ``var`` with the gene names; by default the index, or the column that holds symbols if
        the index doesn't.
    mask_var
        Of data: the genes that are meant, as a boolean column of ``var`` or an array.
    key_added
        Of data: key in ``uns``.
    copy
        Of data: return a copy instead of writing to them.

    Returns
    -------
    For names of genes a table, for data ``None``, or the copy if ``copy=True``. Sets the fields:

    ``adata.uns["predicted_functions"]`` or ``adata.uns[key_added]`` : :class:`pandas.DataFrame`
        The table.
    ``adata.uns["scgsfm"]["predicted_functions"]`` or ``adata.uns["scgsfm"][key_added]`` : :class:`dict`
        Parameters, and how many genes of the data the model knows.

    The table has one row a gene and term, in the order of the genes (or terms) and by rank, with the columns

    ``gene``, ``term``
        The name of the gene as given, and that of the term; first the one that rows are listed for.
    ``probability`` : float32
        The model's probability that the gene belongs to the term.
    ``zscore`` : float32
        How much better the gene fits the term than other genes do, less its popularity, as in
        :func:`~scgsfm.tl.complete_sets`: in standard deviations over all genes of the vocabulary.
    ``rank`` : int32
        1 for the foremost of the rows listed for the gene (or term). They are ordered by the logit in standard
        deviations over all genes, plus half the logarithm of the number of genes that the model knows of the term: the
        genes of a term by their probability, while terms of unlike sizes become comparable.
    ``known`` : bool
        Whether the library lists the gene for the term.
    ``auroc`` : float32
        How well the model finds genes of this term that it isn't told, among all genes of the library: 1 is perfect,
        0.5 chance. NaN for terms with fewer than five genes that the model knows.

    Genes that the model doesn't know have no rows; they are named in a warning. Nor has the only gene of a term for it.

    Raises
    ------
    GeneMatchError
        If the model knows hardly any of the genes, or of the library's.
    ValueError
        If a parameter is out of range, or there are negative weights.

    Examples
    --------
    >>> import scgsfm
    >>> table = scgsfm.tl.predict_functions(["ISG15", "CD3D"], library="hallmark", n_top=3)
    >>> table.groupby("gene", sort=False)["term"].first().tolist()
    ['HALLMARK_INTERFERON_ALPHA_RESPONSE', 'HALLMARK_ALLOGRAFT_REJECTION']
    """
    from anndata import AnnData

    options: dict[str, Any] = {
        "by": by,
        "n_top": n_top,
        "min_probability": min_probability,
        "known": known,
    }
    loaded, sets = as_model(model), GeneSets(library)
    if not isinstance(genes, AnnData):
        if gene_symbols is not None or mask_var is not None:
            msg = f"`gene_symbols` and `mask_var` are for AnnData, but `genes` is a {type(genes).__name__}."
            raise ValueError(msg)
        given = None if genes is None else as_names(genes)
        names, tokens = requested_genes(given, loaded)
        if given is not None and (unknown := [name for name in given if name not in names]):
            msg = f"The model doesn't know {listing(unknown)}, so that no functions are predicted for them."
            warn(msg, GeneMatchWarning)
        return pd.concat(prediction_tables(names, tokens, sets, loaded, **options), ignore_index=True)

    adata = genes.copy() if copy else genes
    given = gene_names(adata, gene_symbols=gene_symbols, use_raw=False)
    if mask_var is not None:
        given = given[gene_mask(adata.var, mask_var)]
    names, tokens = requested_genes(given, loaded, what="genes of the data")
    key = key_added or _keys.FUNCTIONS
    adata.uns[key] = pd.concat(prediction_tables(names, tokens, sets, loaded, **options), ignore_index=True)
    record = {"model": loaded.name, "library": sets.info, "params": options | {"gene_symbols": gene_symbols}}
    write_record(adata, key, record | {"n_genes": len(given), "n_known": len(names)})
    return adata if copy else None
