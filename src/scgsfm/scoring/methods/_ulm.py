"""Univariate linear model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scgsfm._messages import listing, warn
from scgsfm.errors import GeneSetWarning

from ._method import Method
from ._random_sets import CONSTANT, Null, RandomSets, check_null

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader, CellBlock

    from ._method import Scorer, Scores


def ulm(rows: BlockReader, sets: SetIndex, /, *, null: Null = "random") -> Scorer:
    r"""Fit the univariate linear model: the t statistic of the slope of a cell's values on the weights of a set.

    The :math:`N` genes of the data are the observations, with weight 0 outside the set. With :math:`r` the correlation
    of weights and values,

    .. math:: t = r \sqrt{\frac{N - 2}{1 - r^2}}

    A cell with the same value in all genes has the score 0. So has a set with the same weight for all genes, and a warning
    names it. Reference: decoupler, Badia-i-Mompel et al. (2022),
    https://doi.org/10.1093/bioadv/vbac016.

    Parameters
    ----------
    rows, sets
        Cells and gene sets.
    null
        ``"random"`` compares the set to random sets of genes with the same weights. ``"parametric"`` assumes normal
        values, as decoupler does; in cells with many zeros, many random sets are then significant.
    """
    check_null(null)
    random_sets = RandomSets.of(sets, rows.n_genes)
    n = rows.n_genes
    if n < FEWEST_GENES:
        msg = f"`method` 'ulm' fits a line to the genes, so it needs at least {FEWEST_GENES}, but the data has {n}."
        raise ValueError(msg)
    squares = sets.membership.multiply(sets.membership).sum(axis=1)
    scatter = squares - sets.total**2 / n
    constant = scatter <= CONSTANT * squares
    if constant.any():
        names = listing([sets.names[i] for i in np.flatnonzero(constant)])
        msg = f"`method` 'ulm' gives the score 0 to {names}: all genes of the data have the same weight in them."
        warn(msg, GeneSetWarning)
    std_weights = np.sqrt(np.where(constant, np.inf, scatter) / (n - 1))

    def score(cells: CellBlock) -> Scores:
        from scgsfm.kernels import two_sided_pvalues

        cells = cells.rescaled
        mean, std = cells.moments
        deviations = cells.sums(sets) - np.outer(mean, sets.total)
        deviations[:, constant] = 0
        r = deviations / ((n - 1) * std_weights)
        r /= np.where(std > CONSTANT * abs(mean), std, np.inf)[:, None]
        np.clip(r, -1, 1, out=r)
        t = r * np.sqrt((n - 2) / ((1 - r + EPSILON) * (1 + r + EPSILON)))
        if null == "random":
            return t, random_sets.pvalues(deviations, cells)
        return t, two_sided_pvalues(t, df=n - 2)

    return score


FEWEST_GENES = 3
EPSILON = 2.2e-16
"""Keeps t finite for a perfect fit. The value is that of decoupler."""

ULM = Method(
    name="ulm",
    prepare=ulm,
    title="Univariate linear model",
    statistic="t statistic of the slope in a linear regression of the values on the weights of the set",
    reference="https://doi.org/10.1093/bioadv/vbac016",
    range=(-np.inf, np.inf),
    weights=True,
    signs=True,
    missing_genes="skipped",
    values="log-normalized",
    test="random sets of genes, two-sided (or Student's t with genes - 2 degrees of freedom)",
    task="regulons and other signed sets, with p-values",
    when="activities of transcription factors (CollecTRI) and pathways (PROGENy), each on its own",
    avoid="sets that share many genes: see `mlm`",
    peer='decoupler, to 1e-11; its p-values with `null="parametric"`',
)
