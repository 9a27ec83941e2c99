"""Multivariate linear model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scgsfm._messages import listing

from ._method import Method
from ._random_sets import Null, RandomSets, check_null

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader, CellBlock

    from ._method import Scorer, Scores

TOLERANCE = 1e-12
"""Relative size below which a number counts as 0."""
EPSILON = 2.2e-16
SETS_AT_A_TIME = 64


def mlm(rows: BlockReader, sets: SetIndex, /, *, null: Null = "random") -> Scorer:
    r"""Fit the multivariate linear model: the t statistic of each set in a regression on all sets together.

    The genes of the data are the observations. The covariates are an intercept and, for each of the :math:`k` sets, the
    weights of the genes (0 outside the set):

    .. math:: x = \beta_0 + W \beta + \varepsilon, \qquad \hat\beta = S_{WW}^{-1} S_{Wx}, \qquad
        t_j = \hat\beta_j \Big/ \sqrt{\frac{RSS}{N - k - 1} (S_{WW}^{-1})_{jj}}

    where :math:`S_{WW}` and :math:`S_{Wx}` are the centered sums of squares and products. A cell with the same value in
    all genes has the score 0. Reference: decoupler, Badia-i-Mompel et al. (2022),
    https://doi.org/10.1093/bioadv/vbac016.

    Parameters
    ----------
    rows, sets
        Cells and gene sets.
    null
        ``"random"`` compares the coefficients to those of the cell's values in random order. ``"parametric"`` assumes
        normal residuals, as decoupler does; in cells with many zeros, many random sets are then significant.
    """
    check_null(null)
    n, df = rows.n_genes, rows.n_genes - len(sets) - 1
    if df < 1:
        msg = (
            f"`method` 'mlm' fits all sets together and needs more genes than sets, but the data has {n} genes and "
            f"there are {len(sets)} sets. Use 'ulm', or fewer sets."
        )
        raise ValueError(msg)
    products = (sets.membership @ sets.membership.T).toarray() - np.outer(sets.total, sets.total) / n
    _check_independent(products, sets)
    inverse = np.linalg.inv(products)
    random_sets = _random_coefficients(sets, inverse, n) if null == "random" else None

    def score(cells: CellBlock) -> Scores:
        from scgsfm.kernels import ordered_product, row_products, two_sided_pvalues

        cells = cells.rescaled
        mean, std = cells.moments
        covariance = cells.sums(sets) - np.outer(mean, sets.total)
        coefficients = ordered_product(covariance, inverse)
        total = np.where(std > TOLERANCE * abs(mean), (n - 1) * std**2, 0)
        explained = row_products(covariance, coefficients)
        residual = np.maximum(total - explained, EPSILON * total)  # keeps t finite for a perfect fit
        error = np.sqrt(np.outer(residual / df, np.diag(inverse)))
        t = coefficients / np.where(error > 0, error, np.inf)
        if random_sets is not None:
            return t, random_sets.pvalues(coefficients, cells)
        return t, two_sided_pvalues(t, df=df)

    return score


def _random_coefficients(sets: SetIndex, inverse: np.ndarray, n_genes: int) -> RandomSets:
    """The coefficients are weighted sums over the genes, with the weights ``inverse @ membership``, centered."""
    used = sets.membership.T.tocsr()
    used = used[np.diff(used.indptr) > 0]
    cubes = np.empty(len(sets))
    for start in range(0, len(sets), SETS_AT_A_TIME):
        some = slice(start, start + SETS_AT_A_TIME)
        weights = used @ inverse[:, some]
        squares, mean = weights * weights, weights.sum(axis=0) / n_genes
        cubes[some] = (squares * weights).sum(axis=0) - 3 * mean * squares.sum(axis=0) + 2 * n_genes * mean**3
    return RandomSets(n_genes, np.diag(inverse), cubes)


def _check_independent(products: np.ndarray, sets: SetIndex) -> None:
    """Raise ValueError for sets that are linear combinations of the others, by a Cholesky factorization with pivoting."""
    from scipy.linalg.lapack import dpstrf

    squares = sets.membership.multiply(sets.membership).sum(axis=1)
    constant = np.diag(products) <= TOLERANCE * squares
    scale = np.sqrt(np.where(constant, np.inf, np.diag(products)))
    _, pivots, rank, _ = dpstrf(products / np.outer(scale, scale), tol=TOLERANCE, lower=1)
    if rank < len(sets):
        determined = [sets.names[i] for i in np.sort(pivots[rank:] - 1)]
        msg = (
            "`method` 'mlm' fits all sets together, but these sets are determined by the others (the same genes, the sum "
            f"of other sets, or the same weight for all genes): {listing(determined)}. Remove them, or use 'ulm'."
        )
        raise ValueError(msg)


MLM = Method(
    name="mlm",
    prepare=mlm,
    title="Multivariate linear model",
    statistic="t statistic of the set in a linear regression of the values on the weights of all sets",
    reference="https://doi.org/10.1093/bioadv/vbac016",
    range=(-np.inf, np.inf),
    weights=True,
    signs=True,
    missing_genes="skipped",
    values="log-normalized",
    test="random order of the genes, two-sided (or Student's t with genes - sets - 1 degrees of freedom)",
    task="regulons that share genes, with p-values",
    when="the contribution of each set given the others, such as all pathways of PROGENy",
    avoid="more sets than a few hundred; sets that are equal or unions of others, which raise an error",
    peer='decoupler, to 1e-11; its p-values with `null="parametric"`',
)
