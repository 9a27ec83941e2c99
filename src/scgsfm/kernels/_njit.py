"""``njit`` for kernels, with a cache on disk that never stops them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numba
import numpy as np
from numba.core.caching import FunctionCache

from scgsfm._logging import logger

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


def njit(*, cache: bool = True, **options: Any) -> Callable[[F], F]:
    """``numba.njit``, but a kernel that can't be cached on disk is compiled in each process.

    numba raises an error in the decorator if it finds no directory that it can write, and in the first call if it can't
    write there any longer or can't read what is there. The directory of the cache is the one that numba chooses.

    Parameters
    ----------
    cache
        Whether to cache the compiled kernel.
    options
        Other options of :func:`numba.njit`.
    """

    def decorate(function: F) -> F:
        kernel: Any = numba.njit(**options)(function)
        if kernel is function:  # NUMBA_DISABLE_JIT
            return np.errstate(all="ignore")(function)  # integers wrap without a warning, as in compiled code
        if cache:
            try:
                kernel._cache = KernelCache(function)
            except (RuntimeError, OSError):  # no directory of numba's list can be written
                KernelCache.available = False
        return kernel

    return decorate


class KernelCache(FunctionCache):
    """numba's cache of a function, which does without the disk if it can't be read or written."""

    available = True
    """Whether numba has a directory for all kernels."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled kernel on disk; none if there is none, or if it can't be read."""
        try:
            return super().load_overload(sig, target_context)
        except OSError as error:
            self._give_up(error)
        except Exception:  # noqa: BLE001 - unpickling a file of another version raises any kind
            self._empty()
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Write a compiled kernel to disk if possible."""
        try:
            super().save_overload(sig, data)
        except OSError as error:
            self._give_up(error)

    def _empty(self) -> None:
        """Drop what can't be read, so that it is written anew."""
        try:
            self.flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.disable()
        if KernelCache.available:
            KernelCache.available = False
            logger.info(
                "Compiled kernels can't be cached in %s (%s) and are compiled again in each process. Set "
                "NUMBA_CACHE_DIR to a directory that you can write.",
                self.cache_path,
                error.strerror or error,
            )
