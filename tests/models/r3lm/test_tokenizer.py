"""Cards and traces in few tokens."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scgsfm.models.r3lm import Card, Hit
from scgsfm.models.r3lm._tokenizer import END, PAD, THINK, UNK, Tokens, padded
from scgsfm.regulatory import check_trace
from scgsfm.regulatory._trace_templates import Claims, write_trace

HITS = (
    Hit("HNF4A", "RXR-related receptors (NR2)", 14.3, "+", 45, 58),
    Hit("GATA1", "GATA double zinc fingers", 12.0, "-", 150, 161),
    Hit("GATA1", "GATA double zinc fingers", 8.0, "+", 186, 200),
)
CARD = Card("K562", 0.61, ("high_gc_open_chromatin_prior", "repeated_family:GATA"), HITS, "ACGGC" * 40)
TOKENS = Tokens(["HepG2", "K562"], ["GATA1", "HNF4A", "KLF4", "GATA1"])


def words(ids: list[int]) -> list[str]:
    return [TOKENS.vocab[i] for i in ids]


def test_card_by_hand() -> None:
    assert words(TOKENS.card(CARD)) == [
        *("cell:K562", "gc:12", "tag:high_gc_open_chromatin_prior", "tag:repeated_family:"),
        *("motif:HNF4A", "at:+2/3", "motif:GATA1", "at:-6/2", "motif:GATA1", "at:+7/0", "<think>"),
    ]


def test_unknown_motif_and_empty_card() -> None:
    strange = replace(CARD, hits=(Hit("XYZ", "X", 9.0, "+", 0, 8),), tags=())
    assert TOKENS.card(strange)[2] == UNK
    assert words(TOKENS.card(replace(CARD, hits=(), tags=()))) == ["cell:K562", "gc:12", "<think>"]


@pytest.mark.parametrize("claims", [Claims([0], [2]), Claims([1, 0], []), Claims([], [1]), Claims([], [])])
@pytest.mark.parametrize("level", [0, 3])
def test_trace_survives(claims: Claims, level: int) -> None:
    trace = write_trace(CARD, np.zeros(3), level, claims, np.random.default_rng(0))
    ids = TOKENS.trace(trace, CARD)
    assert ids[-1] == END
    assert words(ids)[-2] == f"level:{level}"
    found = TOKENS.read_trace(ids, CARD)
    check_trace(found, CARD)
    assert found.level == level
    for role, which in (("activating", claims.activating), ("repressing", claims.repressing)):
        assert found.cited(CARD, role) == trace.cited(CARD, role) == sorted(which)
    assert TOKENS.allowed(CARD)[ids].all()


def test_conclusion_is_left_out() -> None:
    trace = write_trace(CARD, np.zeros(3), 2, Claims([0], []), np.random.default_rng(0))
    whole, short = TOKENS.trace(trace, CARD), TOKENS.trace(trace, CARD, conclusion=False)
    assert short == TOKENS.reasoning(whole) == [*whole[:-2], END]


def test_what_is_not_on_the_card_is_not_read() -> None:
    ids = [TOKENS.ids[w] for w in ("role:activating", "motif:KLF4", "at:+0/0", "motif:HNF4A", "at:-2/3", "level:1")]
    trace = TOKENS.read_trace(ids, CARD)
    assert trace.level == 1
    assert not trace.cited(CARD, "activating")
    assert not TOKENS.allowed(CARD)[TOKENS.ids["motif:KLF4"]]


def test_a_hit_has_one_role() -> None:
    ids = [
        TOKENS.ids[w]
        for w in ("role:activating", "motif:HNF4A", "at:+2/3", "role:repressing", "motif:HNF4A", "at:+2/3")
    ]
    trace = TOKENS.read_trace(ids, CARD)
    assert trace.cited(CARD, "activating") == [0]
    assert not trace.cited(CARD, "repressing")


def test_vocabulary() -> None:
    assert Tokens.from_vocab(TOKENS.vocab).ids == TOKENS.ids
    assert len(set(TOKENS.vocab)) == len(TOKENS)
    with pytest.raises(ValueError, match="not of R3LM"):
        Tokens.from_vocab([*TOKENS.vocab, "motif:AAA"])


def test_padding() -> None:
    ids, lengths = padded([[5, 6, 7], [8], []])
    assert ids.tolist() == [[5, 6, 7], [8, PAD, PAD], [PAD, PAD, PAD]]
    assert lengths.tolist() == [3, 1, 0]
    assert THINK not in ids
