from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from scgsfm.models.gsfm.training._dataset import SetSampler

if TYPE_CHECKING:
    from typing import Any

    from scgsfm.models.gsfm import TrainConfig
    from scgsfm.models.gsfm.training._corpus import Corpus
    from scgsfm.models.gsfm.training._dataset import SetBatch


def all_sets(corpus: Corpus) -> np.ndarray:
    return np.arange(len(corpus))


def sets_of(batch: SetBatch) -> list[list[set[Any]]]:
    """The sets of visible genes and of targets."""
    return [
        [set(part.tolist()) for part in torch.tensor_split(indices, indptr[1:-1])]
        for indptr, indices in ((batch.indptr, batch.indices), (batch.target_indptr, batch.target_indices))
    ]


def equal(one: SetBatch, other: SetBatch) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_batch(corpus: Corpus, tiny: TrainConfig) -> None:
    batch = SetSampler(corpus, all_sets(corpus), tiny).batch(0)
    rows = {frozenset(row.tolist()) for row in np.split(corpus.indices, corpus.indptr[1:-1])}
    visible, targets = sets_of(batch)
    assert len(visible) == len(targets) == tiny.batch_size
    for seen, target in zip(visible, targets, strict=True):
        assert frozenset(target) in rows
        assert seen < target
    assert all(tensor.dtype == torch.int64 for tensor in batch)


def test_negatives(corpus: Corpus, tiny: TrainConfig) -> None:
    drawn = SetSampler(corpus, all_sets(corpus), tiny).batch(0).negatives
    assert len(set(drawn.tolist())) == len(drawn) == 40
    assert drawn.min() >= 2, "no special"
    everything = SetSampler(corpus, all_sets(corpus), replace(tiny, negatives=10_000)).batch(0).negatives
    assert sorted(everything.tolist()) == list(range(2, len(corpus.genes)))


def test_hidden_targets_and_caps(corpus: Corpus, tiny: TrainConfig) -> None:
    config = replace(tiny, hide_visible=True, max_visible=3, max_targets=4)
    visible, targets = sets_of(SetSampler(corpus, all_sets(corpus), config).batch(0))
    assert {len(seen) for seen in visible} <= {1, 2, 3}
    assert max(map(len, visible)) == 3
    assert max(map(len, targets)) == 4
    assert not any(seen & target for seen, target in zip(visible, targets, strict=True))


def test_published_reconstruction_uses_all_genes(corpus: Corpus, tiny: TrainConfig) -> None:
    config = replace(tiny, objective="bernoulli", max_visible=3, max_targets=4)
    visible, targets = sets_of(SetSampler(corpus, all_sets(corpus), config).batch(0))
    assert visible == targets
    assert min(map(len, visible)) >= 8, "the caps are of the other objective"


def test_published_partition_hides_a_share(corpus: Corpus, tiny: TrainConfig) -> None:
    config = replace(tiny, objective="bernoulli", partition=0.75)
    for seen, target in zip(*sets_of(SetSampler(corpus, all_sets(corpus), config).batch(0)), strict=True):
        assert not seen & target
        assert len(seen) == round(0.25 * (len(seen) + len(target)))


def test_tempering(corpus: Corpus, tiny: TrainConfig) -> None:
    group_of = {
        tuple(row): g for row, g in zip(np.split(corpus.indices, corpus.indptr[1:-1]), corpus.group, strict=True)
    }
    assert len(group_of) > 295, "a set tells its group, but for a few"
    for temper, expected in ((1.0, [200, 80, 20]), (0.5, [200**0.5, 80**0.5, 20**0.5]), (0.0, [1, 1, 1])):
        draws = SetSampler(corpus, all_sets(corpus), replace(tiny, temper=temper, batch_size=6000))
        _, targets = sets_of(draws.batch(0))
        found = np.bincount([group_of[tuple(sorted(target))] for target in targets], minlength=3) / 6000
        np.testing.assert_allclose(found, np.array(expected) / sum(expected), atol=0.025)


def test_only_training_sets_are_drawn(corpus: Corpus, tiny: TrainConfig) -> None:
    some = np.array([3, 250, 299])
    allowed = [set(corpus.indices[corpus.indptr[i] : corpus.indptr[i + 1]].tolist()) for i in some]
    _, targets = sets_of(SetSampler(corpus, some, tiny).batch(0))
    assert all(target in allowed for target in targets)
    assert {allowed.index(target) for target in targets} == {0, 1, 2}


def test_batches_depend_on_seed_step_and_rank_alone(corpus: Corpus, tiny: TrainConfig) -> None:
    def draws(config: TrainConfig = tiny, **options: Any) -> SetSampler:
        return SetSampler(corpus, all_sets(corpus), config, **options)

    first = list(islice(draws(), 6))
    assert equal(draws().batch(4), first[4])
    assert all(equal(*pair) for pair in zip(islice(draws(start=3), 3), first[3:], strict=True))
    others = [first[1], draws(rank=1).batch(0), draws(replace(tiny, seed=1)).batch(0)]
    assert not any(equal(first[0], other) for other in others)


def test_group_weights(corpus: Corpus, tiny: TrainConfig) -> None:
    """Half the weight gives half the share; weight 0 gives none."""
    sizes = np.bincount(corpus.group)
    draws = SetSampler(corpus, all_sets(corpus), replace(tiny, temper=1.0, group_weights={"large": 0.5, "small": 0.0}))
    expected = sizes * [0.5, 1.0, 0.0]
    np.testing.assert_allclose(draws.chance, expected / expected.sum())
    with pytest.raises(ValueError, match=r"no groups named huge; its groups are large, medium, small"):
        SetSampler(corpus, all_sets(corpus), replace(tiny, group_weights={"huge": 2.0}))
