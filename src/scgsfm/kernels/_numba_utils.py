from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def copy_into(target, source) -> None:
    """What ``target[:] = source`` does, which numba compiles for two seconds."""
    for i in range(len(source)):
        target[i] = source[i]
