"""What a typed or pasted text means: a gene, a term, a list of genes, or words to search for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from scgsfm._messages import did_you_mean, listing, number
from scgsfm.genes import resolve

from ._state import MAX_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scgsfm.genesets import GeneSets

MAX_MATCHES = 60
"""Terms that a search lists."""
_SEPARATORS = re.compile(r"[\s,;|\u00a0\u200b\ufeff]+")
_SEVERAL = re.compile(r"[\r\n\t,;|]")
_VALUE = re.compile(r"[-+]?(\d*\.\d+([eE][-+]?\d+)?|\d+[eE][-+]?\d+|nan|inf)", re.IGNORECASE)
"""Numbers in further columns of a pasted table. Integers may be Entrez IDs."""
_QUOTES = "\"'`“”‘’()[]{}"


@dataclass(frozen=True)
class Query:
    """A text, and what it means."""

    kind: Literal["empty", "gene", "term", "genes", "search"]
    name: str = ""
    """The gene, the term, or the first genes of the list."""
    genes: tuple[str, ...] = ()
    """Approved symbols, or the genes of the term."""
    library: str = ""
    """The library of the term."""
    report: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["given", "symbol", "status"]))
    """For a list: the names as given, their symbols, and how they were resolved."""
    matches: tuple[tuple[str, str, int], ...] = ()
    """Library, name and size of the terms that a search found."""
    hint: str = ""
    """A sentence on what was not found."""

    @property
    def not_found(self) -> list[str]:
        """Names of a list that are not genes."""
        names: list[str] = self.report.loc[self.report["symbol"] == "", "given"].tolist()
        return names


def split_names(text: str) -> list[str]:
    """The names in a text, separated by anything but letters of names: lines of any system, commas, tabs, blanks.

    Quotes and numbers with a decimal point are dropped. Each name is listed once.
    """
    names = (name.strip(_QUOTES) for name in _SEPARATORS.split(text))
    return list(dict.fromkeys(name for name in names if name and not _VALUE.fullmatch(name)))


def read_query(text: str, libraries: Mapping[str, GeneSets], *, known: frozenset[str] = frozenset()) -> Query:
    """Find out what a text means.

    Parameters
    ----------
    text
        What was typed or pasted.
    libraries
        Libraries with terms.
    known
        Names of genes of the data, which are genes even if no table has them.

    Raises
    ------
    ValueError
        If the text is too long, or a list has no gene.
    """
    text = text.strip().strip("\ufeff")
    if not text:
        return Query("empty")
    if len(text) > MAX_CHARACTERS:
        msg = f"The list has {len(text):,} characters, but at most {MAX_CHARACTERS:,} fit into a link. Use a shorter list."
        raise ValueError(msg)
    if (term := _term(text, libraries)) is not None:
        return term
    names = split_names(text)
    report = _report(names, known)
    found = [symbol for symbol in dict.fromkeys(report["symbol"]) if symbol]
    several = bool(_SEVERAL.search(text))
    if not several and len(found) < len(names):  # words, or genes with a typing error
        search = _search(text, libraries, report)
        if search.matches or 2 * len(found) < len(names) or not found:
            return search
    if not found:
        msg = f"None of {number(len(names), 'name')} is known as a gene: {listing(names)}. Check the spelling and the species."
        raise ValueError(msg)
    if len(names) == 1:
        return Query("gene", found[0], (found[0],), report=report)
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return Query("genes", ", ".join(found[:3]) + more, tuple(found), report=report)


def _report(names: list[str], known: frozenset[str]) -> pd.DataFrame:
    if not names:
        return Query("empty").report
    found = resolve(names)
    symbols, status = found.symbols.astype(object), found.how.astype(object)
    if (lost := np.flatnonzero(~found.matched)).size:  # names in small letters look like those of zebrafish
        again = resolve([names[i] for i in lost], organism="human")
        symbols[lost[again.matched]], status[lost[again.matched]] = (
            again.symbols[again.matched],
            again.how[again.matched],
        )
    own = np.array([not symbol and name in known for name, symbol in zip(names, symbols, strict=True)])
    symbols[own] = np.array(names, dtype=object)[own]
    status[own] = "name in the data"
    return pd.DataFrame({"given": names, "symbol": symbols, "status": status})


def _term(text: str, libraries: Mapping[str, GeneSets]) -> Query | None:
    """The term with this name, in the first library that has it; letter case does not matter."""
    for library, sets in libraries.items():
        if text in sets:
            return Query("term", text, tuple(sets[text]), library)
    plain = text.casefold()
    for library, sets in libraries.items():
        for name in sets:
            if name.casefold() == plain:
                return Query("term", name, tuple(sets[name]), library)
    return None


def _search(text: str, libraries: Mapping[str, GeneSets], report: pd.DataFrame) -> Query:
    """Terms that contain all words of a text, the shortest names first."""
    words = [word for word in re.split(r"[\W_]+", text.casefold()) if word]
    found = [
        (library, name, len(sets[name]))
        for library, sets in libraries.items()
        for name in sets
        if words and all(word in name.casefold() for word in words)
    ]
    found.sort(key=lambda match: (len(match[1]), match[1]))
    hint = ""
    if not found:
        similar = did_you_mean(text, [name for sets in libraries.values() for name in sets])
        if len(words) == 1 and not similar:
            similar = did_you_mean(text, {gene for sets in libraries.values() for gene in map(str, sets.genes)})
        hint = f"{text!r} is neither a gene nor a part of the name of a term in {listing(list(libraries))}.{similar}"
        if list(report["status"]) == ["ambiguous"]:
            hint = f"{text!r} is a name of several genes. Use an approved symbol or an ID."
    return Query("search", text, report=report, matches=tuple(found[:MAX_MATCHES]), hint=hint)
