from __future__ import annotations

import anndata as ad
import label_transfer as transfer
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.metrics import accuracy_score, f1_score


def cells(n: int = 160) -> ad.AnnData:
    """Two types in two batches; the second batch has more of gene 0."""
    rng = np.random.default_rng(0)
    obs = pd.DataFrame({"label": ["a", "b"] * (n // 2), "batch": np.repeat(["x", "y"], n // 2)})
    obs.index = obs.index.astype(str)
    x = rng.normal(1, 0.1, (n, 12))
    x[obs["label"] == "a", :6] += 1
    x[obs["batch"] == "y", 0] += 5
    return ad.AnnData(sparse.csr_matrix(x.clip(0)), obs=obs)


def test_each_batch_is_predicted_from_the_others() -> None:
    task = transfer.by_batch("data", "report", cells(), "batch")
    assert [set(task.batches[query]) for query in task.folds] == [{"x"}, {"y"}]
    found, mixed = transfer.predicted(task, lambda adata: adata.X.toarray()[:, 1:])
    assert [accuracy_score(task.labels[q], f) for q, f in zip(task.folds, found, strict=True)] == [1, 1]
    assert mixed > 0.6
    assert transfer.predicted(task, lambda adata: adata.X.toarray())[1] == pytest.approx(0)


def test_types_of_a_single_batch_are_removed() -> None:
    adata = cells()
    adata.obs["label"] = adata.obs["label"].astype(str)
    adata.obs.loc[adata.obs.index[:9], "label"] = "only in x"
    assert set(transfer.by_batch("data", "report", adata, "batch").labels) == {"a", "b"}


def test_values_are_centered_and_scaled_in_each_batch() -> None:
    x = np.array([[1.0, 3.0], [3.0, 3.0], [10.0, 0.0], [14.0, 0.0]])
    batches = np.array(["x", "x", "y", "y"])
    np.testing.assert_allclose(transfer.by_batches(x, batches), [[-1, 0], [1, 0], [-2, 0], [2, 0]])
    np.testing.assert_allclose(transfer.by_batches(x, batches, scale=True), [[-1, 0], [1, 0], [-1, 0], [1, 0]])


def test_measures_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    labels, found = rng.choice(list("abc"), 50), rng.choice(list("abc"), 50)
    times = transfer.draws(labels, 3, rng)
    accuracy, f1 = transfer.accuracy_and_f1(labels, found, times)
    for row, weights in enumerate(times):
        assert accuracy[row] == pytest.approx(accuracy_score(labels, found, sample_weight=weights))
        assert f1[row] == pytest.approx(f1_score(labels, found, average="macro", sample_weight=weights), rel=1e-6)
    assert (times[0] == 1).all()
    assert pd.Series(times[1] @ (labels[:, None] == np.unique(labels))).tolist() == [
        (labels == label).sum() for label in np.unique(labels)
    ]


def test_names_of_types_are_joined() -> None:
    adata = cells(8)
    adata.obs["label"] = ["B cells", "T cells CD4 FOSB", "Tregs", "Stem cells"] * 2
    found = transfer.renamed(adata, {"B": ["B cells"], "CD4 T": ["T cells CD4", "Tregs"]}, prefix=True)
    assert found.obs["label"].tolist() == ["B", "CD4 T", "CD4 T"] * 2
