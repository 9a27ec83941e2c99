from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from numba import config, njit
from numba.core import event

from scgsfm.kernels import CompileNotice

if TYPE_CHECKING:
    from typing import Any

    import numpy as np


def compiled(module: str) -> None:
    def kernel(x: np.ndarray) -> Any:
        return x + 1

    kernel.__module__ = module
    njit(kernel)(1)


def package_listeners() -> list[CompileNotice]:
    """By name, since a test that loads the module anew makes another class."""
    return [listener for listener in event._registered["numba:compile"] if type(listener).__name__ == "CompileNotice"]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is said; the package's own listener keeps quiet."""
    for listener in package_listeners():
        monkeypatch.setattr(listener, "given", True)
    said: list[str] = []
    logger = SimpleNamespace(info=said.append)
    monkeypatch.setattr("scgsfm.kernels._numba_utils.logger", logger)
    return said


@pytest.mark.skipif(config.DISABLE_JIT, reason="nothing is compiled")
def test_notice_is_logged_once_and_only_for_this_package(said: list[str]) -> None:
    with event.install_listener("numba:compile", CompileNotice()):
        compiled("other.module")
        assert said == []
        compiled("scgsfm.kernels.one")
        compiled("scgsfm.kernels.two")
    assert len(said) == 1
    assert "some seconds once" in said[0]


def test_listener_is_registered_on_import() -> None:
    assert package_listeners()
