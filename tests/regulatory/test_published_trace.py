"""Reasoning in the published form: positions from 1, steps between marks, a conclusion in any words."""

from __future__ import annotations

import pytest

from scgsfm.errors import TraceError
from scgsfm.models.r3lm import Card, Hit, Step, Trace
from scgsfm.regulatory import read_published_trace, write_published_trace

CARD = Card(
    "K562",
    0.455,
    ("motif_cluster_within_25bp",),
    (
        Hit("GATA1::TAL1", "C4-GATA-related; Tal-related", 17.82, "+", 90, 108),
        Hit("GATA1", "C4-GATA-related", 11.05, "-", 131, 142),
        Hit("GATA1", "C4-GATA-related", 10.0, "+", 0, 11),
        Hit("ZEB1", "HD-ZF", 9.0, "-", 20, 31),
    ),
    "ACGT" * 50,
)
OWN = Trace(
    (
        Step("The base composition (GC 0.455) decides little.", "context", ("GC 0.455",)),
        Step("The site at 90-108 carries most.", "activating", ("GATA1::TAL1 90-108 +",)),
        Step("GATA1 at 0-11 adds to it.", "activating", ("GATA1 0-11 +",)),
        Step("Held down by ZEB1 at 20-31.", "repressing", ("ZEB1 20-31 -",)),
        Step("The sites are clustered.", "context", ("tag motif_cluster_within_25bp",)),
    ),
    2,
)
FREE = """<think>
Let me look at the card.
1. **Composition**: the GC content of 0.455 is moderate.
2. GATA1::TAL1 (Pos: 91-108) recruits coactivators,
   which drives transcription in K562.
3. GATA1 at 1-11 supports it.
4) Members of C4-GATA-related recur.
5. GATA1 sites add up; repression by SNAI2 is not expected.
6. Overall the balance is positive.
</think>
The predicted expression level (0-3) is 3."""


def test_own_traces_are_written_and_read() -> None:
    text = write_published_trace(OWN, CARD)
    assert text.startswith("<think>\n1. The base composition")
    assert "2. The site at 91-108 carries most. [activating: GATA1::TAL1 91-108 +]" in text
    assert "3. GATA1 at 1-11 adds to it. [activating: GATA1 1-11 +]" in text
    assert text.endswith("\n</think>\nActivity level: 2")
    assert read_published_trace(text, CARD) == OWN


def test_free_text() -> None:
    trace = read_published_trace(FREE, CARD)
    assert trace.level == 3
    assert [step.role for step in trace.steps] == ["context"] * 6
    evidence = [step.evidence for step in trace.steps]
    assert evidence[0] == ("GC 0.455",)
    assert trace.steps[1].text.endswith("recruits coactivators, which drives transcription in K562.")
    assert "90-108" in trace.steps[1].text
    assert evidence[1] == ("GATA1::TAL1 90-108 +",)
    assert evidence[2] == ("GATA1 0-11 +",)
    assert evidence[3] == ("family C4-GATA-related",)
    assert evidence[4] == ("GATA1 131-142 -", "GATA1 0-11 +")
    assert evidence[5] == ()
    assert str(trace.steps[5]) == "Overall the balance is positive."


@pytest.mark.parametrize(
    ("conclusion", "level"),
    [
        ("Activity level: 0", 0),
        ("**Expression Level**: 1", 1),
        ("Therefore, the level is 2.", 2),
        ("On the scale 0-3 this is 1", 1),
        ("Level 3 rather than level 2: level 3", 3),
    ],
)
def test_conclusions(conclusion: str, level: int) -> None:
    text = FREE.partition("</think>")[0] + "</think>\n" + conclusion
    assert read_published_trace(text, CARD).level == level


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("</think>", "", "ends with '</think>'"),
        ("is 3.", "is high.", "a level from 0 to 3"),
        ("is 3.", "is 4.", "a level from 0 to 3"),
        ("is 3.", "is 2.5.", "a level from 0 to 3"),
        ("3. GATA1 at 1-11 supports it.\n4) M", "M", "5 to 7 steps, found 2"),
    ],
)
def test_malformed(old: str, new: str, told: str) -> None:
    with pytest.raises(TraceError, match=told):
        read_published_trace(FREE.replace(old, new), CARD)
