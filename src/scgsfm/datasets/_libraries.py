from __future__ import annotations

import pandas as pd

from scgsfm.genesets import catalogue


def libraries() -> pd.DataFrame:
    """List the embedded gene-set libraries with their source, version and license.

    Returns
    -------
    One row per library, indexed by the name that :func:`scgsfm.datasets.library`, :class:`scgsfm.GeneSets` and all
    functions with gene sets accept. Columns: ``title``, ``n_sets``, ``n_genes`` (over all sets), ``median_size``
    (genes of a set), ``source``, ``version``, ``licence``, ``url``.

    Examples
    --------
    >>> import scgsfm
    >>> scgsfm.datasets.libraries().loc["hallmark", "n_sets"].item()
    50
    """
    columns = ["title", "n_sets", "n_genes", "median_size", "source", "version", "licence", "url"]
    return pd.DataFrame.from_dict(catalogue(), orient="index", columns=columns).rename_axis("name")
