"""How a disease explains each term of a patient."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._gene_ranking import MAX_EXCLUDED

if TYPE_CHECKING:
    from ._gene_ranking import GeneRanker

MATCHES = ("exact", "specific", "ancestor", "predicted", "none", "against", "compatible")
"""How a gene explains a term, in the order of the docstring of :func:`scgsfm.tl.rank_genes`."""


class Explanation(NamedTuple):
    """How a disease, or the predictions of a gene, explain a term."""

    match: str
    """One of :data:`MATCHES`."""
    through: int = -1
    """Row of the term or ancestor that patient and disease share; -1 without one."""
    annotated: int = -1
    """Row of the term that the disease is annotated with."""
    frequency: float = np.nan
    """Fraction of the patients with the disease that have :attr:`annotated`; NaN if the source does not state it."""
    log_ratio: float = 0.0
    """Contribution of the term: log(1 + likelihood ratio) of a present one, the log probability that an excluded one is
    absent."""


def explain_present(ranker: GeneRanker, disease: int, term: int) -> Explanation:
    """How a disease explains a term that the patient has.

    Parameters
    ----------
    ranker
        The ranker.
    disease
        Row of the disease in the annotations.
    term
        Row of the term.
    """
    best, through, nearest = 0.0, -1, 0
    for ancestor, distance in ranker.generations(term).items():
        ratio = ranker.likelihood_ratio(disease, ancestor, distance)
        if ratio > best:
            best, through, nearest = ratio, ancestor, distance
    # an ancestor that raises the probability of the disease less than no annotation at all explains nothing
    if through < 0 or (nearest and best <= 1):
        return Explanation("none", log_ratio=float(np.log1p(best)))
    annotated, frequency = _direct(ranker, disease, through)
    match = "ancestor" if nearest else "exact" if annotated == term else "specific"
    return Explanation(match, through, annotated, frequency, float(np.log1p(best)))


def explain_excluded(ranker: GeneRanker, disease: int, term: int) -> Explanation:
    """Whether a disease lets expect a term that the patient was examined for and does not have."""
    frequency = ranker.frequency_of(disease, term)
    if not frequency:
        return Explanation("compatible")
    annotated, stated = _direct(ranker, disease, term)
    return Explanation("against", term, annotated, stated, float(np.log1p(-min(frequency, MAX_EXCLUDED))))


def _direct(ranker: GeneRanker, disease: int, term: int) -> tuple[int, float]:
    """The most frequent annotation of a disease at or below a term, the term itself if it is one, and its frequency."""
    hpo = ranker.hpo
    below = set(ranker.ontology.descendants(term).tolist())
    found: list[tuple[bool, float, int, float]] = []
    for place in hpo.annotations_of(disease).tolist():
        row = int(hpo.annotations[place, 1])
        if row in below and not hpo.negated[place]:
            stated = float(hpo.frequency[place])
            found.append((row == term, -1.0 if np.isnan(stated) else stated, row, stated))
    _, _, row, stated = max(found, key=lambda one: one[:2])
    return row, stated
