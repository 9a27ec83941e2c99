"""Hits as by FIMO, against its rules in plain loops, and scores that pymemesuite gave."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from scgsfm.models.r3lm import build_cards
from scgsfm.motifs import Motifs
from scgsfm.regulatory import scan_fimo

BACKGROUND = np.array([0.281774, 0.222020, 0.228876, 0.267330])


@pytest.fixture(scope="module")
def motifs() -> Motifs:
    return Motifs.embedded()


def small() -> Motifs:
    rng = np.random.default_rng(1)
    counts = [np.array(row) for row in rng.multinomial(60, [0.85, 0.05, 0.05, 0.05], 13).tolist()]
    counts = [np.roll(row, k) for row, k in zip(counts, rng.integers(0, 4, 13), strict=True)]
    starts = np.array([0, 6, 13])
    return Motifs(["A", "B"], ["A", "B"], ["f", "g"], ["", ""], np.array(counts, np.float32), starts)


def test_nothing_found(motifs: Motifs) -> None:
    assert len(scan_fimo(["AC", "NNNNNNNNNNNNN"], motifs)) == 0


def test_against_loops() -> None:
    """Every window of both strands but the last is scored; p-values sum over all sequences of the motif's length."""
    motifs = small()
    rng = np.random.default_rng(0)
    sequences = ["".join(rng.choice(list("ACGT"), 60)) for _ in range(40)]
    expected = []
    for motif in range(2):
        counts = motifs.counts[motifs.starts[motif] : motifs.starts[motif + 1]].astype(float)
        odds = np.log2((counts + 0.1 * BACKGROUND) / 60.1 / BACKGROUND)
        low = np.floor(odds.min())
        scale = np.floor(1000 / (odds.max() - low))
        scores = np.rint((odds - low) * scale)
        w = len(counts)
        words = np.array(list(itertools.product(range(4), repeat=w)))
        of_word = scores[np.arange(w), words].sum(axis=1)
        chance = BACKGROUND[words].prod(axis=1)
        for i, sequence in enumerate(sequences):
            for start, strand in itertools.product(range(len(sequence) - w + 1), "+-"):
                word = ["ACGT".index(base) for base in sequence[start : start + w]]
                word = word if strand == "+" else [3 - base for base in word[::-1]]
                total = scores[np.arange(w), word].sum()
                p = chance[of_word >= total].sum()
                if p <= 1e-3 and start + w < len(sequence):
                    expected.append((i, motif, start, start + w, strand, total / scale + w * low, p))
    found = scan_fimo(sequences, motifs, p=1e-3)
    names = np.where(found.strand > 0, "+", "-")
    columns = (found.sequence, found.motif, found.start, found.end, names, found.score, found.p)
    assert len(expected) > 5
    assert len(found) == len(expected)
    for one, other in zip(sorted(zip(*(c.tolist() for c in columns), strict=True)), sorted(expected), strict=True):
        assert one[:5] == other[:5]
        assert one[5:] == pytest.approx(other[5:], rel=1e-5)


def test_scores_of_pymemesuite(motifs: Motifs) -> None:
    """Two windows of RUNX1 (MA0002.3), with the scores and p-values of pymemesuite 0.1.0a4."""
    found = scan_fimo(["AAAAACTGTGGTTAAAAA", "AAAAAAACCACAGAAAAA"], motifs)
    at = found.motif == motifs.ids.index("MA0002.3")
    values = dict(zip(found.strand[at].tolist(), zip(found.score[at], found.p[at], strict=True), strict=True))
    assert values[1] == pytest.approx((13.465517241379303, 1.184124225287857e-05), rel=1e-4)
    assert values[-1] == pytest.approx((14.620689655172413, 3.6343891154630533e-06), rel=1e-4)


def test_cards(motifs: Motifs) -> None:
    rng = np.random.default_rng(0)
    sequences = ["".join(rng.choice(list("ACGT"), 200)) for _ in range(5)]
    published, own = (build_cards(sequences, "K562", motifs, fimo=fimo) for fimo in (True, False))
    assert published != own
    for card in published:
        assert [hit.score for hit in card.hits] == sorted((hit.score for hit in card.hits), reverse=True)
        for i, a in enumerate(card.hits):
            assert not any(a.family == b.family and a.start < b.end and b.start < a.end for b in card.hits[i + 1 :])
