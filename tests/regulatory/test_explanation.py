from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm.errors import TraceError
from scgsfm.models.r3lm import build_card, explain
from scgsfm.motifs import Motifs
from scgsfm.regulatory import check_trace
from scgsfm.regulatory._explanation import shuffle_effects, shuffled

if TYPE_CHECKING:
    from scgsfm.models.r3lm import Card

GATA, REST = "AGATAAGA", "TTCAGCACCATGGACAGCGCC"


@pytest.fixture(scope="module")
def motifs() -> Motifs:
    return Motifs.embedded()


@pytest.fixture(scope="module")
def sequence() -> str:
    background = "".join(np.random.default_rng(3).choice(list("ACGT"), 200))
    return background[:50] + "CTG" + GATA + background[61:120] + REST + background[141:]


def predict(sequences: list[str]) -> np.ndarray:
    """A model that likes one site and dislikes another, and nothing else."""
    return np.array([2.0 * (GATA in text) - 1.5 * (REST in text) + 0.5 for text in sequences])


def level_of(activity: float) -> int:
    return int(np.clip(activity, 0, 3))


def test_the_explanation_is_true_of_the_model(motifs: Motifs, sequence: str) -> None:
    card = build_card(sequence, "K562", motifs)
    found = explain(predict, card, level_of=level_of)
    check_trace(found.trace, card, known_names=motifs.names)
    assert found.prediction == pytest.approx(1.0)
    assert found.trace.level == 1
    assert found.effects.shape == found.spread.shape == found.cited.shape == (len(card.hits),)
    for i, hit in enumerate(card.hits):
        up = hit.start < 61 and hit.end > 53
        down = hit.start < 141 and hit.end > 120
        if found.cited[i] == 1:
            assert up
        if found.cited[i] == -1:
            assert down
        if not up and not down:
            assert found.effects[i] == 0
        if hit.start <= 53 and hit.end >= 61:  # the whole site
            assert found.effects[i] == pytest.approx(2.0, abs=0.3)
    assert found.trace.cited(card, "activating") == np.flatnonzero(found.cited == 1).tolist()
    assert found.trace.cited(card, "repressing") == np.flatnonzero(found.cited == -1).tolist()
    assert (found.cited == 1).any()
    assert (found.cited == -1).any()


def test_claims_that_do_not_hold_are_not_made(motifs: Motifs, sequence: str) -> None:
    """A model that answers by chance: effects are large, but no shuffle agrees with another."""
    rng = np.random.default_rng(0)
    card = build_card(sequence, "K562", motifs)
    found = explain(
        lambda sequences: rng.normal(size=len(sequences)) * np.r_[0, np.ones(len(sequences) - 1)],
        card,
        level_of=level_of,
    )
    assert np.abs(found.effects).max() > 0.3
    assert not found.cited.any()
    assert found.trace.cited(card, "activating") == found.trace.cited(card, "repressing") == []


def test_effects_are_means_over_shuffles(sequence: str) -> None:
    calls = []

    def counting(sequences: list[str]) -> np.ndarray:
        calls.append(list(sequences))
        return np.array([text.count("G") + text.count("GATA") for text in sequences])

    prediction, losses = shuffle_effects(counting, sequence, [(50, 61), (120, 141)], rng=np.random.default_rng(0))
    assert len(calls) == 1
    assert prediction == counting([sequence])[0]
    values = counting(calls[0][1:])
    np.testing.assert_allclose(losses, prediction - values.reshape(2, 16))


def test_shuffled() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        changed = shuffled("AAACCGTTT", 2, 6, rng)
        assert changed != "AAACCGTTT"
        assert changed[:2] + changed[6:] == "AATTT"
        assert Counter(changed[2:6]) == Counter("ACCG")
    assert shuffled("AAAA", 1, 3, rng) == "AAAA"


def test_without_hits(motifs: Motifs) -> None:
    card = build_card("A" * 200, "HepG2", motifs)
    found = explain(predict, card.__class__(card.cell_type, card.gc, (), (), card.sequence), level_of=level_of)
    assert found.effects.shape == (0,)
    assert len(found.trace.steps) >= 5


def test_own_writer_may_only_claim_what_holds(motifs: Motifs, sequence: str) -> None:
    card = build_card(sequence, "K562", motifs)
    still = next(i for i, effect in enumerate(explain(predict, card, level_of=level_of).effects) if effect == 0)
    hit = card.hits[still]

    def writer(card: Card, effects: np.ndarray, level: int) -> str:
        steps = "\n".join(f"{i}. So. [context: GC {card.gc:.3f}]" for i in range(1, 5))
        return f"{steps}\n5. So. [activating: {hit.name} {hit.start}-{hit.end} {hit.strand}]\nActivity level: {level}"

    with pytest.raises(TraceError, match="don't support it"):
        explain(predict, card, level_of=level_of, writer=writer)
