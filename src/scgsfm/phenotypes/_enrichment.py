"""Enrichment of phenotypes and diseases in lists of genes, from annotations and from predictions."""

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

from ._annotations import HPOAnnotations, load_annotations
from ._predictor import PhenotypePredictor, load_predictor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scipy.sparse import csr_array

GENE_QUANTILE = 0.95
"""Genes listed for a predicted phenotype have a strength above this quantile of the background."""
N_GENES = 10
"""Maximum number of genes listed for a predicted phenotype."""
N_LISTS = 400
"""Random lists of the null distribution of predicted phenotypes."""
TINY = float(np.finfo(np.float32).tiny)


class AnnotatedSets(NamedTuple):
    """Gene sets of phenotypes or diseases over the annotated genes of a background."""

    sets: SetIndex
    positions: np.ndarray
    """Positions of the annotated genes in the background, ascending."""

    def annotated_query(self, query: np.ndarray) -> np.ndarray:
        """Positions of a query's genes among the annotated genes; the other genes of the query are dropped."""
        return np.searchsorted(self.positions, query[np.isin(query, self.positions)])


@dataclass(frozen=True)
class PhenotypeEnrichment:
    r"""Tests of phenotypes and diseases against the genes of a background.

    Annotations are tested by the hypergeometric test, among annotated genes. The score of a predicted phenotype
    :math:`t` and a list of :math:`n` genes with mean factors :math:`\bar{\mathbf{u}}` is

    .. math::

        z_t = \frac{(\bar{\mathbf{u}} - \boldsymbol\mu)^\top \mathbf{v}_t}{\sigma_t}, \qquad
        s_t = \frac{z_t - \operatorname{median}(z)}{\max(1.4826 \operatorname{MAD}(z), 1)}

    where :math:`\boldsymbol\mu` and :math:`\sigma_t` are the mean of the factors and the standard deviation of the mean
    strength over random lists of the same size and number of annotated genes. The genes of a list are similar to each
    other, which shifts and spreads the scores of all terms: the second step corrects for both, as in genomic control
    (Devlin and Roeder 1999). P-values compare :math:`s_t` with the scores of all terms on 400 random lists.
    """

    genes: np.ndarray
    phenotypes: AnnotatedSets
    diseases: AnnotatedSets
    gene_factors: np.ndarray
    """Genes × factors of the predictor, centered."""
    term_factors: np.ndarray
    """Phenotypes × factors of the predictor."""
    hpo: HPOAnnotations
    source: str
    """Source of the predictions."""

    @classmethod
    def over(
        cls, genes: np.ndarray, *, min_genes: int, max_genes: float, predictor: PhenotypePredictor | None = None
    ) -> PhenotypeEnrichment:
        """Test phenotypes and diseases with ``min_genes`` to ``max_genes`` genes in the background.

        Parameters
        ----------
        genes
            Names of the genes of the background.
        min_genes, max_genes
            Smallest and largest number of genes of a tested phenotype or disease.
        predictor
            The predictor, with its annotations; by default the one that ships with the package.
        """
        if not 1 <= min_genes <= max_genes:
            msg = f"`min_genes` is {min_genes} and `max_genes` is {max_genes}, but 1 ≤ min_genes ≤ max_genes must hold."
            raise ValueError(msg)
        hpo, predictor = (predictor.hpo, predictor) if predictor else (load_annotations(), load_predictor())
        vocabulary = np.array(predictor.genes, dtype=object)
        predicted_row = match(genes, vocabulary)
        check_share(
            int((predicted_row >= 0).sum()),
            min(len(genes), len(vocabulary)),
            what="genes of the data among those that phenotypes are predicted for",
            examples_given=genes[predicted_row < 0],
            examples_expected=vocabulary,
        )
        row = match(genes, np.array(hpo.genes, dtype=object))
        phenotypes = _annotated_sets(hpo.ontology.ids, hpo.gene_phenotypes, row, min_genes, max_genes)
        diseases = _annotated_sets(hpo.disease_ids, hpo.gene_diseases(), row, min_genes, max_genes)
        if not (len(phenotypes.sets) or len(diseases.sets)):
            msg = f"No phenotype and no disease has {min_genes} to {max_genes} genes in the data: lower `min_genes`."
            raise GeneMatchError(msg)
        terms = [hpo.ontology.term(name) for name in phenotypes.sets.names]
        factors = np.where(predicted_row[:, None] >= 0, predictor.gene_factors[predicted_row], 0)
        factors = factors - factors.mean(axis=0)
        term_factors = predictor.term_factors[predictor.column[terms]]
        return cls(genes, phenotypes, diseases, factors, term_factors, hpo, predictor.source)

    def tables(self, group: str, query: np.ndarray, n_top: int | None) -> Iterator[pd.DataFrame]:
        """Tables of annotated and predicted phenotypes and annotated diseases.

        Parameters
        ----------
        group
            Name of the group of cells.
        query
            Positions of the group's genes in the background.
        n_top
            Number of rows of each table; ``None`` for all.
        """
        hpo = self.hpo
        term_names = dict(zip(hpo.ontology.ids, hpo.ontology.names, strict=True))
        disease_names = {key: hpo.disease_names[row] or key for row, key in enumerate(hpo.disease_ids)}
        for kind, tested, names in (
            ("phenotype", self.phenotypes, term_names), ("disease", self.diseases, disease_names)
        ):  # fmt: skip
            if len(tested.sets):
                # without annotated genes as the background, any list of well-studied genes would be significant
                result = enrichment.ora(tested.annotated_query(query), tested.sets)
                table = enrichment.table(group, result, tested.sets, self.genes[tested.positions])[:n_top]
                source = hpo.source_label("hpo_annotations") if kind == "phenotype" else self._sources(table["term"])
                yield _arranged(table, kind, "known", names, source)
        if len(self.phenotypes.sets):
            table = enrichment.table(group, self.predicted(query), self.phenotypes.sets, self.genes)[:n_top]
            table["genes"] = [self._predicted_genes(query, term) for term in table["term"]]
            table["n_hits"] = [len(genes.split(";")) if genes else 0 for genes in table["genes"]]
            yield _arranged(table, "phenotype", "predicted", term_names, self.source)

    def predicted(self, query: np.ndarray) -> EnrichmentResult:
        """Test whether phenotypes are predicted more strongly for a query's genes than for random genes."""
        score, *random_scores = self._scores(np.concatenate([query[None], self._random_lists(query)]))
        null = np.sort(np.concatenate(random_scores))
        n_higher = len(null) - np.searchsorted(null, score)
        no_hits = [np.empty(0, np.int64)] * len(score)
        return EnrichmentResult(score, (n_higher + 1) / (len(null) + 1), no_hits, np.zeros(len(score), np.int64), {})

    def _random_lists(self, query: np.ndarray) -> np.ndarray:
        """Random lists with the query's numbers of genes and of annotated genes."""
        rng, annotated = np.random.default_rng(0), self.phenotypes.positions
        n = len(self.phenotypes.annotated_query(query))
        rest = np.setdiff1d(np.arange(len(self.genes)), annotated)
        lists = [
            [*rng.choice(annotated, n, replace=False), *rng.choice(rest, len(query) - n, replace=False)]
            for _ in range(N_LISTS)
        ]
        return np.array(lists, np.int64)

    def _scores(self, lists: np.ndarray) -> np.ndarray:
        """Scores of lists of genes, lists × phenotypes.

        Mean and variance over random lists are exact: they are computed from the factors, not by sampling.
        """
        mean, variance = self._expected(lists[0])
        factors = np.array([self.gene_factors[query].mean(axis=0) for query in lists])
        score: np.ndarray = (factors - mean) @ self.term_factors.T / np.sqrt(np.maximum(variance, TINY))
        score -= np.median(score, axis=1, keepdims=True)
        score /= np.maximum(1.4826 * np.median(np.abs(score), axis=1, keepdims=True), 1)
        return score

    def _expected(self, query: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean factors of random lists similar to a query, and the variance of their mean strength per phenotype."""
        n, mean, variance = len(query), np.zeros(self.gene_factors.shape[1]), np.zeros(len(self.term_factors))
        for stratum, (stratum_mean, term_variance) in zip(self._strata, self._stratum_moments, strict=True):
            n_drawn, n_stratum = int(stratum[query].sum()), int(stratum.sum())
            if n_drawn:
                mean += n_drawn / n * stratum_mean
                # finite population correction: genes are drawn without replacement
                variance += n_drawn / n**2 * term_variance * (n_stratum - n_drawn) / max(n_stratum - 1, 1)
        return mean, variance

    @cached_property
    def _strata(self) -> tuple[np.ndarray, np.ndarray]:
        """Masks of the genes with and without annotations."""
        annotated = np.isin(np.arange(len(self.genes)), self.phenotypes.positions)
        return annotated, ~annotated

    @cached_property
    def _stratum_moments(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Mean factors of each stratum, and the variance of the strength of its genes per phenotype."""
        moments = []
        for stratum in self._strata:
            factors, v = self.gene_factors[stratum], self.term_factors
            if not len(factors):
                moments.append((np.zeros(v.shape[1]), np.zeros(len(v))))
                continue
            covariance = np.cov(factors.T, bias=True)
            moments.append((factors.mean(axis=0), np.einsum("ti,ij,tj->t", v, covariance, v, optimize=True)))
        return moments

    def _predicted_genes(self, query: np.ndarray, term: str) -> str:
        """Genes of the query with the highest strengths that are not annotated with the term."""
        row = self.phenotypes.sets.names.index(term)
        strength = self.gene_factors @ self.term_factors[row]
        annotated = self.phenotypes.positions[self.phenotypes.sets.membership[[row]].indices]
        new = query[~np.isin(query, annotated) & (strength[query] > np.quantile(strength, GENE_QUANTILE))]
        return ";".join(self.genes[new[np.argsort(-strength[new], kind="stable")][:N_GENES]])

    def _sources(self, diseases: pd.Series) -> list[str]:
        """Sources of the links between each disease and its genes."""
        hpo, rows = self.hpo, {name: row for row, name in enumerate(self.hpo.disease_ids)}
        kinds = [hpo.links[hpo.links[:, 1] == rows[name], 2] for name in diseases]
        return ["; ".join(dict.fromkeys(hpo.source_label(hpo.kinds[kind][0]) for kind in each)) for each in kinds]


def _annotated_sets(
    names: list[str], membership: csr_array, rows: np.ndarray, min_genes: int, max_genes: float
) -> AnnotatedSets:
    """Sets over the annotated genes of a background, from genes × terms and the row of each gene (-1 without)."""
    from scipy.sparse import csr_array

    positions = np.flatnonzero(rows >= 0)
    positions = positions[np.diff(membership.indptr)[rows[positions]] > 0]
    sets = csr_array(membership[rows[positions]].T, dtype=np.float64)
    sets.eliminate_zeros()  # the root of the ontology, which is not a phenotype
    sets.sort_indices()
    size = np.diff(sets.indptr)
    kept = np.flatnonzero((size >= min_genes) & (size <= max_genes))
    n_genes = np.asarray(membership.sum(axis=0)).ravel().astype(np.int64)[kept]
    return AnnotatedSets(SetIndex([names[i] for i in kept.tolist()], sets[kept], n_genes, 0 * n_genes), positions)


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
