"""Inputs of the phenotype predictor: embeddings, summaries and gene sets of genes, and solved cases of patients."""

from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

import scgsfm
from scgsfm import GeneSets
from scgsfm.genes import approved_symbols, resolve
from scgsfm.phenotypes.fitting import centered_unit_rows, set_vectors, text_vectors, without_disease_sentences

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scgsfm.phenotypes import HPOAnnotations

SNAPSHOT = ("hpo_annotations", "orphanet")
"""Sources of the links of the index of 2023 that are of 2023. Its links of NCBI are of 2025."""
SIMILAR = 0.5
"""Jaccard index of the terms at which two patients with the same gene may be the same."""
LIBRARIES = ("go_bp", "go_cc", "go_mf", "reactome", "hallmark")


def link_sources(hpo: HPOAnnotations) -> tuple[str, ...] | None:
    """Sources of links that are as old as the annotations; all of them for an index of today."""
    return SNAPSHOT if hpo.date < "2024" else None


class Case(NamedTuple):
    """A patient whose causal gene was found."""

    gene: str
    present: list[int]
    absent: list[int]
    reference: str = ""
    """The publication."""


def rows_of(path: Path) -> list[list[str]]:
    """Cells of a gzipped table without its header."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file][1:]


def read_summaries(folder: Path) -> dict[str, str]:
    """The RefSeq summary of each gene by approved symbol."""
    rows = rows_of(folder / "refseq_gene_summaries_2023-09.tsv.gz")
    symbols = resolve([row[0] for row in rows], organism="human").symbols
    return {symbol: row[2] for symbol, row in zip(symbols, rows, strict=True) if symbol}


def read_cases(folder: Path, hpo: HPOAnnotations, *, without_shootout: bool = False) -> list[Case]:
    """Published cases, without unknown terms and without cases of genes that have no annotation.

    ``without_shootout`` leaves out patients who may be among those of the gene-ranking shootout.
    """
    rows = rows_of(folder / "phenopackets_2026-06.tsv.gz")
    symbols = resolve([row[1] for row in rows], organism="human").symbols
    ontology = hpo.ontology

    def terms(cell: str) -> list[int]:
        found = {ontology.row(int(term[3:])) for term in cell.split("|") if term}
        return sorted(row for row in found if row is not None and ontology.is_phenotype[row])

    shootout = shootout_terms(folder) if without_shootout else {}
    cases = []
    for symbol, row in zip(symbols, rows, strict=True):
        gene, given = symbol or row[1], set(row[3].split("|"))
        if any(len(given & other) >= SIMILAR * len(given | other) for other in shootout.get(gene, ())):
            continue
        match = re.match(r"PMID_(\d+)", row[0])
        cases.append(Case(gene, terms(row[3]), terms(row[4]), f"PMID:{match[1]}" if match else ""))
    return [case for case in cases if case.present and hpo.gene(case.gene) is not None]


def shootout_terms(folder: Path) -> dict[str, list[set[str]]]:
    """Terms of the patients of the gene-ranking shootout, by gene."""
    with gzip.open(folder / "shootout_cases.json.gz", "rt", encoding="utf-8") as file:
        cases = json.load(file)
    symbols = resolve([case["disease_gene_id"].partition(":")[2] for case in cases], organism="human").symbols
    found: dict[str, list[set[str]]] = {}
    for symbol, case in zip(symbols, cases, strict=True):
        found.setdefault(symbol, []).append(set(case["hpo_terms"]))
    return found


def known_genes(hpo: HPOAnnotations) -> list[str]:
    """Approved symbols of the genes of the annotations and of the embedding."""
    return sorted({*hpo.genes, *_tokens()})


def _tokens() -> dict[str, int]:
    """Token of the embedding by approved symbol; a token of this name takes precedence over former names."""
    names = scgsfm.models.load("gsfm-base").genes
    symbols = approved_symbols(names[2:], ncbi=True)
    return {symbol: i + 2 for i, symbol in enumerate(symbols)} | {
        name: i + 2 for i, name in enumerate(names[2:]) if name == symbols[i]
    }


def gene_vectors(
    genes: Sequence[str], summaries: dict[str, str], *, strip: bool = False
) -> dict[str, np.ndarray | sparse.csr_matrix]:
    """Vectors of each kind; zeros for unknown genes."""
    model = scgsfm.models.load("gsfm-base")
    token = _tokens()
    tokens = np.array([token.get(gene, 0) for gene in genes])
    embedding = model.gene_embeddings("combined")[tokens]
    embedding[tokens < 2] = 0
    texts = [summaries.get(gene, "") for gene in genes]
    if strip:
        texts = [without_disease_sentences(text) for text in texts]
    sets = sparse.vstack([GeneSets(library).membership(genes) for library in LIBRARIES]).T.tocsr()
    return {"embedding": centered_unit_rows(embedding), "text": text_vectors(texts), "sets": set_vectors(sets)}


def labels_of(hpo: HPOAnnotations, genes: Sequence[str]) -> sparse.csr_array:
    """Genes × terms, including ancestors that are phenotypes."""
    rows = np.array([hpo.gene(gene) for gene in genes])
    counts = hpo.gene_terms(link_sources(hpo))[rows].astype(np.float32) @ hpo.ontology.closure.astype(np.float32)
    return sparse.csr_array((counts > 0).multiply(hpo.ontology.is_phenotype).astype(np.float32))
