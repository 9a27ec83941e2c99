import pytest

from scgsfm.datasets import libraries, library
from scgsfm.genes import resolve

COUNTS = {
    "hallmark": 50,
    "reactome": 1736,
    "go_bp": 5343,
    "go_cc": 468,
    "go_mf": 1174,
    "cell_types": 840,
    "pbmc_markers": 12,
    "tissue_markers": 67,
    "drug_targets": 1361,
    "cell_cycle": 2,
}


def test_embedded_libraries() -> None:
    table = libraries()
    assert table["n_sets"].to_dict() == COUNTS
    assert table.index.name == "name"
    for column in ("title", "source", "version", "licence", "url"):
        assert table[column].str.len().gt(0).all()
    assert set(table["licence"]) == {"CC BY 4.0", "CC0 1.0", "none (gene memberships are facts)"}


def test_counts_match_the_libraries() -> None:
    for name, row in libraries().iterrows():
        sets = library(name)
        assert len(sets) == row["n_sets"]
        assert len(sets.genes) == row["n_genes"]
        assert sorted(sets.sizes)[len(sets) // 2] >= row["median_size"]


def test_changing_the_table_has_no_side_effect() -> None:
    table = libraries()
    table.loc["hallmark", "licence"] = "none"
    assert libraries().loc["hallmark", "licence"] == "CC BY 4.0"


def test_cell_cycle_sets_are_those_of_scanpy_tutorials() -> None:
    sets = library("cell_cycle")
    assert dict(zip(sets, sets.sizes.tolist(), strict=True)) == {"S": 43, "G2M": 54}
    assert {"MCM5", "PCNA", "CENPU", "E2F8"} <= set(sets["S"])
    assert {"HMGB2", "TOP2A", "PIMREG", "JPT1", "CENPA"} <= set(sets["G2M"])
    assert resolve(sets.genes).counts["approved"] == 97


def test_several_names_are_refused() -> None:
    with pytest.raises(TypeError, match="`name` is a list.*GeneSets reads several"):
        library(["hallmark", "reactome"])  # type: ignore[arg-type]
