from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.sparse import csr_array

from scgsfm.completion import _cross_validation

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import LinearModel

    from scgsfm.settings import Settings

NAMES = ("fit", "auroc")
SETS = csr_array(np.tri(4, 9, dtype=np.float32))


def compute() -> dict[str, np.ndarray]:
    return {"fit": np.arange(6, dtype=np.float32), "auroc": np.ones(4, np.float32)}


def read(model: LinearModel, counts: list[int]) -> dict[str, np.ndarray]:
    def counted() -> dict[str, np.ndarray]:
        counts.append(1)
        return compute()

    return _cross_validation.cached(SETS, model, NAMES, counted)


@pytest.fixture
def cache(linear_model: LinearModel, own_settings: Settings) -> Path:
    read(linear_model, [])
    (file,) = (own_settings.cache_dir / "functions").glob("*.npz")
    return file


def test_second_call_reads_the_file(linear_model: LinearModel, cache: Path) -> None:
    counts: list[int] = []
    found = read(linear_model, counts)
    assert not counts
    np.testing.assert_array_equal(found["fit"], compute()["fit"])


@pytest.mark.parametrize("how", ["values", "shape", "type", "short", "without checksum", "text"])
def test_changed_files_are_computed_again(
    linear_model: LinearModel, cache: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    with np.load(cache) as stored:
        arrays = dict(stored)
    if how == "values":
        arrays["fit"][2] = 1e9
    elif how == "shape":
        arrays["fit"] = arrays["fit"][:2]
    elif how == "type":
        arrays["fit"] = arrays["fit"].view(np.int32)
    elif how == "without checksum":
        del arrays["checksum"]
    np.savez(cache, **arrays)
    if how == "short":
        cache.write_bytes(cache.read_bytes()[:100])
    elif how == "text":
        cache.write_text("not arrays")
    counts: list[int] = []
    found = read(linear_model, counts)
    assert counts == [1]
    np.testing.assert_array_equal(found["fit"], compute()["fit"])
    assert "is computed again" in caplog.text
    read(linear_model, counts)
    assert counts == [1], "the file was repaired"


def test_whether_it_takes_no_time(linear_model: LinearModel, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_cross_validation, "MIN_SETS_CACHED", 4)
    assert _cross_validation.is_cached(SETS, linear_model)
    cache.unlink()
    assert not _cross_validation.is_cached(SETS, linear_model)
    assert _cross_validation.is_cached(SETS[:3], linear_model)
