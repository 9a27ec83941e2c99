from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ._prerank import leading_edge, prerank, running_sum
from ._terms import table, terms_over

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from scgsfm.genesets import GeneSets

N_NULL = 4000
"""Random sets of each size, as in :func:`~scgsfm.tl.enrich`."""


@dataclass(frozen=True, eq=False)
class RunningSum:
    """The running sum of gene set enrichment analysis of one term over one ranking."""

    term: str
    curve: np.ndarray
    """The running sum before the first gene and after each gene."""
    positions: np.ndarray
    """Positions of the genes of the term in the ranking, ascending."""
    score: float
    """Enrichment score: the largest deviation of the curve from 0."""
    edge: int
    """Number of genes in the ranking from its top (or, for a negative score, its bottom) to the peak."""
    nes: float = np.nan
    pvalue: float = np.nan
    padj: float = np.nan
    """Normalized score, p-value and p-value adjusted over the terms of the library; NaN if not computed."""

    @property
    def peak(self) -> int:
        """Position of the peak."""
        return self.edge if self.score > 0 else len(self.curve) - 1 - self.edge

    @property
    def leading(self) -> np.ndarray:
        """Whether each gene of the term is in the leading edge."""
        return self.positions < self.edge if self.score > 0 else self.positions >= self.peak


def running_sums(ranking: pd.DataFrame, sets: GeneSets) -> list[RunningSum]:
    """The running sum of each set that has genes in a ranking, without tests.

    Parameters
    ----------
    ranking
        ``name`` and ``value`` of each gene, by descending value.
    sets
        The sets.
    """
    terms = terms_over(sets, ranking["name"].to_numpy(), min_genes=1, max_genes=len(ranking) - 1)
    values = ranking["value"].to_numpy(dtype=np.float64)
    found = []
    for name, positions in zip(
        terms.names, np.split(terms.membership.indices, terms.membership.indptr[1:-1]), strict=True
    ):
        hits = np.zeros(len(values), bool)
        hits[positions] = True
        score, edge = leading_edge(values, positions)
        curve = np.concatenate([[0], running_sum(values, hits)])
        found.append(RunningSum(name, curve, np.sort(positions), score, edge))
    return found


def ranking_table(
    ranking: pd.DataFrame, group: str, sets: GeneSets, *, rng: np.random.Generator, min_genes: int, max_genes: int
) -> pd.DataFrame:
    """The table of :func:`~scgsfm.tl.enrich` for one ranking and ``mode="ranked"``."""
    ranked = ranking.sort_values("name", kind="stable")
    names = ranked["name"].to_numpy(dtype=object)
    terms = terms_over(sets, names, min_genes=min_genes, max_genes=max_genes)
    result = prerank(ranked["value"].to_numpy(), terms, n_null=N_NULL, rng=rng)
    return table(group, result, terms, names)


def generators(groups: Sequence[str], seed: int = 0) -> dict[str, np.random.Generator]:
    """The generators that :func:`~scgsfm.tl.enrich` uses for the groups."""
    return dict(zip(groups, np.random.default_rng(seed).spawn(len(groups)), strict=True))
