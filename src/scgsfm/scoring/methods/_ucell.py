"""UCell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from scgsfm._messages import check_choice, listing

from ._method import Method
from ._weighted_sum import GeneValues, WeightedSum

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader, CellBlock

    from ._method import Scorer

FEWEST_RANKS = 2


def ucell(
    rows: BlockReader,
    sets: SetIndex,
    /,
    *,
    max_rank: float = 1500,
    w_neg: float = 1.0,
    missing: Literal["lowest", "skipped"] = "lowest",
) -> Scorer:
    r"""Compute UCell: the scaled Mann-Whitney U statistic of a set, with truncated ranks.

    With :math:`r_g` the rank of gene :math:`g` in the cell (the highest value first), a set :math:`S` of :math:`n` genes
    and :math:`M` the maximum rank,

    .. math:: U' = \frac{n M - \sum_{g \in S} \min(r_g, M)}{n M - n (n + 1) / 2}, \qquad
        score = \max(U'_+ - w_{neg} U'_-, 0)

    where :math:`U'_+` and :math:`U'_-` are those of the genes with positive and with negative sign. Reference: Andreatta
    and Carmona (2021), https://doi.org/10.1016/j.csbj.2021.06.043.

    Parameters
    ----------
    rows, sets
        Cells and gene sets.
    max_rank
        :math:`M`, at most the number of genes.
    w_neg
        Weight :math:`w_{neg}` of the genes with negative sign.
    missing
        Whether genes missing from the data rank lowest or are skipped.
    """
    top = int(min(max_rank, rows.n_genes))
    if top < FEWEST_RANKS:
        msg = (
            f"`method` 'ucell' compares ranks, so it needs at least {FEWEST_RANKS} genes and a `max_rank` of at least "
            f"{FEWEST_RANKS}, but there are {rows.n_genes} genes and `max_rank` is {max_rank}."
        )
        raise ValueError(msg)
    best_up, best_down = _best_gains(sets, top, missing)
    weights = sets.membership.data
    set_of = np.repeat(np.arange(len(sets)), sets.n_found)
    scaled = sets.reweighted(np.where(weights > 0, 1 / best_up[set_of], -w_neg / best_down[set_of]))

    def gains(cells: CellBlock) -> GeneValues:
        from scgsfm.kernels import truncated_ranks

        return GeneValues(cells.indptr, cells.indices, *truncated_ranks(cells.ranks, top, ties="average"))

    return WeightedSum(scaled, rows.n_genes, gains, _at_least_0)


def _at_least_0(sums: np.ndarray, _cells: CellBlock) -> np.ndarray:
    np.maximum(sums, 0, out=sums)
    return sums


def _best_gains(sets: SetIndex, top: int, missing: str) -> tuple[np.ndarray, np.ndarray]:
    """Compute the denominators of U' for the genes of each set with positive and with negative sign."""
    check_choice("missing", missing, ("lowest", "skipped"))
    found_down = (sets.membership < 0).sum(axis=1)
    counts = [
        sets.n_listed - sets.n_down if missing == "lowest" else sets.n_found - found_down,
        sets.n_down if missing == "lowest" else found_down,
    ]
    too_long = np.flatnonzero(np.maximum(*counts) > top)
    if len(too_long):
        msg = (
            f"`max_rank` is {top} (it can't exceed the number of genes), but these sets have more genes: "
            f"{listing([sets.names[i] for i in too_long])}. Raise it, remove the sets or, if most of their genes are "
            "missing from the data, use `missing='skipped'`."
        )
        raise ValueError(msg)
    up, down = (np.where(n > 0, n * top - n * (n + 1) / 2, np.nan) for n in counts)
    return up, down


UCELL = Method(
    name="ucell",
    prepare=ucell,
    title="UCell",
    statistic="Mann-Whitney U of the genes of the set by truncated ranks, as a fraction of the maximum",
    reference="https://doi.org/10.1016/j.csbj.2021.06.043",
    range=(0.0, 1.0),
    weights=False,
    signs=True,
    missing_genes="rank lowest (or skipped: `missing`)",
    null="same size and signs",
    task="marker sets, comparable with UCell in R and Python",
    when="continuing an analysis made by UCell; signatures with both signs",
    avoid="sets with weights; signatures whose down-regulated genes are the higher expressed ones, since negative scores are cut to 0",
    peer="pyUCell and UCell in R, to 3e-8 (the precision of pyUCell)",
)
