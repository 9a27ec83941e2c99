from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import numpy as np
from scipy.sparse import csr_array

from scgsfm._vocabulary import N_SPECIALS
from scgsfm.genes import check_share
from scgsfm.scoring import value_scale

from ._cell_signatures import CellSignatures
from ._gene_columns import gene_columns
from ._gene_set_model import GeneSetModel

if TYPE_CHECKING:
    from scgsfm.scoring import BlockReader, ValueScale


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
    kind: Literal["encoder", "latent"],
    n_genes: int,
    specific: bool,
    soft: bool,
) -> CellEmbedding:
    """Embed each cell as the set of its highest genes.

    Parameters
    ----------
    reader
        Cells × genes, restricted to genes in the vocabulary of the model.
    tokens
        Token of each of these genes.
    model
        Model that encodes the sets.
    kind
        ``"encoder"`` sums the vectors of the first layer, ``"latent"`` applies the whole encoder.
    n_genes
        Maximum number of genes in the set of a cell.
    specific
        Whether the genes are selected by how far they exceed their mean.
    soft
        Whether the genes of a set are weighted by their values.
    """
    scale = value_scale(reader)
    counts = scale.log_normalizes("embed_cells")
    signatures = CellSignatures.survey(reader, n_genes=n_genes, specific=specific, soft=soft, counts=counts)
    gene_vectors = model.gene_embeddings("encoder") if kind == "encoder" else None
    dim = model.dim if gene_vectors is None else gene_vectors.shape[1]
    vectors, n_empty = np.empty((reader.n_cells, dim), np.float32), 0
    for start, block in reader:
        sets = signatures.gene_sets(block)
        n_empty += int((np.diff(sets.indptr) == 0).sum())
        arrays = sets.data, tokens[sets.indices], sets.indptr
        sets = csr_array(arrays, shape=(sets.shape[0], len(model.genes)))
        cells = slice(start, start + sets.shape[0])
        vectors[cells] = model.encode(sets) if gene_vectors is None else _weighted_sums(sets, gene_vectors)
    return CellEmbedding(vectors, scale, n_empty)


def _weighted_sums(sets: csr_array, vectors: np.ndarray) -> np.ndarray:
    """Sums of the vectors of the genes of each set, with weights scaled to unit length; 0 for an empty set."""
    norms = np.sqrt(sets.multiply(sets).sum(axis=1))
    sums: np.ndarray = sets @ vectors
    return sums / np.where(norms > 0, norms, 1)[:, None]
