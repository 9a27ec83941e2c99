"""What a gene is called and where it is, from HGNC."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ._resolve import resolve
from ._tables import FOLDER, HOW, table

if TYPE_CHECKING:
    from ._tables import Organism


class GeneFacts(NamedTuple):
    """Names, location and identifiers of a human gene."""

    symbol: str
    """Approved symbol; ``""`` if the name is not known."""
    name: str
    """Approved full name."""
    location: str
    """Cytogenetic band, such as ``"13q13.1"``."""
    ids: dict[str, str]
    """Identifiers by source: ``"HGNC"``, ``"Entrez"``, ``"Ensembl"``, ``"UniProt"``, ``"OMIM"``; those that exist."""
    aliases: list[str]
    """Other names that :func:`resolve` reads as this gene: previous symbols first, then aliases."""


class _Stored(NamedTuple):
    """The table of facts, in the order of the human gene table."""

    names: list[str]
    locations: list[str]
    ids: dict[str, list[Any]]


_IDS = {"HGNC": "HGNC:{}", "Entrez": "{}", "Ensembl": "ENSG{:011}", "UniProt": "{}", "OMIM": "{}"}
"""How the identifiers of each source are written; 0 and empty texts stand for none."""


def gene_facts(name: Any, *, organism: Organism | None = None) -> GeneFacts:
    """Name, location and identifiers of a gene (HGNC); of the human ortholog for genes of other species.

    Parameters
    ----------
    name
        Any name that :func:`resolve` reads.
    organism
        Organism of the name.

    Returns
    -------
    The facts. All are empty if the name is unknown or ambiguous, and the name if the gene has none in HGNC.

    Examples
    --------
    >>> from scgsfm.genes import gene_facts
    >>> facts = gene_facts("FANCD1")
    >>> facts.symbol, facts.location, facts.ids["Ensembl"]
    ('BRCA2', '13q13.1', 'ENSG00000139618')
    """
    symbol = str(resolve([name], organism=organism).symbols[0])
    gene = table("human").find_approved(symbol)
    if gene is None:
        return GeneFacts("", "", "", {}, [])
    stored, row = _stored(), gene.row
    numbers = {source: stored.ids[source.lower()][row] for source in _IDS}
    ids = {source: text.format(numbers[source]) for source, text in _IDS.items() if numbers[source]}
    return GeneFacts(symbol, stored.names[row], stored.locations[row], ids, _other_names(row))


def _other_names(row: int) -> list[str]:
    """Previous symbols and aliases of a human gene, each in alphabetical order."""
    first = 4 * row
    found = [
        (code - first, name)
        for name, code in table("human").codes.items()
        if first < code < first + HOW.index("ambiguous")
    ]
    return [name for _, name in sorted(found)]


@cache
def _stored() -> _Stored:
    with (FOLDER / "human_facts.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
        names, locations, uniprot = (
            stored[key].tobytes().decode().split("\n") for key in ("name", "location", "uniprot")
        )
        numbers = {key: stored[key].tolist() for key in ("hgnc", "entrez", "ensembl", "omim")}
    return _Stored(names, locations, {"uniprot": uniprot, **numbers})
