from __future__ import annotations

from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pytest
import streaming

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from scipy import sparse


@pytest.fixture(scope="module")
def cells() -> sparse.csr_array:
    return streaming.pool(40, np.random.default_rng(0))


def test_density(cells: sparse.csr_array) -> None:
    assert 0.04 < cells.nnz / np.prod(cells.shape) < 0.1


@pytest.mark.parametrize("suffix", [".h5ad", ".zarr"])
def test_file_is_the_pool_in_another_order(
    cells: sparse.csr_array, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "CHUNK", 1000)
    path = tmp_path / f"cells{suffix}"
    streaming.write(path, cells, 100)
    written = ad.read_h5ad(path) if suffix == ".h5ad" else ad.io.read_elem(streaming_root(path))
    assert written.shape == (100, streaming.N_GENES)
    assert written.X.format == "csr"
    assert sorted(written.X[:40].sum(axis=1).A1) == pytest.approx(sorted(cells.sum(axis=1)))
    assert np.unique(written.X[80:].sum(axis=1)).size == 20


def streaming_root(path: Path) -> Any:
    import zarr

    return zarr.open_group(str(path), mode="r")


def test_same_tells_a_difference(tmp_path: Path) -> None:
    import zarr

    for name, value in (("a", 1), ("b", 1), ("c", 2)):
        group = zarr.open_group(str(tmp_path / name), mode="w").create_group("obsm")
        group.create_array(name="score", shape=(5, 2), chunks=(2, 2), dtype="float32", fill_value=value)
    assert streaming.same(tmp_path / "a", tmp_path / "b")
    assert not streaming.same(tmp_path / "a", tmp_path / "c")
