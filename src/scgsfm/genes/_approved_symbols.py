from __future__ import annotations

from typing import TYPE_CHECKING

from ._resolve import MITOCHONDRIAL, as_names, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ._tables import Organism


def approved_symbols(names: Iterable[Any], *, organism: Organism | None = "human", ncbi: bool = False) -> list[str]:
    """Today's approved human symbol of each name, or the name itself if it is unknown or ambiguous.

    Parameters
    ----------
    names
        Gene names, e.g. symbols of an older release.
    organism
        See :func:`resolve`.
    ncbi
        Whether the names are symbols of NCBI Gene, where ``"COX2"`` is the mitochondrial gene MT-CO2. Elsewhere it may
        be an alias of another gene.

    Examples
    --------
    >>> from scgsfm.genes import approved_symbols
    >>> approved_symbols(["ARNTL", "TAZ", "CD4", "H19-ICR"])
    ['BMAL1', 'TAFAZZIN', 'CD4', 'H19-ICR']
    """
    given = as_names(names).tolist()
    if ncbi:
        given = [MITOCHONDRIAL.get(name, name) for name in given]
    found = resolve(given, organism=organism)
    return [symbol or name for name, symbol in zip(found.names.tolist(), found.symbols.tolist(), strict=True)]
