"""Entity linking with and without a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scgsfm.questions._common_words import is_common_word
from scgsfm.questions._entity_linking import EntityLinker

if TYPE_CHECKING:
    from scgsfm.phenotypes import HPOAnnotations
    from scgsfm.questions._entity_linking import Read

ALIASES = {"SEPT9": "SEPTIN9", "Fbn1": "FBN1", "ENSG00000166147": "FBN1"}


@pytest.fixture(scope="module")
def linker(hpo: HPOAnnotations) -> EntityLinker:
    return EntityLinker(hpo, lambda name: ALIASES.get(name, ""))


def names(linked: Read) -> list[str]:
    return [entity.name for entity in linked.entities]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which genes cause seizures?", ["HP:0001250"]),
        ("which genes cause HP:0002279", ["HP:0001250"]),
        ("Genes of hp_0001250, please", ["HP:0001250"]),
        ("Does FBN1 cause arachnodactyly?", ["FBN1", "HP:0001166"]),
        ("Is arachnodactyly due to FBN1?", ["HP:0001166", "FBN1"]),
        ("diseases of SEPT9", ["SEPTIN9"]),
        ("diseases of Fbn1 or ENSG00000166147", ["FBN1"]),
        ("What causes Marfan syndrome?", ["OMIM:154700"]),
        ("What is OMIM 154700?", ["OMIM:154700"]),
        ("What is MIM:154700 and Orphanet 33069?", ["OMIM:154700", "ORPHA:33069"]),
        ("Genes for ataxia, short stature and seizures?", ["HP:0001251", "HP:0004322", "HP:0001250"]),
        ("My nephew has seizures: which genes?", ["HP:0001250"]),
        ("Which diseases do patients with it have?", []),
    ],
)
def test_names_are_looked_up(linker: EntityLinker, question: str, expected: list[str]) -> None:
    linked = linker.link(question, [])
    assert names(linked) == expected
    assert linked.unknown == ""


def test_both_sources_of_a_disease(linker: EntityLinker, hpo: HPOAnnotations) -> None:
    (entity,) = linker.link("features of marfan syndrome", []).entities
    assert {hpo.disease_ids[row] for row in entity.rows} == {"OMIM:154700", "ORPHA:558"}
    assert entity.label == "Marfan syndrome (OMIM:154700)"


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("Which genes cause purple hair syndrome?", "purple hair"),
        ("Does FAKE17 cause seizures?", "FAKE17"),
        ("Which genes cause seizures of the left earlobe?", "seizures of the left earlobe"),
        ("Which genes cause green seizures?", "green seizures"),
        ("phenotypes of QQQ9", "QQQ9"),
        ("What is HP:9999999?", "HP:9999999"),
        ("Does FBN1 explain purple eyebrows?", "purple eyebrows"),
        ("What is OMIM:999999?", "OMIM:999999"),
    ],
)
def test_unknown_words_are_reported(linker: EntityLinker, question: str, unknown: str) -> None:
    linked = linker.link(question, [])
    assert linked.unknown == unknown


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("Which gene is to blame for arachnodactyly?", ""),
        ("FBN1 blithely causes which diseases?", ""),
        ("Which genes cause arachnodactyly of the gizmo?", "arachnodactyly of the gizmo"),
        ("Which genes cause gizmo arachnodactyly?", "gizmo arachnodactyly"),
        ("Does FBN1 explain tall eyebrows?", "tall eyebrows"),
        ("Is gizmo what FBN1 causes?", ""),
        ("What causes the gizmo?", "gizmo"),
    ],
)
def test_unknown_words_are_ignored_unless_they_modify_a_name(linker: EntityLinker, question: str, unknown: str) -> None:
    assert linker.link(question, []).unknown == unknown


def test_template_of_a_question(linker: EntityLinker) -> None:
    assert linker.link("Does FBN1 cause it?", []).template == "Does <gene> cause it?"
    linked = linker.link("Is arachnodactyly seen in Marfan syndrome?", [])
    assert linked.template == "Is <hpo> seen in <disease>?"


def test_common_words_are_ignored() -> None:
    for text in ("carries mutations", "Could you tell me what is seen in my nephew's family?", "described 2 cases"):
        assert all(map(is_common_word, text.rstrip("?").split()))
    for word in ("earlobes", "Marfan", "seizures", "FAKE17"):
        assert not is_common_word(word)


def test_spans_that_are_too_long_or_too_short(linker: EntityLinker) -> None:
    linked = linker.link("Which genes cause a seizure in patients?", [("hpo", "a seizure in patients")])
    assert (names(linked), linked.unknown) == (["HP:0001250"], "")
    linked = linker.link("What causes focal-onset seizure?", [("hpo", "seizure")])
    assert names(linked) == ["HP:0007359"], "the longer name takes precedence"
    linked = linker.link("Does FBN1 cause seizures?", [("gene", "FBN1")])
    assert names(linked) == ["FBN1", "HP:0001250"]


def test_names_of_several_kinds(linker: EntityLinker) -> None:
    as_disease = linker.find("Ataxia-telangiectasia", "disease")
    assert as_disease is not None
    assert as_disease.kind == "disease"
    assert linker.find("arachnodactyly", "disease").kind == "hpo", "there is no disease of this name"
    assert linker.find("Autosomal dominant inheritance") is None, "not a phenotype"
    assert linker.find("") is None


def test_symbols_need_no_resolver(hpo: HPOAnnotations) -> None:
    assert names(EntityLinker(hpo).link("diseases of FBN1", [])) == ["FBN1"]
    assert EntityLinker(hpo).link("diseases of SEPT9", []).unknown == "SEPT9"


def test_close_names_are_suggested(linker: EntityLinker) -> None:
    linked = linker.link("Which genes cause arachnodaktili?", [])
    assert linked.unknown == "arachnodaktili"
    assert "Arachnodactyly (HP:0001166)" in linked.similar


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what diseases does lmna cause", ["LMNA"]),
        ("are mutations in hexa responsible for tay-sachs disease", ["HEXA", "OMIM:272800"]),
        ("symptoms of a vhl mutation", ["VHL"]),
        ("which lmna-related diseases are there", ["LMNA"]),
        ("is app linked to dementia", ["HP:0000726"]),
        ("is the gene app linked to dementia", ["APP", "HP:0000726"]),
        ("does rest cause headache", ["HP:0002315"]),
        ("what was the cause of the seizures", ["HP:0001250"]),
        ("symptoms of mal de blorf", []),
        ("is lmna blorf linked to cataract", ["HP:0000518"]),
    ],
)
def test_symbols_in_lower_case(linker: EntityLinker, question: str, expected: list[str]) -> None:
    """A word that is a symbol is a gene if it means nothing else, or if a word next to it says so."""
    linked = linker.link(question, [])
    assert names(linked) == expected
    genes = [name for name in expected if name.isalpha()]
    assert [label for _, label in linked.corrected] == genes


def test_a_number_after_a_disease_is_not_ignored(linker: EntityLinker) -> None:
    assert linker.link("Which gene causes Wilson disease?", []).unknown == ""
    assert linker.link("Which gene causes Wilson disease 7?", []).unknown
    assert linker.link("Which genes are seen in Wilson disease, 7 of 10?", []).unknown == ""


def test_terms_that_are_not_phenotypes_are_explained(linker: EntityLinker) -> None:
    assert "not a phenotype" in linker.link("Which genes cause HP:0001522?", []).unsuited
    assert linker.link("Which genes cause HP:9999999?", []).unsuited == ""
