"""Whether peaks and genomes are human."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BUILDS = {
    "mouse": r"mm(?:9|10|39)|grcm3[89]|mus_musculus",
    "rat": r"rn[4-7]|mratbn\w*|rattus\w*",
    "zebrafish": r"danrer\d+|grcz1\d|danio\w*",
    "fruit fly": r"dm[36]|bdgp6\w*|drosophila\w*",
    "macaque": r"rhemac\d+|mmul\w*|macaca\w*",
    "chicken": r"galgal\d+|grcg\w*|gallus\w*",
    "pig": r"susscr\d+|sscrofa\w*|sus_scrofa",
    "nematode": r"ce1[01]|wbcel\w*|caenorhabditis\w*",
}
_LENGTHS = {195471971: "mouse", 195154279: "mouse", 197195432: "mouse", 282763074: "rat", 260522016: "rat"}
"""Lengths of chromosome 1."""


def species_of(names: Iterable[str], lengths: Mapping[str, int] | None = None) -> str | None:
    """The species other than human that names of builds or files, or the length of chromosome 1, indicate."""
    for name in names:
        for species, pattern in _BUILDS.items():
            if re.search(rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])", str(name).lower()):
                return species
    for contig in ("chr1", "1"):
        if lengths and lengths.get(contig) in _LENGTHS:
            return _LENGTHS[lengths[contig]]
    return None
