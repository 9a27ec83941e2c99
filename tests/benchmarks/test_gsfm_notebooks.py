"""The measures against plain definitions, on toy tables."""

from __future__ import annotations

import gzip
from types import SimpleNamespace
from typing import TYPE_CHECKING

import gsfm_notebooks as script
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.metrics import roc_auc_score

if TYPE_CHECKING:
    from pathlib import Path


def test_names_are_read(tmp_path: Path) -> None:
    names = {
        script.DRUGS[0]: [
            "dexamethasone DB01234 human GSE22152 sample 2488",
            "cytarabine, 2xEC50 6253 human GSE6930 sample 3",
        ],
        script.FACTORS: ["MYC_KD_HUMAN_GSE5823_CREEDSID_GENE_140_UP"],
    }
    (tmp_path / "perturb_GEO").mkdir()
    for name, terms in names.items():
        with gzip.open(tmp_path / "perturb_GEO" / f"{name}.gmt.gz", "wt") as file:
            file.writelines(f"{term}\t\tCD4\tCD8A\tLYZ\n" for term in terms)
    drugs = script.perturbations(tmp_path, script.DRUGS[:1])
    assert drugs["target"].tolist() == ["dexamethasone", "cytarabine, 2xec50"]
    assert drugs["study"].tolist() == ["GSE22152", "GSE6930"]
    assert drugs["name"].str.endswith(" up").all()
    (factor,) = script.perturbations(tmp_path, (script.FACTORS,)).itertuples()
    assert (factor.target, factor.study, factor.genes) == ("myc", "GSE5823", ["CD4", "CD8A", "LYZ"])


def test_own_study_is_left_out_and_ties_are_broken_by_score() -> None:
    table = pd.DataFrame(
        [("q", "x", "S1"), ("own", "x", "S1"), ("a", "x", "S2"), ("b", "y", "S2"), ("c", "y", "S3"), ("d", "x", "S4")],
        columns=["name", "target", "study"],
    )
    found = pd.DataFrame(
        {
            "term": ["q", "own", "a", "b", "c", "d"],
            "pvalue": [0, 0, 0.1, 0.1, 0.5, 1.0],
            "score": [9, 9, 3.0, 2.0, 1.0, 0.0],
        }
    )
    first, auroc, n_positive, n_sets, chance = script.one_query(found, SimpleNamespace(study="S1", target="x"), table)
    assert (first, n_positive, n_sets) == (1, 2, 4)
    assert auroc == roc_auc_score([1, 0, 0, 1], [4, 3, 2, 1])
    assert chance == pytest.approx(5 / 3)
    swapped = found.assign(score=[9, 9, 2.0, 3.0, 1.0, 0.0])
    assert script.one_query(swapped, SimpleNamespace(study="S1", target="x"), table)[0] == 2


def test_chance_is_the_mean_rank_of_the_first() -> None:
    rng = np.random.default_rng(0)
    first = [1 + np.flatnonzero(rng.permutation(np.arange(20) < 3)).min() for _ in range(4000)]
    assert np.mean(first) == pytest.approx(21 / 4, rel=0.05)


def test_auroc_is_a_mean_over_folds_and_its_interval_contains_it() -> None:
    rng = np.random.default_rng(0)
    y, fold = np.arange(200) % 2, np.arange(200) // 2 % 4
    score = y + rng.normal(size=200) + 10 * fold  # folds are not comparable
    auroc, low, high = script.bootstrap(y, score, fold, 0)
    assert auroc == pytest.approx(np.mean([roc_auc_score(y[fold == k], score[fold == k]) for k in range(4)]))
    assert low < auroc < high


def test_scores_are_out_of_fold() -> None:
    rng = np.random.default_rng(0)
    genes, y = np.arange(300), np.arange(300) % 2
    noise = rng.normal(size=(300, 200))  # more features than a fold can learn from
    score, fold = script.out_of_fold(noise, genes, y, 0)
    assert set(fold) == set(range(5))
    assert script.bootstrap(y, score, fold, 0)[0] < 0.62
    score, fold = script.out_of_fold(noise + 3 * y[:, None] * (np.arange(200) < 2), genes, y, 0)
    assert script.bootstrap(y, score, fold, 0)[0] > 0.9


def test_similarity_is_the_highest_jaccard_index() -> None:
    sets = csr_array(np.array([[1, 1, 0, 0, 0], [1, 1, 1, 1, 0], [0, 0, 0, 0, 1]], np.float32))
    assert script.similarity(np.array([0, 1, 2]), sets) == pytest.approx(3 / 4)
