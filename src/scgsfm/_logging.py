"""Logger of the package: one line for each call, details on request, where scanpy writes its log."""

from __future__ import annotations

import builtins
import logging
import sys
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from typing import TextIO

LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
"""Levels of the logger for the verbosities 0, 1 and 2."""
DEFAULT = 1
"""The verbosity if neither this package nor scanpy was given another one."""
_OF_SCANPY = {0: 0, 1: DEFAULT, 2: 1, 3: 2, 4: 2}
"""Verbosities of scanpy, and ours. 1 is the default of scanpy, so that it does not say what the user wants."""


class PackageLogger(logging.Logger):
    """A logger whose level follows ``scanpy.settings.verbosity`` until the package gets a verbosity of its own."""

    own: int | None = None
    """The verbosity of the package, if it was set."""
    followed: int = DEFAULT
    """The verbosity that the level was last set to."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802
        """Return whether messages of a level are logged."""
        self.follow()
        return super().isEnabledFor(level)

    def follow(self) -> int:
        """Set the level if the verbosity has changed since the last call; returns the verbosity."""
        verbosity = of_scanpy() if self.own is None else self.own
        if verbosity != self.followed:  # otherwise the level is left alone: users may have set it by `logging`
            self.followed = verbosity
            self.setLevel(LEVELS[verbosity])
        return verbosity


class LogHandler(logging.StreamHandler[Any]):
    """Writes to the log file of scanpy, to standard output in notebooks, or else to standard error."""

    @property
    def stream(self) -> TextIO:
        """The stream of the moment: standard output and error can be replaced, and scanpy can be imported later."""
        return log_stream()

    @stream.setter
    def stream(self, value: object) -> None:
        """Ignore the stream that the base class sets."""


def of_scanpy() -> int:
    """The verbosity that scanpy, if it has been imported, was set to."""
    try:
        return _OF_SCANPY.get(int(sys.modules["scanpy"].settings.verbosity), DEFAULT)
    except (KeyError, AttributeError, TypeError, ValueError):  # not imported, or not completely
        return DEFAULT


def log_stream() -> TextIO:
    """Where messages and progress are written."""
    standard: TextIO = sys.stdout if is_notebook() else sys.stderr
    try:
        stream: TextIO = sys.modules["scanpy"].settings.logfile
        is_file = stream not in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__) and not stream.closed
    except (KeyError, AttributeError):
        return standard
    # the standard streams of an earlier cell or test, named "<stdout>" or "<_io.FileIO …>", may be gone, so that those of
    # the moment are used
    return stream if is_file and not str(getattr(stream, "name", "")).startswith("<") else standard


def is_notebook() -> bool:
    """Whether the code runs in IPython, where standard error is shown on red."""
    return bool(getattr(builtins, "__IPYTHON__", False))


def _package_logger() -> PackageLogger:
    found = logging.getLogger("scgsfm")
    found.__class__ = PackageLogger  # not `setLoggerClass`, since the logger may exist already
    return cast("PackageLogger", found)


logger = _package_logger()


def set_verbosity(level: int | None) -> None:
    """Show warnings (0), one line for each call (1), or details (2); None follows scanpy."""
    if not logger.handlers:
        handler = LogHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
        logger.propagate = False
    logger.own = level
    logger.setLevel(LEVELS[logger.follow()])


def verbosity() -> int:
    """The verbosity of the package, or that of scanpy."""
    return logger.follow()
