"""Repairs made while reading gene sets, reported in one message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from scgsfm._logging import logger
from scgsfm._messages import warn
from scgsfm.errors import GeneSetWarning

if TYPE_CHECKING:
    from collections.abc import Iterable

OnError: TypeAlias = Literal["warn", "raise"]
"""Whether bad items are left out with a warning or raise."""
_SHOWN = 5


class RepairReport:
    """Repairs of one source, each with its positions (``unit``: line, row or set)."""

    def __init__(
        self, source: str, unit: str, on_error: OnError = "warn", *, heading: str = "{} was read with repairs:"
    ) -> None:
        self.source = source
        self.heading = heading
        self.unit = unit
        self.on_error = on_error
        self.first_error: Exception | None = None
        self._repairs: dict[str, list[str]] = {}
        self._units: dict[str, str] = {}

    def note(self, what: str, positions: Iterable[object], *, unit: str | None = None) -> None:
        """Record the repair ``what`` at ``positions``; without positions, nothing."""
        shown = list(map(str, positions))
        if shown:
            self._repairs.setdefault(what, []).extend(shown)
            self._units[what] = unit or self.unit

    def leave_out(self, what: str, positions: Iterable[object], error: Exception) -> None:
        """Record bad items that are left out because of ``error``, or raise it with ``on_error="raise"``."""
        if self.on_error == "raise":
            raise error
        self.first_error = self.first_error or error
        self.note(f"{what} left out", positions)

    def note_file(self, what: str) -> None:
        """Record the repair ``what`` of the source as a whole."""
        self._repairs[what] = []

    def drop(self, what: str) -> None:
        """Forget the repair ``what``."""
        self._repairs.pop(what, None)

    def __bool__(self) -> bool:
        return bool(self._repairs)

    def __str__(self) -> str:
        repairs = (f"\n- {what}{self._at(what)}" for what in self._repairs)
        return self.heading.format(self.source) + "".join(repairs)

    def _at(self, what: str) -> str:
        positions = list(dict.fromkeys(self._repairs[what]))
        if not positions:
            return ""
        more = f" and {len(positions) - _SHOWN:,} more" if len(positions) > _SHOWN else ""
        plural = "s" if len(positions) > 1 else ""
        return f" ({self._units[what]}{plural} {', '.join(positions[:_SHOWN])}{more})"

    def warn(self) -> None:
        """Report the repairs in one warning."""
        if self:
            warn(str(self), GeneSetWarning)

    def log(self) -> None:
        """Report the repairs in the log only, for sources that the user cannot correct."""
        if self:
            logger.debug("%s", self)
