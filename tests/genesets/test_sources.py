"""Gene sets from Series, wide tables, regulons, URLs and several sources."""

from __future__ import annotations

import gzip
import re
import warnings
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import pytest

from scgsfm import GeneSets
from scgsfm.errors import DownloadError, GeneSetWarning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import Any

    from tests.conftest import Server

    from scgsfm.settings import Settings

MARKERS = pd.DataFrame({"cluster": ["B", "B", "T", "T"], "gene": ["CD79A", "MS4A1", "CD3D", "CD3E"]})
EXPECTED = {"B": ["CD79A", "MS4A1"], "T": ["CD3D", "CD3E"]}


@pytest.fixture(autouse=True)
def no_other_warnings() -> Any:
    """Warnings that a test does not expect fail it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", GeneSetWarning)
        yield


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda by: by["gene"].apply(list), id="list"),
        pytest.param(lambda by: by["gene"].apply(set), id="set"),
        pytest.param(lambda by: by["gene"].unique(), id="unique"),
        pytest.param(lambda by: by.agg(list), id="table of lists"),
        pytest.param(lambda by: by["gene"].apply(list).reset_index(), id="two columns"),
    ],
)
def test_grouped_genes(make: Callable[[Any], Any]) -> None:
    grouped = make(MARKERS.groupby("cluster"))
    if isinstance(grouped, pd.DataFrame) and grouped.shape[1] == 2:
        grouped = grouped.rename(columns={"cluster": "source", "gene": "target"})
    assert GeneSets(grouped).to_dict() == EXPECTED


def test_series_of_two_levels() -> None:
    markers = MARKERS.assign(sign=["UP", "DN", "UP", "DN"])
    series = markers.groupby(["cluster", "sign"])["gene"].apply(list)
    assert GeneSets(series, join_up_down=True)["B"] == ["CD79A", "MS4A1"]
    assert GeneSets(series).names == ["B_DN", "B_UP", "T_DN", "T_UP"]


@pytest.mark.parametrize("series", [MARKERS["gene"], pd.Series({"CD3D": 1.0})], ids=["names", "numbers"])
def test_series_without_set_names_are_refused(series: pd.Series) -> None:
    with pytest.raises(TypeError, match=r"apply\(list\)"):
        GeneSets(series)


def test_wide_tables() -> None:
    table = pd.DataFrame({"B": ["CD79A", "MS4A1", "CD19"], "T": ["CD3D", None, ""]})
    assert GeneSets(table).to_dict() == {"B": ["CD79A", "MS4A1", "CD19"], "T": ["CD3D"]}
    assert GeneSets(table.reset_index(names="Unnamed: 0")) == GeneSets(table)
    assert GeneSets(table.astype("category")).names == ["B", "T"]
    assert GeneSets(table.iloc[:2, :1].to_records(index=False)).to_dict() == {"B": ["CD79A", "MS4A1"]}
    custom = pd.DataFrame({"x": ["probe1", "probe2"], "y": ["probe3", "probe4"]})
    assert GeneSets(custom).to_dict() == {"x": ["probe1", "probe2"], "y": ["probe3", "probe4"]}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        pytest.param(MARKERS, r"rename\(columns=\{'cluster': 'source', 'gene': 'target'\}\)", id="other names"),
        pytest.param(
            MARKERS.set_axis(["a", "b"], axis=1), "lacks the column source and target; it has a, b", id="unknown names"
        ),
        pytest.param(MARKERS.assign(score=1.0), "'cluster': 'source'", id="more columns"),
        pytest.param(pd.DataFrame({"B": ["CD79A"], "score": [1.0]}), "'score': other values", id="a column of numbers"),
        pytest.param(pd.DataFrame({"B": [1, 0]}, index=["CD79A", "CD3D"]), "'B': other values", id="a matrix"),
        pytest.param(pd.DataFrame(), r"\(none\)", id="empty"),
    ],
)
def test_other_tables_are_refused(table: pd.DataFrame, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        GeneSets(table)


class Regulon(NamedTuple):
    """As in pySCENIC, as far as it is read."""

    name: str
    gene2weight: Mapping[str, float]


def test_regulons() -> None:
    regulons = [Regulon("CEBPB(+)", {"CD14": 2.5, "LYZ": 1.0}), Regulon("PAX5(+)", {"CD79A": 3.0})]
    expected = {"CEBPB(+)": {"CD14": 2.5, "LYZ": 1.0}, "PAX5(+)": {"CD79A": 3.0}}
    assert GeneSets(regulons).to_dict() == expected  # type: ignore[arg-type]
    assert GeneSets(regulons[0]).to_dict() == {"CEBPB(+)": expected["CEBPB(+)"]}  # type: ignore[arg-type]
    assert GeneSets({regulon.name: regulon for regulon in regulons}).to_dict() == expected  # type: ignore[dict-item]


def test_several_sources(tmp_path: Path) -> None:
    path = tmp_path / "own.gmt"
    path.write_text("own\tna\tCD3D\n")
    sets = GeneSets(["hallmark", path, {"dict": ["CD4"]}, GeneSets("pbmc_markers"), pd.DataFrame({"wide": ["CD8A"]})])
    assert len(sets) == 50 + 1 + 1 + 12 + 1
    assert sets["own"] == ["CD3D"]
    assert sets["HALLMARK_HYPOXIA"] == GeneSets("hallmark")["HALLMARK_HYPOXIA"]
    both = GeneSets(["hallmark", "reactome"])
    assert len(both) == 1786
    assert both.info["name"] == "hallmark; reactome"
    assert both.info["licence"] == "CC BY 4.0"


@pytest.mark.parametrize(
    ("sources", "error", "words"),
    [
        (["CD3D", "CD3E"], TypeError, "a list has no set names"),
        (["CD3D", "HLA_A"], TypeError, "a list has no set names"),
        ([["CD3D"], ["CD4"]], TypeError, "a list has no set names"),
        ([], TypeError, "a list has no set names"),
        (["hallmark", "reactom"], ValueError, "'reactom'.*Did you mean 'reactome'"),
        (["hallmark", "CD3D"], ValueError, "no gene-set library or file 'CD3D'"),
        (["hallmark", "absent.gmt"], FileNotFoundError, "absent.gmt"),
    ],
)
def test_wrong_lists_of_sources(sources: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        GeneSets(sources)


def test_union() -> None:
    first, second = GeneSets({"a": ["CD3D"], "b": ["CD4"]}), GeneSets({"c": {"CD8A": -2.0}, "b": ["CD4"]})
    assert (first | second).to_dict() == {"a": {"CD3D": 1.0}, "b": {"CD4": 1.0}, "c": {"CD8A": -2.0}}
    assert (first | {"c": ["CD8A"]}).names == ["a", "b", "c"]
    assert ({"c": ["CD8A"]} | first).names == ["c", "a", "b"]
    assert len(first | "hallmark") == 52
    with pytest.warns(GeneSetWarning, match=r"already taken numbered .*'b \(2\)'"):
        assert (first | {"b": ["CD8A"]}).to_dict() == {"a": ["CD3D"], "b": ["CD4"], "b (2)": ["CD8A"]}


def test_up_and_down_are_joined() -> None:
    sets = {"X_UP": ["CD3D", "CD4"], "X_DN": ["CD79A"], "Y up": {"LYZ": 2.0}, "Y down": {"CD14": 3.0}, "Z_UP": ["MAL"]}
    expected = {"X": {"CD3D": 1.0, "CD4": 1.0, "CD79A": -1.0}, "Y": {"LYZ": 2.0, "CD14": -3.0}, "Z_UP": {"MAL": 1.0}}
    assert GeneSets(sets, join_up_down=True).to_dict() == expected
    assert GeneSets(GeneSets(sets), join_up_down=True).to_dict() == expected
    assert "X_UP" in GeneSets(sets)


def test_problems_of_up_and_down() -> None:
    with pytest.warns(GeneSetWarning, match=re.escape("up and down left out (set 'X')")):
        sets = GeneSets({"X_UP": ["CD3D", "CD4"], "X_DOWN": ["CD79A", "CD4"]}, join_up_down=True)
    assert sets.to_dict() == {"X": {"CD3D": 1.0, "CD79A": -1.0}}
    with pytest.warns(GeneSetWarning, match="another set has their name"):
        assert len(GeneSets({"X_UP": ["CD3D"], "X_DN": ["CD79A"], "X": ["CD4"]}, join_up_down=True)) == 3
    with pytest.raises(ValueError, match="no pair of sets"):
        GeneSets({"X": ["CD3D"]}, join_up_down=True)
    with pytest.raises(ValueError, match="without negative weights"):
        GeneSets({"X_UP": ["CD3D"], "X_DN": {"CD79A": -1.0}}, join_up_down=True)


def test_url(server: Server, own_settings: Settings) -> None:
    text = b"B\tna\tCD79A\tMS4A1\nT\tna\tCD3D\tCD3E\n"
    server.files |= {
        "/sets.gmt": text,
        "/sets.gmt.gz": gzip.compress(text),
        "/sets.json": b'{"B": ["CD79A", "MS4A1"], "T": ["CD3D", "CD3E"]}',
        "/get": b' {"B": ["CD79A", "MS4A1"], "T": ["CD3D", "CD3E"]}',
    }
    for path in server.files:
        sets = GeneSets(f"{server.url}{path}")
        assert sets.to_dict() == EXPECTED
        assert sets.info == {"source": f"{server.url}{path}"}
        assert GeneSets(f"{server.url}{path}") == sets
        assert server.requests[path] == 1
    assert len(GeneSets(["hallmark", f"{server.url}/sets.gmt"])) == 52
    own_settings.offline = True
    assert GeneSets(f"{server.url}/sets.gmt").to_dict() == EXPECTED
    with pytest.raises(DownloadError, match="offline"):
        GeneSets(f"{server.url}/other.gmt")


def test_url_without_gene_sets(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scgsfm._fetch.PAUSE", 0)
    server.files["/words.gmt"] = b"not gene sets\n"
    for _ in range(2):
        with pytest.raises(ValueError, match="words.gmt did not return gene sets.*not a GMT file"):
            GeneSets(f"{server.url}/words.gmt")
    assert server.requests["/words.gmt"] == 2
    with pytest.raises(DownloadError, match="absent.gmt: 404"):
        GeneSets(f"{server.url}/absent.gmt")
    with pytest.raises(ValueError, match="http or https only"):
        GeneSets("s3://bucket/sets.gmt")
    with pytest.raises(ValueError, match="read_excel"):
        GeneSets(f"{server.url}/sets.xlsx")


def test_warnings_of_a_url_name_it(server: Server) -> None:
    server.files["/sets.gmt"] = b"B\tna\tCD79A\t\n"
    with pytest.warns(GeneSetWarning, match=f"{server.url}/sets.gmt was read with repairs"):
        GeneSets(f"{server.url}/sets.gmt")


def test_signed_sets_have_numpy_weights() -> None:
    np.testing.assert_array_equal(GeneSets({"x": ["CD79A", "CD3E-"]}).weights("x"), [1.0, -1.0])
