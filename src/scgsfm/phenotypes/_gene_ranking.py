"""Gene prioritization: genes ranked by how well they explain the phenotypes of a patient."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._annotations import load_annotations
from ._index_in_use import per_index
from ._predictor import load_predictor

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from scipy import sparse

    from ._annotations import HPOAnnotations
    from ._ontology import Ontology

RANKING_FEATURES = ("likelihood", "likelihood_root", "exact", "missed", "expected", "shared", "excluded")
"""Columns of :meth:`GeneRanker.features`."""
DEFAULT_FREQUENCY = 0.5
"""Frequency of annotations that do not state one."""
STEP_FACTOR = 0.3
"""Factor of the likelihood ratio for each generation between the patient's term and its annotated ancestor."""
MAX_EXCLUDED = 0.95
"""Upper bound of the frequency of an excluded term, so that no single term rules out a disease."""


class GeneRanker:
    r"""Scores of diseases and genes for the phenotypes of a patient.

    For a patient with terms :math:`Q`, the likelihood ratio of a term :math:`q` and a disease :math:`d` is, as in LIRICAL
    :cite:p:`Robinson2020` but through common ancestors and bounded below, as reports are incomplete,

    .. math::

        \lambda_d(q) = \max_{t \in \mathrm{anc}(q)} \frac{f_{dt}}{\bar f_t} \cdot 0.3^{\mathrm{dist}(q, t)}

    where :math:`f_{dt}` is the frequency of :math:`t` in :math:`d`, and :math:`\bar f_t` its mean over diseases. The
    features :math:`\mathbf{x}_d` of a disease are

    - *likelihood*: :math:`L_d = \sum_{q \in Q} \log(1 + \lambda_d(q))`
    - *likelihood_root*: :math:`L_d / \sqrt{|Q|}`
    - *exact*: the information content of the terms of :math:`Q` that :math:`d` has
    - *missed*: :math:`\log(1 + x)` of the information that :math:`d` lets expect and :math:`Q` does not match
    - *expected*: the log of the information that :math:`d` lets expect
    - *shared*: the information content shared with the best gene of :math:`d`, as in Phrank :cite:p:`Jagadeesh2019`
    - *excluded*: :math:`\sum_t \log(1 - \min(f_{dt}, 0.95))` over the terms that the patient lacks

    and the scores of a disease with :math:`n_d` causal genes and of a gene :math:`g` are

    .. math::

        s_d = \mathbf{w}^\top \mathbf{x}_d - \log n_d, \qquad
        s_g = \log \sum_{d \in D_g} e^{s_d}

    The weights :math:`\mathbf{w}` are fitted by a conditional logit model on published cases.

    Parameters
    ----------
    hpo
        Genes, diseases and their phenotypes.
    weights
        One weight for each of :data:`RANKING_FEATURES`.
    sources
        Sources of the links between genes and diseases; all by default.
    """

    def __init__(self, hpo: HPOAnnotations, weights: np.ndarray, *, sources: Collection[str] | None = None) -> None:
        self.hpo = hpo
        self.weights = np.asarray(weights, np.float64)
        self.ontology: Ontology = hpo.ontology
        self._likelihoods: dict[int, np.ndarray] = {}
        links = hpo.gene_diseases(sources)
        annotated = np.diff(hpo.disease_terms().indptr) > 0
        self.diseases = np.flatnonzero((np.asarray(links.sum(axis=0)).ravel() > 0) & annotated)
        pairs = links[:, self.diseases].tocsc()
        self.disease_genes = pairs.indices
        """Genes of the first disease, then those of the second, and so on."""
        self._starts = pairs.indptr[:-1]
        self.n_genes = np.diff(pairs.indptr)
        self.genes = np.unique(self.disease_genes)
        """Rows of the genes with a disease that has phenotypes."""

    @cached_property
    def frequency(self) -> sparse.csr_array:
        """Diseases × terms: fraction of patients with the term; an ancestor has that of its most frequent descendant."""
        from scipy import sparse

        hpo, n_terms = self.hpo, len(self.ontology)
        disease_row = np.full(len(hpo.disease_ids), -1)
        disease_row[self.diseases] = np.arange(len(self.diseases))
        kept = ~hpo.negated & (disease_row[hpo.annotations[:, 0]] >= 0)
        disease, term = disease_row[hpo.annotations[kept, 0]], hpo.annotations[kept, 1]
        frequency = np.nan_to_num(hpo.frequency[kept], nan=DEFAULT_FREQUENCY)
        closure = self.ontology.closure
        # one entry per annotation and ancestor; the largest of each disease and term is the last one after sorting
        n_ancestors = np.diff(closure.indptr)[term]
        starts = closure.indptr[term] - np.concatenate([[0], np.cumsum(n_ancestors)[:-1]])
        ancestors = closure.indices[np.repeat(starts, n_ancestors) + np.arange(n_ancestors.sum())]
        keys = np.repeat(disease, n_ancestors) * np.int64(n_terms) + ancestors
        values = np.repeat(frequency, n_ancestors)
        kept = self.ontology.is_phenotype[keys % n_terms]
        keys, values = keys[kept], values[kept]
        order = np.lexsort((values, keys))
        keys, values = keys[order], values[order]
        last = np.append(keys[1:] != keys[:-1], True)
        rows, columns = np.divmod(keys[last], n_terms)
        return sparse.csr_array((values[last], (rows, columns)), shape=(len(self.diseases), n_terms))

    @cached_property
    def _columns(self) -> sparse.csc_array:
        return self.frequency.tocsc()

    @cached_property
    def information(self) -> np.ndarray:
        """Information content of each term among :attr:`diseases`."""
        content: np.ndarray = -np.log(np.maximum(np.diff(self._columns.indptr), 1) / len(self.diseases))
        return content

    @cached_property
    def _background(self) -> np.ndarray:
        """Mean frequency of each term over the diseases."""
        mean = np.asarray(self.frequency.sum(axis=0)).ravel() / len(self.diseases)
        return np.maximum(mean, DEFAULT_FREQUENCY / len(self.diseases))

    @cached_property
    def _expected(self) -> sparse.csr_array:
        """Frequency of the annotated terms without ancestors."""
        direct = self.hpo.disease_terms()[self.diseases].astype(np.float64)
        return direct.multiply(self.frequency).tocsr()

    @cached_property
    def _gene_terms(self) -> sparse.csr_array:
        """All annotated genes × terms with ancestors, from :attr:`diseases`."""
        from scipy import sparse

        rows = np.repeat(np.arange(len(self.diseases)), self.n_genes)
        gene_diseases = sparse.csr_array(
            (np.ones(len(rows)), (self.disease_genes, rows)), shape=(len(self.hpo.genes), len(self.diseases))
        )
        return (gene_diseases @ self.frequency > 0).astype(np.float64)

    @cached_property
    def _gene_information(self) -> np.ndarray:
        counts = np.asarray(self._gene_terms.sum(axis=0)).ravel()
        content: np.ndarray = -np.log(np.maximum(counts, 1) / len(self.genes))
        return content

    def features(self, present: Sequence[int], absent: Sequence[int] = ()) -> np.ndarray:
        """Evidence for and against each disease: diseases × :data:`RANKING_FEATURES`.

        Parameters
        ----------
        present, absent
            Rows of the terms that the patient has, and of those that were excluded.
        """
        n = len(self.diseases)
        terms = np.unique(np.asarray(present, np.int64))
        likelihood = sum((self._likelihood(term) for term in terms.tolist()), np.zeros(n))
        exact, excluded = np.zeros(n), np.zeros(n)
        for term in terms.tolist():
            exact[self._column(term)[0]] += self.information[term]
        for term in np.unique(np.asarray(absent, np.int64)).tolist():
            rows, frequency = self._column(term)
            excluded[rows] += np.log1p(-np.minimum(frequency, MAX_EXCLUDED))
        ancestors = self.ontology.with_ancestors(terms)
        ancestors = ancestors[self.ontology.is_phenotype[ancestors]]
        total = self._expected @ self.information
        missed = self._expected @ (self.information - self._matched(ancestors))
        shared = self._shared(ancestors)
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
        """Diseases with a term, and its frequency in each."""
        entries = slice(*self._columns.indptr[term : term + 2])
        return self._columns.indices[entries], self._columns.data[entries]

    def _likelihood(self, term: int) -> np.ndarray:
        """log(1 + likelihood ratio) of a term for each disease, the best of the term and its ancestors."""
        if term not in self._likelihoods:
            ratio = np.zeros(len(self.diseases))
            for ancestor, distance in self._generations(term).items():
                rows, frequency = self._column(ancestor)
                lambda_ = frequency / self._background[ancestor] * STEP_FACTOR**distance
                ratio[rows] = np.maximum(ratio[rows], lambda_)
            self._likelihoods[term] = np.log1p(ratio)
        return self._likelihoods[term]

    @cached_property
    def _parents(self) -> dict[int, list[int]]:
        parents = defaultdict(list)
        for child, parent in self.ontology.parents.T.tolist():
            parents[child].append(parent)
        return parents

    def _generations(self, term: int) -> dict[int, int]:
        """A term and its ancestors that are phenotypes, with the length of the shortest path to each."""
        steps, new = {term: 0}, [term]
        while new:
            above = {parent for row in new for parent in self._parents.get(row, ())} - steps.keys()
            new = [row for row in above if self.ontology.is_phenotype[row]]
            distance = max(steps.values()) + 1
            steps |= dict.fromkeys(new, distance)
        return steps

    def _matched(self, ancestors: np.ndarray) -> np.ndarray:
        """For each term, the information content of its most specific ancestor among those of the patient."""
        matched = np.zeros(len(self.ontology))
        # ascending information: more specific terms overwrite more general ones
        for term in ancestors[np.argsort(self.information[ancestors], kind="stable")].tolist():
            matched[self.ontology.descendants(term)] = self.information[term]
        return matched

    def _shared(self, ancestors: np.ndarray) -> np.ndarray:
        """For each disease, the information shared by the patient and the best of its genes."""
        shared: np.ndarray = np.maximum.reduceat(self.shared_information(ancestors)[self.disease_genes], self._starts)
        return shared

    def shared_information(self, ancestors: np.ndarray) -> np.ndarray:
        """Summed information content of the terms shared by a patient and each annotated gene, as in Phrank."""
        content = np.zeros(len(self.ontology))
        content[ancestors] = self._gene_information[ancestors]
        shared: np.ndarray = self._gene_terms @ content
        return shared

    def scores(self, present: Sequence[int], absent: Sequence[int] = ()) -> tuple[np.ndarray, np.ndarray]:
        """Log scores of :attr:`diseases` and of all annotated genes; -inf for genes without phenotypes.

        Parameters
        ----------
        present, absent
            Rows of the terms that the patient has, and of those that were excluded.
        """
        disease_scores = self.features(present, absent) @ self.weights - np.log(self.n_genes)
        return disease_scores, self.gene_scores(disease_scores)

    def gene_scores(self, disease_scores: np.ndarray) -> np.ndarray:
        """Log-sum-exp of the scores of each gene's diseases."""
        top = disease_scores.max()
        sums = np.bincount(
            self.disease_genes, np.repeat(np.exp(disease_scores - top), self.n_genes), minlength=len(self.hpo.genes)
        )
        with np.errstate(divide="ignore"):
            scores: np.ndarray = np.log(sums) + top
        return scores

    def best_disease(self, disease_scores: np.ndarray) -> np.ndarray:
        """Row (in the annotations) of the best disease of each annotated gene; -1 without one."""
        flat = np.repeat(np.arange(len(self.diseases)), self.n_genes)
        order = np.argsort(disease_scores[flat], kind="stable")
        best = np.full(len(self.hpo.genes), -1)
        best[self.disease_genes[order]] = self.diseases[flat[order]]  # assignments overwrite: the best comes last
        return best


class RankedGenes(NamedTuple):
    """Genes with their scores for a patient."""

    genes: list[str]
    """Approved symbols, each once."""
    score: np.ndarray
    """Probabilities that sum to 1."""
    disease: np.ndarray
    """Row of the best disease of each gene; -1 for genes without annotations."""
    annotated: np.ndarray
    """Genes × :attr:`terms`: whether the gene is annotated with the term."""
    terms: list[int]
    """Rows of the patient's terms without those that others imply."""


class _RankableGenes(NamedTuple):
    """The genes that can be ranked, each once."""

    symbols: list[str]
    """Approved symbols of the annotated genes."""
    position: np.ndarray
    """Position in :attr:`symbols` of each of :attr:`GeneRanker.genes`; genes under two names share one."""
    new: list[str]
    """Names of the other genes in the predictor."""
    new_symbols: list[str]


@per_index
def load_ranker() -> GeneRanker:
    """The ranker with the annotations in use and the weights that ship with the package."""
    return GeneRanker(load_annotations(), load_predictor().ranking_weights)


@per_index
def _rankable_genes() -> _RankableGenes:
    """Annotated genes and other genes by approved symbol; a gene that both name is annotated."""
    ranker, predictor = load_ranker(), load_predictor()
    names = [ranker.hpo.symbols[row] for row in ranker.genes.tolist()]
    symbols = {symbol: i for i, symbol in enumerate(dict.fromkeys(names))}
    new: dict[str, str] = {}
    for name, symbol in zip(predictor.genes, predictor.symbols, strict=True):
        if symbol not in symbols and name not in symbols and (symbol not in new or name == symbol):
            new[symbol] = name
    return _RankableGenes(list(symbols), np.array([symbols[name] for name in names]), list(new.values()), list(new))


def rank_genes(present: Sequence[int], absent: Sequence[int] = ()) -> RankedGenes:
    r"""Rank genes for a patient: annotated genes by their diseases, other genes by predicted phenotypes.

    With the share :math:`\pi` of genes without annotations among newly linked genes, annotated genes share
    :math:`1 - \pi` in proportion to :math:`e^{s_g}` (see :class:`GeneRanker`), and the others share :math:`\pi` in
    proportion to :math:`e^{\alpha r_g}` with the log likelihood ratio :math:`r_g` of
    :meth:`PhenotypePredictor.log_likelihood_ratio`. Terms that others imply do not change the result.

    Parameters
    ----------
    present, absent
        Rows of the terms that the patient has, and of those that were excluded.
    """
    ranker, predictor, known = load_ranker(), load_predictor(), _rankable_genes()
    hpo = ranker.hpo
    terms, absent = most_specific(present, hpo.ontology), most_general(absent, hpo.ontology)
    disease_scores, gene_scores = ranker.scores(terms, absent)
    log_scale, log_share = predictor.unannotated
    rows, n = ranker.genes, len(known.symbols)
    # a gene under two names has the sum of both: a disease of both was divided between them
    share = np.bincount(known.position, _softmax(gene_scores[rows]), minlength=n)
    score = np.concatenate(
        [
            (1 - np.exp(log_share)) * share,
            np.exp(log_share) * _softmax(np.exp(log_scale) * predictor.log_likelihood_ratio(known.new, terms)),
        ]
    )
    annotated = np.zeros((len(score), len(terms)), bool)
    of_rows = hpo.gene_phenotypes[rows][:, np.asarray(terms, np.int64)].toarray()
    np.logical_or.at(annotated, known.position, of_rows)
    disease = np.full(len(score), -1)
    best = np.argsort(gene_scores[rows], kind="stable")  # assignments overwrite: the better name comes last
    disease[known.position[best]] = ranker.best_disease(disease_scores)[rows][best]
    return RankedGenes([*known.symbols, *known.new_symbols], score, disease, annotated, terms)


def most_specific(rows: Iterable[int], ontology: Ontology) -> list[int]:
    """Terms without those that other terms imply, in their order."""
    given = list(dict.fromkeys(rows))
    implied = {above for row in given for above in ontology.ancestors(row).tolist() if above != row}
    return [row for row in given if row not in implied]


def most_general(rows: Iterable[int], ontology: Ontology) -> list[int]:
    """Absent terms without those whose absence follows from others, in their order."""
    given = list(dict.fromkeys(rows))
    chosen = set(given)
    return [row for row in given if not chosen & (set(ontology.ancestors(row).tolist()) - {row})]


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max())
    softmax: np.ndarray = powers / powers.sum()
    return softmax
