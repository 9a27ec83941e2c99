from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from ._toolkit import distinct, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLLECTION = re.compile(
    r"^(HALLMARK|REACTOME|KEGG_MEDICUS|KEGG_LEGACY|KEGG|GOBP|GOCC|GOMF|WP|PID|BIOCARTA|HP|MODULE|GCM|GNF2)_(?=.)"
)
"""Names of collections of MSigDB, with which the names of their sets begin."""
CAPITAL = 0.1
"""Width of a capital letter of medium size in inches, roughly."""


def set_labels(names: Sequence[str], width: int, n_lines: int) -> tuple[str, list[str]]:
    """The collection that all names begin with (``"HALLMARK"``, or ``""``), and the rest of each name in lines.

    The collection is left out of one name as of many. Names that do not fit into ``n_lines`` of ``width`` characters are
    shortened in the middle; if two would look the same then, they are kept whole.
    """
    found = [_COLLECTION.match(name) for name in names]
    collections = {match[1] if match else "" for match in found}
    collection = collections.pop() if len(collections) == 1 else ""
    rests = [name.removeprefix(f"{collection}_") if collection else name for name in names]
    lines, whole = ([wrap(rest, width, n) for rest in rests] for n in (n_lines, 99))
    return collection, distinct(names, lines, whole)


def title_size(titles: Sequence[str], width: int = 24) -> str:
    """Size of the text of titles above panels that hold ``width`` characters of medium size."""
    longest = max((len(line) for title in titles for line in str(title).split("\n")), default=0)
    return "medium" if longest <= width else "small"


def title_length(figsize: tuple[float, float] | None, n_columns: int, longest: int, margin: float = 0.0) -> int:
    """Number of characters in a line of a title: ``longest``, or what fits a panel of a figure of given size.

    ``margin`` is the width to the left of the title, in inches.
    """
    return longest if figsize is None else max(min(int((figsize[0] / n_columns - margin) / CAPITAL), longest), 10)


def wrap(name: str, width: int, n_lines: int) -> str:
    """``name`` in up to ``n_lines`` of about ``width`` characters, broken at blanks and behind ``_``, ``-`` and ``/``."""
    for wider in (width, width + width // 7, width + width // 4):  # rather than cutting the name
        lines = _lines(name, wider)
        if len(lines) <= n_lines:
            return "\n".join(lines)
    length = width * n_lines
    while True:
        lines = _lines(shorten(name, length), width)
        if len(lines) <= n_lines or length <= width:
            return "\n".join(lines[:n_lines])
        length -= 2


def _lines(name: str, width: int) -> list[str]:
    breakable = re.sub(r"(?<=[_/\-])(?=[^_/\-\s])", "\0", name)  # a place to break that takes no space
    lines, line = [], ""
    for piece in re.split(r"(?<= )|\0", breakable):
        if line and len((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
        while len(line.rstrip()) > width:
            head = textwrap.wrap(line, width)[0]
            lines.append(head)
            line = line[len(head) :].lstrip()
    return [*lines, line.rstrip()] if line.strip() else lines or [name]
