"""What the study of completed sets computes, against numpy and scikit-learn."""

from __future__ import annotations

import anndata as ad
import expand
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.metrics import roc_auc_score

import scgsfm


def test_weighted_auroc_against_sklearn() -> None:
    rng = np.random.default_rng(0)
    scores, positive = rng.integers(0, 8, 60).astype(float), rng.random(60) < 0.3
    weights = rng.integers(0, 4, (5, 60)).astype(float)
    found = expand.boot_aurocs(scores, positive, weights)
    np.testing.assert_allclose(found, [roc_auc_score(positive, scores, sample_weight=w) for w in weights])


def test_cells_are_drawn_within_labels() -> None:
    label = np.repeat(["a", "b"], [5, 20])
    weights = expand.resampled(label, 30, np.random.default_rng(0))
    assert weights.shape == (31, 25)
    assert (weights[0] == 1).all()
    assert (weights[:, :5].sum(1) == 5).all()
    assert (weights[:, 5:].sum(1) == 20).all()
    assert (weights[1:] != 1).any(axis=1).all()


def test_queries() -> None:
    found = expand.Queries.draw({"T": list("abcdefgh"), "B": list("xyz")}, 3, np.random.default_rng(0))
    table = found.table.assign(genes=found.genes)
    whole = table[table["size"] == "whole"].set_index("cell_type")["genes"]
    assert whole.to_dict() == {"T": list("abcdefgh"), "B": list("xyz")}
    five = table[(table["size"] == "5 genes") & (table["cell_type"] == "T")]["genes"]
    assert [len(set(genes)) for genes in five] == [5] * 3
    assert len(set(map(tuple, five))) > 1
    assert found.sets([0])["0"] == list("abcdefgh")


def test_added_genes_have_equal_weights_and_none_more_than_one() -> None:
    own = scgsfm.GeneSets({"s": ["a", "b"], "t": ["c"]})
    scores = np.array([[-np.inf, -np.inf, 3.0, 2.0, 1.0], [5.0, -np.inf, -np.inf, -np.inf, -np.inf]])
    found = expand.weighted(own, scores, np.array(list("abcde")), 2, 1.0)
    assert {s: dict(zip(g["target"], g["weight"], strict=True)) for s, g in found.groupby("source")} == {
        "s": {"a": 1, "b": 1, "c": 0.5, "d": 0.5},
        "t": {"c": 1, "a": 1},
    }
    found = expand.weighted(own, scores, np.array(list("abcde")), 2, 5.0)
    assert found["weight"].max() == 1


def test_coexpression_against_numpy() -> None:
    rng = np.random.default_rng(0)
    x = rng.poisson(1.0, (40, 6)).astype(float)
    x[:, 5] = 0
    x[:9, 5] = 1
    members = sparse.csr_array(np.array([[1.0, 1, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0]]))
    found = expand.coexpression(ad.AnnData(sparse.csr_matrix(x)), members)
    standard = (x - x.mean(0)) / x.std(0)
    for row, genes in zip(found, [[0, 1], [3]], strict=True):
        profile = standard[:, genes].sum(1)
        expected = [np.corrcoef(profile, x[:, j])[0, 1] * profile.std() for j in range(5)]
        np.testing.assert_allclose(row[:5], expected)
    assert (found[:, 5] == -np.inf).all(), "seen in nine cells"


def test_types() -> None:
    patterns = {name: pattern for name, (pattern, _) in expand.GUT.items()}
    expected = {
        "Fibroblasts SMOC2 PTGIS": "Fibroblast",
        "Inflammatory fibroblasts IL11 CHI3L1": "Fibroblast",
        "Myofibroblasts GREM1 GREM2": "Myofibroblast",
        "Immune Cycling cells": "Cycling",
        "B cells AICDA LRMP": "B",
        "Mast cells": "other",
    }
    assert {label: expand._type(label, patterns) for label in expected} == expected


def test_marker_sets_exist() -> None:
    libraries = [scgsfm.datasets.library(name) for name in ("pbmc_markers", "cell_types")]
    named = {of for _, _, types in expand.DATA.values() for _, of in types.values()}
    assert all(any(name in library for library in libraries) for name in named)


def test_summary_is_of_differences_within_a_draw() -> None:
    rows = [
        ("d", "100%", "aucell", completion, "whole", n, w, 0, cut, cell_type, np.array(auroc))
        for completion, n, w, shift in [("none", 0, 0.0, 0.0), ("model", 50, 0.5, 0.1)]
        for cut, by_type in enumerate([{"A": [0.5, 0.4], "B": [0.7, 0.6]}, {"A": [0.6, 0.6], "B": [0.6, 0.8]}])
        for cell_type, auroc in ((t, np.add(a, shift * (1 + cut))) for t, a in by_type.items())
    ]
    columns = [*expand.CONDITION, "thinning", "cut", "cell_type", "auroc"]
    found = expand.summary(pd.DataFrame(rows, columns=columns))
    assert len(found) == 1
    row = found.iloc[0]
    assert (row["plain"], row["auroc"], row["draws"]) == (pytest.approx(0.6), pytest.approx(0.75), 2)
    assert row["difference"] == pytest.approx(0.15)
    assert (row["low"], row["high"]) == (pytest.approx(0.1025), pytest.approx(0.1975))
