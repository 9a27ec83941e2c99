from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm.dna import Genome, Peaks, describe_status, sequences_of_peaks, sequences_of_texts

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
        ("chr1", 9, 5),
        ("chr2", 250, 260),
        ("chr1-alt_9", 5, 50),
        ("MT", 100, 300),
    ]
    found = sequences_of_peaks(peaks(*rows), Genome(contigs), 200)
    expected = [
        "out of bounds",
        "unknown contig",
        "unparsable name",
        "empty interval",
        "negative interval",
        "contains N",
        "out of bounds",
        "ok",
    ]
    assert found.status.tolist() == expected
    assert found.element.tolist() == [7]
    assert found.summary().startswith("1 of 8 elements have a sequence; 2 out of bounds; 1 unknown contig")
    assert describe_status("abcdefgh", expected).startswith("2 out of bounds ('a', 'g'); 1 unknown contig ('b')")


def test_tiles_cover_a_long_peak(contigs: dict[str, str]) -> None:
    found = sequences_of_peaks(
        peaks(("chr1", 100, 650), ("chr1", 10, 50), ("chr2", 0, 600)), Genome(contigs), 200, windows="tile"
    )
    assert found.element.tolist() == [0, 0, 0, 1, 2, 2]  # the tile with the gap is left out
    assert found.start.tolist() == [100, 275, 450, 0, 0, 400]
    with pytest.raises(ValueError, match="`windows` is 'all'"):
        sequences_of_peaks(peaks(("chr1", 1, 9)), Genome(contigs), 200, windows="all")


def test_windows_are_around_the_summit(contigs: dict[str, str]) -> None:
    columns = np.array(["chr1"] * 3, object), np.array([300, 300, 900]), np.array([500, 500, 1000])
    with_summits = Peaks(*columns, np.array([310, -1, 990]))
    found = sequences_of_peaks(with_summits, Genome(contigs), 200)
    assert found.start.tolist() == [210, 300, 800]
    tiled = sequences_of_peaks(with_summits, Genome(contigs), 200, windows="tile")
    assert tiled.start.tolist() == [300, 300, 800]
    assert with_summits[np.array([1, 0])].summits().tolist() == [-1, 310]


def test_types_of_sequences() -> None:
    """Bytes, arrays, and sequences of Biopython, as DNA or RNA; other types are named."""
    seq, record = pytest.importorskip("Bio.Seq"), pytest.importorskip("Bio.SeqRecord")
    text = "ACGTTGCA" * 3
    given = [
        text.encode(),
        bytearray(text, "ascii"),
        np.array(list(text)),
        np.frombuffer(text.encode(), "S1"),
        seq.Seq(text),
        record.SeqRecord(seq.Seq(text), id="a"),
        text.replace("T", "u"),
    ]
    assert sequences_of_texts(given, 200).sequences == [text] * len(given)
    assert sequences_of_texts([3, ["A"], None], 200).status.tolist() == [
        "not a sequence (int)",
        "not a sequence (list)",
        "no sequence",
    ]


def test_texts() -> None:
    found = sequences_of_texts(["acgt", "ACGT" * 51, "ACGNT", "chr1:1-2", "", None, float("nan")], 200)
    assert found.sequences == ["ACGT", ("ACGT" * 51)[2:202]]
    expected = ["ok", "ok", "contains N", "not DNA", "no sequence", "no sequence", "no sequence"]
    assert found.status.tolist() == expected
    assert found.element.tolist() == [0, 1]
    tiled = sequences_of_texts(["ACGT" * 100], 200, windows="tile")
    assert tiled.start.tolist() == [0, 200]
