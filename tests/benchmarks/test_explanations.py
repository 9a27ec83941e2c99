"""Percentiles of names, and false claims, on toy data."""

from __future__ import annotations

import gzip
from types import SimpleNamespace
from typing import TYPE_CHECKING

import explanations as script
import numpy as np
import pandas as pd
import pytest

from scgsfm.explanation import Claim

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def terms(tmp_path: Path) -> script.GOTerms:
    rows = [
        ("GO:0000001", "BP", "process", "", "Anything that happens."),
        ("GO:0000002", "BP", "muscle contraction", "isa:GO:0000001", "Muscles get shorter."),
        ("GO:0000003", "BP", "heart contraction", "isa:GO:0000002", "The heart gets smaller."),
        ("GO:0000004", "BP", "leaf growth", "part of:GO:0000001|isa:GO:0000001", "Leaves get larger."),
        ("GO:0000005", "MF", "binding", "", "Not a process."),
    ]
    with gzip.open(tmp_path / "go.tsv.gz", "wt") as file:
        file.write("go_id\tontology\tname\tparents\tdefinition\n")
        file.writelines("\t".join(row) + "\n" for row in rows)
    return script.GOTerms(tmp_path / "go.tsv.gz")


def test_percentiles_of_names(terms: script.GOTerms) -> None:
    assert len(terms.ids) == 4
    assert terms.ancestors.toarray()[2].tolist() == [1, 1, 1, 0]
    exact = terms.percentiles("Heart Contraction (GO:0000003)", "GO:0000003")
    assert exact == {"names": 100, "definitions": 100, "graph": 100}
    other = terms.percentiles("contraction of muscle", "GO:0000003")
    assert other["names"] == pytest.approx(100 * 2 / 3)
    assert other["graph"] == pytest.approx(100 * 2 / 3)
    assert terms.percentiles("", "GO:0000003")["graph"] == 50
    assert terms.percentiles("nothing shared", "GO:0000003") == dict.fromkeys(("names", "definitions", "graph"), 50)


def test_false_claims_differ() -> None:
    libraries = {"a": {"T": ["g1", "g2"], "U": ["g3", "g4"]}, "b": {}}

    class Sets(dict[str, list[str]]):
        names = property(list)

    sources = SimpleNamespace(
        libraries={name: Sets(sets) for name, sets in libraries.items()}, background=np.array(["g9"])
    )
    checker, rng = SimpleNamespace(tables=SimpleNamespace(sources=sources)), np.random.default_rng(0)
    claim = Claim("g1", "annotated to", "T", source="a")
    made = {kind: alter(claim, checker, rng) for kind, alter in script.KINDS.items()}
    assert made["wrong direction"] is None
    assert made["wrong number"] is None
    assert made["wrong gene"].subject == "g9"
    assert made["wrong source"].source in {"b", "KEGG"}
    assert made["wrong term"] is None or made["wrong term"].object == "U"
    assert made["invented term"].object not in libraries["a"]
    up = Claim("g1", "higher in these cells", "", 2.0, "ranking of genes")
    assert script.KINDS["wrong direction"](up, checker, rng).relation == "lower in these cells"
    assert abs(script.KINDS["wrong number"](up, checker, rng).value - 2) > 0.1


def test_fitted_sets_are_left_out(tmp_path: Path) -> None:
    table = pd.DataFrame({"GO": [f"GO:{i:07}" for i in range(1000)]})
    table.to_csv(tmp_path / "sets.csv", index=False)
    fitted = set(table.loc[script.fitted_rows(table), "GO"])
    chosen = set(script.benchmark_sets(tmp_path / "sets.csv", 300, 0)["GO"])
    assert (len(fitted), len(chosen)) == (200, 300)
    assert not fitted & chosen


def test_all_sets_begin_with_those_that_the_score_was_not_fitted_to(tmp_path: Path) -> None:
    pd.DataFrame({"GO": [f"GO:{i:07}" for i in range(1000)]}).to_csv(tmp_path / "sets.csv", index=False)
    table = script.benchmark_sets(tmp_path / "sets.csv", 1000, 0)
    assert table["unseen"].tolist() == [True] * 800 + [False] * 200
    assert table["GO"].nunique() == 1000


def test_false_claims_about_conditions() -> None:
    compared = pd.DataFrame({"set": ["T", "U"]})
    query = SimpleNamespace(evidence=SimpleNamespace(tables={"comparison": compared}))
    checker = SimpleNamespace(query=query, tables=SimpleNamespace(sources=SimpleNamespace(libraries={})))
    claim, rng = (
        Claim("T", "higher in condition", "condition A", 1.5, "comparison of conditions"),
        np.random.default_rng(0),
    )
    assert script.wrong_direction(claim, checker, rng).relation == "lower in condition"
    assert script.wrong_term(claim, checker, rng).subject == "U"
    assert script.invented_term(claim, checker, rng).subject not in {"T", "U"}
    assert script.wrong_number(claim, checker, rng).value != 1.5


def test_parts_are_computed_once_and_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pd.DataFrame({"GO": [f"GO:{i:07}" for i in range(60)]})
    calls: list[int] = []

    def named(part: pd.DataFrame, *_: object) -> pd.DataFrame:
        calls.append(len(part))
        about = {"retrieval": "with GO", "replaced": "0 %", "method": "explain", "name": "", "coherence": 1.5}
        return pd.DataFrame([about | {"set": i} for i in part.index])

    monkeypatch.setattr(script, "named", named)
    monkeypatch.setattr(script, "retrievers", lambda model: {})
    (tmp_path / "names_25.csv").touch()
    with pytest.raises(SystemExit):
        script.named_in_parts(table, None, None, tmp_path)
    (tmp_path / "names_25.csv").unlink()
    found = script.named_in_parts(table, None, None, tmp_path)
    assert calls == [25, 10, 25]
    assert found["set"].tolist() == list(range(60))
    assert (found["name"] == "").all()
