"""Retrieve the facts about a list of genes: terms, coherence, predictions, markers, phenotypes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from scgsfm import enrichment
from scgsfm._vocabulary import N_SPECIALS
from scgsfm.errors import GeneMatchError
from scgsfm.genesets import GeneSets
from scgsfm.phenotypes import PhenotypeEnrichment

from ._claims import CELL_TYPES, CORE, DISEASES, GENES
from ._coherence import MAX_GENES, Coherence, CoherenceModel
from ._definitions import CellType, cell_type, definition
from ._evidence_facts import EvidenceFacts
from ._gene_index import GeneIndex
from ._labels import label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scgsfm.phenotypes import AnnotatedSets
    from scgsfm.scoring import SetIndex

    from ._query import Options, Query, Sources

PHENOTYPES = "HPO annotations"
FITS_BELOW = 0.2
"""Genes with a lower probability of belonging to the common function are reported not to fit."""
MIN_SHARE = 0.75
"""If a smaller share of the genes fits the others, the core is explained instead of the whole list."""
MIN_CORE = 4
STUDIED = ("go_bp", "reactome")
"""Libraries whose terms are counted to see how much is known about genes."""
FEW_TERMS = 3
"""Genes with a lower median number of terms are called little studied."""
MAX_OVERLAP = 0.6
"""Terms with a higher overlap of the genes (overlap coefficient) rest on the same genes."""
N_MARKERS = 50
"""Number of genes of a list that are assessed for coherence."""


class Hit(NamedTuple):
    """An enriched term."""

    library: str
    term: str
    label: str
    padj: float
    n_hits: int
    n_query: int
    genes: list[str]
    pvalue: float


@dataclass
class Facts:
    """What is known about a list of genes. It contains no name of a group, set or sample."""

    n_genes: int
    kind: str = "list"
    subject: str = GENES
    """Whether the terms are those of all genes or of the core."""
    coherence: Coherence | None = None
    n_assessed: int = 0
    functions: list[Hit] = field(default_factory=list)
    rivals: list[Hit] = field(default_factory=list)
    """Terms that are enriched by mostly the same genes as the first function."""
    cell_types: list[Hit] = field(default_factory=list)
    phenotypes: list[Hit] = field(default_factory=list)
    annotation: tuple[str, float] | None = None
    """Cell type that was assigned to the cells by marker sets, and its probability."""
    cell_type: CellType | None = None
    """The same in the Cell Ontology."""
    evidence: EvidenceFacts = field(default_factory=EvidenceFacts)
    """What results about the cells say."""
    markers: list[tuple[str, float]] = field(default_factory=list)
    lower: int = 0
    """Number of genes of the first term that are significantly lower in the cells."""
    misfits: list[tuple[str, float]] = field(default_factory=list)
    core: list[str] = field(default_factory=list)
    """Genes of the core, if it is clearly smaller than the list, best first."""
    core_fit: list[float] = field(default_factory=list)
    """Their probabilities of fitting the others."""
    predicted: list[tuple[str, float]] = field(default_factory=list)
    n_terms_per_gene: float = 0.0
    definition: str = ""
    model: str = ""
    n_background: int = 0
    given: str = ""
    """The gene whose partners the genes are."""
    partners: tuple[tuple[str, float], ...] = ()
    own_terms: list[tuple[str, str, str]] = field(default_factory=list)
    """Library, name and label of terms of the given gene."""
    own_definition: tuple[str, str] = ("", "")
    """The term that is explained, and its definition."""

    @property
    def has_function(self) -> bool:
        """Whether any function is enriched."""
        return bool(self.functions)


@dataclass(frozen=True)
class Retriever:
    """Retrieves facts from libraries, a model and annotations, for queries with a common background."""

    sources: Sources
    coherence: CoherenceModel
    options: Options

    @cached_property
    def _terms(self) -> dict[str, SetIndex]:
        """The terms of each library over the background; libraries without a term of suitable size are left out."""
        found, sizes = {}, {"min_genes": self.options.min_genes, "max_genes": self.options.max_genes}
        for name, sets in self.sources.libraries.items():
            try:
                found[name] = enrichment.terms_over(sets, self.sources.background, **sizes)
            except GeneMatchError:
                continue
        if not found:
            msg = f"No library has a term with {sizes['min_genes']} to {sizes['max_genes']} genes in the background."
            raise GeneMatchError(msg)
        return found

    @cached_property
    def _phenotypes(self) -> PhenotypeEnrichment | None:
        try:
            return PhenotypeEnrichment.over(
                self.sources.background, min_genes=self.options.min_genes, max_genes=self.options.max_genes
            )
        except GeneMatchError:  # genes of data without human genes
            return None

    @cached_property
    def _vocabulary(self) -> np.ndarray:
        return np.asarray(self.coherence.model.genes, dtype=object)

    @cached_property
    def _tokens(self) -> GeneIndex:
        return GeneIndex(self._vocabulary)

    @cached_property
    def _in_background(self) -> np.ndarray:
        """Position of each gene of the vocabulary in the background, -1 without."""
        return self.sources.index.positions(self._vocabulary)

    @cached_property
    def _n_terms(self) -> np.ndarray:
        """Number of terms of each gene of the background, independent of the libraries used for the explanation."""
        counts = np.zeros(len(self.sources.background), np.int64)
        for name in STUDIED:
            np.add.at(counts, GeneSets(name).membership(self.sources.background).indices, 1)
        return counts

    def facts(self, queries: Iterable[Query]) -> list[Facts]:
        """Facts about each query."""
        return [self._facts(query) for query in queries]

    def _facts(self, query: Query) -> Facts:
        facts = Facts(len(query.genes), query.kind, model=self.coherence.model.name, annotation=assigned_type(query))
        facts.cell_type = cell_type(facts.annotation[0] if facts.annotation else "")
        max_padj, n = self.options.max_padj, self.options.n_terms
        facts.evidence = EvidenceFacts.of(query.evidence, query.ranking, max_padj=max_padj, n=n)
        if query.term is not None:
            facts.own_definition = query.term[1], definition(query.term[1])
        if not len(query.genes):
            return facts
        genes, tokens = self.assessed(query)
        (facts.coherence,) = self.coherence.assess([tokens])
        facts.n_assessed = len(genes)
        position = self._positions(query.genes)
        functions = self._function_hits(position, query.masked)
        core = self._core(facts, genes)
        if MIN_CORE <= len(core) < MIN_SHARE * len(genes):
            facts.core = core
            probability = dict(zip(genes, facts.coherence.membership.tolist(), strict=True)) if facts.coherence else {}
            facts.core_fit = [probability[gene] for gene in core]
            at = self._positions(core)
            of_core = self._function_hits(at, query.masked)
            # contamination can also remove genes of the function from the core
            if _best_pvalue(of_core) < _best_pvalue(functions):
                facts.subject, position, functions = CORE, at, of_core
        if len(position):
            self._add_terms(facts, functions, self._type_hits(position, query.masked))
            facts.n_terms_per_gene = float(np.median(self._n_terms[position]))
            if self.sources.phenotypes and self._phenotypes is not None:
                facts.phenotypes = self._phenotype_hits(position)
        if len(tokens) and facts.has_function:
            facts.predicted = self._predicted(query, tokens, genes, facts)
        if query.ranking is not None:
            self._add_markers(facts, query)
        if len(query.given):
            facts.given, facts.partners = str(query.given[0]), query.partners
            facts.own_terms = self._own_terms(query, facts)
        return facts

    def _own_terms(self, query: Query, facts: Facts, n: int = 3) -> list[tuple[str, str, str]]:
        """Terms of the given gene: those that are enriched among its partners first, then the smallest."""
        (position,) = self.sources.index.positions(query.given)
        if position < 0:
            return []
        enriched = {hit.term for hit in facts.functions}
        found = []
        for library, terms in self._terms.items():
            if library not in CELL_TYPES:
                rows = terms.membership[:, [position]].nonzero()[0]
                found += [(terms.names[i] not in enriched, terms.n_found[i], library, terms.names[i]) for i in rows]
        return [(library, term, label(term)) for _, _, library, term in sorted(found)[:n]]

    def _positions(self, genes: Iterable[str]) -> np.ndarray:
        """Positions of genes in the background."""
        position = self.sources.index.positions(genes)
        return np.asarray(pd.unique(position[position >= 0]))

    def _function_hits(self, position: np.ndarray, masked: frozenset[str]) -> list[Hit]:
        """Enriched functions, best first."""
        chosen = [name for name in self._terms if name not in CELL_TYPES] if len(position) else []
        hits = [hit for name in chosen for hit in self._hits(name, self._terms[name], position, masked)]
        return sorted(hits, key=lambda hit: (hit.pvalue, -hit.n_hits, hit.term))

    def _type_hits(self, position: np.ndarray, masked: frozenset[str]) -> list[Hit]:
        """Enriched signatures of cell types, best first."""
        chosen = [name for name in self._terms if name in CELL_TYPES]
        hits = [hit for name in chosen for hit in self._hits(name, self._terms[name], position, masked)]
        return sorted(hits, key=lambda hit: (hit.pvalue, hit.term))

    def assessed(self, query: Query) -> tuple[np.ndarray, np.ndarray]:
        """The genes of a query that are assessed for coherence, and their tokens."""
        limit = N_MARKERS if query.ranking is not None else MAX_GENES
        tokens = self._tokens.positions(query.genes)
        first = pd.Series(tokens).drop_duplicates()
        first = first[first >= N_SPECIALS][:limit]
        return query.genes[first.index], first.to_numpy()

    def _core(self, facts: Facts, genes: np.ndarray) -> list[str]:
        if facts.coherence is None or not facts.coherence.is_coherent:
            return []
        probability = facts.coherence.membership
        order = np.argsort(probability, kind="stable")
        facts.misfits = [(genes[i], float(probability[i])) for i in order if probability[i] < FITS_BELOW]
        return [genes[i] for i in order[::-1] if facts.coherence.core[i]]

    def _add_terms(self, facts: Facts, functions: list[Hit], cell_types: list[Hit]) -> None:
        facts.functions = distinct(functions, self.options.n_terms)
        facts.cell_types = cell_types[:1]
        if functions:
            best = set(functions[0].genes)
            same = [
                hit for hit in functions[1:] if hit.label != functions[0].label and _overlap(best, hit) > MAX_OVERLAP
            ]
            facts.rivals = same[:2]
            facts.definition = definition(functions[0].term)

    def _hits(self, library: str, terms: SetIndex, position: np.ndarray, masked: frozenset[str]) -> list[Hit]:
        result = enrichment.ora(position, terms)
        table = enrichment.table("", result, terms, self.sources.background).head(40)
        table = table[(table["padj"] <= self.options.max_padj) & (table["n_hits"] >= 2) & ~table["term"].isin(masked)]
        return [
            Hit(
                library,
                row.term,
                label(row.term),
                row.padj,
                row.n_hits,
                len(position),
                row.genes.split(";"),
                row.pvalue,
            )
            for row in table.itertuples()
        ]

    def _phenotype_hits(self, position: np.ndarray) -> list[Hit]:
        """Two phenotypes, and a disease."""
        tests = self._phenotypes
        if tests is None:
            return []
        ontology, hpo = tests.hpo.ontology, tests.hpo
        phenotypes = dict(zip(ontology.ids, ontology.names, strict=True))
        diseases = dict(zip(hpo.disease_ids, hpo.disease_names, strict=True))
        of_phenotypes = self._annotated_hits(PHENOTYPES, tests.phenotypes, position, phenotypes)
        of_diseases = self._annotated_hits(DISEASES, tests.diseases, position, diseases)
        return [*distinct(of_phenotypes, 2), *of_diseases[:1]]

    def _annotated_hits(
        self, source: str, tested: AnnotatedSets, position: np.ndarray, titles: Mapping[str, str]
    ) -> list[Hit]:
        """Enriched phenotypes or diseases among the annotated genes, best first."""
        query = tested.annotated_query(position) if len(tested.sets) else np.empty(0, np.int64)
        if not len(query):
            return []
        names = self.sources.background[tested.positions]
        table = enrichment.table("", enrichment.ora(query, tested.sets), tested.sets, names)
        table = table[(table["padj"] <= self.options.max_padj) & (table["n_hits"] >= 2)].head(20)
        return [
            Hit(
                *(
                    source,
                    r.term,
                    f"{titles[r.term]} ({r.term})" if titles[r.term] else r.term,
                    r.padj,
                    r.n_hits,
                    len(query),
                ),
                *(r.genes.split(";"), r.pvalue),
            )
            for r in table.itertuples()
        ]

    def _predicted(self, query: Query, tokens: np.ndarray, genes: np.ndarray, facts: Facts) -> list[tuple[str, float]]:
        """Genes of the background that the model would add."""
        used = tokens if facts.subject == GENES else tokens[np.isin(genes.astype(str), np.array(facts.core, str))]
        zscores = self.coherence.zscores([used])[0]
        named = self._in_background
        excluded = self._tokens.positions([*query.genes, *query.given])
        zscores[:N_SPECIALS] = zscores[excluded[excluded >= 0]] = zscores[named < 0] = -np.inf
        best = np.argsort(-zscores, kind="stable")[:3]
        return [(self.sources.background[named[i]], float(zscores[i])) for i in best if zscores[i] > 3]

    def _add_markers(self, facts: Facts, query: Query) -> None:
        ranking = query.ranking
        if ranking is None or "logfc" not in ranking:
            return
        change: dict[str, float] = dict(zip(ranking["name"], ranking["logfc"], strict=True))
        chosen = facts.functions[0].genes if facts.functions else list(query.genes)
        facts.markers = [(g, float(change[g])) for g in chosen if change.get(g, 0) > 0][: self.options.n_genes]
        if facts.functions and "padj" in ranking:
            terms = self._terms[facts.functions[0].library]
            row = terms.names.index(facts.functions[0].term)
            members = self.sources.background[terms.membership[[row]].indices]
            is_lower = (ranking["logfc"] < 0) & (ranking["padj"] <= self.options.max_padj)
            facts.lower = int((is_lower & ranking["name"].isin(set(members))).sum())


def assigned_type(query: Query) -> tuple[str, float] | None:
    """The cell type that was assigned to a group of cells, and its probability."""
    if query.annotation is None:
        return None
    rows = query.annotation[query.annotation["assigned"].astype(bool)]
    return next(((str(row.cell_type), float(row.probability)) for row in rows.itertuples()), None)


def _best_pvalue(hits: list[Hit]) -> float:
    return min((hit.pvalue for hit in hits), default=1.0)


def distinct(hits: list[Hit], n: int) -> list[Hit]:
    """The first hits whose genes are not mostly those of better hits."""
    kept: list[Hit] = []
    for hit in hits:
        if all(_overlap(set(other.genes), hit) <= MAX_OVERLAP for other in kept):
            kept.append(hit)
        if len(kept) == n:
            break
    return kept


def _overlap(genes: set[str], hit: Hit) -> float:
    """Overlap coefficient of the genes of two hits."""
    other = set(hit.genes)
    return len(genes & other) / max(min(len(genes), len(other)), 1)
