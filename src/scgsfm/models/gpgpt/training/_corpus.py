"""The corpus of GP-GPT: text, statements and triples to read, and instructions for the three tasks."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from scgsfm.models.gpgpt._tokenizer import tag
from scgsfm.phenotypes import frequency_words

from ._instruction_data import instructions, questions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from scgsfm.phenotypes import HPOAnnotations

INFO, DOCUMENTS = "corpus.json", "documents.jsonl.gz"
READ = ("text", "statement", "triple", "question")
"""Kinds of documents of stage 1: prose, gene–function statements, gene–disease–phenotype triples, questions."""
TASKS = ("answer", "retrieve", "relation")
"""Kinds of instructions of stage 2: question answering, retrieval, relation determination."""
_SYMBOL = re.compile(r"\b[A-Z][A-Z0-9-]*[A-Z0-9]\b")


class Prose(NamedTuple):
    """A text about an entity: a summary of a gene, a definition of a term or of a disease."""

    kind: str
    """``"gene"``, ``"hpo"`` or ``"disease"``."""
    name: str
    """An approved symbol, the id of a term, present or former, or that of a disease."""
    text: str


class Document(NamedTuple):
    """A text to read, or an instruction: what is asked, and the answer."""

    kind: str
    """One of :data:`READ` or :data:`TASKS`."""
    prompt: str
    """Empty for a text to read."""
    text: str
    held_out: bool
    """Whether it is kept for validation."""


@dataclass(frozen=True)
class Corpus:
    """Documents in memory, and what they were made from."""

    documents: list[Document]
    info: dict[str, Any]

    @classmethod
    def open(cls, folder: str | Path) -> Corpus:
        """Read a corpus that :func:`build_corpus` wrote."""
        folder = Path(folder)
        if not (folder / INFO).exists():
            msg = f"data: {folder} is no corpus folder, for it lacks {INFO}; training/build_gpgpt_corpus.py writes one."
            raise FileNotFoundError(msg)
        with gzip.open(folder / DOCUMENTS, "rt", encoding="utf-8") as lines:
            documents = [Document(*json.loads(line)) for line in lines]
        return cls(documents, json.loads((folder / INFO).read_text(encoding="utf-8")))

    def write(self, folder: str | Path) -> None:
        """Write ``documents.jsonl.gz``, the same bytes for the same documents, and ``corpus.json``."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / DOCUMENTS).open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
            packed.write(_lines(self.documents))
        (folder / INFO).write_text(json.dumps(self.info, indent=2) + "\n", encoding="utf-8")

    def select(self, kinds: Sequence[str], *, held_out: bool) -> list[Document]:
        """The documents of some kinds, for training or for validation."""
        return [document for document in self.documents if document.kind in kinds and document.held_out == held_out]


def build_corpus(
    known: HPOAnnotations,
    prose: Iterable[Prose],
    functions: Mapping[str, Mapping[str, Sequence[str]]],
    folder: str | Path,
    *,
    exclude: Sequence[str] = (),
    n_instructions: int = 100_000,
    held_out: float = 0.02,
    seed: int = 0,
) -> Corpus:
    """Write the corpus of both stages and return it.

    Ids of terms that were merged become those of today, and only terms below Phenotypic abnormality count as
    phenotypes. Pairs of gene and phenotype that are no annotation, but follow from one by the hierarchy, are never
    taken for unrelated.

    Parameters
    ----------
    known
        Terms, genes, diseases and their relations.
    prose
        Texts about them.
    functions
        For each statement that can be made of a gene (``"takes part in"``), names of functions and their genes.
    folder
        Where to write ``documents.jsonl.gz`` and ``corpus.json``.
    exclude
        Symbols of genes that nothing may be told of, to measure on them later.
    n_instructions
        Instructions to draw for stage 2.
    held_out
        Share of the genes, terms and diseases whose documents are kept for validation.
    seed
        Seed of what is drawn.

    Returns
    -------
    The corpus.
    """
    rng = np.random.default_rng(seed)
    writer = _Writer(known, set(exclude), held_out, rng)
    documents = [*writer.texts(prose), *writer.terms(), *writer.statements(functions), *writer.triples()]
    documents += [Document("question", "", text, writer.kept(text)) for text in writer.questions(n_instructions // 5)]
    asked = instructions(known, writer.excluded, n_instructions, rng)
    documents += [Document(kind, prompt, text, writer.kept(prompt)) for kind, prompt, text in asked]
    info = {
        "n_documents": dict(Counter(document.kind for document in documents)),
        "n_held_out": dict(Counter(document.kind for document in documents if document.held_out)),
        "n_characters": sum(len(document.prompt) + len(document.text) for document in documents),
        "sources": {key: f"{about['title']} {about['version']}" for key, about in known.sources.items()},
        "excluded_genes": len(writer.excluded),
        "seed": seed,
        "sha256": hashlib.sha256(_lines(documents)).hexdigest(),
    }
    corpus = Corpus(documents, info)
    corpus.write(folder)
    return corpus


def _lines(documents: list[Document]) -> bytes:
    return "".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents).encode()


class _Writer:
    """Writes what is known as sentences."""

    def __init__(self, known: HPOAnnotations, excluded: set[str], held_out: float, rng: np.random.Generator) -> None:
        self.known, self.excluded, self.held_out, self.rng = known, excluded, held_out, rng
        self.symbols = set(known.genes)
        self.disease_rows = {name: row for row, name in enumerate(known.disease_ids)}

    def kept(self, name: str) -> bool:
        """Whether an entity is one of validation: by a checksum of its name, so that it is in every corpus."""
        return zlib.crc32(name.encode()) % 10_000 < 10_000 * self.held_out

    def texts(self, prose: Iterable[Prose]) -> Iterator[Document]:
        """Prose, headed by what it is about; genes that it names are tagged."""
        for kind, name, text in prose:
            shown = self._shown(kind, name)
            if shown and text and name not in self.excluded:
                body = self._tagged(text) if kind == "gene" else text
                yield Document("text", "", f"{tag(kind, shown)}: {body}", self.kept(shown))

    def _shown(self, kind: str, name: str) -> str:
        if kind == "gene":
            return name
        if kind == "hpo":
            rows = self.known.ontology.find(name)
            return self.known.ontology.names[rows[0]] if rows else ""
        row = self.disease_rows.get(name)
        return self.known.disease_names[row] if row is not None else ""

    def _tagged(self, text: str) -> str:
        return _SYMBOL.sub(lambda m: tag("gene", m[0]) if m[0] in self.symbols and len(m[0]) > 2 else m[0], text)

    def terms(self) -> Iterator[Document]:
        """What each term is called, spelled out as well, and what it is a kind of."""
        o = self.known.ontology
        synonyms: dict[int, list[str]] = {}
        for text, row in zip(o.synonyms, o.synonym_rows.tolist(), strict=True):
            synonyms.setdefault(row, []).append(text)
        above: dict[int, list[int]] = {}
        for child, parent in o.parents.T.tolist():
            above.setdefault(child, []).append(parent)
        for row in np.flatnonzero(o.is_phenotype).tolist():
            told = [f"{o.names[row]} is {tag('hpo', o.names[row])}, {tag('hpo', o.ids[row])}"]
            if row in synonyms:
                told.append("also called " + ", ".join(f"{s} {tag('hpo', s)}" for s in self._some(synonyms[row], 3)))
            told.append("a kind of " + " and ".join(tag("hpo", o.names[parent]) for parent in above[row]))
            yield Document("triple", "", "; ".join(told) + ".", self.kept(o.names[row]))

    def statements(self, functions: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[Document]:
        """What each gene and its protein do."""
        told: dict[str, list[str]] = {}
        for says, terms in functions.items():
            for name, genes in terms.items():
                for gene in genes:
                    told.setdefault(gene, []).append(f"{says} {name}")
        for gene in sorted(told.keys() - self.excluded):
            some = self._some(told[gene], 5)
            yield Document("statement", "", f"{gene}: {tag('gene', gene)} {'; '.join(some)}.", self.kept(gene))

    def triples(self) -> Iterator[Document]:
        """Gene, disease and phenotypes of each link; disease and phenotypes of each disease."""
        for gene, disease, kind in self.known.links.tolist():
            symbol = self.known.genes[gene]
            if symbol not in self.excluded:
                relation = self.known.kinds[kind][1].lower().removesuffix(" in")
                shown = self._phenotypes(disease, 4)
                text = f"{tag('gene', symbol)} – {relation} – {self._disease(disease)}{shown and ' – '}{shown}."
                yield Document("triple", "", text, self.kept(symbol))
        for disease, key in enumerate(self.known.disease_ids):
            if shown := self._phenotypes(disease, 6):
                name = self.known.disease_names[disease]
                text = f"{name} is {self._disease(disease)}, {tag('disease', key)}. It shows {shown}."
                yield Document("triple", "", text, self.kept(name))

    def questions(self, n: int) -> Iterator[str]:
        """Questions with what they name in tags and what they ask for, so that their words are read as well."""
        for asked, question in questions(self.known, self.excluded, n, self.rng):
            yield f"{question} Asked: {asked}."

    def _disease(self, row: int) -> str:
        return tag("disease", self.known.disease_names[row] or self.known.disease_ids[row])

    def _phenotypes(self, disease: int, n: int) -> str:
        known, o = self.known, self.known.ontology
        places = [
            place
            for place in known.annotations_of(disease).tolist()
            if o.is_phenotype[known.annotations[place, 1]] and not known.negated[place]
        ]
        told = []
        for place in self._some(places, n):
            often = frequency_words(known.frequencies[known.annotations[place, 2]])
            told.append(tag("hpo", o.names[known.annotations[place, 1]]) + (f" ({often})" if often else ""))
        return ", ".join(told)

    def _some(self, items: list[Any], n: int) -> list[Any]:
        if len(items) <= n:
            return items
        return [items[i] for i in np.sort(self.rng.choice(len(items), n, replace=False))]
