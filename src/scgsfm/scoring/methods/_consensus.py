"""Consensus of several methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scgsfm._messages import did_you_mean

from ._ans import ANS
from ._aucell import AUCELL
from ._mean import MEAN
from ._method import Method
from ._mlm import MLM
from ._ora import ORA
from ._score_genes import SCORE_GENES
from ._singscore import SINGSCORE
from ._ssgsea import SSGSEA
from ._sum import SUM
from ._ucell import UCELL
from ._ulm import ULM
from ._viper import VIPER
from ._zscore import ZSCORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader, CellBlock

    from ._method import Scorer, Scores

MEMBERS: dict[str, Method] = {
    method.name: method
    for method in (AUCELL, UCELL, SINGSCORE, SSGSEA, SCORE_GENES, ANS, MEAN, SUM, ZSCORE, ULM, MLM, VIPER, ORA)
}
"""Methods that can be part of a consensus: those that score each cell in one pass."""


def consensus(rows: BlockReader, sets: SetIndex, /, *, members: str | Sequence[str] = ("mlm", "ulm", "sum")) -> Scorer:
    r"""Compute the consensus of several methods: the mean of their scores, standardized within each cell.

    The positive scores of a method in a cell are divided by their standard deviation around zero, with as many mirrored
    scores of the other sign, and the negative ones likewise. With the score :math:`x_{ms}` of set :math:`s` by method
    :math:`m`, and the :math:`n` sets whose score has the same sign,

    .. math::
        z_{ms} = x_{ms} \sqrt{\frac{2 n - 1}{2 \sum_{s'} x_{ms'}^2}}, \qquad
        score_s = \frac{1}{M} \sum_m z_{ms}

    The score of a set depends on the other sets. p-values assume that the consensus is normal. Reference: decoupler,
    Badia-i-Mompel et al. (2022), https://doi.org/10.1093/bioadv/vbac016.

    Parameters
    ----------
    rows, sets
        Cells and gene sets.
    members
        Name or names of the methods, which have their default parameters. All get log-normalized values.
    """
    names = [members] if isinstance(members, str) else dict.fromkeys(members)
    chosen = [_member(name) for name in names]
    if not chosen:
        msg = f"`members` is empty. Name some of: {', '.join(MEMBERS)}."
        raise ValueError(msg)
    for method in chosen:
        method.check(sets)
    scorers = [method.prepare(rows, sets) for method in chosen]

    def score(cells: CellBlock) -> Scores:
        from scgsfm.kernels import two_sided_pvalues

        total = np.zeros((cells.shape[0], len(sets)))
        for scorer in scorers:
            found = scorer(cells)
            total += _standardized(found[0] if isinstance(found, tuple) else found)
        total /= len(scorers)
        return total, two_sided_pvalues(total, df=np.inf)

    return score


def _member(name: str) -> Method:
    """Return a method that can be part of a consensus."""
    if name not in MEMBERS:
        msg = f"`members` has {name!r}, but can have: {', '.join(MEMBERS)}.{did_you_mean(str(name), MEMBERS)}"
        raise ValueError(msg)
    return MEMBERS[name]


def _standardized(scores: np.ndarray) -> np.ndarray:
    """Divide the scores of each cell by the standard deviation of those of the same sign; zeros count as negative."""
    out = np.zeros_like(scores)
    for side in (scores > 0, scores <= 0):
        n = side.sum(axis=1, keepdims=True)
        squares = np.where(side, scores**2, 0).sum(axis=1, keepdims=True)
        std = np.sqrt(2 * squares / np.maximum(2 * n - 1, 1))
        out += np.where(side, scores, 0) / np.where(std > 0, std, np.inf)
    return out


CONSENSUS = Method(
    name="consensus",
    prepare=consensus,
    title="Consensus of methods",
    statistic="mean of the scores of several methods, each standardized over the sets of a cell",
    reference="https://doi.org/10.1093/bioadv/vbac016",
    range=(-np.inf, np.inf),
    weights=True,
    signs=True,
    missing_genes="as the methods do",
    values="log-normalized",
    test="normal distribution of the consensus, two-sided",
    task="regulons, if no single method is preferred",
    when="activities of transcription factors and pathways by several methods at once",
    avoid="a few sets, since scores are standardized over the sets of a cell; p-values as evidence: see `zscore` or `ulm`",
    peer="decoupler (`consensus` of the same scores), to 1e-12",
)
