"""What is explained: genes, where they come from, and the tables that facts are retrieved from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from scgsfm._messages import check_at_least
from scgsfm.genes import as_names
from scgsfm.genesets import GeneSets

from ._evidence import Evidence
from ._gene_index import GeneIndex

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


@dataclass(frozen=True)
class Query:
    """Genes to explain. Nothing in it names the group or set."""

    genes: np.ndarray
    """Names of the genes, best first."""
    kind: Literal["cells", "list", "partners", "term"] = "list"
    """Markers of cells, a list, the genes that a model associates with a gene, or the genes of a term."""
    ranking: pd.DataFrame | None = None
    """For groups of cells: ``name``, ``value`` and, optionally, ``logfc`` and ``padj`` of all genes."""
    evidence: Evidence = field(default_factory=Evidence)
    """For groups of cells: the rows about the group in results of other functions."""
    given: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=object))
    """Genes that the genes were derived from: the gene whose partners are explained."""
    masked: frozenset[str] = frozenset()
    """Terms that are not used, such as the one to be explained."""
    partners: tuple[tuple[str, float], ...] = ()
    """The genes that a model associates most with the given gene, and their z-scores."""
    term: tuple[str, str] | None = None
    """Library and name of the term that is explained."""

    @property
    def annotation(self) -> pd.DataFrame | None:
        """Candidates of :func:`scgsfm.tl.annotate` for the group."""
        return self.evidence.tables.get("annotation")


@dataclass(frozen=True)
class Options:
    """Parameters of an explanation."""

    n_terms: int = 3
    n_genes: int = 6
    max_padj: float = 0.05
    min_genes: int = 5
    max_genes: int = 500

    def check(self) -> Options:
        """Raise ValueError if a parameter is out of range."""
        check_at_least("n_terms", self.n_terms, 1)
        if not 0 < self.max_padj <= 1:
            msg = f"`max_padj` is {self.max_padj}, but must be above 0 and at most 1."
            raise ValueError(msg)
        return self


@dataclass(frozen=True)
class Sources:
    """Libraries by name, and the background that queries are drawn from."""

    libraries: Mapping[str, GeneSets]
    background: np.ndarray
    phenotypes: bool = True

    @classmethod
    def of(cls, libraries: Mapping[str, Any], background: np.ndarray | None, *, phenotypes: bool) -> Sources:
        """Read the libraries; without a background, it is all of their genes."""
        read = {name: GeneSets(content) for name, content in libraries.items()}
        if background is None:
            background = np.unique(np.concatenate([sets.genes for sets in read.values()]).astype(str)).astype(object)
        names = as_names(background)
        return cls(read, np.asarray(names[names != ""]), phenotypes)

    @cached_property
    def index(self) -> GeneIndex:
        """Positions of genes in the background."""
        return GeneIndex(self.background)

    def version(self, library: str) -> str:
        """Version of a library; ``""`` if it states none."""
        return str(self.libraries[library].info.get("version", ""))
