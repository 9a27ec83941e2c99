"""What a model says of the genes of sets while it isn't told that they belong to them."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from scgsfm._logging import logger
from scgsfm._vocabulary import N_SPECIALS
from scgsfm.settings import settings

if TYPE_CHECKING:
    from ._gene_set_model import GeneSetModel

from ._complete import SETS_AT_A_TIME, zscores

FOLDS = 5
MIN_GENES = 5
"""Fewest genes of a set for an AUROC."""
CACHED = 256
"""Fewest sets whose values are worth a file."""


class CrossValidated(NamedTuple):
    """Values of the genes of sets, each from a query of its set's genes without a fold of them that holds it."""

    fit: np.ndarray
    """Logit in standard deviations over the genes, of each entry of the membership; NaN for the only gene of a set."""
    probability: np.ndarray
    zscore: np.ndarray
    """The like of the logit less the gene's popularity."""
    auroc: np.ndarray
    """Of each set, float32: how its genes rank against those that only other sets have; NaN for small sets."""


def cross_validate(own: csr_array, model: GeneSetModel) -> CrossValidated:
    """The genes of sets as a model sees them from the outside, computed once for a library and a model.

    The genes of each set are cut into five folds, the same whatever the other sets are. A query holds four of them and
    gives values to the fifth.

    Parameters
    ----------
    own
        Genes of each set: ones, sets × vocabulary.
    model
        The model.
    """
    if own.shape[0] < CACHED:
        return _compute(own, model)
    digest = hashlib.sha256(f"{FOLDS} {MIN_GENES} {model.fingerprint}".encode())
    for array in (own.indptr, own.indices):
        digest.update(array.astype("<i8").tobytes())
    file = settings.cache_dir / "functions" / f"{digest.hexdigest()[:32]}.npz"
    found = _read(file)
    if found is None:
        logger.info("Asking %s for the genes of %s sets left out; kept in %s", model.name, f"{own.shape[0]:,}", file)
        found = _compute(own, model)
        _write(file, found)
    return found


def _read(file: Path) -> CrossValidated | None:
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return CrossValidated(*(arrays[name] for name in CrossValidated._fields))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError) as error:
        logger.warning("%s can't be read and is made anew (%s).", file, error)
        return None


def _write(file: Path, values: CrossValidated) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent) as folder:
            part = Path(folder) / file.name
            np.savez(part, **values._asdict())
            part.replace(file)
    except OSError as error:
        logger.warning("%s can't be written (%s), so it is computed again next time.", file, error)


def _compute(own: csr_array, model: GeneSetModel) -> CrossValidated:
    from scgsfm.kernels import auroc

    rows, sizes = np.repeat(np.arange(own.shape[0]), np.diff(own.indptr)), np.diff(own.indptr)
    folds = _folds(own, rows)
    fit, probability, zscore, share = (np.empty(own.nnz, np.float32) for _ in range(4))
    universe = np.setdiff1d(own.indices, np.arange(N_SPECIALS))
    n_sets = max(SETS_AT_A_TIME // FOLDS, 1)
    for start in range(0, own.shape[0], n_sets):
        sets = np.arange(start, min(start + n_sets, own.shape[0]))
        entries = np.arange(own.indptr[sets[0]], own.indptr[sets[-1] + 1])
        query = _queries(own.indices[entries], rows[entries] - start, folds[entries], (len(sets), own.shape[1]))
        place = (rows[entries] - start) * FOLDS + folds[entries]
        order = np.argsort(place, kind="stable")
        entries, place = entries[order], place[order]
        genes, ends = own.indices[entries], np.searchsorted(place, np.arange(query.shape[0] + 1))
        logits = model.logits(query)
        share[entries] = auroc(logits, ends, genes, np.repeat(sets, FOLDS), own.indptr, own.indices, universe)
        fit[entries] = zscores(logits)[place, genes]
        probability[entries] = model.probabilities(logits)[place, genes]
        zscore[entries] = zscores(logits - model.popularity)[place, genes]
    alone = sizes[rows] == 1
    fit[alone] = probability[alone] = zscore[alone] = np.nan
    auroc = np.bincount(rows, share, own.shape[0]) / np.maximum(sizes, 1)
    auroc[sizes < MIN_GENES] = np.nan
    return CrossValidated(fit, probability, zscore, auroc.astype(np.float32))


def _folds(own: csr_array, rows: np.ndarray) -> np.ndarray:
    """Fold of each entry: the genes of a set are dealt in turn, in the order of one permutation of all genes."""
    shuffled = np.random.default_rng(0).permutation(own.shape[1])
    order = np.lexsort((shuffled[own.indices], rows))
    place = np.empty(own.nnz, np.int64)
    place[order] = np.arange(own.nnz)
    return (place - own.indptr[rows]) % FOLDS


def _queries(genes: np.ndarray, rows: np.ndarray, folds: np.ndarray, shape: tuple[int, int]) -> csr_array:
    """The genes of each row without one fold, for each fold: ones, (rows · folds) × vocabulary."""
    told = folds[:, None] != np.arange(FOLDS)
    at = (rows[:, None] * FOLDS + np.arange(FOLDS))[told], np.repeat(genes, FOLDS - 1)
    return csr_array((np.ones(len(at[0]), np.float32), at), shape=(shape[0] * FOLDS, shape[1]))
