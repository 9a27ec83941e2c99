"""Many patients in all forms, and their candidate genes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from scgsfm.phenotypes import load_annotations, read_patients

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

ONTOLOGY = load_annotations().ontology


def packet(name: str, term: str, absent: str = "") -> dict[str, Any]:
    excluded = [{"type": {"id": absent}, "excluded": True}] if absent else []
    return {"id": name, "phenotypicFeatures": [{"type": {"id": term}, "onset": {"age": "P3Y"}}, *excluded]}


TWO = [packet("p1", "HP:0001250", "HP:0001251"), packet("p2", "HP:0001166")]


def found(given: Any, **options: Any) -> dict[str, tuple[list[str], list[str]]]:
    patients = read_patients(given, **options)
    assert patients.several
    return {
        name: ([ONTOLOGY.ids[row] for row in terms.present], [ONTOLOGY.ids[row] for row in terms.absent])
        for name, terms in zip(patients.names, patients.terms, strict=True)
    }


EXPECTED = {"p1": (["HP:0001250"], ["HP:0001251"]), "p2": (["HP:0001166"], [])}


def test_phenopackets_in_all_forms(tmp_path: Path) -> None:
    for one in TWO:
        (tmp_path / f"{one['id']}.json").write_text(json.dumps(one))
    (tmp_path / "notes.md").write_text("not a phenopacket")
    paths = sorted(tmp_path.glob("*.json"))
    (tmp_path / "more").mkdir()
    cohort = tmp_path / "more" / "cohort.txt"
    cohort.write_text("nothing")
    for given in (tmp_path, str(tmp_path), paths, [str(path) for path in paths], TWO, {"members": TWO}):
        assert found(given) == EXPECTED
    listed = tmp_path / "more" / "list.json"
    listed.write_text(json.dumps(TWO))
    assert found(listed) == EXPECTED


def test_yaml(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    text = "phenotypicFeatures:\n- type: {id: 'HP:0001250', label: Seizure}\n- type: {id: 'HP:0001251'}\n  excluded: true\n"
    path = tmp_path / "p1.yaml"
    path.write_text(text)
    patients = read_patients(path)
    assert not patients.several
    assert [ONTOLOGY.ids[row] for row in (*patients.terms[0].present, *patients.terms[0].absent)] == [
        "HP:0001250", "HP:0001251",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "table",
    [
        {"patient": ["p1", "p2"], "phenotypes": ["HP:0001250", "HP:0001166"], "excluded": ["HP:0001251", None]},
        {"Case ID": ["p1", "p2"], "HPO_terms": ["Seizure|HP:0001250", "Arachnodactyly"], "excluded": ["Ataxia", ""]},
        {
            "patient": ["p1", "p1", "p2"],
            "hpo_id": ["HP:0001250", "HP:0001251", "HP:0001166"],
            "excluded": [False, True, False],
        },
        {
            "patient": ["p1", "p1", "p2"],
            "hpo_id": ["HP:0001250", "HP:0001251", "HP:0001166"],
            "state": ["present", "excluded", "observed"],
        },
    ],
)
def test_tables(table: dict[str, list[Any]], tmp_path: Path) -> None:
    frame = pd.DataFrame(table)
    assert found(frame) == EXPECTED
    for name, separator in (("t.csv", ","), ("t.tsv", "\t")):
        frame.to_csv(tmp_path / name, sep=separator, index=False)
        assert found(tmp_path / name) == EXPECTED


def test_candidates_of_a_table() -> None:
    table = pd.DataFrame({"patient": ["a", "b"], "phenotypes": ["Seizure", "Ataxia"], "candidates": ["SCN1A;FBN1", ""]})
    patients = read_patients(table)
    assert patients.candidates == [["SCN1A", "FBN1"], None]


def test_a_bad_patient_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text(json.dumps(TWO[1]))
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "none.json").write_text(json.dumps({"phenotypicFeatures": [{"type": {"id": "HP:0000006"}}]}))
    with pytest.warns(UserWarning, match="2 of 3 patients left out:\n  - bad: .* is not valid JSON") as caught:
        assert list(found(tmp_path)) == ["good"]
    assert len(caught) == 1
    assert "Mode of inheritance" in str(caught[0].message)
    with pytest.raises(ValueError, match="2 of 3 patients left out"):
        read_patients(tmp_path, on_unknown="raise")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (pd.DataFrame({"name": ["a"], "phenotypes": ["Seizure"]}), r"no column of patients \('patient'\)"),
        (pd.DataFrame({"patient": ["a"], "text": ["Seizure"]}), r"no column of terms \('phenotypes'\)"),
        (pd.DataFrame({"patient": [], "phenotypes": []}), "has no rows"),
    ],
)
def test_tables_without_columns_or_rows(given: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_patients(given)


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="has no phenopackets"):
        read_patients(tmp_path)
