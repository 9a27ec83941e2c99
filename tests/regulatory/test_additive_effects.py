from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm.errors import TraceError
from scgsfm.models.r3lm import Trace, build_cards
from scgsfm.motifs import Motifs
from scgsfm.regulatory import check_trace
from scgsfm.regulatory._additive_effects import Effects, _context, fit_effects, write_reasoning
from scgsfm.regulatory._card import CLUSTERED, reduce_hits

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from scgsfm.models.r3lm import Card

CELL_TYPES = ["HepG2", "K562", "WTC11"]


@pytest.fixture(scope="module")
def motifs() -> Motifs:
    return Motifs.embedded()


@pytest.fixture(scope="module")
def sequences() -> list[str]:
    rng = np.random.default_rng(0)
    return ["".join(rng.choice(list("ACGT"), 200, p=[0.5 - g, g, g, 0.5 - g])) for g in rng.uniform(0.1, 0.4, 150)]


def features(card: Card, effects: Effects) -> np.ndarray:
    """Row of the design, written out."""
    n = dict.fromkeys(effects.families, 0.0)
    strength, place = dict(n), dict(n)
    for hit in card.hits:
        n[hit.family] += 1
        strength[hit.family] += hit.score / 10
        place[hit.family] += abs(2 * hit.center / len(card.sequence) - 1)
    paired = [effects.families[i] for i in effects.paired]
    pairs = [
        (n[f] > 1) if i == j else (n[f] > 0 and n[paired[j]] > 0)
        for i, f in enumerate(paired)
        for j in range(i, len(paired))
    ]
    own = [[n[f] > 0 for f in effects.families], list(strength.values()), list(place.values())]
    return np.concatenate([np.ravel(own), pairs, _context(card.gc, CLUSTERED in card.tags)]).astype(float)


def test_fit_is_the_ridge_regression_of_what_is_on_the_cards(motifs: Motifs, sequences: list[str]) -> None:
    hits = reduce_hits(motifs.scan(sequences), motifs)
    cards = build_cards(sequences, "K562", motifs, hits=hits)
    activity = np.random.default_rng(1).normal(size=(150, 3))
    clustered = np.array([CLUSTERED in card.tags for card in cards])
    effects = fit_effects(sequences, hits, motifs, clustered, activity, CELL_TYPES, penalty=0.1)
    x = np.array([features(card, effects) for card in cards])
    centred = x - x.mean(axis=0)
    covariance = centred.T @ centred / 150
    covariance += np.diag(0.1 * np.diag(covariance) + 1e-9)
    target = activity[:, 1] - activity[:, 1].mean()
    expected = activity[:, 1].mean() + centred @ np.linalg.solve(covariance, centred.T @ target / 150)
    found = [effects.activity(card) for card in cards]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(effects.quartiles[1], np.quantile(activity[:, 1], [0.25, 0.5, 0.75]))
    assert np.std(found) > 0.3


def test_embedded_effects(motifs: Motifs, tmp_path: Path) -> None:
    effects = Effects.embedded()
    assert effects.cell_types == CELL_TYPES
    assert set(effects.families) == set(motifs.families)
    for k, cell_type in enumerate(CELL_TYPES):
        low, _, high = effects.quartiles[k]
        assert effects.level(low - 1, cell_type) == 0
        assert effects.level(high + 1, cell_type) == 3
    with pytest.raises(ValueError, match="'HeLa'"):
        effects.level(0.0, "HeLa")
    effects.save(tmp_path / "effects.npz")
    assert (tmp_path / "effects.npz").stat().st_size > 1000


def test_known_activators() -> None:
    """Measured, not told: GATA with TAL in K562, POU with SOX in WTC11, the CCAAT box in all."""
    effects = Effects.embedded()
    strength = effects.family[:, 0] + 1.2 * effects.family[:, 1]
    rank = np.argsort(np.argsort(-strength, axis=1), axis=1)
    at = effects.families.index
    assert (rank[:, at("Heteromeric CCAAT-binding")] < 5).all()
    assert rank[1, at("C4-GATA-related; Tal-related")] < 10 < rank[0, at("C4-GATA-related; Tal-related")]
    assert rank[2, at("POU domain factors; SOX-related factors")] < 10


def test_traces_pass_their_own_check(motifs: Motifs, sequences: list[str]) -> None:
    cards = build_cards([*sequences[:60], "ACGT" * 50, "A" * 200, "GC" * 100], "HepG2", motifs)
    rng = np.random.default_rng(0)
    texts = set()
    for i, card in enumerate(cards):
        trace = write_reasoning(card.with_cell_type(CELL_TYPES[i % 3]), rng.normal(), rng=rng)
        check_trace(trace, card, known_names=motifs.names)
        assert Trace.parse(str(trace)) == trace
        texts |= {step.text for step in trace.steps}
    assert len(texts) > 100


def test_wording_is_drawn_and_repeats_with_its_seed(motifs: Motifs, sequences: list[str]) -> None:
    card = build_cards(sequences[:1], "K562", motifs)[0]
    traces = [str(write_reasoning(card, 1.0, rng=seed)) for seed in (0, 0, 1)]
    assert traces[0] == traces[1] != traces[2]


def test_claims_are_those_of_the_effects(motifs: Motifs, sequences: list[str]) -> None:
    for card in build_cards(sequences[:20], "WTC11", motifs):
        added = Effects.embedded().of(card)
        trace = write_reasoning(card, 0.0)
        for role, sign in (("activating", 1), ("repressing", -1)):
            cited = trace.cited(card, role)
            assert all(sign * added[i] > 0 for i in cited)
            if (sign * added).max(initial=0) >= 0.05:
                assert int((sign * added).argmax()) in cited


def test_own_writer_is_checked(motifs: Motifs, sequences: list[str]) -> None:
    card = next(card for card in build_cards(sequences, "K562", motifs) if card.hits)
    told: dict[str, Any] = {}

    def writer(card: Card, added: np.ndarray, level: int) -> str:
        told.update(card=card, added=added, level=level)
        steps = "\n".join(f"{i}. It is so. [context: GC {card.gc:.3f}]" for i in range(1, 6))
        return f"{steps}\nActivity level: {level}"

    trace = write_reasoning(card, 10.0, writer=writer)
    assert trace.level == told["level"] == 3
    np.testing.assert_array_equal(told["added"], Effects.embedded().of(card))
    with pytest.raises(TraceError, match="ends with"):
        write_reasoning(card, 10.0, writer=lambda *_: "I cannot do that.")
    with pytest.raises(TraceError, match="cites 'GC 0.000'"):
        write_reasoning(card, 10.0, writer=lambda *given: writer(*given).replace(f"GC {card.gc:.3f}", "GC 0.000"))
    with pytest.raises(TraceError, match="concludes level 2, but the measured level is 3"):
        write_reasoning(card, 10.0, writer=lambda *given: writer(*given).replace("level: 3", "level: 2"))
