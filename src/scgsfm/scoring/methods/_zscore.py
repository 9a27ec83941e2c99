"""z-score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from scgsfm._messages import check_choice

from ._method import Method
from ._random_sets import CONSTANT, Null, RandomSets, check_null
from ._weighted_sum import WeightedSum

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader, CellBlock

    from ._method import Scorer, Scores

FEWEST_GENES = 2


def zscore(
    rows: BlockReader, sets: SetIndex, /, *, flavor: Literal["KSEA", "RoKAI"] = "KSEA", null: Null = "random"
) -> Scorer:
    r"""Compute the z-score: the weighted mean of a set minus the mean of all genes, in standard errors.

    With :math:`\bar x_S = \sum_{g \in S} w_g x_g / \sum_{g \in S} |w_g|` over the :math:`m` genes of the set, and
    :math:`\bar x` and :math:`\sigma` the mean and the standard deviation over all genes of the cell,

    .. math:: z = \frac{(\bar x_S - \bar x) \sqrt m}{\sigma}

    A cell with the same value in all genes has the score 0. Reference: Yılmaz et al. (2021),
    https://doi.org/10.1038/s41467-021-21211-6.

    Parameters
    ----------
    rows, sets
        Cells and gene sets.
    flavor
        ``"KSEA"`` (Casado et al. 2013) subtracts :math:`\bar x`, ``"RoKAI"`` does not, as in decoupler 2.3. In earlier
        versions of decoupler, the names were exchanged.
    null
        ``"random"`` compares the set to random sets of genes with the same weights. ``"parametric"`` assumes that z is
        normal, as decoupler does; in cells with many zeros, many random sets are then significant.
    """
    check_choice("flavor", flavor, ("KSEA", "RoKAI"))
    check_null(null)
    if rows.n_genes < FEWEST_GENES:
        msg = f"`method` 'zscore' needs at least {FEWEST_GENES} genes, but the data has {rows.n_genes}."
        raise ValueError(msg)
    random_sets = RandomSets.of(sets, rows.n_genes)

    def score(sums: np.ndarray, cells: CellBlock) -> Scores:
        from scgsfm.kernels import two_sided_pvalues

        mean, std = cells.moments
        z = sums / sets.total_abs
        if flavor == "KSEA":
            z -= mean[:, None]
        z *= np.sqrt(sets.n_found)
        z /= np.where(std > CONSTANT * abs(mean), std, np.inf)[:, None]
        if null == "random":
            return z, random_sets.pvalues(sums - np.outer(mean, sets.total), cells)
        return z, two_sided_pvalues(z, df=np.inf)

    def affine(cells: CellBlock) -> tuple[np.ndarray, np.ndarray]:
        mean, std = cells.moments
        per_error = np.sqrt(sets.n_found) / np.where(std > CONSTANT * abs(mean), std, np.inf)[:, None]
        return per_error / sets.total_abs, -mean[:, None] * per_error * (flavor == "KSEA")

    return WeightedSum(sets, rows.n_genes, finish=score, affine=affine, scale_free=True)


ZSCORE = Method(
    name="zscore",
    prepare=zscore,
    title="z-score",
    statistic="weighted mean of the genes of the set minus the mean of all genes, in standard errors",
    reference="https://doi.org/10.1038/s41467-021-21211-6",
    range=(-np.inf, np.inf),
    weights=True,
    signs=True,
    missing_genes="skipped",
    values="log-normalized",
    test="random sets of genes, two-sided (or normal distribution)",
    null="same size and weights",
    task="weighted or signed sets, with p-values",
    when="weighted signatures and kinase or pathway footprints, with a test in each cell",
    avoid="sets that share many genes: see `mlm`",
    peer='decoupler, to 1e-12; its p-values with `null="parametric"`',
)
