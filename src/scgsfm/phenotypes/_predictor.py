"""How probable it is that a gene has a phenotype, predicted from what else is known of the gene."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np

from ._annotations import EMBEDDED, load_annotations

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from scipy import sparse

    from ._annotations import HPOAnnotations
    from ._ontology import Ontology

WEIGHTS = EMBEDDED.with_name("relations.safetensors")
LEAST = 0.05
"""No gene is taken for less than this share of a term's frequency."""


@dataclass(frozen=True)
class PhenotypePredictor:
    """Encodings of genes and terms, the product of which is how far a gene departs from a term's frequency.

    They come from the annotations of other genes, by kernel regression and by neighbours, on the embeddings of a gene set
    foundation model, gene-set memberships and summaries; genes with annotations are predicted by fits without theirs.
    These have a second encoding, by the genes of like annotations.

    Examples
    --------
    >>> from scgsfm.models.gpgpt import knowledge, relations
    >>> model, ontology = relations(), knowledge().ontology
    >>> rows = [ontology.term(name) for name in ("Seizure", "Ectopia lentis")]
    >>> chance = model.probability(["SCN1A", "SCN1A"], rows)
    >>> bool(chance[0] > chance[1])
    True
    """

    genes: list[str]
    """Approved symbols."""
    terms: np.ndarray
    """Numbers of the terms that are modelled, ascending."""
    gene_factors: np.ndarray
    term_factors: np.ndarray
    frequency: np.ndarray
    """Of each term: share of the annotated genes that have it."""
    blend: np.ndarray
    """Weights of :func:`parts`."""
    knots: np.ndarray
    """Two rows: log odds before and after calibration, ascending."""
    annotated: np.ndarray
    """Rows of the genes with annotations, ascending."""
    own_factors: np.ndarray
    """Encodings of these by genes of like annotations."""
    own_blend: np.ndarray
    own_knots: np.ndarray
    """As :attr:`blend` and :attr:`knots`, for the strengths of both encodings."""
    weights: np.ndarray
    """Of :class:`~scgsfm.models.gpgpt.Ranker`."""
    unannotated: np.ndarray
    """Log scale and log share of genes without annotation in the ranking of genes."""
    known: HPOAnnotations

    @property
    def ontology(self) -> Ontology:
        """The ontology of :attr:`known`."""
        return self.known.ontology

    @cached_property
    def _gene_rows(self) -> dict[str, int]:
        return {gene: row for row, gene in enumerate(self.genes)}

    @cached_property
    def column(self) -> np.ndarray:
        """The column of each term of the ontology: its own, or that of its rarest ancestor that is modelled; or -1."""
        own = np.full(len(self.ontology), -1)
        rows = np.array([-1 if (row := self.ontology.row(n)) is None else row for n in self.terms.tolist()])
        own[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
        closure, found = self.ontology.closure, own.copy()
        for term in np.flatnonzero((own < 0) & self.ontology.is_phenotype).tolist():
            above = own[closure.indices[closure.indptr[term] : closure.indptr[term + 1]]]
            above = above[above >= 0]
            if len(above):
                found[term] = above[np.argmin(self.frequency[above])]
        return found

    def rows(self, genes: list[str] | np.ndarray) -> np.ndarray:
        """Rows of genes in :attr:`gene_factors`; -1 for those of which nothing is known."""
        return np.array([self._gene_rows.get(gene, -1) for gene in genes], np.int64)

    def strength(self, genes: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """How far genes depart from the frequency of terms, genes × terms, for rows and columns of the encodings."""
        factors = np.where(genes[:, None] >= 0, self.gene_factors[genes], 0)
        return factors @ self.term_factors[columns].T

    def probability(self, genes: list[str] | np.ndarray, terms: list[int] | np.ndarray) -> np.ndarray:
        """Probability of pairs: that a gene, if it causes a disease, is annotated with a phenotype.

        What else is annotated to a gene counts where the phenotype (of a rare one the ancestor that stands for it) is not;
        a pair that is annotated is predicted from other genes alone.

        Parameters
        ----------
        genes
            Approved symbols.
        terms
            Rows of terms of the ontology, one for each gene.

        Returns
        -------
        One value a pair. Of genes of which nothing is known, the term's own; NaN for terms that are no phenotypes.
        """
        columns, rows = self.column[np.asarray(terms, np.int64)], self.rows(genes)
        frequency, encoded = self.frequency[columns], self.term_factors[columns]
        strength = np.where(rows >= 0, np.einsum("ij,ij->i", self.gene_factors[rows], encoded), 0)
        chance = self.calibrated(strength, frequency)
        place = np.searchsorted(self.annotated, rows)
        there = self.annotated[np.minimum(place, len(self.annotated) - 1)] == rows
        new = np.flatnonzero(there & (columns >= 0) & ~self._is_known(rows, columns))
        own = np.einsum("ij,ij->i", self.own_factors[place[new]], encoded[new])
        raw = raw_log_odds(frequency[new], self.own_blend, strength[new], own)
        chance[new] = calibrated(raw, self.own_knots)
        return np.where(columns >= 0, chance, np.nan)

    @cached_property
    def _known_terms(self) -> sparse.csr_array:
        """Genes of :attr:`known` × modelled terms: what is annotated."""
        rows = [self.ontology.row(number) for number in self.terms.tolist()]
        return self.known.gene_phenotypes[:, rows].tocsr()

    @cached_property
    def _known_rows(self) -> np.ndarray:
        """Rows of :attr:`genes` in :attr:`known`, or -1."""
        return np.array([-1 if (row := self.known.gene(gene)) is None else row for gene in self.genes])

    def _is_known(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Whether pairs of rows and columns of the encodings are annotated."""
        place = self._known_rows[rows]
        return np.asarray(self._known_terms[place, columns]).ravel() & (place >= 0)

    def fit(self, genes: list[str], terms: Sequence[int]) -> np.ndarray:
        """Of each gene, the sum over terms of the log of how much likelier it has them than genes at large."""
        columns = self.column[np.asarray(terms, np.int64)]
        frequency = self.frequency[columns]
        chance = self.calibrated(self.strength(self.rows(genes), columns), frequency)
        return np.log(chance / self.calibrated(np.zeros(len(columns)), frequency)).sum(axis=1)

    def calibrated(self, strength: np.ndarray, frequency: np.ndarray) -> np.ndarray:
        """Probabilities from strengths and the terms' frequencies."""
        return calibrated(raw_log_odds(frequency, self.blend, strength), self.knots)


def parts(frequency: np.ndarray, *strengths: np.ndarray) -> list[np.ndarray]:
    """Log odds of the frequency; of each kind the strength, and the log of the ratio of the predicted share to it."""
    odds, root = np.log(frequency) - np.log1p(-frequency), np.sqrt(frequency)
    ratios = [(strength, np.log(np.maximum(1 + strength / root, LEAST))) for strength in strengths]
    return [odds, *(part for pair in ratios for part in pair)]


def raw_log_odds(frequency: np.ndarray, blend: np.ndarray, *strengths: np.ndarray) -> np.ndarray:
    """Log odds before the isotonic curve: a sum of :func:`parts`."""
    return sum(weight * part for weight, part in zip(blend, parts(frequency, *strengths), strict=True))


def calibrated(raw: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Probabilities from log odds by the isotonic curve."""
    return 1 / (1 + np.exp(-np.interp(raw, *knots)))


@cache
def load_predictor() -> PhenotypePredictor:
    """The embedded predictor; read once."""
    return read_predictor(WEIGHTS)


def read_predictor(path: str | os.PathLike[str]) -> PhenotypePredictor:
    """Read what ``training/gpgpt_relations.py`` wrote."""
    import safetensors.numpy

    stored = safetensors.numpy.load_file(path)
    return PhenotypePredictor(
        genes=stored["genes"].tobytes().decode().split("\n"),
        terms=stored["terms"].astype(np.int64),
        gene_factors=stored["gene_factors"].astype(np.float32) * stored["gene_scale"],
        term_factors=stored["term_factors"].astype(np.float32) * stored["term_scale"],
        frequency=stored["frequency"].astype(np.float64),
        blend=stored["blend"].astype(np.float64),
        knots=stored["knots"].astype(np.float64),
        weights=stored["ranker"].astype(np.float64),
        unannotated=stored["unannotated"].astype(np.float64),
        annotated=stored["annotated"].astype(np.int64),
        own_factors=stored["own_factors"].astype(np.float32) * stored["own_scale"],
        own_blend=stored["own_blend"].astype(np.float64),
        own_knots=stored["own_knots"].astype(np.float64),
        known=load_annotations(),
    )
