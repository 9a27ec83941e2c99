"""Background peaks of similar GC content and accessibility."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scgsfm._messages import random_generator

if TYPE_CHECKING:
    from collections.abc import Sequence

N_BINS = 50
"""Bins of each of the two axes."""
WIDTH = 0.1
"""Standard deviation of the normal kernel between bins, in units of the whitened axes."""


def sample_background_peaks(
    accessibility: np.ndarray, gc: np.ndarray, n: int = 50, *, rng: int | np.random.Generator | None = 0
) -> np.ndarray:
    r"""Draw background peaks for each peak, as chromVAR does :cite:p:`Schep2017`.

    The :math:`\log_{10}` of the accessibility and the GC content are whitened by the Cholesky factor of their
    covariance, so that distances are those of Mahalanobis. The plane is divided into 50 × 50 bins, to the nearest of which
    a peak belongs. For a peak of bin :math:`i`, a peak of bin :math:`j` is drawn with a probability proportional to
    :math:`\varphi(d_{ij} / 0.1) / n_j`, with the normal density :math:`\varphi`, the distance :math:`d_{ij}` of the bins
    and the number :math:`n_j` of their peaks; with replacement.

    Parameters
    ----------
    accessibility
        Sum of the accessibility of each peak over all cells, above 0.
    gc
        GC content of each peak.
    n
        Number of background peaks of each peak.
    rng
        Seed or generator.

    Returns
    -------
    Positions of the background peaks (peaks × n).
    """
    generator = random_generator(rng)
    whitened = _whitened(np.column_stack([np.log10(accessibility), gc]))
    low, high = whitened.min(axis=0), whitened.max(axis=0)
    step = np.where(high > low, (high - low) / (N_BINS - 1), 1.0)
    cells = np.rint((whitened - low) / step).astype(np.int64)
    occupied, bin_of = np.unique(cells[:, 0] * N_BINS + cells[:, 1], return_inverse=True)
    centers = np.column_stack(np.divmod(occupied, N_BINS)) * step
    order = np.argsort(bin_of, kind="stable")
    counts = np.bincount(bin_of, minlength=len(occupied))
    starts = np.cumsum(counts) - counts
    out = np.empty((len(gc), n), np.int64)
    for i in range(len(occupied)):
        distance = np.square(centers - centers[i]).sum(axis=1)
        density = np.exp(-distance / (2 * WIDTH**2))
        drawn = generator.choice(len(occupied), size=(counts[i], n), p=density / density.sum())
        within = np.floor(generator.random(drawn.shape) * counts[drawn]).astype(np.int64)
        out[order[starts[i] : starts[i] + counts[i]]] = order[starts[drawn] + within]
    return out


def _whitened(values: np.ndarray) -> np.ndarray:
    """Values with the identity as covariance; an axis without variation is 0."""
    centered = values - values.mean(axis=0)
    covariance = np.atleast_2d(np.cov(centered, rowvar=False))
    constant = np.diag(covariance) < 1e-12
    covariance[constant] = covariance[:, constant] = 0
    covariance[np.diag_indices(len(covariance))] += np.where(constant, 1.0, 1e-12)
    return np.asarray(np.linalg.solve(np.linalg.cholesky(covariance), centered.T).T)


def match_strata(covariates: Sequence[np.ndarray], size: int) -> np.ndarray:
    """The stratum of each peak: nested quantiles of the covariates, with about ``size`` peaks or more in each stratum.

    Parameters
    ----------
    covariates
        Values of the peaks. Peaks are divided by the first, then the peaks of each part by the second, and so on.
        Covariates that don't vary are ignored.
    size
        Number of peaks of a stratum.
    """
    varying = [values for values in covariates if np.ptp(values) > 0]
    n = len(covariates[0])
    strata = np.zeros(n, np.int64)
    if not varying:
        return strata
    n_bins = max(int((n / size) ** (1 / len(varying)) + 1e-9), 1)
    for values in varying:
        order = np.lexsort((values, strata))
        counts = np.bincount(strata)
        rank = np.arange(n) - np.repeat(np.cumsum(counts) - counts, counts)
        part = rank * n_bins // np.repeat(np.maximum(counts, 1), counts)
        refined = np.empty(n, np.int64)
        refined[order] = strata[order] * n_bins + part
        strata = np.unique(refined, return_inverse=True)[1]
    return strata
