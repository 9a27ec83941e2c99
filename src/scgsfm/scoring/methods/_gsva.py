from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.sparse import csc_array, csr_array, vstack

from ._method import Method

if TYPE_CHECKING:
    from scgsfm.kernels import KernelCDF
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader, CellBlock

    from ._method import Scorer

GENES_AT_A_TIME = 256


def gsva(
    rows: BlockReader,
    sets: SetIndex,
    /,
    *,
    kcdf: Literal["gaussian", "poisson", "none"] = "gaussian",
    mx_diff: bool = True,
    abs_rnk: bool = False,
    tau: float = 1.0,
    n_reference: int = 2000,
) -> Scorer:
    """Largest deviation of a random walk down the genes of a cell, ordered by where it stands among the cells.

    Each gene is first put on a common scale: the share of cells below this one, by a kernel estimate. A gene of ``n``
    at rank ``r`` weighs ``|n/2 - r + 1| ** tau``, most at both ends. With ``mx_diff`` the score is the sum of the
    highest and the lowest deviation (their difference with ``abs_rnk``), else the one farther from 0.
    """
    kernel_cdf = _estimate(rows, kcdf, n_reference)
    interpolate = kcdf != "none" and rows.n_cells > n_reference
    n = rows.n_genes
    weights = np.abs(np.arange(n, 0, -1) - n / 2) ** tau

    def at(genes: np.ndarray, values: np.ndarray) -> np.ndarray:
        from scgsfm.kernels import evaluate_cdf

        return evaluate_cdf(kernel_cdf, genes, values, interpolate=interpolate)

    zeros = at(np.arange(n), np.zeros(n))

    def score(cells: CellBlock) -> np.ndarray:
        from scgsfm.kernels import gsva_walk

        values = at(cells.indices, cells.values)
        high, low = gsva_walk(cells.indptr, cells.indices, values, zeros, weights, sets.membership, sets.by_gene)
        if mx_diff:
            return high - low if abs_rnk else high + low
        return np.where(high > -low, high, low)

    return score


def _estimate(rows: BlockReader, kcdf: str, n_reference: int) -> KernelCDF:
    """The distribution of each gene over the cells; of many cells, some values of each gene and its moments serve."""
    from numba import config

    from scgsfm.kernels import KernelCDF, approximate_cdf, kernel_cdf

    if kcdf not in {"gaussian", "poisson", "none"}:
        msg = f"`kcdf` is {kcdf!r}, but must be 'gaussian', 'poisson' or 'none'."
        raise ValueError(msg)
    if min(n_reference, rows.n_cells) < 2:
        msg = f"`gsva` compares cells, so it needs two at least, but has {rows.n_cells} (`n_reference`: {n_reference})."
        raise ValueError(msg)
    values, moments = _survey(rows, n_reference, counts=kcdf == "poisson")

    def part(first: int) -> KernelCDF:
        genes = slice(first, first + GENES_AT_A_TIME)
        some = values[:, genes]
        if rows.n_cells <= n_reference:
            return kernel_cdf(some.indptr, some.indices, some.data, some.shape[0], kernel=kcdf)
        return approximate_cdf(some.indptr, some.data, *(moment[genes] for moment in moments), kernel=kcdf)

    with ThreadPoolExecutor(config.NUMBA_NUM_THREADS) as pool:  # type: ignore[attr-defined]
        parts = list(pool.map(part, range(0, rows.n_genes, GENES_AT_A_TIME)))
    starts = np.cumsum(np.concatenate([[0], *(np.diff(p.starts) for p in parts)]))
    return KernelCDF(starts, np.concatenate([p.nodes for p in parts]), np.concatenate([p.heights for p in parts]))


def _survey(rows: BlockReader, n_reference: int, *, counts: bool) -> tuple[csc_array, tuple[np.ndarray, ...]]:
    """Cells spread evenly, by genes; and of each gene, the share of zeros, the mean of the others, the deviation."""
    chosen = np.unique(np.linspace(0, rows.n_cells - 1, min(n_reference, rows.n_cells)).round().astype(int))
    n, total, squares = (np.zeros(rows.n_genes) for _ in range(3))
    blocks = []
    for start, block in rows:
        values = block.data.astype(np.float64, copy=False)
        if counts and ((values < 0) | (values % 1 != 0)).any():
            msg = "`kcdf='poisson'` is for counts, but the matrix holds negative values or fractions. Use 'gaussian'."
            raise ValueError(msg)
        n += np.bincount(block.indices[values != 0], minlength=rows.n_genes)
        np.add.at(total, block.indices, values)  # cell by cell, so that blocks change no number
        np.add.at(squares, block.indices, values**2)
        here = chosen[(chosen >= start) & (chosen < start + block.shape[0])] - start
        blocks.append(csr_array((values, block.indices, block.indptr), shape=block.shape)[here])
    deviations = np.sqrt(np.maximum(squares - total**2 / rows.n_cells, 0) / (rows.n_cells - 1))
    reference = vstack(blocks, format="csc")
    reference.eliminate_zeros()
    reference.sort_indices()
    return reference, (1 - n / rows.n_cells, total / np.maximum(n, 1), deviations)


GSVA = Method(
    name="gsva",
    prepare=gsva,
    title="Gene set variation analysis",
    statistic="largest deviations of a walk down the cell's genes, ordered by where it stands among the cells",
    reference="https://doi.org/10.1186/1471-2105-14-7",
    range=(-1.0, 1.0),
    weights=False,
    signs=False,
    missing="skipped",
)
