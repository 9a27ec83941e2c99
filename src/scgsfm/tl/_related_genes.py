from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import check_at_least, did_you_mean, listing, number, warn
from scgsfm._vocabulary import N_SPECIALS
from scgsfm.completion import GeneRelations, gene_columns, gene_pairs_table, related_genes_table
from scgsfm.errors import GeneMatchWarning
from scgsfm.genes import as_names, match
from scgsfm.models import as_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from os import PathLike

    from scgsfm.completion import Relation
    from scgsfm.models.gsfm import GSFM


@checks_types
@doc_params
def related_genes(
    genes: str | Iterable[str] | None = None,
    *,
    pairs: pd.DataFrame | Iterable[Sequence[str]] | None = None,
    by: Relation = "vectors",
    n_genes: int = 20,
    among: Iterable[str] | None = None,
    model: str | PathLike[str] | GSFM = "gsfm-base",
) -> pd.DataFrame:
    """List the genes that a gene set foundation model :cite:p:`Clarke2026` relates to a gene, or score pairs of genes.

    Genes are similar if they occur in similar gene sets, even if not in the same ones.

    Parameters
    ----------
    genes
        One or several genes.
    pairs
        Pairs of genes to score: a list of pairs, or a table whose first two columns are the genes (or that has the columns
        ``gene1`` and ``gene2``). Given instead of ``genes``.
    by
        ``"vectors"``: cosine of the vectors of the genes, ``kind="combined"`` of :func:`~scgsfm.tl.embed_genes`.
        ``"completion"``: z-score of one gene in the completion of the set that consists of the other alone, as in
        :func:`~scgsfm.tl.complete_sets`; for pairs, the mean of both directions.
    n_genes
        Number of genes to list for each gene.
    among
        Genes that can be listed, under these names, such as ``adata.var_names``. By default, all genes of the model.
    model
        {model}

    Returns
    -------
    For ``genes``, a table with a row for each gene and related gene, ordered by gene and rank, with the columns

    ``gene``, ``related``
        The gene as given, and the related gene.
    ``similarity`` : float64
        Cosine or z-score.
    ``rank`` : int64
        Rank among the genes that can be listed.

    For ``pairs``, the table of pairs with the columns ``gene1``, ``gene2``, all other columns of a given table, and
    ``similarity``, which is NaN if a gene is not in the vocabulary of the model. A gene paired with itself has the
    similarity of the measure, which is 1 for vectors.

    Genes outside the vocabulary are named in a warning and, for ``genes``, left out of the table.

    Raises
    ------
    ValueError
        If not exactly one of ``genes`` and ``pairs`` is given, or a parameter is out of range.
    TypeError
        If ``genes`` are not names, or ``pairs`` not pairs.

    Examples
    --------
    >>> import scgsfm
    >>> table = scgsfm.tl.related_genes(["CD3D"], n_genes=3)
    >>> "CD3E" in set(table["related"])
    True
    >>> pairs = scgsfm.tl.related_genes(pairs=[("CD3D", "CD3E"), ("CD3D", "ALB")])
    >>> bool(pairs["similarity"][0] > pairs["similarity"][1])
    True
    """
    if (genes is None) == (pairs is None):
        msg = "Give either `genes` or `pairs`" + (", not both." if genes is not None else ".")
        raise ValueError(msg)
    if hasattr(genes, "var_names"):
        msg = "`genes` must be names of genes, but is AnnData: pass `adata.var_names`, or name some genes and `among=`."
        raise TypeError(msg)
    check_at_least("n_genes", n_genes, 1)
    loaded = as_model(model)
    relations = GeneRelations(loaded, by)
    vocabulary = np.asarray(loaded.genes, dtype=object)
    if pairs is not None:
        if among is not None:
            msg = "`among` limits the related genes, but `pairs` are scored as they are: omit it."
            raise ValueError(msg)
        table = _pairs(pairs)
        tokens = np.column_stack([match(table[column], vocabulary) for column in ("gene1", "gene2")])
        _warn(
            table[["gene1", "gene2"]].to_numpy()[tokens < N_SPECIALS],
            loaded.genes,
            "pairs with them have no similarity",
        )
        table = gene_pairs_table(table, tokens, relations)
        logger.info("scored %s of genes by %s", number(len(table), "pair"), loaded.name)
        return table
    named = as_names([genes] if isinstance(genes, str) or genes is None else genes)
    given = np.asarray([*dict.fromkeys(named)], dtype=object)
    tokens = match(given, vocabulary)
    is_known = tokens >= N_SPECIALS
    _warn(given[~is_known], loaded.genes, "skipped")
    names, tokens = given[is_known], tokens[is_known]
    candidates = None
    if among is not None:
        listed = np.asarray(as_names(among), dtype=object)
        if not len(listed):
            msg = "`among` is empty: name the genes that can be listed, or omit it for all genes of the model."
            raise ValueError(msg)
        columns = gene_columns(vocabulary, listed)
        candidates = np.flatnonzero(columns >= 0)
        vocabulary = np.where(columns >= 0, listed[columns], vocabulary)
    table = related_genes_table(names, tokens, relations, vocabulary, n_genes=n_genes, candidates=candidates)
    logger.info("found the genes related to %s by %s", number(len(names), "gene"), loaded.name)
    return table


def _pairs(pairs: Any) -> pd.DataFrame:
    """Pairs of genes as the columns ``gene1`` and ``gene2``."""
    if isinstance(pairs, pd.DataFrame):
        if {"gene1", "gene2"} <= set(pairs):
            return pairs.astype({"gene1": object, "gene2": object})
        if pairs.shape[1] < 2:
            msg = f"`pairs` is a table of {number(pairs.shape[1], 'column')}, but must have two columns of genes."
            raise TypeError(msg)
        columns = ["gene1", "gene2", *pairs.columns[2:]]
        if taken := {"gene1", "gene2"} & set(columns[2:]):
            msg = f"`pairs` has one of the columns 'gene1' and 'gene2', {taken.pop()!r}, but not the other: name both."
            raise ValueError(msg)
        return pairs.set_axis(columns, axis=1).astype({"gene1": object, "gene2": object})
    rows = [pairs] if isinstance(pairs, str) else list(pairs)
    if not rows or any(isinstance(row, str) or len(row) != 2 for row in rows):
        found = next((row for row in rows if isinstance(row, str) or len(row) != 2), "empty")
        msg = f"`pairs` must be pairs of genes, such as [('CD3D', 'CD3E')], but has {found!r}."
        raise TypeError(msg)
    return pd.DataFrame([tuple(row) for row in rows], columns=["gene1", "gene2"])


def _warn(unknown: np.ndarray, known: Sequence[str], then: str) -> None:
    if names := [str(name) for name in dict.fromkeys(unknown)]:
        similar = did_you_mean(names[0], known) if len(names) == 1 else ""
        msg = f"{number(len(names), 'gene')} not in the model's vocabulary: {listing(names)}; {then}.{similar}"
        warn(msg, GeneMatchWarning)
