"""Motifs enriched in the accessible peaks of groups of cells, compared with similar peaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from scgsfm._messages import listing, random_generator, warn
from scgsfm._progress import progress_over
from scgsfm.errors import GeneSetWarning

from ._background_peaks import match_strata
from ._motif_deviations import check_not_negative

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._match_motifs import MotifMatches
    from ._peak_features import PeakFeatures

STRATUM = 50
"""Approximate number of peaks of a stratum."""
MIN_SKEW = 1e-3
"""With less skewness, the distribution is normal."""
MAX_VALUES = 2**24
"""Number of sums of groups and peaks in memory at a time."""


class MotifTest(NamedTuple):
    """The comparison of sets of peaks with their strata: arrays of sets × motifs."""

    observed: np.ndarray
    expected: np.ndarray
    z: np.ndarray
    skew: np.ndarray


@dataclass(frozen=True, eq=False)
class StratifiedTest:
    r"""Sums of the values of motifs over a set of peaks, compared with random peaks of the same strata.

    If the :math:`n_s` peaks of the set in stratum :math:`s` are drawn from its :math:`N_s` peaks without replacement, the
    sum of the values :math:`w` has the moments

    .. math:: \mu = \sum_s n_s \bar w_s, \qquad
        \sigma^2 = \sum_s \frac{n_s (N_s - n_s)}{N_s (N_s - 1)} \sum_{p \in s} (w_p - \bar w_s)^2, \qquad
        \kappa_3 = \sum_s \frac{n_s (N_s - n_s) (N_s - 2 n_s)}{N_s (N_s - 1) (N_s - 2)} \sum_{p \in s} (w_p - \bar w_s)^3.

    For a value of 1 in peaks with a site, and 0 in others, it is the test of Cochran, Mantel and Haenszel
    :cite:p:`Mantel1959`.
    """

    values: csr_array
    strata: np.ndarray
    _strata: csr_array
    """Peaks × strata, 1 for the stratum of a peak."""
    _size: np.ndarray
    _moments: tuple[np.ndarray, np.ndarray, np.ndarray]
    """Mean, and sums of squares and cubes around it (strata × motifs)."""

    @classmethod
    def of(cls, values: csr_array, strata: np.ndarray) -> StratifiedTest:
        """The test for values of motifs (peaks × motifs) and the stratum of each peak."""
        n = len(strata)
        one_hot = csr_array((np.ones(n), (np.arange(n), strata)), shape=(n, int(strata.max()) + 1))
        size = np.bincount(strata).astype(np.float64)[:, None]
        first, second, third = ((one_hot.T @ values.power(k)).toarray() for k in (1, 2, 3))
        mean = first / size
        squares = np.maximum(second - size * mean**2, 0)
        cubes = third - 3 * mean * second + 2 * size * mean**3
        return cls(values, strata, one_hot, size[:, 0], (mean, squares, cubes))

    def test(self, sets: csr_array) -> MotifTest:
        """Compare sets of peaks (sets × peaks, 1 for each peak of a set) with random ones."""
        n, size = (sets @ self._strata).toarray(), self._size
        mean, squares, cubes = self._moments
        observed, expected = (sets @ self.values).toarray(), n @ mean
        pairs = n * (size - n) / np.maximum(size * (size - 1), 1)
        variance = pairs @ squares
        third = (pairs * (size - 2 * n) / np.maximum(size - 2, 1)) @ cubes
        spread = np.sqrt(np.where(variance > 0, variance, np.inf))
        return MotifTest(observed, expected, (observed - expected) / spread, third / spread**3)

    def log2_odds_ratio(self, sets: csr_array) -> np.ndarray:
        """The common log2 odds ratio of Mantel and Haenszel of each set and motif, for values of 0 and 1.

        If one of its sums is 0, 0.5 is added to both.
        """
        size = self._size[:, None]
        with_site = (self._strata.T @ self.values).toarray()
        out = []
        for i in range(sets.shape[0]):
            chosen = np.zeros(len(self.strata))
            chosen[sets.indices[sets.indptr[i] : sets.indptr[i + 1]]] = 1
            members = (self._strata * chosen[:, None]).T
            a = (members @ self.values).toarray()
            n = np.asarray(members.sum(axis=1)).reshape(-1, 1)
            b, c = n - a, with_site - a
            d = size - n - c
            more, fewer = (a * d / size).sum(axis=0), (b * c / size).sum(axis=0)
            is_zero = (more <= 0) | (fewer <= 0)
            out.append(np.log2((more + 0.5 * is_zero) / (fewer + 0.5 * is_zero)))
        return np.array(out)


def two_sided_pearson3(z: np.ndarray, skew: np.ndarray) -> np.ndarray:
    """Twice the smaller tail of the Pearson type III distribution of standardized values, at most 1.

    The distribution is bounded on one side, where the normal distribution takes its place.
    """
    from scipy.stats import norm, pearson3

    nearly_normal = np.abs(skew) < MIN_SKEW
    shape = np.where(nearly_normal, MIN_SKEW, skew)
    bounded_above = nearly_normal | (skew < 0)
    bounded_below = nearly_normal | (skew > 0)
    upper = np.where(bounded_above, norm.sf(z), pearson3.sf(z, shape))
    lower = np.where(bounded_below, norm.cdf(z), pearson3.cdf(z, shape))
    return np.asarray(np.minimum(2 * np.minimum(upper, lower), 1))


def group_sums(matrix: Any, peaks: np.ndarray, codes: np.ndarray, n_groups: int) -> np.ndarray:
    """Sum of the accessibility of each peak in each group of cells.

    Parameters
    ----------
    matrix
        Accessibility, cells × peaks, of any kind that :class:`scgsfm.scoring.BlockReader` reads.
    peaks
        Columns to use.
    codes
        Group of each cell, -1 for none; or one row of these for each of several groupings.
    n_groups
        Number of groups.

    Returns
    -------
    Groupings × groups × peaks, without the first axis for a single grouping.
    """
    from scgsfm.scoring import BlockReader

    rows = np.atleast_2d(codes)
    out = np.zeros((len(rows) * n_groups, len(peaks)))
    offset = np.arange(len(rows))[:, None] * n_groups
    for start, block in BlockReader(matrix, genes=peaks):
        check_not_negative(block)
        part = rows[:, start : start + block.shape[0]]
        grouping, cell = np.nonzero(part >= 0)
        indicator = csr_array(
            (np.ones(len(cell)), ((part + offset)[grouping, cell], cell)), shape=(len(out), block.shape[0])
        )
        out += indicator @ block
    return out if codes.ndim == 1 else out.reshape(len(rows), n_groups, len(peaks))


def foreground_peaks(sums: np.ndarray, n_peaks: int) -> csr_array:
    r"""The peaks of each group that are more accessible than in the other groups.

    Peaks are ranked by :math:`(f_g - f_{\bar g}) / \sqrt{f}`, where :math:`f_g` is the fraction of the accessibility of the
    group that is in the peak, :math:`f_{\bar g}` that of the other groups, and :math:`f` that of all.

    Parameters
    ----------
    sums
        Accessibility of the peaks in each group (groups × peaks), or of several groupings of the cells.
    n_peaks
        Maximum number of peaks of a group; the difference is positive.

    Returns
    -------
    1 for the peaks of each group (groups × peaks).
    """
    total = sums.sum(axis=-2, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = sums / sums.sum(axis=-1, keepdims=True)
        rest = (total - sums) / (total - sums).sum(axis=-1, keepdims=True)
        score = np.nan_to_num((inside - rest) / np.sqrt(total / total.sum(axis=-1, keepdims=True)))
    score = score.reshape(-1, score.shape[-1])
    top = np.argsort(-score, axis=1, kind="stable")[:, :n_peaks]
    rows = np.repeat(np.arange(len(score)), top.shape[1])
    positive = np.take_along_axis(score, top, axis=1).ravel() > 0
    columns = top.ravel()[positive]
    return csr_array((np.ones(len(columns)), (rows[positive], columns)), shape=score.shape)


def permuted_zscores(
    matrix: Any,
    peaks: np.ndarray,
    codes: np.ndarray,
    n_groups: int,
    test: StratifiedTest,
    *,
    n_peaks: int,
    n_permutations: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """z-scores of the motifs after the labels of the cells are permuted (permutations × groups × motifs)."""
    labelled = np.flatnonzero(codes >= 0)
    size = max(MAX_VALUES // (n_groups * len(peaks)), 1)
    parts = []
    starts = range(0, n_permutations, size)
    for first in progress_over(starts, total=len(starts), unit="blocks", description="Permuting groups"):
        shuffles = np.full((min(size, n_permutations - first), len(codes)), -1, codes.dtype)
        shuffles[:, labelled] = rng.permuted(np.tile(codes[labelled], (len(shuffles), 1)), axis=1)
        sums = group_sums(matrix, peaks, shuffles, n_groups)
        z = test.test(foreground_peaks(sums, n_peaks)).z
        parts.append(z.reshape(len(shuffles), n_groups, -1))
    return np.concatenate(parts)


def activity_of_motifs(
    matrix: Any,
    features: PeakFeatures,
    labels: pd.Series,
    matches: MotifMatches,
    *,
    sets: csr_array | None = None,
    n_peaks: int,
    min_peaks: int = 20,
    n_permutations: int = 0,
    is_weighted: bool = False,
    rng: int | np.random.Generator | None = 0,
) -> pd.DataFrame:
    """Compare the motifs of the accessible peaks of each group with those of similar peaks.

    Parameters
    ----------
    matrix
        Accessibility, cells × peaks, of any kind that :class:`scgsfm.scoring.BlockReader` reads.
    features
        The peaks that are compared.
    labels
        Group of each cell, categorical.
    matches
        Motifs of these peaks.
    sets
        The peaks of each group (groups × peaks), if they are known; by default, those of :func:`foreground_peaks`.
    n_peaks
        Maximum number of peaks of a group.
    min_peaks
        Minimum number of peaks with a site of a motif.
    n_permutations
        Number of permutations of the groups of cells; 0 for a test of the peaks alone.
    is_weighted
        Whether the values of motifs are effects.
    rng
        Seed or generator of the permutations.

    Returns
    -------
    The table of :func:`scgsfm.tl.motif_activity`.
    """
    groups = labels.cat.categories.tolist()
    codes = labels.cat.codes.to_numpy()
    matches = matches.found_in(min_peaks)
    covariates = [np.log10(features.accessibility), features.gc, features.length]
    test = StratifiedTest.of(matches.sites, match_strata(covariates, STRATUM))
    if sets is None:
        sets = foreground_peaks(group_sums(matrix, features.peaks, codes, len(groups)), n_peaks)
    if empty := [group for group, n in zip(groups, np.diff(sets.indptr), strict=True) if not n]:
        warn(
            f"Groups without peaks that are more accessible than in the others are skipped: {listing(empty)}.",
            GeneSetWarning,
        )
    if len(empty) == len(groups):
        msg = "No group has peaks that are more accessible than in the other groups."
        raise ValueError(msg)
    permuted = None
    if n_permutations:
        permuted = permuted_zscores(
            matrix,
            features.peaks,
            codes,
            len(groups),
            test,
            n_peaks=n_peaks,
            n_permutations=n_permutations,
            rng=random_generator(rng),
        )
    return _table(groups, sets, matches, test, is_weighted=is_weighted, permuted=permuted)


def _table(
    groups: Sequence[str],
    sets: csr_array,
    matches: MotifMatches,
    test: StratifiedTest,
    *,
    is_weighted: bool,
    permuted: np.ndarray | None,
) -> pd.DataFrame:
    """A row for each group and motif, by p-value in each group."""
    from scipy.stats import false_discovery_control
    from scipy.stats import t as student

    found = test.test(sets)
    stored = matches.sites
    present = csr_array((np.ones(stored.nnz), stored.indices, stored.indptr), shape=stored.shape)
    n_hits = (sets @ present).toarray().astype(np.int64)
    n_peaks = np.asarray(sets.sum(axis=1)).ravel().astype(np.int64)
    if is_weighted:
        effect = (found.observed - found.expected) / np.maximum(n_peaks, 1)[:, None]
    else:
        effect = test.log2_odds_ratio(sets)
    z, pvalue = found.z, two_sided_pearson3(found.z, found.skew)
    if permuted is not None:
        center, spread = permuted.mean(axis=0), permuted.std(axis=0, ddof=1)
        z = (z - center) / np.where(spread > 0, spread * np.sqrt(1 + 1 / len(permuted)), np.inf)
        pvalue = 2 * student.sf(np.abs(z), len(permuted) - 1)
    tables = [
        pd.DataFrame(
            {
                "group": group,
                "motif": matches.motifs,
                "name": matches.names,
                "family": matches.families,
                "effect": effect[i],
                "n_hits": n_hits[i],
                "n_peaks": n_peaks[i],
                "n_found": matches.n_found,
                "z": z[i],
                "pvalue": pvalue[i],
            }
        )
        for i, group in enumerate(groups)
        if n_peaks[i]
    ]
    table = pd.concat(tables, ignore_index=True)
    table["padj"] = false_discovery_control(table["pvalue"])
    order = np.lexsort((-table["z"].abs(), table["pvalue"], table["group"].map({g: i for i, g in enumerate(groups)})))
    return table.iloc[order].reset_index(drop=True)
