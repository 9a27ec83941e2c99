from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_array, csr_array, vstack

from scgsfm.scoring.engine import check_positive, log_normalize

if TYPE_CHECKING:
    from scgsfm.scoring import SetIndex
    from scgsfm.scoring.engine import BlockReader

N_BINS = 25
"""Bins of genes by their mean, out of which random markers are drawn."""
OUTSTANDING = 0.9
"""A gene stands out in a group if its excess is higher than that of this share of its bin."""
COLUMNS = 4096
"""Random sets scored at a time."""


@dataclass(frozen=True)
class Profile:
    """What is to be known of all cells before single cells can be compared with them."""

    means: np.ndarray
    """Mean of each gene over all cells, or, if there are groups, over the means of the groups."""
    group_means: np.ndarray
    """Means of each gene in each group of cells (groups × genes)."""
    counts: bool
    """Whether values are counts, to be scaled and log-transformed."""

    @classmethod
    def survey(cls, rows: BlockReader, groups: np.ndarray, n_groups: int) -> Profile:
        """Walk the data once. ``groups`` numbers the group of each cell, -1 for none. Refuses negative values."""
        n_rows = n_groups + 1  # cells of no group come last
        groups = groups.astype(np.int64) % n_rows
        as_is, normalised, counts = np.zeros(n_rows * rows.n_genes), np.zeros(n_rows * rows.n_genes), True
        for start, block in rows:
            check_positive(block)
            cell = start + np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
            place = groups[cell] * rows.n_genes + block.indices
            # one by one in the order of the cells, so that blocks change no bit and so no bin
            np.add.at(as_is, place, block.data.astype(np.float64))
            counts = counts and bool((block.data == np.floor(block.data)).all())
            if counts:
                np.add.at(normalised, place, log_normalize(block))
        sums = (normalised if counts else as_is).reshape(n_rows, rows.n_genes)
        sizes = np.maximum(np.bincount(groups, minlength=n_rows)[:n_groups], 1)
        group_means = sums[:n_groups] / sizes[:, None]
        # so that the markers of a group that has most of the cells stand out, too
        means = group_means.mean(axis=0) if n_groups else sums[0] / max(rows.n_cells, 1)
        return cls(means, group_means, counts)

    def bins(self) -> np.ndarray:
        """The bin of each gene, of equal numbers of genes by their mean; -1 for genes without a value."""
        found = np.flatnonzero(self.means > 0)
        bins = np.full(len(self.means), -1)
        bins[found[np.argsort(self.means[found], kind="stable")]] = np.arange(len(found)) * N_BINS // max(len(found), 1)
        return bins


def transformed(block: csr_array, *, counts: bool) -> csr_array:
    """A block with its values as they are used, float64."""
    values = log_normalize(block) if counts else block.data.astype(np.float64)
    return csr_array((values, block.indices, block.indptr), shape=block.shape)


class Markers:
    r"""Scores marker sets by how far their genes exceed, in a cell, genes that are as highly expressed in all cells.

    With :math:`d_g = x_g - m_g`, the value of a gene less its mean over all cells (groups count the same), and :math:`\bar d_{b(g)}` the mean of
    :math:`d` over the gene's bin, the score of a set is :math:`\sum_g w_g (d_g - \bar d_{b(g)}) / (\sigma \sqrt{\sum
    w_g^2})` with the root mean square :math:`\sigma` of :math:`d` over all genes. A gene that is a marker of n sets
    weighs 1/n.

    Random sets have each marker replaced by a gene of its bin, the same gene in all sets that share the marker.
    """

    def __init__(self, profile: Profile, sets: SetIndex, *, n_random: int, rng: np.random.Generator) -> None:
        self.means, self.bins = profile.means, profile.bins()
        self.expressed = self.bins >= 0
        n_genes = len(self.means)
        weights = csr_array(sets.membership, dtype=np.float64)
        shared = np.bincount(weights.indices[weights.data > 0], minlength=n_genes)
        weights = csr_array(weights.multiply((self.expressed / np.maximum(shared, 1))[None]))
        weights.eliminate_zeros()
        norms = np.sqrt(weights.multiply(weights).sum(axis=1))
        self.weights = csr_array(weights.multiply((1 / np.where(norms > 0, norms, 1))[:, None]))

        places = np.flatnonzero(self.expressed)
        member = csr_array((np.ones(len(places)), (self.bins[places], places)), shape=(N_BINS, n_genes))
        sizes = np.maximum(member.sum(axis=1), 1)
        self.bin_members = csr_array(member.multiply((1 / sizes)[:, None]))
        self.bin_weights = (self.weights @ (member > 0).astype(np.float64).T).toarray()
        columns = csc_array(self.weights)
        self.random = [csr_array(columns[:, self._shuffled(rng)]) for _ in range(n_random)]

    def _shuffled(self, rng: np.random.Generator) -> np.ndarray:
        """The genes in an order that is random within each bin."""
        order = np.arange(len(self.bins))
        for b in range(N_BINS):
            genes = np.flatnonzero(self.bins == b)
            order[genes] = rng.permutation(genes)
        return order

    def score(self, values: csr_array) -> np.ndarray:
        """Scores of the sets (cells × sets)."""
        return self._scores(values, self.weights)

    def best_random(self, values: csr_array) -> np.ndarray:
        """The best score of the random sets of each draw (cells × draws)."""
        n_sets = self.weights.shape[0]
        step = max(1, COLUMNS // n_sets)
        parts = []
        for first in range(0, len(self.random), step):
            drawn = self.random[first : first + step]
            scores = self._scores(values, csr_array(vstack(drawn)))
            parts.append(scores.reshape(len(scores), len(drawn), n_sets).max(axis=2))
        return np.concatenate(parts, axis=1)

    def _scores(self, values: csr_array, weights: csr_array) -> np.ndarray:
        excess = (values @ weights.T).toarray() - weights @ self.means
        of_bins = (values @ self.bin_members.T).toarray() - self.bin_members @ self.means
        expected = np.tile(of_bins @ self.bin_weights.T, weights.shape[0] // self.weights.shape[0])
        squares = values.multiply(values).sum(axis=1) - 2 * (values @ self.means) + self.means @ self.means
        spread = np.sqrt(np.maximum(squares, 0) / max(self.expressed.sum(), 1))
        return (excess - expected) / np.where(spread > 1e-9, spread, np.inf)[:, None]

    def share_outstanding(self, group_means: np.ndarray) -> np.ndarray:
        """Share of each set's markers with an excess among the highest of their bin (groups × sets)."""
        from scipy.stats import rankdata

        excess = group_means - self.means
        high = np.zeros(excess.shape, bool)
        for b in range(N_BINS):
            genes = np.flatnonzero(self.bins == b)
            if len(genes):
                ranks = (rankdata(excess[:, genes], axis=1) - 0.5) / len(genes)
                high[:, genes] = (ranks > OUTSTANDING) & (excess[:, genes] > 0)
        own = csr_array((self.weights > 0).astype(np.float64))
        return (high @ own.T) / np.maximum(own.sum(axis=1), 1)


def score_cells(rows: BlockReader, markers: Markers, *, counts: bool) -> tuple[np.ndarray, np.ndarray]:
    """Scores of all cells (cells × sets), and the best scores of random sets (cells × draws)."""
    scores = np.empty((rows.n_cells, markers.weights.shape[0]))
    null = np.empty((rows.n_cells, len(markers.random)))
    for start, block in rows:
        values = transformed(block, counts=counts)
        cells = slice(start, start + block.shape[0])
        scores[cells], null[cells] = markers.score(values), markers.best_random(values)
    return scores, null


def probabilities(scores: np.ndarray, threshold: float, temperature: float) -> np.ndarray:
    """Softmax over the scores and, as a further candidate that isn't returned, ``threshold``."""
    top = np.maximum(scores.max(axis=1, keepdims=True), threshold)
    weights = np.exp((scores - top) / temperature)
    return weights / (weights.sum(axis=1, keepdims=True) + np.exp((threshold - top) / temperature))
