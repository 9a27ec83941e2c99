from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm.dna import Genome, Peaks, sequences_of_peaks, sequences_of_texts

if TYPE_CHECKING:
    from typing import Any


def peaks(*rows: Any) -> Peaks:
    contig, start, end = zip(*rows, strict=True)
    return Peaks(np.array(contig, object), np.array(start), np.array(end))


def test_windows_are_around_the_middle(contigs: dict[str, str]) -> None:
    found = sequences_of_peaks(peaks(("chr1", 300, 500), ("1", 350, 353), ("chr1", 100, 900)), Genome(contigs), 200)
    text = contigs["chr1"].upper()
    assert found.sequences == [text[300:500], text[251:451], text[400:600]]
    assert found.start.tolist() == [300, 251, 400]
    assert found.status.tolist() == ["ok"] * 3
    assert found.renamed == {"1": "chr1"}
    assert "1 contigs have another name in the FASTA file (1 is chr1)" in found.summary()


def test_windows_move_inwards(contigs: dict[str, str]) -> None:
    found = sequences_of_peaks(peaks(("chr1", 0, 10), ("chr1", 990, 1000)), Genome(contigs), 200)
    assert found.start.tolist() == [0, 800]
    assert found.sequences[1] == contigs["chr1"][800:]


def test_why_there_is_none(contigs: dict[str, str]) -> None:
    rows = [
        ("chr1", 900, 1001),
        ("chr9", 1, 9),
        ("", 0, 0),
        ("chr1", 9, 9),
        ("chr2", 250, 260),
        ("chr1-alt_9", 5, 50),
        ("MT", 100, 300),
    ]
    found = sequences_of_peaks(peaks(*rows), Genome(contigs), 200)
    expected = [
        "out of bounds",
        "unknown contig",
        "unparsable name",
        "unparsable name",
        "contains N",
        "out of bounds",
        "ok",
    ]
    assert found.status.tolist() == expected
    assert found.element.tolist() == [6]
    assert found.summary().startswith("1 of 7 elements have a sequence; 2 out of bounds; 2 unparsable name")


def test_tiles_cover_a_long_peak(contigs: dict[str, str]) -> None:
    found = sequences_of_peaks(
        peaks(("chr1", 100, 650), ("chr1", 10, 50), ("chr2", 0, 600)), Genome(contigs), 200, windows="tile"
    )
    assert found.element.tolist() == [0, 0, 0, 1, 2, 2]  # the tile with the gap is left out
    assert found.start.tolist() == [100, 275, 450, 0, 0, 400]
    with pytest.raises(ValueError, match="`windows` is 'all'"):
        sequences_of_peaks(peaks(("chr1", 1, 9)), Genome(contigs), 200, windows="all")


def test_texts() -> None:
    found = sequences_of_texts(["acgt", "ACGT" * 51, "ACGNT", "chr1:1-2", "", None, float("nan")], 200)
    assert found.sequences == ["ACGT", ("ACGT" * 51)[2:202]]
    expected = ["ok", "ok", "contains N", "not DNA", "no sequence", "no sequence", "no sequence"]
    assert found.status.tolist() == expected
    assert found.element.tolist() == [0, 1]
    tiled = sequences_of_texts(["ACGT" * 100], 200, windows="tile")
    assert tiled.start.tolist() == [0, 200]
