from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import sparse

import scgsfm
from scgsfm.scoring import BlockReader, value_scale

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def counts() -> np.ndarray:
    return np.asarray(scgsfm.datasets.pbmc().X.toarray(), np.float64)


def to_sum(counts: np.ndarray, total: float) -> np.ndarray:
    return total * counts / counts.sum(axis=1, keepdims=True)


SCALES: dict[str, tuple[Any, str]] = {
    "counts": (lambda x: x, "counts"),
    "ambient RNA removed": (lambda x: np.random.default_rng(0).uniform(0.6, 1, x.shape) * x, "fractional counts"),
    "shallow": (lambda x: np.random.default_rng(0).uniform(0.6, 1, x.shape) * (x // 10), "fractional counts"),
    "CPM": (lambda x: to_sum(x, 1e6), "normalized"),
    "shares": (lambda x: to_sum(x, 1), "normalized"),
    "some genes, CPM": (lambda x: to_sum(x, 1e6)[:, ::9], "fractional counts"),
    "log": (lambda x: np.log1p(to_sum(x, 1e4)), "log-normalized"),
    "log2": (lambda x: np.log2(1 + to_sum(x, 1e6)), "log-normalized"),
    "log10": (lambda x: np.log10(1 + to_sum(x, 1e4)), "log-normalized"),
    "some genes": (lambda x: np.log1p(to_sum(x, 1e4))[:, ::9], "log-normalized"),
    "some genes, log2": (lambda x: np.log2(1 + to_sum(x, 1e6))[:, ::9], "log-normalized"),
    "log counts": (np.log1p, "log counts"),
    "log twice": (lambda x: np.log1p(np.log1p(to_sum(x, 1e4))), "log twice"),
    "scaled": (lambda x: x - x.mean(axis=0), "scaled"),
    "zeros": (lambda x: 0 * x, "counts"),
}


@pytest.mark.parametrize("name", SCALES)
def test_tells_scales_apart(counts: np.ndarray, name: str) -> None:
    make, expected = SCALES[name]
    for dtype in (np.float32, np.float64):
        matrix = sparse.csr_array(make(counts).astype(dtype))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert value_scale(BlockReader(matrix)).name == expected


@pytest.mark.parametrize("n_counts", [40, 660])
@pytest.mark.parametrize("name", ["log", "CPM", "some genes"])
def test_warns_of_joined_data_with_different_values(counts: np.ndarray, name: str, n_counts: int) -> None:
    other = SCALES[name][0](counts)
    joined = np.concatenate([counts[:n_counts, : other.shape[1]], other[n_counts:]])
    with pytest.warns(UserWarning, match=r"of 2\d\d cells that were looked at have whole numbers.*Join the counts"):
        value_scale(BlockReader(sparse.csr_array(joined)))


@pytest.mark.parametrize("total", [1e4, 1e6])
def test_shallow_cells_of_the_same_sum_are_not_taken_for_counts(total: float) -> None:
    """Those with 25, 40 or 50 counts are scaled by a whole number."""
    rng = np.random.default_rng(0)
    genes = rng.dirichlet(np.ones(300))
    shallow = np.stack([rng.multinomial(n, genes) for n in rng.integers(30, 60, 256)]).astype(np.float32)
    values = to_sum(shallow, total)
    assert ((values == np.floor(values)).all(axis=1)).sum() > 13, "enough to be reported"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert value_scale(BlockReader(sparse.csr_array(values))).name == "normalized"


def test_stored_zeros_are_not_taken_for_counts(counts: np.ndarray) -> None:
    matrix = sparse.csr_array(np.log1p(to_sum(counts, 1e4)))
    matrix.data[: matrix.indptr[40]] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value_scale(BlockReader(matrix))


def test_same_for_all_types_and_selections_of_genes(
    counts: np.ndarray, array_type: Callable[[np.ndarray], Any]
) -> None:
    values = np.log1p(to_sum(counts[:300, :500] + 1, 1e4)).astype(np.float32)
    assert value_scale(BlockReader(array_type(values))).name == "log-normalized"
    assert value_scale(BlockReader(array_type(np.expm1(values)), genes=np.arange(30))).name == "normalized"


def test_what_functions_do_with_them(counts: np.ndarray, caplog: pytest.LogCaptureFixture) -> None:
    def normalizes(values: np.ndarray) -> bool:
        return value_scale(BlockReader(sparse.csr_array(values))).log_normalizes("annotate")

    with caplog.at_level(logging.DEBUG, logger="scgsfm"):
        assert normalizes(counts)
        assert normalizes(0.93 * counts)
        assert normalizes(to_sum(counts, 1e6))
    assert caplog.text.count("treated as counts") == 3
    assert not normalizes(np.log1p(to_sum(counts, 1e4)))
    with pytest.warns(UserWarning, match="`annotate` needs counts or log-normalized values.*logarithm was taken again"):
        assert not normalizes(np.log1p(np.log1p(to_sum(counts, 1e4))))
    with pytest.raises(ValueError, match="negative values"):
        normalizes(counts - 1)
