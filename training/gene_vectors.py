"""What the relation predictor knows of genes: embeddings, summaries and gene sets, and the solved cases of patients."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

import scgsfm
from scgsfm import GeneSets
from scgsfm.genes import resolve
from scgsfm.phenotypes.fitting._gene_similarity import set_vectors, stripped, text_vectors, unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scgsfm.phenotypes import HPOAnnotations

SNAPSHOT = ("hpo_annotations", "orphanet")
"""Links of 2023; those of NCBI are of 2025, when the cases were published."""
LIBRARIES = ("go_bp", "go_cc", "go_mf", "reactome", "hallmark")


class Case(NamedTuple):
    """A patient whose causal gene was found."""

    gene: str
    present: list[int]
    absent: list[int]


def rows_of(path: Path) -> list[list[str]]:
    """Cells of a gzipped table without its header."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file][1:]


def read_summaries(folder: Path) -> dict[str, str]:
    """The RefSeq summary of each gene by approved symbol."""
    rows = rows_of(folder / "refseq_gene_summaries_2023-09.tsv.gz")
    symbols = resolve([row[0] for row in rows], organism="human").symbols
    return {symbol: row[2] for symbol, row in zip(symbols, rows, strict=True) if symbol}


def read_cases(folder: Path, known: HPOAnnotations) -> list[Case]:
    """Published cases; terms that the ontology lacks are left out, and cases of genes that the index lacks."""
    rows = rows_of(folder / "phenopackets_2026-06.tsv.gz")
    symbols = resolve([row[1] for row in rows], organism="human").symbols
    ontology = known.ontology

    def terms(cell: str) -> list[int]:
        found = {ontology.row(int(term[3:])) for term in cell.split("|") if term}
        return sorted(row for row in found if row is not None and ontology.is_phenotype[row])

    cases = [Case(symbol or row[1], terms(row[3]), terms(row[4])) for symbol, row in zip(symbols, rows, strict=True)]
    return [case for case in cases if case.present and known.gene(case.gene) is not None]


def gene_vectors(
    genes: Sequence[str], summaries: dict[str, str], *, strip: bool = False
) -> dict[str, np.ndarray | sparse.csr_matrix]:
    """Vectors of each kind; zeros where nothing is known of a gene."""
    model = scgsfm.models.load("gsfm-base")
    tokens = model.tokens(genes)
    embedding = model.gene_embeddings("combined")[tokens]
    embedding[tokens < 2] = 0
    texts = [stripped(text) if strip else text for text in (summaries.get(gene, "") for gene in genes)]
    sets = sparse.vstack([GeneSets(library).membership(genes) for library in LIBRARIES]).T.tocsr()
    return {"embedding": unit(embedding), "text": text_vectors(texts), "sets": set_vectors(sets)}


def labels_of(known: HPOAnnotations, genes: Sequence[str]) -> sparse.csr_array:
    """Genes × terms of the snapshot, ancestors that are phenotypes included."""
    rows = np.array([known.gene(gene) for gene in genes])
    above = known.gene_terms(SNAPSHOT)[rows].astype(np.float32) @ known.ontology.closure.astype(np.float32)
    return sparse.csr_array((above > 0).multiply(known.ontology.is_phenotype).astype(np.float32))
