"""Validation on held-out sets: how well a model ranks the hidden half of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

from scgsfm._vocabulary import N_SPECIALS

if TYPE_CHECKING:
    from scgsfm.models.gsfm._gsfm import GSFM

    from ._corpus import Corpus

SIZES = 10, 500
"""The smallest and largest number of genes of a held-out set."""


class HeldOut(NamedTuple):
    """The two halves of each held-out set, as patterns of sets × vocabulary."""

    seen: sparse.csr_array
    hidden: sparse.csr_array


def hold_out(corpus: Corpus, n_sets: int, *, seed: int) -> tuple[np.ndarray, HeldOut]:
    """Draw ``n_sets`` sets of suitable size, at most a tenth, and halve them; returns the training sets and the halves."""
    rng = np.random.default_rng([seed, 1])
    sizes = np.diff(corpus.indptr)
    suitable = np.flatnonzero((sizes >= SIZES[0]) & (sizes <= SIZES[1]))
    if len(suitable) < 10:
        msg = (
            f"data: {len(suitable)} sets have {SIZES[0]} to {SIZES[1]} genes of the vocabulary, but at least 10 are needed "
            "to hold out a tenth for validation. Give more sets, or a lower min_count."
        )
        raise ValueError(msg)
    drawn = rng.choice(suitable, min(n_sets, len(suitable) // 10), replace=False)
    halves: tuple[list[np.ndarray], list[np.ndarray]] = [], []
    for i in drawn:
        genes = rng.permutation(corpus.indices[corpus.indptr[i] : corpus.indptr[i + 1]].astype(np.int64))
        halves[0].append(genes[: len(genes) // 2])
        halves[1].append(genes[len(genes) // 2 :])
    return np.setdiff1d(np.arange(len(corpus)), drawn), HeldOut(*(_pattern(half, len(corpus.genes)) for half in halves))


def _pattern(rows: list[np.ndarray], n_genes: int) -> sparse.csr_array:
    indptr = np.cumsum([0, *map(len, rows)])
    indices = np.concatenate(rows)
    pattern = sparse.csr_array((np.ones(len(indices), np.float32), indices, indptr), shape=(len(rows), n_genes))
    pattern.sort_indices()
    return pattern


def median_auroc(model: GSFM, held_out: HeldOut, *, block: int = 256) -> float:
    """Median over the sets of the AUROC of their hidden genes against all genes outside the set."""
    from scgsfm.kernels import auroc

    found = []
    genes = np.arange(N_SPECIALS, held_out.seen.shape[1])
    for start in range(0, held_out.seen.shape[0], block):
        seen, hidden = held_out.seen[start : start + block], held_out.hidden[start : start + block]
        sets, rows = seen + hidden, np.arange(seen.shape[0])
        share = auroc(model.logits(seen), hidden.indptr, hidden.indices, rows, sets.indptr, sets.indices, genes)
        found.append(np.add.reduceat(share, hidden.indptr[:-1]) / np.diff(hidden.indptr))
    return float(np.median(np.concatenate(found)))
