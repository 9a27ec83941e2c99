"""Train a branch of the activity network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from r3lm_network import AugmentedBatches, BranchConfig, motifs_as_filters, train_branch

from scgsfm.models.r3lm._network import ActivityConfig, CardBranch, SequenceBranch, one_hot
from scgsfm.motifs import Motifs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = BranchConfig(epochs=3, batch_size=16, learning_rate=1e-2, precision="32-true", average=0.5)
SIZES = ActivityConfig(1, 5, length=40, stem=6, widths=(6,), kernels=(3,), repeats=(1,), hidden=6, card_hidden=(8, 4))


@pytest.fixture
def codes() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 4, (64, 40)).astype(np.uint8)


def test_batches_shift_and_reverse(codes: np.ndarray) -> None:
    """Each sequence comes once an epoch, on one strand, moved by at most the shift, with N beyond its end."""
    batches = AugmentedBatches(codes, np.arange(64, dtype=np.float32)[:, None], replace(CONFIG, shift=3))
    strands, moves = set(), set()
    seen = []
    for x, y in batches:
        for row, i in zip(x.numpy(), y.numpy()[:, 0].astype(int), strict=True):
            seen.append(i)
            own = np.pad(codes[i], 3, constant_values=4)
            other = np.where(own[::-1] < 4, 3 - own[::-1].astype(int), 4)
            fits = [
                (strand, at)
                for strand, whole in (("+", own), ("-", other))
                for at in range(7)
                if (whole[at : at + 40] == row).all()
            ]
            assert len(fits) == 1
            strands.add(fits[0][0])
            moves.add(fits[0][1])
    assert sorted(seen) == list(range(64))
    assert strands == {"+", "-"}
    assert len(moves) > 1


def test_epochs_differ_and_are_reproducible(codes: np.ndarray) -> None:
    batches = AugmentedBatches(codes, codes[:, :1].astype(np.float32), CONFIG)
    first = [x for x, _ in batches]
    assert all(torch.equal(a, b) for a, (b, _) in zip(first, batches, strict=True))
    batches.epoch = 1
    assert not torch.equal(first[0], next(iter(batches))[0])


@pytest.fixture
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_a_resumed_training_has_the_weights_of_an_uninterrupted_one(tmp_path: Path, one_thread: None) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(128, 5)).astype(np.float32)
    y = (x[:, :1] - x[:, 1:2]).astype(np.float32)
    config = replace(CONFIG, epochs=6)

    def trained(name: str, measure: Any = None) -> torch.nn.Module:
        torch.manual_seed(0)
        return train_branch(CardBranch(SIZES), x, y, config, tmp_path / name, measure=measure)

    modes = []
    whole = trained("whole", lambda branch: modes.append(branch.training) or 0.0)
    assert modes == [False] * 6

    def failing(_branch: torch.nn.Module) -> float:
        if (tmp_path / "parts" / "last.ckpt").exists():
            raise ConnectionError
        return 0.0

    with pytest.raises(ConnectionError):
        trained("parts", failing)
    resumed, again = trained("parts"), trained("whole")
    for key, value in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[key], value, rtol=0, atol=0)
        torch.testing.assert_close(again.state_dict()[key], value, rtol=0, atol=0)
    with torch.inference_mode():
        r = np.corrcoef(whole(torch.from_numpy(x))[:, 0], y[:, 0])[0, 1]
    assert r > 0.5


def test_a_checkpoint_of_other_settings_is_refused(tmp_path: Path) -> None:
    x = np.random.default_rng(1).normal(size=(32, 5)).astype(np.float32)
    train_branch(CardBranch(SIZES), x, x[:, :1], replace(CONFIG, epochs=1), tmp_path)
    with pytest.raises(ValueError, match="learning_rate was 0.01 and is 0.1"):
        train_branch(CardBranch(SIZES), x, x[:, :1], replace(CONFIG, epochs=1, learning_rate=0.1), tmp_path)


def test_filters_are_motifs() -> None:
    """The filter's answer is largest on the motif's best word, on one of the strands."""
    torch.manual_seed(0)
    motifs = Motifs.embedded()
    branch = SequenceBranch(replace(SIZES, stem_kernel=15))
    before = branch.stem.weight.clone()
    motifs_as_filters(branch, motifs, 0.5, seed=3)
    drawn = np.random.default_rng(3).permutation(len(motifs))[:3]
    changed = (branch.stem.weight != before).flatten(1).any(1)
    assert changed.tolist() == [True] * 3 + [False] * 3
    for i, motif in enumerate(drawn):
        word = motifs.counts[motifs.starts[motif] : motifs.starts[motif + 1]].argmax(axis=1)
        answers = []
        for letters in (word, 3 - word[::-1]):
            x = np.full((1, 40), 4, np.uint8)
            x[0, 10 : 10 + len(letters)] = letters
            answers.append(float(branch.stem(one_hot(torch.from_numpy(x)))[0, i].max()))
        assert max(answers) > 0
