"""The model as users meet it, small and with random weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from scgsfm import models
from scgsfm.models._serialization import write_folder
from scgsfm.models.r3lm._network import one_hot

from .conftest import CELL_TYPES, random_dna

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from scgsfm.models.r3lm import R3LM

COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
SEQUENCES = random_dna(9)


def other_strand(sequence: str) -> str:
    return sequence.translate(COMPLEMENT)[::-1]


def test_shape_and_order(small: R3LM) -> None:
    found = small.predict(SEQUENCES)
    assert found.dtype == np.float32
    assert found.shape == (9, 2)
    assert small.cell_types == CELL_TYPES
    assert found.std(axis=0).min() > 1e-3
    np.testing.assert_allclose(small.predict(SEQUENCES[::-1])[::-1], found, atol=1e-5)
    np.testing.assert_allclose(small.predict(SEQUENCES, batch_size=4), found, atol=1e-5)
    assert small.predict([]).shape == (0, 2)


@pytest.mark.parametrize("mode", ["joint", "sequence", "card"])
def test_strands_agree(small: R3LM, mode: str) -> None:
    """Best scores, counts and composition don't know the strand, and the network reads both."""
    there = small.predict(SEQUENCES, mode=mode)
    np.testing.assert_allclose(small.predict([other_strand(s) for s in SEQUENCES], mode=mode), there, atol=1e-4)


def test_modes_are_parts_of_the_whole(small: R3LM) -> None:
    by_sequence, by_card = (small.predict(SEQUENCES, mode=mode) for mode in ("sequence", "card"))
    expected = 0.6 * (by_sequence - 0.2) + 0.5 * (by_card - 0.3) + 0.1
    np.testing.assert_allclose(small.predict(SEQUENCES), expected, atol=1e-5)


def test_sequence_network_by_hand(small: R3LM) -> None:
    """The layers one after the other, with plain convolution."""
    first, second = small.module.activity.sequence
    x = one_hot(torch.tensor([["ACGT".index(letter) for letter in SEQUENCES[0]]])).double()
    weight: dict[str, Any] = {}

    def norm(y: torch.Tensor, name: str) -> torch.Tensor:
        y = (y - weight[f"{name}.running_mean"][:, None]) / (weight[f"{name}.running_var"][:, None] + 1e-5).sqrt()
        return y * weight[f"{name}.weight"][:, None] + weight[f"{name}.bias"][:, None]

    def layer(y: torch.Tensor, name: str) -> torch.Tensor:
        out = norm(torch.conv1d(y, weight[f"{name}.conv.weight"], padding=1), f"{name}.norm").relu()
        return y + out if y.shape == out.shape else out

    def one_strand(x: torch.Tensor) -> torch.Tensor:
        y = torch.conv1d(x, weight["stem.weight"], weight["stem.bias"], padding=7).relu()
        y = norm(y.reshape(1, 8, 50, 4).mean(-1), "stem_norm")
        y = layer(y, "body.0").reshape(1, 6, 25, 2).amax(-1)
        y = layer(layer(y, "body.3"), "body.4")
        place = (y * weight["by_place.weight"][:, 0]).sum(2) + weight["by_place.bias"]
        z = norm(torch.cat([y.mean(2), y.amax(2), place], 1)[:, :, None], "head.0")[:, :, 0]
        z = (z @ weight["head.2.weight"].T + weight["head.2.bias"]).relu()
        return z @ weight["head.5.weight"].T + weight["head.5.bias"]

    expected = torch.tensor(0.2)
    for branch in (first, second):
        weight |= {key: value.double() for key, value in branch.state_dict().items()}
        expected = expected + (one_strand(x) + one_strand(x.flip(1, 2))) / 4
    np.testing.assert_allclose(small.predict(SEQUENCES[:1], mode="sequence"), expected.numpy(), rtol=1e-4, atol=1e-4)


def test_lower_case_and_unknown_bases(small: R3LM) -> None:
    np.testing.assert_array_equal(small.predict([s.lower() for s in SEQUENCES]), small.predict(SEQUENCES))
    found = small.predict(["N" * 200, SEQUENCES[0], "", "n" * 30])
    assert np.isnan(found[[0, 2, 3]]).all()
    np.testing.assert_allclose(found[1], small.predict(SEQUENCES[:1])[0], atol=1e-5)


@pytest.mark.parametrize("mode", ["joint", "sequence", "card"])
def test_short_sequences_are_centered_in_random_flanks(small: R3LM, mode: str) -> None:
    """The mean over two fixed flanking sequences and both strands."""
    short = [SEQUENCES[0][:131], "ACGRT", SEQUENCES[1][:198]]
    found = small.predict([*short, SEQUENCES[2]], mode=mode)
    rng = np.random.default_rng(0)
    around = ["".join(rng.choice(list("ACGT"), 200)) for _ in range(2)]
    for sequence, one in zip(short, found, strict=False):
        at = (200 - len(sequence)) // 2
        strands = sequence, sequence.replace("R", "N").translate(COMPLEMENT)[::-1]
        filled = [a[:at] + strand + a[at + len(strand) :] for a in around for strand in strands]
        np.testing.assert_allclose(one, small.predict(filled, mode=mode).mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(found[3], small.predict(SEQUENCES[2:3], mode=mode)[0], atol=1e-5)
    other = [strand.replace("R", "N").translate(COMPLEMENT)[::-1] for strand in short]
    np.testing.assert_allclose(small.predict(other, mode=mode), found[:3], atol=1e-4)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda m: m.predict([SEQUENCES[0] + "A"]), "Sequence 0 has 201 bases, but the model reads 200"),
        (lambda m: m.predict(["ACGTU" * 40]), "contains 'U' at position 4"),
        (lambda m: m.predict(SEQUENCES, mode="both"), "`mode` is 'both', but must be 'joint', 'sequence' or 'card'"),
        (lambda m: m.predict(SEQUENCES, batch_size=0), "`batch_size` is 0, but must be at least 1"),
        (lambda m: m.card(SEQUENCES[0], "HeLa"), "`cell_type` is 'HeLa', but the model knows 'HepG2', 'K562'"),
        (lambda m: m.explain(SEQUENCES[0], "HeLa"), "`cell_type` is 'HeLa'"),
        (lambda m: m.read(m.cards(SEQUENCES, "K562"), reasoning="gold"), "`reasoning` is 'gold'"),
    ],
)
def test_refusals(small: R3LM, call: Callable[..., Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        call(small)


def test_one_text_is_refused(small: R3LM) -> None:
    with pytest.raises(TypeError, match="give a single sequence as a list"):
        small.predict(SEQUENCES[0])


def test_explanation_is_of_this_model(small: R3LM) -> None:
    explanation = small.explain(SEQUENCES[0], "K562", rng=1)
    assert explanation.prediction == pytest.approx(small.predict(SEQUENCES[:1])[0, 1], abs=1e-5)
    assert explanation.card == small.card(SEQUENCES[0], "K562")
    assert explanation.trace.level == small.level(explanation.prediction, "K562")
    assert len(explanation.effects) == len(explanation.card.hits) > 3


def test_levels(small: R3LM) -> None:
    assert [small.level(x, "HepG2") for x in (-1, -0.7, -0.5, 0.0, 0.2, 3)] == [0, 1, 1, 2, 3, 3]


def test_written_reasoning_keeps_to_the_card(small: R3LM) -> None:
    from scgsfm.regulatory import check_trace

    cards = small.cards(SEQUENCES, "K562")
    traces = small.reason(cards, batch_size=4)
    for trace, card in zip(traces, cards, strict=True):
        check_trace(trace, card, known_names=small.motifs.names)
    assert traces == small.reason(cards)


def test_reading_with_and_without_reasoning(small: R3LM) -> None:
    cards = small.cards(SEQUENCES, "K562")
    generated, none = small.read(cards), small.read(cards, reasoning="none", batch_size=2)
    given = small.read(cards, reasoning=small.reason(cards))
    assert generated.dtype == np.float32
    assert generated.shape == none.shape == given.shape == (9,)
    assert np.abs(generated - none).max() > 1e-4
    row = small.tokens.card(cards[0])
    with torch.inference_mode():
        by_hand = small.module.readers["none"](torch.tensor([row]), torch.tensor([len(row)]))
    assert none[0] == pytest.approx(0.1 + 1.5 * float(by_hand), abs=1e-4)


def test_folder(
    tmp_path: Path, small_parts: tuple[dict[str, Any], dict[str, np.ndarray], list[str]], small: R3LM
) -> None:
    config, tensors, vocab = small_parts
    for quantize, close in ((None, 1e-6), ("float16", 2e-2)):
        write_folder(tmp_path / "m", config, tensors, vocab, {"licence": "CC0"}, quantize=quantize)
        loaded = models.load(tmp_path / "m")
        np.testing.assert_allclose(loaded.predict(SEQUENCES), small.predict(SEQUENCES), atol=close)
        assert loaded.metadata == {"licence": "CC0"}
        assert "HepG2, K562, elements of 200 bases" in repr(loaded)
