from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import numpy as np
from scipy.sparse import csr_array

from scgsfm._messages import number
from scgsfm._vocabulary import N_SPECIALS
from scgsfm.genes import check_share
from scgsfm.scoring import value_scale

from ._cell_signatures import CellSignatures
from ._gene_columns import gene_columns
from ._gene_set_model import GeneSetModel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scgsfm.scoring import BlockReader, ValueScale

N_COMPONENTS = 50
"""Number of principal components by default, as in scanpy."""
N_VARIABLE = 2000
"""Number of genes that principal components are computed from, as usual for highly variable genes."""
N_ROWS = 1024
"""Number of cells of a dense block of these genes."""


class GeneSetEncoder(GeneSetModel, Protocol):
    """A gene-set model that also returns vectors of genes and sets."""

    @property
    def dim(self) -> int:
        """Number of latent dimensions."""

    def gene_embeddings(self, kind: Any, /) -> np.ndarray:
        """Vectors of the vocabulary (genes × dimensions)."""

    def encode(self, sets: Any, /) -> np.ndarray:
        """Latent vectors of sets (sets × dimensions)."""


class CellEmbedding(NamedTuple):
    """Vectors of cells, and how they came about."""

    vectors: np.ndarray
    """float32, cells × dimensions."""
    scale: ValueScale
    """What the values were."""
    n_empty: int
    """Number of cells with an empty set."""
    variance_ratio: np.ndarray | None = None
    """Share of the variance of the sets for each principal component."""


def matched_tokens(model: GeneSetEncoder, genes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tokens of the genes that are in the vocabulary of a model, ascending, and the positions of these genes.

    Raises
    ------
    GeneMatchError
        If too few of the genes are in the vocabulary.
    """
    vocabulary = np.asarray(model.genes, dtype=object)
    columns = gene_columns(vocabulary, genes)
    tokens = np.flatnonzero(columns >= 0)
    check_share(
        len(tokens),
        min(len(genes), len(vocabulary) - N_SPECIALS),
        what="genes of the data in the model's vocabulary",
        examples_given=genes,
        examples_expected=vocabulary[N_SPECIALS:],
    )
    return tokens, columns[tokens]


def embed_cells(
    reader: BlockReader,
    tokens: np.ndarray,
    model: GeneSetEncoder,
    *,
    kind: Literal["encoder", "latent", "pca"],
    n_genes: int,
    n_comps: int | None,
    specific: bool,
    soft: bool,
) -> CellEmbedding:
    """Embed each cell as the set of its highest genes.

    Parameters
    ----------
    reader
        Cells × genes, restricted to genes in the vocabulary of the model.
    tokens
        Token of each of these genes. Ties of genes are resolved by their order.
    model
        Model that encodes the sets.
    kind
        ``"encoder"`` sums the vectors of the first layer, ``"latent"`` applies the whole encoder, and ``"pca"`` computes
        principal components of the sets.
    n_genes
        Maximum number of genes in the set of a cell.
    n_comps
        Number of principal components; by default 50, or as many as there are.
    specific
        Whether the genes are selected by how far they exceed their mean.
    soft
        Whether the genes of a set are weighted by their values.
    """
    from scgsfm.kernels import gather_sum

    scale = value_scale(reader)
    counts = scale.log_normalizes("embed_cells")
    order = np.argsort(tokens)
    signatures = CellSignatures.survey(
        reader, n_genes=n_genes, specific=specific, soft=soft, counts=counts, order=order
    )
    blocks = ((start, signatures.gene_sets(block)) for start, block in reader)
    if kind == "pca":
        return _principal_components((sets for _, sets in blocks), n_comps, scale)
    gene_vectors = model.gene_embeddings("encoder") if kind == "encoder" else None
    dim = model.dim if gene_vectors is None else gene_vectors.shape[1]
    vectors, n_empty = np.empty((reader.n_cells, dim), np.float32), 0
    for start, sets in blocks:
        n_empty += _n_empty(sets)
        arrays = sets.data, tokens[sets.indices], sets.indptr
        sets_of_tokens = csr_array(arrays, shape=(sets.shape[0], len(model.genes)))
        cells = slice(start, start + sets.shape[0])
        if gene_vectors is None:
            vectors[cells] = model.encode(sets_of_tokens)
        else:
            unit = _unit_length(sets_of_tokens)
            vectors[cells] = gather_sum(unit.indptr, unit.indices, unit.data, gene_vectors)
    return CellEmbedding(vectors, scale, n_empty)


def _principal_components(blocks: Iterable[csr_array], n_comps: int | None, scale: ValueScale) -> CellEmbedding:
    """Principal components of sets with weights scaled to unit length, from the genes whose weights vary most."""
    from scipy.linalg import eigh

    sets = [_unit_length(block) for block in blocks]
    n_cells, n_empty = sum(block.shape[0] for block in sets), sum(map(_n_empty, sets))
    means = np.sum([block.sum(axis=0, dtype=np.float64) for block in sets], axis=0) / n_cells
    variances = np.sum([block.power(2).sum(axis=0, dtype=np.float64) for block in sets], axis=0) / n_cells - means**2
    genes = np.sort(np.argsort(-variances, kind="stable")[:N_VARIABLE])
    genes = genes[variances[genes] > 0]
    limit = min(n_cells, len(genes)) - 1
    found = f"{number(n_cells, 'cell')} with {number(len(genes), 'gene')} that vary between their sets"
    if limit < 1:
        message = f'`kind="pca"` needs cells that differ: {found} have no principal components.'
        raise ValueError(message)
    n_comps = min(N_COMPONENTS, limit) if n_comps is None else n_comps
    if n_comps > limit:
        message = (
            f"`n_comps` is {n_comps}, but {found} have {number(limit, 'principal component')}. Pass fewer, or None."
        )
        raise ValueError(message)
    covariance = np.zeros((len(genes), len(genes)))
    for i, block in enumerate(sets):
        sets[i] = block = block[:, genes]  # noqa: PLW2901 - frees the other genes
        for start in range(0, block.shape[0], N_ROWS):  # of few genes, dense blocks are faster than sparse products
            rows = block[start : start + N_ROWS].toarray()
            covariance += rows.T @ rows
    covariance = covariance / n_cells - np.outer(means[genes], means[genes])
    values, axes = eigh(covariance, subset_by_index=(len(genes) - n_comps, len(genes) - 1))
    values, axes = values[::-1], axes[:, ::-1]
    axes = axes * np.sign(axes[abs(axes).argmax(axis=0), np.arange(n_comps)])  # the largest weight is positive
    center = means[genes] @ axes
    vectors = np.concatenate([(block @ axes - center).astype(np.float32) for block in sets])
    return CellEmbedding(vectors, scale, n_empty, np.maximum(values, 0) / variances.sum())


def _n_empty(sets: csr_array) -> int:
    return int((np.diff(sets.indptr) == 0).sum())


def _unit_length(sets: csr_array) -> csr_array:
    """Sets with weights scaled to unit length; an empty set stays empty."""
    norms = np.sqrt(sets.multiply(sets).sum(axis=1))
    scale = np.repeat(1 / np.where(norms > 0, norms, 1), np.diff(sets.indptr)).astype(np.float32)
    return csr_array((sets.data * scale, sets.indices, sets.indptr), shape=sets.shape)
