from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm.completion import known_genes
from scgsfm.genesets import GeneSets
from scgsfm.models import as_model

if TYPE_CHECKING:
    from os import PathLike

    from scgsfm.models.gsfm import GSFM


def embed_sets(gene_sets: Any, *, model: str | PathLike[str] | GSFM = "gsfm-base") -> pd.DataFrame:
    """Embed gene sets by a gene set foundation model :cite:p:`Clarke2026`.

    The latent vectors that the model's encoder gives the sets, in the space of :func:`~scgsfm.tl.embed_cells`.

    Parameters
    ----------
    gene_sets
        Whatever :class:`~scgsfm.GeneSets` takes; without negative weights. Other weights are not used.
    model
        Name or folder of a model, or the loaded model itself.

    Returns
    -------
    float32, sets × dimensions (columns ``gsfm_0``, ``gsfm_1``, …). Sets of which the model knows no gene are NaN, with
    a warning.

    Raises
    ------
    GeneMatchError
        If the model knows hardly any gene of the sets.
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
    own = known_genes(sets, loaded, done="embedded")
    vectors = loaded.encode(own)
    vectors[np.diff(own.indptr) == 0] = np.nan
    columns = [f"gsfm_{i}" for i in range(vectors.shape[1])]
    return pd.DataFrame(vectors, index=pd.Index(sets.names, name="set"), columns=columns)
