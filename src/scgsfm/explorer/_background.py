"""Long computations next to the page."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from functools import partial
from threading import Event, Lock, RLock, Thread, get_ident
from typing import TYPE_CHECKING

from scgsfm._logging import logger
from scgsfm._messages import collected_warnings
from scgsfm._progress import reported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SECONDS_BETWEEN = 0.002
"""How long the background leaves the lock to a request before it asks for it again."""
_SECONDS_TO_END = 10


class Job:
    """A computation in the background."""

    def __init__(self) -> None:
        self.done = Event()
        self.progress = ""
        """What is computed at the moment, and how much of it is done."""
        self.error: Exception | None = None
        self.warnings: list[str] = []
        self.thread: Thread | None = None


class Background:
    """One thread computes at a time, since kernels and figures allow no more: requests of the page, or else jobs.

    Between its steps, which are those of the progress bars of the package, a job lets requests go first, and also the job that was
    asked for last, since someone is looking at it.
    """

    def __init__(self) -> None:
        self.stage = 0
        """Number of results of jobs so far."""
        self._lock = RLock()
        self._guard = Lock()
        self._n_waiting = 0
        self._jobs: dict[str, Job] = {}
        self._asked: Job | None = None
        """The job that was asked for last."""
        self.is_stopped = False
        """Whether no job is to start or go on."""

    @contextmanager
    def request(self) -> Iterator[None]:
        """Compute for a request of the page, before the jobs go on."""
        with self._guard:
            self._n_waiting += 1
        try:
            self._lock.acquire()
        finally:
            with self._guard:
                self._n_waiting -= 1
        try:
            yield
        finally:
            self._lock.release()

    def start(self, name: str, work: Callable[[], None], *, delay: float = 0, again: bool = False) -> Job:
        """The job of this name, which is started after some seconds unless it runs. One that failed is only tried ``again``."""
        with self._guard:
            job = self._asked = self._jobs.get(name)
            if job is not None and (not job.done.is_set() or (job.error and not again)):
                return job
            self.stage += job is not None and bool(job.error)  # its error is outdated
            job = self._asked = self._jobs[name] = Job()
        job.thread = Thread(target=self._run, args=(job, work, delay), daemon=True, name=f"scgsfm-explorer-{name}")
        job.thread.start()
        return job

    def job(self, name: str) -> Job | None:
        """The job of this name, if there was one."""
        return self._jobs.get(name)

    def stop(self) -> None:
        """End all jobs at their next step, and wait for it: torch does not survive the end of the process in between."""
        self.is_stopped = True
        for job in list(self._jobs.values()):
            if job.thread is not None:
                job.thread.join(_SECONDS_TO_END)

    def next_stage(self) -> None:
        """Say that there is something new to show."""
        with self._guard:
            self.stage += 1

    def _run(self, job: Job, work: Callable[[], None], delay: float) -> None:
        time.sleep(delay)
        try:
            with self._lock, without_messages(partial(self._step, job)) as job.warnings:
                self._give_way(job)
                work()
        except _StoppedError:
            pass
        except Exception as error:  # noqa: BLE001  # the page shows it
            job.error = error
        finally:
            job.done.set()
            self.next_stage()

    def _step(self, job: Job, what: str, share: float | None) -> None:
        job.progress = what if share is None else f"{what}: {share:.0%}".replace("%", " %")
        self._give_way(job)

    def _give_way(self, job: Job) -> None:
        """Let go first what is more urgent than a job."""
        while True:
            if self.is_stopped:
                raise _StoppedError
            asked = self._asked
            if not self._n_waiting and (asked is None or asked is job or asked.done.is_set()):
                return
            self._lock.release()
            time.sleep(_SECONDS_BETWEEN)
            self._lock.acquire()


@contextmanager
def without_messages(step: Callable[[str, float | None], None]) -> Iterator[list[str]]:
    """Hide what this package logs and warns of in this thread; yields the list of the texts of its warnings.

    Other threads, such as that of the notebook that opened the page, log and warn as before.

    Parameters
    ----------
    step
        Is called where a progress bar would move, with what is done and the share of it.
    """
    quiet = _OtherThreads()
    logger.addFilter(quiet)  # lines such as "added 'enrich' to .uns" are about a copy
    try:
        with collected_warnings() as texts, reported(step):
            yield texts
    finally:
        logger.removeFilter(quiet)


class _StoppedError(Exception):
    """The page was closed."""


class _OtherThreads(logging.Filter):
    """Lines of the log from other threads."""

    def __init__(self) -> None:
        super().__init__()
        self.thread = get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        return record.thread != self.thread
