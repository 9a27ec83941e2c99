"""Blocks of dask arrays. dask is imported only if there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import hstack, issparse

from scgsfm._adata import check_indices

from ._csr_block import prepare, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


class Piece(NamedTuple):
    """The value of a function for one block of a chunk."""

    n_cells: int
    value: Any


def map_chunks(
    matrix: Any,
    function: Callable[[Any], Any],
    *,
    genes: np.ndarray | None,
    counted: np.ndarray | None = None,
    block_size: int,
    name: str,
) -> Any:
    """Apply a function to all blocks, as a one-dimensional dask array whose chunks are lists of :class:`Piece`.

    The function is one node of the graph. It is sent to each worker once and, unlike a scattered object, again if a
    worker is lost.
    """
    import dask.array as da
    from dask.delayed import delayed

    return da.blockwise(
        _pieces,
        "i",
        matrix,
        "ij",
        function=delayed(function, traverse=False),
        genes=genes,
        counted=counted,
        block_size=block_size,
        concatenate=False,
        align_arrays=False,
        token=f"scgsfm-{name}",
        dtype=object,
        meta=np.empty(0, object),
    )


def in_order(chunks: Any) -> Iterator[tuple[int, Any]]:
    """Compute with the active scheduler. Yields the number of the first cell of each block, and the function's value."""
    from dask.base import compute

    start = 0
    computed = list(reversed(compute(*chunks.to_delayed())))
    while computed:
        for piece in computed.pop():  # results are freed as they are consumed
            yield start, piece.value
            start += piece.n_cells


def array_of(chunks: Any, take: Callable[[Any], np.ndarray], *, n_columns: int, rows: tuple[int, ...]) -> Any:
    """Return a part of the function's values (cells × ``n_columns``) as a dask array."""
    return chunks.map_blocks(_join, take=take, dtype=np.float64, new_axis=1, chunks=(rows, (n_columns,)))


def check_chunks(matrix: Any) -> None:
    """Raise ValueError for dask arrays of unknown shape."""
    if np.isnan(matrix.shape).any():
        msg = f"The dask array has the unknown shape {matrix.shape}: call its `compute_chunk_sizes()` first."
        raise ValueError(msg)


def _pieces(
    parts: list[Any],
    *,
    function: Callable[[Any], Any],
    genes: np.ndarray | None,
    counted: np.ndarray | None,
    block_size: int,
) -> list[Piece]:
    """Join the chunks of some cells, one for each range of genes, and apply the function to blocks; runs on a worker."""
    for part in parts:
        check_indices(part)
    if issparse(parts[0]):
        chunk = hstack(parts, format="csr") if len(parts) > 1 else parts[0].tocsr()
    else:
        chunk = np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]
    blocks = [rows_of(chunk, i, min(i + block_size, chunk.shape[0])) for i in range(0, chunk.shape[0], block_size)]
    return [Piece(block.shape[0], function(prepare(block, genes, counted))) for block in blocks]


def _join(pieces: list[Piece], take: Callable[[Any], np.ndarray]) -> np.ndarray:
    """Concatenate a part of each piece."""
    return np.concatenate([take(piece.value) for piece in pieces])
