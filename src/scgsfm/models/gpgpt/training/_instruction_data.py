"""Instructions of stage 2: question answering, retrieval and relation determination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm.models.gpgpt._prompts import (
    KIND_ANSWERS,
    NO,
    YES,
    answer_prompt,
    entities_prompt,
    kind_prompt,
    relation_prompt,
)
from scgsfm.models.gpgpt._tokenizer import tag
from scgsfm.questions import DESCRIPTIONS

from ._question_templates import QUESTIONS, phrase, with_noise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from scgsfm.phenotypes import HPOAnnotations


def questions(
    hpo: HPOAnnotations, excluded: Collection[str], n: int, rng: np.random.Generator
) -> Iterator[tuple[str, str]]:
    """Kind and text of ``n`` questions with tagged entities."""
    sampler = _InstructionSampler(hpo, excluded, rng)
    kinds = list(QUESTIONS)
    for _ in range(n):
        kind, entities = kinds[rng.integers(len(kinds))]
        yield kind, sampler.question(kind, entities, {entity: tag(entity, sampler.name(entity)) for entity in entities})


def instructions(
    hpo: HPOAnnotations, excluded: Collection[str], n: int, rng: np.random.Generator
) -> Iterator[tuple[str, str, str]]:
    """Task, prompt and answer of ``n`` instructions.

    Two fifths ask for the kind of a question, and one fifth each for its entities, for its answer, and for a relation.
    """
    sampler = _InstructionSampler(hpo, excluded, rng)
    kinds = list(QUESTIONS)
    for i in range(n // 5):
        for task in ("kind", "kind", "entities"):
            kind, entities = kinds[rng.integers(len(kinds))]
            names = {entity: sampler.name(entity) for entity in entities}
            if task == "kind":  # inference replaces linked names by tags, so most of the questions have tags
                names = {entity: f"<{entity}>" if rng.random() < 0.8 else name for entity, name in names.items()}
                yield "retrieve", kind_prompt(sampler.question(kind, entities, names)), KIND_ANSWERS[kind]
            else:
                question = sampler.question(kind, entities, names)
                order = sorted(names, key=lambda entity: question.index(names[entity]))
                yield "retrieve", entities_prompt(question), " ".join(tag(entity, names[entity]) for entity in order)
        yield sampler.answer()
        yield sampler.relation(related=bool(i % 2))


class _InstructionSampler:
    """Samples entities, questions about them, and answers from annotations."""

    def __init__(self, hpo: HPOAnnotations, excluded: Collection[str], rng: np.random.Generator) -> None:
        self.hpo, self.rng = hpo, rng
        o = hpo.ontology
        self.genes = np.array([row for row, gene in enumerate(hpo.genes) if gene not in excluded])
        self.phenotypes = np.flatnonzero(o.is_phenotype)
        self.synonyms = np.flatnonzero(o.is_phenotype[o.synonym_rows])
        self.named = np.array([row for row, name in enumerate(hpo.disease_names) if name])
        self.direct = hpo.gene_terms()
        self.direct = self.direct.multiply(o.is_phenotype).tocsr()
        self.implied = hpo.gene_phenotypes
        self.words = sorted(DESCRIPTIONS)
        self.annotated = self.genes[np.diff(self.direct.indptr)[self.genes] > 0]

    def one(self, items: Any) -> int:
        """A random item."""
        return int(items[self.rng.integers(len(items))])

    def name(self, kind: str) -> str:
        """Name, synonym or id of a random entity of a kind, or a gene symbol that does not exist."""
        hpo, o, chance = self.hpo, self.hpo.ontology, self.rng.random()
        if kind == "gene":
            return hpo.genes[self.one(self.genes)] if chance < 0.7 else self._fictitious_symbol()
        if kind == "hpo":
            row = self.one(self.phenotypes)
            if chance < 0.15:
                return o.ids[row]
            text = o.names[row] if chance < 0.65 else o.synonyms[self.one(self.synonyms)]
            return self._altered(text)
        row = self.one(self.named)
        if chance < 0.15:
            return hpo.disease_ids[row]
        if chance < 0.4 and hpo.disease_synonyms:
            return self._altered(hpo.disease_synonyms[self.rng.integers(len(hpo.disease_synonyms))])
        return self._altered(hpo.disease_names[row])

    def _altered(self, text: str) -> str:
        """The name in lower case or with additional words, which are to be copied as parts of the name."""
        chance = self.rng.random()
        if chance < 0.08:
            text = " ".join(self.words[self.one(range(len(self.words)))] for _ in range(2 + int(chance < 0.03)))
        if chance < 0.5:
            text = text[0].lower() + text[1:]
        if chance > 0.85:
            other = self.hpo.ontology.names[self.one(self.phenotypes)].lower().split()
            text = f"{text} {' '.join(other[-2:])}" if chance > 0.93 else f"{other[0]} {text}"
        return text.replace("<", "(").replace(">", ")").strip()

    def _fictitious_symbol(self) -> str:
        """Random letters and digits in the form of a gene symbol."""
        letters = "".join(chr(65 + self.rng.integers(26)) for _ in range(self.rng.integers(2, 6)))
        return letters + (str(self.rng.integers(1, 200)) if self.rng.random() < 0.7 else "")

    def question(self, kind: str, entities: tuple[str, ...], names: dict[str, str]) -> str:
        """A random question of a kind about named entities."""
        templates = QUESTIONS[kind, entities]
        text = with_noise(phrase(templates[self.rng.integers(len(templates))], self.rng), self.rng)
        for entity, name in names.items():
            text = text.replace(f"{{{entity}}}", name)
        return text

    def answer(self) -> tuple[str, str, str]:
        """A random question and up to five of its answers, by name."""
        hpo, o = self.hpo, self.hpo.ontology
        gene = self.one(self.annotated)
        symbol, links = hpo.genes[gene], hpo.links_of(hpo.genes[gene])
        disease = int(hpo.links[self.one(links), 1])
        terms = hpo.annotations[hpo.annotations_of(disease)]
        terms = terms[o.is_phenotype[terms[:, 1]], 1]
        name = hpo.disease_names[disease] or hpo.disease_ids[disease]
        case = self.rng.integers(4 if len(terms) else 2)
        if case == 0:
            rows = np.unique(hpo.links[links, 1])[:5].tolist()
            answer = [tag("disease", hpo.disease_names[row] or hpo.disease_ids[row]) for row in rows]
            prompt = self.question("diseases", ("gene",), {"gene": symbol})
        elif case == 1:
            rows = np.unique(hpo.links[hpo.links[:, 1] == disease, 0])[:5].tolist()
            answer = [tag("gene", hpo.genes[row]) for row in rows]
            prompt = self.question("genes", ("disease",), {"disease": name})
        elif case == 2:
            answer = [tag("hpo", o.names[row]) for row in np.unique(terms)[:5].tolist()]
            prompt = self.question("phenotypes", ("disease",), {"disease": name})
        else:
            rows = np.sort(self.direct.indices[self.direct.indptr[gene] : self.direct.indptr[gene + 1]])
            answer = [tag("hpo", o.names[row]) for row in rows[:5].tolist()]
            prompt = self.question("phenotypes", ("gene",), {"gene": symbol})
        return "answer", answer_prompt(prompt), ", ".join(answer)

    def relation(self, *, related: bool) -> tuple[str, str, str]:
        """A gene and a phenotype; negatives are sampled in proportion to their number of genes."""
        gene, o = self.one(self.annotated), self.hpo.ontology
        indptr, indices = self.direct.indptr, self.direct.indices
        row = self.one(indices[indptr[gene] : indptr[gene + 1]])
        if not related:
            implied = set(self.implied.indices[self.implied.indptr[gene] : self.implied.indptr[gene + 1]].tolist())
            while row in implied:
                row = self.one(indices)
        return "relation", relation_prompt(self.hpo.genes[gene], o.names[row]), YES if related else NO
