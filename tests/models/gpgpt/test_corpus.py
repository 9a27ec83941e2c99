"""Documents of the corpus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm.models.gpgpt import NO, QUESTION_KINDS, YES, Corpus, spans
from scgsfm.models.gpgpt._prompts import KIND_ANSWERS, RELATION_PROMPT
from scgsfm.models.gpgpt.training._corpus import INFO
from scgsfm.models.gpgpt.training._instruction_data import instructions

if TYPE_CHECKING:
    from pathlib import Path

    from scgsfm.phenotypes import HPOAnnotations


def texts(corpus: Corpus, kind: str) -> list[str]:
    return [document.text for document in corpus.documents if document.kind == kind]


def test_prose_starts_with_its_subject(built: tuple[Corpus, Path]) -> None:
    found = texts(built[0], "text")
    assert found[0].startswith("<gene>FBN1</gene>: This gene encodes")
    assert "<gene>FBN1</gene> binds <gene>FBN2</gene> and DNA." in found[0]
    assert found[2] == "<hpo>Seizure</hpo>: A seizure is a transient occurrence of signs.", "by the current id"
    assert found[3].startswith("<disease>Marfan syndrome")
    assert len(found) == 4, "nothing about unknown terms"


def test_statements(built: tuple[Corpus, Path]) -> None:
    found = {text.partition(":")[0]: text for text in texts(built[0], "statement")}
    assert found.keys() == {"FBN1", "FBN2", "SCN1A"}
    assert found["FBN2"] == "FBN2: <gene>FBN2</gene> takes part in extracellular matrix organization."
    assert found["FBN1"].endswith("is found in microfibril.")


def test_triples(built: tuple[Corpus, Path], hpo: HPOAnnotations) -> None:
    found = texts(built[0], "triple")
    assert any(
        t.startswith("<gene>FBN1</gene> – ") and "<disease>Marfan syndrome</disease> – <hpo>" in t for t in found
    )
    term = next(t for t in found if t.startswith("Seizure is"))
    assert "<hpo>HP:0001250</hpo>" in term
    assert "a kind of <hpo>Abnormal nervous system physiology</hpo>" in term
    assert "Epilep" in term
    assert not any("Autosomal dominant inheritance" in t for t in found), "modes of inheritance are not phenotypes"


def test_excluded_genes_do_not_occur(built: tuple[Corpus, Path]) -> None:
    assert "SCN2A" not in "".join(document.prompt + document.text for document in built[0].documents)


def test_held_out(built: tuple[Corpus, Path]) -> None:
    corpus = built[0]
    for kind in ("triple", "retrieve"):
        n, kept = corpus.info["n_documents"][kind], corpus.info["n_held_out"][kind]
        assert 0.005 < kept / n < 0.05
    of_genes = [d for d in corpus.documents if d.text.startswith("<gene>") and not d.prompt]
    verdicts = {(d.text.partition("</gene>")[0], d.held_out) for d in of_genes}
    assert len(verdicts) == len({gene for gene, _ in verdicts}), "all or none of a gene's documents"
    assert sum(held_out for _, held_out in verdicts) > 10


def test_relations_are_balanced_and_negatives_are_never_implied(
    built: tuple[Corpus, Path], hpo: HPOAnnotations
) -> None:
    pairs = [d for d in built[0].documents if d.kind == "relation"]
    o = hpo.ontology
    names = {name: row for row, name in enumerate(o.names)}
    direct = hpo.gene_terms().tocsr()
    verdicts = {YES: 0, NO: 0}
    for document in pairs:
        gene, _, term = document.prompt.removeprefix(f"{RELATION_PROMPT}<gene>").removesuffix("</hpo>").partition("<")
        row = names[term.partition("<hpo>")[2]]
        annotated = direct[[hpo.gene(gene)]].indices
        implied = {int(a) for t in annotated for a in o.ancestors(t)}
        assert (row in implied) == (document.text == YES)
        assert o.is_phenotype[row]
        verdicts[document.text] += 1
    assert verdicts == {YES: 80, NO: 80}


def test_queries_contain_the_names_in_the_question(built: tuple[Corpus, Path]) -> None:
    asked = [d for d in built[0].documents if d.kind == "retrieve" and d.prompt.startswith("What does this ask")]
    named = [d for d in built[0].documents if d.kind == "retrieve" and d.prompt.startswith("Which entities")]
    assert (len(asked), len(named)) == (320, 160)
    assert {d.text for d in asked} == set(KIND_ANSWERS.values())
    assert sum("<" in d.prompt for d in asked) > 200, "mostly without the names"
    for document in named:
        for span in document.text.split("</")[:-1]:
            assert span.rpartition(">")[2] in document.prompt


def test_stage_1_contains_questions(built: tuple[Corpus, Path]) -> None:
    read = [d for d in built[0].documents if d.kind == "question"]
    assert len(read) == 160
    assert {d.text.rpartition("Asked: ")[2].rstrip(".") for d in read} == set(QUESTION_KINDS) == set(KIND_ANSWERS)
    assert all(spans(d.text) and not d.prompt for d in read)


def test_answers_are_annotations(built: tuple[Corpus, Path], hpo: HPOAnnotations) -> None:
    found = [d for d in built[0].documents if d.kind == "answer"]
    assert len(found) == 160
    genes = [d.text for d in found if d.text.startswith("<gene>")]
    assert genes
    assert {g for text in genes for g in text[6:-7].split("</gene>, <gene>")} <= set(hpo.genes)


def test_round_trip(built: tuple[Corpus, Path]) -> None:
    corpus, folder = built
    again = Corpus.open(folder)
    assert again.documents == corpus.documents
    assert again.info == corpus.info == json.loads((folder / INFO).read_text())
    assert corpus.info["sources"]["hpo"] == "Human Phenotype Ontology 2026-02-16"


def test_same_seed_same_instructions(hpo: HPOAnnotations) -> None:
    drawn = [list(instructions(hpo, (), 40, np.random.default_rng(seed))) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_missing_corpus(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="lacks corpus.json"):
        Corpus.open(tmp_path)
