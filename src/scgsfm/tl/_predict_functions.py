from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from scgsfm import _keys
from scgsfm._adata import (
    Result,
    check_anndata,
    data_matrix,
    gene_mask,
    gene_names,
    has_parts,
    log_results,
    undo_on_error,
)
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import agrees, listing, number, percent, warn
from scgsfm.completion import place_genes, placed_predictions, prediction_tables, requested_genes
from scgsfm.errors import GeneMatchWarning
from scgsfm.genes import as_names
from scgsfm.genesets import GeneSets
from scgsfm.models import as_model
from scgsfm.scoring import BlockReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from os import PathLike

    from anndata import AnnData

    from scgsfm.genesets import GeneSetsLike
    from scgsfm.models.gsfm import GSFM


@checks_types
@undo_on_error
@doc_params
def predict_functions(
    genes: AnnData | Iterable[str] | None = None,
    *,
    library: GeneSetsLike = "go_bp",
    by: Literal["gene", "term"] = "gene",
    n_top: int | None = 20,
    min_probability: float = 0.0,
    known: Literal["include", "exclude"] = "include",
    model: str | PathLike[str] | GSFM = "gsfm-base",
    place_unknown: bool = False,
    gene_symbols: str | None = None,
    mask_var: str | Sequence[bool] | np.ndarray | pd.Series | None = None,
    key_added: str | None = None,
    copy: bool = False,
) -> pd.DataFrame | AnnData | None:
    r"""Predict which terms of a library genes belong to by a gene set foundation model :cite:p:`Clarke2026`.

    Each term is completed from its genes, as in :func:`~scgsfm.tl.complete_sets`, and the completion scores how well
    each gene fits. Genes that the library lists for the term are scored by cross-validation: the genes of a term are
    split into five folds, and each fold is scored by the completion of the other four. The ``auroc`` of a term measures
    how well these held-out genes are ranked.

    Parameters
    ----------
    genes
        Names of genes, or AnnData, whose genes are used. By default, all genes in the vocabulary of the model.
    library
        Terms: the name of a library, or any other input of :class:`~scgsfm.GeneSets` without negative weights.
    by
        ``"gene"`` lists the terms of each gene, ``"term"`` the genes of each term.
    n_top
        Number of terms to list for each gene, or of genes for each term. ``None`` lists all.
    min_probability
        Minimum probability of the rows to list.
    known
        ``"exclude"`` omits genes that the library lists for the term.
    model
        {model}
    place_unknown
        Whether to predict genes outside the vocabulary, such as long non-coding RNAs, by the means of the 20 known genes
        that are most correlated with them in ``adata.X``, as in :func:`~scgsfm.tl.embed_genes`. Genes whose mean
        correlation is below 0.8 are named in a warning. Only for AnnData and ``by="gene"``.
    gene_symbols
        {gene_symbols} Only for AnnData.
    mask_var
        {mask_var} Only for AnnData.
    key_added
        {key_added} Only for AnnData.
    copy
        {copy} Only for AnnData.

    Returns
    -------
    For names of genes, the table described below. For AnnData, ``None``, or the copy if ``copy=True``. Sets the
    following fields:

    ``adata.uns["predicted_functions"]`` : :class:`pandas.DataFrame`
        The table.
    ``adata.uns["scgsfm"]["predicted_functions"]`` : :class:`dict`
        Parameters, and the number of genes of the data in the vocabulary of the model.

    The table has one row for each gene and term, in the order of the genes (or terms) and by rank, with the columns

    ``gene``, ``term``
        The gene as given and the name of the term. With ``by="term"``, ``term`` is the first column.
    ``probability`` : float32
        Probability that the gene belongs to the term.
    ``zscore`` : float32
        Logit minus the popularity of the gene, standardized over all genes of the vocabulary, as in
        :func:`~scgsfm.tl.complete_sets`.
    ``rank`` : int32
        Rank of the term for the gene (or of the gene for the term). Rows are ordered by the logit, standardized over all
        genes, plus half the logarithm of the number of genes of the term in the vocabulary. This makes terms of
        different sizes comparable, and orders the genes of a term by their probability.
    ``known`` : bool
        Whether the library lists the gene for the term.
    ``auroc`` : float32
        Area under the ROC curve of the held-out genes of the term, among all genes of the library: 1 is perfect, 0.5 is
        random. NaN for terms with fewer than five genes in the vocabulary.
    ``uniqueness`` : float32
        Share of the 100 top-ranked genes of the term that have the term among their ten top-ranked terms. It is low for
        terms whose genes are predicted for many other terms as well, and 1 in libraries of at most ten terms.

    With ``place_unknown=True``, the columns ``source`` (``"model"`` or ``"neighbors in the data"``) and ``correlation``
    (mean correlation with the neighbors; NaN for genes of the model) follow. Placed genes have no probability: it is
    NaN, and a ``min_probability`` above 0 omits them. They are at the end.

    Genes outside the vocabulary are omitted and named in a warning. A gene is also omitted for a term of which it is the
    only member.

    Raises
    ------
    GeneMatchError
        If too few of the genes, or of the genes of the library, are in the vocabulary of the model.
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
    if isinstance(genes, AnnData | pd.DataFrame) or has_parts(genes):
        check_anndata(genes, argument="genes", copy=copy, key_added=key_added)
    if isinstance(genes, str):
        msg = f"`genes` must be names of genes or AnnData, but is the string {genes!r}: pass `[{genes!r}]`."
        raise TypeError(msg)
    loaded, sets = as_model(model), GeneSets(library)
    if not isinstance(genes, AnnData):
        if gene_symbols is not None or mask_var is not None or place_unknown:
            wanted = "`gene_symbols`, `mask_var` and `place_unknown` require AnnData"
            msg = f"{wanted}, but `genes` is a {type(genes).__name__}."
            raise ValueError(msg)
        given = None if genes is None else as_names(genes)
        names, tokens = requested_genes(given, loaded)
        if given is not None and (unknown := [name for name in given if name not in names]):
            are = agrees(len(unknown), "is", "are")
            msg = f"{number(len(unknown), 'gene')} {are} not in the model's vocabulary and {are} skipped: {listing(unknown)}."
            warn(msg, GeneMatchWarning)
        table = pd.concat(prediction_tables(names, tokens, sets, loaded, **options), ignore_index=True)
        share = len(names) / max(len(names) if given is None else len(set(given)), 1)
        logger.info("predicted %s (%s)", number(len(sets), "term"), _genes(len(names), share))
        return table

    if place_unknown and by != "gene":
        msg = f"`place_unknown=True` requires by='gene', but `by` is {by!r}."
        raise ValueError(msg)
    key = key_added or _keys.FUNCTIONS
    result = Result.check(genes, "tl.predict_functions", key, uns=[key])
    adata = genes.copy() if copy else genes
    given = gene_names(adata, gene_symbols=gene_symbols, use_raw=False)
    if mask_var is not None:
        given = given[gene_mask(adata.var, mask_var)]
    given = given[given != ""]
    names, tokens = requested_genes(given, loaded, what="genes of the data", may_be_unknown=place_unknown)
    table = pd.concat(prediction_tables(names, tokens, sets, loaded, **options), ignore_index=True)
    if place_unknown:
        table = _with_placed(table, adata, gene_symbols, given, sets, loaded, options)
    adata.uns[key] = table
    record = {
        "model": loaded.name,
        "library": sets.info,
        "params": options | {"place_unknown": place_unknown or None, "gene_symbols": gene_symbols},
    }
    result.write_record(adata, record | {"n_genes": len(given), "n_known": len(names)})
    log_results([result], number(len(sets), "term"), _genes(len(names), len(names) / max(len(given), 1)))
    return adata if copy else None


def _with_placed(
    table: pd.DataFrame,
    adata: AnnData,
    gene_symbols: str | None,
    given: np.ndarray,
    sets: GeneSets,
    model: GSFM,
    options: dict[str, Any],
) -> pd.DataFrame:
    """The table with the source of each row, and with the rows of the requested genes that are placed by the data."""
    genes = gene_names(adata, gene_symbols=gene_symbols, use_raw=False)
    placed = place_genes(BlockReader(data_matrix(adata, layer=None, use_raw=False)), genes, model, only=given)
    placed = placed.distinct(genes)  # the genes of the model are predicted once for each name as well
    names = genes[placed.columns]
    correlation = dict(zip(names, placed.correlation, strict=True))
    table = table.assign(source="model", correlation=np.nan)
    if options["min_probability"] > 0 or not len(names):
        return table
    rows = placed_predictions(names, placed, sets, model, n_top=options["n_top"], known=options["known"])
    rows = rows.assign(source="neighbors in the data", correlation=rows["gene"].map(correlation).astype(np.float64))
    return pd.concat([table, rows], ignore_index=True)


def _genes(n_known: int, share: float) -> str:
    return f"{number(n_known, 'gene')}, {percent(share)} matched"
