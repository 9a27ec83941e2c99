"""The score of coherence: calibrated on random sets, and independent of the order of the genes in what it decides."""

from __future__ import annotations

import numpy as np
import pytest

from scgsfm.explanation import CoherenceModel, load_calibration
from scgsfm.models import as_model


@pytest.fixture(scope="module")
def assess() -> CoherenceModel:
    return CoherenceModel.of(as_model("gsfm-base"))


def test_shipped_calibration_is_that_of_the_embedded_model(assess: CoherenceModel) -> None:
    assert assess.calibration is load_calibration()
    assert assess.calibration.mean == pytest.approx(assess.model.popularity, abs=0.02)


def test_pvalues_of_random_sets_are_uniform(assess: CoherenceModel) -> None:
    rng = np.random.default_rng(5)
    sets = [rng.choice(np.arange(2, len(assess.model.genes)), n, replace=False) for n in [5, 8, 12] * 8]
    pvalues = np.array([found.pvalue for found in assess.assess(sets)])
    assert (pvalues < 0.05).mean() <= 0.17
    assert 0.3 < pvalues.mean() < 0.75


def test_coherent_set_and_the_gene_that_does_not_fit(assess: CoherenceModel) -> None:
    position = {gene: i for i, gene in enumerate(assess.model.genes)}
    genes = ["PSMA1", "PSMA2", "PSMB1", "PSMB5", "PSMC1", "PSMD1", "OR4F5"]
    (found,) = assess.assess([np.array([position[gene] for gene in genes])])
    assert found.is_coherent
    assert found.membership.argmin() == 6
    assert found.core.tolist() == [True] * 6 + [False]


def test_small_sets_are_not_assessed(assess: CoherenceModel) -> None:
    assert assess.assess([np.array([5, 6]), np.array([], int)]) == [None, None]
