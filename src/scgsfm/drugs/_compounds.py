"""Compounds: identifiers, mechanisms of action and targets, from the tables in the package."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import pandas as pd

from ._compound_names import normalize_compound, plain_spelling

if TYPE_CHECKING:
    from collections.abc import Iterable

_DATA = files("scgsfm") / "data" / "drugs"
SOURCES = {
    "DrugBank vocabulary": {
        "version": "2025",
        "licence": "CC0 1.0",
        "url": "https://go.drugbank.com/releases/latest#open-data",
    },
    "DrugCentral": {"version": "2016-11", "licence": "CC BY 4.0", "url": "https://drugcentral.org"},
    "tool compounds, written for scgsfm": {"version": "1", "licence": "CC0 1.0", "url": ""},
    "ChEMBL": {"version": "36", "licence": "CC BY-SA 3.0", "url": "https://www.ebi.ac.uk/chembl"},
}
"""Version, license and address of the tables."""


@dataclass(frozen=True)
class Compounds:
    """Known compounds by their normalized names."""

    names: dict[str, str]
    """Name of each compound."""
    keys: dict[str, str]
    """Compound of each synonym, DrugBank id, InChIKey and ChEMBL id, in normal form."""
    inchikeys: dict[str, str]
    drugbank: dict[str, str]
    mechanisms: dict[str, tuple[str, ...]]
    """Mechanisms of action, the broadest first."""
    targets: dict[str, tuple[str, ...]]
    """Human genes."""

    def key(self, name: str) -> str:
        """The compound of a name or id; the normalized name if it is not known."""
        key = normalize_compound(name)
        return self.keys.get(key, key)

    def name(self, key: str, default: str = "") -> str:
        """The name of a compound."""
        return self.names.get(key, default or key)

    def members(self, kind: str, keys: Iterable[str]) -> dict[str, list[str]]:
        """The compounds among ``keys`` with each ``"mechanism"`` or ``"target"``."""
        found: dict[str, list[str]] = {}
        table = self.mechanisms if kind == "mechanism" else self.targets
        for key in keys:
            for label in table.get(key, ()):
                found.setdefault(label, []).append(key)
        return found


@cache
def load_compounds() -> Compounds:
    """The compounds of the tables in the package.

    Examples
    --------
    >>> from scgsfm.drugs import load_compounds
    >>> compounds = load_compounds()
    >>> compounds.targets[compounds.key("SAHA")]
    ('HDAC1', 'HDAC2', 'HDAC3', 'HDAC6')
    """
    names: dict[str, str] = {}
    keys: dict[str, str] = {}
    inchikeys: dict[str, str] = {}
    drugbank: dict[str, str] = {}
    rows = list(_table("compounds").itertuples(index=False))
    for row in rows:
        key = normalize_compound(row.name)
        names.setdefault(key, plain_spelling(row.name))
        keys[key] = key
        inchikeys[key], drugbank[key] = row.inchikey, row.drugbank
        for other in filter(None, (row.drugbank, row.inchikey)):
            keys.setdefault(normalize_compound(other), key)
    for row in rows:  # a name of its own goes before synonyms
        for other in filter(None, row.synonyms.split("|")):
            keys.setdefault(normalize_compound(other), normalize_compound(row.name))
    labels: dict[str, dict[str, None]] = {}
    targets: dict[str, set[str]] = {}
    spelling: dict[str, str] = {}
    for table in ("drugcentral", "chembl_mechanisms", "tool_compounds"):
        for row in _table(table).itertuples(index=False):
            name = normalize_compound(row.name)
            key = keys.setdefault(name, name)
            names.setdefault(key, plain_spelling(row.name))
            if row.chembl:
                keys.setdefault(normalize_compound(row.chembl), key)
            for label in filter(None, row.mechanism.split("|")):
                spelled = spelling.setdefault(_plain(label), label)
                labels.setdefault(key, {})[spelled] = None
            targets.setdefault(key, set()).update(filter(None, row.targets.split("|")))
    ordered = {
        key: tuple(sorted(found, key=lambda label: (_is_subtype(label), len(label)))) for key, found in labels.items()
    }
    genes = {key: tuple(sorted(found)) for key, found in targets.items() if found}
    return Compounds(names, keys, inchikeys, drugbank, ordered, genes)


def _table(name: str) -> pd.DataFrame:
    with (_DATA / f"{name}.tsv.gz").open("rb") as file:
        return pd.read_csv(file, sep="\t", dtype=str, keep_default_na=False, compression="gzip", comment="#")


def _plain(label: str) -> str:
    return re.sub(r"s$", "", re.sub(r"\W+", " ", label.casefold()).strip())


def _is_subtype(label: str) -> bool:
    """Whether a mechanism names one protein of a family, such as histone deacetylase 1."""
    return bool(re.search(r"\b\d+\b|alpha|beta|gamma|delta|\bsubunit", label))
