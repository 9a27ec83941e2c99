from __future__ import annotations

from typing import TYPE_CHECKING

from scgsfm._checks_types import checks_types
from scgsfm._messages import check_at_least
from scgsfm.genesets import read_network

if TYPE_CHECKING:
    import pandas as pd


@checks_types
def network(name: str, *, top: int | None = None) -> pd.DataFrame:
    """Load a network by name: pathways or transcription factors with their weighted target genes.

    :func:`scgsfm.datasets.networks` lists them with their licenses. ``"progeny"`` :cite:p:`Schubert2018` holds the
    genes that respond to 14 signaling pathways, with signed weights. ``"tf_targets"`` holds the targets of
    transcription factors by chromatin binding :cite:p:`Yevshin2019` and expression, unsigned. ``"collectri"``
    :cite:p:`MullerDott2023` holds signed targets of transcription factors; it is downloaded on first use and
    stored in ``scgsfm.settings.cache_dir``.

    Parameters
    ----------
    name
        Name of the network. Case, spaces and hyphens do not matter.
    top
        Number of targets to keep per source: those with the lowest p-value, or else with the largest absolute weight.
        All by default. The publication of PROGENy uses 100, and 500 for single cells.

    Returns
    -------
    One row per edge, with ``source``, ``target`` (approved symbol) and ``weight``; PROGENy also has ``pvalue``. This is
    the format of decoupler. Pass it, or the name of the network, to functions that take gene sets.

    Raises
    ------
    ValueError
        There is no network of this name, or the downloaded file is not a network.
    DownloadError
        The network is not embedded and could not be downloaded.

    Examples
    --------
    >>> import scgsfm
    >>> net = scgsfm.datasets.network("progeny", top=100)
    >>> net.groupby("source").size().unique().tolist()
    [100]
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.score(adata, net, method="mlm")
    >>> adata.obsm["score_mlm"].columns[:3].tolist()
    ['Androgen', 'EGFR', 'Estrogen']
    """
    table = read_network(name)
    if top is None:
        return table
    check_at_least("top", top, 1)
    order = table["pvalue"] if "pvalue" in table else -table["weight"].abs()
    kept = order.groupby(table["source"]).rank(method="first") <= top
    return table[kept].reset_index(drop=True)
