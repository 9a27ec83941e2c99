from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from scgsfm.genes import STATUSES, protein_coding, resolve, sources

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def read(*names: Any, organism: str | None = None) -> list[tuple[str, str]]:
    found = resolve(names, organism=organism)
    return list(zip(found.symbols.tolist(), found.how.tolist(), strict=True))


# facts looked up by hand at genenames.org, NCBI Gene and Ensembl
@pytest.mark.parametrize(
    ("name", "symbol", "how"),
    [
        ("TP53", "TP53", "approved"),
        ("  CD4 ", "CD4", "approved"),
        ("ADSSL1", "ADSS1", "previous"),
        ("TAZ", "TAFAZZIN", "previous"),
        ("SEPT2", "SEPTIN2", "previous"),
        ("SEPT9", "SEPTIN9", "previous"),
        ("MARCH3", "MARCHF3", "previous"),
        ("2-Sep", "SEPTIN2", "alias"),
        ("Sep-09", "SEPTIN9", "alias"),
        ("3-Mar", "MARCHF3", "alias"),
        ("CD20", "MS4A1", "previous"),
        ("PDL1", "CD274", "alias"),
        ("MCP-1", "CCL2", "alias"),
        ("C9ORF72", "C9orf72", "approved"),
        ("C1orf112", "FIRRM", "previous"),
        ("ENSG00000153563", "CD8A", "ensembl"),
        ("ENSG00000153563.15", "CD8A", "ensembl"),
        ("ENSG00000182378.14_PAR_Y", "PLCXD1", "ensembl"),
        ("CD8A_ENSG00000153563", "CD8A", "ensembl"),
        ("7157", "TP53", "entrez"),
        (7157, "TP53", "entrez"),
        (np.int64(920), "CD4", "entrez"),
        (920.0, "CD4", "entrez"),
        ("Ptprc", "PTPRC", "ortholog"),
        ("Trp53", "TP53", "ortholog"),
        ("mt-Co1", "MT-CO1", "ortholog"),
        ("ENSMUSG00000026395.15", "PTPRC", "ortholog"),
        ("19264", "PTPRC", "ortholog"),
        ("GRCh38_CD3E", "CD3E", "approved"),
        ("hg19-CD3E", "CD3E", "approved"),
        ("mm10___Cd4", "CD4", "ortholog"),
        ("HLA.DRA", "HLA-DRA", "approved"),
        ("CD8A.1", "CD8A", "approved"),
    ],
)
def test_known_names(name: Any, symbol: str, how: str) -> None:
    assert read(name) == [(symbol, how)]


@pytest.mark.parametrize(
    "name",
    [
        "CAP",  # six genes have this alias
        "MT1",  # the metallothioneins
        "1-Mar",  # MARCH1 or MARC1
        "CBP",  # alias of CREBBP; once a symbol of OPN1LW
    ],
)
def test_ambiguous_names_are_not_resolved(name: str) -> None:
    assert read(name) == [("", "ambiguous")]


@pytest.mark.parametrize(
    "name",
    ["", None, float("nan"), pd.NA, "FBgn0000001", "peak_1", "chr1:100-200", "RP11-34P13.7", "cd4", "NOSUCHGENE", "0"],
)
def test_unknown_names(name: Any) -> None:
    assert read(name) == [("", "unknown")]


def test_approved_symbol_outranks_alias_of_another_gene() -> None:
    # AGO1, NAT1 are approved and also aliases of other genes
    assert read("AGO1", "NAT1") == [("AGO1", "approved"), ("NAT1", "approved")]


def test_suffixed_duplicates_need_their_original() -> None:
    assert read("TBCE", "TBCE-1", "TBCE_2")[1:] == [("TBCE", "approved")] * 2
    assert read("TBCE-1") == [("", "unknown")]
    # the symbols themselves may end so
    assert read("NKX2-1", "MIR1302-10") == [("NKX2-1", "approved"), ("MIR1302-10", "approved")]
    # "U1.1" beside "U1" is its duplicate, although "U1.1" is an alias of a gene
    assert read("U1.1")[0][1] == "alias"
    assert read("U1", "U1.1")[1] == ("", "unknown")


def test_symbol_with_ensembl_id_is_resolved_by_the_id() -> None:
    # one of many copies of 7SK, not RN7SK
    assert read("7SK_ENSG00000260682") == [("RN7SKP176", "ensembl")]
    # a retired id leaves an approved symbol, but no alias
    assert read("CD8A_ENSG00000999999", "7SK_ENSG00000999999") == [("CD8A", "approved"), ("", "unknown")]


@pytest.mark.parametrize("names", [["0", "1", "2", "9"], ["1", "2", "3", "4"], list(range(50))])
def test_row_numbers_are_not_entrez_ids(names: list[int | str]) -> None:
    assert resolve(names).share == 0


def test_organism_is_detected_or_given() -> None:
    assert resolve(["Cd4", "Cd8a", "Ptprc", "C3"]).organism == "mouse"
    assert resolve(["CD4", "CD8A", "PTPRC", "C3"]).organism == "human"
    assert resolve(["ENSMUSG00000026395"]).organism == "mouse"
    assert resolve(["12525", "19264"]).organism == "mouse"
    # C3 is a symbol of both
    assert read("C3") == [("C3", "approved")]
    assert read("C3", organism="mouse") == [("C3", "ortholog")]
    assert read("Cd4", "Cd8a", "C3")[2] == ("C3", "ortholog")


def test_lower_case_is_resolved_only_for_a_given_organism() -> None:
    assert read("cd4", organism="human") == [("CD4", "approved")]
    assert read("ptprc", organism="mouse") == [("PTPRC", "ortholog")]
    # a mouse symbol counts by its ortholog, not by its letters
    assert read("Cd4", organism="human") == [("CD4", "ortholog")]


def test_old_mouse_symbols_follow_the_human_renaming() -> None:
    # TCEB1 became ELOC and H2AFY MACROH2A1, in both species
    assert read("Ptprc", "Tceb1", "H2afy")[1:] == [("ELOC", "ortholog"), ("MACROH2A1", "ortholog")]


def test_orthologs_are_one_to_one() -> None:
    found = resolve(["Ins1", "Ins2", "H2-Aa", "H2-K1"])
    assert found.symbols.tolist() == ["", "INS", "HLA-DQA1", ""]


@pytest.mark.parametrize(
    "container",
    [list, tuple, np.array, pd.Index, pd.Series, lambda x: pd.Series(x, dtype="string"), pd.Categorical, iter],
)
def test_containers(container: Callable[..., Any]) -> None:
    found = resolve(container(["CD4", "nothing", "CD4"]))
    assert found.symbols.tolist() == ["CD4", "", "CD4"]
    assert found.names.dtype == found.symbols.dtype == found.how.dtype == object


def test_string_dtype_with_missing_values() -> None:
    found = resolve(pd.Series(["CD4", None], dtype="string"))
    assert found.names.tolist() == ["CD4", ""]
    assert found.share == 0.5


def test_resolution_counts() -> None:
    found = resolve(["CD4", "SEPT9", "CAP", "nothing"])
    assert found.matched.tolist() == [True, True, False, False]
    assert found.share == 0.5
    assert tuple(found.counts) == STATUSES
    assert {how: n for how, n in found.counts.items() if n} == {
        "approved": 1,
        "previous": 1,
        "ambiguous": 1,
        "unknown": 1,
    }
    assert "2 of 4 human gene names (50.0%)" in found.summary()
    assert resolve([]).share == 0


def test_bad_input() -> None:
    with pytest.raises(TypeError, match=r"`names` is the string 'CD4', but must be a list.*\['CD4'\]"):
        resolve("CD4")
    with pytest.raises(ValueError, match="`organism` is 'elf', but must be 'human', 'mouse', 'rat'"):
        resolve(["CD4"], organism="elf")


def test_protein_coding() -> None:
    assert protein_coding(["CD4", "XIST", "MT-CO1", "RN7SK", "SEPT9"]).tolist() == [True, False, True, False, False]


def test_sources_have_version_and_license() -> None:
    assert all(source["version"] and source["licence"] for source in sources().values())


def test_import_reads_no_table() -> None:
    code = "import scgsfm.genes._tables as t; assert t.table.cache_info().currsize == 0"
    subprocess.run([sys.executable, "-c", code], check=True)
