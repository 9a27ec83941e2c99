from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from scgsfm.dna import parse_peak, peaks_of

if TYPE_CHECKING:
    from typing import Any

    from scgsfm.dna import Peaks


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("chr1:100-300", ("chr1", 100, 300)),
        ("chr1-100-300", ("chr1", 100, 300)),
        ("chr1_100_300", ("chr1", 100, 300)),
        ("1:100-300", ("1", 100, 300)),
        ("chr1:1,000-1,200", ("chr1", 1000, 1200)),
        ("chr1:100-300:+", ("chr1", 100, 300)),
        (" chrM:1-2 ", ("chrM", 1, 2)),
        ("chrUn_GL000220v1:5-9", ("chrUn_GL000220v1", 5, 9)),
        ("chrUn_GL000220v1_5_9", ("chrUn_GL000220v1", 5, 9)),
        ("chr1_KI270706v1_random-5-9", ("chr1_KI270706v1_random", 5, 9)),
        ("GL000194.1-5-9", ("GL000194.1", 5, 9)),
        ("HLA-A*01:01:01:01-5-9", ("HLA-A*01:01:01:01", 5, 9)),
        ("HLA-DRB1*15:03:5-9", ("HLA-DRB1*15:03", 5, 9)),
        ("GATA1", None),
        ("chr1:100", None),
        ("ENSG00000102145", None),
        ("", None),
    ],
)
def test_names(name: str, expected: tuple[str, int, int] | None) -> None:
    assert parse_peak(name) == expected


def listed(peaks: Peaks) -> list[tuple[Any, ...]]:
    return list(zip(peaks.contig.tolist(), peaks.start.tolist(), peaks.end.tolist(), strict=True))


@pytest.mark.parametrize("contig", ["chrom", "chr", "seqnames", "Chromosome"])
def test_columns(contig: str) -> None:
    var = pd.DataFrame({contig: ["chr1", "2"], "start": ["5", "7"], "End": [9, 11]}, index=["a", "b"])
    assert listed(peaks_of(var)) == [("chr1", 5, 9), ("2", 7, 11)]


def test_columns_that_are_not_all_there() -> None:
    var = pd.DataFrame({"chrom": ["chr1", None], "start": [5, 7], "end": [9, None]}, index=["a", "b"])
    assert listed(peaks_of(var)) == [("chr1", 5, 9), ("", 7, 0)]
    named = pd.DataFrame({"chrom": ["chr9"]}, index=["chr1:5-9"])
    assert listed(peaks_of(named)) == [("chr1", 5, 9)]


def test_interval_column() -> None:
    var = pd.DataFrame({"interval": ["chr1:5-9"]}, index=["peak1"])
    assert listed(peaks_of(var)) == [("chr1", 5, 9)]


def test_both_differ() -> None:
    var = pd.DataFrame({"chrom": ["chr1", "chr2"], "start": [5, 6], "end": [9, 9]}, index=["chr1:5-9", "chr2:7-9"])
    with pytest.warns(UserWarning, match="differ for 1 of 2 peaks: 'chr2:7-9' has chr2, 6, 9"):
        assert listed(peaks_of(var)) == [("chr1", 5, 9), ("chr2", 6, 9)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        peaks_of(var.iloc[:1])
        peaks_of(var.set_axis(["a", "b"]))


def test_no_peaks() -> None:
    with pytest.raises(ValueError, match="first is 'GATA1'.*it has 'symbol'"):
        peaks_of(pd.DataFrame({"symbol": ["x"]}, index=["GATA1"]))
    assert len(peaks_of(pd.DataFrame(index=[]))) == 0


def test_genes_with_coordinates_are_not_peaks() -> None:
    var = pd.DataFrame(
        {
            "chrom": "chr1",
            "start": [10, 20, 30],
            "end": [15, 25, 35],
            "feature_types": ["Gene Expression", "Peaks", "Peaks"],
        },
        index=["CD3E", "chr1:20-25", "chr1:30-35"],
    )
    peaks = peaks_of(var)
    assert peaks.contig.tolist() == ["", "chr1", "chr1"]
    assert peaks.start[1:].tolist() == [20, 30]
    with pytest.raises(ValueError, match="None of the 1 features is a peak"):
        peaks_of(var.iloc[:1])
