from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm._vocabulary import N_SPECIALS

from ._complete import known_genes, predictions, zscores

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scipy.sparse import csr_array

    from scgsfm.genesets import GeneSets

    from ._gene_set_model import GeneSetModel


def completion_tables(sets: GeneSets, model: GeneSetModel, *, n_genes: int | None = None) -> Iterator[pd.DataFrame]:
    """Tables of the genes that a model ranks highest for sets, by blocks of sets; see :func:`scgsfm.tl.complete_sets`."""
    listed = known_genes(sets, model)
    kept = np.flatnonzero(np.diff(listed.indptr))
    names, listed = np.array(sets.names, dtype=object)[kept], listed[kept]
    for block, logits, corrected in predictions(listed, model):
        yield _ranked(model, names[block], listed[block], logits, corrected, n_genes)


def _ranked(
    model: GeneSetModel,
    names: np.ndarray,
    listed: csr_array,
    logits: np.ndarray,
    corrected: np.ndarray,
    n_genes: int | None,
) -> pd.DataFrame:
    """The rows of some sets, from arrays of sets × vocabulary; ``listed`` are their genes."""
    genes = np.array(model.genes[N_SPECIALS:], dtype=object)
    probability = model.probabilities(logits, np.diff(listed.indptr))
    columns = {"probability": probability, "zscore": zscores(corrected), "known": listed.toarray() > 0}
    best = np.argsort(-logits[:, N_SPECIALS:], axis=1, kind="stable")[:, :n_genes]
    ranked = {
        name: np.take_along_axis(values[:, N_SPECIALS:], best, axis=1).ravel() for name, values in columns.items()
    }
    return pd.DataFrame(
        {
            "set": np.repeat(names, best.shape[1]),
            "gene": genes[best].ravel(),
            "probability": ranked["probability"],
            "zscore": ranked["zscore"],
            "rank": np.tile(np.arange(1, best.shape[1] + 1, dtype=np.int32), len(names)),
            "known": ranked["known"],
        }
    )
