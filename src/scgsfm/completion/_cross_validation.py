"""Cross-validation of a gene-set model: predictions for the genes of sets that were held out of the query."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from scgsfm._logging import logger
from scgsfm._progress import progress_over
from scgsfm._vocabulary import N_SPECIALS
from scgsfm.settings import settings

from ._complete import SETS_AT_A_TIME, zscores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ._gene_set_model import GeneSetModel

FOLDS = 5
MIN_GENES = 5
"""Minimum size of a set with an AUROC."""
CHECKSUM = "checksum"
"""Name of the array in a cache file that holds the checksum of the others."""
MIN_SETS_CACHED = 256
"""Minimum number of sets for which results are cached in a file."""


class CrossValidated(NamedTuple):
    """Cross-validated predictions for the genes of sets: one value per entry of the membership matrix."""

    fit: np.ndarray
    """Logit, standardized over the genes; NaN for sets of one gene."""
    probability: np.ndarray
    zscore: np.ndarray
    """Popularity-corrected logit, standardized over the genes."""
    auroc: np.ndarray
    """AUROC of each set (float32): its genes against the genes of other sets; NaN for small sets."""

    @classmethod
    def unknown(cls, set_genes: csr_array) -> CrossValidated:
        """NaN for everything."""
        of_entries = np.full(set_genes.nnz, np.nan, np.float32)
        return cls(of_entries, of_entries, of_entries, np.full(set_genes.shape[0], np.nan, np.float32))


def cross_validate(set_genes: csr_array, model: GeneSetModel) -> CrossValidated:
    """Predict the genes of each set by five-fold cross-validation. Results for a large library are cached in a file.

    The genes of each set are split into five folds, independently of the other sets. The model is queried with four
    folds and evaluated on the genes of the fifth.

    Parameters
    ----------
    set_genes
        Genes of each set: ones, sets × vocabulary.
    model
        The model.
    """
    if set_genes.shape[0] < MIN_SETS_CACHED:
        return _compute(set_genes, model)
    names = CrossValidated._fields
    return CrossValidated(**cached(set_genes, model, names, lambda: _compute(set_genes, model)._asdict()))


def cached(
    set_genes: csr_array,
    model: GeneSetModel,
    names: Sequence[str],
    compute: Callable[[], dict[str, np.ndarray]],
    *,
    suffix: str = "",
) -> dict[str, np.ndarray]:
    """The arrays ``names`` from the cache file of a library and a model, computed and written if it does not exist."""
    file = _file(set_genes, model, suffix)
    result = _read(file, names)
    if result is None:
        what = names[0] if suffix else "cross-validation"
        logger.debug("Computing %s of %s sets by %s; cached in %s", what, f"{set_genes.shape[0]:,}", model.name, file)
        result = compute()
        _write(file, result)
    return result


def is_cached(set_genes: csr_array, model: GeneSetModel) -> bool:
    """Whether cross-validation takes no time: the sets are few, or it is in the cache."""
    return set_genes.shape[0] < MIN_SETS_CACHED or _file(set_genes, model).exists()


def _file(set_genes: csr_array, model: GeneSetModel, suffix: str = "") -> Path:
    digest = hashlib.sha256(f"{FOLDS} {MIN_GENES} {model.fingerprint}".encode())
    for array in (set_genes.indptr, set_genes.indices):
        digest.update(array.astype("<i8").tobytes())
    return settings.cache_dir / "functions" / f"{digest.hexdigest()[:32]}{suffix}.npz"


def _read(file: Path, names: Sequence[str]) -> dict[str, np.ndarray] | None:
    try:
        with np.load(file, allow_pickle=False) as arrays:
            values = {name: arrays[name] for name in names}
            stored = arrays[CHECKSUM].tobytes()
        if stored != _checksum(values):
            msg = "its checksum differs"
            raise ValueError(msg)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        logger.warning("%s can't be read and is computed again (%s).", file, error)
        return None
    return values


def _checksum(values: dict[str, np.ndarray]) -> bytes:
    """SHA-256 of the names, types, shapes and content of arrays."""
    digest = hashlib.sha256()
    for name, array in sorted(values.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.digest()


def _write(file: Path, values: dict[str, np.ndarray]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent) as directory:
            part = Path(directory) / file.name
            np.savez(part, **values, **{CHECKSUM: np.frombuffer(_checksum(values), np.uint8)})  # type: ignore[arg-type]
            part.replace(file)
    except OSError as error:
        logger.warning("%s can't be written (%s) and will be computed again next time.", file, error)


def _compute(set_genes: csr_array, model: GeneSetModel) -> CrossValidated:
    from scgsfm.kernels import auroc

    rows, sizes = np.repeat(np.arange(set_genes.shape[0]), np.diff(set_genes.indptr)), np.diff(set_genes.indptr)
    folds = _folds(set_genes, rows)
    fit, probability, zscore, entry_auroc = (np.empty(set_genes.nnz, np.float32) for _ in range(4))
    universe = np.setdiff1d(set_genes.indices, np.arange(N_SPECIALS))
    n_sets = max(SETS_AT_A_TIME // FOLDS, 1)
    blocks = range(0, set_genes.shape[0], n_sets)
    for start in progress_over(blocks, total=len(blocks), unit="blocks", description="Cross-validating"):
        sets = np.arange(start, min(start + n_sets, set_genes.shape[0]))
        entries = np.arange(set_genes.indptr[sets[0]], set_genes.indptr[sets[-1] + 1])
        query = _queries(
            set_genes.indices[entries], rows[entries] - start, folds[entries], (len(sets), set_genes.shape[1])
        )
        queries = (rows[entries] - start) * FOLDS + folds[entries]
        order = np.argsort(queries, kind="stable")
        entries, queries = entries[order], queries[order]
        genes, ends = set_genes.indices[entries], np.searchsorted(queries, np.arange(query.shape[0] + 1))
        logits = model.logits(query)
        entry_auroc[entries] = auroc(
            logits, ends, genes, np.repeat(sets, FOLDS), set_genes.indptr, set_genes.indices, universe
        )
        fit[entries] = zscores(logits)[queries, genes]
        probability[entries] = model.probabilities(logits, np.repeat(sizes[sets], FOLDS))[queries, genes]
        zscore[entries] = zscores(logits - model.popularity)[queries, genes]
    single = sizes[rows] == 1
    fit[single] = probability[single] = zscore[single] = np.nan
    set_auroc = np.bincount(rows, entry_auroc, set_genes.shape[0]) / np.maximum(sizes, 1)
    set_auroc[sizes < MIN_GENES] = np.nan
    return CrossValidated(fit, probability, zscore, set_auroc.astype(np.float32))


def _folds(set_genes: csr_array, rows: np.ndarray) -> np.ndarray:
    """Fold of each entry. The genes of a set are assigned in turn, in the order of one permutation of all genes."""
    shuffled = np.random.default_rng(0).permutation(set_genes.shape[1])
    order = np.lexsort((shuffled[set_genes.indices], rows))
    positions = np.empty(set_genes.nnz, np.int64)
    positions[order] = np.arange(set_genes.nnz)
    return np.asarray((positions - set_genes.indptr[rows]) % FOLDS)


def _queries(genes: np.ndarray, rows: np.ndarray, folds: np.ndarray, shape: tuple[int, int]) -> csr_array:
    """The genes of each row without one fold, for each fold: ones, (rows · folds) × vocabulary."""
    visible = folds[:, None] != np.arange(FOLDS)
    coordinates = (rows[:, None] * FOLDS + np.arange(FOLDS))[visible], np.repeat(genes, FOLDS - 1)
    return csr_array((np.ones(len(coordinates[0]), np.float32), coordinates), shape=(shape[0] * FOLDS, shape[1]))
