"""Helpers for working with numba: a copy that compiles quickly, and a notice to users while kernels compile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numba.core import event

from scgsfm._logging import logger

from ._njit import KernelCache, njit

if TYPE_CHECKING:
    from typing import Any

    import numpy as np


@njit(cache=True, nogil=True)
def copy_into(target: np.ndarray, source: np.ndarray) -> None:
    """Do what ``target[:] = source`` does, which numba needs two seconds to compile."""
    for i in range(len(source)):
        target[i] = source[i]


class CompileNotice(event.Listener):
    """Logs once per process that kernels of this package are being compiled. Kernels found on disk log nothing."""

    def __init__(self) -> None:
        self.given = False

    def on_start(self, event: Any) -> None:
        """Log the notice before the first kernel is compiled."""
        function = getattr(event.data["dispatcher"], "py_func", None)
        if not self.given and getattr(function, "__module__", "").startswith("scgsfm."):
            self.given = True
            if KernelCache.available:
                logger.info("Compiling kernels. This takes some seconds once; they are cached on disk.")
            else:
                logger.info(
                    "Compiling kernels. This takes some seconds in each process, because numba has no directory for its "
                    "cache. Set NUMBA_CACHE_DIR to a directory that you can write."
                )

    def on_end(self, event: Any) -> None:
        """Do nothing: the listener must define it."""
