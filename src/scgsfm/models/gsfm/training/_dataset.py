"""What a training step sees: sets drawn from a corpus, split into a visible part and its targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from scgsfm._vocabulary import SPECIALS
from scgsfm.models.training._loop import InfiniteBatches

if TYPE_CHECKING:
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


class SetSampler(InfiniteBatches[Batch]):
    """Batches without end.

    A group of sets is drawn with probability proportional to its size to the power ``config.temper``, times its weight
    in ``config.group_weights``, then a set of it. The batch of a step depends on the seed, the step and the process alone, so that training resumes exactly.

    Parameters
    ----------
    corpus
        The gene sets.
    train
        Which of them to draw from.
    config
        How to draw and split them.
    rank
        Number of this process among those that train together.
    start
        First step.
    """

    def __init__(
        self, corpus: Corpus, train: np.ndarray, config: TrainConfig, *, rank: int = 0, start: int = 0
    ) -> None:
        self.corpus, self.config, self.rank, self.start = corpus, config, rank, start
        group = corpus.group[train]
        by_group = np.split(train[np.argsort(group, kind="stable")], np.cumsum(np.bincount(group))[:-1])
        self.by_group = [sets for sets in by_group if len(sets)]
        chance = np.array([len(sets) for sets in self.by_group], float) ** config.temper
        chance *= corpus.group_values(config.group_weights)[np.unique(group)]
        self.chance = chance / chance.sum()

    def batch(self, step: int) -> Batch:
        """The batch of one step."""
        from scgsfm.kernels import mask_sets

        c = self.config
        rng = np.random.default_rng([c.seed, step, self.rank])
        groups = rng.choice(len(self.chance), c.batch_size, p=self.chance)
        places = rng.random(c.batch_size)
        drawn = zip((self.by_group[g] for g in groups), places, strict=True)
        sets = np.array([of_group[int(place * len(of_group))] for of_group, place in drawn])
        if c.objective == "multinomial":
            how = (*c.visible, c.max_visible, c.max_targets, c.hide_visible)
        else:  # as published: a fixed share is visible and the rest the target, or all is both
            all_genes = len(self.corpus.genes)
            how = (1 - c.partition, 1 - c.partition, all_genes, all_genes, c.partition > 0)
        parts = mask_sets(sets, self.corpus.indptr, self.corpus.indices, rng, *how)
        n_special, n_genes = len(SPECIALS), len(self.corpus.genes)
        negatives = rng.choice(n_genes - n_special, min(c.negatives, n_genes - n_special), replace=False) + n_special
        indptr, indices, target_indptr, target_indices, drawn_genes = map(torch.from_numpy, (*parts, negatives))
        return Batch(indptr, indices, target_indptr, target_indices, drawn_genes)
