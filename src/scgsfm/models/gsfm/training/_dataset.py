"""Training batches: gene sets drawn from a corpus, each split into a visible part and targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from scgsfm._vocabulary import SPECIALS
from scgsfm.models.training._loop import InfiniteBatches

if TYPE_CHECKING:
    from torch import Tensor

    from ._config import TrainConfig
    from ._corpus import Corpus


class SetBatch(NamedTuple):
    """Visible and target genes of a batch of sets, as CSR patterns, and the genes sampled as negatives."""

    indptr: Tensor
    indices: Tensor
    target_indptr: Tensor
    target_indices: Tensor
    negatives: Tensor


class SetSampler(InfiniteBatches[SetBatch]):
    r"""Batches without end.

    First a group of sets is drawn, with probability proportional to :math:`w_g n_g^\tau` for a group of :math:`n_g` sets
    (:math:`\tau` is ``config.temper``, :math:`w` ``config.group_weights``), then a set from it. The batch of a step
    depends on the seed, the step and the process alone, so that training resumes exactly.

    Parameters
    ----------
    corpus
        The gene sets.
    train
        The sets to draw from.
    config
        The settings.
    rank
        The rank of this process.
    start
        The first step.
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

    def batch(self, step: int) -> SetBatch:
        """The batch of one step."""
        from scgsfm.kernels import mask_sets

        c = self.config
        rng = np.random.default_rng([c.seed, step, self.rank])
        groups = rng.choice(len(self.chance), c.batch_size, p=self.chance)
        candidates = (self.by_group[group] for group in groups)
        drawn = zip(candidates, rng.random(c.batch_size), strict=True)
        sets = np.array([sets_of_group[int(share * len(sets_of_group))] for sets_of_group, share in drawn])
        if c.objective == "multinomial":
            split: tuple[Any, int, int, bool] = (tuple(c.visible), c.max_visible, c.max_targets, c.hide_visible)
        else:  # as published: a fixed share is visible and the rest are targets, or all genes are both
            all_genes = len(self.corpus.genes)
            split = ((1 - c.partition, 1 - c.partition), all_genes, all_genes, c.partition > 0)
        parts = mask_sets(sets, self.corpus.indptr, self.corpus.indices, rng, *split)
        n_special, n_genes = len(SPECIALS), len(self.corpus.genes)
        negatives = rng.choice(n_genes - n_special, min(c.negatives, n_genes - n_special), replace=False) + n_special
        indptr, indices, target_indptr, target_indices, drawn_genes = map(torch.from_numpy, (*parts, negatives))
        return SetBatch(indptr, indices, target_indptr, target_indices, drawn_genes)
