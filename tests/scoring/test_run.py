from __future__ import annotations

import threading
import weakref
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from scgsfm.scoring import BlockReader, Job, Result, SetIndex, get_method, run, run_into
from scgsfm.scoring._run import Scoring
from scgsfm.scoring.methods import METHODS


@pytest.fixture
def sets(membership: np.ndarray) -> SetIndex:
    names = [f"set {i}" for i in range(len(membership))]
    return SetIndex(names, sparse.csr_array(membership), np.count_nonzero(membership, axis=1), np.zeros(6, int))


@pytest.fixture(autouse=True)
def two_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numba.config.NUMBA_NUM_THREADS", 2)


def cells(n: int) -> sparse.csr_array:
    return sparse.random_array((n, 60), density=0.2, format="csr", rng=np.random.default_rng(0))


def test_independent_of_block_size(counts: np.ndarray, sets: SetIndex) -> None:
    jobs = [Job(get_method(name), sets) for name in ("aucell", "ulm")]
    whole = run(BlockReader(counts), jobs)
    for block_size in (1, 4, 23):
        for one, other in zip(run(BlockReader(counts, block_size=block_size), jobs), whole, strict=True):
            np.testing.assert_array_equal(one.scores, other.scores)
            np.testing.assert_array_equal(one.padj, other.padj)


def test_error_stops_the_run() -> None:
    rows, seen = BlockReader(cells(400), block_size=2), []

    def fail(block: sparse.csr_array) -> None:
        seen.append(block)
        if len(seen) > 5:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(rows.map(fail))
    assert len(seen) < 20


def test_interrupt_stops_the_run(sets: SetIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, n_read = BlockReader(cells(400), block_size=2), 0
    read = rows.read

    def interrupted(first: int) -> Any:
        nonlocal n_read
        for n_read, block in enumerate(read(first)):
            if n_read == 3:
                raise KeyboardInterrupt
            yield block

    monkeypatch.setattr(rows, "read", interrupted)
    n_threads = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        run(rows, [Job(get_method("mean"), sets)])
    assert threading.active_count() == n_threads


@pytest.mark.parametrize("n_cells", [100, 1000])
def test_few_blocks_are_in_memory(n_cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many cells there are."""
    rows = BlockReader(cells(n_cells), block_size=2)
    held: list[weakref.ref[Any]] = []
    most = 0
    read = rows.read

    def watched(first: int) -> Any:
        nonlocal most
        for start, block in read(first):
            held.append(weakref.ref(block))
            most = max(most, sum(ref() is not None for ref in held))
            yield start, block

    monkeypatch.setattr(rows, "read", watched)
    for _ in rows.map(lambda block: block.nnz):
        pass
    assert 1 <= most <= 5


def test_memory_does_not_grow_with_cells(sets: SetIndex) -> None:
    import tracemalloc

    jobs = [Job(get_method("mean"), sets)]
    matrix = cells(60_000)
    run(BlockReader(matrix[:100]), jobs)  # compile
    extra = []
    for n_cells in (6_000, 60_000):
        part = matrix[:n_cells]
        tracemalloc.start()
        (result,) = run(BlockReader(part), jobs)
        extra.append(tracemalloc.get_traced_memory()[1] - result.scores.nbytes)
        tracemalloc.stop()
    assert extra[1] < 1.5 * extra[0] < part.data.nbytes


@pytest.mark.parametrize("name", METHODS)
def test_pickled_scorers_hold_no_data(name: str, sets: SetIndex, counts: np.ndarray) -> None:
    """To other processes, where they give the same scores."""
    cloudpickle = pytest.importorskip("cloudpickle")
    job = Job(get_method(name), sets, dict(get_method(name).parameters))
    scorings = [Scoring.prepare(BlockReader(np.tile(counts, (n, 1))), [job]) for n in (100, 200)]
    fewer, sent = map(cloudpickle.dumps, scorings)
    assert len(sent) < 1.1 * len(fewer), "it grows with the number of cells"
    scoring = scorings[1]
    block = BlockReader(counts).prepare(counts)
    (here,), (there,) = scoring(block), cloudpickle.loads(sent)(block)
    np.testing.assert_array_equal(here.scores, there.scores)


@pytest.mark.parametrize(("delay", "verbosity", "shown"), [(0.0, 1, True), (0.0, 0, False), (None, 1, False)])
def test_progress_bar_appears_only_in_long_runs(
    delay: float | None, verbosity: int, shown: bool, sets: SetIndex, own_settings: Any, capsys: Any
) -> None:
    own_settings.verbosity = verbosity
    options = {} if delay is None else {"delay": delay}
    run_into([Result(np.empty((100, 6)))], BlockReader(cells(100)), [Job(get_method("mean"), sets)], **options)
    assert ("100/100" in capsys.readouterr().err) == shown
