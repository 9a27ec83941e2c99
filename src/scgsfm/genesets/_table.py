"""From what a reader found to clean flat arrays: the rules that hold for every source of gene sets."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from scgsfm._logging import logger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ._repairs import Repairs

_WEIGHT = re.compile(r"(.+),\s*([+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf|nan|na))?", re.IGNORECASE)
_MISSING = frozenset({"", "NA", "nan", "NaN", "#N/A"})
_DATE = re.compile(r"\d{1,2}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)", re.IGNORECASE)


@dataclass(slots=True)
class Draft:
    """Gene sets as a reader found them: one name and place a set, one owner, text and place an entry."""

    repairs: Repairs
    names: list[str]
    places: Sequence[object]
    owners: NDArray[np.int64]
    entries: NDArray[np.object_]
    entry_places: NDArray
    weights: NDArray[np.float64] | None = None
    """Without weights, entries such as ``GENE,1.5`` are taken apart."""

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Leave out the entries outside ``mask``."""
        if mask.all():
            return
        self.owners, self.entries, self.entry_places = self.owners[mask], self.entries[mask], self.entry_places[mask]
        if self.weights is not None:
            self.weights = self.weights[mask]


class Table(NamedTuple):
    """Gene sets as flat arrays: set ``i`` holds ``genes[codes[indptr[i]:indptr[i + 1]]]``."""

    names: list[str]
    genes: NDArray[np.object_]
    indptr: NDArray[np.int64]
    codes: NDArray[np.int32]
    weights: NDArray[np.float64] | None


def is_weighted_text(entry: str) -> bool:
    """Whether a reader would take ``entry`` for a gene with a weight."""
    return "," in entry and _WEIGHT.fullmatch(entry) is not None


def clean_name(text: str) -> str:
    """``text`` without surrounding blanks and double quotes."""
    text = text.strip()
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] == '"' else text


def assemble(draft: Draft) -> Table:
    """Clean flat arrays; every repair is noted, and what would make an answer wrong raises."""
    codes, genes = _clean_entries(draft)
    codes = _drop_unusable(draft, codes, genes)
    first = _first_of_repeats(draft, codes, genes)
    order = first[np.argsort(draft.owners[first], kind="stable")]
    sizes = np.bincount(draft.owners[order], minlength=len(draft.names))
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    weights = None if draft.weights is None else draft.weights[order]
    table = Table(draft.names, genes, indptr, codes[order].astype(np.int32), weights)
    kept, names = _name_sets(draft, table)
    if not kept:
        raise ValueError(f"{draft.repairs.source} holds no gene set with a name and a gene. {draft.repairs}")
    return take(table._replace(names=names), kept)


def take(table: Table, sets: Sequence[int]) -> Table:
    """The given sets, in that order, with the genes that occur in them; weights that are all 1 are dropped."""
    index = np.asarray(sets, dtype=np.int64)
    sizes = np.diff(table.indptr)[index]
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    entries = np.repeat(table.indptr[index] - indptr[:-1], sizes) + np.arange(indptr[-1])
    codes = table.codes[entries]
    used = np.zeros(len(table.genes), bool)
    used[codes] = True
    codes = (np.cumsum(used) - 1)[codes]
    weights = None if table.weights is None else table.weights[entries]
    if weights is not None and (weights == 1).all():
        weights = None
    return Table([table.names[i] for i in index], table.genes[used], indptr, codes.astype(np.int32), weights)


def _clean_entries(draft: Draft) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Clean the text of all entries (each distinct one once) and take ``GENE,1.5`` apart.

    Returns the gene of each entry, by number, and the genes.
    """
    codes, raw = pd.factorize(draft.entries)
    names = np.array([clean_name(text) for text in raw], dtype=object)
    draft.repairs.note("blanks or quotes around gene names removed", draft.entry_places[(names != raw)[codes]])
    if draft.weights is None and (found := [i for i, name in enumerate(names) if is_weighted_text(name)]):
        weights, given, bare = np.full(len(names), np.nan), np.zeros(len(names), bool), np.zeros(len(names), bool)
        for i in found:
            name, number = _WEIGHT.fullmatch(names[i]).groups()  # type: ignore[union-attr]
            names[i], given[i], bare[i] = name.strip(), number is not None, number is None
            weights[i] = float(number) if number and number.lower() != "na" else np.nan
        draft.repairs.note("commas without a weight removed", draft.entry_places[bare[codes]])
        if given.any():
            _use_weights(draft, weights[codes], given[codes])
    numbers, genes = pd.factorize(names)
    return numbers[codes], genes


def _use_weights(draft: Draft, weights: NDArray[np.float64], given: NDArray[np.bool_]) -> None:
    if (weights[given] == 1).all():
        draft.repairs.note("weights of 1 in the form GENE,1.0 removed", draft.entry_places[given])
        return
    logger.info("%s: weights were read from entries in the form GENE,1.5", draft.repairs.source)
    draft.repairs.note("genes without a weight among weighted ones got weight 1", draft.entry_places[~given])
    draft.weights = np.where(given, weights, 1.0)


def _drop_unusable(draft: Draft, codes: NDArray[np.int64], genes: NDArray[np.object_]) -> NDArray[np.int64]:
    """Leave out entries without a gene or a weight; returns the genes of the others."""
    missing = np.array([name in _MISSING for name in genes], dtype=bool)[codes]
    dated = np.array(["-" in name and _DATE.fullmatch(name) is not None for name in genes], dtype=bool)[codes]
    draft.repairs.note("empty or missing gene names (such as NA) left out", draft.entry_places[missing])
    draft.repairs.note("names that a spreadsheet turned into dates kept: correct them", draft.entry_places[dated])
    draft.keep(~missing)
    codes = codes[~missing]
    if draft.weights is not None:
        finite, zero = np.isfinite(draft.weights), draft.weights == 0
        draft.repairs.note("genes whose weight is missing or infinite left out", draft.entry_places[~finite])
        draft.repairs.note("genes with weight 0 left out", draft.entry_places[zero])
        draft.keep(finite & ~zero)
        codes = codes[finite & ~zero]
    return codes


def _first_of_repeats(draft: Draft, codes: NDArray, genes: NDArray) -> NDArray[np.int64]:
    """Positions of the first entry of each gene in each set; a repeat with another weight raises."""
    pairs = draft.owners * max(len(genes), 1) + codes
    if not pd.Series(pairs).duplicated().any():
        return np.arange(len(pairs))
    _, first, inverse = np.unique(pairs, return_index=True, return_inverse=True)
    original = first[inverse]
    if draft.weights is not None and (conflict := draft.weights != draft.weights[original]).any():
        at = int(np.flatnonzero(conflict)[0])
        raise ValueError(
            f"{draft.repairs.source}: gene {genes[codes[at]]!r} has the weights {draft.weights[original[at]]:g} and "
            f"{draft.weights[at]:g} in set {draft.names[draft.owners[at]]!r} ({draft.repairs.unit} "
            f"{draft.entry_places[at]}; {int(conflict.sum()):,} such genes). Keep one weight for each gene of a set."
        )
    repeat = np.ones(len(codes), dtype=bool)
    repeat[first] = False
    draft.repairs.note("repeated genes of a set kept once", draft.entry_places[repeat])
    return np.sort(first)


def _name_sets(draft: Draft, table: Table) -> tuple[list[int], list[str]]:
    """The sets to keep and the name of each set: without empty and repeated sets, namesakes numbered."""
    names = [clean_name(name) for name in draft.names]
    counts = Counter(names)
    kept: list[int] = []
    members: dict[str, list[frozenset]] = {name: [] for name, count in counts.items() if count > 1}
    notes: dict[str, list[object]] = {"nameless": [], "empty": [], "same": [], "numbered": []}
    for i, (name, size, place) in enumerate(zip(names, np.diff(table.indptr), draft.places, strict=True)):
        if not name or not size:
            notes["empty" if name else "nameless"].append(place)
            continue
        if name in members:
            if (own := _members(table, i)) in members[name]:
                notes["same"].append(place)
                continue
            members[name].append(own)
            if len(members[name]) > 1:
                names[i] = _free_name(name, len(members[name]), counts)
                notes["numbered"].append(f"{place}: {names[i]!r}")
        kept.append(i)
    draft.repairs.note("sets without a name left out", notes["nameless"])
    draft.repairs.note("sets without a gene left out", notes["empty"])
    draft.repairs.note("repeated sets with the same name and genes left out", notes["same"])
    draft.repairs.note("other sets with a name that was already taken numbered", notes["numbered"])
    return kept, names


def _free_name(name: str, number: int, taken: Counter[str]) -> str:
    while f"{name} ({number})" in taken:
        number += 1
    taken[f"{name} ({number})"] += 1
    return f"{name} ({number})"


def _members(table: Table, i: int) -> frozenset:
    entries = slice(table.indptr[i], table.indptr[i + 1])
    codes = table.codes[entries].tolist()
    return frozenset(codes if table.weights is None else zip(codes, table.weights[entries].tolist(), strict=True))
