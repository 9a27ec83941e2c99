"""Unions of gene sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm._messages import listing

from ._normalize import GeneSetArrays, ParsedGeneSets, name_sets, take_sets
from ._report import RepairReport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def unite(parts: Sequence[tuple[GeneSetArrays, Mapping[str, str]]]) -> tuple[GeneSetArrays, dict[str, str]]:
    """All sets of ``parts`` in order, and their origins.

    Sets with the same name and genes are kept once. Of sets with the same name and other genes, the later ones are
    numbered, with a warning. Sets without weights get weights of 1 if others have weights.
    """
    arrays = [arrays for arrays, _ in parts]
    codes, genes = pd.factorize(np.concatenate([part.genes[part.codes] for part in arrays]))
    sizes = np.concatenate([np.diff(part.indptr) for part in arrays])
    names = [name for part in arrays for name in part.names]
    weights = None
    if any(part.weights is not None for part in arrays):
        weights = np.concatenate([np.ones(len(p.codes)) if p.weights is None else p.weights for p in arrays])
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    united = GeneSetArrays(names, genes, indptr, codes.astype(np.int32), weights)
    origins = [about.get("name") or about.get("source", "") for _, about in parts]
    report = RepairReport(listing(origins), "set", heading="Sets of {} were joined:")
    at = [origin for origin, part in zip(origins, arrays, strict=True) for _ in part.names]
    entries = np.repeat(np.arange(len(names)), sizes)
    kept, names = name_sets(ParsedGeneSets(report, names, at, entries, genes[codes], entries, weights), united)
    report.drop("repeated sets with the same name and genes left out")
    report.warn()
    keys = dict.fromkeys(key for _, about in parts for key in about)
    info = {key: "; ".join(dict.fromkeys(about[key] for _, about in parts if key in about)) for key in keys}
    return take_sets(united._replace(names=names), kept), info
