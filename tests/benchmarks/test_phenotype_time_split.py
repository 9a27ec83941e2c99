"""Pairs that later annotations add, on toy annotations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gene_phenotype  # noqa: F401 - finds the scripts of training
import numpy as np
from _phenotype_time_split import Fitted, added_pairs, by_annotation
from scipy.sparse import csr_array

from scgsfm.phenotypes import HPOAnnotations, Ontology, PhenotypePredictor


def toy_annotations(numbers: list[int], pairs: list[tuple[int, int]], links: list[tuple[int, int]]) -> HPOAnnotations:
    """Root 118 above 1, which is above 2; 3 and 4 below the root. Pairs of disease and number of the term."""
    row = {number: i for i, number in enumerate(numbers)}
    parents = [(1, 118), (2, 1), (3, 118), (4, 118)]
    inside = [(row[a], row[b]) for a, b in parents if a in row and b in row]
    ontology = Ontology(
        np.array(numbers),
        [f"T{n}" for n in numbers],
        [],
        np.empty(0, int),
        np.empty(0, bool),
        np.array(inside).T,
        {},
        "1",
    )
    about = {key: {"title": key, "version": "2023", "citation": ""} for key in ("hpo", "hpo_annotations")}
    rows = np.array(sorted((d, row[t], 0, 0, 0) for d, t in pairs))
    return HPOAnnotations(
        ontology, ["A", "B", "C"], ["OMIM:1", "OMIM:2", "OMIM:3"], ["", "", ""], [], np.empty(0, int),
        np.array([(g, d, 0) for g, d in links]), [("hpo_annotations", "a")], rows, np.zeros(len(rows), bool), [""], [""],
        [""], about,
    )  # fmt: skip


def test_added_pairs() -> None:
    old = toy_annotations([1, 2, 3, 118], [(0, 2), (1, 1)], [(0, 0), (1, 1)])
    later = toy_annotations(
        [1, 2, 3, 4, 118], [(0, 2), (0, 1), (0, 3), (0, 4), (1, 2), (2, 1)], [(0, 0), (1, 1), (2, 2)]
    )
    zeros: dict[str, Any] = dict.fromkeys(
        ("coefficients", "knots", "annotated_factors", "annotated_coefficients", "annotated_knots", "ranking_weights",
         "unannotated", "gene_factors", "term_factors"), np.empty(0)
    )  # fmt: skip
    predictor = PhenotypePredictor(
        genes=["A", "B", "C"], terms=np.array([1, 2, 3]), frequency=np.full(3, 0.5), annotated_rows=np.array([0, 1]),
        hpo=old, **zeros,
    )  # fmt: skip
    found = added_pairs(Fitted(old, replace(predictor), None), later)  # type: ignore[arg-type]
    known, new = found.values()
    assert known.rows.tolist() == [0, 1]
    assert known.known.tolist() == [[True, True, False], [True, False, False]]
    # term 1 was implied by term 2, term 4 is not in the older ontology
    assert known.new.tolist() == [[False, False, True], [False, True, False]]
    assert new.rows.tolist() == [2]
    assert new.new.tolist() == [[True, False, False]]


def test_neighbors_by_annotation_leave_the_gene_out() -> None:
    labels = csr_array(np.tile(np.eye(4), (30, 1)))
    ratio, share = by_annotation(labels, np.array([0]))
    # of 60 neighbors, 29 have the same annotations, and none of the others is similar
    assert share[0].argmax() == 0
    np.testing.assert_allclose(share[0], [29 / 30, 0, 0, 0], atol=1e-6)
    np.testing.assert_allclose(ratio[0, 1], np.log(1e-3 / 0.251))
