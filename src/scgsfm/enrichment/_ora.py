from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ._terms import EnrichmentResult

if TYPE_CHECKING:
    from scgsfm.scoring import SetIndex


def ora(query: np.ndarray, terms: SetIndex) -> EnrichmentResult:
    r"""Over-representation analysis (ORA): one-sided hypergeometric test of a query against each term.

    With :math:`k` of the :math:`n` query genes among the :math:`K` genes of a term, in a background of :math:`N` genes,

    .. math:: p = \sum_{i \ge k} \binom{K}{i} \binom{N - K}{n - i} / \binom{N}{n}.

    Parameters
    ----------
    query
        Positions of the query genes in the background.
    terms
        The terms over the background.

    Returns
    -------
    The score is the log2 odds ratio, with ½ added to each count.
    """
    from scgsfm.kernels import fisher_greater

    n_genes, n, size = terms.membership.shape[1], len(query), terms.n_found
    hits = terms.membership @ np.isin(np.arange(n_genes), query).astype(np.float64)
    pvalue = fisher_greater(hits[None], np.array([n]), size, n_genes)[0]
    inside, outside = (hits + 0.5) / (size - hits + 0.5), (n - hits + 0.5) / (n_genes - size - n + hits + 0.5)
    return EnrichmentResult(np.log2(inside / outside), pvalue, _shared(query, terms), hits.astype(np.int64), {})


def _shared(query: np.ndarray, terms: SetIndex) -> list[np.ndarray]:
    """The query genes in each term, in the order of the query."""
    entries = terms.membership[:, query]
    entries.sort_indices()
    genes, ends = query[entries.indices], entries.indptr.tolist()
    # slices are views, and much faster than `numpy.split` for thousands of terms
    return [genes[start:end] for start, end in pairwise(ends)]
