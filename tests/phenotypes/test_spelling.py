"""Names in any spelling, against forms made from the names of the ontology."""

from __future__ import annotations

import re

import pytest

from scgsfm.phenotypes import Ontology, load_annotations
from scgsfm.phenotypes._spelling import NameIndex, edit_distance, spelling_words

BRITISH = (
    (r"emia\b", "aemia"),
    (r"\bhem(?=a|o)", "haem"),
    (r"edema", "oedema"),
    (r"esoph", "oesoph"),
    (r"\bfet(?=al|us)", "foet"),
    (r"leuko", "leuco"),
    (r"(tum|col|behavi|od)or", r"\1our"),
    (r"iz(?=ed|ation)", "is"),
    (r"\banem", "anaem"),
    (r"rrhea", "rrhoea"),
    (r"pnea\b", "pnoea"),
    (r"\bceliac", "coeliac"),
    (r"fiber", "fibre"),
    (r"goiter", "goitre"),
    (r"etiolog", "aetiolog"),
)


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return load_annotations().ontology


def test_british_forms_of_all_names(ontology: Ontology) -> None:
    n, wrong = 0, []
    for row, name in enumerate(ontology.names):
        british = name.lower()
        for pattern, form in BRITISH:
            british = re.sub(pattern, form, british)
        if british != name.lower():
            n += 1
            if ontology.find(british) != [row]:
                wrong.append(british)
    assert n > 900
    assert len(wrong) < 0.01 * n, wrong


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Seizures", "Seizure"),
        ("Seizure.", "Seizure"),
        ("Short-stature", "Short stature"),
        ("low set ears", "Low-set ears"),
        ("Crohn’s disease", "Crohn's disease"),
        ("Pierre–Robin sequence", "Pierre-Robin sequence"),
    ],
)
def test_punctuation_and_plurals(ontology: Ontology, text: str, name: str) -> None:
    assert ontology.names[ontology.term(text)] == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Siezure", "Seizure"),
        ("arachnodactily", "Arachnodactyly"),
        ("macrocephly", "Macrocephaly"),
        ("hepatomegally", "Hepatomegaly"),
        ("intelectual disability", "Intellectual disability"),
        ("hypetension", ""),  # hyper- or hypotension
        ("hyprtension", ""),
        ("gizmo", ""),
        ("pain of the gizmo", ""),
    ],
)
def test_slips_are_read_where_one_term_is_meant(ontology: Ontology, text: str, name: str) -> None:
    slips = ontology.correct(text)
    assert (ontology.names[slips[0].rows[0]] if len(slips) == 1 else "") == name


def test_short_names_keep_their_blanks() -> None:
    index = NameIndex([("ASA", 0), ("Low-set ears", 1)])
    assert (index.find("as a"), index.find("asa"), index.find("lowset ear")) == ((), (0,), (1,))


def test_words() -> None:
    assert spelling_words("Tumours, type II & oedema") == spelling_words("tumor type 2 and edema")
    assert spelling_words("factor XI") != spelling_words("factor XIII")


@pytest.mark.parametrize(
    ("one", "other", "n"), [("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("abc", "xbcd", 2)]
)
def test_edit_distance(one: str, other: str, n: int) -> None:
    assert edit_distance(one, other) == edit_distance(other, one) == n
