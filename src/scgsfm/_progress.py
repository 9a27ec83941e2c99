"""The progress bar of everything that may take more than five seconds."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from ._logging import log_stream, logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Report = Callable[[str, float | None], None]

T = TypeVar("T")

QUIET_SECONDS = 5.0
"""Work that takes less time shows no bar."""
_report: ContextVar[Report | None] = ContextVar("report", default=None)
"""What is called in this thread instead of showing bars."""


class ReportedBar:
    """The methods of a bar of tqdm that are used, for a function that is called at each step."""

    def __init__(self, report: Report, total: int | None, *, first: int, description: str) -> None:
        self.report, self.total, self.n, self.description = report, total, first, description

    def __enter__(self) -> ReportedBar:
        self.update(0)
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing has to be closed."""

    def update(self, n: int = 1) -> None:
        """Count and report steps."""
        self.n += n
        self.report(self.description, self.n / self.total if self.total else None)


@contextmanager
def reported(to: Report) -> Iterator[None]:
    """Call a function with what is done and the share of it, in this thread, instead of showing bars.

    It is called at each step, and also ends the work by raising an error.
    """
    token = _report.set(to)
    try:
        yield
    finally:
        _report.reset(token)


def progress(
    total: int | None, *, unit: str, first: int = 0, delay: float = QUIET_SECONDS, description: str | None = None
) -> Any:
    """Return a bar where the log is written, unless ``settings.verbosity`` is 0.

    Parameters
    ----------
    total
        Number of steps; None if it is unknown.
    unit
        What a step is, in the plural.
    first
        Number of steps that are done already.
    delay
        Seconds before the bar appears.
    description
        What is done.
    """
    if (report := _report.get()) is not None:
        return ReportedBar(report, total, first=first, description=description or "Computing")
    from tqdm import tqdm

    bar = tqdm(
        desc=description,
        total=total,
        initial=first,
        delay=delay,
        unit=f" {unit}",
        unit_scale=total is not None and total >= 10_000,
        leave=None,  # a bar within another one vanishes when it is done
        dynamic_ncols=True,
        file=log_stream(),
        disable=not logger.isEnabledFor(logging.INFO),
    )
    if not bar.disable:  # tqdm uses the clock of the wall, which may be set in between: the bar would stop for as long
        bar._time = time.monotonic
        bar.start_t = bar.last_print_t = time.monotonic()
    return bar


def progress_over(items: Iterable[T], *, total: int, unit: str, description: str | None = None) -> Iterator[T]:
    """Iterate over ``items``, each of which is one step of a bar."""
    with progress(total, unit=unit, description=description) as bar:
        for item in items:
            yield item
            bar.update()
