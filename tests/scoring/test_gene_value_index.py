from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scgsfm import GeneSets
from scgsfm.scoring import GeneValueIndex, SetIndex, plan, run

if TYPE_CHECKING:
    from collections.abc import Callable

SETS = {"a": ["g1", "g7", "g33"], "b": {"g2": 3.0, "g9": 1.0, "g40": 0.5}, "all": [f"g{i}" for i in range(60)]}


def cells(matrix: Any) -> ad.AnnData:
    return ad.AnnData(matrix, var=pd.DataFrame(index=[f"g{i}" for i in range(60)]))


@pytest.mark.parametrize("n_up", [None, 20, 60])
def test_scores_are_those_of_a_pass(few_array_types: Callable[..., Any], counts: np.ndarray, n_up: int | None) -> None:
    planned = plan(cells(few_array_types(counts)), SETS, method="aucell", params={"n_up": n_up}, block_size=5)
    (job,) = planned.jobs
    index = GeneValueIndex.of(planned.rows, job)
    np.testing.assert_allclose(
        index.scores(planned.rows, job), run(planned.rows, [job])[0].scores, rtol=1e-6, atol=1e-7
    )
    # another set, without reading the cells again
    other = replace(job, sets=SetIndex.match(GeneSets({"c": ["g3", "g9"]}), planned.genes))
    np.testing.assert_allclose(
        index.scores(planned.rows, other), run(planned.rows, [other])[0].scores, rtol=1e-6, atol=1e-7
    )


def test_data_are_not_changed(counts: np.ndarray, array_type: Callable[..., Any]) -> None:
    matrix = array_type(counts)
    adata = cells(matrix)
    before = {name: getattr(matrix, name).copy() for name in ("data", "indices", "indptr") if sparse.issparse(matrix)}
    planned = plan(adata, {"a": ["g1"]}, method="aucell")
    GeneValueIndex.of(planned.rows, planned.jobs[0])
    for name, values in before.items():
        np.testing.assert_array_equal(np.asarray(getattr(matrix, name)), np.asarray(values))


def test_other_methods_are_refused(counts: np.ndarray) -> None:
    planned = plan(cells(counts), SETS, method="mean", log_normalize=False)
    with pytest.raises(ValueError, match="`method` is 'mean', but must be 'aucell' or 'gsfm'"):
        GeneValueIndex.of(planned.rows, planned.jobs[0])
