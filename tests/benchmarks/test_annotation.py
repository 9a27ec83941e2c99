from __future__ import annotations

from typing import TYPE_CHECKING

import _cell_types
import anndata as ad
import annotation
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

import scgsfm

if TYPE_CHECKING:
    from typing import Any


@pytest.fixture
def case() -> Any:
    labels = np.array(["t4", "t4", "t8", "b", "other"], dtype=object)
    adata = ad.AnnData(np.ones((5, 2), np.float32), obs=pd.DataFrame({"leiden": list("00112")}, index=list("abcde")))
    right = {"CD4": ["t4"], "Treg": ["t4"], "CD8": ["t8"], "B": ["b"]}
    return _cell_types.Case("toy", adata, {name: [] for name in right}, labels, right)


def test_several_names_can_be_right(case: Any) -> None:
    found = np.array(["CD4", "Treg", "B", "unassigned", "B"], dtype=object)
    assert case.is_right(found).tolist() == [True, True, False, False, False]
    assert case.known.tolist() == [True, True, True, True, False]
    measured = annotation.measured(case, found)
    assert measured["accuracy"] == 0.5
    assert measured["unassigned"] == 0.25
    assert measured["accuracy_of_assigned"] == pytest.approx(2 / 3)
    assert measured["macro_f1"] == pytest.approx(1 / 3)  # t4: 1, t8: 0, b: 0


def test_ans_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(annotation, "N_CONTROLS", 2)
    values = np.arange(1.0, 8.0) + np.array([[0.5], [-0.5]]) * np.array([0, 0, 3, 0, 1, 0, 0])
    markers = csr_array(np.array([[0, 0, 1, 0, 1, 0, 0]]))
    # gene 2 is compared with genes 1 and 3, gene 4 with genes 3 and 5
    expected = [((x[2] - x[[1, 3]].mean()) + (x[4] - x[[3, 5]].mean())) / 2 for x in values]
    np.testing.assert_allclose(annotation.ans(csr_array(values), markers)[:, 0], expected)


def test_means_over_data_sets() -> None:
    table = pd.DataFrame({"data": ["a", "b"], "cells": 5, "sets": 2, "method": "m", "accuracy": [0.5, 1.0]})
    assert annotation.mean_of(table).to_dict("records") == [
        {"data": "mean", "cells": 5, "sets": 2, "method": "m", "accuracy": 0.75}
    ]


def test_fitted_temperature_makes_confidence_true() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(scale=6, size=(4000, 3))
    best = annotation.probabilities(scores, -50, 3.0).max(axis=1)
    right = (rng.random(4000) < best).astype(float)
    assert annotation.fit([annotation.Evidence("cells", scores, -50, right)]) == pytest.approx(3, rel=0.1)


def test_labels_of_the_data_begin_as_the_table_says() -> None:
    assert _cell_types._type_of("B cells AICDA LRMP", _cell_types.GUT) == "Germinal centre B cell"
    assert _cell_types._type_of("B cells", _cell_types.GUT) == "B cell"
    assert _cell_types._type_of("Enterocytes BEST4", _cell_types.GUT) == "BEST4 enterocyte"
    assert _cell_types._type_of("Epithelial HBB HBA", _cell_types.GUT) == "Epithelial HBB HBA"


def test_all_types_have_markers() -> None:
    table = scgsfm.datasets.marker_table()
    assert set(_cell_types.BLOOD) | set(_cell_types.PANCREAS) | set(_cell_types.GUT) <= set(table.index)
    assert set(_cell_types.SUBTYPES) <= set(scgsfm.datasets.library("pbmc_markers"))
    _, types = _cell_types.studies("pancreas")
    assert set(_cell_types.PANCREAS_C8) <= set(types.values())
