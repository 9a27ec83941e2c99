from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import scgsfm
from scgsfm._adata import check_indices

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

N_CELLS, N_GENES = 30, 40
SETS = {"a": ["g1", "g2", "g3", "g4"], "b": ["g20", "g21", "g22"]}


def break_index(value: int) -> Callable[[Any], None]:
    def damage(matrix: Any) -> None:
        matrix["indices"][7] = value

    return damage


def break_pointer(position: int, value: int) -> Callable[[Any], None]:
    def damage(matrix: Any) -> None:
        matrix["indptr"][position] = value

    return damage


DAMAGES = {
    "negative": (break_index(-1), "the index -1"),
    "n": (break_index(N_GENES), f"the index {N_GENES}"),
    "far": (break_index(2**30), f"the index {2**30:}"),
    "pointers fall": (break_pointer(5, 0), "index pointers fall"),
    "negative pointer": (break_pointer(3, -4), "index pointers fall"),
    "pointer beyond": (break_pointer(-1, 10**6), "index pointers end at 1000000"),
    "not from 0": (break_pointer(0, 2), "index pointers start at 2"),
}


def matrix(kind: str) -> Any:
    counts = np.random.default_rng(0).poisson(1.0, (N_CELLS, N_GENES)).astype(np.float32)
    return sparse.csr_matrix(counts) if kind == "csr" else sparse.csc_matrix(counts)


def data(x: Any) -> ad.AnnData:
    return ad.AnnData(x, var=pd.DataFrame(index=[f"g{i}" for i in range(N_GENES)]))


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", ["csr", "csc"])
def test_in_memory(kind: str, damage: str) -> None:
    adata = data(matrix(kind))
    break_it, message = DAMAGES[damage]
    break_it({name: getattr(adata.X, name) for name in ("indices", "indptr")})
    with pytest.raises(ValueError, match=f"matrix is damaged: .*{message}"):
        scgsfm.tl.score(adata, SETS)
    assert not adata.obsm.keys()


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", ["csr", "csc"])
def test_on_disk(kind: str, damage: str, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "cells.h5ad"
    data(matrix(kind)).write_h5ad(path)
    break_it, message = DAMAGES[damage]
    with h5py.File(path, "r+") as file:
        break_it(file["X"])
    adata = ad.read_h5ad(path, backed="r")
    with pytest.raises(ValueError, match=f"matrix is damaged: .*{message}"):
        scgsfm.tl.score(adata, SETS, method="ulm")


@pytest.mark.parametrize("damage", ["negative", "far", "pointers fall"])
def test_lazy(damage: str) -> None:
    da = pytest.importorskip("dask.array")
    break_it, message = DAMAGES[damage]

    def damaged(block: np.ndarray) -> Any:
        chunk = sparse.csr_matrix(block)
        if len(block):
            break_it({"indices": chunk.indices, "indptr": chunk.indptr})
        return chunk

    x = da.from_array(matrix("csr").toarray(), chunks=(10, N_GENES)).map_blocks(
        damaged, meta=sparse.csr_matrix((0, 0), dtype=np.float32), dtype=np.float32
    )
    with pytest.raises(ValueError, match=f"matrix is damaged: .*{message}"):
        scgsfm.tl.score(data(x), SETS)


def test_repeated_names_and_groups() -> None:
    adata = data(matrix("csc"))
    adata.var_names = ["g1", "g1", *adata.var_names[2:]]
    adata.X.indices[7] = 2**30
    with pytest.raises(ValueError, match="matrix is damaged"):
        scgsfm.tl.score(adata, SETS)
    adata = data(matrix("csr"))
    adata.obs["group"] = np.repeat(["x", "y"], N_CELLS // 2)
    adata.X.indices[7] = -1
    with pytest.raises(ValueError, match="matrix is damaged"):
        scgsfm.tl.enrich(adata, SETS, groupby="group")


def test_a_sound_matrix_passes_unchanged() -> None:
    for kind in ("csr", "csc"):
        for dtype in (np.int32, np.int64):
            x = matrix(kind)
            x.indices, x.indptr = x.indices.astype(dtype), x.indptr.astype(dtype)
            before = x.copy()
            check_indices(x)
            assert (x != before).nnz == 0
    check_indices(sparse.csr_matrix((0, 5)))
    check_indices(np.zeros((2, 2)))


def test_the_process_survives(tmp_path: Path) -> None:
    """A crash would end the test run, so the worst case runs in a process of its own."""
    script = tmp_path / "score.py"
    script.write_text(
        "import numpy as np, scipy.sparse as sp, anndata as ad, pandas as pd, scgsfm\n"
        "x = sp.random(500, 300, 0.2, 'csr', np.float32, rng=0); x.indices[::5] = 2**31 - 1\n"
        "a = ad.AnnData(x, var=pd.DataFrame(index=[f'g{i}' for i in range(300)]))\n"
        "scgsfm.tl.score(a, {'a': ['g1', 'g2', 'g3']}, method=['aucell', 'ulm', 'gsva', 'viper'])\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "The sparse matrix is damaged" in done.stderr
