"""Predicted probability that a gene has a phenotype."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scgsfm.genes import approved_symbols

from ._annotations import load_annotations
from ._index_in_use import ANNOTATIONS_FILE, per_index

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from scipy import sparse

    from ._annotations import HPOAnnotations
    from ._ontology import Ontology

PREDICTOR_FILE = ANNOTATIONS_FILE.with_name("relations.safetensors")
"""The predictor that ships with the package."""
MIN_RATIO = 0.05
"""Lower bound of the ratio of a predicted frequency to the frequency of the term."""


@dataclass(frozen=True)
class PhenotypePredictor:
    r"""Probability that a gene is annotated with a phenotype, from factors of genes and terms.

    The strength :math:`z_{gt} = \mathbf{u}_g^\top \mathbf{v}_t` of a gene :math:`g` and a term :math:`t` is the difference
    between the predicted frequency and the frequency :math:`f_t` of the term among annotated genes, in units of
    :math:`\sqrt{f_t}`. The gene factors :math:`\mathbf{u}_g` are predicted from the annotations of other genes by kernel
    regression and nearest neighbors, on the embedding of a gene set foundation model, gene-set memberships and gene
    summaries. Factors of annotated genes are out of fold. The probability is

    .. math::

        P_{gt} = \sigma\left(m\left(\beta_0 \log\frac{f_t}{1 - f_t} + \beta_1 z_{gt}
            + \beta_2 \log \max\left(1 + \frac{z_{gt}}{\sqrt{f_t}}, 0.05\right)\right)\right)

    with the logistic function :math:`\sigma`, coefficients :math:`\beta` of a logistic regression and the monotonic curve
    :math:`m` of an isotonic regression. Annotated genes have second factors, from genes with similar annotations; these add
    the terms :math:`\beta_3` and :math:`\beta_4` of the same form.

    Examples
    --------
    >>> from scgsfm.phenotypes import load_predictor
    >>> predictor = load_predictor()
    >>> rows = [predictor.ontology.term(name) for name in ("Seizure", "Ectopia lentis")]
    >>> probability = predictor.probability(["SCN1A", "SCN1A"], rows)
    >>> bool(probability[0] > probability[1])
    True
    """

    genes: list[str]
    """Symbols at the time of fitting; :attr:`symbols` are those of today."""
    terms: np.ndarray
    """Numbers of the modeled terms, ascending."""
    gene_factors: np.ndarray
    term_factors: np.ndarray
    frequency: np.ndarray
    """Fraction of the annotated genes with each term."""
    coefficients: np.ndarray
    """Coefficients of :func:`log_odds_terms`."""
    knots: np.ndarray
    """Knots of the isotonic curve: log odds before and after calibration, ascending."""
    annotated_rows: np.ndarray
    """Rows of the genes with annotations, ascending."""
    annotated_factors: np.ndarray
    """Second factors of these genes, from genes with similar annotations."""
    annotated_coefficients: np.ndarray
    annotated_knots: np.ndarray
    """Same as :attr:`coefficients` and :attr:`knots`, for the strengths of both factors."""
    ranking_weights: np.ndarray
    """Weights of :class:`GeneRanker`."""
    unannotated: np.ndarray
    """Log scale and log share of genes without annotations in gene prioritization."""
    hpo: HPOAnnotations
    source: str = "gene-phenotype predictor"
    """Name of the model, reported as the source of predictions."""

    @property
    def ontology(self) -> Ontology:
        """The ontology of :attr:`hpo`."""
        return self.hpo.ontology

    @cached_property
    def _gene_rows(self) -> dict[str, int]:
        return {gene: row for row, gene in enumerate(self.genes)}

    @cached_property
    def column(self) -> np.ndarray:
        """Column of each term of the ontology: its own or that of its rarest modeled ancestor; -1 without either."""
        own = np.full(len(self.ontology), -1)
        rows = self._term_rows
        own[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
        closure, column = self.ontology.closure, own.copy()
        for term in np.flatnonzero((own < 0) & self.ontology.is_phenotype).tolist():
            ancestors = own[closure.indices[closure.indptr[term] : closure.indptr[term + 1]]]
            ancestors = ancestors[ancestors >= 0]
            if len(ancestors):
                column[term] = ancestors[np.argmin(self.frequency[ancestors])]
        return column

    @cached_property
    def symbols(self) -> list[str]:
        """Today's approved symbol of each of :attr:`genes`."""
        return approved_symbols(self.genes, ncbi=True)

    @cached_property
    def _symbol_rows(self) -> dict[str, int]:
        return {symbol: row for row, symbol in enumerate(self.symbols)}

    def rows(self, genes: list[str] | np.ndarray) -> np.ndarray:
        """Rows of genes in :attr:`gene_factors`, by their names there or by approved symbol; -1 for unknown genes."""
        rows = np.array([self._gene_rows.get(gene, -1) for gene in genes], np.int64)
        for i in np.flatnonzero(rows < 0).tolist():
            rows[i] = self._symbol_rows.get(str(genes[i]), -1)
        return rows

    def strength(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Strengths of all pairs of rows and columns of the factors, genes × terms."""
        factors = np.where(rows[:, None] >= 0, self.gene_factors[rows], 0)
        strength: np.ndarray = factors @ self.term_factors[columns].T
        return strength

    def probability(self, genes: list[str] | np.ndarray, terms: list[int] | np.ndarray) -> np.ndarray:
        """Probability of pairs: that a gene, if it causes a disease, is annotated with a phenotype.

        The other annotations of a gene are taken into account unless the phenotype (or the ancestor that represents a rare
        one) is annotated. Annotated pairs are predicted from other genes alone.

        Parameters
        ----------
        genes
            Approved symbols.
        terms
            Rows of terms of the ontology, one per gene.

        Returns
        -------
        One value per pair. Unknown genes get the probability of the term's frequency. NaN for terms that are not
        phenotypes.
        """
        columns, rows = self.column[np.asarray(terms, np.int64)], self.rows(genes)
        frequency, factors = self.frequency[columns], self.term_factors[columns]
        strength = np.where(rows >= 0, np.einsum("ij,ij->i", self.gene_factors[rows], factors), 0)
        probability = self.calibrate(strength, frequency)
        position = np.searchsorted(self.annotated_rows, rows)
        is_annotated = self.annotated_rows[np.minimum(position, len(self.annotated_rows) - 1)] == rows
        # the second factors contain the annotation itself: they may not predict annotated pairs
        new = np.flatnonzero(is_annotated & (columns >= 0) & ~self._is_annotated_pair(rows, columns))
        second = np.einsum("ij,ij->i", self.annotated_factors[position[new]], factors[new])
        raw = raw_log_odds(frequency[new], self.annotated_coefficients, strength[new], second)
        probability[new] = isotonic_probability(raw, self.annotated_knots)
        return np.where(columns >= 0, probability, np.nan)

    @cached_property
    def _annotated_pairs(self) -> sparse.csr_array:
        """Genes of :attr:`hpo` × modeled terms, boolean."""
        pairs = self.hpo.gene_phenotypes[:, np.maximum(self._term_rows, 0)]
        return pairs.multiply(self._term_rows >= 0).tocsr().astype(bool)

    @cached_property
    def _term_rows(self) -> np.ndarray:
        """Row of each modeled term in the ontology; -1 for a term that the release in use does not have."""
        rows = (self.ontology.row(number) for number in self.terms.tolist())
        return np.array([-1 if row is None else row for row in rows], np.int64)

    @cached_property
    def _annotation_rows(self) -> np.ndarray:
        """Rows of :attr:`genes` in :attr:`hpo`, or -1."""
        return np.array([-1 if (row := self.hpo.gene(gene)) is None else row for gene in self.genes])

    def _is_annotated_pair(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        row = self._annotation_rows[rows]
        annotated: np.ndarray = np.asarray(self._annotated_pairs[row, columns]).ravel() & (row >= 0)
        return annotated

    def log_likelihood_ratio(self, genes: list[str] | np.ndarray, terms: Sequence[int]) -> np.ndarray:
        r"""Sum over terms of the log ratio of a gene's probability to that of the term's frequency.

        .. math::

            \sum_{t} \log \frac{P_{gt}}{P_t}

        where :math:`P_t` is the probability of a gene with strength 0. The other annotations of the gene are not used.
        Genes are given by name, or by row of :attr:`gene_factors`.
        """
        rows = genes if isinstance(genes, np.ndarray) and genes.dtype.kind == "i" else self.rows(genes)
        columns = self.column[np.asarray(terms, np.int64)]
        frequency = self.frequency[columns]
        probability = self.calibrate(self.strength(rows, columns), frequency)
        ratio: np.ndarray = np.log(probability / self.calibrate(np.zeros(len(columns)), frequency)).sum(axis=1)
        return ratio

    def calibrate(self, strength: np.ndarray, frequency: np.ndarray) -> np.ndarray:
        """Probabilities from strengths and the terms' frequencies."""
        return isotonic_probability(raw_log_odds(frequency, self.coefficients, strength), self.knots)


def log_odds_terms(frequency: np.ndarray, *strengths: np.ndarray) -> list[np.ndarray]:
    """Predictors of the logistic regression: the log odds of the frequency, and two for each kind of strength.

    These two are the strength itself and the log of the ratio of the predicted frequency to the term's frequency.
    """
    odds, root = np.log(frequency) - np.log1p(-frequency), np.sqrt(frequency)
    ratios = [(strength, np.log(np.maximum(1 + strength / root, MIN_RATIO))) for strength in strengths]
    return [odds, *(term for pair in ratios for term in pair)]


def raw_log_odds(frequency: np.ndarray, coefficients: np.ndarray, *strengths: np.ndarray) -> np.ndarray:
    """Log odds before isotonic calibration: the weighted sum of :func:`log_odds_terms`."""
    terms = log_odds_terms(frequency, *strengths)
    total: np.ndarray = sum(c * term for c, term in zip(coefficients, terms, strict=True))
    return total


def isotonic_probability(raw: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Probabilities from log odds by the curve of an isotonic regression."""
    probability: np.ndarray = 1 / (1 + np.exp(-np.interp(raw, *knots)))
    return probability


@per_index
def load_predictor() -> PhenotypePredictor:
    """The predictor that ships with the package, with the annotations in use; read once."""
    return read_predictor(PREDICTOR_FILE)


def read_predictor(path: str | os.PathLike[str]) -> PhenotypePredictor:
    """Read a file that ``training/gpgpt_relations.py`` wrote; the model card next to it gives the source."""
    import safetensors
    import safetensors.numpy

    try:
        stored = safetensors.numpy.load_file(path)
    except safetensors.SafetensorError as error:
        msg = f"{path} is truncated or not a safetensors file ({error}). Copy it again from its source."
        raise ValueError(msg) from error
    card = Path(path).with_name("card.json")
    about = json.loads(card.read_text(encoding="utf-8")) if card.exists() else {}
    return PhenotypePredictor(
        genes=stored["genes"].tobytes().decode().split("\n"),
        terms=stored["terms"].astype(np.int64),
        gene_factors=stored["gene_factors"].astype(np.float32) * stored["gene_scale"],
        term_factors=stored["term_factors"].astype(np.float32) * stored["term_scale"],
        frequency=stored["frequency"].astype(np.float64),
        coefficients=stored["blend"].astype(np.float64),
        knots=stored["knots"].astype(np.float64),
        annotated_rows=stored["annotated"].astype(np.int64),
        annotated_factors=stored["own_factors"].astype(np.float32) * stored["own_scale"],
        annotated_coefficients=stored["own_blend"].astype(np.float64),
        annotated_knots=stored["own_knots"].astype(np.float64),
        ranking_weights=stored["ranker"].astype(np.float64),
        unannotated=stored["unannotated"].astype(np.float64),
        hpo=load_annotations(),
        source=about.get("name", Path(path).parent.name),
    )
