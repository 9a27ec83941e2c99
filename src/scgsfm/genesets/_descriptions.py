"""GMT files without descriptions: their second column holds genes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scgsfm.genes import resolve

from ._entry_names import read_entry_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._report import RepairReport

_NO_DESCRIPTION = frozenset({"", "na", "n/a", "nan", "none", "null", "-", ".", "description"})


def move_genes_from_descriptions(rows: Sequence[tuple[int, list[str]]], report: RepairReport) -> None:
    """Insert an empty description into ``rows`` of a file whose second column holds genes in most lines."""
    seconds = {number: row[1].strip().strip('"') for number, row in rows if len(row) > 1}
    seconds = {number: text for number, text in seconds.items() if _is_word(text)}
    names = {number: row[0] for number, row in rows}
    genes = {gene for _, row in rows for gene in row[2:]} - {""}
    genes |= _known(list(seconds.values()), numeric=bool(genes) and all(gene.isdecimal() for gene in genes))
    found = {number for number, text in seconds.items() if text in genes and not _is_part(text, names[number])}
    if 2 * len(found) <= len(rows):
        report.note("the second column is the name of a gene, but was taken for a description", sorted(found))
        return
    # a file has descriptions or none, so that genes that no table knows are genes as well
    found |= {number for number, text in seconds.items() if re.fullmatch(r"[\w.@*-]+", text)}
    for number, row in rows:
        if number in found:
            row.insert(1, "")
    report.note(
        "the second column, which GMT reserves for a description, holds genes: they were added to the sets",
        sorted(found),
    )


def _is_word(text: str) -> bool:
    """Whether a description is one word, as a gene would be, and not a placeholder, an address or an id with a prefix."""
    return text.casefold() not in _NO_DESCRIPTION and len(text.split()) == 1 and ":" not in text


def _known(texts: Sequence[str], *, numeric: bool) -> set[str]:
    """Texts that are the name of a gene, with or without a sign or weight. Numbers count if genes are numbers."""
    names = {text: text.partition(",")[0].strip() for text in dict.fromkeys(texts) if text.isdecimal() == numeric}
    if not names:
        return set()
    repeated = 2 * len(names) <= len(texts)  # as the name of a collection; it may be an alias by chance
    weak = ("unknown", "alias", "previous", "ambiguous") if repeated else ("unknown",)
    signed = read_entry_names(names.values()).genes
    how = resolve(list(names.values())).how.tolist()
    return {text for (text, name), how in zip(names.items(), how, strict=True) if how not in weak or name in signed}


def _is_part(text: str, name: str) -> bool:
    """Whether a description repeats a word of the name of its set, such as its transcription factor."""
    return text.casefold() in re.split(r"[^\w-]+|_", name.casefold()) or text.casefold() == name.casefold()
