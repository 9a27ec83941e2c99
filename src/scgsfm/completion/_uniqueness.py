"""How unique the predicted genes of a term are to it among the terms of a library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scgsfm._vocabulary import N_SPECIALS

from ._cross_validation import MIN_SETS_CACHED, cached
from ._term_predictions import ranked_blocks

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from ._cross_validation import CrossValidated
    from ._gene_set_model import GeneSetModel

N_GENES = 100
"""Number of genes that are predicted for a term."""
N_TERMS = 10
"""Number of top-ranked terms of a gene."""


def uniqueness(set_genes: csr_array, cross_validated: CrossValidated, model: GeneSetModel) -> np.ndarray:
    """Share of the 100 top-ranked genes of each term that have the term among their ten top-ranked terms (float32).

    Genes and terms are ranked as in :func:`~scgsfm.tl.predict_functions`, with known genes by cross-validation. The
    shares of a large library are cached in a file.

    Parameters
    ----------
    set_genes
        Genes of each term: ones, terms × vocabulary.
    cross_validated
        Cross-validated predictions for these genes.
    model
        The model.
    """
    if set_genes.shape[0] < MIN_SETS_CACHED:
        return _compute(set_genes, cross_validated, model)
    found = cached(
        set_genes,
        model,
        ["uniqueness"],
        lambda: {"uniqueness": _compute(set_genes, cross_validated, model)},
        suffix=f"_uniqueness_{N_GENES}_{N_TERMS}",
    )
    return found["uniqueness"]


def _compute(set_genes: csr_array, cross_validated: CrossValidated, model: GeneSetModel) -> np.ndarray:
    from scgsfm.kernels import keep_top_k

    n_terms, n_genes = set_genes.shape[0], set_genes.shape[1] - N_SPECIALS
    n_top, n_first = min(N_GENES, n_genes), min(N_TERMS, n_terms)
    tokens = np.arange(N_SPECIALS, set_genes.shape[1])
    best = np.full((n_genes, n_first), -np.inf, np.float32)
    best_terms, best_values = np.zeros(best.shape, np.int64), np.zeros((*best.shape, 2), np.float32)
    genes, listed = np.zeros((n_terms, n_top), np.int64), np.zeros((n_terms, n_top), bool)
    for start, scores, values in ranked_blocks(set_genes, cross_validated, model, tokens):
        keep_top_k(scores, values, start, best, best_terms, best_values)
        comparable = np.where(np.isnan(scores), -np.inf, scores)  # the gene of a term of one gene has no score
        block = slice(start, start + len(scores))
        genes[block] = np.argpartition(comparable, -n_top, axis=1)[:, -n_top:]
        listed[block] = np.isfinite(np.take_along_axis(comparable, genes[block], axis=1))
    first = (best_terms[genes] == np.arange(n_terms)[:, None, None]) & (best[genes] > -np.inf)
    n_predicted = listed.sum(axis=1)
    share = (first.any(axis=2) & listed).sum(axis=1) / np.maximum(n_predicted, 1)
    return np.where(n_predicted > 0, share, np.nan).astype(np.float32)
