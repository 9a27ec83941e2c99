"""Weights of a ranker, from solved cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scgsfm.phenotypes._gene_ranking import FEATURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scgsfm.phenotypes._gene_ranking import GeneRanker

N_TOP, N_RANDOM = 400, 300
"""Diseases that a case is fitted against: the likeliest ones, and a sample of the others."""


@dataclass(frozen=True)
class Examples:
    """Cases with some diseases each."""

    features: np.ndarray
    """Cases × diseases × features."""
    offset: np.ndarray
    """Log of how many diseases each stands for, less the log of the number of its genes; -inf for none."""
    causal: np.ndarray
    """Whether the disease is one of the gene that was found."""

    def take(self, cases: np.ndarray) -> Examples:
        """Some of the cases."""
        return Examples(self.features[cases], self.offset[cases], self.causal[cases])


def examples(
    ranker: GeneRanker, cases: Sequence[tuple[int, Sequence[int], Sequence[int]]], rng: np.random.Generator
) -> Examples:
    """Features of the diseases of each case: gene (row of the index), terms present and terms absent."""
    width, n = N_TOP + 2 * N_RANDOM, len(ranker.diseases)
    features = np.zeros((len(cases), width, len(FEATURES)), np.float32)
    offset = np.full((len(cases), width), -np.inf, np.float32)
    causal = np.zeros((len(cases), width), bool)
    flat = np.repeat(np.arange(n), ranker.n_genes)
    for i, (gene, present, absent) in enumerate(cases):
        all_features = ranker.features(present, absent)
        own = flat[ranker.gene_of == gene]
        top = np.union1d(np.argpartition(-all_features[:, 0], N_TOP)[:N_TOP], own)
        rest = np.setdiff1d(np.arange(n), top)
        some = rng.choice(rest, N_RANDOM, replace=False)
        chosen = np.concatenate([top, some])[:width]
        features[i, : len(chosen)] = all_features[chosen]
        offset[i, : len(chosen)] = -np.log(ranker.n_genes[chosen])
        offset[i, len(top) : len(chosen)] += np.log(len(rest) / N_RANDOM)
        causal[i, : len(chosen)] = np.isin(chosen, own)
    return Examples(features, offset, causal)


def fit_weights(data: Examples, case_weight: np.ndarray, *, ridge: float = 3e-4) -> np.ndarray:
    """Weights that make the found gene likeliest among all: a conditional logit model.

    Parameters
    ----------
    data
        Cases and their diseases.
    case_weight
        How much each case counts.
    ridge
        Penalty on the squares of the weights of standardised features.

    Returns
    -------
    One weight for each feature.
    """
    from scipy.optimize import minimize

    there = np.isfinite(data.offset)
    mean, std = data.features[there].mean(axis=0), data.features[there].std(axis=0) + 1e-9
    x = (data.features - mean) / std
    share = case_weight / case_weight.sum()
    causal = np.where(data.causal, data.offset, -np.inf)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = x @ weights.astype(np.float32)
        won, log_won = _softmax(scores + causal)
        chance, log_all = _softmax(scores + data.offset)
        gradient = np.einsum("n,nd,ndf->f", share, chance - won, x, optimize=True)
        value = float(share @ (log_all - log_won))
        return value + ridge * float(weights @ weights), gradient + 2 * ridge * weights

    found = minimize(loss, np.zeros(x.shape[2]), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return found.x / std


def _softmax(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares of each row, and the log of the sum of their exponentials."""
    top = logits.max(axis=1, keepdims=True)
    powers = np.exp(logits - top)
    total = powers.sum(axis=1, keepdims=True)
    return powers / total, (np.log(total) + top)[:, 0]
