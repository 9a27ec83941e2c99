"""Where the log is written and how much, with and without scanpy."""

from __future__ import annotations

import builtins
import io
import logging
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from tqdm import tqdm

from scgsfm import settings
from scgsfm._logging import LogHandler, log_stream, logger
from scgsfm._progress import progress, progress_over

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def scanpy(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Settings in the place of those of scanpy."""
    found = SimpleNamespace(verbosity=1, logfile=sys.stderr)
    monkeypatch.setitem(sys.modules, "scanpy", SimpleNamespace(settings=found))
    settings.verbosity = None
    yield found
    found.verbosity = 1
    settings.verbosity = None


@pytest.mark.parametrize(("of_scanpy", "ours"), [(0, 0), (1, 1), (2, 1), (3, 2), (4, 2)])
def test_verbosity_of_scanpy_is_followed(scanpy: SimpleNamespace, of_scanpy: int, ours: int) -> None:
    scanpy.verbosity = of_scanpy
    assert settings.verbosity == ours
    assert [logger.isEnabledFor(level) for level in (logging.INFO, logging.DEBUG)] == [ours >= 1, ours >= 2]
    settings.verbosity = 0
    assert settings.verbosity == 0, "the package's own setting comes first"
    assert not logger.isEnabledFor(logging.INFO)
    settings.verbosity = None
    assert settings.verbosity == ours


def test_settings_of_the_real_scanpy() -> None:
    code = (
        "import sys, scgsfm; assert 'scanpy' not in sys.modules\n"
        "import scanpy as sc; from scgsfm._logging import logger; logger.debug('hidden'); logger.info('shown')\n"
        "sc.settings.verbosity = 'hint'; logger.debug('details'); sc.settings.verbosity = 0; logger.info('hidden')\n"
        "sc.settings.verbosity = 3; sc.settings.logfile = sys.argv[1]; logger.info('in the file')\n"
    )
    import tempfile

    with tempfile.NamedTemporaryFile("r", suffix=".log") as file:
        run = subprocess.run([sys.executable, "-c", code, file.name], capture_output=True, text=True, check=True)
        assert run.stderr.split() == ["shown", "details"]
        assert "in the file" in file.read()


def test_log_file_of_scanpy(scanpy: SimpleNamespace, tmp_path: Path) -> None:
    with (tmp_path / "log").open("w+") as file:
        scanpy.logfile = file
        logger.info("a line")
        file.seek(0)
        assert file.read() == "a line\n"
    assert log_stream() is sys.stderr, "closed files are left alone"


def test_standard_output_in_notebooks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert log_stream() is sys.stderr
    monkeypatch.setattr(builtins, "__IPYTHON__", True, raising=False)
    assert log_stream() is sys.stdout


def test_handler_writes_to_the_stream_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [type(handler) for handler in logger.handlers].count(LogHandler) == 1
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    logger.info("a line")
    assert sys.stderr.getvalue() == "a line\n"  # type: ignore[attr-defined]


def test_level_set_by_logging_is_kept(scanpy: SimpleNamespace) -> None:
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        assert not logger.isEnabledFor(logging.INFO)
    finally:
        logger.setLevel(before)


@pytest.mark.parametrize("bar", [lambda: progress(3, unit="cells", delay=0), lambda: None])
def test_progress(bar: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for left in list(getattr(tqdm, "_instances", ())):
        left.close()  # of a test that stopped in the middle: a second bar is drawn in another way
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    shown = bar()
    if shown is None:
        assert list(progress_over("abc", total=3, unit="steps")) == list("abc")
        assert sys.stderr.getvalue() == "", "less than five seconds"  # type: ignore[attr-defined]
        return
    with shown:
        shown.update(3)
    assert "3/3" in sys.stderr.getvalue()  # type: ignore[attr-defined]
    settings.verbosity = 0
    assert progress(3, unit="cells").disable
    settings.verbosity = None
