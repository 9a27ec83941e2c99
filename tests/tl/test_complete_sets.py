from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pytest

import scgsfm
from scgsfm.completion import complete
from scgsfm.errors import GeneMatchError, GeneSetWarning

if TYPE_CHECKING:
    from collections.abc import Callable

    from scgsfm.models.gsfm import GSFM

    Dense = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

SETS = {"T/NK": ["CD3D", "Cd3e", "CD2", "NKG7"], "B": ["CD79A", "MS4A1"]}
KNOWN = {"T/NK": ["CD3D", "CD3E", "CD2", "NKG7"], "B": ["CD79A", "MS4A1"]}


def test_table_matches_the_dense_network(gsfm: GSFM, dense: Dense) -> None:
    table = scgsfm.tl.complete_sets(SETS, model=gsfm, n_genes=None)
    assert table["set"].tolist() == ["T/NK"] * 25 + ["B"] * 25
    popularity = dense(np.eye(len(gsfm.genes))[2:])[1].mean(axis=0)
    for name, genes in KNOWN.items():
        multi_hot = np.zeros((1, len(gsfm.genes)))
        multi_hot[0, gsfm.tokens(genes)] = 1
        logits = dense(multi_hot)[1][0]
        corrected = (logits - popularity)[2:]
        order = np.argsort(-logits[2:])
        rows = table[table["set"] == name]
        assert rows["gene"].tolist() == [gsfm.genes[2:][i] for i in order]
        assert rows["rank"].tolist() == list(range(1, 26))
        np.testing.assert_allclose(rows["probability"], 1 / (1 + np.exp(-logits[2:][order])), rtol=1e-4, atol=1e-6)
        zscores = (corrected - corrected.mean()) / corrected.std()
        np.testing.assert_allclose(rows["zscore"], zscores[order], rtol=1e-4, atol=1e-4)
        assert set(rows["gene"][rows["known"]]) == set(genes)


def test_first_genes(gsfm: GSFM) -> None:
    every = scgsfm.tl.complete_sets(SETS, model=gsfm, n_genes=None)
    first = scgsfm.tl.complete_sets(SETS, model=gsfm, n_genes=4)
    expected = every[every["rank"] <= 4].reset_index(drop=True)
    assert first.equals(expected)
    assert len(scgsfm.tl.complete_sets(SETS, model=gsfm, n_genes=1000)) == 50


def test_completion_adds_new_genes_by_zscore(gsfm: GSFM) -> None:
    table = scgsfm.tl.complete_sets(SETS, model=gsfm, n_genes=None)
    completed = complete(SETS, gsfm, n_genes=5)
    for name, genes in SETS.items():
        new = table[(table["set"] == name) & ~table["known"]].nlargest(5, "zscore")
        assert set(completed[name]) - set(genes) == set(new["gene"])


def test_result_does_not_depend_on_blocks(gsfm: GSFM, monkeypatch: pytest.MonkeyPatch) -> None:
    sets = {f"set {i}": gsfm.genes[i : i + 4] for i in range(2, 13)}
    whole = scgsfm.tl.complete_sets(sets, model=gsfm)
    monkeypatch.setattr("scgsfm.completion._complete.SETS_AT_A_TIME", 3)
    blocks = scgsfm.tl.complete_sets(sets, model=gsfm)
    assert blocks[["set", "gene", "rank", "known"]].equals(whole[["set", "gene", "rank", "known"]])
    np.testing.assert_allclose(
        blocks[["probability", "zscore"]], whole[["probability", "zscore"]], rtol=1e-4, atol=1e-5
    )


def test_unknown_names_raise_warnings_and_errors(gsfm: GSFM, caplog: pytest.LogCaptureFixture) -> None:
    sets = {"T": ["CD3D", "CD2", "no gene"], "peaks": ["chr1:5-9"]}
    with (
        caplog.at_level(logging.DEBUG, logger="scgsfm"),
        pytest.warns(GeneSetWarning, match="1 set is not completed.*'peaks'"),
    ):
        table = scgsfm.tl.complete_sets(sets, model=gsfm)
    assert "Not in the model's vocabulary: 'no gene', 'chr1:5-9'" in caplog.text
    assert set(table["set"]) == {"T"}
    with pytest.raises(GeneMatchError, match="None of the 1 genes"):
        scgsfm.tl.complete_sets({"peaks": ["chr1:5-9"]}, model=gsfm)


def test_errors(gsfm: GSFM) -> None:
    with pytest.raises(TypeError, match=r"Give \{'my set': \[genes\]\}"):
        scgsfm.tl.complete_sets(["CD3D", "CD2"], model=gsfm)
    with pytest.raises(ValueError, match="`n_genes` is 0"):
        scgsfm.tl.complete_sets(SETS, model=gsfm, n_genes=0)
    with pytest.raises(ValueError, match="negative weights"):
        scgsfm.tl.complete_sets({"down": {"CD3D": -1.0}}, model=gsfm)
