"""Genes outside the vocabulary of a model, placed by the known genes that vary with them in the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csc_array, csr_array, vstack
from scipy.sparse.linalg import LinearOperator, svds

from scgsfm._messages import listing, number, warn
from scgsfm._vocabulary import N_SPECIALS
from scgsfm.errors import GeneMatchWarning
from scgsfm.genes import match
from scgsfm.scoring import value_scale

from ._complete import known_genes, predictions, zscores
from ._cross_validation import cross_validate
from ._uniqueness import uniqueness

if TYPE_CHECKING:
    from scgsfm.genesets import GeneSets
    from scgsfm.scoring import BlockReader

    from ._gene_set_model import GeneSetModel

N_NEIGHBORS = 20
N_COMPONENTS = 30
MIN_CELLS = 10
"""Minimum number of cells in which a gene is detected."""
ROUNDING = 1e-6
"""Standard deviation, as a share of the mean, that the rounding of equal values may leave."""
MAX_CELLS = 20_000
"""Larger data are represented by this number of random cells, which suffices for correlations and fits in memory."""
MIN_CORRELATION = 0.8
"""Minimum mean correlation with the neighbors; genes below it are hardly better placed than by chance."""
BLOCK = 512


class PlacedGenes(NamedTuple):
    """Genes that are placed by their neighbors."""

    columns: np.ndarray
    """Positions of the genes in the data."""
    weights: csr_array
    """Weights of the neighbors, which add up to 1: genes × vocabulary."""
    correlation: np.ndarray
    """Mean correlation with the neighbors."""

    def distinct(self, genes: np.ndarray) -> PlacedGenes:
        """One column for each name in ``genes``, the names of the data: the one with the highest correlation."""
        best = np.argsort(-self.correlation, kind="stable")
        _, first = np.unique(genes[self.columns[best]].astype(str), return_index=True)
        kept = np.sort(best[first])
        return PlacedGenes(self.columns[kept], self.weights[kept], self.correlation[kept])


def place_genes(
    reader: BlockReader,
    genes: np.ndarray,
    model: GeneSetModel,
    *,
    only: np.ndarray | None = None,
    min_correlation: float = MIN_CORRELATION,
) -> PlacedGenes:
    """Place the genes of the data that a model does not know by their neighbors among those that it knows.

    The neighbors are the 20 known genes with the highest correlation of their loadings: the cosine in the space of the
    first 30 principal components of the standardized, log-normalized values, scaled by the singular values. This is the
    correlation of the genes over the cells without the variance of the other components, which is mostly noise. Of data
    with more than 20,000 cells, as many random ones are used, the same each time.
    Unknown genes that are in fewer than ten cells, that have the same value in all cells, or whose mean correlation is
    too low, are named in a warning.

    Parameters
    ----------
    reader
        Cells × genes.
    genes
        Names of the genes.
    model
        The model.
    only
        Names of the genes to place. By default, all that the model does not know.
    min_correlation
        Minimum mean correlation.
    """
    from sklearn.utils.sparsefuncs import mean_variance_axis  # in double precision: constant genes are recognized

    tokens = match(genes, np.asarray(model.genes, dtype=object))
    values = _log_normalized(reader)
    mean, variance = mean_variance_axis(values, axis=0)
    std = np.sqrt(variance)
    varies = np.flatnonzero((np.diff(values.indptr) >= MIN_CELLS) & (std > ROUNDING * mean))
    vectors = _loadings(values[:, varies], mean[varies], std[varies])
    wanted = (tokens < N_SPECIALS) & (genes != "")
    if only is not None:
        wanted &= np.isin(genes.astype(str), np.asarray(only, dtype=str))
    is_known, is_unknown = tokens[varies] >= N_SPECIALS, wanted[varies]
    known, unknown = varies[is_known], varies[is_unknown]
    of_known, of_unknown = vectors[is_known], vectors[is_unknown]
    n = min(N_NEIGHBORS, len(known))
    best, correlation = np.empty((len(unknown), n), np.int64), np.full(len(unknown), -np.inf)
    for start in range(0, len(unknown) if n else 0, BLOCK):
        block = slice(start, start + BLOCK)
        cosine = of_unknown[block] @ of_known.T
        best[block] = np.argpartition(-cosine, n - 1, axis=1)[:, :n]
        correlation[block] = np.take_along_axis(cosine, best[block], axis=1).mean(axis=1)
    placed = correlation >= min_correlation
    columns = unknown[placed]
    left = np.setdiff1d(np.flatnonzero(wanted), columns)
    if len(left):
        msg = (
            f"{number(len(left), 'gene')} not in the model's vocabulary could not be placed (in fewer than {MIN_CELLS} cells, "
            f"the same value in all cells, or a mean correlation with the nearest known genes below {min_correlation:g}): "
            f"{listing(genes[left].tolist())}."
        )
        warn(msg, GeneMatchWarning)
    neighbors = tokens[known[best[placed]]]
    indptr = np.arange(len(columns) + 1) * n
    share = np.full(neighbors.size, 1 / max(n, 1), np.float32)
    weights = csr_array((share, neighbors.ravel(), indptr), shape=(len(columns), len(model.genes)))
    weights.sum_duplicates()
    return PlacedGenes(columns, weights, correlation[placed])


def placed_predictions(
    names: np.ndarray,
    placed: PlacedGenes,
    sets: GeneSets,
    model: GeneSetModel,
    *,
    n_top: int | None,
    known: str,
) -> pd.DataFrame:
    """The rows of :func:`~scgsfm.tl.predict_functions` for placed genes, by the means of their neighbors.

    The neighbors are not held out of the terms that list them: that a neighbor is in a term is evidence. The means are
    not calibrated, so there is no probability.
    """
    set_genes = known_genes(sets, model, done="predicted")
    size = np.log(np.maximum(np.diff(set_genes.indptr), 1))[:, None] / 2
    fit, zscore = (np.empty((len(sets), len(names)), np.float32) for _ in range(2))
    for block, logits, corrected in predictions(set_genes, model):
        fit[block] = (placed.weights @ zscores(logits).T).T
        zscore[block] = (placed.weights @ zscores(corrected).T).T
    fit += size
    fit[np.diff(set_genes.indptr) == 0] = -np.inf
    is_known = np.zeros(fit.shape, bool)
    if (match(names, sets.genes) >= 0).any():
        is_known = sets.membership(names).toarray() != 0
    if known == "exclude":
        fit[is_known] = -np.inf
    best = np.argsort(-fit, axis=0, kind="stable")[:n_top]
    kept = np.isfinite(np.take_along_axis(fit, best, axis=0)).T
    gene, rank = np.nonzero(kept)
    term = best.T[gene, rank]
    cross_validated = cross_validate(set_genes, model)
    return pd.DataFrame(
        {
            "gene": names[gene],
            "term": np.array(sets.names, dtype=object)[term],
            "probability": np.full(len(term), np.nan, np.float32),
            "zscore": zscore[term, gene],
            "rank": (rank + 1).astype(np.int32),
            "known": is_known[term, gene],
            "auroc": cross_validated.auroc[term],
            "uniqueness": uniqueness(set_genes, cross_validated, model)[term],
        }
    )


def _log_normalized(reader: BlockReader) -> csc_array:
    """The values of all cells, or of as many random ones as fit in memory, log-normalized, by genes."""
    if value_scale(reader).log_normalizes("place_unknown"):
        reader = reader.log_normalizing()
    n = reader.n_cells
    chosen = np.sort(np.random.default_rng(0).choice(n, MAX_CELLS, replace=False)) if n > MAX_CELLS else np.arange(n)
    blocks = []
    for start, block in reader:
        first, last = np.searchsorted(chosen, (start, start + block.shape[0]))
        blocks.append(block[chosen[first:last] - start] if last - first < block.shape[0] else block)
    values = csc_array(vstack(blocks, format="csc"), dtype=np.float32)
    values.eliminate_zeros()
    return values


def _loadings(values: csc_array, mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    """Loadings of the genes on the first principal components of standardized values, scaled to unit length."""
    n_cells, n_genes = values.shape
    scale, shift = (1 / std).astype(np.float32), (mean / std).astype(np.float32)
    scaled = csc_array(
        (values.data * np.repeat(scale, np.diff(values.indptr)), values.indices, values.indptr), values.shape
    )
    by_gene: Any = scaled.T.tocsr()

    def times(x: np.ndarray) -> np.ndarray:
        found: np.ndarray = scaled @ x - shift @ x
        return found

    def transposed(x: np.ndarray) -> np.ndarray:
        found: np.ndarray = by_gene @ x - np.multiply.outer(shift, x.sum(axis=0))
        return found

    n = min(N_COMPONENTS, min(n_cells, n_genes) - 1)
    if n < 1:
        return np.zeros((n_genes, 1), np.float32)
    operator = LinearOperator(
        (n_cells, n_genes),
        matvec=lambda x: times(x.ravel()),
        rmatvec=lambda x: transposed(x.ravel()),
        matmat=times,
        rmatmat=transposed,
        dtype=np.float32,
    )
    start = np.random.default_rng(0).normal(size=min(n_cells, n_genes)).astype(np.float32)
    _, singular, components = svds(operator, k=n, v0=start)
    loadings = components.T * singular
    unit: np.ndarray = loadings / np.maximum(np.linalg.norm(loadings, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return unit
