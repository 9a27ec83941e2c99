from __future__ import annotations

from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import scgsfm
from scgsfm.scoring import _contributions
from scgsfm.scoring.methods import METHODS

GENES = [f"G{i}" for i in range(60)]
SETS = {"a": GENES[3:20], "b/c": [*GENES[15:27], "absent"]}
PARAMS: dict[str, dict[str, Any]] = {
    "aucell": {"n_up": 12},
    "singscore": {"centered": False},
    "score_genes": {"ctrl_size": 5},
    "ans": {"ctrl_size": 8},
}
NAMES = [name for name, method in METHODS.items() if method.null and not method.completes]


@pytest.fixture
def adata(counts: np.ndarray) -> ad.AnnData:
    obs = pd.DataFrame({"type": ["x", "y"] * 11 + [None]}, index=[f"c{i}" for i in range(len(counts))])
    return ad.AnnData(sparse.csr_matrix(counts), obs=obs, var=pd.DataFrame(index=GENES))


def by_set(table: pd.DataFrame) -> pd.DataFrame:
    return table.T.groupby(level="set", sort=False).sum().T


@pytest.mark.parametrize("name", NAMES)
def test_sums_are_scores(adata: ad.AnnData, name: str) -> None:
    params = PARAMS.get(name, {})
    table = scgsfm.get.contributions(adata, SETS, method=name, block_size=7, **params)
    assert table["a"].columns.tolist() == SETS["a"]
    scgsfm.tl.score(adata, SETS, method=name, **params)
    scores = scgsfm.get.scores(adata, name)
    np.testing.assert_allclose(by_set(table), scores, atol=1e-12)
    groups = scgsfm.get.contributions(adata, SETS, method=name, groupby="type", **params)
    assert groups.index.tolist() == ["x", "y"]
    np.testing.assert_allclose(by_set(groups), scores.groupby(adata.obs["type"], observed=True).mean(), atol=1e-12)


def test_undirected_singscore_and_roki(adata: ad.AnnData) -> None:
    for name, params in (("singscore", {"directed": False}), ("zscore", {"flavor": "RoKAI"})):
        table = scgsfm.get.contributions(adata, SETS, method=name, **params)
        scores = scgsfm.get.scores(scgsfm.tl.score(adata, SETS, method=name, copy=True, **params), name)
        np.testing.assert_allclose(by_set(table), scores, atol=1e-12)


def test_share_of_a_gene_is_its_value(adata: ad.AnnData, counts: np.ndarray) -> None:
    table = scgsfm.get.contributions(adata, SETS, method="mean")
    np.testing.assert_allclose(table["a"]["G5"], counts[:, 5] / 17)
    signed = {"a": {"G5": 2.0, "G8": -1.0}}
    table = scgsfm.get.contributions(adata, signed, method="sum")
    np.testing.assert_allclose(table["a"]["G8"], -counts[:, 8])


def test_signed_ucell_adds_up_before_it_is_cut(adata: ad.AnnData) -> None:
    sets = {"a": {gene: (-1.0 if i % 2 else 1.0) for i, gene in enumerate(GENES[3:20])}}
    table = by_set(scgsfm.get.contributions(adata, sets, method="ucell"))
    scgsfm.tl.score(adata, sets, method="ucell")
    assert (table < 0).to_numpy().any()
    np.testing.assert_allclose(table.clip(lower=0), scgsfm.get.scores(adata, "ucell"), atol=1e-12)


def test_counts_are_log_normalized(counts: np.ndarray) -> None:
    raw = np.random.default_rng(0).poisson(1.0, (9, 60)).astype(float)
    adata = ad.AnnData(sparse.csr_matrix(raw), var=pd.DataFrame(index=GENES))
    scgsfm.tl.score(adata, SETS, method="mean")
    table = scgsfm.get.contributions(adata, SETS, method="mean")
    np.testing.assert_allclose(by_set(table), scgsfm.get.scores(adata, "mean"))


@pytest.mark.parametrize(
    ("name", "message"), [("ssgsea", "'ssgsea' has no contributions.*'aucell'"), ("gsfm", "'gsfm' completes the sets")]
)
def test_other_methods_raise(adata: ad.AnnData, name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        scgsfm.get.contributions(adata, SETS, method=name)
    assert name == "gsfm" or "'gsfm'" not in str(error.value)


def test_large_libraries_are_read_in_small_blocks(adata: ad.AnnData, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = scgsfm.get.contributions(adata, SETS, method="zscore")
    sizes = []
    of_block = _contributions._Split.__call__

    def call(split: Any, block: Any) -> Any:
        sizes.append(block.shape[0])
        return of_block(split, block)

    monkeypatch.setattr(_contributions._Split, "__call__", call)
    monkeypatch.setattr(_contributions, "VALUES_AT_A_TIME", 3 * expected.shape[1])
    pd.testing.assert_frame_equal(scgsfm.get.contributions(adata, SETS, method="zscore"), expected)
    assert max(sizes) == 3


def test_several_methods_are_refused() -> None:
    with pytest.raises(TypeError, match="`method` is a list, but must be the name of one method"):
        scgsfm.get.contributions(scgsfm.datasets.pbmc()[:9], {"B": ["MS4A1", "CD79A"]}, method=["sum"])  # type: ignore[arg-type]
