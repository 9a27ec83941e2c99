from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._registry import Method
    from ._rows import Rows
    from ._sets import SetIndex


@dataclass(frozen=True)
class Job:
    """A method with the sets and the parameters that it is to score with."""

    method: Method
    sets: SetIndex
    params: dict[str, Any] = field(default_factory=dict)


@dataclass
class Result:
    """What a job gives: scores (cells × sets) and, from methods with a test, adjusted p-values."""

    scores: np.ndarray
    padj: np.ndarray | None = None


def run(rows: Rows, jobs: Sequence[Job]) -> list[Result]:
    """Score all cells by all jobs in one walk over the data.

    One thread reads the blocks, as many as there are cores score them (the kernels hold no GIL), and never more than
    two blocks a core are held. Each cell is scored by itself, so neither the blocks nor the threads change a number.
    """
    from numba import config

    scorers = [job.method.prepare(rows, job.sets, **job.params) for job in jobs]
    results = [_allocate(rows.n_cells, job) for job in jobs]

    def score(start: int, block: Any) -> None:
        block = rows.prepare(block)
        cells = slice(start, start + block.shape[0])
        for scorer, result in zip(scorers, results, strict=True):
            _write(scorer(block), result, cells)

    n_threads = config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    with ThreadPoolExecutor(n_threads) as pool:
        waiting: deque = deque()
        try:
            for start, block in rows.read():
                waiting.append(pool.submit(score, start, block))
                if len(waiting) > n_threads:
                    waiting.popleft().result()
            while waiting:
                waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
    return results


def _allocate(n_cells: int, job: Job) -> Result:
    shape = (n_cells, len(job.sets))
    return Result(np.empty(shape), np.empty(shape) if job.method.test else None)


def _write(scores: Any, result: Result, cells: slice) -> None:
    """Write a block's scores, and its p-values adjusted over the sets of each cell (Benjamini and Hochberg)."""
    if result.padj is None:
        result.scores[cells] = scores
    else:
        from scipy.stats import false_discovery_control

        result.scores[cells], pvalues = scores
        result.padj[cells] = false_discovery_control(pvalues, axis=1)
