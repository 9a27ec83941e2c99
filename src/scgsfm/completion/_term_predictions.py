"""Which genes belong to which terms of a library: a model's answer for all pairs, a block of terms at a time."""

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
    """Terms and genes that go together, those of one gene (or term) side by side, the foremost first."""

    terms: np.ndarray
    """Position among the terms."""
    genes: np.ndarray
    """Position among the genes asked for."""
    probability: np.ndarray
    zscore: np.ndarray
    rank: np.ndarray
    known: np.ndarray


def predict_terms(
    own: csr_array,
    left: CrossValidated,
    model: GeneSetModel,
    tokens: np.ndarray,
    *,
    by: Literal["gene", "term"],
    n: int | None,
    min_probability: float,
    include_known: bool,
) -> Iterator[TermPredictions]:
    """The foremost terms of each gene, all at once, or the foremost genes of each term, by blocks of terms.

    Parameters
    ----------
    own
        Genes of each term: ones, terms × vocabulary.
    left
        What the model says of these genes with them left out, which stands in for what it says of genes it was told.
    model
        The model.
    tokens
        The genes asked for, as positions in the vocabulary.
    by
        What the pairs are listed for.
    n
        How many for each; ``None`` for all.
    min_probability
        Less probable pairs are not listed.
    include_known
        Whether pairs of the library are listed.
    """
    blocks = _blocks(own, left, model, tokens, min_probability, include_known=include_known)
    if by == "term":
        for start, scores, values in blocks:
            turned = [(0, np.ascontiguousarray(scores.T), np.ascontiguousarray(values.transpose(1, 0, 2)))]
            terms, genes, found = _best(turned, len(scores), n and min(n, len(tokens)))
            yield _pairs(own, tokens, terms + start, genes, found, groups=terms)
    else:
        genes, terms, found = _best(blocks, len(tokens), n and min(n, own.shape[0]))
        yield _pairs(own, tokens, terms, genes, found, groups=genes)


def _blocks(
    own: csr_array,
    left: CrossValidated,
    model: GeneSetModel,
    tokens: np.ndarray,
    min_probability: float,
    *,
    include_known: bool,
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """First term, scores (terms × genes), and probabilities and z-scores (terms × genes × 2) of each block.

    The score is the logit in standard deviations over the genes, plus half the logarithm of the term's size; NaN for
    pairs not to be listed.
    """
    for block, logits, corrected in predictions(own, model):
        told = own[block].nonzero()
        entries = slice(own.indptr[block.start], own.indptr[block.stop])
        parts = []
        for values, outside in (
            (zscores(logits), left.fit),
            (model.probabilities(logits), left.probability),
            (zscores(corrected), left.zscore),
        ):
            values[told] = outside[entries]
            parts.append(values[:, tokens])
        scores, probability, zscore = parts
        scores += np.log(np.maximum(np.diff(own[block].indptr), 1))[:, None] / 2
        scores[probability < min_probability] = np.nan
        if not include_known:
            listed = np.zeros(logits.shape, bool)
            listed[told] = True
            scores[listed[:, tokens]] = np.nan
        yield block.start, scores, np.stack([probability, zscore], axis=2)


def _best(blocks: Any, n_columns: int, n: int | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns, rows and values of the ``n`` highest scores of each column of blocks of rows, in order."""
    from scgsfm.kernels import keep_top_k

    if n is None:
        found = []
        for first, block, values in blocks:
            rows, columns = np.nonzero(~np.isnan(block))
            found.append((columns, rows + first, block[rows, columns], values[rows, columns]))
        column, row, score, value = (np.concatenate(part) for part in zip(*found, strict=True))
    else:
        best = np.full((n_columns, n), -np.inf, np.float32)
        at, kept = np.zeros(best.shape, np.int64), np.zeros((*best.shape, 2), np.float32)
        for first, block, values in blocks:
            keep_top_k(block, values, first, best, at, kept)
        column, place = np.nonzero(best > -np.inf)
        row, score, value = at[column, place], best[column, place], kept[column, place]
    order = np.lexsort((row, -score, column))
    return column[order], row[order], value[order]


def _pairs(
    own: csr_array, tokens: np.ndarray, terms: np.ndarray, genes: np.ndarray, values: np.ndarray, *, groups: np.ndarray
) -> TermPredictions:
    rank = np.arange(1, len(groups) + 1) - np.searchsorted(groups, groups)
    n_genes = own.shape[1]
    members = np.repeat(np.arange(own.shape[0]), np.diff(own.indptr)) * n_genes + own.indices
    known = np.isin(terms * n_genes + tokens[genes], members)
    return TermPredictions(terms, genes, values[:, 0], values[:, 1], rank.astype(np.int32), known)
