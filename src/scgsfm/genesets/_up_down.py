"""Joining sets of genes that go up and down into signed sets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ._normalize import GeneSetArrays, take_sets
from ._report import RepairReport

if TYPE_CHECKING:
    from collections.abc import Sequence

_SUFFIX = re.compile(r"(?P<stem>.+)[_\-. :](?P<direction>up|dn|down)", re.IGNORECASE)


def join_pairs(arrays: GeneSetArrays) -> GeneSetArrays:
    """Join each pair of sets such as ``NAME_UP`` and ``NAME_DN`` into the signed set ``NAME``.

    The genes of ``NAME_DN`` (or ``NAME_DOWN``) get negative weights. Genes of both sets are left out with a warning.
    Other sets are kept.
    """
    report = RepairReport("`join_up_down=True`", "set", heading="{} joined sets:")
    pairs = _pairs(arrays.names, report)
    if not pairs and not report:
        msg = (
            f"`join_up_down=True` found no pair of sets whose names end in _UP and _DN (or _DOWN) among the {len(arrays.names):,} "
            f"sets, such as {arrays.names[0]!r}."
        )
        raise ValueError(msg)
    if arrays.weights is not None and (arrays.weights < 0).any():
        msg = "`join_up_down=True` needs sets without negative weights."
        raise ValueError(msg)
    weights = np.ones(len(arrays.codes)) if arrays.weights is None else arrays.weights
    down_of = {up: down for up, down, _ in pairs}
    joined_down = set(down_of.values())
    stems = {up: stem for up, _, stem in pairs}
    names, codes, values = [], [], []
    for i, name in enumerate(arrays.names):
        if i in joined_down:
            continue
        own = _entries(arrays, i)
        set_codes, set_weights = arrays.codes[own], weights[own]
        if i in down_of:
            down = _entries(arrays, down_of[i])
            set_codes = np.concatenate([set_codes, arrays.codes[down]])
            set_weights = np.concatenate([set_weights, -weights[down]])
            both = np.isin(set_codes, np.intersect1d(arrays.codes[own], arrays.codes[down]))
            if both.any():
                report.note("genes that go up and down left out", [repr(stems[i])])
            set_codes, set_weights = set_codes[~both], set_weights[~both]
        names.append(stems.get(i, name))
        codes.append(set_codes)
        values.append(set_weights)
    indptr = np.concatenate([[0], np.cumsum([len(part) for part in codes])])
    joined = GeneSetArrays(names, arrays.genes, indptr, np.concatenate(codes), np.concatenate(values))
    kept = np.flatnonzero(np.diff(indptr)).tolist()
    report.note(
        "sets without a gene left out", [repr(names[i]) for i in range(len(names)) if indptr[i] == indptr[i + 1]]
    )
    report.warn()
    return take_sets(joined, kept)


def _pairs(names: Sequence[str], report: RepairReport) -> list[tuple[int, int, str]]:
    """Positions of the sets of each pair, and the name of the joined set, unless another set has it."""
    found: dict[str, dict[str, int]] = {}
    for i, name in enumerate(names):
        if match := _SUFFIX.fullmatch(name):
            direction = "up" if match["direction"].lower() == "up" else "down"
            found.setdefault(match["stem"], {}).setdefault(direction, i)
    pairs = [(pair["up"], pair["down"], stem) for stem, pair in found.items() if len(pair) == 2]
    taken = set(names)
    report.note(
        "pairs kept apart since another set has their name", [repr(stem) for *_, stem in pairs if stem in taken]
    )
    return [pair for pair in pairs if pair[2] not in taken]


def _entries(arrays: GeneSetArrays, i: int) -> slice:
    return slice(int(arrays.indptr[i]), int(arrays.indptr[i + 1]))
