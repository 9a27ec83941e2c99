"""Answers from annotations, with a stub for the language model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm.models.gpgpt.training import QUESTIONS
from scgsfm.phenotypes._retrieval import LOOKUPS, _weight
from scgsfm.questions._answer import answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from scgsfm.phenotypes import HPOAnnotations

MARFAN = "Marfan syndrome (OMIM:154700)"


class StubReader:
    """A model that reports a given kind of question."""

    def __init__(self, asked: str) -> None:
        self.asked = asked

    def entities(self, question: str) -> list[Any]:
        return []

    def most_probable(self, question: str, options: list[str]) -> str:
        return self.asked if self.asked in options else options[0]

    def asks_for_relation(self, question: str) -> float:
        return float(self.asked in ("related", "how often"))


@pytest.fixture
def ask(hpo: HPOAnnotations) -> Callable[..., Any]:
    return lambda asked, question, **options: answer(question, StubReader(asked), hpo=hpo, **options)


def rows(hpo: HPOAnnotations, disease: str) -> tuple[np.ndarray, np.ndarray]:
    positions = hpo.annotations_of(hpo.find_disease(disease)[0])
    return hpo.annotations[positions], hpo.negated[positions]


def test_genes_of_a_phenotype_are_all_annotated_genes(ask: Callable[..., Any], hpo: HPOAnnotations) -> None:
    found = ask("genes", "Which genes cause arachnodactyly?", n_max=4)
    column = hpo.gene_phenotypes[:, [hpo.ontology.term("HP:0001166")]].toarray().ravel()
    assert set(found.names) == {hpo.genes[row] for row in np.flatnonzero(column)}
    assert len(found.facts) == 4
    assert not found.declined
    for fact in found.facts:
        assert hpo.evidence(fact.subject, "HP:0001166"), "each is an annotation"
        assert fact.source == "HPO annotations 2025-01-16"


def test_genes_of_several_phenotypes_have_all_of_them(ask: Callable[..., Any], hpo: HPOAnnotations) -> None:
    found = ask("genes", "Genes with arachnodactyly and seizures?")
    both = hpo.gene_phenotypes[:, [hpo.ontology.term(t) for t in ("HP:0001166", "HP:0001250")]].toarray().all(1)
    assert set(found.names) == {hpo.genes[row] for row in np.flatnonzero(both)}


def test_genes_of_a_disease(ask: Callable[..., Any]) -> None:
    found = ask("genes", "Which gene causes Marfan syndrome?")
    assert found.names == ("FBN1", *[name for name in found.names if name != "FBN1"])
    assert "FBN1 – Marfan syndrome (OMIM:154700)" in found.text
    assert {fact.object for fact in found.facts} <= {"OMIM:154700", "ORPHA:558", "ORPHA:284963", "ORPHA:284973"}


def test_diseases_of_a_gene(ask: Callable[..., Any], hpo: HPOAnnotations) -> None:
    found = ask("diseases", "Which diseases are due to FBN1?", n_max=50)
    links = hpo.links[hpo.links_of("FBN1")]
    assert set(found.names) == {hpo.disease_ids[row] for row in links[:, 1]}
    assert {fact.object for fact in found.facts} == set(found.names)


def test_diseases_of_a_phenotype(ask: Callable[..., Any], hpo: HPOAnnotations) -> None:
    found = ask("diseases", "Which diseases show ectopia lentis?")
    below = hpo.ontology.descendants(hpo.ontology.term("Ectopia lentis"))
    kept = np.isin(hpo.annotations[:, 1], below) & ~hpo.negated
    assert set(found.names) == {hpo.disease_ids[row] for row in hpo.annotations[kept, 0]}


def test_phenotypes_of_a_disease(ask: Callable[..., Any], hpo: HPOAnnotations) -> None:
    found = ask("phenotypes", "What are the features of OMIM:154700?")
    annotations, negated = rows(hpo, "OMIM:154700")
    wanted = hpo.ontology.is_phenotype[annotations[:, 1]] & ~negated
    assert set(found.names) == {hpo.ontology.ids[row] for row in annotations[wanted, 1]}
    assert "among them" in found.text


def test_phenotypes_of_a_gene(ask: Callable[..., Any], hpo: HPOAnnotations) -> None:
    found = ask("phenotypes", "What do variants in SCN1A cause?")
    terms = hpo.gene_terms()[[hpo.gene("SCN1A")]].indices
    assert set(found.names) == {hpo.ontology.ids[row] for row in terms if hpo.ontology.is_phenotype[row]}


@pytest.mark.parametrize(
    ("question", "verdict"),
    [
        ("Does FBN1 cause arachnodactyly?", "yes"),
        ("Does FBN1 cause an abnormality of the skeletal system?", "yes"),  # the name of a term as well
        ("Does FBN1 cause HP:0000924?", "yes"),  # Abnormality of the skeletal system, by what lies below it
        ("Does FBN1 cause Marfan syndrome?", "yes"),
        ("Is ectopia lentis seen in Marfan syndrome?", "yes"),
        ("Does SCN1A cause Marfan syndrome?", ""),
        ("Is polydactyly seen in Marfan syndrome?", ""),
    ],
)
def test_relations(ask: Callable[..., Any], question: str, verdict: str) -> None:
    found = ask("related", question)
    assert found.names == ((verdict,) if verdict else ())
    assert found.declined == (not verdict)
    assert found.text.startswith("I don't know.") == found.declined


def test_absent_phenotypes(ask: Callable[..., Any], hpo: HPOAnnotations) -> None:
    position = int(np.flatnonzero(hpo.negated & hpo.ontology.is_phenotype[hpo.annotations[:, 1]])[0])
    disease, term = hpo.annotations[position, :2].tolist()
    found = ask("related", f"Is {hpo.ontology.ids[term]} seen in {hpo.disease_ids[disease]}?")
    assert found.names == ("no",)
    assert "does not show" in found.text


def test_predictions_are_labelled(ask: Callable[..., Any]) -> None:
    found = ask("related", "Does FBN1 cause hearing loss of HP:0001250?", predict=lambda gene, term: 0.25)
    assert found.declined, "words beside the term"
    found = ask("related", "Does FBN1 cause HP:0001250?", predict=lambda gene, term: 0.25)
    assert not found.declined
    assert found.names == (), "a prediction is no answer"
    assert [fact.predicted for fact in found.facts] == [True]
    assert "This is a prediction, not a known fact" in found.text
    assert "probability 0.250" in found.text
    assert ask("related", "Does FBN1 cause HP:0001250?", predict=lambda gene, term: None).declined
    assert not any(f.predicted for f in ask("related", "Does FBN1 cause HP:0001166?", predict=lambda g, t: 1.0).facts)


def test_how_often(ask: Callable[..., Any]) -> None:
    found = ask("how often", "How often is ectopia lentis seen in Marfan syndrome?")
    assert found.names[0] == "119/251"
    assert "PMID:28050285" in found.facts[0].reference
    assert ask("how often", "How often is polydactyly seen in Marfan syndrome?").declined


def test_meaning(ask: Callable[..., Any], hpo: HPOAnnotations) -> None:
    found = ask("meaning", "What is HP:0001250?")
    assert found.names == ("HP:0001250",)
    assert "HP:0001250 is Seizure [1]" in found.text
    assert {fact.relation for fact in found.facts} == {"name", "synonym", "is_a"}
    assert ask("meaning", "What is marfan syndrome?").names == ("OMIM:154700", "ORPHA:558")


def test_functions(ask: Callable[..., Any]) -> None:
    found = ask("functions", "What does FBN1 do?", functions=lambda gene: [("Metanephros development", "GO 2025")])
    assert found.names == ("Metanephros development",)
    assert found.facts[0].cite() == "GO 2025"
    assert ask("functions", "What does FBN1 do?").declined


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("Which genes cause purple hair syndrome?", "nothing about 'purple hair'"),
        ("Which genes cause arachnodaktili?", "Did you mean Arachnodactyly (HP:0001166)"),
        ("How are you?", "no gene, phenotype or disease"),
        ("Is FBN1 like SCN1A?", "not this about a single name"),
        ("Does FBN1 cause Marfan syndrome with HP:0001250?", "not clear what is asked"),
    ],
)
def test_declines(ask: Callable[..., Any], question: str, says: str) -> None:
    found = ask("genes", question)
    assert found.declined
    assert found.text.startswith("I don't know.")
    assert says in found.text
    assert (found.names, found.facts) == ((), [])


def test_slips_are_read_and_reported(ask: Callable[..., Any]) -> None:
    found = ask("genes", "Which gene causes Marfan sindrome?")
    assert found.names == ask("genes", "Which gene causes Marfan syndrome?").names
    assert "I read 'Marfan sindrome' as Marfan syndrome (OMIM:154700)." in found.text


def test_genes_are_ordered_by_evidence(ask: Callable[..., Any]) -> None:
    names = ask("genes", "Which genes cause cystic fibrosis?").names
    assert names[0] == "CFTR"
    assert names.index("TGFB1") < names.index("CEACAM3"), "susceptibility before modifiers"
    assert ask("diseases", "Which diseases does CFTR cause?").names[0] == "OMIM:219700"


def test_optional_plurals(ask: Callable[..., Any]) -> None:
    assert (
        ask("genes", "Which gene(s) cause Marfan syndrome?").names
        == ask("genes", "Which genes cause Marfan syndrome?").names
    )


@pytest.mark.parametrize(
    "question",
    ["Is there a treatment for cystic fibrosis?", "How is cystic fibrosis treated?", "Prognosis of cystic fibrosis"],
)
def test_out_of_scope_questions(ask: Callable[..., Any], question: str) -> None:
    found = ask("meaning", question)
    assert found.declined
    assert found.text.startswith("I don't know. Nothing in what I have is about")
    assert not found.facts


def test_out_of_scope_words_in_a_name(ask: Callable[..., Any]) -> None:
    found = ask("genes", "Which genes cause drug-sensitive hemolytic anemia?")
    assert [entity.kind for entity in found.entities] == ["hpo"]
    assert "Nothing in what I have" not in found.text


def test_text_with_sources(ask: Callable[..., Any]) -> None:
    text = str(ask("related", "Does FBN1 cause arachnodactyly?", n_max=2))
    assert "[1] HPO annotations 2025-01-16, " in text
    assert text.count("medical advice") == 1
    assert "Human Phenotype Ontology 2026-02-16" in text
    assert "Gargano" in text


def test_every_question_can_be_looked_up() -> None:
    assert {(asked, tuple(sorted(kinds))) for asked, kinds in QUESTIONS} == LOOKUPS.keys()


def test_weights_of_frequencies() -> None:
    weights = [_weight(text) for text in ("", "HP:0040280", "100/100", "4/4", "1/1", "0/9", "50%", "HP:0040285")]
    assert weights[1] > weights[2] > weights[3] > weights[4] > weights[6] > weights[0] > weights[5] > weights[7] > 0


@pytest.mark.parametrize("question", ["", "  ", None])
def test_empty_questions_are_rejected(ask: Callable[..., Any], question: str | None) -> None:
    with pytest.raises(ValueError, match="must be a non-empty string"):
        ask("genes", question)


@pytest.mark.parametrize(
    "question",
    [
        "We admitted a boy who was seen by three specialists in Vienna. Which gene causes Marfan syndrome?",
        "The family lives far away and asked us by letter, so which gene causes Marfan syndrome?",
        "I read about blorfitis in an essay. Which gene causes Marfan syndrome?",
        "The treatment has been started already. Which gene causes Marfan syndrome?",
    ],
)
def test_the_last_part_of_a_long_question(hpo: HPOAnnotations, question: str) -> None:
    found = answer(question, hpo=hpo)
    assert (found.question, found.names) == (question, ("FBN1",))


@pytest.mark.parametrize(
    "question",
    [
        "We study blorfish and zebrafish. Which genes cause ataxia?",
        "Leave out the blorfish genes. Which genes cause ataxia?",
        "The blorfish patient has no seizures. Which genes cause ataxia?",
        "My blorfish patient has Wilson disease. Which genes cause ataxia?",
        "I only want to see oral ones. Which genes cause ataxia?",
        "I read about oral blorfitis in an essay. Which genes cause it and ataxia?",
    ],
)
def test_conditions_before_a_question_are_not_dropped(hpo: HPOAnnotations, question: str) -> None:
    assert answer(question, hpo=hpo).declined


def test_terms_that_are_not_phenotypes(hpo: HPOAnnotations) -> None:
    text = answer("Which genes cause HP:0001522?", hpo=hpo).text
    assert "Death in infancy (HP:0001522) is not a phenotype" in text


@pytest.mark.parametrize("question", ["could smn cause muscle weakness", "is eya a gene for hearing impairment"])
def test_unknown_words_are_not_dropped_from_a_yes_no_question(hpo: HPOAnnotations, question: str) -> None:
    assert answer(question, hpo=hpo).declined
