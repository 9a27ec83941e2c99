from __future__ import annotations

import numpy as np
import pytest

from scgsfm.models.r3lm import Card, Hit, build_card, build_cards
from scgsfm.motifs import Hits, Motifs
from scgsfm.regulatory._card import grammar, reduce_hits

TEXT = """Context:
- Cell Type: HepG2
- GC Content: 0.600
- Grammar Tags: high_gc_open_chromatin_prior, motif_cluster_within_25bp, repeated_family:Ets-related

Identified Motifs:
- FLI1 (Family: Ets-related, Score: 12.30, Strand: +, Pos: 2-12)
- ELK1::HOXA1 (Family: Ets-related; HOX, Score: 9.05, Strand: -, Pos: 5-17)
- RXRA(var.2) (Family: RXR-related receptors (NR2), Score: 7.00, Strand: +, Pos: 0-10)

DNA Sequence:
GGCCGATTGCCATTGCCGTA (Total Length: 20)"""
PLAIN = """Context:
- Cell Type: K562
- GC Content: 0.500

Identified Motifs:

DNA Sequence:
ACNGT (Total Length: 5)"""


@pytest.fixture(scope="module")
def motifs() -> Motifs:
    return Motifs.embedded()


def test_by_hand() -> None:
    card = Card.parse(TEXT)
    assert card.cell_type == "HepG2"
    assert card.tags[2] == "repeated_family:Ets-related"
    assert card.hits[1] == Hit("ELK1::HOXA1", "Ets-related; HOX", 9.05, "-", 5, 17)
    assert card.hits[2].name == "RXRA(var.2)"
    assert card.hits[2].family == "RXR-related receptors (NR2)"
    assert card.families == ("Ets-related", "Ets-related; HOX", "RXR-related receptors (NR2)")
    assert str(card) == TEXT
    assert str(Card.parse(PLAIN)) == PLAIN
    assert Card.parse(PLAIN).hits == Card.parse(PLAIN).tags == ()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Context:", "Contents:", "not a regulatory context card"),
        ("0.600", "60 %", "not a regulatory context card"),
        ("Strand: -", "Strand: x", "ELK1::HOXA1"),
        ("Length: 20", "Length: 21", "length 21"),
    ],
)
def test_other_texts_are_refused(old: str, new: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Card.parse(TEXT.replace(old, new))


def test_text_and_card_are_inverses(motifs: Motifs) -> None:
    rng = np.random.default_rng(0)
    sequences = ["".join(rng.choice(list("ACGTN"), 200, p=[*[0.2475] * 4, 0.01])) for _ in range(60)]
    sequences += ["acgt" * 50, "GC" * 100, "AT" * 100, "CATGAGTCATGC" * 16, "A", "NNNNNNNNA"]
    cards = build_cards(sequences, "WTC11", motifs)
    assert any(not card.hits for card in cards)
    assert {tag.partition(":")[0] for card in cards for tag in card.tags} == {
        "high_gc_open_chromatin_prior",
        "low_gc_closed_chromatin_prior",
        "motif_cluster_within_25bp",
        "repeated_family",
    }
    for sequence, card in zip(sequences, cards, strict=True):
        assert Card.parse(str(card)) == card
        assert card.sequence == sequence.upper()
        assert [hit.score for hit in card.hits] == sorted((hit.score for hit in card.hits), reverse=True)
        for i, a in enumerate(card.hits):
            for b in card.hits[:i]:
                assert a.family != b.family or a.start >= b.end or b.start >= a.end
    assert build_card(sequences[3].lower(), "WTC11", motifs) == cards[3]
    assert cards[0].with_cell_type("K562") == build_card(sequences[0], "K562", motifs)


def test_hits_are_reduced_to_the_best_of_overlapping_ones(motifs: Motifs) -> None:
    rng = np.random.default_rng(1)
    sequences = ["".join(rng.choice(list("ACGT"), 300)) for _ in range(20)]
    hits = motifs.scan(sequences, p=1e-3)
    expected = []
    for s in range(20):
        own = [i for i in range(len(hits)) if hits.sequence[i] == s]
        key = lambda i: (-hits.score[i], hits.start[i], hits.motif[i], -hits.strand[i])
        kept: list[int] = []
        for i in sorted(own, key=key):
            family = motifs.families[hits.motif[i]]
            if not any(
                motifs.families[hits.motif[j]] == family and hits.start[j] < hits.end[i] and hits.start[i] < hits.end[j]
                for j in kept
            ):
                kept.append(i)
        expected += kept
    reduced = reduce_hits(hits, motifs)
    assert 0 < len(reduced) < len(hits)
    for name in ("sequence", "motif", "start", "end", "strand", "score"):
        np.testing.assert_array_equal(getattr(reduced, name), getattr(hits, name)[expected])


def hit(family: str, start: int, width: int = 10) -> Hit:
    return Hit("X", family, 1.0, "+", start, start + width)


def test_tags_at_their_limits() -> None:
    assert grammar(0.55, []) == ("high_gc_open_chromatin_prior",)
    assert grammar(0.549, []) == grammar(0.401, []) == ()
    assert grammar(0.4, []) == ("low_gc_closed_chromatin_prior",)
    assert grammar(0.5, [hit("a", 0), hit("b", 50), hit("c", 25)]) == ()
    assert grammar(0.5, [hit("a", 0), hit("b", 12), hit("c", 25)]) == ("motif_cluster_within_25bp",)
    assert grammar(0.5, [hit("a", 0), hit("b", 12), hit("c", 26)]) == ()
    assert grammar(0.5, [hit("a", 0), hit("a", 60), hit("b", 100), hit("a", 150)]) == ("repeated_family:a",)


def test_nothing_to_write(motifs: Motifs) -> None:
    with pytest.raises(ValueError, match="no A, C, G or T"):
        build_card("NNNN", "K562", motifs)
    assert build_cards([], "K562", motifs) == []
    empty = Hits(*(np.empty(0, kind) for kind in ("i4", "i4", "i4", "i4", "i1", "f4", "f8")))
    assert build_cards(["ACGT"], "K562", motifs, hits=empty)[0].hits == ()


def test_published_style(motifs: Motifs) -> None:
    """Positions from 1 with inclusive ends, no tags by default, and only the first repeated family among tags."""
    card = Card.parse(TEXT)
    text = card.text("r3lm")
    assert "Grammar Tags" not in text
    assert "Pos: 3-12)" in text
    assert "Pos: 1-10)" in text
    assert text == "\n".join(
        line.replace("2-12", "3-12").replace("5-17", "6-17").replace("0-10", "1-10")
        for line in TEXT.splitlines()
        if "Tags" not in line
    )
    more = Card("K562", 0.6, (*card.tags, "repeated_family:KLF"), card.hits, card.sequence)
    assert "repeated_family:KLF" in more.text(tags=True)
    assert more.text("r3lm", tags=True).splitlines()[3] == TEXT.splitlines()[3]
    assert "Grammar" not in card.text(tags=False)
    rng = np.random.default_rng(3)
    sequences = ["".join(rng.choice(list("ACGT"), 200, p=p)) for p in rng.dirichlet([10] * 4, 30)]
    for each in build_cards(sequences, "K562", motifs):
        assert Card.parse(each.text("r3lm"), "r3lm") == each
        assert Card.parse(each.text("r3lm", tags=True), "r3lm") == each


def test_styles_are_not_confused() -> None:
    with pytest.raises(ValueError, match="count from 1; read it as 'scgsfm'"):
        Card.parse(TEXT, "r3lm")
    with pytest.raises(ValueError, match="`style` is 'official'"):
        Card.parse(TEXT, "official")  # type: ignore[arg-type]


def test_overlaps_as_published(motifs: Motifs) -> None:
    """Greedy by score, then start: a hit is dropped if it shares a base with a kept hit of its family."""
    rng = np.random.default_rng(5)
    sequences = ["".join(rng.choice(list("ACGT"), 200, p=p)) for p in rng.dirichlet([10] * 4, 10)]
    hits = motifs.scan(sequences)
    for i, card in enumerate(build_cards(sequences, "K562", motifs)):
        mine = hits[hits.sequence == i]
        columns = zip(*(column.tolist() for column in (mine.score, mine.start, mine.motif, mine.end)), strict=True)
        kept: list[tuple[str, int, int]] = []
        for _, start, motif, end in sorted(columns, key=lambda hit: (-hit[0], hit[1])):
            family, first = motifs.families[motif], start + 1
            if not any(family == other and first <= last and begin <= end for other, begin, last in kept):
                kept.append((family, first, end))
        assert [(hit.family, hit.start + 1, hit.end) for hit in card.hits] == kept
