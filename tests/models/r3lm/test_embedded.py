"""The embedded r3lm-mini: what it is, and that its numbers stay what they were."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm import models
from scgsfm.models._locate import EMBEDDED
from scgsfm.models._serialization import read_folder, write_folder
from scgsfm.regulatory import check_trace

from .conftest import random_dna

if TYPE_CHECKING:
    from pathlib import Path

    from scgsfm.models.r3lm import R3LM

# an element with sites of GATA1, HNF1A and HNF4A in random sequence, and that sequence without them
PLAIN = random_dna(1, seed=7)[0]
EXPECTED = [[-0.1972, -0.3759, -1.0241], [0.0839, -0.5221, -1.0778], [-0.6655, -0.4752, -1.1638]]
SITES = {"K562": "AGATAAGGAGATAAGCTTATCT", "HepG2": "GTTAATGATTAACTGGACTTTGGACT"}


@pytest.fixture(scope="module")
def model() -> R3LM:
    return models.load("r3lm-mini")


def with_site(site: str, at: int = 80) -> str:
    return PLAIN[:at] + site + PLAIN[at + len(site) :]


def test_what_it_is(model: R3LM) -> None:
    assert model.cell_types == ["HepG2", "K562", "WTC11"]
    assert model.length == 200
    told = model.metadata
    assert "lentivirus" in told["predicts"]
    assert told["folds"]["held_out"] not in told["folds"]["trained"]
    for mode, least in (("joint", 0.7), ("sequence", 0.65), ("card", 0.6)):
        assert np.mean([told["held_out"][mode][cell]["r"] for cell in model.cell_types]) > least
    assert sum(file.stat().st_size for file in (EMBEDDED / "r3lm-mini").iterdir()) < 15e6


def test_predictions_stay(model: R3LM) -> None:
    found = model.predict(random_dna(3, seed=1))
    np.testing.assert_allclose(found, EXPECTED, atol=2e-3)


@pytest.mark.parametrize("cell", SITES)
def test_sites_of_a_cell_line_s_own_factors_count_there_most(model: R3LM, cell: str) -> None:
    gain = (model.predict([with_site(SITES[cell])]) - model.predict([PLAIN]))[0]
    assert gain.argmax() == model.cell_types.index(cell)
    assert gain.max() > 0.2


def test_explanation(model: R3LM) -> None:
    explanation = model.explain(with_site(SITES["K562"]), "K562")
    check_trace(explanation.trace, explanation.card, known_names=model.motifs.names)
    families = {hit.family for hit, role in zip(explanation.card.hits, explanation.cited, strict=True) if role > 0}
    assert any("GATA" in family for family in families)


def test_language_model(model: R3LM) -> None:
    cards = [card for cell in model.cell_types for card in model.cards(random_dna(4, seed=2), cell)]
    for trace, card in zip(model.reason(cards), cards, strict=True):
        check_trace(trace, card, known_names=model.motifs.names)
    for reasoning in ("generated", "none"):
        assert np.isfinite(model.read(cards, reasoning=reasoning)).all()


def test_round_trip(model: R3LM, tmp_path: Path) -> None:
    config, tensors, vocab, card = read_folder(EMBEDDED / "r3lm-mini")
    write_folder(tmp_path / "again", config, tensors, vocab, card, quantize="float16")
    again = models.load(tmp_path / "again")
    np.testing.assert_array_equal(again.predict([PLAIN]), model.predict([PLAIN]))
    assert again.metadata == model.metadata


def test_predict_needs_no_language_library(model: R3LM) -> None:
    import subprocess

    code = "import scgsfm, sys; scgsfm.models.load('r3lm-mini').predict(['ACGT' * 50]); sys.exit('transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
