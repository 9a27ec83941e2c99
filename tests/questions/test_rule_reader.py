"""Rules for what a question asks for."""

from __future__ import annotations

import pytest

from scgsfm.phenotypes import FactRetriever
from scgsfm.questions import RuleReader
from scgsfm.questions._rule_reader import asked_things

READER = RuleReader()


def read(question: str, *kinds: str) -> str:
    return READER.most_probable(question, FactRetriever.question_kinds(kinds))


@pytest.mark.parametrize(
    ("question", "kinds", "asked"),
    [
        ("Which gene causes <disease>?", ["disease"], "genes"),
        ("What should be sequenced in a child with <hpo>?", ["hpo"], "genes"),
        ("Which phenotypes do <gene> variants cause?", ["gene"], "phenotypes"),
        ("What happens to patients without <gene>?", ["gene"], "phenotypes"),
        ("How does <disease> present?", ["disease"], "phenotypes"),
        ("Which diseases does <gene> cause?", ["gene"], "diseases"),
        ("What does <gene> lead to?", ["gene"], "diseases"),
        ("Which diseases have <hpo> as a symptom?", ["hpo"], "diseases"),
        ("What does <gene> do?", ["gene"], "functions"),
        ("What kind of protein does <gene> encode?", ["gene"], "functions"),
        ("What is <hpo>?", ["hpo"], "meaning"),
        ("I was told that I have <disease>. What is it?", ["disease"], "meaning"),
        ("Is <hpo> seen in <disease>?", ["hpo", "disease"], "related"),
        ("How often is <hpo> seen in <disease>?", ["hpo", "disease"], "how often"),
        ("<gene> and <hpo>?", ["gene", "hpo"], "related"),
        ("<gene>?", ["gene"], ""),
        ("How often does <gene> cause <hpo>?", ["gene", "hpo"], ""),
        ("Which diseases of <gene> show <hpo>?", ["gene", "hpo"], ""),
    ],
)
def test_what_is_asked_for(question: str, kinds: list[str], asked: str) -> None:
    assert read(question, *kinds) == asked


def test_names_are_left_to_the_lookup() -> None:
    assert READER.entities("Which gene causes Marfan syndrome?") == []
    assert READER.asks_for_relation("How often is it seen with <gene>?") == 1
    assert READER.asks_for_relation("Which genes cause <hpo>?") == 0


@pytest.mark.parametrize(
    ("question", "kind", "several"),
    [
        ("Which gene causes <disease>, and what are its symptoms?", "disease", ["genes", "phenotypes"]),
        ("What is <hpo> and which genes cause it?", "hpo", ["meaning", "genes"]),
        ("What does <gene> do? And which diseases does it cause?", "gene", ["functions", "diseases"]),
        ("Do we know the gene of <disease>, and if so what is it called?", "disease", []),
        ("My patient has <hpo>. Which genes come into question?", "hpo", []),
        ("I don't know what <hpo> is, can you explain?", "hpo", []),
        ("Which genes are known for <hpo>, and could you list them?", "hpo", []),
    ],
)
def test_several_questions_in_one(question: str, kind: str, several: list[str]) -> None:
    assert asked_things(question, FactRetriever.question_kinds([kind])) == several
