"""Labels of terms: without their common prefix and identifiers, in lines."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from ._toolkit import distinct, labels, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

IDENTIFIER = re.compile(r" \((GO:\d+|HP:\d+|MONDO:\d+|OMIM:\d+|ORPHA:\d+|R-HSA-\d+)\)$")
"""Identifier at the end of a name."""
LINE_LENGTH = 38
"""Maximum number of characters in a line."""
MAX_NAME = 10_000
MAX_LINES = 3
"""Maximum number of lines of a label."""


def without_id(name: str) -> str:
    """The name of a term without the identifier at its end."""
    return IDENTIFIER.sub("", name)


def term_labels(
    names: Sequence[str], width: int = LINE_LENGTH, max_lines: int = MAX_LINES, prefix: str | None = None
) -> tuple[str, list[str]]:
    """The common prefix of names, and a label for each. Identifiers remain where the names are equal without them.

    Labels that would be the same when they are shortened are kept whole.
    """
    plain = [without_id(name) for name in names]
    seen = Counter(plain)
    plain = [short if seen[short] == 1 else name for short, name in zip(plain, names, strict=True)]
    prefix = labels(plain, MAX_NAME)[0] if prefix is None else prefix
    rests = [name.removeprefix(prefix) for name in plain]
    lines, whole = ([in_lines(rest, width, n) for rest in rests] for n in (max_lines, 99))
    return prefix, distinct(plain, lines, whole)


def line_length(figsize: tuple[float, float] | None, ax: Axes | None) -> int:
    """Maximum number of characters in a line of a label, fewer in narrow figures and axes of given size."""
    if figsize is None and ax is None:
        return LINE_LENGTH
    width = figsize[0] if figsize else ax.get_window_extent().width / ax.figure.figure.dpi  # type: ignore[union-attr]
    return int(min(max(6 * width, 18), LINE_LENGTH))


def in_lines(name: str, width: int = LINE_LENGTH, max_lines: int = MAX_LINES) -> str:
    """Break a name into lines after blanks, underscores, slashes and hyphens; what does not fit is left out inside."""
    lines: list[str] = []
    for part in re.findall(r"[^ _/-]*[ _/-]?", name):
        if lines and len((lines[-1] + part).rstrip()) <= width:
            lines[-1] += part
        elif part:
            lines.append(part)
    if len(lines) > max_lines:
        lines[max_lines - 1 :] = ["".join(lines[max_lines - 1 :])]
    return "\n".join(shorten(line.rstrip(), width + 2) for line in lines)
