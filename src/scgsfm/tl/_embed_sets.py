from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm.completion import known_genes, number_and_share
from scgsfm.genesets import GeneSets
from scgsfm.models import as_model

if TYPE_CHECKING:
    from os import PathLike

    from scgsfm.genesets import GeneSetsLike
    from scgsfm.models.gsfm import GSFM


@doc_params
def embed_sets(gene_sets: GeneSetsLike, *, model: str | PathLike[str] | GSFM = "gsfm-base") -> pd.DataFrame:
    """Embed gene sets by a gene set foundation model :cite:p:`Clarke2026`.

    The vectors are the output of the model's encoder, in the space of ``tl.embed_cells(kind="latent")``.

    Parameters
    ----------
    gene_sets
        Any input of :class:`~scgsfm.GeneSets` without negative weights. Positive weights are ignored.
    model
        {model}

    Returns
    -------
    A table of float32, sets × dimensions, with the columns ``gsfm_0``, ``gsfm_1``, …. Sets without a gene in the
    vocabulary of the model are NaN and named in a warning.

    Raises
    ------
    GeneMatchError
        If too few genes of the sets are in the vocabulary of the model.
    ValueError
        If there are negative weights.

    Examples
    --------
    >>> import scgsfm
    >>> vectors = scgsfm.tl.embed_sets("hallmark")
    >>> len(vectors), vectors.index[0]
    (50, 'HALLMARK_ADIPOGENESIS')
    """
    sets = GeneSets(gene_sets)
    loaded = as_model(model)
    listed = known_genes(sets, loaded, done="embedded")
    vectors = loaded.encode(listed)
    vectors[np.diff(listed.indptr) == 0] = np.nan
    columns = [f"gsfm_{i}" for i in range(vectors.shape[1])]
    logger.info("embedded %s", number_and_share(sets, loaded))
    return pd.DataFrame(vectors, index=pd.Index(sets.names, name="set"), columns=columns)
