from __future__ import annotations

from dataclasses import replace

import pytest

from scgsfm.errors import TraceError
from scgsfm.models.r3lm import Card, Hit, Step, Trace, majority_level
from scgsfm.regulatory._trace import check_trace, evidence_of

HITS = (
    Hit("HNF4A", "RXR-related receptors (NR2)", 14.3, "+", 45, 58),
    Hit("ELK1::HOXA1", "Ets-related; HOX", 9.05, "-", 80, 92),
    Hit("RXRA(var.2)", "RXR-related receptors (NR2)", 8.0, "-", 120, 133),
)
CARD = Card("HepG2", 0.61, ("high_gc_open_chromatin_prior",), HITS, "ACGGC" * 40)
TEXT = """1. The element is rich in G and C. [context: GC 0.610 | tag high_gc_open_chromatin_prior]
2. HNF4A at 45-58 drives liver genes. [activating: HNF4A 45-58 +]
3. ELK1::HOXA1 at 80-92 holds it back (a little). [repressing: ELK1::HOXA1 80-92 -]
4. Nuclear receptors occur twice. [context: family RXR-related receptors (NR2) | family Ets-related; HOX]
5. The activating site weighs more. [context: GC 0.610]
Activity level: 2"""


def test_by_hand() -> None:
    trace = Trace.parse(TEXT)
    assert len(trace.steps) == 5
    assert trace.level == 2
    assert trace.steps[1] == Step("HNF4A at 45-58 drives liver genes.", "activating", ("HNF4A 45-58 +",))
    assert trace.steps[3].evidence == ("family RXR-related receptors (NR2)", "family Ets-related; HOX")
    assert str(trace) == TEXT
    assert trace.reasoning == TEXT.rpartition("\n")[0]
    check_trace(trace, CARD, known_names=["HNF4A", "GATA1", "ELK1::HOXA1"])
    assert trace.cited(CARD, "activating") == [0]
    assert trace.cited(CARD, "repressing") == [1]
    assert trace.cited(CARD, "context") == [0, 1, 2]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Activity level: 2", "Activity level: 4", "number from 0 to 3"),
        ("Activity level: 2", "Activity level: high", "number from 0 to 3"),
        ("\nActivity level: 2", "", "ends with 'Activity level: '"),
        ("3. ELK1", "4. ELK1", "found 4 where 3 is expected"),
        ("[activating: HNF4A 45-58 +]", "", "Step 2 must read"),
        ("[activating:", "[boosting:", "role 'boosting'"),
        ("[activating: HNF4A 45-58 +]", "[activating: ]", "Step 2 must read"),
        ("5. The activating site weighs more. [context: GC 0.610]\n", "", "5 to 7 steps, found 4"),
    ],
)
def test_malformed(old: str, new: str, told: str) -> None:
    with pytest.raises(TraceError, match=told):
        Trace.parse(TEXT.replace(old, new))
    with pytest.raises(TraceError):
        Trace.parse("")


def test_too_many_steps() -> None:
    steps = "\n".join(f"{i}. So. [context: GC 0.610]" for i in range(1, 9))
    with pytest.raises(TraceError, match="5 to 7 steps, found 8"):
        Trace.parse(f"{steps}\nActivity level: 1")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("HNF4A 45-58 +]", "HNF4A 45-58 -]", "Step 2 cites 'HNF4A 45-58 -'"),
        ("HNF4A 45-58 +]", "GATA1 45-58 +]", "Step 2 cites 'GATA1 45-58 [+]'"),
        ("HNF4A 45-58 +]", "HNF4A 45-59 +]", "Step 2 cites"),
        ("family Ets-related; HOX", "family Ets-related", "Step 4 cites 'family Ets-related'"),
        ("tag high_gc", "tag low_gc", "Step 1 cites 'tag low_gc"),
        ("more. [context: GC 0.610", "more. [context: GC 0.611", "Step 5 cites 'GC 0.611'"),
        ("more. [context: GC 0.610", "more. [context: no motif", "Step 5 cites 'no motif'"),
        ("The activating site", "GATA1", "Step 5 mentions 'GATA1'"),
        ("site weighs", "site at 45-60 weighs", "Step 5 mentions '45-60'"),
        ("[context: family RXR", "[repressing: family RXR", "both activating and repressing"),
    ],
)
def test_what_the_card_does_not_hold(old: str, new: str, told: str) -> None:
    trace = Trace.parse(TEXT.replace(old, new))
    with pytest.raises(TraceError, match=told):
        check_trace(trace, CARD, known_names=["HNF4A", "GATA1"])


def test_traces_made_by_hand_are_checked_too() -> None:
    trace = Trace.parse(TEXT)
    with pytest.raises(TraceError, match="number from 0 to 3"):
        check_trace(replace(trace, level=7), CARD)
    with pytest.raises(TraceError, match="Step 1 must read"):
        check_trace(replace(trace, steps=(replace(trace.steps[0], text="two\nlines"), *trace.steps[1:])), CARD)


def test_a_card_without_anything() -> None:
    empty = replace(CARD, hits=(), tags=())
    assert evidence_of(empty) == ["GC 0.610", "no tag", "no motif"]
    steps = "\n".join(f"{i}. So. [context: GC 0.610 | no motif | no tag]" for i in range(1, 6))
    check_trace(Trace.parse(f"{steps}\nActivity level: 0"), empty)
    with pytest.raises(TraceError, match="'no motif'"):
        check_trace(Trace.parse(f"{steps}\nActivity level: 0"), CARD)


def test_majority_level() -> None:
    trace = Trace.parse(TEXT)
    traces = [Trace(trace.steps, level) for level in (3, 1, 1, 2, 3)]
    assert majority_level(traces) == 1
    assert majority_level(traces[:1]) == 3
    assert majority_level([]) is None
