"""The examples in the docstrings of all that is public run, offline, and print what they say."""

from __future__ import annotations

import doctest
from typing import TYPE_CHECKING

import matplotlib as mpl
import pytest

import scgsfm
from scgsfm.models import gsfm

if TYPE_CHECKING:
    from pathlib import Path

MODULES = [scgsfm, *(getattr(scgsfm, name) for name in ("datasets", "get", "models", "pl", "pp", "tl")), gsfm]
PUBLIC = {f"{module.__name__}.{name}": getattr(module, name) for module in MODULES for name in module.__all__}
EXAMPLES = {
    test.name: test
    for name, public in PUBLIC.items()
    if public not in MODULES
    for test in doctest.DocTestFinder().find(public, name)
    if test.examples
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCGSFM_OFFLINE", "1")
    monkeypatch.setattr(scgsfm.settings, "verbosity", 0)
    told: list[str] = []
    with mpl.rc_context({"backend": "agg"}):
        result = doctest.DocTestRunner().run(EXAMPLES[name], out=told.append)
        mpl.pyplot.close("all")
    assert result.failed == 0, "".join(told)
