"""Terms of a patient in any writing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from scgsfm.phenotypes import load_annotations, read_patient, terms_of_lines
from scgsfm.phenotypes._annotations import disease_id

if TYPE_CHECKING:
    from typing import Any

ONTOLOGY = load_annotations().ontology


def names(rows: list[int]) -> list[str]:
    return [ONTOLOGY.names[row] for row in rows]


@pytest.mark.parametrize(
    "text",
    [
        "HP:0001250", "HP_0001250", "hp:1250", "HPO:0001250", "0001250", "\ufeffHP:0001250", "HP:0001250\u00a0",
        "http://purl.obolibrary.org/obo/HP_0001250", "https://hpo.jax.org/browse/term/HP:0001250",
        "<http://purl.obolibrary.org/obo/HP_0001250>", "obo:HP_0001250", "[HP:0001250]", "Seizure (HP:0001250)",
        "HP:0001250 - Seizure", "HP:0001250 Seizure", "HP:0001250|Seizure", "HP:0002279",
    ],
)  # fmt: skip
def test_writings_of_an_id(text: str) -> None:
    assert names(read_patient([text]).present) == ["Seizure"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Ataxia (HP:0001250)", "contains an id and the name of another term"),
        ("HP:0001250: excluded", "is negated, uncertain or about a relative"),
        ("HP:0001250 in the mother", "is negated, uncertain or about a relative"),
        ("-HP:0001250", "is negated"),
        ("no seizures", "is negated: give 'seizures' in `excluded`"),
        ("HP:0004038", "is obsolete: it has no successor"),
        ("MONDO:0007947", "is a disease"),
        ("ORPHA:558", "is a disease"),
        ("nan", "is a missing value"),
    ],
)
def test_reasons(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason.replace("(", r"\(")):
        read_patient([text])
    with pytest.warns(UserWarning, match="1 of 2 terms left out"):
        assert names(read_patient([text, "Ataxia"]).present) == ["Ataxia"]


@pytest.mark.parametrize(
    ("given", "present", "absent"),
    [
        (["HP:0001250;HP:0001166"], ["Seizure", "Arachnodactyly"], []),
        (pd.Series(["HP:0001250", "HP:0001166"]), ["Seizure", "Arachnodactyly"], []),
        (pd.Series({"HP:0001250": 1, "HP:0001166": 0}), ["Seizure"], ["Arachnodactyly"]),
        (
            [{"type": {"id": "HP:0001250"}}, {"type": {"id": "HP:0001166"}, "excluded": True}],
            ["Seizure"],
            ["Arachnodactyly"],
        ),
        ({"proband": {"phenotypicFeatures": [{"type": {"label": "Seizure"}}]}}, ["Seizure"], []),
    ],
)
def test_forms(given: Any, present: list[str], absent: list[str]) -> None:
    terms = read_patient(given)
    assert (names(terms.present), names(terms.absent)) == (present, absent)


@pytest.mark.parametrize("text", ["Haemophilia", "hemophilia"])
def test_words_of_diseases_are_no_slips(text: str) -> None:
    """They are not read as Hemobilia, the most similar term."""
    with pytest.raises(ValueError, match="None of the terms"):
        read_patient([text])


@pytest.mark.parametrize(
    "text", ["MONDO:0007947", "http://purl.obolibrary.org/obo/MONDO_0007947", "OMIM:154700", "ORPHA:558"]
)
def test_diseases_stand_for_their_phenotypes(text: str) -> None:
    with pytest.raises(ValueError, match="is a disease, Marfan syndrome .* `expand_diseases=True`"):
        read_patient([text])
    assert {"Ectopia lentis", "Arachnodactyly"} <= set(names(read_patient([text], expand_diseases=True).present))


@pytest.mark.parametrize(
    ("term", "branch"),
    [
        ("HP:0000006", "Mode of inheritance"),
        ("HP:0003577", "Clinical modifier"),
        ("HP:0001522", "Clinical modifier"),
        ("HP:0031797", "Clinical course"),
        ("HP:0100602", "Past medical history"),
        ("HP:0040279", "Frequency"),
    ],
)
def test_terms_that_are_not_phenotypes_are_left_out(term: str, branch: str) -> None:
    with pytest.warns(UserWarning, match=f"1 of 2 terms left out:\n  - '{term}' .* is not a phenotype") as caught:
        assert names(read_patient([term, "Seizure"]).present) == ["Seizure"]
    assert len(caught) == 1
    assert branch in str(caught[0].message)


def test_items_without_a_state_are_reported() -> None:
    with pytest.warns(UserWarning, match="'HP:0001250' is neither present nor absent: it is 'maybe'"):
        assert names(read_patient({"HP:0001250": "maybe", "Ataxia": True}).present) == ["Ataxia"]


def test_lines() -> None:
    assert terms_of_lines("hpo_id\nHP:1\n# comment\nFever\n") == ["HP:1", "Fever"]
    assert terms_of_lines("HP:1\tSeizure\nHP:2\tAtaxia\tabsent\n") == {"HP:1": "present", "HP:2": "absent"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("MIM 154700", "OMIM:154700"),
        ("https://omim.org/entry/154700", "OMIM:154700"),
        ("Orphanet:558", "ORPHA:558"),
        ("http://www.orpha.net/ORDO/Orphanet_558", "ORPHA:558"),
        ("MONDO_0007947", "MONDO:0007947"),
        ("Marfan syndrome", ""),
    ],
)
def test_ids_of_diseases(text: str, name: str) -> None:
    assert disease_id(text) == name
