"""Names as spreadsheets, R and people write them."""

from __future__ import annotations

import pytest

from scgsfm.genes import approved_symbols, resolve


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("1-Sep", "SEPTIN1"),
        ("01-Sep", "SEPTIN1"),
        ("Sep-1", "SEPTIN1"),
        ("SEP-01", "SEPTIN1"),
        ("sep-01", "SEPTIN1"),
        ("Sept-1", "SEPTIN1"),
        ("1-Sep-2016", "SEPTIN1"),
        ("X1.Sep", "SEPTIN1"),
        ("2001-09-01", "SEPTIN1"),
        ("2016-09-01 00:00:00", "SEPTIN1"),
        ("2006/09/02", "SEPTIN2"),
        ("Mar-03", "MARCHF3"),
        ("3-Mar", "MARCHF3"),
        ("Dec-1", "DELEC1"),
        ("1-Dec", "DELEC1"),
        ("15-Sep", "SELENOF"),
        ("Oct-4", "POU5F1"),
        ("4-Oct", "POU5F1"),
    ],
)
def test_dates_are_the_symbols_they_were(name: str, symbol: str) -> None:
    assert resolve([name]).symbols.tolist() == [symbol]


@pytest.mark.parametrize("name", ["1-Mar", "Mar-02", "2009-09-01", "Oct-1"])
def test_dates_of_several_genes_are_ambiguous(name: str) -> None:
    # MARCH1 and MARC1; SEPT1 of 2009 or SEPT9; OCT1 is POU2F1 and SLC22A1
    assert resolve([name]).how.tolist() == ["ambiguous"]


def test_dates_in_mouse_data() -> None:
    found = resolve(["Cd4", "Cd8a", "Ptprc", "2-Sep", "3-Mar"])
    assert found.organism == "mouse"
    assert found.symbols.tolist()[3:] == ["SEPTIN2", "MARCHF3"]


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("Pd-l1", "CD274"),
        ("PDL1", "CD274"),
        ("Her2", "ERBB2"),
        ("OCT4", "POU5F1"),
        ("Alb", "ALB"),  # FBF1 has the alias "Alb"
        ("c9ORF72", "C9orf72"),
    ],
)
def test_names_in_any_letter_case(name: str, symbol: str) -> None:
    assert resolve([name], organism="human").symbols.tolist() == [symbol]


def test_lower_case_aliases_need_an_organism() -> None:
    # in zebrafish, her2 is another gene
    assert resolve(["her2", "pd-l1"]).how.tolist() == ["unknown", "unknown"]
    assert resolve(["her2", "pd-l1"], organism="human").symbols.tolist() == ["ERBB2", "CD274"]


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("NKX6.1", "NKX6-1"),
        ("HLA.A", "HLA-A"),
        ("HLA.A.1", "HLA-A"),
        ("MT.CO1", "MT-CO1"),
        ("IL.2", "IL2"),
        ("CD8A.1", "CD8A"),
        ("BCL2L2.PABPN1", "BCL2L2-PABPN1"),
    ],
)
def test_dots_of_r(name: str, symbol: str) -> None:
    assert resolve([name]).symbols.tolist() == [symbol]


@pytest.mark.parametrize(
    ("name", "symbol", "how"),
    [
        ("HGNC:10585", "SCN1A", "hgnc"),
        ("hgnc:10585", "SCN1A", "hgnc"),
        ("https://identifiers.org/hgnc:10585", "SCN1A", "hgnc"),
        ("http://identifiers.org/hgnc/HGNC:10585", "SCN1A", "hgnc"),
        ("NCBIGene:6323", "SCN1A", "entrez"),
        ("GeneID:6323", "SCN1A", "entrez"),
        ("https://www.ncbi.nlm.nih.gov/gene/6323", "SCN1A", "entrez"),
        ("MGI:97810", "PTPRC", "ortholog"),
        ("ENSEMBL:ENSG00000153563", "CD8A", "ensembl"),
        ("ensg00000153563", "CD8A", "ensembl"),
        ("\ufeffCD4", "CD4", "approved"),
    ],
)
def test_ids_with_prefixes_and_iris(name: str, symbol: str, how: str) -> None:
    found = resolve([name])
    assert (found.symbols.tolist(), found.how.tolist()) == ([symbol], [how])


def test_coding_gene_outranks_pseudogenes() -> None:
    # NCBI lists Oct-4 as a synonym of POU5F1 and of its pseudogenes
    assert resolve(["OCT-4", "E4TF1"]).symbols.tolist() == ["POU5F1", "GABPB1"]


def test_mitochondrial_names_of_ncbi_count_together() -> None:
    assert resolve(["COX2"]).how.tolist() == ["ambiguous"]  # or PTGS2
    assert resolve(["COX2", "ND1", "CYTB"]).symbols.tolist() == ["MT-CO2", "MT-ND1", "MT-CYB"]


def test_approved_symbols_keep_unknown_names() -> None:
    assert approved_symbols(["ARNTL", "CD4", "H19-ICR", ""]) == ["BMAL1", "CD4", "H19-ICR", ""]
    assert approved_symbols(["COX2", "TAZ"], ncbi=True) == ["MT-CO2", "TAFAZZIN"]
