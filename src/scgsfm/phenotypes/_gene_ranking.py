"""Which genes explain the phenotypes of a patient."""

from __future__ import annotations

from collections import defaultdict
from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._annotations import load_annotations
from ._predictor import load_predictor

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from scipy import sparse

    from ._annotations import HPOAnnotations
    from ._ontology import Ontology

FEATURES = ("likelihood", "likelihood_root", "exact", "missed", "expected", "shared", "excluded")
"""What :meth:`GeneRanker.features` tells of a patient and a disease."""
UNSTATED = 0.5
"""Frequency taken for an annotation that states none."""
STEP = 0.3
"""What a match is worth after each generation between the patient's term and the annotated one."""
MOST_EXCLUDED = 0.95
"""No disease is ruled out by a single feature that the patient lacks."""


class GeneRanker:
    r"""Scores of diseases and their genes for the phenotypes of a patient.

    A disease is judged by how much likelier it makes the patient's terms than they are in other diseases (a likelihood
    ratio, as in LIRICAL, but through common ancestors and bounded below, for reports are incomplete), by what is
    expected of it but not seen, by what it shares with the patient (as in Phrank), and by what the patient lacks. The
    seven numbers are weighted; a gene's score is the log of the sum of :math:`e^{score}` over its diseases, each shared
    out among the genes it can be due to.

    Parameters
    ----------
    known
        Genes, diseases and their phenotypes.
    weights
        One for each of :data:`FEATURES`.
    sources
        Whose links of genes and diseases to use; by default all.
    """

    def __init__(self, known: HPOAnnotations, weights: np.ndarray, *, sources: Collection[str] | None = None) -> None:
        self.known = known
        self.weights = np.asarray(weights, np.float64)
        self.ontology: Ontology = known.ontology
        self._likelihoods: dict[int, np.ndarray] = {}
        links = known.gene_diseases(sources)
        annotated = np.diff(known.disease_terms().indptr) > 0
        self.diseases = np.flatnonzero((np.asarray(links.sum(axis=0)).ravel() > 0) & annotated)
        pairs = links[:, self.diseases].tocsc()
        self.gene_of = pairs.indices
        """The genes of the first disease, then those of the second, and so on."""
        self._starts = pairs.indptr[:-1]
        self.n_genes = np.diff(pairs.indptr)
        self.genes = np.unique(self.gene_of)
        """Rows of the genes with a disease that has annotated phenotypes."""

    @cached_property
    def frequency(self) -> sparse.csr_array:
        """Diseases × terms: the share of patients with the term, the most frequent of its descendants for ancestors."""
        from scipy import sparse

        known, n_terms = self.known, len(self.ontology)
        place = np.full(len(known.disease_ids), -1)
        place[self.diseases] = np.arange(len(self.diseases))
        kept = ~known.negated & (place[known.annotations[:, 0]] >= 0)
        disease, term = place[known.annotations[kept, 0]], known.annotations[kept, 1]
        share = np.nan_to_num(known.frequency[kept], nan=UNSTATED)
        closure = self.ontology.closure
        above = np.diff(closure.indptr)[term]
        at = np.repeat(closure.indptr[term] - np.concatenate([[0], np.cumsum(above)[:-1]]), above) + np.arange(
            above.sum()
        )
        keys = np.repeat(disease, above) * np.int64(n_terms) + closure.indices[at]
        shares = np.repeat(share, above)
        kept = self.ontology.is_phenotype[keys % n_terms]
        keys, shares = keys[kept], shares[kept]
        order = np.lexsort((shares, keys))
        keys, shares = keys[order], shares[order]
        last = np.append(keys[1:] != keys[:-1], True)
        rows, columns = np.divmod(keys[last], n_terms)
        return sparse.csr_array((shares[last], (rows, columns)), shape=(len(self.diseases), n_terms))

    @cached_property
    def _columns(self) -> sparse.csc_array:
        return self.frequency.tocsc()

    @cached_property
    def information(self) -> np.ndarray:
        """Information content of each term among the diseases here."""
        return -np.log(np.maximum(np.diff(self._columns.indptr), 1) / len(self.diseases))

    @cached_property
    def _background(self) -> np.ndarray:
        """Mean frequency of each term over the diseases."""
        mean = np.asarray(self.frequency.sum(axis=0)).ravel() / len(self.diseases)
        return np.maximum(mean, UNSTATED / len(self.diseases))

    @cached_property
    def _expected(self) -> sparse.csr_array:
        """Frequency of the annotated terms alone, without ancestors."""
        direct = self.known.disease_terms()[self.diseases].astype(np.float64)
        return direct.multiply(self.frequency).tocsr()

    @cached_property
    def _gene_terms(self) -> sparse.csr_array:
        """Genes (all of the index) × terms with ancestors, by the diseases here."""
        from scipy import sparse

        rows = np.repeat(np.arange(len(self.diseases)), self.n_genes)
        owns = sparse.csr_array(
            (np.ones(len(rows)), (self.gene_of, rows)), shape=(len(self.known.genes), len(self.diseases))
        )
        return (owns @ self.frequency > 0).astype(np.float64)

    @cached_property
    def _gene_information(self) -> np.ndarray:
        counts = np.asarray(self._gene_terms.sum(axis=0)).ravel()
        return -np.log(np.maximum(counts, 1) / len(self.genes))

    def features(self, present: Sequence[int], absent: Sequence[int] = ()) -> np.ndarray:
        """What speaks for and against each disease: diseases × :data:`FEATURES`.

        Parameters
        ----------
        present, absent
            Rows of the terms that the patient has, and of those looked for and not found.
        """
        n = len(self.diseases)
        terms = np.unique(np.asarray(present, np.int64))
        likelihood = sum((self._likelihood(term) for term in terms.tolist()), np.zeros(n))
        exact, excluded = np.zeros(n), np.zeros(n)
        for term in terms.tolist():
            exact[self._column(term)[0]] += self.information[term]
        for term in np.unique(np.asarray(absent, np.int64)).tolist():
            rows, share = self._column(term)
            excluded[rows] += np.log1p(-np.minimum(share, MOST_EXCLUDED))
        above = self.ontology.propagated(terms)
        above = above[self.ontology.is_phenotype[above]]
        total = self._expected @ self.information
        missed = self._expected @ (self.information - self._matched(above))
        shared = self._shared(above)
        root = np.sqrt(max(len(terms), 1))
        columns = (
            likelihood,
            likelihood / root,
            exact,
            np.log1p(np.maximum(missed, 0)),
            np.log(total),
            shared,
            excluded,
        )
        return np.stack(columns, axis=1)

    def _column(self, term: int) -> tuple[np.ndarray, np.ndarray]:
        """The diseases that have a term, and how often."""
        entries = slice(*self._columns.indptr[term : term + 2])
        return self._columns.indices[entries], self._columns.data[entries]

    def _likelihood(self, term: int) -> np.ndarray:
        """Of each disease, log(1 + likelihood ratio) of a term, the best over the term and its ancestors."""
        if term not in self._likelihoods:
            ratio = np.zeros(len(self.diseases))
            for above, distance in self._generations(term).items():
                rows, share = self._column(above)
                ratio[rows] = np.maximum(ratio[rows], share / self._background[above] * STEP**distance)
            self._likelihoods[term] = np.log1p(ratio)
        return self._likelihoods[term]

    @cached_property
    def _parents(self) -> dict[int, list[int]]:
        parents = defaultdict(list)
        for child, parent in self.ontology.parents.T.tolist():
            parents[child].append(parent)
        return parents

    def _generations(self, term: int) -> dict[int, int]:
        """A term and its ancestors that are phenotypes, by the fewest steps upwards."""
        steps, new = {term: 0}, [term]
        while new:
            above = {parent for row in new for parent in self._parents.get(row, ())} - steps.keys()
            new = [row for row in above if self.ontology.is_phenotype[row]]
            distance = max(steps.values()) + 1
            steps |= dict.fromkeys(new, distance)
        return steps

    def _matched(self, above: np.ndarray) -> np.ndarray:
        """Of each term, the information of the most specific ancestor that the patient has."""
        matched = np.zeros(len(self.ontology))
        for term in above[np.argsort(self.information[above], kind="stable")].tolist():
            matched[self.ontology.descendants(term)] = self.information[term]
        return matched

    def _shared(self, above: np.ndarray) -> np.ndarray:
        """Of each disease, the information that the patient shares with the gene of it that shares most."""
        return np.maximum.reduceat(self.shared(above)[self.gene_of], self._starts)

    def shared(self, above: np.ndarray) -> np.ndarray:
        """Information of the terms that a patient shares with each gene of the index (Phrank-like)."""
        wanted = np.zeros(len(self.ontology))
        wanted[above] = self._gene_information[above]
        return self._gene_terms @ wanted

    def scores(self, present: Sequence[int], absent: Sequence[int] = ()) -> tuple[np.ndarray, np.ndarray]:
        """Log scores of :attr:`diseases` and of all genes of the index, -inf for genes without phenotypes.

        Parameters
        ----------
        present, absent
            Rows of the terms that the patient has, and of those looked for and not found.
        """
        of_disease = self.features(present, absent) @ self.weights - np.log(self.n_genes)
        return of_disease, self.gene_scores(of_disease)

    def gene_scores(self, of_disease: np.ndarray) -> np.ndarray:
        """Log of the sum over the diseases of each gene."""
        top = of_disease.max()
        sums = np.bincount(
            self.gene_of, np.repeat(np.exp(of_disease - top), self.n_genes), minlength=len(self.known.genes)
        )
        with np.errstate(divide="ignore"):
            return np.log(sums) + top

    def best_disease(self, of_disease: np.ndarray) -> np.ndarray:
        """Row (in the index) of the highest disease of each gene of the index; -1 without one."""
        flat = np.repeat(np.arange(len(self.diseases)), self.n_genes)
        order = np.argsort(of_disease[flat], kind="stable")
        best = np.full(len(self.known.genes), -1)
        best[self.gene_of[order]] = self.diseases[flat[order]]  # of several, the last one stays
        return best


class Ranked(NamedTuple):
    """All genes, and how well they explain a patient."""

    genes: list[str]
    score: np.ndarray
    """Shares of belief that add up to 1."""
    disease: np.ndarray
    """Row of the disease of the gene that fits best, -1 for genes without annotation."""
    annotated: np.ndarray
    """Genes × terms of the patient: whether the gene is annotated with the term."""


@cache
def load_ranker() -> GeneRanker:
    """The ranker over the embedded index, with the weights of the embedded predictor."""
    return GeneRanker(load_annotations(), load_predictor().weights)


def rank_genes(present: Sequence[int], absent: Sequence[int] = ()) -> Ranked:
    """Rank all genes for a patient: those with annotated diseases by these, the others by predicted relations.

    Parameters
    ----------
    present, absent
        Rows of the terms that the patient has, and of those looked for and not found.
    """
    ranker, predictor = load_ranker(), load_predictor()
    known = ranker.known
    of_disease, of_gene = ranker.scores(present, absent)
    inside = set(ranker.genes.tolist())
    new = [gene for gene in predictor.genes if known.gene(gene) not in inside]
    log_scale, log_share = predictor.unannotated
    score = np.concatenate(
        [
            (1 - np.exp(log_share)) * _shares(of_gene[ranker.genes]),
            np.exp(log_share) * _shares(np.exp(log_scale) * predictor.fit(new, present)),
        ]
    )
    annotated = np.zeros((len(score), len(present)), bool)
    annotated[: len(inside)] = known.gene_phenotypes[ranker.genes][:, np.asarray(present, np.int64)].toarray()
    disease = np.full(len(score), -1)
    disease[: len(inside)] = ranker.best_disease(of_disease)[ranker.genes]
    return Ranked([known.genes[row] for row in ranker.genes.tolist()] + new, score, disease, annotated)


def _shares(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()
