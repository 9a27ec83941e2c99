from __future__ import annotations

import pytest

from scgsfm import GeneSets
from scgsfm.explorer import read_query, split_names

LIBRARIES = {
    "own": GeneSets({"Response to Virus, DNA-templated": ["ISG15", "MX1"], "Cell cycle": ["CDK1", "CCNB1", "TOP2A"]}),
    "more": GeneSets({"cell Cycle": ["CDK1"], "Cycle of the cell": ["CCNB1"]}),
}


@pytest.mark.parametrize(
    "text",
    [
        "CD3D\nCD3E\nMS4A1",
        "CD3D\r\nCD3E\r\nMS4A1\r\n",
        "CD3D\rCD3E\rMS4A1",
        "CD3D,CD3E, MS4A1",
        "CD3D\tCD3E\tMS4A1",
        "CD3D; CD3E;MS4A1;",
        "CD3D CD3E MS4A1",
        "CD3D | CD3E | MS4A1",
        '"CD3D","CD3E","MS4A1"',
        "['CD3D', 'CD3E', 'MS4A1']",
        "\ufeffCD3D\nCD3E\n\u00a0MS4A1\nCD3D",
        "CD3D\t2.5\t1e-9\nCD3E\t-1.25\t0.01\nMS4A1\tNaN\t.5",
    ],
)
def test_lists_in_any_format(text: str) -> None:
    assert split_names(text) == ["CD3D", "CD3E", "MS4A1"]
    query = read_query(text, LIBRARIES)
    assert (query.kind, query.genes, query.not_found) == ("genes", ("CD3D", "CD3E", "MS4A1"), [])


def test_any_identifiers_are_resolved_and_the_rest_is_reported() -> None:
    query = read_query("CD20\nENSG00000167286.9\n3122\nCd8a\nFOOBAR9\nCAP", LIBRARIES)
    assert query.genes == ("MS4A1", "CD3D", "HLA-DRA", "CD8A")
    assert query.report["status"].tolist() == ["previous", "ensembl", "entrez", "ortholog", "unknown", "ambiguous"]
    assert query.not_found == ["FOOBAR9", "CAP"]


def test_a_gene() -> None:
    query = read_query(" fancd1 ", LIBRARIES)
    assert (query.kind, query.name, query.genes) == ("gene", "BRCA2", ("BRCA2",))


def test_a_name_of_the_data_is_a_gene() -> None:
    query = read_query("my-construct", LIBRARIES, known=frozenset(["my-construct"]))
    assert (query.kind, query.genes) == ("gene", ("my-construct",))


def test_a_term_may_have_commas_and_any_case() -> None:
    query = read_query("response to virus, dna-templated", LIBRARIES)
    assert (query.kind, query.library, query.genes) == ("term", "own", ("ISG15", "MX1"))


def test_the_exact_name_goes_first() -> None:
    assert read_query("cell Cycle", LIBRARIES).library == "more"


def test_words_are_searched_in_all_libraries() -> None:
    query = read_query("cycle CELL", LIBRARIES)
    assert query.kind == "search"
    assert query.matches == (("own", "Cell cycle", 3), ("more", "cell Cycle", 1), ("more", "Cycle of the cell", 1))


def test_a_nonsense_gene_gives_a_sentence_with_a_suggestion() -> None:
    query = read_query("BRCA22", LIBRARIES | {"genes": GeneSets({"x": ["BRCA2", "BRCA1"]})})
    assert (query.kind, query.matches) == ("search", ())
    assert query.hint.startswith("'BRCA22' is neither a gene nor a part of the name of a term in")
    assert "Did you mean 'BRCA2'" in query.hint


def test_an_ambiguous_name_is_said_to_be_one() -> None:
    assert "name of several genes" in read_query("CAP", LIBRARIES).hint


def test_a_list_without_genes_is_an_error() -> None:
    with pytest.raises(ValueError, match="None of 2 names is known as a gene: 'foo1x', 'bar2x'"):
        read_query("foo1x, bar2x", LIBRARIES)


def test_a_list_that_fits_into_no_link_is_an_error() -> None:
    with pytest.raises(ValueError, match="at most 30,000 fit into a link"):
        read_query("CD3D," * 8_000, LIBRARIES)


@pytest.mark.parametrize("text", ["", "  \r\n", "\ufeff"])
def test_nothing(text: str) -> None:
    assert read_query(text, LIBRARIES).kind == "empty"
