"""Files of releases: the ontology (JSON or OBO), HPO annotations, genes of diseases, and products of Orphadata."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from scgsfm._messages import GIT_LFS_POINTER, warn

from ._frequencies import parse_frequency

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

MAX_BAD = 0.01
"""Fraction of unreadable lines above which a file is refused."""
_HP = re.compile(r"(?:HP:|http://purl\.obolibrary\.org/obo/HP_)(\d{7})")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DISEASE = re.compile(r"(OMIM|ORPHA|DECIPHER|MONDO):\d+")
_REPLACED_BY = "http://purl.obolibrary.org/obo/IAO_0100001"
_OPENERS: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}


class Term(NamedTuple):
    """A live term."""

    name: str
    synonyms: list[tuple[str, bool]]
    """Each with whether it is exact."""
    alternatives: list[int]
    """Numbers of terms that were merged into it or replaced by it."""


@dataclass
class OntologyRelease:
    """Terms by number, pairs of child and parent, and terms that cannot be used."""

    version: str
    terms: dict[int, Term]
    is_a: list[tuple[int, int]]
    obsolete: dict[int, tuple[str, list[int]]]
    """Obsolete terms without a single successor: name, and the terms to consider."""
    newer: dict[int, str] = field(default_factory=dict)
    """Names of terms of later releases."""


class Annotation(NamedTuple):
    """A phenotype of a disease."""

    disease: str
    term: int
    negated: bool
    frequency: str
    reference: str
    code: str


@dataclass
class AnnotationRelease:
    """Phenotypes of diseases, and the name of each disease."""

    version: str
    annotations: list[Annotation]
    names: dict[str, str]


class Link(NamedTuple):
    """A gene of a disease; the gene by symbol, NCBI id or both."""

    symbol: str
    entrez: str
    disease: str
    relation: str


@dataclass
class OrphanetRelease:
    """What files of Orphanet say: genes and phenotypes of disorders, names and synonyms."""

    version: str
    links: list[Link]
    names: dict[str, str]
    synonyms: dict[str, list[str]]
    annotations: list[Annotation]


def text_of(path: Path) -> str:
    """Text of a file, plain or compressed.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or it is not text.
    """
    if not path.is_file():
        msg = f"There is no file {path}."
        raise FileNotFoundError(msg)
    with path.open("rb") as file:
        start = file.read(len(GIT_LFS_POINTER))
    if start == GIT_LFS_POINTER:
        msg = f"{path} is a pointer of Git LFS, not the file itself: `git lfs pull` gets it."
        raise ValueError(msg)
    try:
        with _OPENERS.get(start[:2], open)(path, "rb") as file:
            return str(file.read(), "utf-8-sig")
    except (UnicodeDecodeError, EOFError, OSError, lzma.LZMAError) as error:
        msg = f"{path} cannot be read as text: {error}."
        raise ValueError(msg) from error


def term_of(text: str) -> int | None:
    """``1250`` of ``HP:0001250`` or of its IRI; ``None`` for other texts."""
    match = _HP.fullmatch(text.strip())
    return int(match[1]) if match else None


def date_in(text: str) -> str:
    """The first date of a text, such as ``2026-02-16``; empty without one."""
    match = _DATE.search(text)
    return match[0] if match else ""


# -- ontology


def read_ontology(path: Path) -> OntologyRelease:
    """Read ``hp.json`` (OBO Graphs) or ``hp.obo``, plain or compressed.

    Raises
    ------
    ValueError
        If the file is neither, or has no version or no terms.
    """
    text = text_of(path)
    version, nodes = _graph_nodes(text, path) if text.lstrip().startswith("{") else _obo_nodes(text, path)
    terms: dict[int, Term] = {}
    is_a: set[tuple[int, int]] = set()
    obsolete: dict[int, tuple[str, list[int]]] = {}
    replaced: dict[int, int] = {}
    for node in nodes:
        if not node.obsolete:
            terms[node.number] = Term(node.name, sorted(node.synonyms.items()), node.former)
            is_a |= {(node.number, parent) for parent in node.parents}
        elif len(node.replaced) == 1:  # a term that was split has no single successor
            replaced[node.number] = node.replaced[0]
        else:
            name = node.name.removeprefix("obsolete ").strip()
            obsolete[node.number] = (name, list(dict.fromkeys([*node.replaced, *node.consider])))
    for old, new in replaced.items():
        successor, seen = new, {old}
        while successor in replaced and successor not in seen:  # a successor that was replaced in turn
            seen.add(successor)
            successor = replaced[successor]
        if successor in terms:
            terms[successor].alternatives.append(old)
    is_a = {(child, parent) for child, parent in is_a if parent in terms}
    if not terms or not is_a:
        msg = f"{path} contains no terms of the Human Phenotype Ontology: give hp.json or hp.obo."
        raise ValueError(msg)
    if not version:
        msg = f"{path} states no version (such as `data-version: hp/releases/2026-02-16`): it may be cut or edited."
        raise ValueError(msg)
    if 118 not in terms:
        msg = f"{path} has no term HP:0000118 (Phenotypic abnormality): it is not a release of the whole ontology."
        raise ValueError(msg)
    return OntologyRelease(version, terms, sorted(is_a), obsolete)


@dataclass
class _Node:
    number: int
    name: str = ""
    obsolete: bool = False
    synonyms: dict[str, bool] = field(default_factory=dict)
    former: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    replaced: list[int] = field(default_factory=list)
    consider: list[int] = field(default_factory=list)

    def add(self, target: list[int], text: str) -> None:
        if (number := term_of(text)) is not None:
            target.append(number)

    def add_synonym(self, text: str, exact: bool) -> None:
        self.synonyms[text] = self.synonyms.get(text, False) or exact


def _graph_nodes(text: str, path: Path) -> tuple[str, list[_Node]]:
    """Nodes of a file of OBO Graphs."""
    try:
        graphs = json.loads(text)["graphs"]
        graph = next((g for g in graphs if any("/HP_" in n["id"] for n in g.get("nodes", [])[:5000])), graphs[0])
        given, edges = graph["nodes"], graph.get("edges", [])
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        msg = f"{path} is not an ontology in the format OBO Graphs ({error}): give hp.json or hp.obo, complete."
        raise ValueError(msg) from error
    meta = graph.get("meta", {})
    stated = [
        v.get("val", "") for v in meta.get("basicPropertyValues", []) if v.get("pred", "").endswith("versionInfo")
    ]
    version = date_in(meta.get("version", "")) or date_in(" ".join(stated))
    nodes = {node.number: node for one in given if (node := _graph_node(one))}
    for edge in edges:
        child = term_of(edge["sub"])
        if edge["pred"] == "is_a" and child in nodes:
            nodes[child].add(nodes[child].parents, edge["obj"])
    return version, list(nodes.values())


def _graph_node(given: dict[str, Any]) -> _Node | None:
    """A term of a file of OBO Graphs; ``None`` for terms of other ontologies."""
    number, meta = term_of(given["id"]), given.get("meta", {})
    if number is None:
        return None
    node = _Node(number, given.get("lbl", ""), bool(meta.get("deprecated")))
    for synonym in meta.get("synonyms", []):
        node.add_synonym(synonym["val"], synonym["pred"] == "hasExactSynonym")
    for value in meta.get("basicPropertyValues", []):
        if value["pred"].endswith("hasAlternativeId"):
            node.add(node.former, value["val"])
        elif value["pred"] == _REPLACED_BY:
            node.add(node.replaced, value["val"])
        elif value["pred"].endswith("#consider"):
            node.add(node.consider, value["val"])
    return node


def _obo_nodes(text: str, path: Path) -> tuple[str, list[_Node]]:
    """Nodes of a file in OBO format."""
    head, *stanzas = re.split(r"^\[(?=\w+\]\s*$)", text, flags=re.MULTILINE)
    if not head.lstrip().startswith("format-version"):
        msg = f"{path} is neither an ontology in OBO Graphs (hp.json) nor in OBO format (hp.obo)."
        raise ValueError(msg)
    version = next((date_in(line) for line in head.splitlines() if line.startswith("data-version:")), "")
    nodes = []
    for stanza in stanzas:
        kind, *lines = stanza.splitlines()
        if kind.strip() != "Term]":
            continue
        tags = defaultdict(list)
        for line in lines:
            tag, _, value = line.partition(": ")
            tags[tag.strip()].append(value.strip())
        number = term_of(tags["id"][0]) if tags["id"] else None
        if number is None:
            continue
        node = _Node(number, _unescaped(tags["name"][0]) if tags["name"] else "", tags["is_obsolete"] == ["true"])
        for value in tags["synonym"]:
            if match := re.match(r'"((?:[^"\\]|\\.)*)"\s*(\w*)', value):
                node.add_synonym(_unescaped(match[1]), match[2] == "EXACT")
        for tag, target in (
            ("alt_id", node.former), ("is_a", node.parents), ("replaced_by", node.replaced), ("consider", node.consider)
        ):  # fmt: skip
            for value in tags[tag]:
                node.add(target, value.partition(" ")[0])
        nodes.append(node)
    return version, nodes


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t", "W": " "}.get(match[1], match[1]), text)


# -- tables


class _Lines:
    """Lines of a table by the names of its columns; counts those that cannot be read."""

    def __init__(self, path: Path, needed: Iterable[str]) -> None:
        self.path, self.n = path, 0
        self.bad: list[str] = []
        lines = text_of(path).splitlines()
        self.comments = [line for line in lines[:50] if line.startswith("#")]
        start = next((i for i, line in enumerate(lines[:50]) if set(needed) <= set(_columns(line))), None)
        if start is None:
            msg = f"{path} has no header with the columns {', '.join(needed)}: is it another file, or an old format?"
            raise ValueError(msg)
        self.columns = {name: i for i, name in enumerate(_columns(lines[start]))}
        self._lines = [(i + 1, line) for i, line in enumerate(lines) if i > start and line.strip()]

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        for number, line in self._lines:
            if line.startswith("#"):
                continue
            self.n += 1
            cells = line.split("\t")
            if len(cells) < len(self.columns) - 2:
                self.skip(number, f"has {len(cells)} columns instead of {len(self.columns)}")
                continue
            yield number, {name: cells[i].strip() if i < len(cells) else "" for name, i in self.columns.items()}

    def skip(self, number: int, problem: str) -> None:
        self.bad.append(f"line {number} {problem}")

    def check(self) -> None:
        """Report unreadable lines, and refuse a file with many of them or without others."""
        if not self.n:
            msg = f"{self.path} has a header, but no rows."
            raise ValueError(msg)
        if self.bad:
            examples = "; ".join(self.bad[:3]) + (" …" if len(self.bad) > 3 else "")
            msg = f"{self.path}: {len(self.bad)} of {self.n} lines cannot be read: {examples}."
            if len(self.bad) > MAX_BAD * self.n:
                raise ValueError(msg)
            warn(f"{msg} They are left out.")


def _columns(line: str) -> list[str]:
    """Names of columns, without the differences of spelling between releases."""
    return [re.sub(r"[^a-z0-9]", "", name.lower()) for name in line.split("\t")]


def read_hpoa(path: Path) -> AnnotationRelease:
    """Read ``phenotype.hpoa``, plain or compressed.

    Raises
    ------
    ValueError
        If it is another file, states no version, or has many lines that cannot be read.
    """
    table = _Lines(path, ("databaseid", "diseasename", "qualifier", "hpoid", "reference", "evidence", "frequency"))
    stated = [line for line in table.comments if re.match(r"#\s*(?:version|date)\s*:", line)]
    version = date_in(" ".join(stated))
    if not version:
        msg = f"{path} states no version (a line such as `#version: 2025-01-16`): it may be cut or edited."
        raise ValueError(msg)
    found: set[Annotation] = set()
    names: dict[str, Counter[str]] = defaultdict(Counter)
    for number, row in table.rows():
        term, disease, frequency = term_of(row["hpoid"]), row["databaseid"], row["frequency"]
        if term is None or not _DISEASE.fullmatch(disease):
            what = f"{row['hpoid']!r} is not an HPO id" if term is None else f"{disease!r} is not the id of a disease"
            table.skip(number, f"({what})")
            continue
        if not _is_frequency(frequency):
            table.skip(number, f"({frequency!r} is not a frequency)")
            continue
        negated = row["qualifier"].upper() == "NOT" or parse_frequency(frequency) == 0
        found.add(Annotation(disease, term, negated, frequency, row["reference"], row["evidence"]))
        names[disease][row["diseasename"]] += 1
    table.check()
    return AnnotationRelease(
        version, sorted(found), {disease: count.most_common(1)[0][0] for disease, count in names.items()}
    )


def _is_frequency(text: str) -> bool:
    try:
        value = parse_frequency(text)
    except (ValueError, ZeroDivisionError):
        return False
    return bool(np.isnan(value) or 0 <= value <= 1)


def read_gene_links(path: Path) -> list[Link]:
    """Read ``genes_to_phenotype.txt`` (also of 2023 and earlier) or ``genes_to_disease.txt``.

    Raises
    ------
    ValueError
        If it is another file, or has many lines that cannot be read.
    """
    text = text_of(path)
    if text.startswith("#Format: entrez-gene-id"):  # up to 2023
        cells = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
        bad = sum(len(row) < 9 for row in cells)
        if bad > MAX_BAD * len(cells) or not cells:
            msg = f"{path}: {bad} of {len(cells)} lines have fewer than 9 columns."
            raise ValueError(msg)
        return sorted({Link(row[1], row[0], row[8], f"associated ({row[7]})") for row in cells if len(row) >= 9})
    table, found = _Lines(path, ("ncbigeneid", "genesymbol", "diseaseid")), set()
    for number, row in table.rows():
        disease, entrez = row["diseaseid"], row["ncbigeneid"].removeprefix("NCBIGene:")
        if not _DISEASE.fullmatch(disease):
            table.skip(number, f"({disease!r} is not the id of a disease)")
            continue
        kind = row.get("associationtype", "").lower()
        relation = f"associated ({kind})" if kind not in ("", "unknown", "-") else "associated"
        found.add(Link(row["genesymbol"].strip("-"), entrez.strip("-"), disease, relation))
    table.check()
    return sorted(found)
