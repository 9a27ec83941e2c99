"""Kernels with and without a cache on disk, and without compilation."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from numba import config
from numba.core.caching import CacheImpl

from scgsfm.kernels import _njit

if TYPE_CHECKING:
    from types import ModuleType

pytestmark = pytest.mark.skipif(config.DISABLE_JIT, reason="nothing is compiled")

SOURCE = """
from scgsfm.kernels._njit import njit

@njit(cache=True, nogil=True)
def double(x):
    return 2 * x
"""


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is logged."""
    said: list[str] = []
    monkeypatch.setattr(_njit.KernelCache, "available", True)
    monkeypatch.setattr(_njit.logger, "info", lambda text, *values: said.append(text % values))
    return said


@pytest.fixture
def module(tmp_path: Path, said: list[str]) -> ModuleType:
    """A module with a kernel."""
    path = tmp_path / "module.py"
    path.write_text(SOURCE)
    return loaded(path)


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("module", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_kernels_are_cached_where_numba_caches_them(module: ModuleType, tmp_path: Path, said: list[str]) -> None:
    assert module.double(2) == 4
    assert len(list((tmp_path / "__pycache__").glob("module.double*.nb[ic]"))) == 2
    again = loaded(tmp_path / "module.py")
    assert again.double(2) == 4
    assert sum(again.double.stats.cache_hits.values()) == 1
    assert said == []


def test_numba_without_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    monkeypatch.setattr(CacheImpl, "_locator_classes", [])
    path = tmp_path / "module.py"
    path.write_text(SOURCE)
    assert loaded(path).double(2) == 4
    assert not _njit.KernelCache.available
    assert not (tmp_path / "__pycache__").exists()


@pytest.mark.parametrize("function", ["load_overload", "save_overload"])
def test_directory_that_fails_later(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, said: list[str], function: str
) -> None:
    def fails(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(_njit.FunctionCache, function, fails)
    assert module.double(2) == 4
    assert module.double(2.5) == 5
    assert len(said) == 1
    assert "(Read-only file system)" in said[0]
    assert "NUMBA_CACHE_DIR" in said[0]


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x80\x04cmissing\nName\n."])
def test_files_that_cannot_be_read_are_replaced(
    module: ModuleType, tmp_path: Path, said: list[str], content: bytes
) -> None:
    module.double(2)
    for path in (tmp_path / "__pycache__").glob("*.nbi"):
        path.write_bytes(content)
    assert loaded(tmp_path / "module.py").double(2) == 4
    again = loaded(tmp_path / "module.py")
    assert again.double(2) == 4
    assert sum(again.double.stats.cache_hits.values()) == 1
    assert said == []


def test_scanpy_where_numba_has_no_directory() -> None:
    code = (
        "from numba.core import caching as c\n"
        "user = getattr(c, 'UserProvidedCacheLocator', None) or c._UserProvidedCacheLocator\n"
        "c.CacheImpl._locator_classes = [user]\n"
        "from scgsfm._scanpy import import_scanpy\n"
        "print(import_scanpy().__name__)"
    )
    env = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert run.stdout == "scanpy\n"


def test_all_kernels_use_this_decorator() -> None:
    files = Path(_njit.__file__).parent.glob("*.py")
    direct = [
        path.name
        for path in files
        if re.search(r"from numba import .*njit|numba\.njit\(\*?\*?[a-z]+=", path.read_text())
    ]
    assert direct == []
