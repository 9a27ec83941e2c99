from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anndata as ad
import h5py
import numpy as np
import pytest
from scipy import sparse

from scgsfm.scoring import BlockReader, value_scale

if TYPE_CHECKING:
    from pathlib import Path


def big_endian(matrix: Any) -> Any:
    """The matrix as files of other machines hold it."""
    if isinstance(matrix, np.ndarray):
        return matrix.astype(">f4")
    other = matrix.copy()
    other.data = matrix.data.astype(">f4")
    other.indices, other.indptr = matrix.indices.astype(">i4"), matrix.indptr.astype(">i4")
    return other


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix, sparse.csc_matrix])
def test_in_memory(counts: np.ndarray, make: Any) -> None:
    counts = counts.astype(np.float32)
    reader = BlockReader(big_endian(make(counts)), block_size=5)
    assert value_scale(reader).name == "log-normalized"
    blocks = [block.toarray() for _, block in reader]
    np.testing.assert_array_equal(np.concatenate(blocks), counts)
    assert blocks[0].dtype == np.float32


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_matrix])
def test_on_disk(counts: np.ndarray, tmp_path: Path, make: Any) -> None:
    ad.AnnData(make(counts.astype(np.float32))).write_h5ad(tmp_path / "x.h5ad")
    with h5py.File(tmp_path / "x.h5ad", "r+") as file:
        for name in ("data", "indices", "indptr"):
            values = file["X"][name][:]
            del file["X"][name]
            file["X"][name] = values.astype(values.dtype.newbyteorder(">"))
    backed = ad.read_h5ad(tmp_path / "x.h5ad", backed="r")
    found = np.concatenate([block.toarray() for _, block in BlockReader(backed.X, block_size=5)])
    np.testing.assert_array_equal(found, counts.astype(np.float32))
    backed.file.close()
