"""The progress bar of a run."""

from __future__ import annotations

from typing import Any

from scgsfm.settings import settings

QUIET_SECONDS = 5.0
"""Runs that take less time show no bar."""


def progress(n_cells: int, *, first: int = 0, delay: float = QUIET_SECONDS) -> Any:
    """Return a bar on standard error with cells per second, if ``settings.verbosity`` is at least 1.

    The first ``first`` cells count as done.
    """
    from tqdm import tqdm

    return tqdm(
        total=n_cells,
        initial=first,
        delay=delay,
        unit=" cells",
        unit_scale=True,
        dynamic_ncols=True,
        disable=settings.verbosity < 1,
    )
