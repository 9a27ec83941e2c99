"""Retrieval of the facts that answer a question: annotations, each with its source."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from ._frequencies import frequency_words, parse_frequency

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ._annotations import HPOAnnotations
    from ._evidence import Evidence

Predict: TypeAlias = Callable[[str, int], float | None]
"""Function of a gene's symbol and a term's row that returns the probability of the pair, or ``None``."""

QUESTION_KINDS = ("genes", "phenotypes", "diseases", "related", "how often", "meaning", "functions")
"""What a question can ask for."""
STRENGTHS = (
    ("nondisease", 0.2),
    ("modif", 0.2),
    ("Modif", 0.2),
    ("question", 0.3),
    ("susceptibility", 0.5),
    ("Role in", 0.5),
    ("somatic", 0.8),
    ("fusion", 0.8),
    ("Disease-causing", 1.0),
    ("Causal", 1.0),
    ("Definitive", 1.0),
    ("Strong", 1.0),
    ("Moderate", 0.8),
    ("phenotype", 1.0),
)
"""Strength of the evidence that a gene causes a disease, by words of the relation; the first word that occurs counts."""
UNSTATED_STRENGTH = 0.7
"""Strength of relations of gene and disease for which no source states a role."""
PRIOR_FREQUENCY = 0.3
"""Frequency of annotations that do not state one, when facts are sorted; frequencies of small samples shrink to it."""


class Entity(NamedTuple):
    """A gene, phenotype or disease named in a question."""

    kind: str
    name: str
    """Approved symbol or id."""
    label: str
    """Name for display."""
    rows: tuple[int, ...]
    """Row of the term, or rows of the diseases with the name; empty for a gene."""


class Fact(NamedTuple):
    """An annotation or a prediction."""

    claim: str
    """The fact in words."""
    subject: str
    relation: str
    object: str
    source: str
    """Source and its version."""
    reference: str
    """Reference of the source, such as ``"PMID:28050285"``; may be empty."""
    predicted: bool = False
    """Whether it is a prediction rather than an annotation."""

    def cite(self) -> str:
        """Source and reference."""
        return ", ".join(filter(None, [self.source, self.reference]))


class RetrievedFacts(NamedTuple):
    """Facts for display, all answers by id or symbol, and the answer in words."""

    facts: list[Fact]
    names: list[str]
    text: str


class FactRetriever:
    """Looks up the facts that answer a question about entities.

    Parameters
    ----------
    hpo
        The annotations.
    predict
        Probability that a gene has a term, used if no annotation relates them.
    functions
        Functions of a gene, as pairs of a function and its source.
    n_max
        Maximum number of facts to show.
    """

    def __init__(
        self,
        hpo: HPOAnnotations,
        predict: Predict | None = None,
        functions: Callable[[str], list[tuple[str, str]]] | None = None,
        n_max: int = 10,
    ) -> None:
        self.hpo, self.predict, self.functions, self.n_max = hpo, predict, functions, n_max
        self.weights = np.array([_weight(text) for text in hpo.frequencies])

    @staticmethod
    def question_kinds(entity_kinds: Collection[str]) -> list[str]:
        """Kinds of questions that can be answered about entities of some kinds."""
        return [kind for kind, kinds in LOOKUPS if set(kinds) == set(entity_kinds)]

    def find(self, question_kind: str, entities: tuple[Entity, ...]) -> RetrievedFacts:
        """Facts about one entity, about two of different kinds, or about a number of phenotypes."""
        by_kind: dict[str, list[Entity]] = {}
        for entity in entities:
            by_kind.setdefault(entity.kind, []).append(entity)
        kinds = tuple(sorted(by_kind))
        return LOOKUPS[question_kind, kinds](self, *(by_kind[kind] for kind in kinds))

    def _genes_of_hpo(self, terms: list[Entity]) -> RetrievedFacts:
        weight = np.min([self._gene_weights(self._disease_weights(term)) for term in terms], axis=0)
        order = [row for row in np.argsort(-weight, kind="stable").tolist() if weight[row] > 0]
        genes = list(dict.fromkeys(self.hpo.symbols[row] for row in order))
        facts = [self._evidence(self._best(gene, term)) for gene in genes[: self.n_max] for term in terms]
        return self._listing(facts, genes, "gene")

    def _genes_of_disease(self, diseases: list[Entity]) -> RetrievedFacts:
        links = self._by_strength(self._link_positions(diseases[0]), 0)
        genes = list(dict.fromkeys(self.hpo.symbols[row] for row in links[:, 0].tolist()))
        return self._listing([self._link(link) for link in links.tolist()], genes, "gene")

    def _diseases_of_gene(self, genes: list[Entity]) -> RetrievedFacts:
        links = self._by_strength(self.hpo.links_of(genes[0].name), 1)
        names = list(dict.fromkeys(self.hpo.disease_ids[row] for row in links[:, 1].tolist()))
        return self._listing([self._link(link) for link in links.tolist()], names, "disease")

    def _diseases_of_hpo(self, terms: list[Entity]) -> RetrievedFacts:
        weight = np.min([self._disease_weights(term) for term in terms], axis=0)
        order = [row for row in np.argsort(-weight, kind="stable").tolist() if weight[row] > 0]
        facts = []
        for row in order[: self.n_max]:
            for term in terms:
                positions = self._positions([row], term)
                facts.append(self._annotation(max(positions, key=self._weight)))
        return self._listing(facts, [self.hpo.disease_ids[row] for row in order], "disease")

    def _phenotypes_of_gene(self, genes: list[Entity]) -> RetrievedFacts:
        links = self.hpo.links[self.hpo.links_of(genes[0].name)]
        return self._phenotypes(np.unique(links[:, 1]).tolist(), genes[0])

    def _phenotypes_of_disease(self, diseases: list[Entity]) -> RetrievedFacts:
        return self._phenotypes(list(diseases[0].rows), None)

    def _phenotypes(self, diseases: list[int], gene: Entity | None) -> RetrievedFacts:
        """Phenotypes of diseases, each once; those with a high frequency and information content first."""
        hpo = self.hpo
        positions = [p for row in diseases for p in hpo.annotations_of(row).tolist() if self._is_phenotype(p)]
        positions.sort(key=lambda p: -self._weight(p) * hpo.information[hpo.annotations[p, 1]])
        first: dict[int, int] = {}
        for position in positions:
            first.setdefault(int(hpo.annotations[position, 1]), position)
        facts = [self._annotation(position, gene) for position in list(first.values())[: self.n_max]]
        return self._listing(facts, [hpo.ontology.ids[term] for term in first], "phenotype")

    def _related_of_gene_hpo(self, genes: list[Entity], terms: list[Entity]) -> RetrievedFacts:
        gene, term = genes[0].name, terms[0].rows[0]
        if rows := self.hpo.evidence(gene, term):
            return self._verdict([self._evidence(row) for row in self._strongest(rows)], "yes")
        if rows := self.hpo.evidence(gene, term, negated=True):
            return self._verdict([self._evidence(row, absent=True) for row in self._strongest(rows)], "no")
        probability = self.predict(gene, term) if self.predict else None
        if probability is None:
            return RetrievedFacts([], [], f"No annotation relates {gene} to {terms[0].label}.")
        claim = f"{gene} has {terms[0].label} with probability {probability:.3f}"
        fact = Fact(f"predicted: {claim}", gene, "predicted phenotype", terms[0].name, "prediction of scgsfm", "", True)
        text = f"No annotation relates {gene} to {terms[0].label}. This is a prediction, not a known fact: {claim} [1]."
        return RetrievedFacts([fact], [], text)

    def _related_of_disease_gene(self, diseases: list[Entity], genes: list[Entity]) -> RetrievedFacts:
        links = self.hpo.links[self._link_positions(diseases[0])]
        row = self.hpo.gene(genes[0].name)
        facts = [self._link(link) for link in links.tolist() if link[0] == row]
        return self._verdict(facts, "yes") if facts else self._none(genes[0], diseases[0])

    def _related_of_disease_hpo(self, diseases: list[Entity], terms: list[Entity]) -> RetrievedFacts:
        positions = self._positions(list(diseases[0].rows), terms[0])
        if positions:
            return self._verdict([self._annotation(p) for p in sorted(positions, key=self._weight)[::-1]], "yes")
        ancestors = set(self.hpo.ontology.ancestors(terms[0].rows[0]).tolist())
        absent = [
            p
            for row in diseases[0].rows
            for p in self.hpo.annotations_of(row).tolist()
            if self.hpo.negated[p] and int(self.hpo.annotations[p, 1]) in ancestors
        ]
        if absent:
            return self._verdict([self._annotation(p) for p in absent], "no")
        return self._none(diseases[0], terms[0])

    def _how_often_of_disease_hpo(self, diseases: list[Entity], terms: list[Entity]) -> RetrievedFacts:
        positions, row = self._positions(list(diseases[0].rows), terms[0]), terms[0].rows[0]
        # figures of descendants count only if the disease is not annotated with the term itself
        exact = [p for p in positions if self.hpo.annotations[p, 1] == row]
        stated = [(p, text) for p in exact or positions if (text := self._frequency(p))]
        if not stated:
            return RetrievedFacts(
                [], [], f"No annotation states how often {terms[0].label} is seen in {diseases[0].label}."
            )
        facts = [self._annotation(p) for p, _ in stated]
        return self._listing(facts, list(dict.fromkeys(text for _, text in stated)), "figure")

    def _meaning_of_hpo(self, terms: list[Entity]) -> RetrievedFacts:
        o, row = self.hpo.ontology, terms[0].rows[0]
        source, label = self.hpo.source_label("hpo"), terms[0].label
        claims = [(f"{o.ids[row]} is {o.names[row]}", "name", o.names[row])]
        synonyms = [o.synonyms[i] for i in np.flatnonzero(o.synonym_rows == row).tolist()]
        claims += [(f"{label} is also called {synonym}", "synonym", synonym) for synonym in synonyms]
        parents = o.parents[1, o.parents[0] == row].tolist()
        claims += [(f"{label} is a kind of {o.label(parent)}", "is_a", o.ids[parent]) for parent in parents]
        facts = [Fact(claim, o.ids[row], relation, value, source, "") for claim, relation, value in claims]
        return self._listing(facts, [o.ids[row]], "term")

    def _meaning_of_disease(self, diseases: list[Entity]) -> RetrievedFacts:
        hpo, facts = self.hpo, []
        for row in diseases[0].rows:
            key, name = hpo.disease_ids[row], hpo.disease_names[row]
            source = hpo.source_label("orphanet" if key.startswith("ORPHA") else "hpo_annotations")
            facts.append(Fact(f"{key} is {name}", key, "name", name, source, key))
            for i in np.flatnonzero(hpo.disease_synonym_rows == row).tolist():
                synonym = hpo.disease_synonyms[i]
                claim = f"{name} ({key}) is also called {synonym}"
                facts.append(Fact(claim, key, "synonym", synonym, hpo.source_label("orphanet"), key))
        return self._listing(facts, [hpo.disease_ids[row] for row in diseases[0].rows], "disease")

    def _functions_of_gene(self, genes: list[Entity]) -> RetrievedFacts:
        found = self.functions(genes[0].name) if self.functions else []
        facts = [
            Fact(f"{genes[0].name}: {name}", genes[0].name, "function", name, source, "") for name, source in found
        ]
        return self._listing(facts, [name for name, _ in found], "function")

    def _listing(self, facts: list[Fact], names: list[str], what: str) -> RetrievedFacts:
        """The facts in words, with the total number of answers."""
        if not facts:
            return RetrievedFacts([], [], "No annotation states it.")
        shown = facts[: self.n_max]
        n = f"{len(names):,} {what}{'s' if len(names) > 1 else ''}"
        some = ", among them" if len(names) > 1 and len(shown) < max(len(facts), len(names)) else ""
        return RetrievedFacts(shown, names, f"{n}{some}: {self._listed(shown)}.")

    def _verdict(self, facts: list[Fact], verdict: str) -> RetrievedFacts:
        shown = facts[: self.n_max]
        return RetrievedFacts(shown, [verdict], f"{verdict.capitalize()}: {self._listed(shown)}.")

    @staticmethod
    def _none(one: Entity, other: Entity) -> RetrievedFacts:
        return RetrievedFacts([], [], f"No annotation relates {one.label} to {other.label}.")

    @staticmethod
    def _listed(facts: list[Fact]) -> str:
        numbers = {source: i + 1 for i, source in enumerate(dict.fromkeys(fact.cite() for fact in facts))}
        return "; ".join(f"{fact.claim} [{numbers[fact.cite()]}]" for fact in facts)

    def _link_positions(self, disease: Entity) -> np.ndarray:
        return np.flatnonzero(np.isin(self.hpo.links[:, 1], disease.rows))

    def _link(self, link: list[int]) -> Fact:
        gene, disease, kind = link
        source, relation = self.hpo.kinds[kind]
        symbol, label = self.hpo.symbols[gene], self.hpo.disease_label(disease)
        claim = f"{symbol} – {label}: {relation.removesuffix(' in')}"
        return Fact(claim, symbol, relation, self.hpo.disease_ids[disease], self.hpo.source_label(source), self.hpo.disease_ids[disease])  # fmt: skip

    def _annotation(self, position: int, gene: Entity | None = None) -> Fact:
        hpo = self.hpo
        disease, term, _, reference, _ = hpo.annotations[position].tolist()
        often, absent = self._frequency(position), bool(hpo.negated[position])
        says = "does not show" if absent else "shows"
        through = f" (a disease of {gene.label})" if gene else ""
        claim = f"{hpo.disease_label(disease)}{through} {says} {hpo.ontology.label(term)}"
        claim += f", {often}" if often and not absent else ""
        relation = "lacks phenotype" if absent else "has phenotype"
        source = hpo.annotation_source(position)
        ids = hpo.disease_ids[disease], relation, hpo.ontology.ids[term]
        return Fact(claim, *ids, source, hpo.references[reference])

    def _evidence(self, row: Evidence, *, absent: bool = False) -> Fact:
        often = frequency_words(row.frequency)
        says = "does not show" if absent else "shows"
        claim = f"{row.gene}: {row.disease_name} ({row.disease}) {says} {row.term_name} ({row.term})"
        claim += f", {often}" if often and not absent else ""
        return Fact(claim, row.gene, "lacks phenotype" if absent else "has phenotype", row.term, row.source, row.reference)  # fmt: skip

    def _best(self, gene: str, term: Entity) -> Evidence:
        return self._strongest(self.hpo.evidence(gene, term.rows[0]))[0]

    @staticmethod
    def _strongest(rows: list[Evidence]) -> list[Evidence]:
        return sorted(rows, key=lambda row: -_weight(row.frequency))

    def _positions(self, diseases: Iterable[int], term: Entity) -> list[int]:
        """Positions of the annotations of diseases with a term or one of its descendants."""
        descendants = set(self.hpo.ontology.descendants(term.rows[0]).tolist())
        positions = [p for row in diseases for p in self.hpo.annotations_of(row).tolist()]
        return [p for p in positions if not self.hpo.negated[p] and int(self.hpo.annotations[p, 1]) in descendants]

    def _is_phenotype(self, position: int) -> bool:
        return bool(
            self.hpo.ontology.is_phenotype[self.hpo.annotations[position, 1]] and not self.hpo.negated[position]
        )

    def _frequency(self, position: int) -> str:
        return frequency_words(self.hpo.frequencies[self.hpo.annotations[position, 2]])

    def _weight(self, position: int) -> float:
        return float(self.weights[self.hpo.annotations[position, 2]])

    def _disease_weights(self, term: Entity) -> np.ndarray:
        """Weight of the most frequent annotation of each disease with a term or a descendant; 0 without one."""
        hpo = self.hpo
        kept = np.isin(hpo.annotations[:, 1], hpo.ontology.descendants(term.rows[0])) & ~hpo.negated
        weights = np.zeros(len(hpo.disease_ids))
        np.maximum.at(weights, hpo.annotations[kept, 0], self.weights[hpo.annotations[kept, 2]])
        return weights

    def _gene_weights(self, disease_weights: np.ndarray) -> np.ndarray:
        """Largest weight of each gene's diseases."""
        weights = np.zeros(len(self.hpo.genes))
        links = self.hpo.links
        np.maximum.at(weights, links[:, 0], disease_weights[links[:, 1]] * self._pair_strengths)
        return weights

    @cached_property
    def _pair_strengths(self) -> np.ndarray:
        """For each link, the strength of the evidence that its gene causes its disease, over all sources."""
        links, kind_strengths = self.hpo.links, np.array([_strength(relation) for _, relation in self.hpo.kinds])
        pairs = links[:, 0].astype(np.int64) * len(self.hpo.disease_ids) + links[:, 1]
        _, pair = np.unique(pairs, return_inverse=True)
        stated = np.zeros(pair.max(initial=-1) + 1)
        np.maximum.at(stated, pair, kind_strengths[links[:, 2]])
        strengths: np.ndarray = np.where(stated > 0, stated, UNSTATED_STRENGTH)[pair]
        return strengths

    def _by_strength(self, positions: np.ndarray, column: int) -> np.ndarray:
        """Links at some positions, grouped by gene (column 0) or disease (1): those of the strongest evidence first.

        Among equals, those with more sources come first.
        """
        links, strength = self.hpo.links[positions], self._pair_strengths[positions]
        groups: dict[int, list[int]] = {}
        for i, item in enumerate(links[:, column].tolist()):
            groups.setdefault(item, []).append(i)
        order = sorted(groups.values(), key=lambda group: (-strength[group].max(), -len(group)))
        ordered: np.ndarray = links[[i for group in order for i in group]]
        return ordered


LOOKUPS: dict[tuple[str, tuple[str, ...]], Callable[..., RetrievedFacts]] = {
    ("genes", ("hpo",)): FactRetriever._genes_of_hpo,
    ("genes", ("disease",)): FactRetriever._genes_of_disease,
    ("diseases", ("gene",)): FactRetriever._diseases_of_gene,
    ("diseases", ("hpo",)): FactRetriever._diseases_of_hpo,
    ("phenotypes", ("gene",)): FactRetriever._phenotypes_of_gene,
    ("phenotypes", ("disease",)): FactRetriever._phenotypes_of_disease,
    ("related", ("gene", "hpo")): FactRetriever._related_of_gene_hpo,
    ("related", ("disease", "gene")): FactRetriever._related_of_disease_gene,
    ("related", ("disease", "hpo")): FactRetriever._related_of_disease_hpo,
    ("how often", ("disease", "hpo")): FactRetriever._how_often_of_disease_hpo,
    ("meaning", ("hpo",)): FactRetriever._meaning_of_hpo,
    ("meaning", ("disease",)): FactRetriever._meaning_of_disease,
    ("functions", ("gene",)): FactRetriever._functions_of_gene,
}
"""Lookup methods by kind of question and kinds of entities, the latter sorted."""


def _strength(relation: str) -> float:
    """Strength of the evidence of a relation of gene and disease; 0 if the relation does not state a role."""
    return next((strength for word, strength in STRENGTHS if word in relation), 0)


def _weight(frequency: str) -> float:
    r"""Sort key of a frequency, larger than 0: :math:`(n + 2 \cdot 0.3) / (N + 2)` for counts, else the frequency."""
    n, _, total = frequency.partition("/")
    if total:
        return (float(n) + 2 * PRIOR_FREQUENCY) / (float(total) + 2)
    stated = parse_frequency(frequency)
    return PRIOR_FREQUENCY if np.isnan(stated) else max(stated, 1e-3)
