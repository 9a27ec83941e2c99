from __future__ import annotations

import pandas as pd

from scgsfm.genesets import networks_catalogue


def networks() -> pd.DataFrame:
    """List the signed or weighted networks for ``ulm``, ``mlm`` and ``viper``, with their source and license.

    Returns
    -------
    One row per network, indexed by the name that :func:`scgsfm.datasets.network`, :class:`scgsfm.GeneSets` and all
    functions with gene sets accept. Columns: ``title``, ``n_sources``, ``n_edges`` (missing for networks that are
    downloaded), ``signed``, ``embedded`` (else it is downloaded on first use), ``source``, ``version``, ``licence``,
    ``url``.

    Examples
    --------
    >>> import scgsfm
    >>> scgsfm.datasets.networks().loc["progeny", ["n_sources", "licence"]].tolist()
    [14, 'Apache-2.0']
    """
    columns = ["title", "n_sources", "n_edges", "signed", "embedded", "source", "version", "licence", "url"]
    table = pd.DataFrame.from_dict(networks_catalogue(), orient="index", columns=columns).rename_axis("name")
    return table.astype({"n_sources": "Int64", "n_edges": "Int64"})
