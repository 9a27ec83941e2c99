from __future__ import annotations

import gzip
import logging
from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm.dna import peaks_of, read_bed

if TYPE_CHECKING:
    from pathlib import Path

ROWS = "chr1\t100\t400\tpeakA\t0\t+\nchr2\t500\t800\tpeakB\t0\t-\n"


@pytest.mark.parametrize(
    "text",
    [
        ROWS,
        f'browser position chr1:1-9\ntrack name="x y"\n{ROWS}',
        f"# made by hand\n\n{ROWS}",
        f"chrom\tstart\tend\tname\tscore\tstrand\n{ROWS}",
        f"#chrom\tchromStart\tchromEnd\tname\tscore\tstrand\n{ROWS}",
        "name\tstrand\tend\tstart\tchr\npeakA\t+\t400\t100\tchr1\npeakB\t-\t800\t500\tchr2\n",
        ROWS.replace("\t", " "),
        ROWS.replace("100", "100.0").replace("800", "8e2"),
        ROWS.replace("\n", "\r\n"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_headers_separators_and_numbers(text: str, packed: bool, tmp_path: Path) -> None:
    path = tmp_path / ("p.bed.gz" if packed else "p.bed")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    table = read_bed(path)
    assert table.index.tolist() == ["chr1:100-400", "chr2:500-800"]
    assert table[["chrom", "start", "end", "name", "strand"]].to_numpy().tolist() == [
        ["chr1", 100, 400, "peakA", "+"],
        ["chr2", 500, 800, "peakB", "-"],
    ]


def test_names_of_contigs(tmp_path: Path) -> None:
    """With ``#``, as in pangenomes, and as floats of a spreadsheet."""
    (tmp_path / "p.bed").write_text("HG002#1#chr1\t1\t5\n1.0\t2\t6\nchrUn_GL000220v1\t3\t7\ntrack\t4\t8\n")
    assert read_bed(tmp_path / "p.bed")["chrom"].tolist() == ["HG002#1#chr1", "1", "chrUn_GL000220v1", "track"]


def test_summits(tmp_path: Path) -> None:
    rows = "chr1\t100\t400\ta\t9\t.\t5.1\t3.2\t2.1\t250\nchr1\t500\t900\tb\t9\t.\t5.1\t3.2\t2.1\t-1\n"
    for name in ("p.narrowPeak", "p.bed"):
        (tmp_path / name).write_text(rows)
        assert peaks_of(read_bed(tmp_path / name)).summits().tolist() == [350, -1]
    thick = "chr1\t100\t400\ta\t9\t.\t100\t400\t0\t3\n"
    (tmp_path / "p.bed").write_text(thick)
    assert peaks_of(read_bed(tmp_path / "p.bed")).summits().tolist() == [-1]


def test_widths_show_starts_that_are_1_based(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As R writes GRanges."""
    (tmp_path / "p.bed").write_text("seqnames\tstart\tend\twidth\tstrand\nchr1\t101\t400\t300\t*\n")
    with caplog.at_level(logging.DEBUG, "scgsfm"):
        logging.getLogger("scgsfm").propagate = True
        assert read_bed(tmp_path / "p.bed").index.tolist() == ["chr1:100-400"]
        logging.getLogger("scgsfm").propagate = False
    assert "starts are 1-based" in caplog.text


def test_lines_without_interval(tmp_path: Path) -> None:
    (tmp_path / "p.bed").write_text(f"{ROWS}chr1\tx\t9\nchr1\nchr1\t2.5\t9\n")
    with pytest.warns(UserWarning, match="3 of 5 lines have no interval.*'line 3', 'line 4', 'line 5'"):
        table = read_bed(tmp_path / "p.bed")
    assert np.isnan(table["start"]).tolist() == [False, False, True, True, True]
    assert peaks_of(table).contig.tolist() == ["chr1", "chr2", "", "", ""]


@pytest.mark.parametrize("text", ["", "track name=x\n", "some text\n"])
def test_no_intervals(text: str, tmp_path: Path) -> None:
    (tmp_path / "p.bed").write_text(text)
    with pytest.raises(ValueError, match="has no intervals"):
        read_bed(tmp_path / "p.bed")
