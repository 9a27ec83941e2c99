from __future__ import annotations

import gzip
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm.motifs import Motifs, read_motifs

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

SITE = "TGACTCA"
COUNTS = np.array([[97.0 if base == b else 1.0 for b in "ACGT"] for base in SITE])


def rows_of(values: np.ndarray, separator: str = "\t") -> str:
    return "".join(separator.join(f"{value:.10g}" for value in row) + "\n" for row in values)


def meme(rows: str, options: str = "alength= 4 w= 7 nsites= 100 E= 1e-05", head: str = "ALPHABET= ACGT") -> str:
    return f"MEME version 4\n\n{head}\n\nMOTIF a b\nletter-probability matrix: {options}\n{rows}"


@pytest.mark.parametrize(
    ("text", "name", "n_sites"),
    [
        (f">{SITE}\tAP-1(bZIP)/x-ChIP(GSE1)/Homer\t6.0\t-1700\t0\n{rows_of(COUNTS / 100)}", "AP-1", 20),
        (f">1-{SITE}\t1-{SITE},BestGuess:AP-1(bZIP)/x/Homer(0.9)\t6.0\n{rows_of(COUNTS / 100)}", f"1-{SITE}", 20),
        (f">AP1_HUMAN.H11MO.0.A\n{rows_of(COUNTS)}", "AP1_HUMAN.H11MO.0.A", 100),
        (f">AP1_HUMAN.H11MO.0.A\n{rows_of(np.log(COUNTS / 25))}", "AP1_HUMAN.H11MO.0.A", 20),
        (f">AP1\n{rows_of(np.log2(COUNTS / 25))}", "AP1", 20),
        (f"# a comment\n>GM.5.0.bZIP.0001\n{rows_of(COUNTS / 100)}", "GM.5.0.bZIP.0001", 20),
        (
            ">AP1 x\n" + "".join(f"{b} {row}\n" for b, row in zip(SITE, rows_of(COUNTS).split("\n"), strict=False)),
            "x",
            100,
        ),
        (f">AP1\nA C G T\n{rows_of(COUNTS)}", "AP1", 100),
        (f">AP1\nT G C A\n{rows_of(COUNTS[:, ::-1])}", "AP1", 100),
        ("Pos\tA\tC\tG\tT\n" + "".join(f"{i}\t{rows_of(row[None])}" for i, row in enumerate(COUNTS, 1)), "file", 100),
        (rows_of(COUNTS.T, " "), "file", 100),
        (
            ">AP1\n" + "".join(f"{b}: {row}\n" for b, row in zip("ACGU", rows_of(COUNTS.T).split("\n"), strict=False)),
            "AP1",
            100,
        ),
        (meme(rows_of(COUNTS / 100)), "b", 100),
        (meme(rows_of(COUNTS / 100), "alength= 4 w= 7"), "b", 20),
        (meme(rows_of(COUNTS / 100), "alength= 4 w= 7 nsites= 0"), "b", 20),
        (meme(rows_of(COUNTS / 100), "alength= 4") + "\nURL x\n1 1 1 1\n", "b", 100 / 5),
        (meme(rows_of(COUNTS / 100).replace("\n", "\n\n").replace("\n\n", "\n# x\n", 1)), "b", 100),
        (meme(rows_of(COUNTS / 100), head="ALPHABET= ACGU"), "b", 100),
        (
            meme("#   Word  P-value\n" + rows_of(COUNTS / 100), head='ALPHABET "RNA" RNA-LIKE\nA\nEND ALPHABET'),
            "b",
            100,
        ),
        (
            "AC\tAP1\nXX\nPO A C G U\n" + "".join(f"{i} {rows_of(row[None])}" for i, row in enumerate(COUNTS, 1)),
            "AP1",
            100,
        ),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_formats(text: str, name: str, n_sites: float, packed: bool, tmp_path: Path) -> None:
    """One matrix, as different tools write it; the content decides, not the name of the file."""
    (tmp_path / "file.txt").write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    (found,) = read_motifs(tmp_path / "file.txt")
    assert found.name == name
    np.testing.assert_allclose(found.counts, COUNTS / 100 * n_sites, rtol=1e-6)


def test_families_of_homer(tmp_path: Path) -> None:
    path = tmp_path / "m.motif"
    path.write_text(f">{SITE}\tAP-1(bZIP)/x/Homer\t6.0\n{rows_of(COUNTS)}>{SITE}\tJun(?)/x/Homer\t6\n{rows_of(COUNTS)}")
    motifs = Motifs.read(path)
    assert motifs.names == ["AP-1", "Jun"]
    assert motifs.families == ["bZIP", "Jun"]


def test_rounded_probabilities(tmp_path: Path) -> None:
    """A row that sums to 1.03 doesn't turn a matrix of probabilities into counts of one site."""
    rounded = COUNTS / 100
    rounded[4] = [0.02, 0.97, 0.02, 0.02]
    (tmp_path / "m").write_text(meme(rows_of(rounded)))
    np.testing.assert_allclose(Motifs.read(tmp_path / "m").counts, 100 * rounded)


def test_numbered_lines_below_a_transfac_matrix(tmp_path: Path) -> None:
    """As mCrossBase writes crosslinks."""
    matrix = "AC\tM1\nXX\nP0\tA\tC\tG\tT\n01\t3\t2\t4\t45\tN\n02\t45\t1\t5\t4\tA\nXX\nXL\n"
    for more in ("00\t36\n01\t2\n", "00\t36\t1\t2\t3\n01\t2\t3\t4\t5\n"):
        (tmp_path / "m.mat").write_text(f"VV  a header\nXX\n//\n{matrix}{more}XX\n//\n")
        assert Motifs.read(tmp_path / "m.mat").counts.tolist() == [[3, 2, 4, 45], [45, 1, 5, 4]]


def test_matrices_of_four_rows_and_columns(tmp_path: Path) -> None:
    """Their sums decide whether rows are positions, else the other matrices of the file."""
    square = COUNTS[:4]  # each base once
    by_row = np.array([[7, 1, 1, 1], [6, 2, 1, 1], [7, 1, 2, 0], [5, 2, 2, 1.0]])
    assert Motifs.read(_written(tmp_path, f">a\n{rows_of(by_row)}")).counts.tolist() == by_row.tolist()
    assert Motifs.read(_written(tmp_path, f">a\n{rows_of(by_row.T)}")).counts.tolist() == by_row.tolist()
    longer = Motifs.read(_written(tmp_path, f">a\n{rows_of(square)}>b\n{rows_of(COUNTS)}"))
    np.testing.assert_array_equal(longer.counts[:4], square)
    longer = Motifs.read(_written(tmp_path, f">a\n{rows_of(square)}>b\n{rows_of(COUNTS.T)}"))
    np.testing.assert_array_equal(longer.counts[:4], square.T)
    with pytest.raises(ValueError, match="4 × 4 matrix without names of rows"):
        Motifs.read(_written(tmp_path, f">a\n{rows_of(square)}"))


MATRIX = "letter-probability matrix: alength= 4 w= 2 nsites= 20\n1 0 0 0\n0 1 0 0\n\n"


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ("MOTIF X-DREME\n\n", "no letter-probability matrix"),
        (f"MOTIF a\n{MATRIX}", "occurs more than once"),
        (f"MOTIF\n{MATRIX}", "it has no name"),
        ("MOTIF x\n" + MATRIX.replace("1 0 0 0", "nan nan nan nan"), "row 1 of 2 is 'nan nan nan nan'"),
        ("MOTIF x\n" + MATRIX.replace("1 0 0 0", "0 0 0 0"), "position 1 is zero for all bases"),
        ("MOTIF x\n" + MATRIX.replace("1 0 0 0", "0.5 0 0 0"), "position 1 sums to 0.5, others to 1"),
        ("MOTIF x\n" + MATRIX.replace("w= 2", "w= 3"), "row 3 of 3|2 rows, but its header has w= 3"),
        ("MOTIF x\n" + MATRIX.replace("w= 2", "w= 1"), "2 rows, but its header has w= 1"),
        ("MOTIF x\n" + MATRIX.replace("alength= 4", "alength= 20"), "alength= 20, but must be 4"),
        ("MOTIF x\n" + MATRIX.replace("1 0 0 0", "1 -2 0 0"), "negative values"),
    ],
)
def test_single_unreadable_motifs(part: str, reason: str, tmp_path: Path) -> None:
    """They are left out with one warning; the others are read."""
    path = _written(tmp_path, f"MEME version 4\n\nMOTIF a\n{MATRIX}{part}MOTIF c\n{MATRIX}MOTIF d\n")
    with pytest.warns(UserWarning, match=f"2 of 4 motifs are left out: .*(?:{reason}).*d \\(no letter") as found:
        assert Motifs.read(path).ids == ["a", "c"]
    assert len(found) == 1
    with pytest.raises(ValueError, match=f"2 of 4 motifs can't be read: .*(?:{reason})"):
        Motifs.read(path, on_error="raise")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing", "not a MEME file"),
        ("MEME version 4\n", "no motif"),
        ("MEME version 4\nALPHABET= ACDEFGHIKLMNPQRSTVWY\nMOTIF a\n", "must be ACGT"),
        ("MOTIF a\n", "1 of 1 motifs can't be read: a .no letter-probability matrix"),
        (">a\nACGTACGT\n", "expected numbers"),
        (">a\nA [1 2]\nC [1]\nG [1 2]\nT [1 2]\n", "four rows of one length"),
        (">a\n1 2 3\n1 2 3\n1 2 3\n", "found 3 rows with 3, 3, 3 numbers"),
        (">a\n", "found 0 rows with none numbers"),
        (">a\nA [1 -2]\nC [1 2]\nG [1 2]\nT [1 2]\n", "negative values, which aren't log-odds"),
        (">MA1 X\nA [ 0 5 ]\nC [ 0 5 ]\nG [ 0 0 ]\nT [ 0 0 ]\n", "position 1 is zero"),
        ("AC a\nPO A C G X\n01 1 1 1 1\n//\n", "expected A C G T"),
        ("AC a\nPO A C G T\n01 1 1 1\n//\n", "doesn't have four numbers"),
        ("AC a\nPO A C G T\n01 1 1 1 1\n03 1 1 1 1\n//\n", "rows are numbered 1, 3"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS pointer"),
    ],
)
def test_nothing_is_left(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        Motifs.read(_written(tmp_path, text))


def test_log_odds_have_the_counts_of_their_probabilities(tmp_path: Path) -> None:
    """HOCOMOCO's weights are natural logarithms with pseudocounts of the logarithm of the sum."""
    pseudo = math.log(100)
    weights = np.log((COUNTS + pseudo / 4) / (100 + pseudo) * 4)
    found = Motifs.read(_written(tmp_path, f">AP1\n{rows_of(weights)}"))
    np.testing.assert_allclose(found.counts, 20 * (COUNTS + pseudo / 4) / (100 + pseudo), rtol=1e-6)


def test_choice(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`on_error` is 'skip'"):
        read_motifs(tmp_path / "m", on_error="skip")
    with pytest.raises(FileNotFoundError, match="`motifs`: there is no file"):
        Motifs.of(tmp_path / "m")


def _written(directory: Path, text: Any) -> Path:
    path = directory / "motifs.txt"
    path.write_text(text)
    return path
