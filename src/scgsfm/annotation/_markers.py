from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csc_array, csr_array, vstack

from scgsfm.scoring.engine import GeneMoments, check_positive, log_normalize

if TYPE_CHECKING:
    from scgsfm.scoring import SetIndex
    from scgsfm.scoring.engine import BlockReader

N_BINS = 25
"""Number of expression bins from which random markers are drawn."""
MIN_RANK = 0.9
"""A marker is specific to a group if its excess exceeds that of this share of its bin."""
SETS_AT_A_TIME = 4096
"""Number of random sets that are scored together."""


@dataclass(frozen=True)
class Profile:
    """Mean expression over all cells, to which single cells are compared."""

    means: np.ndarray
    """Mean of each gene over all cells or, if there are groups, over the group means."""
    group_means: np.ndarray
    """Mean of each gene in each group of cells (groups × genes)."""
    counts: bool
    """Whether values are scaled and log-transformed, as counts are."""

    @classmethod
    def survey(cls, rows: BlockReader, groups: np.ndarray, n_groups: int, *, counts: bool = False) -> Profile:
        """Compute the means in one pass. Negative values raise.

        ``groups`` is the group index of each cell, or -1. With ``counts``, values are log-normalized first.
        """
        n_rows = n_groups + 1  # the last row is for cells without a group
        groups = groups.astype(np.int64) % n_rows
        moments = GeneMoments(rows.n_genes, n_groups=n_rows)
        for start, block in rows:
            check_positive(block)
            values = log_normalize(block) if counts else None
            moments.add(block, values=values, groups=groups[start : start + block.shape[0]])
        group_means = moments.means()
        # groups have equal weights, so that markers of a group with most of the cells also have an excess
        means = group_means[:n_groups].mean(axis=0) if n_groups else group_means[0]
        group_means = group_means[:n_groups]
        return cls(means, group_means, counts)

    def bins(self) -> np.ndarray:
        """Bin of each gene by its mean. Bins have equal numbers of genes; -1 for genes that are not expressed."""
        expressed = np.flatnonzero(self.means > 0)
        bins = np.full(len(self.means), -1)
        order = expressed[np.argsort(self.means[expressed], kind="stable")]
        bins[order] = np.arange(len(order)) * N_BINS // max(len(order), 1)
        return bins


def transformed(block: csr_array, *, counts: bool) -> csr_array:
    """A block with normalized values (float64)."""
    values = log_normalize(block) if counts else block.data.astype(np.float64)
    return csr_array((values, block.indices, block.indptr), shape=block.shape)


class Markers:
    r"""Scores of marker sets: the expression of markers in a cell compared to genes of similar mean expression.

    With the excess :math:`d_g = x_g - m_g` of the value of a gene over its mean, and the mean excess
    :math:`\bar d_{b(g)}` of the gene's expression bin, the score of a set is

    .. math:: \frac{\sum_g w_g (d_g - \bar d_{b(g)})}{\sigma \sqrt{\sum_g w_g^2}},

    where :math:`\sigma` is the root mean square of :math:`d` over all genes, and :math:`w_g = 1/n` for a marker of
    :math:`n` sets.

    Random sets replace each marker by a random gene of its bin, the same gene in all sets that share the marker.
    """

    def __init__(self, profile: Profile, sets: SetIndex, *, n_random: int, rng: np.random.Generator) -> None:
        self.means, self.bins = profile.means, profile.bins()
        self.expressed = self.bins >= 0
        n_genes = len(self.means)
        weights = csr_array(sets.membership, dtype=np.float64)
        sizes = np.sqrt(np.maximum(weights.multiply(weights).sum(axis=1), 1e-300))
        self.levels = csr_array(weights.multiply((1 / sizes)[:, None]))
        shared = np.bincount(weights.indices[weights.data > 0], minlength=n_genes)
        weights = csr_array(weights.multiply((self.expressed / np.maximum(shared, 1))[None]))
        weights.eliminate_zeros()
        norms = np.sqrt(weights.multiply(weights).sum(axis=1))
        self.weights = csr_array(weights.multiply((1 / np.where(norms > 0, norms, 1))[:, None]))

        expressed = np.flatnonzero(self.expressed)
        member = csr_array((np.ones(len(expressed)), (self.bins[expressed], expressed)), shape=(N_BINS, n_genes))
        sizes = np.maximum(member.sum(axis=1), 1)
        self.bin_members = csr_array(member.multiply((1 / sizes)[:, None]))
        self.bin_weights = (self.weights @ (member > 0).astype(np.float64).T).toarray()
        columns = csc_array(self.weights)
        self.random = [csr_array(columns[:, self._shuffled(rng)]) for _ in range(n_random)]

    def _shuffled(self, rng: np.random.Generator) -> np.ndarray:
        """Gene positions, shuffled within each bin."""
        order = np.arange(len(self.bins))
        for b in range(N_BINS):
            genes = np.flatnonzero(self.bins == b)
            order[genes] = rng.permutation(genes)
        return order

    def score(self, values: csr_array) -> np.ndarray:
        """Scores of the sets (cells × sets)."""
        return self._scores(values, self.weights)

    def level(self, values: csr_array) -> np.ndarray:
        r"""Level of the sets among all genes of a cell, as a z-score (cells × sets).

        :math:`\sum_g w_g (x_g - \bar x) / (\sigma_x \sqrt{\sum_g w_g^2})`, with the mean and the standard deviation over all
        genes of the cell. Unlike the score, it does not depend on the other cells.
        """
        n_genes = len(self.means)
        mean = values.sum(axis=1) / n_genes
        spread = np.sqrt(np.maximum(values.multiply(values).sum(axis=1) / n_genes - mean**2, 0))
        sums = (values @ self.levels.T).toarray() - mean[:, None] * self.levels.sum(axis=1)
        return np.asarray(sums / np.where(spread > 1e-9, spread, np.inf)[:, None])

    def best_random(self, values: csr_array) -> np.ndarray:
        """Highest score over the random sets of each draw (cells × draws)."""
        n_sets = self.weights.shape[0]
        step = max(1, SETS_AT_A_TIME // n_sets)
        parts = []
        for first in range(0, len(self.random), step):
            drawn = self.random[first : first + step]
            scores = self._scores(values, csr_array(vstack(drawn)))
            parts.append(scores.reshape(len(scores), len(drawn), n_sets).max(axis=2))
        return np.concatenate(parts, axis=1)

    def _scores(self, values: csr_array, weights: csr_array) -> np.ndarray:
        excess = (values @ weights.T).toarray() - weights @ self.means
        bin_excess = (values @ self.bin_members.T).toarray() - self.bin_members @ self.means
        expected = np.tile(bin_excess @ self.bin_weights.T, weights.shape[0] // self.weights.shape[0])
        squares = values.multiply(values).sum(axis=1) - 2 * (values @ self.means) + self.means @ self.means
        spread = np.sqrt(np.maximum(squares, 0) / max(self.expressed.sum(), 1))
        return np.asarray((excess - expected) / np.where(spread > 1e-9, spread, np.inf)[:, None])

    def specific_genes(self, group_means: np.ndarray) -> np.ndarray:
        """Genes whose excess in a group is positive and among the highest of their bin (groups × genes)."""
        from scipy.stats import rankdata

        excess = group_means - self.means
        specific = np.zeros(excess.shape, bool)
        for b in range(N_BINS):
            genes = np.flatnonzero(self.bins == b)
            if len(genes):
                ranks = (rankdata(excess[:, genes], axis=1) - 0.5) / len(genes)
                specific[:, genes] = (ranks > MIN_RANK) & (excess[:, genes] > 0)
        return specific

    def specific_share(self, specific: np.ndarray) -> np.ndarray:
        """Share of the markers of each set that are specific to a group (groups × sets)."""
        markers = csr_array((self.weights > 0).astype(np.float64))
        return np.asarray((specific @ markers.T) / np.maximum(markers.sum(axis=1), 1))

    def supporting_genes(self, i: int, excess: np.ndarray, specific: np.ndarray) -> np.ndarray:
        """Positions of the markers of set ``i`` that are specific to a group, largest weighted excess first."""
        row = slice(self.weights.indptr[i], self.weights.indptr[i + 1])
        genes, weights = self.weights.indices[row], self.weights.data[row]
        order = np.argsort(-weights * excess[genes], kind="stable")
        genes, weights = genes[order], weights[order]
        return np.asarray(genes[specific[genes] & (weights > 0)])


class CellScores(NamedTuple):
    """Scores of cells."""

    scores: np.ndarray
    """Scores of the sets (cells × sets)."""
    levels: np.ndarray
    """Levels of the sets among all genes of the cell (cells × sets)."""
    null: np.ndarray
    """Highest scores of random sets (cells × draws)."""


def score_cells(rows: BlockReader, markers: Markers, *, counts: bool) -> CellScores:
    """Score all cells."""
    scores, levels = np.empty((2, rows.n_cells, markers.weights.shape[0]))
    null = np.empty((rows.n_cells, len(markers.random)))
    for start, block in rows:
        values = transformed(block, counts=counts)
        cells = slice(start, start + block.shape[0])
        scores[cells], levels[cells] = markers.score(values), markers.level(values)
        null[cells] = markers.best_random(values)
    return CellScores(scores, levels, null)


def probabilities(scores: np.ndarray, threshold: float | np.ndarray, temperature: float) -> np.ndarray:
    r"""Softmax of the scores, with ``threshold`` as the score of "unassigned", whose probability is not returned.

    With the temperature :math:`T` and the threshold :math:`t`, :math:`p_i = e^{s_i / T} / (e^{t / T} + \sum_j e^{s_j / T})`.
    The threshold is one for all rows, or one for each.
    """
    threshold = np.broadcast_to(threshold, len(scores))[:, None]
    top = np.maximum(scores.max(axis=1, keepdims=True), threshold)
    weights = np.exp((scores - top) / temperature)
    return np.asarray(weights / (weights.sum(axis=1, keepdims=True) + np.exp((threshold - top) / temperature)))
