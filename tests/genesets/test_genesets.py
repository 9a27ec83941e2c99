"""GeneSets: construction, access and the membership matrix."""

from __future__ import annotations

import pickle
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from scgsfm import GeneSets
from scgsfm.errors import GeneMatchError, GeneSetWarning

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

PLAIN = {"T": ["CD3D", "CD3E", "CD2"], "B": ["MS4A1", "CD79A", "CD2"]}
SIGNED = {"T": {"CD3D": 2.0, "CD3E": 1.5, "MS4A1": -1.0}, "B": {"MS4A1": 3.0, "CD79A": 1.0}}


def long(sets: dict[str, dict[str, float]]) -> pd.DataFrame:
    """A decoupler net of weighted sets, with the rows of the sets mixed."""
    rows = [(name, gene, weight) for name, genes in sets.items() for gene, weight in genes.items()]
    frame = pd.DataFrame(rows, columns=["source", "target", "weight"])
    return pd.concat(
        [frame[frame["source"] == "T"].iloc[:1], frame[frame["source"] == "B"], frame[frame["source"] == "T"].iloc[1:]]
    )


@pytest.mark.parametrize("make", [GeneSets, lambda sets: GeneSets(GeneSets(sets))])
def test_dict(make: Callable[..., Any]) -> None:
    sets = make(PLAIN)
    assert sets.to_dict() == PLAIN
    assert sets.names == list(sets) == ["T", "B"]
    assert len(sets) == 2
    assert "T" in sets
    assert sets["B"] == ["MS4A1", "CD79A", "CD2"]
    assert sets.sizes.tolist() == [3, 3]
    assert sorted(sets.genes) == ["CD2", "CD3D", "CD3E", "CD79A", "MS4A1"]
    assert sets.weights("T").tolist() == [1, 1, 1]
    assert not sets.weighted
    assert not sets.signed


def test_weights_and_signs() -> None:
    sets = GeneSets(SIGNED)
    assert sets.to_dict() == SIGNED
    assert sets.weights("T").tolist() == [2.0, 1.5, -1.0]
    assert sets.weighted
    assert sets.signed
    unsigned = GeneSets({"B": SIGNED["B"]})
    assert unsigned.weighted
    assert not unsigned.signed


def test_dict_values_of_every_kind() -> None:
    sets = GeneSets(
        {
            "list": ["A", "B"],
            "tuple": ("A", "B"),
            "set": {"B", "A"},
            "array": np.array(["A", "B"]),
            "index": pd.Index(["A", "B"]),
            "series": pd.Series(["A", "B"]),
            "generator": (gene for gene in "AB"),
            3: ["A", "B"],
        }
    )
    assert all(sets[name] == ["A", "B"] for name in sets)
    assert "3" in sets
    weighted = GeneSets({"series": pd.Series({"A": 2.0, "B": -1.0}), "list": ["A"]})
    assert weighted.to_dict() == {"series": {"A": 2.0, "B": -1.0}, "list": {"A": 1.0}}
    assert GeneSets({"entrez": [915, np.int64(916)]})["entrez"] == ["915", "916"]


def test_problems_of_a_dict_make_one_warning() -> None:
    with pytest.warns(GeneSetWarning) as caught:
        sets = GeneSets({"T": ["CD3D", "CD3D", None, " CD3E"], "none": [], "w": ["CD4,1.0"]})
    assert sets.to_dict() == {"T": ["CD3D", "CD3E"], "w": ["CD4"]}
    assert len(caught) == 1
    assert caught[0].filename == __file__
    for words in ("kept once (set 'T')", "missing gene names", "without a gene left out (set 'none')", "(set 'w')"):
        assert words in str(caught[0].message)


def test_bad_items_of_a_dict_are_left_out() -> None:
    sets = {"T": ["CD3D", 1.5], "n": 3, "text": "CD4", "w": {"CD4": "up", "CD8A": 2.0}, None: ["CD4"]}
    with pytest.warns(GeneSetWarning) as caught:
        assert GeneSets(sets).to_dict() == {"T": {"CD3D": 1.0}, "w": {"CD8A": 2.0}}
    assert len(caught) == 1
    for words in ("(sets 'n', 'text')", "(set 'T': 1.5)", "(set 'w': 'CD4')", "(set None)"):
        assert words in str(caught[0].message)
    with pytest.raises(TypeError, match=r"holds 1\.5"):
        GeneSets(sets, on_error="raise")
    with pytest.raises(ValueError, match="`on_error` is 'skip'"):
        GeneSets(sets, on_error="skip")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "error", "words"),
    [
        pytest.param(["CD3D", "CD3E"], TypeError, r"\{'my set': \[genes\]\}", id="list"),
        pytest.param({"CD3D"}, TypeError, "a set has no set names", id="set"),
        pytest.param(np.array(["CD3D"]), TypeError, "ndarray", id="array"),
        pytest.param(None, TypeError, "NoneType", id="None"),
        pytest.param({"T": "CD3D"}, TypeError, "set 'T' is 'CD3D'", id="text"),
        pytest.param({"T": 3}, TypeError, "set 'T' is int", id="number"),
        pytest.param({"T": [1.5]}, TypeError, "holds 1.5", id="number as gene"),
        pytest.param({"T": [["CD3D"]]}, TypeError, "not a gene name", id="nested list"),
        pytest.param({"T": {"CD3D": "up"}}, TypeError, "not a number", id="text as weight"),
        pytest.param({None: ["CD3D"]}, ValueError, "not a name for a set", id="no name"),
        pytest.param({}, ValueError, "no gene set", id="empty dict"),
        pytest.param({"T": []}, ValueError, "no gene set.*without a gene left out", id="empty set"),
    ],
)
def test_wrong_sources_are_refused(source: Any, error: type[Any], words: str) -> None:
    with pytest.raises(error, match=f"(?s){words}"):
        GeneSets(source)


@pytest.mark.parametrize("dtype", ["object", "category", "string"])
def test_frame(dtype: str) -> None:
    frame = long(SIGNED).astype({"source": dtype, "target": dtype})
    sets = GeneSets(frame)
    assert sets.to_dict() == SIGNED
    assert sets.names == ["T", "B"]
    assert GeneSets(frame.drop(columns="weight")).to_dict() == {name: list(genes) for name, genes in SIGNED.items()}


def test_frame_round_trip() -> None:
    frame = GeneSets(SIGNED).to_frame()
    assert list(frame.columns) == ["source", "target", "weight"]
    assert frame.to_numpy().tolist()[0] == ["T", "CD3D", 2.0]
    assert GeneSets(frame) == GeneSets(SIGNED)
    assert (GeneSets(PLAIN).to_frame()["weight"] == 1).all()


def test_problems_of_a_frame_make_one_warning() -> None:
    frame = pd.DataFrame(
        {
            "source": ["T", "T", None, "T", "B", "B", " T"],
            "target": ["CD3D", "CD3D", "CD4", None, "MS4A1", "CD79A", "CD3E"],
            "weight": [2, 2, 1, 1, np.nan, 1, 3],
        }
    )
    with pytest.warns(GeneSetWarning) as caught:
        sets = GeneSets(frame)
    assert sets.to_dict() == {"T": {"CD3D": 2.0, "CD3E": 3.0}, "B": {"CD79A": 1.0}}
    assert len(caught) == 1
    for words in (
        "without a source left out (row 2)",
        "kept once (row 1)",
        "names (such as NA) left out (row 3)",
        "(row 4)",
    ):
        assert words in str(caught[0].message)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ({"geneset": ["T"], "genesymbol": ["CD3D"]}, "lacks the column source and target.*rename"),
        ({"source": ["T"], "target": ["CD3D"], "mor": [-1]}, "'mor'.*rename"),
        ({"source": ["T"], "target": ["CD3D"], "weight": ["high"]}, "weight in row 0 is 'high'"),
        ({"source": ["T", "T"], "target": ["CD3D", "CD3D"], "weight": [1, -1]}, "weights 1 and -1"),
        ({"source": [], "target": []}, "no gene set"),
    ],
)
def test_wrong_frames_are_refused(frame: dict[str, list[int | str]], words: str) -> None:
    with pytest.raises(ValueError, match=f"(?s){words}"):
        GeneSets(pd.DataFrame(frame))


def test_weights_as_text_in_a_frame() -> None:
    frame = pd.DataFrame({"source": ["T", "T"], "target": ["CD3D", "CD3E"], "weight": ["2", "-0.5"]})
    assert GeneSets(frame).to_dict() == {"T": {"CD3D": 2.0, "CD3E": -0.5}}


def test_subset_and_filter() -> None:
    sets = GeneSets({"one": ["A"], "two": ["A", "B"], "three": {"A": 1, "B": 2, "C": -3}})
    some = sets.subset(["three", "one"])
    assert some.to_dict() == {"three": {"A": 1, "B": 2, "C": -3}, "one": {"A": 1}}
    assert sets.subset("two").names == ["two"]
    assert not sets.subset("two").weighted
    assert sets.filter(min_genes=2).names == ["two", "three"]
    assert sets.filter(max_genes=2).names == ["one", "two"]
    assert sets.filter(max_genes=np.inf).names == sets.names
    assert sets.filter(min_genes=2, max_genes=2).genes.tolist() == ["A", "B"]
    assert sets.names == ["one", "two", "three"]
    with pytest.raises(KeyError, match="Did you mean 'three'"):
        sets.subset(["thre"])
    with pytest.raises(ValueError, match="None of the 3 sets remains"):
        sets.filter(min_genes=4)


def test_gene_sets_are_immutable() -> None:
    sets = GeneSets(SIGNED)
    with pytest.raises(TypeError):
        sets["T"] = ["CD4"]
    with pytest.raises(ValueError, match="read-only"):
        sets.genes[0] = "CD4"
    sets.weights("T")[0] = 100
    sets.info["source"] = "other"
    sets["T"].append("CD4")
    sets.names.append("X")
    assert sets.to_dict() == SIGNED
    assert sets.info == {"source": "dict"}


def test_equality_and_pickle() -> None:
    sets = GeneSets(SIGNED)
    assert sets == GeneSets(long(SIGNED))
    assert sets != GeneSets({name: list(genes) for name, genes in SIGNED.items()})
    assert pickle.loads(pickle.dumps(sets)) == sets


def test_unknown_set_suggests_similar_names() -> None:
    with pytest.raises(KeyError, match="no set 'HALLMARK_HYPOXYA'.*'HALLMARK_HYPOXIA'"):
        GeneSets("hallmark")["HALLMARK_HYPOXYA"]


def test_repr_has_counts_source_and_license() -> None:
    assert repr(GeneSets(SIGNED)).startswith("GeneSets: 2 signed sets of 2–3 genes (median 2.5; 4 genes in all)")
    text = repr(GeneSets("hallmark"))
    for words in ("50 sets", "4,381 genes", "MSigDB", "2024.1.Hs", "CC BY 4.0"):
        assert words in text


def by_hand(sets: dict[str, Any], genes: list[str]) -> np.ndarray:
    """Membership by two loops; ``genes`` are names that need no translation."""
    matrix = np.zeros((len(sets), len(genes)))
    for i, members in enumerate(sets.values()):
        for gene, weight in members.items() if isinstance(members, dict) else dict.fromkeys(members, 1.0).items():
            if gene in genes:
                matrix[i, genes.index(gene)] = weight
    return matrix


@pytest.mark.parametrize("sets", [PLAIN, SIGNED], ids=["plain", "signed"])
@pytest.mark.parametrize("kind", [list, np.array, pd.Index, pd.Series])
def test_membership(sets: dict[str, Any], kind: Callable[..., Any]) -> None:
    genes = ["ACTB", "MS4A1", "CD3E", "GAPDH", "CD3D", "CD79A"]
    matrix = GeneSets(sets).membership(kind(genes))
    assert isinstance(matrix, csr_array)
    assert matrix.dtype == np.float64
    assert matrix.has_canonical_format
    np.testing.assert_array_equal(matrix.toarray(), by_hand(sets, genes))


def test_membership_of_random_sets() -> None:
    rng = np.random.default_rng(0)
    names = [f"probe_{i}" for i in range(200)]
    sets = {
        f"s{i}": {
            str(g): float(w) for g, w in zip(rng.choice(names, 20, replace=False), rng.normal(size=20), strict=False)
        }
        for i in range(50)
    }
    genes = [str(gene) for gene in rng.permutation(names)[:120]]
    np.testing.assert_array_equal(GeneSets(sets).membership(genes).toarray(), by_hand(sets, genes))


def test_sets_without_a_matched_gene_are_empty_rows() -> None:
    matrix = GeneSets({"a": ["x1"], "b": ["x2"], "c": ["x3"]}).membership(["x2"])
    assert matrix.toarray().tolist() == [[0], [1], [0]]


def test_membership_without_any_match_is_refused() -> None:
    with pytest.raises(
        GeneMatchError, match="None of the 5 genes .* is among the 2 genes given .such as peak_1, peak_2"
    ):
        GeneSets(PLAIN).membership(["peak_1", "peak_2"])


def test_membership_translates_the_remaining_names() -> None:
    matrix = GeneSets({"a": ["MLL", "CD3D"]}).membership(["ENSG00000118058", "CD3D"])  # KMT2A, once called MLL
    assert matrix.toarray().tolist() == [[1, 1]]


def test_two_names_of_a_gene_count_once() -> None:
    genes = ["KMT2A", "CD3D"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert GeneSets({"a": ["MLL", "KMT2A", "CD3D"]}).membership(genes).toarray().tolist() == [[1, 1]]
    with pytest.warns(GeneSetWarning, match="different weights.*'KMT2A' in 'a'"):
        matrix = GeneSets({"a": {"MLL": 5.0, "KMT2A": 2.0, "CD3D": 1.0}}).membership(genes)
    assert matrix.toarray().tolist() == [[2, 1]]


def test_library_names_and_file_names_are_distinguished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").write_text("A\t\tCD3D\n")
    with pytest.raises(ValueError, match="read from .gmt"):
        GeneSets("mine")
    assert GeneSets("hallmark").info["name"] == "hallmark"
    with pytest.raises(ValueError, match="no gene-set library or file 'halmark'.*Did you mean 'hallmark'"):
        GeneSets("halmark")
