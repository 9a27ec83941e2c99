from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm.genesets import GeneSets
from scgsfm.scoring import N_SPECIALS, known_genes, predictions

from ._shared import as_model

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

    Let :math:`l_g` be the logit that the model's decoder gives gene :math:`g` for a set, and :math:`b_g` the gene's
    popularity, its mean logit over the sets of one gene. Genes are ranked by :math:`c_g = l_g - b_g`, as in the
    completion of sets for :func:`~scgsfm.tl.score`: not those come first that belong to many sets, but those that
    belong to this set more than to others.

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
        The model's probability that the gene belongs to the set, from :math:`l_g`. Popular genes have higher ones,
        so these don't fall evenly with the rank.
    ``zscore`` : float32
        :math:`c_g` in standard deviations from its mean over all genes of the vocabulary.
    ``rank`` : int32
        1 for the highest :math:`c_g`; of equal ones the first in the vocabulary comes first.
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
    genes = np.array(loaded.genes[N_SPECIALS:], dtype=object)
    n_genes = min(n_genes or len(genes), len(genes))
    own = known_genes(sets, loaded)
    completed = np.flatnonzero(np.diff(own.indptr))
    names, own = np.array(sets.names, dtype=object)[completed], own[completed]
    best = np.empty((len(names), n_genes), np.int32)
    probability, zscore = np.empty(best.shape, np.float32), np.empty(best.shape, np.float32)
    known = np.empty(best.shape, bool)
    for block, logits, corrected in predictions(own, loaded):
        corrected = corrected[:, N_SPECIALS:]
        best[block] = np.argsort(-corrected, axis=1, kind="stable")[:, :n_genes]
        zscores = (corrected - corrected.mean(1, keepdims=True)) / corrected.std(1, keepdims=True)
        members = own[block].toarray()[:, N_SPECIALS:] > 0
        for out, values in (
            (probability, loaded.probabilities(logits)[:, N_SPECIALS:]),
            (zscore, zscores),
            (known, members),
        ):
            out[block] = np.take_along_axis(values, best[block], axis=1)
    return pd.DataFrame(
        {
            "set": np.repeat(names, n_genes),
            "gene": genes[best.ravel()],
            "probability": probability.ravel(),
            "zscore": zscore.ravel(),
            "rank": np.tile(np.arange(1, n_genes + 1, dtype=np.int32), len(names)),
            "known": known.ravel(),
        }
    )
