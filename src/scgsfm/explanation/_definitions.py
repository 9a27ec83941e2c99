"""Definitions of terms of the Gene Ontology (CC BY 4.0)."""

from __future__ import annotations

import lzma
import re
from functools import cache
from importlib.resources import files

SOURCE, VERSION, LICENSE = "Gene Ontology, definitions", "2022-07", "CC BY 4.0"
_ID = re.compile(r"GO:\d{7}")


@cache
def definitions() -> dict[str, str]:
    """Definition of each term of the embedded libraries by its id."""
    packed = (files("scgsfm") / "data" / "explanation" / "go_definitions.tsv.xz").read_bytes()
    lines = lzma.decompress(packed).decode().splitlines()
    return dict(line.split("\t", 1) for line in lines if not line.startswith("#"))


def definition(term: str) -> str:
    """The definition of a term whose name contains its id; ``""`` if there is none."""
    found = _ID.search(term)
    return definitions().get(found[0], "") if found else ""
