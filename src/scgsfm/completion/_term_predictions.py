"""Predicted gene–term pairs of a library, computed in blocks of terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from ._complete import predictions, zscores

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scipy.sparse import csr_array

    from ._cross_validation import CrossValidated
    from ._gene_set_model import GeneSetModel


class TermPredictions(NamedTuple):
    """Predicted pairs of terms and genes, sorted by gene (or term) and rank."""

    terms: np.ndarray
    """Positions of the terms in the library."""
    genes: np.ndarray
    """Positions of the genes in the query."""
    probability: np.ndarray
    zscore: np.ndarray
    rank: np.ndarray
    known: np.ndarray


def predict_terms(
    set_genes: csr_array,
    cross_validated: CrossValidated,
    model: GeneSetModel,
    tokens: np.ndarray,
    *,
    by: Literal["gene", "term"],
    n: int | None,
    min_probability: float,
    include_known: bool,
) -> Iterator[TermPredictions]:
    """The top terms of each gene, all at once, or the top genes of each term, in blocks of terms.

    Parameters
    ----------
    set_genes
        Genes of each term: ones, terms × vocabulary.
    cross_validated
        Cross-validated predictions for these genes, which replace the predictions from sets that contain them.
    model
        The model.
    tokens
        Genes of the query, as positions in the vocabulary.
    by
        Whether to list pairs by gene or by term.
    n
        Number of pairs for each; ``None`` for all.
    min_probability
        Minimum probability of listed pairs.
    include_known
        Whether to list pairs that are in the library.
    """
    blocks = _blocks(set_genes, cross_validated, model, tokens, min_probability, include_known=include_known)
    if by == "term":
        for start, scores, measures in blocks:
            transposed = [(0, np.ascontiguousarray(scores.T), np.ascontiguousarray(measures.transpose(1, 0, 2)))]
            terms, genes, values = _best(transposed, len(scores), n and min(n, len(tokens)))
            yield _pairs(set_genes, tokens, terms + start, genes, values, groups=terms)
    else:
        genes, terms, values = _best(blocks, len(tokens), n and min(n, set_genes.shape[0]))
        yield _pairs(set_genes, tokens, terms, genes, values, groups=genes)


def ranked_blocks(
    set_genes: csr_array, cross_validated: CrossValidated, model: GeneSetModel, tokens: np.ndarray
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """First term, scores (terms × genes) and values of each block of terms, for all pairs; NaN without a prediction."""
    return _blocks(set_genes, cross_validated, model, tokens, 0.0, include_known=True)


def _blocks(
    set_genes: csr_array,
    cross_validated: CrossValidated,
    model: GeneSetModel,
    tokens: np.ndarray,
    min_probability: float,
    *,
    include_known: bool,
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    r"""First term, scores (terms × genes), and probabilities and z-scores (terms × genes × 2) of each block.

    The score of a pair is :math:`z + \frac{1}{2} \log n`, with the logit :math:`z`, standardized over the genes, and the
    size :math:`n` of the term. It is NaN for pairs that are not listed.
    """
    for block, logits, corrected in predictions(set_genes, model):
        members, sizes = set_genes[block].nonzero(), np.diff(set_genes[block].indptr)
        entries = slice(set_genes.indptr[block.start], set_genes.indptr[block.stop])
        parts = []
        for values, held_out in (
            (zscores(logits), cross_validated.fit),
            (model.probabilities(logits, sizes), cross_validated.probability),
            (zscores(corrected), cross_validated.zscore),
        ):
            values[members] = held_out[entries]
            parts.append(values[:, tokens])
        scores, probability, zscore = parts
        scores += np.log(np.maximum(sizes, 1))[:, None] / 2
        scores[probability < min_probability] = np.nan
        if not include_known:
            in_library = np.zeros(logits.shape, bool)
            in_library[members] = True
            scores[in_library[:, tokens]] = np.nan
        yield block.start, scores, np.stack([probability, zscore], axis=2)


def _best(blocks: Any, n_columns: int, n: int | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns, rows and values of the ``n`` highest scores of each column of blocks of rows, sorted."""
    from scgsfm.kernels import keep_top_k

    if n is None:
        parts = []
        for first, block, values in blocks:
            rows, columns = np.nonzero(~np.isnan(block))
            parts.append((columns, rows + first, block[rows, columns], values[rows, columns]))
        column, row, score, value = (np.concatenate(part) for part in zip(*parts, strict=True))
    else:
        best = np.full((n_columns, n), -np.inf, np.float32)
        best_rows, best_values = np.zeros(best.shape, np.int64), np.zeros((*best.shape, 2), np.float32)
        for first, block, values in blocks:
            keep_top_k(block, values, first, best, best_rows, best_values)
        column, rank = np.nonzero(best > -np.inf)
        row, score, value = best_rows[column, rank], best[column, rank], best_values[column, rank]
    order = np.lexsort((row, -score, column))
    return column[order], row[order], value[order]


def _pairs(
    set_genes: csr_array,
    tokens: np.ndarray,
    terms: np.ndarray,
    genes: np.ndarray,
    values: np.ndarray,
    *,
    groups: np.ndarray,
) -> TermPredictions:
    rank = np.arange(1, len(groups) + 1) - np.searchsorted(groups, groups)
    n_genes = set_genes.shape[1]
    members = np.repeat(np.arange(set_genes.shape[0]), np.diff(set_genes.indptr)) * n_genes + set_genes.indices
    known = np.isin(terms * n_genes + tokens[genes], members)
    return TermPredictions(terms, genes, values[:, 0], values[:, 1], rank.astype(np.int32), known)
