"""Weights of gene prioritization, fitted on solved cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scgsfm.phenotypes._gene_ranking import RANKING_FEATURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scgsfm.phenotypes._gene_ranking import GeneRanker

N_TOP, N_RANDOM = 400, 300
"""Diseases of each case: those with the highest likelihood, and a random sample of the rest."""


@dataclass(frozen=True)
class RankingExamples:
    """Cases with a number of diseases each."""

    features: np.ndarray
    """Cases × diseases × features."""
    offset: np.ndarray
    """Log of the sampling weight of each disease minus the log of its number of genes; -inf for padding."""
    causal: np.ndarray
    """Whether the disease is one of the causal gene."""

    def take(self, cases: np.ndarray) -> RankingExamples:
        """A subset of the cases."""
        return RankingExamples(self.features[cases], self.offset[cases], self.causal[cases])


def ranking_examples(
    ranker: GeneRanker, cases: Sequence[tuple[int, Sequence[int], Sequence[int]]], rng: np.random.Generator
) -> RankingExamples:
    """Features of a number of diseases for each case of causal gene (row of the annotations), present and absent terms."""
    width, n = N_TOP + 2 * N_RANDOM, len(ranker.diseases)
    features = np.zeros((len(cases), width, len(RANKING_FEATURES)), np.float32)
    offset = np.full((len(cases), width), -np.inf, np.float32)
    causal = np.zeros((len(cases), width), bool)
    flat = np.repeat(np.arange(n), ranker.n_genes)
    for i, (gene, present, absent) in enumerate(cases):
        all_features = ranker.features(present, absent)
        causal_diseases = flat[ranker.disease_genes == gene]
        top = np.union1d(np.argpartition(-all_features[:, 0], N_TOP)[:N_TOP], causal_diseases)
        rest = np.setdiff1d(np.arange(n), top)
        sampled = rng.choice(rest, N_RANDOM, replace=False)
        chosen = np.concatenate([top, sampled])[:width]
        features[i, : len(chosen)] = all_features[chosen]
        offset[i, : len(chosen)] = -np.log(ranker.n_genes[chosen])
        offset[i, len(top) : len(chosen)] += np.log(len(rest) / N_RANDOM)
        causal[i, : len(chosen)] = np.isin(chosen, causal_diseases)
    return RankingExamples(features, offset, causal)


def fit_ranking_weights(data: RankingExamples, case_weight: np.ndarray, *, ridge: float = 3e-4) -> np.ndarray:
    r"""Fit the weights by a conditional logit model.

    The weights maximize

    .. math::

        \sum_i a_i \log \frac{\sum_{d \in C_i} e^{\mathbf{w}^\top \mathbf{x}_{id} + o_{id}}}
        {\sum_d e^{\mathbf{w}^\top \mathbf{x}_{id} + o_{id}}} - \rho \lVert\mathbf{w}\rVert^2

    over cases :math:`i` with weights :math:`a_i`, diseases :math:`C_i` of the causal gene, offsets :math:`o_{id}` and
    standardized features :math:`\mathbf{x}_{id}`.

    Parameters
    ----------
    data
        Cases and their diseases.
    case_weight
        Weight of each case.
    ridge
        Penalty :math:`\rho` of the weights of standardized features.

    Returns
    -------
    One weight for each feature.
    """
    from scipy.optimize import minimize

    finite = np.isfinite(data.offset)
    mean, std = data.features[finite].mean(axis=0), data.features[finite].std(axis=0) + 1e-9
    x = (data.features - mean) / std
    share = case_weight / case_weight.sum()
    causal = np.where(data.causal, data.offset, -np.inf)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = x @ weights.astype(np.float32)
        posterior, log_causal = _softmax(scores + causal)
        prior, log_all = _softmax(scores + data.offset)
        gradient = np.einsum("n,nd,ndf->f", share, prior - posterior, x, optimize=True)
        value = float(share @ (log_all - log_causal))
        return value + ridge * float(weights @ weights), gradient + 2 * ridge * weights

    fitted = minimize(loss, np.zeros(x.shape[2]), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    weights: np.ndarray = fitted.x / std
    return weights


def _softmax(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Softmax and log-sum-exp of each row."""
    top = logits.max(axis=1, keepdims=True)
    powers = np.exp(logits - top)
    total = powers.sum(axis=1, keepdims=True)
    return powers / total, (np.log(total) + top)[:, 0]
