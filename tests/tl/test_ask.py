"""Questions in words, answered by the embedded model and annotations."""

from __future__ import annotations

import builtins
import sys

import pandas as pd
import pytest

pytest.importorskip("transformers")

from typing import TYPE_CHECKING

import scgsfm
from scgsfm.cli import main
from scgsfm.tl import ask

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


@pytest.mark.parametrize(
    ("question", "asked", "name"),
    [
        ("Which gene causes Marfan syndrome?", "genes", "FBN1"),
        ("which diseases are caused by variants in SEPT9", "diseases", "OMIM:162100"),
        ("What are the symptoms of OMIM:154700?", "phenotypes", "HP:0001166"),
        ("Does FBN1 cause arachnodactyly?", "related", "yes"),
        ("How often is ectopia lentis seen in patients with Marfan syndrome?", "how often", "119/251"),
        ("What does FBN1 do?", "functions", "Microfibril (GO:0001527)"),
    ],
)
def test_known_answers(question: str, asked: str, name: str) -> None:
    answer = ask(question)
    assert answer.asked == asked
    assert name in answer.names
    assert not answer.declined


@pytest.mark.parametrize(
    "question",
    ["Which gene causes purple hair syndrome?", "Which diseases does QQQ77 cause?", "Will it rain tomorrow?"],
)
def test_declines(question: str) -> None:
    answer = ask(question)
    assert answer.declined
    assert answer.facts == []


def test_every_fact_is_cited() -> None:
    answer = ask("Which genes are associated with arachnodactyly?", n_max=3)
    table = pd.DataFrame(answer.facts)
    assert len(table) == 3
    assert (table["source"] == "HPO annotations 2025-01-16").all()
    assert table["reference"].str.match("PMID|OMIM|ORPHA").all()
    text = str(answer)
    assert all(f"[{i}]" in text for i in (1, 2, 3))
    assert "not medical advice" in text or "medical advice" in text


def test_predictions() -> None:
    question = "Does FBN1 cause Seizure?"
    predicted = ask(question)
    assert [fact.predicted for fact in predicted.facts] == [True]
    chance = scgsfm.tl.gene_phenotype("FBN1", "Seizure")["predicted"][0]
    assert f"probability {chance:.3f}" in predicted.text
    assert ask(question, predict=False).declined


def test_models_as_given() -> None:
    model = scgsfm.models.load("gpgpt-mini")
    assert ask("Which gene causes Marfan syndrome?", model=model).names == ("FBN1",)
    with pytest.raises(
        TypeError, match="`model` is 'gsfm-base', a GSFM model, but must be a GP-GPT model: .*gpgpt-mini"
    ):
        ask("Which gene causes Marfan syndrome?", model="gsfm-base")


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="`n_max` is 0"):
        ask("Which gene?", n_max=0)
    with pytest.raises(ValueError, match="`question` must be a non-empty string"):
        ask(" ")


def test_shell(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "Which", "gene", "causes", "Marfan", "syndrome?", "--max", "2"]) == 0
    told = capsys.readouterr().out
    assert "FBN1" in told
    assert told.count("medical advice") == 1
    assert main(["ask", "--names", "Which gene causes Marfan syndrome?"]) == 0
    assert capsys.readouterr().out.startswith("FBN1\n")


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    real = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == "transformers":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    for name in [name for name in sys.modules if name.partition(".")[0] == "transformers"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ImportError, match=r"pip install 'scgsfm\[llm\]'"):
        scgsfm.models.load("gpgpt-mini")
    from scgsfm.models._as_model import _loaded

    _loaded.clear()
    assert main(["ask", "Which gene causes Marfan syndrome?"]) == 2
    assert "pip install 'scgsfm[llm]'" in capsys.readouterr().err
