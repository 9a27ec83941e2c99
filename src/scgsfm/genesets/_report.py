"""Repairs made while reading gene sets, reported in one message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scgsfm._logging import logger
from scgsfm._messages import warn
from scgsfm.errors import GeneSetWarning

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN = 5


class RepairReport:
    """Repairs of one source, each with its positions (``unit``: line, row or set)."""

    def __init__(self, source: str, unit: str) -> None:
        self.source = source
        self.unit = unit
        self._repairs: dict[str, str] = {}

    def note(self, what: str, positions: Iterable[object], *, unit: str | None = None) -> None:
        """Record the repair ``what`` at ``positions``; without positions, nothing."""
        shown = list(dict.fromkeys(map(str, positions)))
        if shown:
            more = f" and {len(shown) - _SHOWN:,} more" if len(shown) > _SHOWN else ""
            plural = "s" if len(shown) > 1 else ""
            self._repairs[what] = f" ({unit or self.unit}{plural} {', '.join(shown[:_SHOWN])}{more})"

    def note_file(self, what: str) -> None:
        """Record the repair ``what`` of the source as a whole."""
        self._repairs[what] = ""

    def __bool__(self) -> bool:
        return bool(self._repairs)

    def __str__(self) -> str:
        return f"{self.source} was read with repairs:" + "".join(
            f"\n- {what}{at}" for what, at in self._repairs.items()
        )

    def warn(self) -> None:
        """Report the repairs in one warning."""
        if self:
            warn(str(self), GeneSetWarning)

    def log(self) -> None:
        """Report the repairs in the log only, for sources that the user cannot correct."""
        if self:
            logger.debug("%s", self)
