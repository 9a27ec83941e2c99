"""The phenotype predictor fitted on the annotations of 2023, judged on what later annotations add."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from _common import say
from build_phenotypes import contents_of_2023
from gene_vectors import gene_vectors, known_genes, labels_of, read_summaries
from gpgpt_relations import as_annotations, fit_predictor, write
from scipy import sparse

from scgsfm.phenotypes import read_predictor
from scgsfm.phenotypes.fitting import (
    KERNEL_WEIGHTS,
    GeneSimilarity,
    neighbor_weights,
    raw_log_odds,
    ridge_weights,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scgsfm.phenotypes import HPOAnnotations, PhenotypePredictor

N_NEIGHBORS, SEED = 60, 0


class Fitted(NamedTuple):
    """The annotations of 2023, the predictor fitted on them, and the similarity of its genes."""

    hpo: HPOAnnotations
    predictor: PhenotypePredictor
    similarity: GeneSimilarity


def fit_on_2023(folder: Path, file: Path | None) -> Fitted:
    """Fit on the annotations of 2023, or read the predictor of an earlier run from ``file``.

    Summaries (of September 2023) are used without the sentences that mention diseases.
    """
    hpo = as_annotations(contents_of_2023(folder))
    genes = known_genes(hpo)
    similarity = GeneSimilarity(gene_vectors(genes, read_summaries(folder), strip=True))
    if file is not None and file.exists():
        return Fitted(hpo, replace(read_predictor(file), hpo=hpo), similarity)
    say("fit on the annotations of 2023")
    predictor = fit_predictor(hpo, genes, similarity, np.random.default_rng(SEED))
    if file is not None:
        write(file, predictor)
    return Fitted(hpo, predictor, similarity)


class Added(NamedTuple):
    """What later annotations add about some genes, over the modeled terms."""

    rows: np.ndarray
    """Rows of the genes in the predictor."""
    known: np.ndarray
    """Genes × terms: annotated in 2023, ancestors included."""
    new: np.ndarray
    """Genes × terms: annotated directly later, and not implied in 2023."""
    either: np.ndarray
    """Genes × terms: annotated in 2023 or later, ancestors included."""


def added_pairs(fitted: Fitted, later: HPOAnnotations) -> dict[str, Added]:
    """Pairs that later annotations add, for genes that had annotations in 2023 and genes that had none."""
    old, predictor = fitted.hpo, fitted.predictor
    numbers = [later.ontology.numbers[term] for term in range(len(later.ontology))]
    column = np.array([-1 if (row := old.ontology.row(int(n))) is None else row for n in numbers])
    keep = np.flatnonzero(column >= 0)
    onto = sparse.csr_array(
        (np.ones(len(keep), np.float32), (keep, column[keep])), shape=(len(numbers), len(old.ontology))
    )
    direct = (later.gene_terms().astype(np.float32) @ onto).tocsr()
    closure = old.ontology.closure.astype(np.float32)
    terms = np.array([old.ontology.row(int(number)) for number in predictor.terms])
    later_row = np.array([-1 if (row := later.gene(gene)) is None else row for gene in predictor.genes])
    old_row = np.array([-1 if (row := old.gene(gene)) is None else row for gene in predictor.genes])
    annotated = np.zeros(len(predictor.genes), bool)
    annotated[predictor.annotated_rows] = True
    before = labels_of(old, old.genes).tocsr()
    found = {}
    for name, group in (("genes with annotations in 2023", annotated), ("genes without", ~annotated)):
        rows = np.flatnonzero(group & (later_row >= 0))
        own = direct[later_row[rows]]
        known = np.zeros((len(rows), len(terms)), bool)
        has = old_row[rows] >= 0
        known[has] = before[old_row[rows[has]]][:, terms].toarray() > 0
        new = (own[:, terms].toarray() > 0) & ~known
        either = known | ((own @ closure)[:, terms].toarray() > 0)
        some = new.any(axis=1)
        found[name] = Added(rows[some], known[some], new[some], either[some])
    return found


class Scores(NamedTuple):
    """Scores of one method, genes × modeled terms."""

    method: str
    ratio: np.ndarray
    """To compare terms of similar frequency."""
    overall: np.ndarray
    """To compare all terms."""


def scores(fitted: Fitted, added: Added) -> Iterator[Scores]:
    """Scores by popularity, by neighbors and by the predictor; only the last ones use what the gene is annotated with."""
    predictor, similarity, rows = fitted.predictor, fitted.similarity, added.rows
    train, frequency = predictor.annotated_rows, predictor.frequency
    terms = np.array([fitted.hpo.ontology.row(int(number)) for number in predictor.terms])
    labels = labels_of(fitted.hpo, [predictor.genes[row] for row in train.tolist()])[:, terms].tocsr()
    popularity = np.broadcast_to(frequency.astype(np.float32), (len(rows), len(terms)))
    yield Scores("popularity of the term", popularity, popularity)

    def weighted(method: str, weights: np.ndarray) -> Scores:
        shift = (labels.T @ weights.T).T - np.outer(weights.sum(axis=1), frequency)
        return Scores(method, shift / np.sqrt(frequency + 1 / len(train)), frequency + shift)

    def by_model(method: str, coefficients: np.ndarray, *strengths: np.ndarray) -> Scores:
        raw = raw_log_odds(frequency, coefficients, *strengths)
        return Scores(method, raw - (np.log(frequency) - np.log1p(-frequency)), raw)

    same = rows[:, None] == train[None, :]
    for name, kind in (("summaries", "text"), ("gene sets", "sets"), ("GSFM embedding", "embedding")):
        cosines = np.where(same, -1, similarity.cosines(kind, rows, train))
        yield weighted(f"{name}, {N_NEIGHBORS} neighbors", neighbor_weights(cosines, N_NEIGHBORS))
    if not same.any():  # of annotated genes, the regression would need a fit without each of them
        train_kernel, cross = (similarity.kernel(train, to, KERNEL_WEIGHTS) for to in (train, rows))
        yield weighted("all three, kernel regression", ridge_weights(train_kernel, cross))
    others = predictor.gene_factors[rows] @ predictor.term_factors.T
    yield by_model("gpgpt-mini, from other genes", predictor.coefficients, others)
    if same.any():
        own = np.searchsorted(train, rows)
        yield Scores(f"annotations, {N_NEIGHBORS} neighbors", *by_annotation(labels, own))
        second = predictor.annotated_factors[own] @ predictor.term_factors.T
        yield by_model("gpgpt-mini, with the gene's own annotations", predictor.annotated_coefficients, others, second)


def by_annotation(labels: sparse.csr_array, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frequency of each term among the genes with the most similar annotations: its log ratio to that among all, and itself."""
    frequency = np.asarray(labels.mean(axis=0)).ravel()
    weight = np.sqrt(-np.log(np.maximum(frequency, 1 / labels.shape[0])))
    scaled = labels.multiply(weight).tocsr()
    length = np.maximum(np.sqrt(np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel()), 1e-9)
    scaled = sparse.diags_array(1 / length) @ scaled
    share = np.zeros((len(rows), labels.shape[1]), np.float32)
    for i, row in enumerate(rows.tolist()):
        similarity = scaled @ scaled[[row]].toarray().ravel()
        similarity[row] = 0
        nearest = np.argpartition(-similarity, N_NEIGHBORS)[:N_NEIGHBORS]
        share[i] = (similarity[nearest] @ labels[nearest]) / (similarity[nearest].sum() + 1)
    return np.log((share + 1e-3) / (frequency + 1e-3)), share
