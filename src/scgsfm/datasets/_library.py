from __future__ import annotations

from scgsfm.genesets import GeneSets


def library(name: str) -> GeneSets:
    """Gene sets of a library by its name: embedded ones offline, others from Enrichr or MSigDB.

    Embedded are the libraries that :func:`scgsfm.datasets.libraries` lists. A name such as ``"KEGG_2021_Human"`` is
    downloaded from Enrichr (Kuleshov et al., 2016), one such as ``"h.all.v2024.1.Hs"`` from MSigDB (Liberzon et al.,
    2015), once, into ``scgsfm.settings.cache_dir``; mind the licence of the original source (KEGG: academic use only).

    Parameters
    ----------
    name
        Name of the library; for embedded ones case, spaces and hyphens do not matter.

    Returns
    -------
    The gene sets; ``.info`` holds source, version, licence and address.

    Raises
    ------
    ValueError
        No library has this name, or what was downloaded under it holds no gene sets; similar names are suggested.
    DownloadError
        The library is not embedded and could not be downloaded.

    Examples
    --------
    >>> import scgsfm
    >>> sets = scgsfm.datasets.library("hallmark")
    >>> len(sets), sets.info["licence"]
    (50, 'CC BY 4.0')
    """
    return GeneSets.from_library(name)
