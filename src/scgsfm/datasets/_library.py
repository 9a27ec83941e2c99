from __future__ import annotations

from typing import TYPE_CHECKING

from scgsfm.genesets import read_library_sets

if TYPE_CHECKING:
    from scgsfm.genesets import GeneSets


def library(name: str) -> GeneSets:
    """Load a gene-set library by name: embedded, or downloaded from Enrichr or MSigDB.

    :func:`scgsfm.datasets.libraries` lists the embedded libraries. A name such as ``"KEGG_2021_Human"`` is
    downloaded from Enrichr (Kuleshov et al., 2016), one such as ``"h.all.v2024.1.Hs"`` from MSigDB (Liberzon et al.,
    2015). The file is stored in ``scgsfm.settings.cache_dir``. Check the license of the original source (KEGG: academic
    use only).

    Parameters
    ----------
    name
        Name of the library. For embedded libraries, case, spaces and hyphens do not matter.

    Returns
    -------
    The gene sets. Their ``info`` has the source, version, license and URL.

    Raises
    ------
    ValueError
        There is no library of this name, or the download is not a gene-set file. Similar names are suggested.
    DownloadError
        The library is not embedded and could not be downloaded.

    Examples
    --------
    >>> import scgsfm
    >>> sets = scgsfm.datasets.library("hallmark")
    >>> len(sets), sets.info["licence"]
    (50, 'CC BY 4.0')
    """
    return read_library_sets(name)
