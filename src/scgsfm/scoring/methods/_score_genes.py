from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from scgsfm._messages import listing
from scgsfm.genes import check_share, match

from ._method import Method

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader

    from ._method import Scorer


def score_genes(
    rows: BlockReader,
    sets: SetIndex,
    /,
    *,
    ctrl_size: int = 50,
    n_bins: int = 25,
    gene_pool: Sequence[str] | None = None,
    ctrl_as_ref: bool = True,
    random_state: int = 0,
) -> Scorer:
    """Mean of a set's genes, less the mean of control genes of about the same mean over all cells.

    Genes are binned by the rank of their mean. From each bin with a gene of the set, ``ctrl_size`` genes are drawn;
    those of the set don't count. As scanpy does, every set begins with the same seed.
    """
    for name, value, least in [("ctrl_size", ctrl_size, 1), ("n_bins", n_bins, 2)]:
        if value < least:
            msg = f"`{name}` is {value}, but must be at least {least}."
            raise ValueError(msg)
    pool = np.arange(rows.n_genes) if gene_pool is None else _found(gene_pool, sets)
    controls = _controls(sets, _bins(_means(rows), pool, n_bins), pool, ctrl_size, ctrl_as_ref, random_state)
    n_controls = np.diff(controls.indptr)
    if not n_controls.all():
        msg = (
            "No gene is left as a control for: "
            f"{listing([sets.names[i] for i in np.flatnonzero(n_controls == 0)])}. They hold all genes of their bins: "
            "lower `n_bins` or leave them out."
        )
        raise ValueError(msg)
    contrast = sets.membership.multiply(1 / sets.n_found[:, None]) - controls.multiply(1 / n_controls[:, None])
    contrasts = replace(sets, membership=csr_array(contrast))
    return lambda cells: cells.sums(contrasts)


def _found(gene_pool: Sequence[str], sets: SetIndex) -> np.ndarray:
    """The genes of the data that are in the pool, in the order of the pool, on which the draws depend."""
    genes = () if sets.genes is None else sets.genes
    found = match(gene_pool, genes)
    found = found[found >= 0]
    check_share(
        len(found),
        len(gene_pool),
        what="genes of `gene_pool` in the data",
        examples_given=gene_pool,
        examples_expected=genes,
    )
    return found[np.sort(np.unique(found, return_index=True)[1])]


def _means(rows: BlockReader) -> np.ndarray:
    """Mean of each gene over all cells; the cells are added in their order, whatever the blocks."""
    total = np.zeros(rows.n_genes)
    for _, block in rows:
        np.add.at(total, block.indices, block.data.astype(np.float64, copy=False))
    return total / rows.n_cells


def _bins(means: np.ndarray, pool: np.ndarray, n_bins: int) -> np.ndarray:
    """Bin of each gene, -1 outside the pool. With ties at a border the first bins may be larger than others."""
    from scipy.stats import rankdata

    per_bin = max(1, round(len(pool) / (n_bins - 1)))
    bins = np.full(len(means), -1)
    bins[pool] = rankdata(means[pool], method="min") // per_bin
    return bins


def _controls(
    sets: SetIndex, bins: np.ndarray, pool: np.ndarray, ctrl_size: int, ctrl_as_ref: bool, random_state: int
) -> csr_array:
    """The control genes of each set, as a membership matrix."""
    in_bin = {number: pool[bins[pool] == number] for number in np.unique(bins[pool])}

    @cache
    def draws(sizes: tuple[int, ...]) -> list[np.ndarray]:
        """Places of the controls in lists of candidates of these sizes: what scanpy's generator draws in turn."""
        rng = np.random.RandomState(random_state)
        return [rng.choice(n, ctrl_size, replace=False) if ctrl_size < n else np.arange(n) for n in sizes]

    chosen = []
    own = np.zeros(len(bins), bool)
    for genes, name in zip(np.split(sets.membership.indices, sets.membership.indptr[1:-1]), sets.names, strict=True):
        numbers = sorted(set(bins[genes].tolist()))
        if numbers and numbers[0] < 0:
            msg = f"`gene_pool` must hold the genes of all sets, but lacks some of {name!r}."
            raise ValueError(msg)
        own[genes] = True
        candidates = [in_bin[number] for number in numbers]
        if not ctrl_as_ref:
            candidates = [some[~own[some]] for some in candidates]
        places = draws(tuple(map(len, candidates)))
        drawn = np.concatenate([some[i] for some, i in zip(candidates, places, strict=True)])
        chosen.append(np.sort(drawn[~own[drawn]]))
        own[genes] = False
    indptr = np.cumsum([0, *map(len, chosen)])
    return csr_array((np.ones(indptr[-1]), np.concatenate(chosen), indptr), shape=sets.membership.shape)


SCORE_GENES = Method(
    name="score_genes",
    prepare=score_genes,
    title="Score of scanpy and Seurat",
    statistic="mean of the set's genes, less the mean of control genes that are expressed alike over all cells",
    reference="https://doi.org/10.1126/science.aad0501",
    range=(-np.inf, np.inf),
    weights=False,
    signs=False,
    missing="skipped",
)
