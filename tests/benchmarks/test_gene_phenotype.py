from __future__ import annotations

from typing import TYPE_CHECKING

import gene_phenotype
import numpy as np
import pandas as pd
import pytest
from gene_vectors import Case
from scipy.sparse import csr_array
from sklearn.metrics import roc_auc_score

from scgsfm.phenotypes import load_annotations

if TYPE_CHECKING:
    from pathlib import Path


def test_rank_shares_ties() -> None:
    assert [gene_phenotype.rank(np.array([3.0, 1.0, 1.0, 0.0]), i) for i in range(4)] == [1, 2.5, 2.5, 4]


def test_folds_keep_the_cases_of_a_gene_together() -> None:
    cases = [Case(gene, [0], []) for gene in "ABCDEFGH" * 3]
    folds = gene_phenotype.folds_of(cases, np.random.default_rng(0))
    assert all(len(set(folds[i::8])) == 1 for i in range(8))
    assert set(folds) == set(range(5))


def test_measures_over_cases_and_over_genes() -> None:
    ranks, genes = np.array([1.0, 1.0, 1.0, 20.0]), np.array([5, 5, 5, 7])
    result = gene_phenotype.measured(ranks, genes, np.random.default_rng(0))
    assert (result["n_cases"], result["n_genes"], result["median"]) == (4, 2, 1)
    assert (result["top1"], result["macro_top1"], result["top10"]) == (0.75, 0.5, 0.75)
    assert result["mrr"] == pytest.approx((3 + 1 / 20) / 4)
    assert (result["macro_top1_low"], result["macro_top1_high"]) == (0, 1)


def test_negatives_have_a_similar_frequency_and_are_not_annotated() -> None:
    rng, annotated = np.random.default_rng(0), set(range(100, 200))
    drawn = [gene_phenotype.negative(150, annotated, 1000, rng) for _ in range(200)]
    assert not set(drawn) & annotated
    assert min(drawn) >= 150 - 60
    # all terms in the window are annotated: it grows
    assert gene_phenotype.negative(999, set(range(900, 1000)), 1000, rng) < 900


def test_auroc_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth, score = rng.random(500) < 0.3, rng.integers(0, 20, 500).astype(float)
    assert gene_phenotype.auroc(score, truth) == pytest.approx(roc_auc_score(truth, score))


def test_pairs_are_annotated_or_neither_they_nor_descendants_are() -> None:
    hpo = load_annotations()
    genes = dict.fromkeys(["SCN1A", "FBN1", "COL1A1", "BRCA1", "MYH7", "RPE65", "BTK"], "a summary")
    task = gene_phenotype.Task(hpo, genes)
    assert task.genes == sorted(genes)
    gene, term, truth = task.pairs(np.arange(len(genes)), np.random.default_rng(0))
    assert truth.sum() * 2 == len(truth) > 0
    for g, t, true in zip(gene[:60], term[:60], truth[:60], strict=True):
        assert bool(hpo.evidence(task.genes[g], int(task.terms[t]))) == true


def test_fractions_by_probability() -> None:
    probability, truth = np.repeat([0.1, 0.7], 40), np.repeat([True, False, True], [10, 30, 40])
    rows = list(gene_phenotype.by_probability(probability, truth, np.array([0, 0.5, 1])))
    assert [(row["low"], row["annotated"], row["n"]) for row in rows] == [(0, 0.25, 40), (0.5, 1, 40)]
    assert rows[0]["predicted"] == pytest.approx(0.1)


def test_calibration_on_other_genes_gives_the_frequencies() -> None:
    rng = np.random.default_rng(0)
    strength, frequency = rng.normal(size=(200, 50)), np.full(50, 0.2)
    labels = csr_array(rng.random((200, 50)) < 1 / (1 + np.exp(-strength)))
    rows = list(gene_phenotype.crossed("a", [strength], frequency, labels, rng))
    assert {row["prediction"] for row in rows} == {"a"}
    assert sum(row["n"] for row in rows) > 9_000
    assert all(row["annotated"] == pytest.approx(row["predicted"], abs=0.1) for row in rows if row["n"] > 500)


def test_drawing(tmp_path: Path) -> None:
    table = pd.DataFrame({"prediction": "a", "predicted": [0.01, 0.2, 0.8], "annotated": [0.0, 0.2, 0.9]})
    gene_phenotype.draw(table, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
