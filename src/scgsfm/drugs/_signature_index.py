"""An index of perturbation signatures: genes that rise and fall in cells that were treated with a compound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from scipy.sparse import csr_matrix

COLUMNS = ("compound", "inchikey", "drugbank", "cell", "dose", "time", "study", "signature", "source")
"""Columns of the table of signatures, all of strings."""


class SourceMatrix(NamedTuple):
    """The signatures of one source over the genes that it can contain."""

    rows: np.ndarray
    """Positions of the signatures in the index."""
    genes: np.ndarray
    weights: csr_matrix
    """Signatures × genes: positive weights of genes that rise, negative weights of genes that fall."""


@dataclass(frozen=True)
class SignatureIndex:
    """Signed signatures of compounds."""

    name: str
    signatures: pd.DataFrame
    """A row for each signature, with the columns ``compound``, ``inchikey``, ``drugbank``, ``cell``, ``dose``, ``time``,
    ``study``, ``signature`` (its name in the source) and ``source``. What is not known is empty."""
    genes: np.ndarray
    """Human gene symbols."""
    weights: csr_matrix
    """Signatures × genes."""
    sources: dict[str, dict[str, str]]
    """``title``, ``version``, ``licence``, ``url`` and ``citation`` of each source."""

    def __len__(self) -> int:
        return len(self.signatures)

    def __repr__(self) -> str:
        n_compounds = self.signatures["compound"].nunique()
        return f"SignatureIndex {self.name!r}: {len(self):,} signatures of {n_compounds:,} compounds"

    def take(self, rows: Sequence[int] | np.ndarray) -> SignatureIndex:
        """The index of some signatures."""
        rows = np.asarray(rows)
        kept = self.signatures.iloc[rows].reset_index(drop=True)
        sources = {name: about for name, about in self.sources.items() if name in set(kept["source"])}
        return replace(self, signatures=kept, weights=self.weights[rows], sources=sources)

    def by_source(self) -> dict[str, SourceMatrix]:
        """The signatures of each source. Its genes are those of any of its signatures: others were not measured."""
        return self._by_source

    @cached_property
    def _by_source(self) -> dict[str, SourceMatrix]:
        found = {}
        for source, positions in self.signatures.groupby("source", sort=False).indices.items():
            rows = self.weights[positions]
            measured = np.flatnonzero(rows.getnnz(axis=0))
            found[str(source)] = SourceMatrix(np.asarray(positions), self.genes[measured], rows[:, measured])
        return found

    def about(self) -> dict[str, Any]:
        """Name, number of signatures and sources, for records."""
        return {"name": self.name, "n_signatures": len(self), "sources": self.sources}
