"""Write a page for each section of ``api.md``, so that the sidebar lists the functions by section.

``conf.py`` calls it at each build. ``api.md`` is the overview; the pages of functions belong to those of the sections.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MODULE = "```{eval-rst}\n.. currentmodule:: scgsfm\n```"
OPTION = "   :nosignatures:\n"


def name_of(title: str) -> str:
    """The name of the file of a section."""
    return re.sub(r"\W+", "_", title.lower())


def pages(overview: str) -> dict[str, str]:
    """The text of the page of each section that lists functions, by the name of its file."""
    found = {}
    for part in re.split(r"^## ", overview, flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        body, _, _ = body.partition("```{toctree}")
        if OPTION in body:
            body = body.replace(OPTION, f"   :toctree: ../generated\n{OPTION}")
            found[name_of(title)] = f"# {title}\n\n{MODULE}\n\n{body.strip()}\n"
    return found


def write_pages(docs: Path) -> None:
    """Write the pages to ``api/``."""
    folder = docs / "api"
    folder.mkdir(exist_ok=True)
    made = pages((docs / "api.md").read_text(encoding="utf-8"))
    for old in folder.glob("*.md"):
        if old.stem not in made:
            old.unlink()
    for name, text in made.items():
        path = folder / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:  # else Sphinx reads it anew
            path.write_text(text, encoding="utf-8")
