"""Retrieve facts from results about groups of cells: differences between conditions, and motifs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._labels import label

if TYPE_CHECKING:
    import pandas as pd

    from ._evidence import Evidence

_NAMES = re.compile(r", | and \d+ more|::")


class Difference(NamedTuple):
    """A set that differs between two conditions."""

    set: str
    label: str
    condition: str
    effect: float
    """Standardized effect."""
    padj: float


class Compared(NamedTuple):
    """What differs between a condition and the reference."""

    condition: str
    n_tested: int
    n_different: int
    first: list[Difference]


class EnrichedMotif(NamedTuple):
    """A motif or family that is enriched in the accessible peaks."""

    motif: str
    name: str
    is_family: bool
    z: float
    padj: float
    factors: list[tuple[str, float]]
    """Factors that are significantly higher in the cells, and their fold changes."""


class EvidenceFacts(NamedTuple):
    """What results about a group of cells say."""

    compared: tuple[Compared, ...] = ()
    """What differs between conditions in these cells."""
    motifs: tuple[EnrichedMotif, ...] = ()
    """Motifs of their accessible peaks."""

    @classmethod
    def of(cls, evidence: Evidence, ranking: pd.DataFrame | None, *, max_padj: float, n: int) -> EvidenceFacts:
        """Retrieve the first ``n`` facts of each kind."""
        differences = compared(evidence.tables.get("comparison"), max_padj=max_padj, n=n)
        motifs = enriched_motifs(evidence.tables.get("motifs"), ranking, max_padj=max_padj, n=n)
        return cls(tuple(differences), tuple(motifs))


def compared(table: pd.DataFrame | None, *, max_padj: float, n: int) -> list[Compared]:
    """The sets that differ most between each condition and the reference; conditions without p-values are left out."""
    found: list[Compared] = []
    if table is None:
        return found
    for condition, rows in table[table["padj"].notna()].groupby("condition", sort=False, observed=True):
        rows = rows.assign(size=rows["standardized_effect"].abs())  # noqa: PLW2901
        hits = rows[(rows["padj"] <= max_padj) & np.isfinite(rows["size"])]
        hits = hits.sort_values(["padj", "size", "set"], ascending=[True, False, True], kind="stable")
        first = [
            Difference(str(r.set), label(str(r.set)), str(condition), float(r.standardized_effect), float(r.padj))
            for r in hits.head(n).itertuples()
        ]
        found.append(Compared(str(condition), len(rows), len(hits), first))
    return found


def enriched_motifs(
    table: pd.DataFrame | None, ranking: pd.DataFrame | None, *, max_padj: float, n: int
) -> list[EnrichedMotif]:
    """The most enriched motifs, with the factors that are higher in the cells."""
    if table is None:
        return []
    hits = table[(table["padj"] <= max_padj) & (table["z"] > 0)]
    hits = hits.sort_values(["padj", "z", "motif"], ascending=[True, False, True], kind="stable").head(n)
    higher = _higher(ranking, max_padj)
    found = []
    for row in hits.itertuples():
        named = [
            higher[name] for name in dict.fromkeys(map(str.casefold, _NAMES.split(str(row.name)))) if name in higher
        ]
        is_family = row.motif == row.family
        found.append(EnrichedMotif(str(row.motif), str(row.name), is_family, float(row.z), float(row.padj), named[:3]))
    return found


def _higher(ranking: pd.DataFrame | None, max_padj: float) -> dict[str, tuple[str, float]]:
    """Genes that are significantly higher in the cells, by their names in lower case."""
    if ranking is None or not {"logfc", "padj"} <= set(ranking):
        return {}
    rows = ranking[(ranking["logfc"] > 0) & (ranking["padj"] <= max_padj)]
    return {str(r.name).casefold(): (str(r.name), float(r.logfc)) for r in rows.itertuples()}
