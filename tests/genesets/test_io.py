"""Reading and writing gene-set files: each problem is either repaired and reported with its position, or refused."""

from __future__ import annotations

import gzip
import json
import warnings
from typing import TYPE_CHECKING

import pytest

from scgsfm import GeneSets
from scgsfm.errors import GeneSetWarning

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
GOOD = {"A": ["CD3D", "CD3E"], "B": ["MS4A1", "CD79A", "CD3E"]}


@pytest.fixture
def write(tmp_path: Path) -> Any:
    """Write bytes or text to a file and give its path."""

    def write(content: bytes | str, name: str = "sets.gmt") -> Any:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def read(source: Path) -> tuple[GeneSets, str]:
    """Gene sets, and the text of the one warning (empty without one)."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sets = GeneSets(source)
    assert len(caught) <= 1
    assert all(issubclass(warning.category, GeneSetWarning) for warning in caught)
    return sets, str(caught[0].message) if caught else ""


CLEAN = "A\tdescription\tCD3D\tCD3E\nB\t\tMS4A1\tCD79A\tCD3E\n"


@pytest.mark.parametrize("content", [CLEAN, CLEAN.rstrip("\n")], ids=["final line end", "no final line end"])
def test_clean_file_is_read_without_a_warning(write: Callable[..., Any], content: str) -> None:
    sets, message = read(write(content))
    assert sets.to_dict() == GOOD
    assert message == ""


def test_gzip_is_recognized_by_its_content(write: Callable[..., Any]) -> None:
    packed = gzip.compress(CLEAN.encode())
    assert read(write(packed, "sets.gmt.gz"))[0].to_dict() == GOOD
    assert read(write(packed, "sets.gmt"))[0].to_dict() == GOOD
    sets, message = read(write(CLEAN, "plain.gmt.gz"))
    assert sets.to_dict() == GOOD
    assert "not compressed" in message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"\xef\xbb\xbf" + CLEAN.encode(), "byte order mark", id="BOM"),
        pytest.param(CLEAN.encode("utf-16"), "UTF-16", id="UTF-16"),
        pytest.param(CLEAN.replace("\n", "\r\n"), "(lines 1, 2)", id="CRLF"),
        pytest.param(CLEAN.replace("\n", "\r"), "(lines 1, 2)", id="old Mac"),
        pytest.param(CLEAN.replace("CD3E\n", "CD3E\t\t\n"), "line ends removed (lines 1, 2)", id="trailing tabs"),
        pytest.param("\n" + CLEAN + "  \n\n", "blank lines skipped (lines 1, 4, 5)", id="blank lines"),
        pytest.param(CLEAN + "# a remark\n", "without a tab left out (line 3)", id="line without a tab"),
        pytest.param(CLEAN + "# name\tdescription\tgenes\n", "comment lines skipped (line 3)", id="comment"),
        pytest.param(CLEAN.replace("CD3D\tCD3E", "CD3D; CD3E"), "'CD3D; CD3E', split (line 1)", id="joined genes"),
        pytest.param(CLEAN + "C\tno genes\n", "without a gene left out (line 3)", id="empty set"),
        pytest.param(CLEAN + "\tnothing\tCD8A\n", "without a name left out (line 3)", id="no name"),
        pytest.param(CLEAN.replace("\tCD3D", "\tCD3D\tCD3D"), "kept once (line 1)", id="repeated gene"),
        pytest.param(CLEAN.replace("MS4A1", " MS4A1 "), "blanks or quotes", id="blanks around a gene"),
        pytest.param(CLEAN.replace("MS4A1", '"MS4A1"'), "(line 2)", id="quotes"),
        pytest.param(CLEAN.replace("MS4A1", "\tMS4A1\tNA\tnan"), "left out (line 2)", id="empty and missing names"),
        pytest.param(
            CLEAN + "B\tagain\tCD3E\tMS4A1\tCD79A\n", "same name and genes left out (line 3)", id="same set twice"
        ),
        pytest.param(CLEAN.replace("CD3D", "CD3D,1.0"), "GENE,1.0 removed (line 1)", id="weight 1"),
        pytest.param(CLEAN.replace("CD3D", "CD3D,"), "commas without a weight removed (line 1)", id="comma"),
    ],
)
def test_problems_are_repaired_and_reported(write: Callable[..., Any], content: bytes | str, words: str) -> None:
    sets, message = read(write(content))
    assert sets.to_dict() == GOOD
    assert message.startswith("sets.gmt")
    assert words in message


def test_long_lists_of_positions_are_shortened(write: Callable[..., Any]) -> None:
    sets, message = read(write("".join(f"S{i}\tx\tCD3D\t\r\n" for i in range(1000))))
    assert len(sets) == 1000
    assert "lines 1, 2, 3, 4, 5 and 995 more" in message
    assert len(message) < 500


def test_all_problems_make_one_warning(write: Callable[..., Any]) -> None:
    sets, message = read(
        write(b"\xef\xbb\xbfA\tx\tCD3D,1.0\tCD3D,1.0\tCD3E,1.0\t\r\n\r\nB\t\tMS4A1\tCD79A\tCD3E\nC\t\nbad\n")
    )
    assert sets.to_dict() == GOOD
    for words in (
        "byte order mark",
        "(lines 1, 2)",
        "(line 1)",
        "blank lines skipped (line 2)",
        "kept once",
        "(line 5)",
    ):
        assert words in message


def test_sets_of_the_same_name_with_other_genes_are_numbered(write: Callable[..., Any]) -> None:
    sets, message = read(write("A\t1\tCD3D\nA\t2\tCD3E\nA (2)\t\tCD4\nA\t3\tCD3D\n"))
    assert sets.to_dict() == {"A": ["CD3D"], "A (3)": ["CD3E"], "A (2)": ["CD4"]}
    assert "numbered (line 2: 'A (3)')" in message
    assert "same name and genes left out (line 4)" in message


def test_text_that_is_not_utf8(write: Callable[..., Any]) -> None:
    names = ["Zelltyp Müller", "T–cell (Sjögren’s)"]
    sets, message = read(
        write("".join(f"{name}\t\tGLUL\n" for name in names).encode("cp1252") + "Zell-Größe\t\tCD4\n".encode())
    )
    assert sets.names == [*names, "Zell-Größe"]
    assert "not UTF-8 read as Windows-1252 (lines 1, 2)" in message
    assert read(write(b"T\x96cell \x81\tna\tCD4\n"))[0].names == ["T–cell \ufffd"]


def test_weights_are_read_with_signs_and_exponents(write: Callable[..., Any]) -> None:
    sets, message = read(write("A\t\tCD3D,1.5\tCD3E,-2\tCD4,1e-3\tCD8A,.5\n"))
    assert sets.to_dict() == {"A": {"CD3D": 1.5, "CD3E": -2.0, "CD4": 0.001, "CD8A": 0.5}}
    assert sets.weighted
    assert sets.signed
    assert message == ""


def test_uninformative_weights_are_dropped(write: Callable[..., Any]) -> None:
    sets, message = read(write("A\t\tCD3D,1.5\tCD3E,nan\tCD4,NA\nB\t\tCD8A,inf\tCD8B,2\tCD2,0\tMAL\n"))
    assert sets.to_dict() == {"A": {"CD3D": 1.5}, "B": {"CD8B": 2.0, "MAL": 1.0}}
    assert "missing or infinite left out (lines 1, 2)" in message
    assert "weight 0 left out (line 2)" in message
    assert "got weight 1 (line 2)" in message


def test_genes_with_conflicting_weights_are_left_out(write: Callable[..., Any]) -> None:
    path = write("A\t\tCD4,1\nB\t\tCD3D,1.5\tCD3E,1\tCD3D,2\n")
    sets, message = read(path)
    assert sets.to_dict() == {"A": ["CD4"], "B": ["CD3E"]}
    assert "different weights in one set, such as 'CD3D', left out (line 2)" in message
    with pytest.raises(ValueError, match=r"'CD3D' has the weights 1.5 and 2 in set 'B' \(line 2"):
        GeneSets(path, on_error="raise")


def test_commas_in_gene_names_are_kept(write: Callable[..., Any]) -> None:
    sets, message = read(write("A\t\tPC(16:0,18:1)\t1,2-diol\n"))
    assert sets["A"] == ["PC(16:0,18:1)", "1,2-diol"]
    assert not sets.weighted
    assert message == ""
    sets, message = read(write("A\t\tHLA-A,B\tCD4\n"))
    assert sets["A"] == ["HLA-A,B", "CD4"]
    assert "such as 'HLA-A,B', kept as they are (line 1)" in message


def test_spreadsheet_dates_are_reported(write: Callable[..., Any]) -> None:
    sets, message = read(write("A\t\t2-Sep\tCD4\n"))
    assert sets["A"] == ["2-Sep", "CD4"]
    assert "spreadsheet" in message


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            "A\tCD3D\tCD3E\tCD4\nB\tCD3E\tCD3D\n", {"A": ["CD3D", "CD3E", "CD4"], "B": ["CD3E", "CD3D"]}, id="shared"
        ),
        pytest.param(
            "B\tCD79A\tCD79B\nT\tCD3D\tCD2\n", {"B": ["CD79A", "CD79B"], "T": ["CD3D", "CD2"]}, id="known genes"
        ),
        pytest.param("B\tCD79A\n", {"B": ["CD79A"]}, id="one gene"),
        pytest.param("B\tCd79a\tCd79b\n", {"B": ["Cd79a", "Cd79b"]}, id="mouse"),
        pytest.param("B\t973\t974\t931\n", {"B": ["973", "974", "931"]}, id="Entrez"),
        pytest.param(
            "B\tCD79A\tCD79B\nT\tCD3D\tCD2\nX\tcustom1\tCD4\n",
            {"B": ["CD79A", "CD79B"], "T": ["CD3D", "CD2"], "X": ["custom1", "CD4"]},
            id="custom gene",
        ),
        pytest.param("B\tCD79A+\tCD3E-\n", {"B": {"CD79A": 1.0, "CD3E": -1.0}}, id="signs"),
        pytest.param("A\tCD4\tMAL\nB\tCD4\tCD2\n", {"A": ["CD4", "MAL"], "B": ["CD4", "CD2"]}, id="same first gene"),
    ],
)
def test_genes_of_a_file_without_descriptions_are_kept(
    write: Callable[..., Any], content: str, expected: dict[str, Any]
) -> None:
    sets, message = read(write(content))
    assert sets.to_dict() == expected
    assert "reserves for a description" in message
    assert read(write(gzip.compress(content.encode()), "sets.gmt.gz"))[0].to_dict() == expected


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("STAT1_targets\tSTAT1\tIRF1\nMYC_targets\tMYC\tNCL\n", id="transcription factor"),
        pytest.param("A\tblood\tIRF1\nB\tliver\tNCL\n", id="tissue"),
        pytest.param("A\t35\tIRF1\nB\t12\tNCL\n", id="size"),
        pytest.param("A\tUP\tIRF1\nB\tUP\tNCL\n", id="same word"),
        pytest.param("A\thttp://x.org/A\tIRF1\nB\tNA\tNCL\n", id="address"),
    ],
)
def test_descriptions_are_ignored(write: Callable[..., Any], content: str) -> None:
    sets, message = read(write(content))
    assert list(sets.to_dict().values()) == [["IRF1"], ["NCL"]]
    assert message == ""


def test_some_genes_among_descriptions_are_reported(write: Callable[..., Any]) -> None:
    sets, message = read(write("A\tCD4\tIRF1\nB\tsome words\tNCL\nC\tmore words\tMYC\n"))
    assert sets["A"] == ["IRF1"]
    assert "taken for a description (line 1)" in message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("A na CD3D CD3E\nB na MS4A1\n", "separated by tabs", id="spaces"),
        pytest.param("A,na,CD3D,CD3E\nB\tna\tMS4A1\nC,na,CD4\n", "most lines lack tabs", id="mostly commas"),
        pytest.param("A\tna\tprobe1 probe2\nB\tna\tprobe3 probe4\n", "separated by spaces", id="spaces between names"),
        pytest.param(LFS, "pointer of Git LFS.*git lfs pull", id="Git LFS"),
        pytest.param("source\ttarget\tweight\nA\tCD3D\t1\n", "long table", id="long table"),
        pytest.param("A\tCD3D\t1.5\nA\tCD3E\t-2\n", "long table", id="long table without a header"),
        pytest.param("\n", "is empty", id="empty file"),
        pytest.param("A\tna\nB\t\n", "no gene set with a name and a gene", id="only empty sets"),
        pytest.param(b"PK\x03\x04\x14\x00rest", "binary", id="spreadsheet"),
        pytest.param(b"A\t\x00\x01\tB\n", "binary", id="binary"),
        pytest.param("<!DOCTYPE html>\n<html>\t\t</html>", "web page", id="web page"),
        pytest.param(gzip.compress(CLEAN.encode() * 50)[:-9], "damaged gzip", id="truncated gzip"),
    ],
)
def test_files_that_would_give_wrong_sets_are_refused(
    write: Callable[..., Any], content: bytes | str, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        GeneSets(write(content))


def test_missing_file_reports_its_path_and_similar_names(write: Callable[..., Any]) -> None:
    path = write(CLEAN, "markers.gmt")
    with pytest.raises(FileNotFoundError, match="marker.gmt.*Did you mean 'markers.gmt'"):
        GeneSets(str(path.with_name("marker.gmt")))
    with pytest.raises(IsADirectoryError, match="directory"):
        GeneSets(path.parent)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("net.csv", "read_csv"),
        ("net.tsv", "read_csv"),
        ("net.xlsx", "read_excel"),
        ("net.gmx", "GMX"),
        ("sets.gmt.zip", "Unpack"),
    ],
)
def test_other_extensions_are_refused_with_advice(write: Callable[..., Any], name: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        GeneSets(write(CLEAN, name))


def test_txt_is_read_as_gmt_and_reported(write: Callable[..., Any]) -> None:
    sets, message = read(write(CLEAN, "Enrichr_library.txt"))
    assert sets.to_dict() == GOOD
    assert ".txt" in message


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(GOOD, GOOD, id="lists"),
        pytest.param({"A": {"CD3D": 2, "CD3E": -1.5}}, {"A": {"CD3D": 2.0, "CD3E": -1.5}}, id="weights"),
        pytest.param(
            {"A": {"systematicName": "M1", "geneSymbols": ["CD3D", "CD3E"]}, "B": {"geneSymbols": GOOD["B"]}},
            GOOD,
            id="MSigDB",
        ),
    ],
)
@pytest.mark.parametrize("name", ["sets.json", "sets.json.gz"])
def test_json(write: Callable[..., Any], content: dict[str, Any], expected: dict[str, Any], name: str) -> None:
    text = json.dumps(content).encode()
    sets, message = read(write(gzip.compress(text) if name.endswith("gz") else text, name))
    assert sets.to_dict() == expected
    assert message == ""


def test_problems_of_json(write: Callable[..., Any]) -> None:
    sets, message = read(write('\ufeff{"A": ["CD3D", null, "CD3D"], "B": {"CD4": NaN}, "A": ["CD3E"]}', "sets.json"))
    assert sets.to_dict() == {"A": ["CD3D"], "A (2)": ["CD3E"]}
    for words in ("byte order mark", "kept once (set 'A')", "missing or infinite left out (set 'B')", "numbered"):
        assert words in message


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ('{"A": ["CD3D",}', ValueError, "not valid JSON"),
        (LFS, ValueError, "Git LFS"),
        ('["CD3D", "CD3E"]', ValueError, "object of set names"),
        ('{"A": "CD3D"}', TypeError, "set 'A' is 'CD3D'"),
        ('{"A": 3}', TypeError, "set 'A' is int"),
        ('{"A": {"CD3D": "high"}}', TypeError, "not a number"),
        ('{"A": {"CD3D": 1, "CD3D": 2}}', ValueError, "weights 1 and 2"),
    ],
)
def test_json_that_would_give_wrong_sets_is_refused(
    write: Callable[..., Any], text: str, error: type[Any], words: str
) -> None:
    with pytest.raises(error, match=words):
        GeneSets(write(text, "sets.json"))


def test_bad_sets_of_json_are_left_out(write: Callable[..., Any]) -> None:
    path = write('{"A": ["CD3D"], "B": 3, "C": "CD4", "D": {"CD4": "high", "CD8A": 2}}', "sets.json")
    sets, message = read(path)
    assert sets.to_dict() == {"A": {"CD3D": 1.0}, "D": {"CD8A": 2.0}}
    for words in ("not a collection of genes left out (sets 'B', 'C')", "not a number left out (set 'D': 'CD4')"):
        assert words in message
    with pytest.raises(TypeError, match="set 'B' is int"):
        GeneSets(path, on_error="raise")


@pytest.mark.parametrize("name", ["out.gmt", "out.gmt.gz"])
@pytest.mark.parametrize(
    "content",
    [GOOD, {"A/B c": {"CD3D": 1 / 3, "CD3E": -2e-9}, "B": {"CD4": 1.0, "probe,B": 7.0}}],
    ids=["plain", "weighted"],
)
def test_gmt_round_trip(tmp_path: Path, content: dict[str, Any], name: str) -> None:
    GeneSets(content).to_gmt(tmp_path / name)
    again, message = read(tmp_path / name)
    assert again.to_dict() == content
    assert message == ""


def test_written_gmt_can_be_read_by_other_packages(tmp_path: Path) -> None:
    GeneSets({"A": ["CD3D", "CD3E"]}).to_gmt(tmp_path / "plain.gmt")
    assert (tmp_path / "plain.gmt").read_bytes() == b"A\tna\tCD3D\tCD3E\n"
    GeneSets({"A": {"CD3D": 1.5, "CD3E": -1.0}}).to_gmt(tmp_path / "weighted.gmt")
    assert (tmp_path / "weighted.gmt").read_bytes() == b"A\tna\tCD3D,1.5\tCD3E,-1.0\n"


def test_gmt_refuses_names_with_tabs(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="tab or a line end"):
        GeneSets({"a\tb": ["CD3D"]}).to_gmt(tmp_path / "out.gmt")


def test_names_that_look_weighted_survive_writing(tmp_path: Path) -> None:
    sets = GeneSets({"A": {"probe,7": 1.0, "CD4": 1.0}})
    sets.to_gmt(tmp_path / "out.gmt")
    assert read(tmp_path / "out.gmt")[0].to_dict() == {"A": ["probe,7", "CD4"]}
