"""Number of threads."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLES = {
    "numpy": ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
    "numba": ("NUMBA_NUM_THREADS",),
}
"""Variables that a library reads once, when it is imported."""


@contextmanager
def limited_threads(n: int | None) -> Iterator[None]:
    """Use at most ``n`` threads, also in libraries that are imported later; None for all cores."""
    if n is None:
        yield
        return
    for library, names in VARIABLES.items():
        if library not in sys.modules:
            os.environ |= dict.fromkeys(names, str(n))
    with ExitStack() as stack:
        if "numpy" in sys.modules:
            from threadpoolctl import threadpool_limits

            stack.enter_context(threadpool_limits(n))
        for library, most in (("numba", "NUMBA_NUM_THREADS"), ("torch", None)):
            if library in sys.modules:
                module = sys.modules[library]
                stack.callback(module.set_num_threads, module.get_num_threads())
                module.set_num_threads(min(n, getattr(module.config, most)) if most else n)
        yield
