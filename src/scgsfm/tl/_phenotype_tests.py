from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm import enrichment
from scgsfm._errors import GeneMatchError
from scgsfm.enrichment._terms import Found
from scgsfm.genes import check_share, match
from scgsfm.models.gpgpt import knowledge, relations
from scgsfm.scoring import SetIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scipy.sparse import csr_array

UNUSUAL = 0.95
"""Genes behind a predicted row are predicted more strongly than this share of the background."""
N_GENES = 10
"""Most genes named behind a predicted row."""


@dataclass(frozen=True)
class Tests:
    """Phenotypes and diseases over the genes of a background."""

    genes: np.ndarray
    phenotypes: SetIndex
    diseases: SetIndex
    columns: np.ndarray
    """Of each phenotype, its column in the predictor."""
    encodings: np.ndarray
    """Genes × factors of the predictor, less their mean."""

    @classmethod
    def over(cls, genes: np.ndarray, *, min_genes: int, max_genes: int) -> Tests:
        """What is annotated to ``min_genes`` to ``max_genes`` of the genes."""
        if not 1 <= min_genes <= max_genes:
            msg = f"`min_genes` is {min_genes} and `max_genes` is {max_genes}, but 1 ≤ min_genes ≤ max_genes must hold."
            raise ValueError(msg)
        known, predictor = knowledge(), relations()
        vocabulary = np.array(predictor.genes, dtype=object)
        token = match(genes, vocabulary)
        check_share(
            int((token >= 0).sum()),
            min(len(genes), len(vocabulary)),
            what="genes of the data among those that phenotypes are predicted for",
            examples_given=genes[token < 0],
            examples_expected=vocabulary,
        )
        place = match(genes, np.array(known.genes, dtype=object))
        ontology, owned = known.ontology, known.gene_diseases()
        phenotypes = _index(ontology.ids, known.gene_phenotypes, place, min_genes, max_genes)
        diseases = _index(known.disease_ids, owned, place, min_genes, max_genes)
        if not (len(phenotypes) or len(diseases)):
            msg = f"No phenotype and no disease has {min_genes} to {max_genes} genes in the data: lower `min_genes`."
            raise GeneMatchError(msg)
        rows = [ontology.term(name) for name in phenotypes.names]
        encodings = np.where(token[:, None] >= 0, predictor.gene_factors[token], 0)
        return cls(genes, phenotypes, diseases, predictor.column[rows], encodings - encodings.mean(axis=0))

    def tables(self, group: str, query: np.ndarray, n_top: int | None) -> Iterator[pd.DataFrame]:
        """What is known and what is predicted of the genes of a group, given by their positions."""
        known = knowledge()
        for kind, terms, named in (
            ("phenotype", self.phenotypes, dict(zip(known.ontology.ids, known.ontology.names, strict=True))),
            (
                "disease",
                self.diseases,
                {name: known.disease_names[i] or name for i, name in enumerate(known.disease_ids)},
            ),
        ):
            if len(terms):
                table = enrichment.table(group, enrichment.overlap(query, terms), terms, self.genes)[:n_top]
                source = known.cited("hpo_annotations") if kind == "phenotype" else _sources(table["term"])
                yield _arranged(table, kind, "known", named, source)
        if len(self.phenotypes):
            table = enrichment.table(group, self._predicted(query), self.phenotypes, self.genes)[:n_top]
            table["genes"] = [self._behind(query, term) for term in table["term"]]
            table["n_hits"] = [len(genes.split(";")) if genes else 0 for genes in table["genes"]]
            names = dict(zip(known.ontology.ids, known.ontology.names, strict=True))
            yield _arranged(table, "phenotype", "predicted", names, "gpgpt-mini")

    def _predicted(self, query: np.ndarray) -> Found:
        """Whether a group's genes are predicted more strongly than random ones.

        Mean and variance over random lists are exact, in the space of the factors. But genes of a list resemble each
        other, which spreads the scores of all terms: they are divided by their spread, as in genomic control.
        """
        from scipy.special import ndtr

        n_genes, n, terms = len(self.genes), len(query), relations().term_factors[self.columns]
        spread = np.einsum("ti,ij,tj->t", terms, self.encodings.T @ self.encodings / n_genes, terms, optimize=True)
        # drawn without replacement
        variance = spread / max(n, 1) * (n_genes - n) / max(n_genes - 1, 1)
        score = terms @ self.encodings[query].mean(axis=0) / np.sqrt(np.maximum(variance, np.finfo(np.float32).tiny))
        score /= max(1.4826 * float(np.median(np.abs(score))), 1.0)
        nothing = [np.empty(0, np.int64)] * len(score)
        return Found(score, ndtr(-score), nothing, np.zeros(len(score), np.int64), {})

    def _behind(self, query: np.ndarray, term: str) -> str:
        """The group's genes that are predicted most strongly for a term and aren't annotated with it."""
        row = self.phenotypes.names.index(term)
        strength = self.encodings @ relations().term_factors[self.columns[row]]
        annotated = self.phenotypes.membership[[row]].indices
        new = query[~np.isin(query, annotated) & (strength[query] > np.quantile(strength, UNUSUAL))]
        return ";".join(self.genes[new[np.argsort(-strength[new], kind="stable")][:N_GENES]])


def _index(names: list[str], owned: csr_array, place: np.ndarray, least: int, most: int) -> SetIndex:
    """Terms as sets over the background, from genes × terms."""
    from scipy.sparse import csr_array

    found = np.flatnonzero(place >= 0)
    own = owned[place[found]].tocoo()
    membership = csr_array(
        (np.ones(own.nnz), (own.coords[1], found[own.coords[0]])), shape=(owned.shape[1], len(place))
    )
    size = np.diff(membership.indptr)
    kept = np.flatnonzero((size >= least) & (size <= most))
    listed = np.asarray(owned.sum(axis=0)).ravel().astype(np.int64)[kept]
    return SetIndex([names[i] for i in kept.tolist()], membership[kept], listed, 0 * listed)


def _sources(diseases: pd.Series) -> list[str]:
    """Who says of each disease which genes it is due to."""
    known = knowledge()
    row_of = {name: row for row, name in enumerate(known.disease_ids)}
    links = known.links
    return [
        "; ".join(dict.fromkeys(known.cited(known.kinds[kind][0]) for kind in links[links[:, 1] == row_of[name], 2]))
        for name in diseases
    ]


def _arranged(
    table: pd.DataFrame, kind: str, evidence: str, names: dict[str, str], source: str | list[str]
) -> pd.DataFrame:
    head = {
        "group": table["group"],
        "kind": kind,
        "id": table["term"],
        "term": table["term"].map(names),
        "evidence": evidence,
        "source": source,
    }
    return pd.DataFrame(head | {name: table[name] for name in table.columns[2:]})
