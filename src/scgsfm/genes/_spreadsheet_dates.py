"""Gene symbols that spreadsheets turned into dates, such as ``1-Sep`` for SEPT1."""

from __future__ import annotations

import re
from typing import Final

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<month>jan|feb|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug|sept?(?:ember)?|oct|nov|dec)"
_TIME = r"(?:[ T]00:00(?::00)?)?"
_FORMS: Final = (
    # 1-Sep, 01.Sep, 1-Sept-2016, and R's X1.Sep
    re.compile(rf"x?(?P<day>\d{{1,2}})[-. _/]{_MONTH}(?:[-. _/](?:\d\d|\d{{4}}))?", re.IGNORECASE),
    # Sep-1, Sept-01, Mar.3
    re.compile(rf"{_MONTH}[-. _/](?P<day>\d{{1,2}})", re.IGNORECASE),
    # 2001-09-01, 2006/09/02, with or without midnight
    re.compile(rf"(?P<year>(?:19|20)\d\d)(?P<mark>[-/])(?P<number>\d\d)(?P=mark)(?P<day>\d\d){_TIME}"),
)
STEMS: Final = {
    # the family that was renamed because of the dates, then other genes
    "mar": (("MARCH", "MARC"), ("MAR",)),
    "sep": (("SEPT",), ("SEP",)),
}
"""Symbols' stems by month: the second ones count where there is no gene with the first ones."""


def date_symbols(name: str) -> list[list[str]]:
    """The symbols that a date may have been, in groups of decreasing priority; ``[]`` for a name that is not a date.

    A date with a year is that of a day of this month, or on the first day, the month of a year: ``2009-09-01`` is
    SEPT1 or SEPT9.
    """
    if not (name[:1].isdigit() or name[:1] in ("X", "x") or name[:3].lower() in _MONTHS):
        return []
    found = next((match for form in _FORMS if (match := form.fullmatch(name))), None)
    if found is None:
        return []
    parts = found.groupdict()
    month = _MONTHS[int(parts["number"]) % 12 - 1] if parts.get("number") else parts["month"][:3].lower()
    days = {int(parts["day"])}
    if parts.get("year") and days == {1}:
        days.add(int(parts["year"][2:]))
    days = {day for day in days if 1 <= day <= 31}
    return [
        [f"{stem}{day}" for stem in stems for day in sorted(days)]
        for stems in STEMS.get(month, ((month.upper(),),))
        if days
    ]
