"""What a training step sees: sets drawn from a corpus, split into a visible part and its targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numba
import numpy as np
import torch
from torch.utils.data import IterableDataset

from ._modules import SPECIALS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from ._config import TrainConfig
    from ._corpus import Corpus


class Batch(NamedTuple):
    """Visible genes and targets of a batch of sets, as CSR patterns, and the genes drawn as negatives."""

    indptr: Tensor
    indices: Tensor
    target_indptr: Tensor
    target_indices: Tensor
    negatives: Tensor


class Draws(IterableDataset):
    """Batches without end; batch i depends on the seed, i and the process alone, so that training resumes exactly.

    A group of sets is drawn with probability proportional to its size to the power ``temper``, then a set of it.
    """

    def __init__(
        self, corpus: Corpus, train: np.ndarray, config: TrainConfig, *, rank: int = 0, world: int = 1
    ) -> None:
        self.corpus, self.config = corpus, config
        self.rank, self.world = rank, world
        self.start = 0
        order = np.argsort(corpus.group[train], kind="stable")
        self.by_group = np.split(train[order], np.cumsum(np.bincount(corpus.group[train]))[:-1])
        self.by_group = [sets for sets in self.by_group if len(sets)]
        self.chance = np.array([len(sets) for sets in self.by_group], float) ** config.temper
        self.chance /= self.chance.sum()

    def __iter__(self) -> Iterator[Batch]:
        step = self.start
        while True:
            yield self.batch(step)
            step += 1

    def batch(self, step: int) -> Batch:
        """The batch of one step."""
        c = self.config
        rng = np.random.default_rng([c.seed, step, self.rank])
        groups = rng.choice(len(self.chance), c.batch_size, p=self.chance)
        position = rng.random(c.batch_size)
        sets = np.array(
            [self.by_group[g][int(u * len(self.by_group[g]))] for g, u in zip(groups, position, strict=True)]
        )
        if c.objective == "multinomial":
            low, high, disjoint = c.visible[0], c.visible[1], c.hide_visible
        else:  # as published: a fixed share is the target and the rest visible, or all is both
            low = high = 1 - c.partition
            disjoint = c.partition > 0
        parts = split(
            sets, self.corpus.indptr, self.corpus.indices, rng, low, high, c.max_visible, c.max_targets, disjoint
        )
        n_special, n_genes = len(SPECIALS), len(self.corpus.genes)
        negatives = rng.choice(n_genes - n_special, min(c.negatives, n_genes - n_special), replace=False) + n_special
        return Batch(*map(torch.from_numpy, parts), torch.from_numpy(negatives))


@numba.njit(cache=True)
def split(
    sets: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    rng: np.random.Generator,
    low: float,
    high: float,
    max_visible: int,
    max_targets: int,
    disjoint: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Shuffle each set; its first genes, a share drawn from [low, high], are visible, all or the rest are targets."""
    longest = 0
    for s in sets:
        longest += indptr[s + 1] - indptr[s]
    visible, target = np.empty(longest, np.int64), np.empty(longest, np.int64)
    v_ptr, t_ptr = np.zeros(len(sets) + 1, np.int64), np.zeros(len(sets) + 1, np.int64)
    for i, s in enumerate(sets):
        genes = indices[indptr[s] : indptr[s + 1]].astype(np.int64)
        rng.shuffle(genes)
        n = len(genes)
        share = low + (high - low) * rng.random()
        n_visible = max(1, min(int(round(n * share)), n if low == 1 else n - 1))
        shown = min(n_visible, max_visible)
        first = n_visible if disjoint else 0
        n_target = min(n - first, max_targets)
        begin = n - n_target if disjoint else 0
        v_ptr[i + 1], t_ptr[i + 1] = v_ptr[i] + shown, t_ptr[i] + n_target
        visible[v_ptr[i] : v_ptr[i + 1]] = genes[:shown]
        target[t_ptr[i] : t_ptr[i + 1]] = genes[begin : begin + n_target]
    return v_ptr, visible[: v_ptr[-1]], t_ptr, target[: t_ptr[-1]]
