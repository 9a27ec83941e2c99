from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm._vocabulary import N_SPECIALS
from scgsfm.completion import known_genes, predictions, zscores
from scgsfm.genesets import GeneSets
from scgsfm.models import as_model

if TYPE_CHECKING:
    from os import PathLike

    from scgsfm.models.gsfm import GSFM


def complete_sets(
    gene_sets: Any,
    *,
    model: str | PathLike[str] | GSFM = "gsfm-base",
    n_genes: int | None = 100,
) -> pd.DataFrame:
    r"""Predict which genes belong to each gene set by a gene set foundation model :cite:p:`Clarke2026`.

    Let :math:`l_g` be the logit that the model's decoder gives gene :math:`g` for a set. Genes are ranked by it.
    Genes that belong to many sets rank high for most of them; the z-score tells those that belong to this set more than
    to others, from :math:`c_g = l_g - b_g`, where the gene's popularity :math:`b_g` is its mean logit over the sets of
    one gene. The completion of sets for :func:`~scgsfm.tl.score` goes by :math:`c_g`.

    Parameters
    ----------
    gene_sets
        Whatever :class:`~scgsfm.GeneSets` takes; without negative weights. Other weights are not used.
    model
        Name or folder of a model, or the loaded model itself.
    n_genes
        How many genes to list for each set; ``None`` for all that the model knows (some 20,000 rows a set).

    Returns
    -------
    One row a set and gene, sets in their order and genes by rank, with the columns

    ``set``, ``gene``
        Name of the set, and of the gene in the model's vocabulary (human symbols).
    ``probability`` : float32
        The model's probability that the gene belongs to the set.
    ``zscore`` : float32
        :math:`c_g` less its mean over all genes of the vocabulary, in standard deviations.
    ``rank`` : int32
        1 for the highest :math:`l_g`; of equal ones the first in the vocabulary comes first.
    ``known`` : bool
        Whether the set lists the gene.

    Sets of which the model knows no gene are left out, with a warning.

    Raises
    ------
    GeneMatchError
        If the model knows hardly any gene of the sets.
    TypeError
        If ``gene_sets`` is a list of genes: write ``{"my set": [...]}``.
    ValueError
        If there are negative weights, or ``n_genes`` is below 1.

    Examples
    --------
    >>> import scgsfm
    >>> table = scgsfm.tl.complete_sets({"interferon": ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1"]}, n_genes=20)
    >>> len(table)
    20
    """
    sets = GeneSets(gene_sets)
    if n_genes is not None and n_genes < 1:
        msg = f"`n_genes` is {n_genes}, but must be at least 1, or None for all genes."
        raise ValueError(msg)
    loaded = as_model(model)
    own = known_genes(sets, loaded)
    completed = np.flatnonzero(np.diff(own.indptr))
    names, own = np.array(sets.names, dtype=object)[completed], own[completed]
    tables = [
        _table(loaded, names[block], own[block].toarray() > 0, logits, corrected, n_genes)
        for block, logits, corrected in predictions(own, loaded)
    ]
    return pd.concat(tables, ignore_index=True)


def _table(
    model: GSFM, names: np.ndarray, known: np.ndarray, logits: np.ndarray, corrected: np.ndarray, n_genes: int | None
) -> pd.DataFrame:
    """The rows of some sets, from arrays of sets × vocabulary."""
    genes = np.array(model.genes[N_SPECIALS:], dtype=object)
    columns = {"probability": model.probabilities(logits), "zscore": zscores(corrected), "known": known}
    columns = {column: values[:, N_SPECIALS:] for column, values in columns.items()}
    best = np.argsort(-logits[:, N_SPECIALS:], axis=1, kind="stable")[:, :n_genes]
    ranked = {column: np.take_along_axis(values, best, axis=1).ravel() for column, values in columns.items()}
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
