"""A cluster of two processes, of which one is killed while it scores."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import scgsfm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

distributed = pytest.importorskip("distributed")
da = pytest.importorskip("dask.array")

GENES = [f"CD{i}" for i in range(300)]
SETS = {f"set {i}": GENES[i::40] for i in range(12)}
METHODS = ["aucell", "ulm"]


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def adata() -> ad.AnnData:
    x = sparse.random_array((600, 300), density=0.1, format="csr", rng=np.random.default_rng(0))
    return ad.AnnData(sparse.csr_matrix(x), var=pd.DataFrame(index=GENES))


@pytest.fixture(scope="module")
def expected(adata: ad.AnnData) -> dict[str, np.ndarray]:
    scored = scgsfm.tl.score(adata, SETS, method=METHODS, copy=True)
    return {key: table.to_numpy() for key, table in scored.obsm.items()}


def lazy(adata: ad.AnnData, *, seconds: float = 0) -> ad.AnnData:
    """The same cells in 40 chunks, each of which takes some time to be read."""

    def read(x: np.ndarray) -> sparse.csr_matrix:
        time.sleep(seconds)
        return sparse.csr_matrix(x)

    x = da.from_array(adata.X.toarray(), chunks=(15, -1)).map_blocks(read, meta=sparse.csr_matrix((0, 0)))
    return ad.AnnData(x, obs=adata.obs, var=adata.var)


def test_result_survives_a_killed_worker(client: Any, adata: ad.AnnData, expected: dict[str, np.ndarray]) -> None:
    slow = lazy(adata, seconds=0.1)
    scgsfm.tl.score(slow, SETS, method=METHODS, compute=False)
    pids = client.run(os.getpid)
    futures = client.compute([slow.obsm[key] for key in expected])
    while not (done := sum(len(keys) for keys in client.has_what().values())) > 10:
        time.sleep(0.02)
    os.kill(next(iter(pids.values())), signal.SIGKILL)
    found = client.gather(futures)
    assert done < 40, "the worker was to be killed before all was done"
    assert set(client.run(os.getpid).values()) != set(pids.values())
    for key, scores in zip(expected, found, strict=True):
        np.testing.assert_array_equal(scores, expected[key])


def test_blocks_are_scored_on_workers(
    client: Any, adata: ad.AnnData, expected: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those of the walks before the scoring."""
    monkeypatch.setattr("scgsfm.scoring.engine._dask.prepare", None)  # would fail in this process
    there = lazy(adata)
    scgsfm.tl.score(there, SETS, method=METHODS)
    for key, scores in expected.items():
        np.testing.assert_array_equal(there.obsm[key].to_numpy(), scores)
    scgsfm.tl.score(there, SETS, ties="decoupler")
    monkeypatch.undo()
    here = scgsfm.tl.score(adata, SETS, ties="decoupler", copy=True)
    pd.testing.assert_frame_equal(there.obsm["score_aucell"], here.obsm["score_aucell"])


def test_workers_write_to_zarr(client: Any, adata: ad.AnnData, expected: dict[str, np.ndarray], tmp_path: Path) -> None:
    """As the documentation says."""
    zarr = pytest.importorskip("zarr", minversion="3")
    path = str(tmp_path / "scores.zarr")
    cells = lazy(adata)
    scgsfm.tl.score(cells, SETS, compute=False)
    with ad.settings.override(zarr_write_format=3):
        ad.AnnData(obs=cells.obs, uns=cells.uns).write_zarr(path)
    cells.obsm["score_aucell"].to_zarr(path, component="obsm/score_aucell")
    zarr.consolidate_metadata(path)
    back = scgsfm.get.scores(ad.read_zarr(path))
    assert list(back) == list(SETS)
    np.testing.assert_array_equal(back, expected["score_aucell"])


def test_kernels_are_compiled_once_per_worker(client: Any, adata: ad.AnnData) -> None:
    scgsfm.tl.score(lazy(adata), SETS)

    def n_compiled() -> int:
        from scgsfm.kernels import _set_sums as _scatter

        return sum(len(part.signatures) for part in vars(_scatter).values() if hasattr(part, "signatures"))

    before = client.run(n_compiled)
    scgsfm.tl.score(lazy(adata), SETS)
    assert client.run(n_compiled) == before
    assert max(before.values()) >= 1
