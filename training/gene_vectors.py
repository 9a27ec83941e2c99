"""Inputs of the phenotype predictor: embeddings, summaries and gene sets of genes, and solved cases of patients."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

import scgsfm
from scgsfm import GeneSets
from scgsfm.genes import resolve
from scgsfm.phenotypes.fitting import centered_unit_rows, set_vectors, text_vectors, without_disease_sentences

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scgsfm.phenotypes import HPOAnnotations

SNAPSHOT = ("hpo_annotations", "orphanet")
"""Sources of the links of 2023. The links of NCBI are from 2025, when the cases were published."""
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


def read_cases(folder: Path, hpo: HPOAnnotations) -> list[Case]:
    """Published cases, without unknown terms and without cases of genes that have no annotation."""
    rows = rows_of(folder / "phenopackets_2026-06.tsv.gz")
    symbols = resolve([row[1] for row in rows], organism="human").symbols
    ontology = hpo.ontology

    def terms(cell: str) -> list[int]:
        found = {ontology.row(int(term[3:])) for term in cell.split("|") if term}
        return sorted(row for row in found if row is not None and ontology.is_phenotype[row])

    cases = [Case(symbol or row[1], terms(row[3]), terms(row[4])) for symbol, row in zip(symbols, rows, strict=True)]
    return [case for case in cases if case.present and hpo.gene(case.gene) is not None]


def gene_vectors(
    genes: Sequence[str], summaries: dict[str, str], *, strip: bool = False
) -> dict[str, np.ndarray | sparse.csr_matrix]:
    """Vectors of each kind; zeros for unknown genes."""
    model = scgsfm.models.load("gsfm-base")
    tokens = model.tokens(genes)
    embedding = model.gene_embeddings("combined")[tokens]
    embedding[tokens < 2] = 0
    texts = [summaries.get(gene, "") for gene in genes]
    if strip:
        texts = [without_disease_sentences(text) for text in texts]
    sets = sparse.vstack([GeneSets(library).membership(genes) for library in LIBRARIES]).T.tocsr()
    return {"embedding": centered_unit_rows(embedding), "text": text_vectors(texts), "sets": set_vectors(sets)}


def labels_of(hpo: HPOAnnotations, genes: Sequence[str]) -> sparse.csr_array:
    """Genes × terms of the links of 2023, including ancestors that are phenotypes."""
    rows = np.array([hpo.gene(gene) for gene in genes])
    counts = hpo.gene_terms(SNAPSHOT)[rows].astype(np.float32) @ hpo.ontology.closure.astype(np.float32)
    return sparse.csr_array((counts > 0).multiply(hpo.ontology.is_phenotype).astype(np.float32))
