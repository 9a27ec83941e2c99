"""Scores of cells, stored or computed, handed over in blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from scgsfm.scoring import Result, run_into

if TYPE_CHECKING:
    from scgsfm.scoring import Plan

BLOCK_VALUES = 2**22
"""Scores that are read at a time."""


class ScoreSource(Protocol):
    """Scores, cells × sets, that need not fit into memory."""

    @property
    def names(self) -> list[str]:
        """Names of the sets."""

    def write_into(self, target: Any) -> None:
        """Assign the scores to ``target[first:stop]`` in blocks of cells."""


@dataclass(frozen=True)
class StoredScores:
    """Scores in ``obsm``: a table, or an array in memory, on disk or lazy."""

    names: list[str]
    values: Any

    def write_into(self, target: Any) -> None:
        """Assign the scores in blocks of cells."""
        step = max(1, BLOCK_VALUES // max(1, len(self.names)))
        is_table = isinstance(self.values, pd.DataFrame)
        values = self.values.to_numpy(dtype=np.float64) if is_table else self.values
        for start in range(0, values.shape[0], step):
            block = values[start : start + step]
            target[start : start + step] = np.asarray(block.compute() if hasattr(block, "compute") else block)


@dataclass(frozen=True)
class ComputedScores:
    """Scores by one method, computed while the matrix is read once."""

    plan: Plan

    @property
    def names(self) -> list[str]:
        """Names of the sets that are scored."""
        return list(map(str, self.plan.jobs[0].sets.names))

    def write_into(self, target: Any) -> None:
        """Score all cells."""
        run_into([Result(target)], self.plan.rows, self.plan.jobs)
