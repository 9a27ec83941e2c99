"""Corpus of GP-GPT: texts, statements and triples for stage 1, and instructions of three tasks for stage 2."""

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
    """A text about an entity: a summary of a gene, or a definition of a term or disease."""

    kind: str
    """``"gene"``, ``"hpo"`` or ``"disease"``."""
    name: str
    """Approved symbol, current or former id of a term, or id of a disease."""
    text: str


class Document(NamedTuple):
    """A text, or an instruction with its answer."""

    kind: str
    """One of :data:`READ` or :data:`TASKS`."""
    prompt: str
    """Empty for texts."""
    text: str
    held_out: bool
    """Whether the document is used for validation."""


@dataclass(frozen=True)
class Corpus:
    """Documents in memory, with their provenance."""

    documents: list[Document]
    info: dict[str, Any]

    @classmethod
    def open(cls, folder: str | Path) -> Corpus:
        """Read a corpus that :func:`build_corpus` wrote."""
        folder = Path(folder)
        if not (folder / INFO).exists():
            msg = f"`data`: {folder} is not a corpus directory, as it lacks {INFO}: training/build_gpgpt_corpus.py writes one."
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
        """Documents of some kinds, for training or for validation."""
        return [document for document in self.documents if document.kind in kinds and document.held_out == held_out]


def build_corpus(
    hpo: HPOAnnotations,
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

    Former ids of terms are replaced by current ones. Only terms below Phenotypic abnormality are used as phenotypes. A
    pair of a gene and a phenotype that is implied by an annotation is never used as a negative.

    Parameters
    ----------
    hpo
        Terms, genes, diseases and their relations.
    prose
        Texts about these.
    functions
        Genes by function, for each relation of genes and functions (such as ``"takes part in"``).
    folder
        Directory to write ``documents.jsonl.gz`` and ``corpus.json`` to.
    exclude
        Symbols of genes to leave out of all documents, for later evaluation.
    n_instructions
        Number of instructions of stage 2.
    held_out
        Fraction of the genes, terms and diseases whose documents are used for validation.
    seed
        Seed of all random choices.

    Returns
    -------
    The corpus.
    """
    rng = np.random.default_rng(seed)
    writer = _DocumentWriter(hpo, set(exclude), held_out, rng)
    documents = [*writer.texts(prose), *writer.terms(), *writer.statements(functions), *writer.triples()]
    documents += [
        Document("question", "", text, writer.is_held_out(text)) for text in writer.questions(n_instructions // 5)
    ]
    asked = instructions(hpo, writer.excluded, n_instructions, rng)
    documents += [Document(kind, prompt, text, writer.is_held_out(prompt)) for kind, prompt, text in asked]
    info = {
        "n_documents": dict(Counter(document.kind for document in documents)),
        "n_held_out": dict(Counter(document.kind for document in documents if document.held_out)),
        "n_characters": sum(len(document.prompt) + len(document.text) for document in documents),
        "sources": {key: f"{about['title']} {about['version']}" for key, about in hpo.sources.items()},
        "excluded_genes": len(writer.excluded),
        "seed": seed,
        "sha256": hashlib.sha256(_lines(documents)).hexdigest(),
    }
    corpus = Corpus(documents, info)
    corpus.write(folder)
    return corpus


def _lines(documents: list[Document]) -> bytes:
    return "".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents).encode()


class _DocumentWriter:
    """Writes annotations, statements and prose as documents."""

    def __init__(self, hpo: HPOAnnotations, excluded: set[str], held_out: float, rng: np.random.Generator) -> None:
        self.hpo, self.excluded, self.held_out, self.rng = hpo, excluded, held_out, rng
        self.symbols = set(hpo.genes)
        self.disease_rows = {name: row for row, name in enumerate(hpo.disease_ids)}

    def is_held_out(self, name: str) -> bool:
        """Whether an entity is held out: by a checksum of its name, so that it is the same for every corpus."""
        return zlib.crc32(name.encode()) % 10_000 < 10_000 * self.held_out

    def texts(self, prose: Iterable[Prose]) -> Iterator[Document]:
        """Prose with its subject as the heading; genes in the text are tagged."""
        for kind, name, text in prose:
            shown = self._display_name(kind, name)
            if shown and text and name not in self.excluded:
                body = self._tagged(text) if kind == "gene" else text
                yield Document("text", "", f"{tag(kind, shown)}: {body}", self.is_held_out(shown))

    def _display_name(self, kind: str, name: str) -> str:
        if kind == "gene":
            return name
        if kind == "hpo":
            rows = self.hpo.ontology.find(name)
            return self.hpo.ontology.names[rows[0]] if rows else ""
        row = self.disease_rows.get(name)
        return self.hpo.disease_names[row] if row is not None else ""

    def _tagged(self, text: str) -> str:
        return _SYMBOL.sub(lambda m: tag("gene", m[0]) if m[0] in self.symbols and len(m[0]) > 2 else m[0], text)

    def terms(self) -> Iterator[Document]:
        """Names, synonyms and parents of each term."""
        o = self.hpo.ontology
        synonyms: dict[int, list[str]] = {}
        for text, row in zip(o.synonyms, o.synonym_rows.tolist(), strict=True):
            synonyms.setdefault(row, []).append(text)
        parents: dict[int, list[int]] = {}
        for child, parent in o.parents.T.tolist():
            parents.setdefault(child, []).append(parent)
        for row in np.flatnonzero(o.is_phenotype).tolist():
            parts = [f"{o.names[row]} is {tag('hpo', o.names[row])}, {tag('hpo', o.ids[row])}"]
            if row in synonyms:
                parts.append("also called " + ", ".join(f"{s} {tag('hpo', s)}" for s in self._sample(synonyms[row], 3)))
            parts.append("a kind of " + " and ".join(tag("hpo", o.names[parent]) for parent in parents[row]))
            yield Document("triple", "", "; ".join(parts) + ".", self.is_held_out(o.names[row]))

    def statements(self, functions: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[Document]:
        """Functions of each gene."""
        statements: dict[str, list[str]] = {}
        for relation, terms in functions.items():
            for name, genes in terms.items():
                for gene in genes:
                    statements.setdefault(gene, []).append(f"{relation} {name}")
        for gene in sorted(statements.keys() - self.excluded):
            some = self._sample(statements[gene], 5)
            yield Document("statement", "", f"{gene}: {tag('gene', gene)} {'; '.join(some)}.", self.is_held_out(gene))

    def triples(self) -> Iterator[Document]:
        """Gene, disease and phenotypes of each link; disease and phenotypes of each disease."""
        for gene, disease, kind in self.hpo.links.tolist():
            symbol = self.hpo.genes[gene]
            if symbol not in self.excluded:
                relation = self.hpo.kinds[kind][1].lower().removesuffix(" in")
                shown = self._phenotypes(disease, 4)
                text = f"{tag('gene', symbol)} – {relation} – {self._disease(disease)}{shown and ' – '}{shown}."
                yield Document("triple", "", text, self.is_held_out(symbol))
        for disease, key in enumerate(self.hpo.disease_ids):
            if shown := self._phenotypes(disease, 6):
                name = self.hpo.disease_names[disease]
                text = f"{name} is {self._disease(disease)}, {tag('disease', key)}. It shows {shown}."
                yield Document("triple", "", text, self.is_held_out(name))

    def questions(self, n: int) -> Iterator[str]:
        """Questions with tagged entities and their kind, so that stage 1 contains the words of questions."""
        for kind, question in questions(self.hpo, self.excluded, n, self.rng):
            yield f"{question} Asked: {kind}."

    def _disease(self, row: int) -> str:
        return tag("disease", self.hpo.disease_names[row] or self.hpo.disease_ids[row])

    def _phenotypes(self, disease: int, n: int) -> str:
        hpo, o = self.hpo, self.hpo.ontology
        positions = [
            position
            for position in hpo.annotations_of(disease).tolist()
            if o.is_phenotype[hpo.annotations[position, 1]] and not hpo.negated[position]
        ]
        parts = []
        for position in self._sample(positions, n):
            frequency = frequency_words(hpo.frequencies[hpo.annotations[position, 2]])
            parts.append(tag("hpo", o.names[hpo.annotations[position, 1]]) + (f" ({frequency})" if frequency else ""))
        return ", ".join(parts)

    def _sample(self, items: list[Any], n: int) -> list[Any]:
        if len(items) <= n:
            return items
        return [items[i] for i in np.sort(self.rng.choice(len(items), n, replace=False))]
