"""scanpy, imported when it is needed."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from typing import Any


def import_scanpy() -> Any:
    """Import scanpy, also where numba finds no directory for the compiled functions of scanpy.

    numba raises a RuntimeError then. It gets a temporary directory, as ``NUMBA_CACHE_DIR`` would set it.
    """
    try:
        import scanpy
    except RuntimeError as error:
        if "no locator available" not in str(error):
            raise
        from numba import config

        config.CACHE_DIR = directory = tempfile.mkdtemp(prefix="numba-")  # type: ignore[attr-defined]
        atexit.register(shutil.rmtree, directory, ignore_errors=True)
        import scanpy
    return scanpy
