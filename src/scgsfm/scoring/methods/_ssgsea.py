"""Single-sample GSEA (ssGSEA)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from scgsfm._messages import check_at_least, check_choice
from scgsfm.scoring.engine import CellBlock

from ._method import Method

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scipy.sparse import csr_array

    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader

    from ._method import Scorer

    Pair = tuple[np.ndarray, np.ndarray]
    """A number for each stored value of a block, and one for the zeros of each cell."""

CELLS_AT_A_TIME = 64


def ssgsea(
    rows: BlockReader,
    sets: SetIndex,
    /,
    *,
    weight: float = 0.25,
    normalize: Literal["genes", "range"] = "genes",
    ties: Literal["expected", "gseapy"] = "expected",
) -> Scorer:
    r"""Compute ssGSEA: the sum of the running sum of GSEA over all positions.

    With :math:`r_g` the rank of gene :math:`g` (the lowest value first), this sum equals a difference of mean ranks:

    .. math:: ES = \sum_{i=1}^{N} \left[ P_S(i) - P_{\bar S}(i) \right]
        = \frac{\sum_{g \in S} w_g r_g^\alpha r_g}{\sum_{g \in S} w_g r_g^\alpha} - \frac{\sum_{g \notin S} r_g}{N - |S|}

    It is linear in the positions of the genes. Its mean over all orders of tied genes is therefore its value at their
    mean ranks. Reference: Barbie et al. (2009), https://doi.org/10.1038/nature08460.

    Parameters
    ----------
    rows, sets
        Cells and gene sets.
    weight
        Exponent :math:`\alpha`.
    normalize
        Divide by the number of genes, or by the range of the scores of all cells and sets.
    ties
        ``"expected"``: the mean over all orders of tied genes. ``"gseapy"``: the order of the data, as in gseapy.
    """
    check_at_least("weight", weight, 0)
    check_choice("normalize", normalize, ("genes", "range"))
    check_choice("ties", ties, ("expected", "gseapy"))
    n = rows.n_genes
    n_outside = np.where(sets.n_found < n, n - sets.n_found, np.nan)
    members = sets.reweighted(np.ones(len(sets.membership.data)))

    def difference(indptr: np.ndarray, genes: np.ndarray, ranks: Pair, positions: Pair) -> np.ndarray:
        steps = [r**weight for r in ranks]
        moments = [step * position for step, position in zip(steps, positions, strict=True)]
        inside = sets.set_sums(indptr, genes, *moments) / sets.set_sums(indptr, genes, *steps)
        outside = (n * (n + 1) / 2 - members.set_sums(indptr, genes, *positions)) / n_outside
        scores: np.ndarray = np.nan_to_num(inside - outside)  # a set of all genes has none outside
        return scores

    def score(cells: CellBlock) -> np.ndarray:
        if ties == "gseapy":
            return np.concatenate([difference(*part) for part in _in_order(cells)])
        return difference(cells.indptr, cells.indices, cells.mean_ranks, cells.mean_ranks)

    divisor = n if normalize == "genes" else _range(rows, score)
    return lambda cells: score(cells) / divisor


def _range(rows: BlockReader, score: Callable[[CellBlock], np.ndarray]) -> float:
    """Compute the range of the scores of all cells and sets in a pass over the data; 1 if they are all equal."""

    def ends(block: csr_array) -> tuple[float, float]:
        scores = score(CellBlock(block))
        return scores.min(), scores.max()

    extremes = [pair for _, pair in rows.map(ends)]
    return float(np.max(extremes) - np.min(extremes)) or 1.0


def _in_order(cells: CellBlock) -> Iterator[tuple[np.ndarray, np.ndarray, Pair, Pair]]:
    """Yield all genes of a few cells at a time, with their mean ranks and with distinct positions.

    In gseapy, tied genes have positions in the order of the data, so that its scores depend on that order.
    """
    from scgsfm.kernels import top_ranked

    n = cells.shape[1]
    last_gene_first = np.arange(n)[::-1]
    values, of_zeros = cells.mean_ranks
    for start in range(0, cells.shape[0], CELLS_AT_A_TIME):
        some = slice(start, start + CELLS_AT_A_TIME)
        ranks = cells.ranks._replace(zeros=cells.ranks.zeros[some])
        indptr = cells.indptr[start : start + CELLS_AT_A_TIME + 1]
        genes = top_ranked(ranks, cells.indices, indptr, n, n, order=last_gene_first)
        mean_ranks = np.repeat(of_zeros[some, None], n, axis=1)
        stored = slice(indptr[0], indptr[-1])
        mean_ranks[np.repeat(np.arange(len(genes)), np.diff(indptr)), cells.indices[stored]] = values[stored]
        mean_ranks = np.take_along_axis(mean_ranks, genes, axis=1).ravel()
        positions = np.tile(np.arange(float(n), 0, -1), len(genes))
        no_zeros = np.zeros(len(genes))
        yield np.arange(len(genes) + 1) * n, genes.ravel(), (mean_ranks, no_zeros), (positions, no_zeros)


SSGSEA = Method(
    name="ssgsea",
    prepare=ssgsea,
    title="Single-sample GSEA",
    statistic="mean rank of the genes of the set, weighted by rank, minus the mean rank of the other genes",
    reference="https://doi.org/10.1038/nature08460",
    range=(-1.0, 1.0),
    weights=True,
    signs=False,
    missing_genes="skipped",
    task="large sets in bulk samples or deep cells",
    when="comparison with published ssGSEA scores",
    avoid="small sets in sparse cells; sets of down-regulated genes",
    peer='gseapy, to 2e-14 with `ties="gseapy"`',
)
