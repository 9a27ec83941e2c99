"""Claims: what a sentence states, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

Verdict = Literal["supported", "partially supported", "refuted"]
VERDICTS = ("supported", "partially supported", "refuted")
GENES, CORE = "genes", "core"
"""Subjects of claims about the whole list and about its core."""
COMPARISON, MOTIFS = "comparison of conditions", "motifs of accessible peaks"
"""Sources of claims about results of :func:`scgsfm.tl.compare` and :func:`scgsfm.tl.motif_activity`."""
DISEASES = "diseases of genes"
CELL_TYPES = frozenset({"cell_types", "pbmc_markers", "tissue_markers"})
"""Libraries of cell types, which are reported separately from functions."""
RELATIONS = {
    "enriched for": "padj",
    "shares genes with": "n_hits",
    "enriched terms": "n_terms",
    "annotated to": "",
    "higher in these cells": "logfc",
    "lower in these cells": "logfc",
    "genes lower in these cells": "n_genes",
    "annotated as": "probability",
    "higher in condition": "standardized_effect",
    "lower in condition": "standardized_effect",
    "differs in condition": "padj",
    "sets that differ": "n_sets",
    "sets compared": "n_sets",
    "enriched in peaks of these cells": "z",
    "significant in peaks of these cells": "padj",
    "factor of": "",
    "predicted to join": "zscore",
    "associated with": "zscore",
    "significant markers": "n_genes",
    "coherence": "pvalue",
    "fits": "probability",
    "does not fit": "probability",
    "size of core": "n_genes",
    "terms per gene": "median",
    "defined as": "",
}
"""Relations of claims, and the statistic of each."""
COLUMNS = (
    *("group", "sentence", "role", "text", "kept", "subject", "relation", "object", "statistic", "value", "source"),
    *("version", "verdict", "found"),
)


@dataclass(frozen=True)
class Claim:
    """One statement of a sentence."""

    subject: str
    """A gene, a term, or the list: ``"genes"`` or ``"core"``."""
    relation: str
    object: str
    value: float = float("nan")
    """The statistic, as printed in the sentence."""
    source: str = ""
    version: str = ""
    verdict: str = ""
    found: str = ""
    """What the check found, if it is something else."""

    @property
    def statistic(self) -> str:
        """Name of the statistic."""
        return RELATIONS.get(self.relation, "")


@dataclass(frozen=True)
class Sentence:
    """A sentence and its claims."""

    role: str
    """What the sentence is for, such as ``"function"`` or ``"against"``."""
    text: str
    claims: tuple[Claim, ...]

    @property
    def is_supported(self) -> bool:
        """Whether there are claims, and all are supported."""
        return bool(self.claims) and all(claim.verdict == "supported" for claim in self.claims)


def claims_table(sentences: Iterable[Sentence], group: str) -> pd.DataFrame:
    """A row for each claim."""
    rows = [
        (
            *(group, number, sentence.role, sentence.text, sentence.is_supported, claim.subject, claim.relation),
            *(claim.object, claim.statistic, claim.value, claim.source, claim.version, claim.verdict, claim.found),
        )
        for number, sentence in enumerate(sentences, start=1)
        for claim in sentence.claims
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"value": "float64", "sentence": "int64", "kept": bool})
