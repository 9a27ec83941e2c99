"""Instructions for stage 2: questions to answer, questions to turn into queries, relations to judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm.models.gpgpt._common_words import DESCRIPTIONS
from scgsfm.models.gpgpt._tokenizer import tag

from ._question_templates import QUESTIONS, phrase, roughened

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from scgsfm.phenotypes import HPOAnnotations

KIND_PROMPT = "What does this ask for? "
SPAN_PROMPT = "Which entities does this name? "
ANSWER_PROMPT = "Answer: "
RELATION_PROMPT = "Related or not? "
YES, NO = "yes", "no"
ANSWERS = {
    "genes": "<gene>",
    "phenotypes": "<hpo>",
    "diseases": "<disease>",
    "related": " related",
    "how often": " frequent",
    "meaning": " is",
    "functions": " activity",
}
"""What the model writes for each thing that can be asked for: single tokens that it has read often."""


def asked_prompt(question: str) -> str:
    """The prompt whose answer is what is asked for, as :data:`ANSWERS` writes it.

    Names in the question may be replaced by the tags of their kinds, such as ``<gene>``.
    """
    return KIND_PROMPT + question


def spans_prompt(question: str) -> str:
    """The prompt whose answer are the entities that the question names, in their tags."""
    return SPAN_PROMPT + question


def answer_prompt(question: str) -> str:
    """The prompt whose answer the model gives by itself."""
    return ANSWER_PROMPT + question


def relation_prompt(gene: str, term: str) -> str:
    """The prompt whose answer is yes or no."""
    return f"{RELATION_PROMPT}{tag('gene', gene)} – {tag('hpo', term)}"


def questions(
    known: HPOAnnotations, excluded: Collection[str], n: int, rng: np.random.Generator
) -> Iterator[tuple[str, str]]:
    """What is asked for, and a question with its entities in tags, ``n`` of them."""
    draw = _Draws(known, excluded, rng)
    kinds = list(QUESTIONS)
    for _ in range(n):
        asked, entities = kinds[rng.integers(len(kinds))]
        yield asked, draw.question(asked, entities, {kind: tag(kind, draw.name(kind)) for kind in entities})


def instructions(
    known: HPOAnnotations, excluded: Collection[str], n: int, rng: np.random.Generator
) -> Iterator[tuple[str, str, str]]:
    """Task, prompt and answer, ``n`` of them: two fifths what is asked for, a fifth each entities, answers, relations."""
    draw = _Draws(known, excluded, rng)
    kinds = list(QUESTIONS)
    for i in range(n // 5):
        for task in ("asked", "asked", "spans"):
            asked, entities = kinds[rng.integers(len(kinds))]
            names = {kind: draw.name(kind) for kind in entities}
            if task == "asked":  # mostly without the names, as it is asked once these are known
                names = {kind: f"<{kind}>" if rng.random() < 0.8 else name for kind, name in names.items()}
                yield "retrieve", asked_prompt(draw.question(asked, entities, names)), ANSWERS[asked]
            else:
                question = draw.question(asked, entities, names)
                order = sorted(names, key=lambda kind: question.index(names[kind]))
                yield "retrieve", spans_prompt(question), " ".join(tag(kind, names[kind]) for kind in order)
        yield draw.answer()
        yield draw.relation(related=bool(i % 2))


class _Draws:
    """Draws entities and what is known of them."""

    def __init__(self, known: HPOAnnotations, excluded: Collection[str], rng: np.random.Generator) -> None:
        self.known, self.rng = known, rng
        o = known.ontology
        self.genes = np.array([row for row, gene in enumerate(known.genes) if gene not in excluded])
        self.phenotypes = np.flatnonzero(o.is_phenotype)
        self.synonyms = np.flatnonzero(o.is_phenotype[o.synonym_rows])
        self.named = np.array([row for row, name in enumerate(known.disease_names) if name])
        self.direct = known.gene_terms()
        self.direct = self.direct.multiply(o.is_phenotype).tocsr()
        self.implied = known.gene_phenotypes
        self.words = sorted(DESCRIPTIONS)
        self.annotated = self.genes[np.diff(self.direct.indptr)[self.genes] > 0]

    def one(self, items: Any) -> int:
        """One of them."""
        return int(items[self.rng.integers(len(items))])

    def name(self, kind: str) -> str:
        """What someone may call an entity of a kind: by name, synonym, id, or a symbol that does not exist."""
        known, o, chance = self.known, self.known.ontology, self.rng.random()
        if kind == "gene":
            return known.genes[self.one(self.genes)] if chance < 0.7 else self._made_up()
        if kind == "hpo":
            row = self.one(self.phenotypes)
            if chance < 0.15:
                return o.ids[row]
            text = o.names[row] if chance < 0.65 else o.synonyms[self.one(self.synonyms)]
            return self._altered(text)
        row = self.one(self.named)
        if chance < 0.15:
            return known.disease_ids[row]
        if chance < 0.4 and known.disease_synonyms:
            return self._altered(known.disease_synonyms[self.rng.integers(len(known.disease_synonyms))])
        return self._altered(known.disease_names[row])

    def _altered(self, text: str) -> str:
        """In small letters, or with words that it doesn't have: such a phrase still is one entity."""
        chance = self.rng.random()
        if chance < 0.08:
            text = " ".join(self.words[self.one(range(len(self.words)))] for _ in range(2 + int(chance < 0.03)))
        if chance < 0.5:
            text = text[0].lower() + text[1:]
        if chance > 0.85:
            other = self.known.ontology.names[self.one(self.phenotypes)].lower().split()
            text = f"{text} {' '.join(other[-2:])}" if chance > 0.93 else f"{other[0]} {text}"
        return text.replace("<", "(").replace(">", ")").strip()

    def _made_up(self) -> str:
        """Letters and digits that look like a symbol."""
        letters = "".join(chr(65 + self.rng.integers(26)) for _ in range(self.rng.integers(2, 6)))
        return letters + (str(self.rng.integers(1, 200)) if self.rng.random() < 0.7 else "")

    def question(self, asked: str, kinds: tuple[str, ...], names: dict[str, str]) -> str:
        """A question about named entities."""
        templates = QUESTIONS[asked, kinds]
        text = roughened(phrase(templates[self.rng.integers(len(templates))], self.rng), self.rng)
        for kind, name in names.items():
            text = text.replace(f"{{{kind}}}", name)
        return text

    def answer(self) -> tuple[str, str, str]:
        """A question and up to five of its answers, by name."""
        known, o = self.known, self.known.ontology
        gene = self.one(self.annotated)
        symbol, links = known.genes[gene], known.links_of(known.genes[gene])
        disease = int(known.links[self.one(links), 1])
        terms = known.annotations[known.annotations_of(disease)]
        terms = terms[o.is_phenotype[terms[:, 1]], 1]
        name = known.disease_names[disease] or known.disease_ids[disease]
        case = self.rng.integers(4 if len(terms) else 2)
        if case == 0:
            rows = np.unique(known.links[links, 1])[:5].tolist()
            answer = [tag("disease", known.disease_names[row] or known.disease_ids[row]) for row in rows]
            prompt = self.question("diseases", ("gene",), {"gene": symbol})
        elif case == 1:
            rows = np.unique(known.links[known.links[:, 1] == disease, 0])[:5].tolist()
            answer = [tag("gene", known.genes[row]) for row in rows]
            prompt = self.question("genes", ("disease",), {"disease": name})
        elif case == 2:
            answer = [tag("hpo", o.names[row]) for row in np.unique(terms)[:5].tolist()]
            prompt = self.question("phenotypes", ("disease",), {"disease": name})
        else:
            own = np.sort(self.direct.indices[self.direct.indptr[gene] : self.direct.indptr[gene + 1]])
            answer = [tag("hpo", o.names[row]) for row in own[:5].tolist()]
            prompt = self.question("phenotypes", ("gene",), {"gene": symbol})
        return "answer", answer_prompt(prompt), ", ".join(answer)

    def relation(self, *, related: bool) -> tuple[str, str, str]:
        """A gene and a phenotype; one that the gene lacks is drawn as often as other genes have it."""
        gene, o = self.one(self.annotated), self.known.ontology
        indptr, indices = self.direct.indptr, self.direct.indices
        row = self.one(indices[indptr[gene] : indptr[gene + 1]])
        if not related:
            known = set(self.implied.indices[self.implied.indptr[gene] : self.implied.indptr[gene + 1]].tolist())
            while row in known:
                row = self.one(indices)
        return "relation", relation_prompt(self.known.genes[gene], o.names[row]), YES if related else NO
