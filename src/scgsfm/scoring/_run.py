"""Runs: all cells scored by all jobs in one pass over the data."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from scgsfm._messages import listing, number, warn
from scgsfm._progress import QUIET_SECONDS

from .engine._cell_block import CellBlock
from .engine._csr_block import rows_of
from .engine._dask import array_of
from .engine._log_normalize import log_normalized

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scipy.sparse import csr_array

    from ._set_index import SetIndex
    from .engine._reader import BlockReader
    from .methods._method import Method, NullScorer, Scorer


SCORES_AT_A_TIME, VALUES_AT_A_TIME = 2**18, 2**17
"""Limits of cells × sets, and of nonzero values, of the cells that are scored together. Intermediate results then stay in
the CPU's cache for any number of sets and any data."""


@dataclass(frozen=True)
class Job:
    """A method with its gene sets and parameters."""

    method: Method
    sets: SetIndex
    params: dict[str, Any] = field(default_factory=dict)
    log_normalizes: bool = False
    """Whether the method gets log-normalized values, made from the counts of the data."""
    null: bool = False
    """Whether scores are standardized by those of random sets."""

    @property
    def has_test(self) -> bool:
        """Whether there are p-values."""
        return self.null or bool(self.method.test)

    def prepare(self, rows: BlockReader) -> Scorer:
        """Compute once what all blocks share."""
        scorer = self.method.prepare(rows, self.sets, **self.params)
        return cast("NullScorer", scorer).null if self.null else scorer


@dataclass
class Result:
    """The result of a job: scores (cells × sets) and, for methods with a test, adjusted p-values."""

    scores: Any
    padj: Any = None


@dataclass(frozen=True)
class Scoring:
    """Scores a block of cells by all jobs. It holds no data, so that it can be sent to other processes."""

    scorers: tuple[Scorer, ...]
    tests: tuple[bool, ...]
    n_sets: tuple[int, ...]
    log_normalizes: tuple[bool, ...]

    @classmethod
    def prepare(cls, rows: BlockReader, jobs: Sequence[Job]) -> Scoring:
        """Compute once what all blocks share."""
        logs = rows.log_normalizing() if any(job.log_normalizes for job in jobs) else rows
        scorers = tuple(job.prepare(logs if job.log_normalizes else rows) for job in jobs)
        tests, sizes = tuple(job.has_test for job in jobs), tuple(len(job.sets) for job in jobs)
        return cls(scorers, tests, sizes, tuple(job.log_normalizes for job in jobs))

    def __call__(self, block: csr_array) -> list[Result]:
        """Return one result per job. p-values are adjusted over the sets of each cell (Benjamini-Hochberg)."""
        from scgsfm.kernels import adjust

        n_values = max(1, block.nnz // max(1, block.shape[0]))
        step = max(1, min(SCORES_AT_A_TIME // max(self.n_sets), VALUES_AT_A_TIME // n_values))
        logs = log_normalized(block) if any(self.log_normalizes) else block
        results = [_allocate(block.shape[0], n, test) for n, test in zip(self.n_sets, self.tests, strict=True)]
        for start in range(0, block.shape[0], step):
            stop = min(start + step, block.shape[0])
            cells_of = {False: CellBlock(rows_of(block, start, stop))}
            if logs is not block:
                cells_of[True] = CellBlock(rows_of(logs, start, stop))
            for scorer, result, log in zip(self.scorers, results, self.log_normalizes, strict=True):
                cells = cells_of[log]
                if result.padj is None:
                    result.scores[start:stop] = scorer(cells)
                else:
                    result.scores[start:stop], pvalues = scorer(cells)
                    result.padj[start:stop] = adjust(pvalues)
        return results


def run(rows: BlockReader, jobs: Sequence[Job]) -> list[Result]:
    """Score all cells by all jobs in one pass over the data.

    Each cell is scored individually, so scores do not depend on blocks, threads or workers.
    """
    results = [_allocate(rows.n_cells, len(job.sets), job.has_test) for job in jobs]
    run_into(results, rows, jobs)
    return results


def run_into(
    results: Sequence[Result],
    rows: BlockReader,
    jobs: Sequence[Job],
    *,
    first: int = 0,
    on_progress: Callable[[int], object] | None = None,
    delay: float = QUIET_SECONDS,
) -> None:
    """Score all cells by all jobs, and write the results into given arrays, in memory or on disk.

    Parameters
    ----------
    results
        Arrays (cells × sets) for each job.
    rows, jobs
        The data and the jobs.
    first
        The first cell to score.
    on_progress
        Called after each block with the number of cells that are scored and written.
    delay
        Seconds before a progress bar appears.
    """
    scoring = Scoring.prepare(rows, jobs)
    undefined = [np.zeros(len(job.sets), np.int64) for job in jobs]
    for start, parts in rows.map(scoring, first=first, description="Scoring", delay=delay):
        stop = start + len(parts[0].scores)
        for i, (result, part) in enumerate(zip(results, parts, strict=True)):
            undefined[i] += (~np.isfinite(part.scores)).sum(axis=0)
            result.scores[start:stop] = part.scores
            if result.padj is not None:
                result.padj[start:stop] = part.padj
        if on_progress is not None:
            on_progress(stop)
    for job, n_undefined in zip(jobs, undefined, strict=True):
        _warn_of_undefined(job, n_undefined, rows.n_cells - first)


def _warn_of_undefined(job: Job, n_undefined: np.ndarray, n_cells: int) -> None:
    """Warn of scores that are missing or infinite, unless the method has named the sets itself."""
    named = (n_undefined == n_cells) & job.method.leaves_out_sets
    sets = np.flatnonzero((n_undefined > 0) & ~named)
    if not len(sets):
        return
    names = listing([f"{job.sets.names[i]!s} ({number(int(n_undefined[i]), 'cell')})" for i in sets])
    msg = (
        f"Scores by `method` {job.method.name!r} are missing or infinite for {names}: the values of these cells are too "
        "large for double precision. Normalize them, or replace what is no measurement."
    )
    warn(msg)


def run_lazily(rows: BlockReader, jobs: Sequence[Job]) -> list[Result]:
    """Score a dask array lazily: the results are dask arrays."""
    if not rows.is_dask:
        msg = (
            f"`compute=False` needs a dask array, but the matrix is a {type(rows.matrix).__name__}. Read the file with "
            "`anndata.experimental.read_lazy`, or keep `compute=True`, which reads files block by block."
        )
        raise ValueError(msg)
    blocks = rows.map_lazily(Scoring.prepare(rows, jobs))
    results = []
    for i, job in enumerate(jobs):
        parts = [
            array_of(blocks, partial(_part, i, name), n_columns=len(job.sets), rows=rows.matrix.chunks[0])
            for name in (("scores", "padj") if job.has_test else ("scores",))
        ]
        results.append(Result(*parts))
    return results


def _part(i: int, name: str, results: list[Result]) -> np.ndarray:
    """Return one array of one job."""
    part: np.ndarray = getattr(results[i], name)
    return part


def _allocate(n_cells: int, n_sets: int, test: bool) -> Result:
    """Allocate the arrays of a job."""
    shape = (n_cells, n_sets)
    return Result(np.empty(shape), np.empty(shape) if test else None)
