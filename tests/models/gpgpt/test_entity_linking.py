"""Which entities the words of a question name, with and without the help of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scgsfm.models.gpgpt._common_words import is_common_word
from scgsfm.models.gpgpt._entity_linking import EntityLinker

if TYPE_CHECKING:
    from scgsfm.models.gpgpt._entity_linking import Read
    from scgsfm.phenotypes import HPOAnnotations

ALIASES = {"SEPT9": "SEPTIN9", "Fbn1": "FBN1", "ENSG00000166147": "FBN1"}


@pytest.fixture(scope="module")
def reader(known: HPOAnnotations) -> EntityLinker:
    return EntityLinker(known, lambda name: ALIASES.get(name, ""))


def names(read: Read) -> list[str]:
    return [entity.name for entity in read.entities]


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
def test_names_are_looked_up(reader: EntityLinker, question: str, expected: list[str]) -> None:
    read = reader.read(question, [])
    assert names(read) == expected
    assert read.unknown == ""


def test_both_sources_of_a_disease(reader: EntityLinker, known: HPOAnnotations) -> None:
    (entity,) = reader.read("features of marfan syndrome", []).entities
    assert {known.disease_ids[row] for row in entity.rows} == {"OMIM:154700", "ORPHA:558"}
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
def test_unknown_words_beside_a_name_are_told(reader: EntityLinker, question: str, unknown: str) -> None:
    read = reader.read(question, [])
    assert read.unknown == unknown


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
def test_words_of_no_name_are_passed_over_unless_they_cling_to_one(
    reader: EntityLinker, question: str, unknown: str
) -> None:
    assert reader.read(question, []).unknown == unknown


def test_the_question_without_its_names(reader: EntityLinker) -> None:
    assert reader.read("Does FBN1 cause it?", []).bare == "Does <gene> cause it?"
    read = reader.read("Is arachnodactyly seen in Marfan syndrome?", [])
    assert read.bare == "Is <hpo> seen in <disease>?"


def test_common_words_are_passed_over() -> None:
    for text in ("carries mutations", "Could you tell me what is seen in my nephew's family?", "described 2 cases"):
        assert all(map(is_common_word, text.rstrip("?").split()))
    for word in ("earlobes", "Marfan", "seizures", "FAKE17"):
        assert not is_common_word(word)


def test_a_model_that_takes_too_much_or_too_little(reader: EntityLinker) -> None:
    read = reader.read("Which genes cause a seizure in patients?", [("hpo", "a seizure in patients")])
    assert (names(read), read.unknown) == (["HP:0001250"], "")
    read = reader.read("What causes focal-onset seizure?", [("hpo", "seizure")])
    assert names(read) == ["HP:0007359"], "the longer name counts"
    read = reader.read("Does FBN1 cause seizures?", [("gene", "FBN1")])
    assert names(read) == ["FBN1", "HP:0001250"]


def test_kind_of_a_name_that_several_have(reader: EntityLinker) -> None:
    as_disease = reader.find("Ataxia-telangiectasia", "disease")
    assert as_disease is not None
    assert as_disease.kind == "disease"
    assert reader.find("arachnodactyly", "disease").kind == "hpo", "of no other kind"
    assert reader.find("Autosomal dominant inheritance") is None, "no phenotype"
    assert reader.find("") is None


def test_symbols_need_no_resolver(known: HPOAnnotations) -> None:
    assert names(EntityLinker(known).read("diseases of FBN1", [])) == ["FBN1"]
    assert EntityLinker(known).read("diseases of SEPT9", []).unknown == "SEPT9"


def test_close_names_are_suggested(reader: EntityLinker) -> None:
    read = reader.read("Which genes cause arachnodactily?", [])
    assert read.unknown == "arachnodactily"
    assert "Arachnodactyly (HP:0001166)" in read.close
