"""Facts that answer a question: rows of the annotations, each with its source."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from ._annotations import share
from ._frequencies import frequency_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._annotations import Evidence, HPOAnnotations

Predict: TypeAlias = Callable[[str, int], float | None]
"""Gives the probability that a gene has a term, by symbol and row, or ``None``."""

UNSTATED = 0.3
"""Stands for a frequency that the source doesn't give, where facts are put in order; small samples lean to it."""


class Entity(NamedTuple):
    """A gene, phenotype or disease that a question names."""

    kind: str
    name: str
    """The approved symbol, or the id."""
    label: str
    """As it is shown."""
    rows: tuple[int, ...]
    """Of the term, or of the diseases with the name; none for a gene."""


class Fact(NamedTuple):
    """One row of what is known, or a prediction."""

    claim: str
    """What the row says, in words."""
    subject: str
    relation: str
    object: str
    source: str
    """Who says so, and in which version."""
    reference: str
    """What the source refers to, as ``"PMID:28050285"``; may be empty."""
    predicted: bool = False
    """Whether it is a prediction of the package and no annotation."""

    def cite(self) -> str:
        """Source and reference."""
        return ", ".join(filter(None, [self.source, self.reference]))


class RetrievedFacts(NamedTuple):
    """Facts, all answers by id or symbol, and the answer in words."""

    facts: list[Fact]
    names: list[str]
    text: str


class FactRetriever:
    """Looks up what is asked of entities.

    Parameters
    ----------
    known
        The annotations.
    predict
        Gives the probability that a gene has a term where no annotation tells.
    functions
        Gives what a gene does, as pairs of a function and its source.
    n_max
        Facts to tell at most.
    """

    def __init__(
        self,
        known: HPOAnnotations,
        predict: Predict | None = None,
        functions: Callable[[str], list[tuple[str, str]]] | None = None,
        n_max: int = 10,
    ) -> None:
        self.known, self.predict, self.functions, self.n_max = known, predict, functions, n_max
        self.weights = np.array([_weight(text) for text in known.frequencies])

    def find(self, asked: str, entities: tuple[Entity, ...]) -> RetrievedFacts:
        """What is known of one entity, of two of different kinds, or of several of one kind together."""
        by_kind: dict[str, list[Entity]] = {}
        for entity in entities:
            by_kind.setdefault(entity.kind, []).append(entity)
        kinds = tuple(sorted(by_kind))
        return LOOKUPS[asked, kinds](self, *(by_kind[kind] for kind in kinds))

    def _genes_of_hpo(self, terms: list[Entity]) -> RetrievedFacts:
        weight = np.min([self._gene_weights(self._disease_weights(term)) for term in terms], axis=0)
        order = [row for row in np.argsort(-weight, kind="stable").tolist() if weight[row] > 0]
        genes = [self.known.genes[row] for row in order]
        facts = [self._evidence(self._best(gene, term)) for gene in genes[: self.n_max] for term in terms]
        return self._told(facts, genes, "gene")

    def _genes_of_disease(self, diseases: list[Entity]) -> RetrievedFacts:
        links = self._links(diseases[0])
        genes = list(dict.fromkeys(self.known.genes[row] for row in links[:, 0].tolist()))
        return self._told([self._link(link) for link in links.tolist()], genes, "gene")

    def _diseases_of_gene(self, genes: list[Entity]) -> RetrievedFacts:
        links = self.known.links[self.known.links_of(genes[0].name)]
        names = list(dict.fromkeys(self.known.disease_ids[row] for row in links[:, 1].tolist()))
        return self._told([self._link(link) for link in links.tolist()], names, "disease")

    def _diseases_of_hpo(self, terms: list[Entity]) -> RetrievedFacts:
        weight = np.min([self._disease_weights(term) for term in terms], axis=0)
        order = [row for row in np.argsort(-weight, kind="stable").tolist() if weight[row] > 0]
        facts = []
        for row in order[: self.n_max]:
            for term in terms:
                places = self._places([row], term)
                facts.append(self._annotation(max(places, key=self._weight)))
        return self._told(facts, [self.known.disease_ids[row] for row in order], "disease")

    def _phenotypes_of_gene(self, genes: list[Entity]) -> RetrievedFacts:
        links = self.known.links[self.known.links_of(genes[0].name)]
        return self._phenotypes(np.unique(links[:, 1]).tolist(), genes[0])

    def _phenotypes_of_disease(self, diseases: list[Entity]) -> RetrievedFacts:
        return self._phenotypes(list(diseases[0].rows), None)

    def _phenotypes(self, diseases: list[int], gene: Entity | None) -> RetrievedFacts:
        """Of diseases, telling and frequent ones first, each once."""
        known = self.known
        places = [p for row in diseases for p in known.annotations_of(row).tolist() if self._counts(p)]
        places.sort(key=lambda p: -self._weight(p) * known.information[known.annotations[p, 1]])
        first: dict[int, int] = {}
        for place in places:
            first.setdefault(int(known.annotations[place, 1]), place)
        facts = [self._annotation(place, gene) for place in list(first.values())[: self.n_max]]
        return self._told(facts, [known.ontology.ids[term] for term in first], "phenotype")

    def _related_of_gene_hpo(self, genes: list[Entity], terms: list[Entity]) -> RetrievedFacts:
        gene, term = genes[0].name, terms[0].rows[0]
        if rows := self.known.evidence(gene, term):
            return self._verdict([self._evidence(row) for row in self._strongest(rows)], "yes")
        if rows := self.known.evidence(gene, term, negated=True):
            return self._verdict([self._evidence(row, absent=True) for row in self._strongest(rows)], "no")
        chance = self.predict(gene, term) if self.predict else None
        if chance is None:
            return RetrievedFacts([], [], f"No annotation relates {gene} to {terms[0].label}.")
        claim = f"{gene} has {terms[0].label} with probability {chance:.3f}"
        fact = Fact(f"predicted: {claim}", gene, "predicted phenotype", terms[0].name, "prediction of scgsfm", "", True)
        text = f"No annotation relates {gene} to {terms[0].label}. This is a prediction, not a known fact: {claim} [1]."
        return RetrievedFacts([fact], [], text)

    def _related_of_disease_gene(self, diseases: list[Entity], genes: list[Entity]) -> RetrievedFacts:
        links = self._links(diseases[0])
        row = self.known.gene(genes[0].name)
        facts = [self._link(link) for link in links.tolist() if link[0] == row]
        return self._verdict(facts, "yes") if facts else self._none(genes[0], diseases[0])

    def _related_of_disease_hpo(self, diseases: list[Entity], terms: list[Entity]) -> RetrievedFacts:
        places = self._places(list(diseases[0].rows), terms[0])
        if places:
            return self._verdict([self._annotation(p) for p in sorted(places, key=self._weight)[::-1]], "yes")
        above = set(self.known.ontology.ancestors(terms[0].rows[0]).tolist())
        absent = [
            place
            for row in diseases[0].rows
            for place in self.known.annotations_of(row).tolist()
            if self.known.negated[place] and int(self.known.annotations[place, 1]) in above
        ]
        if absent:
            return self._verdict([self._annotation(place) for place in absent], "no")
        return self._none(diseases[0], terms[0])

    def _how_often_of_disease_hpo(self, diseases: list[Entity], terms: list[Entity]) -> RetrievedFacts:
        places = [
            place
            for place in self._places(list(diseases[0].rows), terms[0])
            if self.known.annotations[place, 1] == terms[0].rows[0] or not self._exact(diseases[0], terms[0])
        ]
        often = [self._often(place) for place in places]
        facts = [self._annotation(place) for place, text in zip(places, often, strict=True) if text]
        if not facts:
            return RetrievedFacts(
                [], [], f"No annotation tells how often {terms[0].label} is seen in {diseases[0].label}."
            )
        return self._told(facts, list(dict.fromkeys(filter(None, often))), "figure")

    def _exact(self, disease: Entity, term: Entity) -> bool:
        places = self._places(list(disease.rows), term)
        return any(self.known.annotations[place, 1] == term.rows[0] for place in places)

    def _meaning_of_hpo(self, terms: list[Entity]) -> RetrievedFacts:
        o, row = self.known.ontology, terms[0].rows[0]
        source, label = self.known.cited("hpo"), terms[0].label
        told = [(f"{o.ids[row]} is {o.names[row]}", "name", o.names[row])]
        also = [o.synonyms[i] for i in np.flatnonzero(o.synonym_rows == row).tolist()]
        told += [(f"{label} is also called {synonym}", "synonym", synonym) for synonym in also]
        parents = o.parents[1, o.parents[0] == row].tolist()
        told += [(f"{label} is a kind of {o.label(parent)}", "is_a", o.ids[parent]) for parent in parents]
        facts = [Fact(claim, o.ids[row], relation, value, source, "") for claim, relation, value in told]
        return self._told(facts, [o.ids[row]], "term")

    def _meaning_of_disease(self, diseases: list[Entity]) -> RetrievedFacts:
        known, facts = self.known, []
        for row in diseases[0].rows:
            key, name = known.disease_ids[row], known.disease_names[row]
            source = known.cited("orphanet" if key.startswith("ORPHA") else "hpo_annotations")
            facts.append(Fact(f"{key} is {name}", key, "name", name, source, key))
            for i in np.flatnonzero(known.disease_synonym_rows == row).tolist():
                also = known.disease_synonyms[i]
                facts.append(Fact(f"{name} ({key}) is also called {also}", key, "synonym", also, known.cited("orphanet"), key))  # fmt: skip
        return self._told(facts, [known.disease_ids[row] for row in diseases[0].rows], "disease")

    def _functions_of_gene(self, genes: list[Entity]) -> RetrievedFacts:
        found = self.functions(genes[0].name) if self.functions else []
        facts = [
            Fact(f"{genes[0].name}: {name}", genes[0].name, "function", name, source, "") for name, source in found
        ]
        return self._told(facts, [name for name, _ in found], "function")

    def _told(self, facts: list[Fact], names: list[str], what: str) -> RetrievedFacts:
        """The facts in words, and of how many they are examples."""
        if not facts:
            return RetrievedFacts([], [], "No annotation tells.")
        shown = facts[: self.n_max]
        n = f"{len(names):,} {what}{'s' if len(names) > 1 else ''}"
        some = ", among them" if len(shown) < max(len(facts), len(names)) else ""
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

    def _links(self, disease: Entity) -> np.ndarray:
        return self.known.links[np.isin(self.known.links[:, 1], disease.rows)]

    def _link(self, link: list[int]) -> Fact:
        gene, disease, kind = link
        source, relation = self.known.kinds[kind]
        symbol, label = self.known.genes[gene], self.known.disease_label(disease)
        claim = f"{symbol} – {label}: {relation.removesuffix(' in')}"
        return Fact(claim, symbol, relation, self.known.disease_ids[disease], self.known.cited(source), self.known.disease_ids[disease])  # fmt: skip

    def _annotation(self, place: int, gene: Entity | None = None) -> Fact:
        known = self.known
        disease, term, _, reference, _ = known.annotations[place].tolist()
        often, absent = self._often(place), bool(known.negated[place])
        says = "does not show" if absent else "shows"
        through = f" (a disease of {gene.label})" if gene else ""
        claim = f"{known.disease_label(disease)}{through} {says} {known.ontology.label(term)}"
        claim += f", {often}" if often and not absent else ""
        relation = "lacks phenotype" if absent else "has phenotype"
        source = known.cited("hpo_annotations")
        ids = known.disease_ids[disease], relation, known.ontology.ids[term]
        return Fact(claim, *ids, source, known.references[reference])

    def _evidence(self, row: Evidence, *, absent: bool = False) -> Fact:
        often = frequency_words(row.frequency)
        says = "does not show" if absent else "shows"
        claim = f"{row.gene}: {row.disease_name} ({row.disease}) {says} {row.term_name} ({row.term})"
        claim += f", {often}" if often and not absent else ""
        return Fact(claim, row.gene, "lacks phenotype" if absent else "has phenotype", row.term, row.source, row.reference)  # fmt: skip

    def _best(self, gene: str, term: Entity) -> Evidence:
        return self._strongest(self.known.evidence(gene, term.rows[0]))[0]

    @staticmethod
    def _strongest(rows: list[Evidence]) -> list[Evidence]:
        return sorted(rows, key=lambda row: -_weight(row.frequency))

    def _places(self, diseases: Iterable[int], term: Entity) -> list[int]:
        """Annotations of diseases with a term or one below it."""
        below = set(self.known.ontology.descendants(term.rows[0]).tolist())
        places = [place for row in diseases for place in self.known.annotations_of(row).tolist()]
        return [p for p in places if not self.known.negated[p] and int(self.known.annotations[p, 1]) in below]

    def _counts(self, place: int) -> bool:
        return bool(
            self.known.ontology.is_phenotype[self.known.annotations[place, 1]] and not self.known.negated[place]
        )

    def _often(self, place: int) -> str:
        return frequency_words(self.known.frequencies[self.known.annotations[place, 2]])

    def _weight(self, place: int) -> float:
        return float(self.weights[self.known.annotations[place, 2]])

    def _disease_weights(self, term: Entity) -> np.ndarray:
        """How often each disease shows a term or one below it; 0 where it isn't annotated."""
        known = self.known
        below = known.ontology.descendants(term.rows[0])
        kept = np.isin(known.annotations[:, 1], below) & ~known.negated
        weights = np.zeros(len(known.disease_ids))
        np.maximum.at(weights, known.annotations[kept, 0], self.weights[known.annotations[kept, 2]])
        return weights

    def _gene_weights(self, diseases: np.ndarray) -> np.ndarray:
        """The largest weight among each gene's diseases."""
        weights: Any = np.zeros(len(self.known.genes))
        np.maximum.at(weights, self.known.links[:, 0], diseases[self.known.links[:, 1]])
        return weights


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
"""By what is asked and the kinds of the entities, in the order of their names."""


def _weight(frequency: str) -> float:
    """A frequency as a number above 0 that says more the more patients it is of."""
    stated = share(frequency)
    n, _, of = frequency.partition("/")
    if of:
        return (float(n) + 2 * UNSTATED) / (float(of) + 2)
    return UNSTATED if np.isnan(stated) else max(stated, 1e-3)
