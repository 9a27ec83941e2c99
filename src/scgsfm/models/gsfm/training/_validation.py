"""Sets kept out of training, and how well a model finds the half of each that it is not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

from scgsfm._vocabulary import SPECIALS

if TYPE_CHECKING:
    from scgsfm.models.gsfm._gsfm import GSFM

    from ._corpus import Corpus

SIZES = 10, 500
"""Fewest and most genes of a set that is held out."""


class HeldOut(NamedTuple):
    """The two halves of each set: patterns, sets × vocabulary."""

    seen: sparse.csr_array
    hidden: sparse.csr_array


def hold_out(corpus: Corpus, n_sets: int, *, seed: int) -> tuple[np.ndarray, HeldOut]:
    """Draw ``n_sets``, at most a tenth of those of fitting size, and halve them; the other sets are to train on."""
    rng = np.random.default_rng([seed, 1])
    sizes = np.diff(corpus.indptr)
    fitting = np.flatnonzero((sizes >= SIZES[0]) & (sizes <= SIZES[1]))
    if len(fitting) < 10:
        msg = (
            f"data: {len(fitting)} sets have {SIZES[0]} to {SIZES[1]} genes of the vocabulary; at least 10 are needed, "
            "a tenth of which is held out for validation. Give more sets, or lower min_count."
        )
        raise ValueError(msg)
    kept = rng.choice(fitting, min(n_sets, len(fitting) // 10), replace=False)
    halves: tuple[list[np.ndarray], list[np.ndarray]] = [], []
    for i in kept:
        genes = rng.permutation(corpus.indices[corpus.indptr[i] : corpus.indptr[i + 1]].astype(np.int64))
        halves[0].append(genes[: len(genes) // 2])
        halves[1].append(genes[len(genes) // 2 :])
    return np.setdiff1d(np.arange(len(corpus)), kept), HeldOut(*(_pattern(half, len(corpus.genes)) for half in halves))


def _pattern(rows: list[np.ndarray], n_genes: int) -> sparse.csr_array:
    indptr = np.cumsum([0, *map(len, rows)])
    indices = np.concatenate(rows)
    pattern = sparse.csr_array((np.ones(len(indices), np.float32), indices, indptr), shape=(len(rows), n_genes))
    pattern.sort_indices()
    return pattern


def median_auroc(model: GSFM, held_out: HeldOut, *, block: int = 256) -> float:
    """Median over the sets of how their hidden genes rank among all genes that were not shown."""
    found = []
    for start in range(0, held_out.seen.shape[0], block):
        seen, hidden = held_out.seen[start : start + block], held_out.hidden[start : start + block]
        for row, scores in enumerate(model.logits(seen)):
            found.append(auroc(scores, _row(seen, row), _row(hidden, row)))
    return float(np.median(found))


def _row(pattern: sparse.csr_array, row: int) -> np.ndarray:
    return pattern.indices[pattern.indptr[row] : pattern.indptr[row + 1]]


def auroc(scores: np.ndarray, seen: np.ndarray, hidden: np.ndarray) -> float:
    """Chance that a hidden gene outranks a gene that is neither seen nor hidden; ties count half."""
    other = np.ones(len(scores), bool)
    other[seen] = other[hidden] = other[: len(SPECIALS)] = False
    rest = np.sort(scores[other])
    below = np.searchsorted(rest, scores[hidden], "left") + np.searchsorted(rest, scores[hidden], "right")
    return float(below.mean() / (2 * len(rest)))
