from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from scgsfm import enrichment
from scgsfm.enrichment import EnrichmentResult
from scgsfm.errors import GeneMatchError
from scgsfm.genes import check_share, match
from scgsfm.scoring import SetIndex

from ._annotations import load_annotations
from ._predictor import load_predictor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scipy.sparse import csr_array

UNUSUAL = 0.95
"""Genes behind a predicted row are predicted more strongly than this share of the background."""
N_GENES = 10
"""Most genes named behind a predicted row."""
N_LISTS = 400
"""Random lists that predicted rows are compared with."""
TINY = float(np.finfo(np.float32).tiny)


class Annotated(NamedTuple):
    """Terms over those genes of a background that have any."""

    terms: SetIndex
    places: np.ndarray
    """Of the genes in the background, ascending."""

    def within(self, query: np.ndarray) -> np.ndarray:
        """Positions among the annotated genes of a query's genes; those without annotation are left out."""
        query = query[np.isin(query, self.places)]
        return np.searchsorted(self.places, query)


@dataclass(frozen=True)
class PhenotypeEnrichment:
    """Phenotypes and diseases over the genes of a background."""

    genes: np.ndarray
    phenotypes: Annotated
    diseases: Annotated
    columns: np.ndarray
    """Of each phenotype, its column in the predictor."""
    encodings: np.ndarray
    """Genes × factors of the predictor, less their mean."""

    @classmethod
    def over(cls, genes: np.ndarray, *, min_genes: int, max_genes: int) -> PhenotypeEnrichment:
        """What is annotated to ``min_genes`` to ``max_genes`` of the genes."""
        if not 1 <= min_genes <= max_genes:
            msg = f"`min_genes` is {min_genes} and `max_genes` is {max_genes}, but 1 ≤ min_genes ≤ max_genes must hold."
            raise ValueError(msg)
        known, predictor = load_annotations(), load_predictor()
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
        if not (len(phenotypes.terms) or len(diseases.terms)):
            msg = f"No phenotype and no disease has {min_genes} to {max_genes} genes in the data: lower `min_genes`."
            raise GeneMatchError(msg)
        rows = [ontology.term(name) for name in phenotypes.terms.names]
        encodings = np.where(token[:, None] >= 0, predictor.gene_factors[token], 0)
        return cls(genes, phenotypes, diseases, predictor.column[rows], encodings - encodings.mean(axis=0))

    def tables(self, group: str, query: np.ndarray, n_top: int | None) -> Iterator[pd.DataFrame]:
        """What is known and what is predicted of the genes of a group, given by their positions."""
        known = load_annotations()
        for kind, terms, named in (
            ("phenotype", self.phenotypes, dict(zip(known.ontology.ids, known.ontology.names, strict=True))),
            (
                "disease",
                self.diseases,
                {name: known.disease_names[i] or name for i, name in enumerate(known.disease_ids)},
            ),
        ):
            if len(terms.terms):
                # genes that nothing is annotated to would make any list of well-studied genes stand out
                found = enrichment.ora(terms.within(query), terms.terms)
                table = enrichment.table(group, found, terms.terms, self.genes[terms.places])[:n_top]
                source = known.cited("hpo_annotations") if kind == "phenotype" else _sources(table["term"])
                yield _arranged(table, kind, "known", named, source)
        if len(self.phenotypes.terms):
            table = enrichment.table(group, self._predicted(query), self.phenotypes.terms, self.genes)[:n_top]
            table["genes"] = [self._behind(query, term) for term in table["term"]]
            table["n_hits"] = [len(genes.split(";")) if genes else 0 for genes in table["genes"]]
            names = dict(zip(known.ontology.ids, known.ontology.names, strict=True))
            yield _arranged(table, "phenotype", "predicted", names, "gpgpt-mini")

    def _predicted(self, query: np.ndarray) -> EnrichmentResult:
        """Whether a group's genes are predicted more strongly than random ones, of which as many are annotated."""
        score, *others = self._scores(np.concatenate([query[None], self._random(query)]))
        random = np.sort(np.concatenate(others))
        above = len(random) - np.searchsorted(random, score)
        nothing = [np.empty(0, np.int64)] * len(score)
        return EnrichmentResult(score, (above + 1) / (len(random) + 1), nothing, np.zeros(len(score), np.int64), {})

    def _random(self, query: np.ndarray) -> np.ndarray:
        """Lists of random genes like a query: as many, and as many of them annotated."""
        rng, annotated = np.random.default_rng(0), self.phenotypes.places
        n = len(self.phenotypes.within(query))
        others = np.setdiff1d(np.arange(len(self.genes)), annotated)
        drawn = [
            [*rng.choice(annotated, n, replace=False), *rng.choice(others, len(query) - n, replace=False)]
            for _ in range(N_LISTS)
        ]
        return np.array(drawn, np.int64)

    def _scores(self, lists: np.ndarray) -> np.ndarray:
        """How far lists of genes depart from random ones in each phenotype: lists × phenotypes.

        Mean and variance over random lists are exact, in the space of the factors. But genes of a list resemble each
        other, which moves and spreads the scores of all terms: they count from their median and by their spread, as in
        genomic control.
        """
        mean, spread = self._expected(lists[0])
        own = np.array([self.encodings[query].mean(axis=0) for query in lists])
        score = (own - mean) @ self._terms.T / np.sqrt(np.maximum(spread, TINY))
        score -= np.median(score, axis=1, keepdims=True)
        return score / np.maximum(1.4826 * np.median(np.abs(score), axis=1, keepdims=True), 1)

    def _expected(self, query: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean encoding of random lists like a query, and the variance of their mean strength for each phenotype."""
        n, mean, variance = len(query), np.zeros(self.encodings.shape[1]), np.zeros(len(self._terms))
        annotated = np.isin(np.arange(len(self.genes)), self.phenotypes.places)
        for inside in (annotated, ~annotated):
            drawn, of = int(inside[query].sum()), int(inside.sum())
            if drawn:
                own = self.encodings[inside]
                mean += drawn / n * own.mean(axis=0)
                each = np.einsum("ti,ij,tj->t", self._terms, np.cov(own.T, bias=True), self._terms, optimize=True)
                # drawn without replacement
                variance += drawn / n**2 * each * (of - drawn) / max(of - 1, 1)
        return mean, variance

    @cached_property
    def _terms(self) -> np.ndarray:
        return load_predictor().term_factors[self.columns]

    def _behind(self, query: np.ndarray, term: str) -> str:
        """The group's genes that are predicted most strongly for a term and aren't annotated with it."""
        row = self.phenotypes.terms.names.index(term)
        strength = self.encodings @ self._terms[row]
        annotated = self.phenotypes.places[self.phenotypes.terms.membership[[row]].indices]
        new = query[~np.isin(query, annotated) & (strength[query] > np.quantile(strength, UNUSUAL))]
        return ";".join(self.genes[new[np.argsort(-strength[new], kind="stable")][:N_GENES]])


def _index(names: list[str], owned: csr_array, place: np.ndarray, least: int, most: int) -> Annotated:
    """Terms as sets over the annotated genes of the background, from genes × terms."""
    from scipy.sparse import csr_array

    found = np.flatnonzero(place >= 0)
    found = found[np.diff(owned.indptr)[place[found]] > 0]
    membership = csr_array(owned[place[found]].T, dtype=np.float64)
    membership.sort_indices()
    size = np.diff(membership.indptr)
    kept = np.flatnonzero((size >= least) & (size <= most))
    listed = np.asarray(owned.sum(axis=0)).ravel().astype(np.int64)[kept]
    return Annotated(SetIndex([names[i] for i in kept.tolist()], membership[kept], listed, 0 * listed), found)


def _sources(diseases: pd.Series) -> list[str]:
    """Who says of each disease which genes it is due to."""
    known = load_annotations()
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
