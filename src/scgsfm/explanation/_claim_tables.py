"""The tables that claims are checked against, read and counted independently of the code that wrote the claims."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm.genes import match
from scgsfm.phenotypes import load_annotations

from ._claims import DISEASES
from ._gene_index import GeneIndex

if TYPE_CHECKING:
    from scgsfm.completion import GeneSetModel

    from ._coherence import Calibration
    from ._query import Options, Sources

HPO = "HPO annotations"


class ClaimError(Exception):
    """A claim is refuted, for the reason in the message."""


@dataclass
class LibraryCounts:
    """Genes of each term of a library, as positions in the background."""

    terms: dict[str, frozenset[int]]
    names: list[str]
    """Terms of suitable size, which are tested."""
    n_background: int
    version: str
    versions: dict[str, str] = field(default_factory=dict)
    """Versions of terms that have one of their own."""

    def padj(self, query: frozenset[int]) -> dict[str, float]:
        """Adjusted p-value of each tested term."""
        from scipy.stats import false_discovery_control, hypergeom

        hits = np.array([len(query & self.terms[name]) for name in self.names])
        sizes = np.array([len(self.terms[name]) for name in self.names])
        pvalue = hypergeom.sf(hits - 1, self.n_background, sizes, len(query))
        adjusted = false_discovery_control(np.clip(pvalue, 0, 1))
        return dict(zip(self.names, adjusted.tolist(), strict=True))


@dataclass
class ClaimTables:
    """The tables that claims are checked against, shared by all queries with the same background."""

    sources: Sources
    options: Options
    model: GeneSetModel
    calibration: Calibration
    _counts: dict[str, LibraryCounts] = field(default_factory=dict)

    @cached_property
    def vocabulary(self) -> GeneIndex:
        """Positions of genes in the vocabulary of the model."""
        return GeneIndex(np.asarray(self.model.genes, dtype=object))

    def counts(self, source: str) -> LibraryCounts:
        """Counts of a library or of the phenotypes. Raises ClaimError for an unknown source."""
        if source not in self._counts:
            if source in (HPO, DISEASES) and self.sources.phenotypes:
                self._counts[source] = self._phenotype_counts() if source == HPO else self._disease_counts()
            elif source in self.sources.libraries:
                self._counts[source] = self._library_counts(source)
            else:
                msg = f"there is no source {source!r}"
                raise ClaimError(msg)
        return self._counts[source]

    def _library_counts(self, source: str) -> LibraryCounts:
        sets, background = self.sources.libraries[source], self.sources.background
        position = dict(zip(sets.genes.tolist(), self.sources.index.positions(sets.genes).tolist(), strict=True))
        terms = {name: frozenset(position[g] for g in sets[name]) - {-1} for name in sets}
        return self._counted(terms, len(background), str(sets.info.get("version", "")))

    def _phenotype_counts(self) -> LibraryCounts:
        hpo = load_annotations()
        row, positions = self._rows_of(hpo.genes)
        matrix = hpo.gene_phenotypes[row].tocsc()
        matrix.eliminate_zeros()
        ids = hpo.ontology.ids
        terms = {
            ids[column]: frozenset(positions[rows].tolist())
            for column, rows in enumerate(np.split(matrix.indices, matrix.indptr[1:-1]))
            if len(rows)
        }
        n_annotated = len(frozenset().union(*terms.values()))
        return self._counted(terms, n_annotated, hpo.source_label("hpo_annotations").removeprefix(HPO).strip())

    def _disease_counts(self) -> LibraryCounts:
        hpo = load_annotations()
        positions: dict[int, list[int]] = {}
        for row, position in zip(*(rows.tolist() for rows in self._rows_of(hpo.genes)), strict=True):
            positions.setdefault(row, []).append(position)
        genes: dict[str, set[int]] = {}
        sources: dict[str, list[str]] = {}
        for gene, disease, kind in hpo.links.tolist():
            name = hpo.disease_ids[disease]
            genes.setdefault(name, set()).update(positions.get(gene, ()))
            sources.setdefault(name, []).append(hpo.source_label(hpo.kinds[kind][0]))
        terms = {name: frozenset(found) for name, found in genes.items()}
        found = self._counted(terms, len(frozenset().union(*terms.values())), "")
        return replace(found, versions={name: "; ".join(dict.fromkeys(each)) for name, each in sources.items()})

    def _rows_of(self, genes: Any) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the genes of the background among annotated genes, and their positions in the background."""
        row = match(self.sources.background, np.array(genes, dtype=object))
        return row[row >= 0], np.flatnonzero(row >= 0)

    def _counted(self, terms: dict[str, frozenset[int]], n: int, version: str) -> LibraryCounts:
        options = self.options
        tested = [name for name, genes in terms.items() if options.min_genes <= len(genes) <= options.max_genes]
        return LibraryCounts(terms, tested, n, version)
