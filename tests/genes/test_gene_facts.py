from __future__ import annotations

import re

import pytest

from scgsfm.genes import gene_facts
from scgsfm.genes._gene_facts import _stored
from scgsfm.genes._tables import table


def test_facts() -> None:
    facts = gene_facts("TP53")
    assert facts.symbol == "TP53"
    assert facts.name == "tumor protein p53"
    assert facts.location == "17p13.1"
    assert facts.ids == {
        "HGNC": "HGNC:11998",
        "Entrez": "7157",
        "Ensembl": "ENSG00000141510",
        "UniProt": "P04637",
        "OMIM": "191170",
    }
    assert "P53" in facts.aliases or "p53" in facts.aliases


@pytest.mark.parametrize("name", ["BMAL1", "ARNTL", "ENSG00000133794", "HGNC:701", "Bmal1"])
def test_any_name(name: str) -> None:
    facts = gene_facts(name)
    assert (facts.symbol, facts.location) == ("BMAL1", "11p15.3")
    assert facts.aliases[0] == "ARNTL"  # previous symbols come first


def test_ortholog() -> None:
    assert gene_facts("Trp53").symbol == "TP53"
    assert gene_facts("cd4", organism="mouse").symbol == "CD4"


def test_unknown() -> None:
    facts = gene_facts("no such gene")
    assert facts == ("", "", "", {}, [])


def test_table_is_complete() -> None:
    """A row for each gene of the human table, and ids that the table reads as this gene."""
    genes, stored = table("human"), _stored()
    assert len(stored.names) == len(stored.locations) == len(genes.symbols)
    assert all(len(numbers) == len(genes.symbols) for numbers in stored.ids.values())
    with_name = sum(map(bool, stored.names))
    assert with_name > 0.99 * len(genes.symbols)
    assert (
        sum(bool(re.match(r"(\d+|X|Y|mitochondria|reserved|unplaced|not)", text)) for text in stored.locations)
        > 0.95 * with_name
    )
    for source in ("hgnc", "entrez"):
        same = [genes.ids[source].get(number) == row for row, number in enumerate(stored.ids[source]) if number]
        assert sum(same) > 0.999 * len(same), source
