"""One annotation with its sources."""

from __future__ import annotations

from typing import NamedTuple


class Evidence(NamedTuple):
    """One annotation: according to a source, a disease of a gene has a phenotype."""

    gene: str
    disease: str
    """Id of the disease, such as ``"OMIM:607208"``."""
    disease_name: str
    relation: str
    """Relation of gene and disease with its source: ``"Major susceptibility factor in [Orphanet 2025-12]"``."""
    term: str
    """Id of the annotated term: the requested one, or a descendant."""
    term_name: str
    frequency: str
    """As in the source: ``"7/12"``, ``"45%"``, or a class such as ``"HP:0040281"``; empty if not stated."""
    reference: str
    """Such as ``PMID:…``; multiple references are separated by ``;``."""
    code: str
    """PCS: published clinical study; TAS: traceable author statement; IEA: inferred from electronic annotation."""
    source: str
    """Source and version of the annotation."""

    def cite(self) -> str:
        """The annotation in one line."""
        about = ", ".join(filter(None, [self.frequency, self.reference, self.code]))
        return f"{self.gene} – {self.disease_name} ({self.disease}) – {self.term_name} ({self.term}) [{about}; {self.source}]"
