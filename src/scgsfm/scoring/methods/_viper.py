"""VIPER."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array, triu, vstack

from ._method import Method

if TYPE_CHECKING:
    from collections.abc import Callable

    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader, CellBlock

    from ._method import Scorer, Scores

SETS_AT_A_TIME = 256


def viper(
    rows: BlockReader,
    sets: SetIndex,
    /,
    *,
    pleiotropy: bool = True,
    reg_sign: float = 0.05,
    n_targets: int = 10,
    penalty: float = 20.0,
) -> Scorer:
    r"""Compute VIPER: the analytic rank-based enrichment of the genes of a set, by their weights.

    With :math:`z_g` the normal quantile of the rank of gene :math:`g`, :math:`e_g` that of the distance of the rank from
    the middle, and :math:`w_g` the weight,

    .. math:: Z = \frac1m \sum_{g \in S} w_g z_g, \qquad E = \frac1m \sum_{g \in S} (1 - |w_g|) e_g, \qquad
        NES = \sqrt m \left(|Z| + \max(E, 0)\right) \operatorname{sign} Z

    p-values are those of the normal distribution. Reference: Alvarez et al. (2016), https://doi.org/10.1038/ng.3593.

    Parameters
    ----------
    rows, sets
        Cells and gene sets.
    pleiotropy
        Whether to give less weight to genes that two enriched sets share, in the set that owes more of its enrichment to
        them.
    reg_sign
        p-value below which a set counts as enriched.
    n_targets
        Minimum number of shared genes; only pairs that share more are corrected.
    penalty
        Strength of the correction.
    """
    n, weights = rows.n_genes, sets.membership.data
    per_gene = 1 / np.repeat(sets.n_found, sets.n_found)
    directed, undirected = sets.reweighted(weights * per_gene), sets.reweighted((1 - abs(weights)) * per_gene)
    weighted = (abs(weights) != 1).any()
    quantiles, extremes = _quantiles(n)
    correct = _correction(sets, n, reg_sign, n_targets, penalty) if pleiotropy else None

    def score(cells: CellBlock) -> Scores:
        from scgsfm.kernels import two_sided_pvalues

        ranks = 2 * (n + 1 - cells.ranks.firsts) - (cells.ranks.counts - 1)  # doubled, as ties may lie halfway
        ranks, zero_ranks = ranks[cells.ranks.groups], np.clip(ranks[cells.ranks.zeros], 2, 2 * n)  # if there are any
        z = directed.set_sums(cells.indptr, cells.indices, quantiles[ranks], quantiles[zero_ranks])
        size = np.abs(z)
        if weighted:
            e = undirected.set_sums(cells.indptr, cells.indices, extremes[ranks], extremes[zero_ranks])
            size += np.maximum(e, 0)
        scores = size * np.sign(z) * np.sqrt(sets.n_found)
        if correct:
            correct(scores, cells.indptr, cells.indices, ranks, zero_ranks)
        return scores, two_sided_pvalues(scores, df=np.inf)

    return score


def _quantiles(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Tabulate normal quantiles of ranks and of their distances from the middle, indexed by twice the rank."""
    from scipy.special import ndtri

    ranks = np.arange(2 * n + 1) / 2 / (n + 1)
    distances = np.abs(ranks - 0.5) * 2
    return ndtri(ranks), ndtri(distances + (1 - distances[2 * n]) / 2)


def _correction(sets: SetIndex, n: int, reg_sign: float, n_targets: int, penalty: float) -> Callable[..., None] | None:
    """Return a function that corrects the scores of a block for pleiotropy; None if no sets share enough genes."""
    from scipy.special import ndtri

    from scgsfm.kernels import Regulons, correct_pleiotropy

    partners = _partners(sets, n_targets)
    if not partners.nnz:
        return None
    by_set = sets.membership.sorted_indices()
    regulons = Regulons(by_set.indptr, by_set.indices, by_set.data, partners.indptr, partners.indices)
    return partial(correct_pleiotropy, n_genes=n, regulons=regulons, threshold=ndtri(1 - reg_sign / 2), penalty=penalty)


def _partners(sets: SetIndex, n_targets: int) -> csr_array:
    """Find for each set the later sets that share more than ``n_targets`` genes with it."""
    pattern = (sets.membership != 0).astype(np.int32)
    parts = [pattern[i : i + SETS_AT_A_TIME] @ pattern.T > n_targets for i in range(0, len(sets), SETS_AT_A_TIME)]
    partners = csr_array(triu(vstack(parts), k=1))
    partners.sort_indices()
    return partners


VIPER = Method(
    name="viper",
    prepare=viper,
    title="VIPER",
    statistic="normalized enrichment score of the genes of the set at the ends of the ranking, by weight",
    reference="https://doi.org/10.1038/ng.3593",
    range=(-np.inf, np.inf),
    weights=True,
    signs=True,
    missing_genes="skipped",
    test="normal distribution, two-sided",
    task="regulons with signs and confidences, with p-values",
    when="regulons inferred by ARACNe or with a confidence for each target; rank-based",
    avoid="sets without weights, where `ulm` and `aucell` are simpler; weights beyond -1 to 1",
    peer="decoupler, to 1e-13",
)
