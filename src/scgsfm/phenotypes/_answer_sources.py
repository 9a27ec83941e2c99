"""Sources that the language model draws on for its answers, in addition to the annotations."""

from __future__ import annotations

import math
from functools import cache

from scgsfm.genes import resolve
from scgsfm.genesets import GeneSets

from ._predictor import load_predictor

GO_LIBRARIES = ("go_bp", "go_mf", "go_cc")
"""Embedded libraries of the Gene Ontology."""


def approved_symbol(name: str) -> str:
    """The approved human symbol of a gene; empty if the name is unknown or ambiguous."""
    return str(resolve([name], organism="human").symbols[0])


def gene_functions(gene: str) -> list[tuple[str, str]]:
    """Terms of the Gene Ontology that list a gene, the smallest term first, each with its source."""
    terms = [
        (len(genes), term, source)
        for library, source in _libraries()
        for term, genes in library.items()
        if gene in genes
    ]
    return [(term, source) for _, term, source in sorted(terms)]


def predicted_probability(gene: str, term: int) -> float | None:
    """The calibrated probability that a gene has a phenotype; ``None`` if the predictor does not cover the gene."""
    predictor = load_predictor()
    if predictor.rows([gene])[0] < 0:
        return None
    probability = float(predictor.probability([gene], [term])[0])
    return None if math.isnan(probability) else probability


@cache
def _libraries() -> list[tuple[GeneSets, str]]:
    sets = [GeneSets(name) for name in GO_LIBRARIES]
    return [(library, f"{library.info['title']} {library.info['version']}") for library in sets]
