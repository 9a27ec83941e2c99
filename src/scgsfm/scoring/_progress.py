from __future__ import annotations

from typing import Any

from scgsfm.settings import settings

QUIET_SECONDS = 5.0
"""Shorter runs show no bar."""


def progress(n_cells: int, *, first: int = 0, delay: float = QUIET_SECONDS) -> Any:
    """A bar on standard error that tells cells per second, if ``settings.verbosity`` is at least 1.

    The first ``first`` cells were done before.
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
