from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from scgsfm._logging import logger
from scgsfm._messages import listing, warn
from scgsfm.errors import GeneNameWarning
from scgsfm.genes import gene_labels

from ._check_indices import check_indices
from ._gene_names import gene_names, genes_of_features
from ._matrix import data_var, gene_mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from anndata import AnnData

BLOCK_BYTES: Final = 2**25
DUPLICATES: Final = (
    "of genes with the same name, the one with the highest total is used; of several names for one gene, those without "
    "counts are not used, then the approved symbol comes first"
)
"""The rule for genes that occur more than once, as it is recorded."""


class GeneSelection(NamedTuple):
    """The genes of a data set that a function works with."""

    names: np.ndarray
    """Their names; ``""`` for a gene without counts that has expression under another name."""
    positions: np.ndarray | None
    """Their positions among the features; ``None`` if all features are used."""
    all_genes: np.ndarray
    """Positions of all genes among the features: also of those outside the mask and those with a repeated name."""
    record: dict[str, Any]
    """What was left out, for ``uns``; empty if nothing was."""


def select_genes(
    adata: AnnData,
    matrix: Any,
    *,
    gene_symbols: str | None,
    use_raw: bool,
    mask_var: str | Sequence[bool] | np.ndarray | pd.Series | None = None,
) -> GeneSelection:
    """Select the genes of a data set, each gene once.

    Antibodies, peaks and other features that ``var["feature_types"]`` separates from genes are left out. Of genes with the
    same name, the one with the highest sum of absolute values is used, and a warning names them. Of different names for
    one gene, those without any value other than zero match nothing if another one is expressed.

    Parameters
    ----------
    adata
        Annotated data.
    matrix
        Its matrix, features in the order of ``var``. It is read in blocks, and only if names occur more than once.
    gene_symbols, use_raw
        See :func:`gene_names`.
    mask_var
        See :func:`gene_mask`.
    """
    var = data_var(adata, use_raw=use_raw)
    names = gene_names(adata, gene_symbols=gene_symbols, use_raw=use_raw)
    used, record = np.ones(len(names), bool), dict[str, Any]()
    is_gene = genes_of_features(var)
    all_genes = np.arange(len(names)) if is_gene is None else np.flatnonzero(is_gene)
    if is_gene is not None:
        used &= is_gene
        record["n_other_features"] = int((~is_gene).sum())
        logger.debug("%d of %d features are genes; the others are left out", int(is_gene.sum()), len(names))
    if mask_var is not None:
        used &= gene_mask(var, mask_var)
        if not used.any():
            msg = "`mask_var` selects no genes, only features of other types (`var['feature_types']`)."
            raise ValueError(msg)
    positions = np.flatnonzero(used)
    labels = gene_labels(names[positions])
    _, label, n_names = np.unique(labels, return_inverse=True, return_counts=True)
    repeated = positions[(n_names[label] > 1) & (names[positions] != "")]
    if len(repeated):
        names = names.copy()
        totals = dict(zip(repeated.tolist(), _totals(matrix, repeated).tolist(), strict=True))
        used[_repeated_names(names, totals, record)] = False
        kept = [position for position in repeated.tolist() if used[position]]
        _silence_empty(names, kept, totals, dict(zip(positions.tolist(), labels.tolist(), strict=True)), record)
    positions = np.flatnonzero(used)
    if len(positions) == len(names):
        return GeneSelection(names, None, all_genes, record)
    return GeneSelection(names[positions], positions, all_genes, record)


def _repeated_names(names: np.ndarray, totals: dict[int, float], record: dict[str, Any]) -> list[int]:
    """Positions of genes with the same name as one with a higher total, or with the same total before them."""
    by_name: dict[str, list[int]] = {}
    for position in totals:
        by_name.setdefault(names[position], []).append(position)
    copies = {name: at for name, at in by_name.items() if len(at) > 1}
    if not copies:
        return []
    shown = listing([f"{name!r} ({len(at)})" for name, at in copies.items()])
    warn(
        f"{len(copies)} gene names occur more than once: {shown}. Of each, the gene with the highest total is used and the "
        "others are left out. If all are needed, give them different names or add them up first.",
        GeneNameWarning,
    )
    record["repeated_names"] = np.array(list(copies), dtype=object)
    record["duplicates"] = DUPLICATES
    best = {max(at, key=lambda position: (totals[position], -position)) for at in copies.values()}
    return [position for at in copies.values() for position in at if position not in best]


def _silence_empty(
    names: np.ndarray, positions: list[int], totals: dict[int, float], labels: dict[int, int], record: dict[str, Any]
) -> None:
    """Clear the names of genes without counts that are expressed under another name."""
    by_gene: dict[int, list[int]] = {}
    for position in positions:
        by_gene.setdefault(labels[position], []).append(position)
    groups = [at for at in by_gene.values() if len(at) > 1]
    if not groups:
        return
    synonyms = [" = ".join(names[at]) for at in groups]
    record["synonyms"] = np.array(synonyms, dtype=object)
    record["duplicates"] = DUPLICATES
    empty = [i for at in groups if any(totals[i] > 0 for i in at) for i in at if totals[i] == 0]
    if empty:
        shown = listing(names[empty].tolist())
        logger.debug("%d genes without counts are expressed under another name, which is used: %s", len(empty), shown)
        names[empty] = ""


def _totals(matrix: Any, columns: np.ndarray) -> np.ndarray:
    """Sums of the absolute values of columns, read in blocks of rows."""
    totals = np.zeros(len(columns))
    if matrix is None:
        return totals
    for block in _blocks(matrix, columns):
        values = abs(block.astype(np.float64))  # the smallest integer has no absolute value
        sums = np.nansum(values, axis=0) if isinstance(values, np.ndarray) else values.sum(axis=0)
        totals += np.nan_to_num(np.asarray(sums)).ravel()
    return totals


def _blocks(matrix: Any, columns: np.ndarray) -> Iterator[Any]:
    """Blocks of rows of some columns in memory, of a matrix in memory, on disk or of dask."""
    is_on_disk = not isinstance(matrix, np.ndarray) and not isinstance(getattr(matrix, "data", None), np.ndarray)
    if not is_on_disk:
        check_indices(matrix)
    if not is_on_disk or getattr(matrix, "format", "") == "csc":
        yield _in_memory(matrix[:, columns])
    elif hasattr(matrix, "dask"):
        for i in range(matrix.numblocks[0]):
            yield _joined(matrix.blocks[i])[:, columns]
    else:
        step = max(1, BLOCK_BYTES // (8 * max(1, matrix.shape[1])))
        for start in range(0, matrix.shape[0], step):
            yield _in_memory(matrix[start : start + step])[:, columns]


def _joined(rows: Any) -> Any:
    """Rows of a dask array in memory. Older versions of dask don't join sparse chunks of different genes."""
    from dask.base import compute
    from scipy.sparse import hstack

    parts = [_in_memory(part) for part in compute(*(rows.blocks[0, j] for j in range(rows.numblocks[1])))]
    if len(parts) == 1:
        return parts[0]
    return hstack(parts, format="csr") if hasattr(parts[0], "tocsr") else np.concatenate(parts, axis=1)


def _in_memory(block: Any) -> Any:
    block = block.to_memory() if hasattr(block, "to_memory") else block
    check_indices(block)
    return block if hasattr(block, "tocsr") else np.asarray(block)
