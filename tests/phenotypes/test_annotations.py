"""HPO annotations against plain walks over their relations, and a toy example."""

from __future__ import annotations

import numpy as np
import pytest

from scgsfm.genes import resolve
from scgsfm.phenotypes import HPOAnnotations, Ontology, load_annotations

SEIZURE, SCN1A = "HP:0001250", "SCN1A"


@pytest.fixture(scope="module")
def hpo() -> HPOAnnotations:
    return load_annotations()


@pytest.fixture
def toy() -> HPOAnnotations:
    """Root 118 above A (1), above B (2) and C (3); 4 is a mode of inheritance; gene X has a disease with B, not C."""
    ontology = Ontology(
        numbers=np.array([1, 2, 3, 4, 118]),
        names=["A", "B", "C", "Dominant", "Phenotypic abnormality"],
        synonyms=["bee", "shared", "shared", "wide"],
        synonym_rows=np.array([1, 1, 2, 1]),
        exact=np.array([True, True, True, False]),
        parents=np.array([[0, 1, 2], [4, 0, 0]]),
        alternatives={77: 1},
        version="1",
    )
    annotations = np.array([[0, 1, 1, 0, 0], [0, 2, 0, 0, 0], [0, 3, 0, 0, 0], [1, 0, 0, 0, 0]])
    return HPOAnnotations(
        ontology, ["X", "Y"], ["OMIM:1", "ORPHA:2"], ["First", "Second"], ["Former"], np.array([0]),
        np.array([[0, 0, 0], [1, 1, 1]]), [("a", "causes"), ("b", "modifies")], annotations,
        np.array([False, True, False, False]), ["", "3/4"], ["PMID:1"], ["PCS"],
        {name: {"title": name, "version": "9", "citation": "C"} for name in ("a", "b", "hpo", "hpo_annotations")},
    )  # fmt: skip


def walk(ontology: Ontology, row: int, *, up: bool) -> set[int]:
    child, parent = ontology.parents if up else ontology.parents[::-1]
    found, new = set(), {row}
    while new:
        found |= new
        new = {int(p) for c, p in zip(child, parent, strict=True) if int(c) in new} - found
    return found


@pytest.mark.parametrize("term", [SEIZURE, "HP:0000118", "HP:0001631"])
def test_hierarchy_agrees_with_a_walk(hpo: HPOAnnotations, term: str) -> None:
    row = hpo.ontology.term(term)
    assert set(hpo.ontology.ancestors(row).tolist()) == walk(hpo.ontology, row, up=True)
    assert set(hpo.ontology.descendants(row).tolist()) == walk(hpo.ontology, row, up=False)


@pytest.mark.parametrize(
    "text", ["HP:0001250", "hp_0001250", " Seizure", "epileptic  seizure", "EPILEPSY", "HP:0002279"]
)
def test_term_by_id_former_id_name_and_synonym(hpo: HPOAnnotations, text: str) -> None:
    assert hpo.ontology.ids[hpo.ontology.term(text)] == SEIZURE


def test_names_take_precedence_over_synonyms(toy: HPOAnnotations) -> None:
    assert [toy.ontology.find(text) for text in ("b", "bee", "wide", "HP:0000077", "nothing")] == [
        [1],
        [1],
        [1],
        [1],
        [],
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("HP:9999999", "is not a term .* version 2026-02-16"),
        ("Hypetension", r"Did you mean .*Hypotension \(HP:0002615\)"),
        ("HP:0000006", "is not a phenotype"),
    ],
)
def test_unknown_terms(hpo: HPOAnnotations, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        hpo.ontology.term(text, phenotype=True)


def test_ambiguous_synonym(toy: HPOAnnotations) -> None:
    with pytest.raises(ValueError, match=r"several terms: give one of B \(HP:0000002\), C \(HP:0000003\)"):
        toy.ontology.term("shared")


def test_phenotypes_lie_below_phenotypic_abnormality(toy: HPOAnnotations, hpo: HPOAnnotations) -> None:
    assert toy.ontology.is_phenotype.tolist() == [True, True, True, False, False]
    assert not hpo.ontology.is_phenotype[hpo.ontology.term("HP:0000006")]


def test_evidence_of_the_toy(toy: HPOAnnotations) -> None:
    (row,) = toy.evidence("X", "A")  # through its descendant B; C is negated
    assert (row.term, row.frequency, row.relation) == ("HP:0000002", "3/4", "causes [a 9]")
    assert toy.evidence("X", "C") == []
    assert [r.term for r in toy.evidence("X", "C", negated=True)] == ["HP:0000003"]
    assert toy.evidence("nothing", "A") == []
    (row,) = toy.evidence("Y", "A")
    assert row.relation == "modifies [b 9]"
    assert row.cite() == "Y – Second (ORPHA:2) – A (HP:0000001) [PMID:1, PCS; hpo_annotations 9]"


def test_phenotypes_of_the_toy(toy: HPOAnnotations) -> None:
    assert toy.gene_phenotypes.toarray().tolist() == [[True, True, False, False, False], [True] + 4 * [False]]
    np.testing.assert_allclose(toy.information, -np.log([1, 0.5, 0.5, 0.5, 1]))
    np.testing.assert_array_equal(toy.frequency, [0.75, np.nan, np.nan, np.nan])
    assert toy.gene_diseases(["a"]).toarray().tolist() == [[True, False], [False, False]]


def test_diseases_by_id_name_and_synonym(toy: HPOAnnotations, hpo: HPOAnnotations) -> None:
    assert [toy.disease(text) for text in ("OMIM:1", "first", "Former")] == [0, 0, 0]
    assert hpo.disease_ids[hpo.disease("Louis-Bar syndrome")] == "ORPHA:100"
    with pytest.raises(ValueError, match="is not a disease in the HPO annotations. Did you mean First"):
        toy.disease("Firts")


def test_evidence_agrees_with_the_matrix(hpo: HPOAnnotations) -> None:
    rng = np.random.default_rng(0)
    phenotypes = np.flatnonzero(hpo.ontology.is_phenotype)
    for gene in rng.choice(len(hpo.genes), 20):
        own = hpo.gene_phenotypes[[gene]].indices
        asked = np.concatenate([own[:5], rng.choice(phenotypes, 5)])
        found = [bool(hpo.evidence(hpo.genes[gene], int(term))) for term in asked]
        assert found == np.isin(asked, own).tolist()


def test_information_content_decreases_towards_the_root(hpo: HPOAnnotations) -> None:
    child, parent = hpo.ontology.parents
    assert (hpo.information[child] >= hpo.information[parent] - 1e-12).all()
    assert hpo.information[hpo.ontology.term("HP:0000118")] == 0


def test_every_source_has_a_version_and_a_license_and_there_is_no_prose(hpo: HPOAnnotations) -> None:
    assert {"title", "version", "licence", "url", "citation"} <= set.intersection(*map(set, hpo.sources.values()))
    assert "2026-02-16" in hpo.about()
    assert max(map(len, hpo.ontology.names + hpo.disease_names)) < 250


def test_genes_are_approved_symbols_except_loci(hpo: HPOAnnotations) -> None:
    assert resolve(hpo.genes, organism="human").share > 0.99


@pytest.mark.parametrize(
    ("text", "value"), [("3/4", 0.75), ("75%", 0.75), ("HP:0040280", 1), ("", np.nan), ("0/0", np.nan)]
)
def test_frequencies(text: str, value: float) -> None:
    from scgsfm.phenotypes import parse_frequency

    np.testing.assert_equal(parse_frequency(text), value)
