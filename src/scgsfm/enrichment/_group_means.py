from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm.scoring import BlockReader
from scgsfm.scoring.engine import GeneMoments, ValueScale, log_normalize, value_scale

from ._rank_by_moments import rank_by_moments

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


@dataclass(frozen=True)
class GroupMeans:
    """Mean expression of genes in groups of cells, and the scale of the values."""

    genes: list[str]
    groups: list[str]
    moments: GeneMoments
    """Sums over each group, and over the cells without a group."""
    normalized: GeneMoments | None
    """The same after log-normalization, if it can be made from the values."""
    scale: ValueScale
    base: float | None
    """Base of the logarithm, if it is not e."""

    @classmethod
    def survey(
        cls,
        matrix: Any,
        genes: pd.Index,
        labels: pd.Series,
        base: float | None,
        *,
        counted: np.ndarray | None = None,
        squares: bool = False,
    ) -> GroupMeans:
        """Read the matrix once.

        Parameters
        ----------
        matrix
            Cells × genes, in memory, on disk or lazy.
        genes, labels
            Names of the genes, and the groups of the cells.
        base
            Base of the logarithm of the values, if it is not e.
        counted
            Columns that add up to the sum of a cell, if not all do.
        squares
            Whether to sum squares for :meth:`rank`, too.
        """
        groups = labels.cat.categories.tolist()
        codes, reader = (
            labels.cat.codes.to_numpy().astype(np.int64) % (len(groups) + 1),
            BlockReader(matrix, counted=counted),
        )
        scale = value_scale(reader)
        of_raw, of_normalized = squares and not scale.linear, squares and scale.linear
        raw = GeneMoments(reader.n_genes, n_groups=len(groups) + 1, squares=of_raw)
        normalized = GeneMoments(reader.n_genes, n_groups=len(groups) + 1, squares=of_normalized)
        for start, block in reader:
            members = codes[start : start + block.shape[0]]
            raw.add(block, groups=members)
            if scale.linear:
                normalized.add(block, values=log_normalize(block), groups=members)
        return cls(genes.tolist(), groups, raw, normalized if scale.linear else None, scale, base)

    @property
    def level(self) -> np.ndarray:
        """Mean of each gene over all cells, of log-normalized values if these can be made."""
        moments = self.normalized or self.moments
        return np.asarray(moments.sums.sum(axis=0) / max(moments.n_cells.sum(), 1))

    def table(self) -> pd.DataFrame:
        """Mean of each gene (columns) in each group (rows), of log-normalized values if these can be made."""
        import pandas as pd

        moments = self.normalized or self.moments
        means = moments.sums[: len(self.groups)] / np.maximum(moments.n_cells[: len(self.groups), None], 1)
        return pd.DataFrame(means, self.groups, self.genes)

    @property
    def detected(self) -> np.ndarray:
        """Whether any cell has a nonzero value of each gene."""
        return np.asarray(self.moments.n_nonzero.any(axis=0))

    @property
    def has_variances(self) -> bool:
        """Whether squares were summed."""
        return (self.normalized or self.moments).squares is not None

    def rank(self, compared: list[str], *, reference: str, method: str) -> Mapping[str, Any]:
        """Rank the genes of groups by a t-test of the values, log-normalized if they are counts."""
        moments = self.normalized or self.moments
        scale = 1.0 if self.base is None or moments is self.normalized else np.log(self.base)
        return rank_by_moments(
            moments,
            self.genes,
            self.groups,
            compared,
            reference=reference,
            method=method,
            expm1=lambda mean: np.expm1(mean * scale),
        )

    def log_fold_changes(self, group: str, reference: str, *, normalized: bool = False) -> np.ndarray:
        """Log2 fold changes as scanpy computes them from the values or, for counts, from log-normalized values.

        NaN for genes with a mean of 0.
        """
        moments = self.normalized if normalized and self.normalized is not None else self.moments
        row = self.groups.index(group)
        sums, n_cells = moments.sums, moments.n_cells
        if reference == "rest":
            rest, n_rest = sums.sum(axis=0) - sums[row], n_cells.sum() - n_cells[row]
        else:
            other = self.groups.index(reference)
            rest, n_rest = sums[other], n_cells[other]
        means = sums[row] / max(n_cells[row], 1), rest / max(n_rest, 1)
        scale = 1.0 if self.base is None or moments is self.normalized else np.log(self.base)
        with np.errstate(all="ignore"):
            inside, outside = (np.log2(np.expm1(mean * scale) + 1e-9) for mean in means)
            change = np.where((means[0] > 0) & (means[1] > 1e-9), inside - outside, np.nan)
        return np.asarray(change)
