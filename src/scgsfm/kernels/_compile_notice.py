"""Tells users why the first call takes seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numba.core import event

from scgsfm._logging import logger

if TYPE_CHECKING:
    from typing import Any


class CompileNotice(event.Listener):
    """Says once in a process that kernels of this package are being compiled; those found on disk need no word."""

    def __init__(self) -> None:
        self.given = False

    def on_start(self, event: Any) -> None:
        """Before a function is compiled."""
        function = getattr(event.data["dispatcher"], "py_func", None)
        if not self.given and getattr(function, "__module__", "").startswith("scgsfm."):
            self.given = True
            logger.info("Compiling kernels. This takes some seconds once; they are kept on disk.")

    def on_end(self, event: Any) -> None:
        """After it."""
