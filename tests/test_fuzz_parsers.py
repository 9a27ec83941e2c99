"""Random files for every parser: read, or refused by a clear error. `benchmarks/fuzz.py` does this for longer."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from scgsfm._bounded_files import to_numbers

if TYPE_CHECKING:
    from types import ModuleType

pytest.importorskip("resource", reason="limits of time and memory are those of Unix")
SCRIPT = Path(__file__).parents[1] / "benchmarks" / "fuzz.py"
PARSERS = sorted(path.name for path in (Path(__file__).parent / "fuzz_corpus").iterdir())
N_INPUTS, N_DIRECTORIES = 150, 12


@pytest.fixture(scope="module")
def fuzz() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz"] = module
    spec.loader.exec_module(module)
    return module


def test_every_parser_has_inputs_to_begin_with(fuzz: ModuleType, tmp_path: Path) -> None:
    assert sorted(fuzz.targets(tmp_path)) == PARSERS
    assert sum(path.stat().st_size for path in fuzz.CORPUS.rglob("*")) < 100_000


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.filterwarnings("ignore")
def test_random_files_are_read_or_refused(name: str, fuzz: ModuleType, tmp_path: Path) -> None:
    if name in {"vocab", "config", "card"} or name.endswith("_directory"):
        pytest.importorskip("torch")
    if name in {"gpgpt_directory", "language_model_directory"}:
        pytest.importorskip("transformers")
    most = N_DIRECTORIES if name.endswith("_directory") else N_INPUTS
    watch = fuzz.Watch(fuzz.targets(tmp_path)[name], 60, None)
    try:
        fuzz.mutate(watch, fuzz.seeds(name), 60, seed=0, most=most)
    finally:
        watch.close()
    assert watch.findings == {}
    assert watch.executions >= most
    assert set(watch.outcomes) <= {"read", "refused"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("799999999999999999999999999999999999991e3089999999999999999999999", np.inf),
        ("-1e5000", -np.inf),
        ("1e-99999", 0),
        ("0" * 80 + "7", 7),
        ("1.5", 1.5),
        ("9" * 70 + "x", np.nan),
        ("e5555", np.nan),
        ("", np.nan),
        ("chr1", np.nan),
    ],
)
def test_numbers_that_pandas_cannot_parse(text: str, number: float) -> None:
    """The first one ends the process in `pandas.to_numeric` of pandas 2.3.3."""
    for kind in (object, "string", "category"):
        found: Any = to_numbers(pd.Series([text, "1"], dtype=kind)).to_numpy(np.float64, na_value=np.nan)
        np.testing.assert_array_equal(found, [number, 1])
