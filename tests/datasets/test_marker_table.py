from __future__ import annotations

import pytest

from scgsfm.datasets import library, marker_table


@pytest.mark.parametrize("name", ["tissue_markers", "pbmc_markers", "cell_types"])
def test_one_row_per_set(name: str) -> None:
    table, sets = marker_table(name), library(name)
    assert table.index.tolist() == sets.names
    assert table["n_genes"].tolist() == sets.sizes.tolist()
    for column in ("cell_type", "tissue", "organism"):
        assert table[column].str.len().gt(0).all()


def test_textbook_markers() -> None:
    table = marker_table()
    assert table["n_genes"].eq(12).all()
    assert {"immune", "blood", "stroma", "pancreas", "intestine", "brain"} <= set(table["tissue"])
    assert table.loc["Goblet cell", "tissue"] == "intestine"
    assert {"INS", "IAPP", "MAFA"} <= set(library("tissue_markers")["Beta cell"])


@pytest.mark.parametrize(
    ("name", "cell_type", "tissue"),
    [
        ("AIZARANI_LIVER_C11_HEPATOCYTES_1", "hepatocytes", "liver"),
        ("AIZARANI_LIVER_C34_MHC_II_POS_B_CELLS", "mhc ii+ b cell", "liver"),
        ("BUSSLINGER_DUODENAL_TUFT_CELLS", "tuft cell", "intestine"),
        ("DESCARTES_FETAL_CEREBRUM_ASTROCYTES", "astrocytes", "brain"),
        ("DESCARTES_FETAL_PANCREAS_ACINAR_CELLS", "acinar cell", "pancreas"),
        ("DESCARTES_MAIN_FETAL_ACINAR_CELLS", "acinar cell", "several"),
        ("HE_LIM_SUN_FETAL_LUNG_C4_CD8_T_CELL", "cd8 t cell", "lung"),
        ("MENON_FETAL_KIDNEY_4_PODOCYTES", "podocytes", "kidney"),
        ("MURARO_PANCREAS_BETA_CELL", "beta cell", "pancreas"),
        ("LAKE_ADULT_KIDNEY_C2_PODOCYTES", "podocytes", "kidney"),
    ],
)
def test_types_and_tissues_are_parsed_from_set_names(name: str, cell_type: str, tissue: str) -> None:
    row = marker_table("cell_types").loc[name]
    assert (row["cell_type"], row["tissue"], row["organism"]) == (cell_type, tissue, "human")


def test_other_libraries_have_no_tissues() -> None:
    with pytest.raises(ValueError, match="is 'hallmark', but must be 'tissue_markers'"):
        marker_table("hallmark")
