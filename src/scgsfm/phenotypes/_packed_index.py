"""Indexes of phenotypes, diseases and genes: made from releases, packed, checked and written."""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm._unfinished import remove_stale
from scgsfm.genes import resolve

from ._index_in_use import FORMAT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ._release_files import Annotation, Link, OntologyRelease


@dataclass
class IndexContents:
    """What an index is made from; sources by their key in :attr:`sources`."""

    name: str
    """Name of the index, by which it can be chosen."""
    ontology: OntologyRelease
    annotations: Mapping[str, Iterable[Annotation]]
    """Phenotypes of diseases by source. A source adds only pairs of disease and term that no source before it has."""
    links: Mapping[str, Iterable[Link]]
    """Genes of diseases by source."""
    disease_names: Mapping[str, str]
    sources: Mapping[str, Mapping[str, str]]
    """Title, version, license, address and citation of each source."""
    disease_synonyms: Mapping[str, Iterable[str]] = field(default_factory=dict)
    other_ids: Mapping[str, Iterable[str]] = field(default_factory=dict)
    """Diseases by ids of another vocabulary, such as MONDO."""


@dataclass
class PackedIndex:
    """Arrays of an index, and what was left out."""

    arrays: dict[str, np.ndarray]
    counts: dict[str, int]
    """Terms, annotations by source, links by source, genes and diseases."""
    unknown_terms: int
    """Annotations of terms that the ontology does not have."""


def pack_index(contents: IndexContents) -> PackedIndex:
    """Arrays that :func:`~scgsfm.phenotypes.read_annotations` reads; texts are stored as lines of UTF-8."""
    row, arrays = _ontology_arrays(contents.ontology)
    annotated, unknown = _merged(contents.annotations, row)
    links = {
        (gene, link.disease, source, link.relation)
        for source, given in contents.links.items()
        for gene, link in _with_symbols(given)
    }
    diseases = sorted({a[0] for a in annotated} | {link[1] for link in links})
    position = {disease: i for i, disease in enumerate(diseases)}
    synonyms = _of_diseases(((text, d) for d, texts in contents.disease_synonyms.items() for text in texts), position)
    other = _of_diseases(((key, d) for key, found in sorted(contents.other_ids.items()) for d in found), position)
    genes = sorted({link[0] for link in links})
    gene, kinds = {symbol: i for i, symbol in enumerate(genes)}, sorted({link[2:] for link in links})
    kind = {pair: i for i, pair in enumerate(kinds)}
    triples = sorted((gene[g], position[d], kind[s, r]) for g, d, s, r in links)
    rows = sorted((position[disease], *rest) for disease, *rest in annotated)
    origins = list(contents.annotations)
    columns = list(zip(*rows, strict=True)) or [()] * 7
    (frequencies, references, codes) = (_coded(columns[i]) for i in (3, 4, 5))
    about = {
        "format": FORMAT,
        "name": contents.name,
        "sources": {key: dict(value) for key, value in contents.sources.items()},
        "kinds": kinds,
        "codes": codes[0],
        "origins": origins,
    }
    arrays |= {
        "about": _bytes(json.dumps(about)),
        "genes": _lines(genes),
        "disease_ids": _lines(diseases),
        "disease_names": _lines([contents.disease_names.get(disease, "") for disease in diseases]),
        "disease_synonyms": _lines([text for text, _ in synonyms]),
        "disease_synonym_diseases": _smallest([i for _, i in synonyms]),
        "other_ids": _lines([key for key, _ in other]),
        "other_id_diseases": _smallest([i for _, i in other]),
        "links": _smallest(triples).reshape(-1, 3).T,
        "annotation_diseases": _smallest(columns[0]),
        "annotation_terms": _smallest(columns[1]),
        "annotation_negated": np.array(columns[2], bool),
        "frequencies": _lines(frequencies[0]),
        "annotation_frequencies": _smallest(frequencies[1]),
        "references": _lines(references[0]),
        "annotation_references": _smallest(references[1]),
        "annotation_codes": _smallest(codes[1]),
        "annotation_origins": _smallest([origins.index(source) for source in columns[6]]),
    }
    counts = {"terms": len(contents.ontology.terms), "diseases": len(diseases), "genes": len(genes)}
    counts |= {f"annotations of {key}": sum(a[6] == key for a in annotated) for key in origins}
    counts |= {f"links of {key}": sum(link[2] == key for link in links) for key in contents.links}
    return PackedIndex(arrays, counts, unknown)


def _of_diseases(pairs: Iterable[tuple[str, str]], position: Mapping[str, int]) -> list[tuple[str, int]]:
    """Texts about diseases of the index, each once, with the position of the disease."""
    return [(text, position[disease]) for text, disease in dict.fromkeys(pairs) if disease in position]


def _ontology_arrays(ontology: OntologyRelease) -> tuple[dict[int, int], dict[str, np.ndarray]]:
    """Rows of terms by number, former ones included, and the arrays of the ontology."""
    terms, numbers = ontology.terms, sorted(ontology.terms)
    row = {term: i for i, term in enumerate(numbers)}
    synonyms = [(text, i, exact) for i, term in enumerate(numbers) for text, exact in terms[term].synonyms]
    former = {old: i for i, term in enumerate(numbers) for old in terms[term].alternatives if old not in row}
    obsolete = sorted(ontology.obsolete.items())
    newer = sorted((number, name) for number, name in ontology.newer.items() if number not in row)
    return row | former, {
        "terms": _smallest(numbers),
        "term_names": _lines([terms[term].name for term in numbers]),
        "synonyms": _lines([text for text, _, _ in synonyms]),
        "synonym_terms": _smallest([i for _, i, _ in synonyms]),
        "synonym_exact": np.array([exact for _, _, exact in synonyms], bool),
        "parents": _smallest([(row[child], row[parent]) for child, parent in ontology.is_a]).reshape(-1, 2).T,
        "alternatives": _smallest(sorted(former.items())).reshape(-1, 2).T,
        "obsolete_terms": _smallest([number for number, _ in obsolete]),
        "obsolete_names": _lines([name for _, (name, _) in obsolete]),
        "obsolete_consider": _lines([" ".join(map(str, others)) for _, (_, others) in obsolete]),
        "newer_terms": _smallest([number for number, _ in newer]),
        "newer_names": _lines([name for _, name in newer]),
    }


def _merged(sources: Mapping[str, Iterable[Annotation]], row: Mapping[int, int]) -> tuple[list[tuple[Any, ...]], int]:
    """Disease, row of the term, negated, frequency, reference, code and source of each annotation."""
    found: set[tuple[Any, ...]] = set()
    known: set[tuple[str, int]] = set()
    unknown = 0
    for source, given in sources.items():
        own = set()
        for a in given:
            term = row.get(a.term)
            if term is None:
                unknown += 1
            elif (a.disease, term) not in known:
                own.add((a.disease, term, a.negated, a.frequency, a.reference, a.code, source))
        known |= {annotation[:2] for annotation in own}
        found |= own
    return sorted(found), unknown


def _with_symbols(links: Iterable[Link]) -> list[tuple[str, Link]]:
    """Links with the approved symbol of each gene, by NCBI id if there is one; genes without either are left out."""
    given = sorted(set(links))
    by_id = resolve([link.entrez for link in given], organism="human").symbols.tolist()
    by_name = resolve([link.symbol for link in given], organism="human").symbols.tolist()
    symbols = [i or n or link.symbol for i, n, link in zip(by_id, by_name, given, strict=True)]
    return [(symbol, link) for symbol, link in zip(symbols, given, strict=True) if symbol]


def _bytes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _lines(texts: Iterable[str]) -> np.ndarray:
    return _bytes("\n".join(" ".join(text.split()) for text in texts))


def _coded(values: Iterable[str]) -> tuple[list[str], np.ndarray]:
    """Distinct values, sorted, and the position of each value among them."""
    distinct, codes = np.unique(np.array(list(values), dtype=object), return_inverse=True)
    return distinct.tolist(), codes


def _smallest(values: object) -> np.ndarray:
    """The smallest unsigned type that holds the values."""
    array = np.array(values, dtype=np.int64)
    return array.astype(np.min_scalar_type(int(array.max(initial=0))))


def check_index(packed: PackedIndex, least: Mapping[str, int]) -> None:
    """Check that an index is plausible.

    Parameters
    ----------
    packed
        The index.
    least
        Minimum of some of its counts.

    Raises
    ------
    ValueError
        If a count is lower, or more than 5 % of the annotations have terms that the ontology lacks.
    """
    totals: dict[str, int] = defaultdict(int)
    for key, count in packed.counts.items():
        totals[key.partition(" of ")[0]] += count
    for key, minimum in least.items():
        if totals[key] < minimum:
            msg = (
                f"The files contain {totals[key]:,} {key}, but at least {minimum:,} are expected of a release: "
                "they may be cut or of a part of it. `allow_small=True` (in the shell: --allow-small) accepts them."
            )
            raise ValueError(msg)
    n = totals["annotations"] + packed.unknown_terms
    if packed.unknown_terms > 0.05 * n:
        msg = (
            f"{packed.unknown_terms:,} of {n:,} annotations have terms that the ontology lacks: "
            "give ontology and annotations of the same release."
        )
        raise ValueError(msg)


def write_index(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write an ``.npz`` file whose bytes depend on the arrays alone; a file of the name is replaced when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_stale(path.parent, f".{path.name}.")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream, zipfile.ZipFile(stream, "w") as file:
            for key, array in arrays.items():
                buffer = io.BytesIO()
                np.save(buffer, array, allow_pickle=False)
                file.writestr(zipfile.ZipInfo(f"{key}.npy"), buffer.getvalue(), zipfile.ZIP_DEFLATED, 9)
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
