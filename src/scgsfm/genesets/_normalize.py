"""Rules that turn parsed gene sets of any source into clean flat arrays."""

from __future__ import annotations

import re
import string
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from scgsfm._logging import logger

from ._entry_names import is_date, read_entry_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ._report import RepairReport

_WEIGHT = re.compile(r"(.+),\s*([+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf|nan|na))?", re.IGNORECASE)
_BLANKS = string.whitespace + "\u00a0\u2009\u200b\u202f\u3000\ufeff"
_MISSING = frozenset({"", "NA", "nan", "NaN", "#N/A"})


@dataclass(slots=True)
class ParsedGeneSets:
    """Gene sets as parsed: a name and position for each set; a set, text and position for each entry."""

    report: RepairReport
    names: list[str]
    positions: Sequence[object]
    set_indices: NDArray[np.int64]
    entries: NDArray[np.object_]
    entry_positions: NDArray[Any]
    weights: NDArray[np.float64] | None = None
    """If None, entries such as ``GENE,1.5`` are split into gene and weight."""

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Keep the entries in ``mask``."""
        if not mask.all():
            self.take(np.flatnonzero(mask))

    def take(self, index: NDArray[np.int64]) -> None:
        """Replace the entries by those at ``index``, which may repeat."""
        self.set_indices, self.entries, self.entry_positions = (
            self.set_indices[index],
            self.entries[index],
            self.entry_positions[index],
        )
        if self.weights is not None:
            self.weights = self.weights[index]


class GeneSetArrays(NamedTuple):
    """Gene sets as flat arrays: set ``i`` holds ``genes[codes[indptr[i]:indptr[i + 1]]]``."""

    names: list[str]
    genes: NDArray[np.object_]
    indptr: NDArray[np.int64]
    codes: NDArray[np.int32]
    weights: NDArray[np.float64] | None


def is_weighted_text(entry: str) -> bool:
    """Whether ``entry`` is read as a gene with a weight."""
    return "," in entry and _WEIGHT.fullmatch(entry) is not None


def clean_name(text: str) -> str:
    """``text`` without surrounding blanks and double quotes."""
    text = text.strip(_BLANKS)
    return text[1:-1].strip(_BLANKS) if len(text) > 1 and text[0] == text[-1] == '"' else text


def normalize(parsed: ParsedGeneSets) -> GeneSetArrays:
    """Clean parsed gene sets. Repairs are recorded; errors that would change a result raise."""
    codes, genes = _clean_entries(parsed)
    codes = _drop_unusable(parsed, codes, genes)
    first = _first_of_repeats(parsed, codes, genes)
    order = first[np.argsort(parsed.set_indices[first], kind="stable")]
    sizes = np.bincount(parsed.set_indices[order], minlength=len(parsed.names))
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    weights = None if parsed.weights is None else parsed.weights[order]
    arrays = GeneSetArrays(parsed.names, genes, indptr, codes[order].astype(np.int32), weights)
    kept, names = name_sets(parsed, arrays)
    if not kept:
        msg = f"{parsed.report.source} contains no gene set with a name and a gene. {parsed.report}"
        raise parsed.report.first_error or ValueError(msg)
    return take_sets(arrays._replace(names=names), kept)


def take_sets(arrays: GeneSetArrays, sets: Sequence[int]) -> GeneSetArrays:
    """Select sets, in that order, and the genes that occur in them. Weights that are all 1 are dropped."""
    index = np.asarray(sets, dtype=np.int64)
    sizes = np.diff(arrays.indptr)[index]
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    entries = np.repeat(arrays.indptr[index] - indptr[:-1], sizes) + np.arange(indptr[-1])
    codes = arrays.codes[entries]
    used = np.zeros(len(arrays.genes), bool)
    used[codes] = True
    codes = (np.cumsum(used) - 1)[codes]
    weights = None if arrays.weights is None else arrays.weights[entries]
    if weights is not None and (weights == 1).all():
        weights = None
    return GeneSetArrays([arrays.names[i] for i in index], arrays.genes[used], indptr, codes.astype(np.int32), weights)


def _clean_entries(parsed: ParsedGeneSets) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Clean the text of all entries, each distinct one once, and split ``GENE,1.5`` into gene and weight.

    Returns the index of each entry's gene, and the genes.
    """
    codes, raw = pd.factorize(parsed.entries)
    names = np.array([clean_name(text) for text in raw], dtype=object)
    parsed.report.note("blanks or quotes around gene names removed", parsed.entry_positions[(names != raw)[codes]])
    if parsed.weights is None and (found := [i for i, name in enumerate(names) if is_weighted_text(name)]):
        weights, given, bare = np.full(len(names), np.nan), np.zeros(len(names), bool), np.zeros(len(names), bool)
        for i in found:
            name, number = _WEIGHT.fullmatch(names[i]).groups()  # type: ignore[union-attr]
            names[i], given[i], bare[i] = name.strip(), number is not None, number is None
            weights[i] = float(number) if number and number.lower().lstrip("+-") != "na" else np.nan
        parsed.report.note("commas without a weight removed", parsed.entry_positions[bare[codes]])
        if given.any():
            _use_weights(parsed, weights[codes], given[codes])
    return _split_entries(parsed, codes, names)


def _split_entries(
    parsed: ParsedGeneSets, codes: NDArray[np.int64], names: NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Replace entries that join several genes by these genes, and read signs."""
    read = read_entry_names(names)
    unclear = set(read.unclear)
    _note_names(parsed, codes, names, set(read.joined), "entries with several genes, such as {!r}, split")
    _note_names(
        parsed, codes, names, unclear, "names that may have a sign or join genes, such as {!r}, kept as they are"
    )
    if not read.genes:
        numbers, genes = pd.factorize(names)
        return numbers[codes], genes
    parts = [read.genes.get(name, [(name, 0)]) for name in names]
    sizes = np.array([len(genes) for genes in parts])
    starts = np.cumsum(sizes) - sizes
    entries = np.repeat(np.arange(len(codes)), sizes[codes])
    within = np.arange(len(entries)) - np.repeat(np.cumsum(sizes[codes]) - sizes[codes], sizes[codes])
    parsed.take(entries)
    of_part = (starts[codes])[entries] + within
    numbers, genes = pd.factorize(np.array([name for genes in parts for name, _ in genes], dtype=object))
    codes = numbers[of_part]
    signs = np.array([sign for genes in parts for _, sign in genes])[of_part]
    if not signs.any():
        return codes, genes
    logger.debug("%s: signs were read from names such as %r", parsed.report.source, read.signed[0])
    kept = _use_signs(parsed, signs)
    return codes[kept], genes


def _use_signs(parsed: ParsedGeneSets, signs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Give entries with a minus negative weights; returns the entries that are kept."""
    weights = np.ones(len(signs)) if parsed.weights is None else parsed.weights
    contradictory = (signs > 0) & (weights < 0)
    if contradictory.any():
        at = parsed.entry_positions[contradictory]
        msg = (
            f"{parsed.report.source}: a gene with a plus has a negative weight ({parsed.report.unit} {at[0]}). "
            "Remove the plus or the minus."
        )
        parsed.report.leave_out("genes with a plus and a negative weight", at, ValueError(msg))
    parsed.weights = np.where(signs < 0, -np.abs(weights), weights)
    parsed.keep(~contradictory)
    return ~contradictory


def _note_names(
    parsed: ParsedGeneSets, codes: NDArray[np.int64], names: NDArray[np.object_], chosen: set[str], what: str
) -> None:
    """Note what was done with the ``chosen`` names; ``what`` holds ``{}`` for an example."""
    if chosen:
        mask = np.array([name in chosen for name in names], dtype=bool)
        example = names[np.flatnonzero(mask)[0]]
        parsed.report.note(what.format(example), parsed.entry_positions[mask[codes]])


def _use_weights(parsed: ParsedGeneSets, weights: NDArray[np.float64], given: NDArray[np.bool_]) -> None:
    if (weights[given] == 1).all():
        parsed.report.note("weights of 1 in the form GENE,1.0 removed", parsed.entry_positions[given])
        return
    logger.debug("%s: weights were read from entries in the form GENE,1.5", parsed.report.source)
    parsed.report.note("genes without a weight among weighted ones got weight 1", parsed.entry_positions[~given])
    parsed.weights = np.where(given, weights, 1.0)


def _drop_unusable(parsed: ParsedGeneSets, codes: NDArray[np.int64], genes: NDArray[np.object_]) -> NDArray[np.int64]:
    """Drop entries without a gene or a weight; returns the gene indices of the others."""
    missing = np.array([name in _MISSING for name in genes], dtype=bool)[codes]
    parsed.report.note("empty or missing gene names (such as NA) left out", parsed.entry_positions[missing])
    _note_dates(parsed, codes, genes)
    parsed.keep(~missing)
    codes = codes[~missing]
    if parsed.weights is not None:
        finite, zero = np.isfinite(parsed.weights), parsed.weights == 0
        parsed.report.note("genes whose weight is missing or infinite left out", parsed.entry_positions[~finite])
        parsed.report.note("genes with weight 0 left out", parsed.entry_positions[zero])
        parsed.keep(finite & ~zero)
        codes = codes[finite & ~zero]
    return codes


def _note_dates(parsed: ParsedGeneSets, codes: NDArray[np.int64], genes: NDArray[np.object_]) -> None:
    """Note names that are dates, and which of them mean a gene."""
    from scgsfm.genes import resolve

    dates = [name for name in genes if is_date(name)]
    if not dates:
        return
    symbols = dict(zip(dates, resolve(dates).symbols.tolist(), strict=True))
    what = "names that a spreadsheet turned into dates, such as {!r}, "
    read = {name for name, symbol in symbols.items() if symbol}
    example = next((symbols[name] for name in genes if name in read), "")
    _note_names(parsed, codes, genes, read, f"{what}read as genes such as {example}: correct them")
    _note_names(parsed, codes, genes, set(dates) - read, f"{what}not read as genes: correct them")


def _first_of_repeats(
    parsed: ParsedGeneSets, codes: NDArray[np.int64], genes: NDArray[np.object_]
) -> NDArray[np.int64]:
    """Positions of the first entry of each gene in each set. Genes with different weights in a set are left out."""
    pairs = parsed.set_indices * max(len(genes), 1) + codes
    if not pd.Series(pairs).duplicated().any():
        return np.arange(len(pairs))
    _, first, inverse = np.unique(pairs, return_index=True, return_inverse=True)
    original = first[inverse]
    bad = np.zeros(len(first), dtype=bool)
    if parsed.weights is not None and (conflict := parsed.weights != parsed.weights[original]).any():
        at = int(np.flatnonzero(conflict)[0])
        msg = (
            f"{parsed.report.source}: gene {genes[codes[at]]!r} has the weights {parsed.weights[original[at]]:g} and "
            f"{parsed.weights[at]:g} in set {parsed.names[parsed.set_indices[at]]!r} ({parsed.report.unit} "
            f"{parsed.entry_positions[at]}; {int(conflict.sum()):,} such genes). Keep one weight for each gene of a set."
        )
        what = f"genes with different weights in one set, such as {genes[codes[at]]!r},"
        parsed.report.leave_out(what, parsed.entry_positions[conflict], ValueError(msg))
        bad[inverse[conflict]] = True
    repeat = ~bad[inverse]
    repeat[first] = False
    parsed.report.note("repeated genes of a set kept once", parsed.entry_positions[repeat])
    return np.sort(first[~bad])


def name_sets(parsed: ParsedGeneSets, arrays: GeneSetArrays) -> tuple[list[int], list[str]]:
    """The sets to keep and the name of each set. Empty and repeated sets are dropped, shared names numbered."""
    names = [clean_name(name) for name in parsed.names]
    counts = Counter(names)
    kept: list[int] = []
    members: dict[str, list[frozenset[Any]]] = {name: [] for name, count in counts.items() if count > 1}
    notes: dict[str, list[object]] = {"nameless": [], "empty": [], "same": [], "numbered": []}
    for i, (name, size, position) in enumerate(zip(names, np.diff(arrays.indptr), parsed.positions, strict=True)):
        if not name or not size:
            notes["empty" if name else "nameless"].append(position)
            continue
        if name in members:
            if (set_genes := _members(arrays, i)) in members[name]:
                notes["same"].append(position)
                continue
            members[name].append(set_genes)
            if len(members[name]) > 1:
                names[i] = _free_name(name, len(members[name]), counts)
                notes["numbered"].append(f"{position}: {names[i]!r}")
        kept.append(i)
    parsed.report.note("sets without a name left out", notes["nameless"])
    parsed.report.note("sets without a gene left out", notes["empty"])
    parsed.report.note("repeated sets with the same name and genes left out", notes["same"])
    parsed.report.note("other sets with a name that was already taken numbered", notes["numbered"])
    return kept, names


def _free_name(name: str, number: int, taken: Counter[str]) -> str:
    while f"{name} ({number})" in taken:
        number += 1
    taken[f"{name} ({number})"] += 1
    return f"{name} ({number})"


def _members(arrays: GeneSetArrays, i: int) -> frozenset[Any]:
    entries = slice(arrays.indptr[i], arrays.indptr[i + 1])
    codes = arrays.codes[entries].tolist()
    return frozenset(codes if arrays.weights is None else zip(codes, arrays.weights[entries].tolist(), strict=True))
