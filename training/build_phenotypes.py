"""Write the HPO annotations that ship with the package: ids, names, synonyms and relations, without definitions.

python training/build_phenotypes.py --data DATA     (DATA holds phenotype; default: the variable SCGSFM_DATA)
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from build_libraries import write

from scgsfm.genes import resolve
from scgsfm.phenotypes import ANNOTATIONS_FILE, parse_frequency

HPO = {"licence": "HPO licence: cite, show the version, leave unaltered", "url": "https://hpo.jax.org"}
CITATION = "Gargano et al. 2024, Nucleic Acids Research 52:D1333"
SOURCES = {
    "hpo": {"title": "Human Phenotype Ontology", "version": "2024-04-26", "citation": CITATION} | HPO,
    "hpo_annotations": {"title": "HPO annotations", "version": "2023-01-27", "citation": CITATION} | HPO,
    "orphanet": {
        "title": "Orphanet",
        "version": "2023-06",
        "licence": "CC BY 4.0",
        "url": "https://www.orphadata.com",
        "citation": "Orphanet: an online rare disease and orphan drug database, INSERM 1999",
    },
    "mim2gene": {
        "title": "NCBI mim2gene_medgen",
        "version": "up to MIM 621534",
        "licence": "public domain",
        "url": "https://ftp.ncbi.nlm.nih.gov/gene/DATA",
        "citation": "National Center for Biotechnology Information, Gene",
    },
}
EXACT = "hasExactSynonym"
REPLACED = "http://purl.obolibrary.org/obo/IAO_0100001"


class Term(NamedTuple):
    name: str
    synonyms: list[tuple[str, bool]]
    alternatives: list[int]


def number(iri: str) -> int:
    """``1250`` for ``…/HP_0001250`` or ``HP:0001250``."""
    return int(iri[-7:])


def read_ontology(path: Path) -> tuple[dict[int, Term], list[tuple[int, int]]]:
    """Terms by number, and pairs of child and parent."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        graph = json.load(file)["graphs"][0]
    terms, replaced = {}, {}
    for node in graph["nodes"]:
        if "/HP_" not in node["id"]:
            continue
        meta = node.get("meta", {})
        values = meta.get("basicPropertyValues", [])
        if meta.get("deprecated"):
            new = [v["val"] for v in values if v["pred"] == REPLACED]
            if len(new) == 1:  # a term that was split has no single successor
                replaced[number(node["id"])] = number(new[0])
            continue
        synonyms = {s["val"]: s["pred"] == EXACT for s in meta.get("synonyms", [])}
        former = [number(v["val"]) for v in values if v["pred"].endswith("hasAlternativeId") and "HP" in v["val"]]
        terms[number(node["id"])] = Term(node["lbl"], sorted(synonyms.items()), former)
    for old, new in replaced.items():
        if new in terms:
            terms[new].alternatives.append(old)
    is_a = [(number(e["sub"]), number(e["obj"])) for e in graph["edges"] if e["pred"] == "is_a" and "/HP_" in e["sub"]]
    return terms, sorted(set(is_a))


def rows_of(path: Path) -> list[list[str]]:
    """Cells of a table, without comments."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]


def read_annotations(path: Path) -> tuple[list[tuple], dict[str, str]]:
    """Disease, term, negated, frequency, reference and code; and the commonest name of each disease."""
    rows, names = set(), {}
    for row in rows_of(path)[1:]:
        disease, name, qualifier, term, reference, code, _, frequency, *_ = row
        negated = qualifier == "NOT" or parse_frequency(frequency) == 0
        rows.add((disease, number(term), negated, frequency, reference, code))
        names.setdefault(disease, Counter())[name] += 1
    return sorted(rows), {disease: count.most_common(1)[0][0] for disease, count in names.items()}


def read_links(folder: Path) -> set[tuple[str, str, str, str]]:
    """Gene, disease, source and relation."""
    given = [
        (row[1], row[0], row[8], "hpo_annotations", f"associated ({row[7]})")
        for row in rows_of(folder / "hpo_genes_to_phenotype_2023-01-27.txt.gz")
    ]
    for orpha, symbol, relation in rows_of(folder / "orphanet_2023-06_gene_disease.tsv.gz")[1:]:
        given.append((symbol, "", f"ORPHA:{orpha}", "orphanet", relation))
    for mim, entrez, kind, _, _, comment in rows_of(folder / "mim2gene_medgen.tsv"):
        if kind == "phenotype" and entrez != "-":
            relation = "phenotype" if comment == "-" else f"phenotype ({comment})"
            given.append(("", entrez, f"OMIM:{mim}", "mim2gene", relation))
    given = sorted(set(given))
    symbols, entrez = approved([g[0] for g in given]), approved([g[1] for g in given])
    return {(s or e or g[0], *g[2:]) for g, s, e in zip(given, symbols, entrez, strict=True) if s or e or g[0]}


def approved(names: list[str]) -> list[str]:
    return resolve(names, organism="human").symbols.tolist()


def read_disorders(path: Path) -> dict[str, tuple[str, list[str]]]:
    """Name and synonyms of each disorder of Orphanet."""
    return {f"ORPHA:{r[0]}": (r[1], [s for s in r[4].split("|") if s]) for r in rows_of(path)[1:]}


def lines(texts: list[str]) -> np.ndarray:
    return np.frombuffer("\n".join(texts).encode(), dtype=np.uint8)


def coded(values: list[str]) -> tuple[list[str], np.ndarray]:
    """Distinct values, sorted, and the position of each value among them."""
    distinct, codes = np.unique(np.array(values, dtype=object), return_inverse=True)
    return distinct.tolist(), codes


def smallest_type(values: np.ndarray) -> np.ndarray:
    """The smallest unsigned type that holds the values."""
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))


def pack_ontology(terms: dict[int, Term], is_a: list[tuple[int, int]]) -> dict[str, np.ndarray]:
    numbers = sorted(terms)
    row = {term: i for i, term in enumerate(numbers)}
    synonyms = [(text, i, exact) for i, term in enumerate(numbers) for text, exact in terms[term].synonyms]
    former = {old: i for i, term in enumerate(numbers) for old in terms[term].alternatives if old not in row}
    return {
        "terms": smallest_type(np.array(numbers)),
        "term_names": lines([terms[term].name for term in numbers]),
        "synonyms": lines([text for text, _, _ in synonyms]),
        "synonym_terms": smallest_type(np.array([i for _, i, _ in synonyms])),
        "synonym_exact": np.array([exact for _, _, exact in synonyms]),
        "parents": smallest_type(np.array([(row[child], row[parent]) for child, parent in is_a]).T),
        "alternatives": smallest_type(np.array(sorted(former.items())).T),
    }


def pack_relations(
    annotations: list[tuple], links: set[tuple[str, str, str, str]], names: dict[str, str],
    disorders: dict[str, tuple[str, list[str]]], row: dict[int, int],
) -> dict[str, np.ndarray]:  # fmt: skip
    diseases = sorted({a[0] for a in annotations} | {link[1] for link in links})
    row_of = {disease: i for i, disease in enumerate(diseases)}
    genes = sorted({link[0] for link in links})
    gene = {symbol: i for i, symbol in enumerate(genes)}
    kinds = sorted({link[2:] for link in links})
    triples = sorted((gene[g], row_of[d], kinds.index((s, r))) for g, d, s, r in links)
    columns = list(zip(*sorted((row_of[d], row[t], *rest) for d, t, *rest in annotations), strict=True))
    frequencies, references, codes = coded(columns[3]), coded(columns[4]), coded(columns[5])
    synonyms = [(text, row_of[d]) for d, (_, texts) in disorders.items() if d in row_of for text in texts]
    about = {"sources": SOURCES, "kinds": kinds, "codes": codes[0]}
    return {
        "about": np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
        "genes": lines(genes),
        "disease_ids": lines(diseases),
        "disease_names": lines([names.get(d) or disorders.get(d, ("",))[0] for d in diseases]),
        "disease_synonyms": lines([text for text, _ in synonyms]),
        "disease_synonym_diseases": smallest_type(np.array([i for _, i in synonyms])),
        "links": smallest_type(np.array(triples).T),
        "annotation_diseases": smallest_type(np.array(columns[0])),
        "annotation_terms": smallest_type(np.array(columns[1])),
        "annotation_negated": np.array(columns[2]),
        "frequencies": lines(frequencies[0]),
        "annotation_frequencies": smallest_type(frequencies[1]),
        "references": lines(references[0]),
        "annotation_references": smallest_type(references[1]),
        "annotation_codes": smallest_type(codes[1]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("SCGSFM_DATA"))
    parser.add_argument("--out", type=Path, default=ANNOTATIONS_FILE)
    args = parser.parse_args()
    folder = Path(args.data or parser.error("give --data or set SCGSFM_DATA")) / "phenotype"
    terms, is_a = read_ontology(folder / "hp_2024-04-26.json.gz")
    arrays = pack_ontology(terms, is_a)
    row = {term: i for i, term in enumerate(sorted(terms))}
    row |= {old: row[new] for new, term in terms.items() for old in term.alternatives if old not in row}
    annotations, names = read_annotations(folder / "hpo_phenotype_2023-01-27.hpoa.gz")
    disorders = read_disorders(folder / "orphanet_2023-06_disorders.tsv.gz")
    arrays |= pack_relations(annotations, read_links(folder), names, disorders, row)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write(args.out, arrays)
    for name, array in arrays.items():
        print(f"{name:>24}: {array.shape} {array.dtype}")
    print(f"{args.out.name}: {args.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
