from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scgsfm._messages import listing

from ._method import Method

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader, CellBlock

    from ._method import Scorer, Scores

TOLERANCE = 1e-12
"""What is smaller beside what it is a part of counts as 0."""
EPSILON = 2.2e-16


def mlm(rows: BlockReader, sets: SetIndex, /) -> Scorer:
    """Multivariate linear model: t of each set's coefficient, a cell's values being fitted by all sets together.

    All genes of the data are observations, and the weights of the sets, 0 outside them, the covariates beside an
    intercept. With ``S`` the sums of squares and products of the weights about their means, and ``s`` those of weights
    and values, the coefficients are ``S⁻¹ s``. A cell whose values are all the same has the score 0.
    """
    n, df = rows.n_genes, rows.n_genes - len(sets) - 1
    if df < 1:
        msg = (
            f"`method` 'mlm' fits all sets together, so there must be more genes than sets, but the data has {n} and "
            f"{len(sets)} sets are given. Use 'ulm', or fewer sets."
        )
        raise ValueError(msg)
    products = (sets.membership @ sets.membership.T).toarray() - np.outer(sets.total, sets.total) / n
    _check_independent(products, sets)
    inverse = np.linalg.inv(products)

    def score(cells: CellBlock) -> Scores:
        from scgsfm.kernels import two_sided_pvalues

        mean, std = cells.moments
        covariance = cells.sums(sets) - np.outer(mean, sets.total)
        coefficients = covariance @ inverse
        total = np.where(std > TOLERANCE * abs(mean), (n - 1) * std**2, 0)
        explained = np.einsum("cs,cs->c", covariance, coefficients)
        residual = np.maximum(total - explained, EPSILON * total)  # keeps t finite for a perfect fit
        error = np.sqrt(np.outer(residual / df, np.diag(inverse)))
        t = coefficients / np.where(error > 0, error, np.inf)
        return t, two_sided_pvalues(t, df=df)

    return score


def _check_independent(products: np.ndarray, sets: SetIndex) -> None:
    """Refuse sets that the others determine, by name."""
    from scipy.linalg.lapack import dpstrf

    squares = sets.membership.multiply(sets.membership).sum(axis=1)
    constant = np.diag(products) <= TOLERANCE * squares
    scale = np.sqrt(np.where(constant, np.inf, np.diag(products)))
    _, pivots, rank, _ = dpstrf(products / np.outer(scale, scale), tol=TOLERANCE, lower=1)
    if rank < len(sets):
        determined = [sets.names[i] for i in np.sort(pivots[rank:] - 1)]
        msg = (
            "`method` 'mlm' fits all sets together, but these follow from the others (the same genes, the sum of other "
            f"sets, or the same weight for all genes): {listing(determined)}. Leave them out, or use 'ulm'."
        )
        raise ValueError(msg)


MLM = Method(
    name="mlm",
    prepare=mlm,
    title="Multivariate linear model",
    statistic="t of the set's coefficient in a linear model of the cell's values on the weights of all sets",
    reference="https://doi.org/10.1093/bioadv/vbac016",
    range=(-np.inf, np.inf),
    weights=True,
    signs=True,
    missing="skipped",
    test="Student's t with (genes - sets - 1) degrees of freedom, two-sided",
)
