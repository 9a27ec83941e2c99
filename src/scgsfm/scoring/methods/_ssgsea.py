from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from scgsfm.scoring.engine import CellBlock

from ._method import Method

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scipy.sparse import csr_array

    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader

    from ._method import Scorer

    Pair = tuple[np.ndarray, np.ndarray]
    """What each stored value of a block has, and what the zeros of each cell have."""

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
    """Weighted mean place of a set's genes, the lowest value first, less the mean place of the others.

    That is what the sum over the running sum of single-sample GSEA comes to. A gene of rank ``r`` weighs
    ``r**weight``, times its weight in the set. The difference is divided by the number of genes, or by the range that
    it has over all cells and sets. It is linear in the places, so its mean over all orders of ties is that of their
    mean ranks.
    """
    _check(weight=weight, normalize=normalize, ties=ties)
    n = rows.n_genes
    n_others = np.where(sets.n_found < n, n - sets.n_found, np.nan)
    members = sets.reweighted(np.ones(len(sets.membership.data)))

    def difference(indptr: np.ndarray, genes: np.ndarray, ranks: Pair, places: Pair) -> np.ndarray:
        steps = [r**weight for r in ranks]
        moments = [step * place for step, place in zip(steps, places, strict=True)]
        inside = sets.set_sums(indptr, genes, *moments) / sets.set_sums(indptr, genes, *steps)
        outside = (n * (n + 1) / 2 - members.set_sums(indptr, genes, *places)) / n_others
        return np.nan_to_num(inside - outside)  # a set of all genes has no others

    def score(cells: CellBlock) -> np.ndarray:
        if ties == "gseapy":
            return np.concatenate([difference(*part) for part in _in_order(cells)])
        return difference(cells.indptr, cells.indices, cells.mean_ranks, cells.mean_ranks)

    divisor = n if normalize == "genes" else _range(rows, score)
    return lambda cells: score(cells) / divisor


def _range(rows: BlockReader, score: Callable[[CellBlock], np.ndarray]) -> float:
    """From the lowest to the highest score of all cells and sets, by a walk over the data; 1 if they are the same."""

    def ends(block: csr_array) -> tuple[float, float]:
        scores = score(CellBlock(block))
        return scores.min(), scores.max()

    found = [pair for _, pair in rows.map(ends)]
    return float(np.max(found) - np.min(found)) or 1.0


def _in_order(cells: CellBlock) -> Iterator[tuple[np.ndarray, np.ndarray, Pair, Pair]]:
    """All genes of a few cells at a time with their mean ranks and with places of their own.

    gseapy's places of tied genes are in the order of the data, so that its scores change with that order.
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
        places = np.tile(np.arange(float(n), 0, -1), len(genes))
        none_left = np.zeros(len(genes))
        yield np.arange(len(genes) + 1) * n, genes.ravel(), (mean_ranks, none_left), (places, none_left)


def _check(*, weight: float, normalize: str, ties: str) -> None:
    if weight < 0:
        msg = f"`weight` is {weight}, but must be at least 0."
        raise ValueError(msg)
    if normalize not in {"genes", "range"}:
        msg = f"`normalize` is {normalize!r}, but must be 'genes' or 'range'."
        raise ValueError(msg)
    if ties not in {"expected", "gseapy"}:
        msg = f"`ties` is {ties!r}, but must be 'expected' or 'gseapy'."
        raise ValueError(msg)


SSGSEA = Method(
    name="ssgsea",
    prepare=ssgsea,
    title="Single-sample GSEA",
    statistic="mean place of the set's genes in the cell, weighted by rank, less that of the others, over all genes",
    reference="https://doi.org/10.1038/nature08460",
    range=(-1.0, 1.0),
    weights=True,
    signs=False,
    missing="skipped",
)
