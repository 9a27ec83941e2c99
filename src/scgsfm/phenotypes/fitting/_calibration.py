"""Calibration of strengths to probabilities by logistic and isotonic regression."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scgsfm.phenotypes._predictor import log_odds_terms, raw_log_odds

if TYPE_CHECKING:
    from collections.abc import Sequence

MIN_PAIRS = 1000
"""Minimum number of pairs per knot of the isotonic curve."""
N_PAIRS = 400_000
"""Pairs sampled for the logistic regression."""


def fit_calibration(
    strengths: Sequence[np.ndarray], frequency: np.ndarray, truth: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Fit the calibration on all pairs of held-out genes and terms.

    Parameters
    ----------
    strengths
        Strengths of one or more kinds, each genes × terms.
    frequency
        Frequency of each term.
    truth
        Genes × terms, whether annotated.
    rng
        Samples the pairs of the logistic regression.

    Returns
    -------
    The coefficients of :func:`raw_log_odds`, and the knots of an isotonic curve from these to log odds.
    """
    from sklearn.isotonic import IsotonicRegression
    from sklearn.linear_model import LogisticRegression

    frequency, truth = np.broadcast_to(frequency, truth.shape).ravel(), truth.ravel()
    strengths = [strength.ravel() for strength in strengths]
    sampled = rng.choice(len(truth), min(len(truth), N_PAIRS), replace=False)
    x = np.column_stack(log_odds_terms(frequency[sampled], *(strength[sampled] for strength in strengths)))
    logistic = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8).fit(x, truth[sampled])
    coefficients: np.ndarray = logistic.coef_[0]
    raw = raw_log_odds(frequency, coefficients, *strengths)
    last = min(MIN_PAIRS / len(raw), 0.1)
    cuts = np.unique(np.quantile(raw, np.concatenate([np.linspace(0, 0.9, 40), 1 - np.geomspace(0.1, last, 40)])))
    bins = np.searchsorted(cuts, raw)
    n, hits = np.bincount(bins), np.bincount(bins, truth)
    filled = n > 0
    center = np.bincount(bins, raw)[filled] / n[filled]
    share = (hits[filled] + 0.5 * truth.mean()) / (n[filled] + 0.5)
    smooth = IsotonicRegression(y_min=1e-6, y_max=1 - 1e-6).fit_transform(center, share, sample_weight=n[filled])
    return coefficients, np.stack([center, np.log(smooth) - np.log1p(-smooth)])
