"""What was repaired or left out while gene sets were read, told in one message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scgsfm._logging import logger
from scgsfm._messages import warn
from scgsfm.errors import GeneSetWarning

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN = 5


class Repairs:
    """Repairs of one source, each with the places (``unit``: line, row or set) where it was made."""

    def __init__(self, source: str, unit: str) -> None:
        self.source = source
        self.unit = unit
        self._done: dict[str, str] = {}

    def note(self, what: str, places: Iterable[object], *, unit: str | None = None) -> None:
        """Remember that ``what`` was done at ``places``; without places nothing happened."""
        found = list(dict.fromkeys(str(place) for place in places))
        if found:
            more = f" and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else ""
            plural = "s" if len(found) > 1 else ""
            self._done[what] = f" ({unit or self.unit}{plural} {', '.join(found[:_SHOWN])}{more})"

    def note_file(self, what: str) -> None:
        """Remember ``what`` was done to the source as a whole."""
        self._done[what] = ""

    def __bool__(self) -> bool:
        return bool(self._done)

    def __str__(self) -> str:
        return f"{self.source} was read with repairs:" + "".join(f"\n- {what}{at}" for what, at in self._done.items())

    def tell(self) -> None:
        """Warn the caller of :class:`GeneSets` once."""
        if self:
            warn(str(self), GeneSetWarning)

    def log(self) -> None:
        """Say it in the log only, for sources that the user cannot mend."""
        if self:
            logger.debug("%s", self)
