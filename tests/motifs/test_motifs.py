from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm.motifs import Motifs

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

UNIFORM = (0.25, 0.25, 0.25, 0.25)
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def log_odds(motifs: Motifs, i: int, background: np.ndarray) -> np.ndarray:
    """In hundredths of a bit."""
    counts = motifs.counts[motifs.starts[i] : motifs.starts[i + 1]]
    share = (counts + 0.1 * background) / (counts.sum(axis=1, keepdims=True) + 0.1)
    return np.rint(100 * np.log2(share / background)).astype(int)


def p_values(scores: np.ndarray, background: np.ndarray) -> dict[int, float]:
    """Of each score that random sequence can have: the law of the sum, convolved column by column."""
    lowest = scores.min(axis=1)
    law = np.ones(1)
    for column, low in zip(scores, lowest, strict=True):
        step = np.zeros(column.max() - low + 1)
        np.add.at(step, column - low, background)
        places = np.flatnonzero(step)
        after = np.zeros(len(law) + len(step) - 1)
        for place in places:
            after[place : place + len(law)] += step[place] * law
        law = after
    tail = np.cumsum(law[::-1])[::-1]
    return {int(lowest.sum()) + int(i): tail[i] for i in np.flatnonzero(law)}


def windows(sequence: str, scores: np.ndarray) -> np.ndarray:
    """The score of each window; a very low one where there is an N."""
    codes = np.array(["ACGT".find(letter) for letter in sequence.upper()], int)
    places = np.arange(max(len(codes) - len(scores) + 1, 0))[:, None] + np.arange(len(scores))
    letters = codes[places]
    summed = scores[np.arange(len(scores)), letters].sum(axis=1)
    return np.where((letters < 0).any(axis=1), -(10**6), summed)


def oracle(
    motifs: Motifs, sequences: list[str], p: float, background: Any
) -> dict[tuple[Any, ...], tuple[float, float]]:
    """Score and p-value of every hit by sequence, motif, start, end and strand."""
    background = np.array(background)
    background = (background + background[::-1]) / 2
    found = {}
    for i in range(len(motifs)):
        scores = log_odds(motifs, i, background)
        tail = p_values(scores, background)
        lowest = min((score for score, chance in tail.items() if chance < p), default=10**6)
        for s, sequence in enumerate(sequences):
            for strand, oriented in ((1, scores), (-1, scores[::-1, ::-1])):
                summed = windows(sequence, oriented)
                for start in np.flatnonzero(summed >= lowest).tolist():
                    score = int(summed[start])
                    found[s, i, start, start + len(scores), strand] = score / 100, tail[score]
    return found


def random_sequences(n: int, length: int, seed: int = 0) -> list[str]:
    """Of unlike composition, some with repeats."""
    rng = np.random.default_rng(seed)
    out = []
    for i in range(n):
        gc = (0.3, 0.5, 0.7)[i % 3] / 2
        letters = rng.choice(list("ACGT"), length, p=[0.5 - gc, gc, gc, 0.5 - gc])
        out.append("".join(letters[: 7 if i % 5 == 4 else length]) * (length // 7 if i % 5 == 4 else 1))
    return out


@pytest.fixture(scope="module")
def jaspar() -> Motifs:
    return Motifs.embedded("jaspar2024")


def some(motifs: Motifs, chosen: np.ndarray) -> Motifs:
    parts = [motifs.counts[motifs.starts[i] : motifs.starts[i + 1]] for i in chosen]
    texts = ([values[i] for i in chosen] for values in (motifs.ids, motifs.names, motifs.families, motifs.classes))
    return Motifs(*texts, np.concatenate(parts), np.cumsum([0, *map(len, parts)]))


@pytest.mark.parametrize("background", [UNIFORM, (0.32, 0.18, 0.2, 0.3)])
@pytest.mark.parametrize(("p", "n_motifs", "n_sequences"), [(5e-5, 60, 30), (5e-3, 20, 6)])
def test_hit_for_hit(
    jaspar: Motifs, background: tuple[float, float, float, float], p: float, n_motifs: int, n_sequences: int
) -> None:
    """Motifs of all widths, sequences of all kinds: lower case, Ns, too short for any motif, empty."""
    widths = np.diff(jaspar.starts)
    chosen = np.argsort(widths, kind="stable")[np.linspace(0, len(jaspar) - 1, n_motifs).astype(int)]
    motifs = some(jaspar, chosen)
    sequences = random_sequences(n_sequences, 120)
    sequences[1] = sequences[1].lower()
    sequences[2] = sequences[2][:50] + "NNRn" + sequences[2][50:] + "N"
    sequences += ["", "ACG", "N" * 40]
    for i in range(0, n_motifs, 3):  # consensus sequences at either end, on both strands
        best = "".join("ACGT"[k] for k in log_odds(motifs, i, np.array(UNIFORM)).argmax(axis=1))
        sequences += [best, best + "N", sequences[0][:20] + best[::-1].translate(COMPLEMENT)]
    hits = motifs.scan(sequences, p=p, background=background)
    found = {
        tuple(map(int, key)): (score, chance)
        for *key, score, chance in zip(
            hits.sequence, hits.motif, hits.start, hits.end, hits.strand, hits.score, hits.p, strict=True
        )
    }
    expected = oracle(motifs, sequences, p, background)
    assert len(found) == len(hits)
    assert found.keys() == expected.keys()
    assert len(found) > 50
    for key, (score, chance) in expected.items():
        assert found[key][0] == pytest.approx(score, abs=1e-5)
        assert found[key][1] == pytest.approx(chance, rel=1e-9)
    order = np.lexsort((-hits.strand, hits.motif, hits.start, hits.sequence))
    np.testing.assert_array_equal(order, np.arange(len(hits)))


def test_best_scores(jaspar: Motifs) -> None:
    motifs = some(jaspar, np.argsort(np.diff(jaspar.starts), kind="stable")[::25])
    sequences = [*random_sequences(9, 80), "NACGTTGCAAN" * 5, "ACGT", "N" * 50]
    found = motifs.best(sequences)
    assert found.dtype == np.float32
    for i in range(len(motifs)):
        scores = log_odds(motifs, i, np.array(UNIFORM))
        lowest = scores.min(axis=1).sum()
        for s, sequence in enumerate(sequences):
            values = [*windows(sequence, scores), *windows(sequence, scores[::-1, ::-1]), lowest]
            assert found[s, i] == pytest.approx(max(values) / 100, abs=1e-4)


def test_blocks_do_not_matter(jaspar: Motifs, monkeypatch: pytest.MonkeyPatch) -> None:
    sequences = random_sequences(7, 60)
    whole, best = jaspar.scan(sequences), jaspar.best(sequences)
    monkeypatch.setattr("scgsfm.motifs._motifs.MAX_BLOCK", 2)
    parts = jaspar.scan(sequences)
    for name in ("sequence", "motif", "start", "strand", "score", "p"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
    np.testing.assert_array_equal(jaspar.best(sequences), best)
    assert len(jaspar.scan([])) == 0
    assert jaspar.best([]).shape == (0, len(jaspar))


def test_known_site(jaspar: Motifs) -> None:
    """An E-box and a GATA site, and the same on the other strand."""
    site = "CTGGCAAACAGATAAGA"
    sequence = "C" * 40 + site[::-1].translate(COMPLEMENT) + "C" * 40
    hits = jaspar.scan([sequence])
    found = {(jaspar.names[m], int(s)) for m, s in zip(hits.motif, hits.strand, strict=True)}
    assert any("GATA" in name or "TAL1" in name for name, _ in found)
    flipped = jaspar.scan([sequence[::-1].translate(COMPLEMENT)])
    assert {(jaspar.names[m], -int(s)) for m, s in zip(flipped.motif, flipped.strand, strict=True)} == found


@pytest.mark.parametrize(("name", "n"), [("jaspar2024", 879), ("jaspar2026", 1019)])
def test_embedded(name: str, n: int) -> None:
    motifs = Motifs.embedded(name)
    assert len(motifs) == len(set(motifs.ids)) == n
    assert motifs.info["version"] == name[-4:]
    assert motifs.info["licence"] == "CC BY 4.0"
    assert name[-4:] in repr(motifs)
    assert all(motifs.families)
    gata = {f for f, name in zip(motifs.families, motifs.names, strict=True) if name.upper() == "GATA1"}
    assert gata == {"C4-GATA-related"}


COUNTS = [[10.0, 0.0, 0.0, 0.0], [0.0, 7.0, 3.0, 0.0], [1.0, 2.0, 3.0, 4.0]]
MEME = """MEME version 4

ALPHABET= ACGT

MOTIF {head}
letter-probability matrix: alength= 4 w= 3 nsites= 10 E= 0
 1.0 0.0 0.0 0.0
 0.0 0.7 0.3 0.0
 0.1 0.2 0.3 0.4

URL http://x

MOTIF other
letter-probability matrix: alength= 4 w= 1
0.25 0.25 0.25 0.25
"""
JASPAR = """>MA0035.5\tGata1
A  [10 0 1 ]
C  [ 0 7 2 ]
G  [ 0 3 3 ]
T  [ 0 0 4 ]
>other
5
5
5
5
"""
TRANSFAC = """AC  MA0035.5
XX
ID  Gata1
XX
P0      A      C      G      T
01     10      0      0      0      A
02      0      7      3      0      C
03      1      2      3      4      N
XX
CC tf_family:mine
CC tf_class:ours
//
AC other
PO\tA\tC\tG\tT
01\t5\t5\t5\t5
//
"""


@pytest.mark.parametrize(
    ("text", "family"),
    [
        (MEME.format(head="MA0035.5 Gata1"), "C4-GATA-related"),
        (MEME.format(head="MA0035.5 MA0035.5.Gata1"), "C4-GATA-related"),
        (MEME.format(head="Gata1 MA0035.5"), "C4-GATA-related"),
        (JASPAR, "C4-GATA-related"),
        (TRANSFAC, "mine"),
    ],
)
@pytest.mark.parametrize("pack", [str.encode, lambda text: gzip.compress(text.encode())])
def test_files(text: str, family: str, pack: Any, tmp_path: Path) -> None:
    path = tmp_path / "motifs"
    path.write_bytes(pack(text))
    motifs = Motifs.read(path)
    assert motifs.ids == ["MA0035.5", "other"]
    assert motifs.names == ["Gata1", "other"]
    assert motifs.families == [family, "other"]
    assert motifs.starts.tolist() == [0, 3, 4]
    np.testing.assert_allclose(motifs.counts[:3], COUNTS)
    np.testing.assert_allclose(motifs.counts[3], 5)


def test_errors(jaspar: Motifs) -> None:
    with pytest.raises(TypeError, match="list of strings"):
        jaspar.scan("ACGT")
    with pytest.raises(TypeError, match="^Sequence 1 is None, but must be a string"):
        jaspar.scan(["ACGT", None])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="Sequence 1 contains '-' at position 2"):
        jaspar.scan(["ACGT", "AC-T"])
    with pytest.raises(ValueError, match="`p` is 0.5"):
        jaspar.scan(["ACGT"], p=0.5)
    with pytest.raises(ValueError, match="`background`"):
        jaspar.best(["ACGT"], background=(0.5, 0.5, 0, 0))
    with pytest.raises(ValueError, match="jaspar2024"):
        Motifs.embedded("jaspar1999")
    with pytest.raises(TypeError, match="`motifs` is a int, but must be the path"):
        Motifs.of(3)
