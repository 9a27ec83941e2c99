"""The clock of the machine is set by a day, forward or back, while the package works; files are dated in the future."""

from __future__ import annotations

import io
import os
import re
import time
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import scgsfm
from scgsfm import _fetch, _progress
from scgsfm._fetch import fetch
from scgsfm._unfinished import remove_stale, version_of
from scgsfm.errors import DownloadError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Server

DAY = 86_400.0
SOURCE = Path(scgsfm.__file__).parent


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets the clock of the wall: the seconds that it is off, in turn for each time it is read."""
    import tqdm.std

    real = time.time

    def set_by(*seconds: float) -> None:
        off = cycle(seconds)
        wrong = lambda: real() + next(off)
        monkeypatch.setattr(time, "time", wrong)
        monkeypatch.setattr(tqdm.std, "time", wrong)

    return set_by


def test_no_duration_is_taken_from_the_clock_of_the_wall() -> None:
    """Only ages of files need it."""
    pattern = re.compile(r"time\.time\(|datetime\.now\((?!UTC)|from time import time\b|\butcnow\b")
    found = {path.name for path in SOURCE.rglob("*.py") if pattern.search(path.read_text(encoding="utf-8"))}
    assert found == {"_unfinished.py"}


@pytest.mark.parametrize("jump", [DAY, -DAY])
def test_files_that_are_being_written_stay(tmp_path: Path, clock: Callable[..., None], jump: float) -> None:
    clock(0, jump)
    for name, age in {"tmpabcd_012": 0, "tmpfuture12": -3 * DAY, "tmpolder123": 4 * DAY}.items():
        (tmp_path / name).write_text("x")
        written = (tmp_path / name).stat().st_mtime - age
        os.utime(tmp_path / name, (written, written))
    for _ in range(2):
        remove_stale(tmp_path, "tmp")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tmpabcd_012", "tmpfuture12"]


@pytest.mark.parametrize("jump", [DAY, -DAY])
def test_downloads(server: Server, monkeypatch: pytest.MonkeyPatch, clock: Callable[..., None], jump: float) -> None:
    """Deadlines are not reached early, and not missed."""
    clock(0, jump, -jump)
    server.files["/f.bin"] = bytes(range(256)) * 8
    assert fetch([f"{server.url}/f.bin"], "f.bin").read_bytes() == server.files["/f.bin"]
    monkeypatch.setattr(_fetch, "PATIENCE", 0.2)
    server.files["/slow.bin"], server.faults["/slow.bin"] = bytes(500), ["trickle"] * 3
    start = time.monotonic()
    with pytest.raises(DownloadError, match="bytes arrived in"):
        fetch([f"{server.url}/slow.bin"], "slow.bin")
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("jump", [DAY, -DAY])
def test_progress(monkeypatch: pytest.MonkeyPatch, clock: Callable[..., None], jump: float) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(_progress, "log_stream", lambda: shown)
    monkeypatch.setattr(scgsfm.settings, "verbosity", 1)
    with _progress.progress(3, unit="steps", delay=0.05) as bar:
        clock(jump)
        for _ in range(3):
            time.sleep(0.12)
            bar.update()
        elapsed = bar.format_dict["elapsed"]
    assert 0.3 < elapsed < 30
    assert "3/3" in shown.getvalue()
    assert "2/3" in shown.getvalue(), "the bar moves on"


def test_versions_of_files_of_one_date(tmp_path: Path) -> None:
    """A file that was moved here with the date and the size of the one before is another one."""
    file, other = tmp_path / "file", tmp_path / "other"
    for path in (file, other):
        path.write_text(path.name[:4])
        os.utime(path, (2e9, 2e9))
    before = version_of(file)
    assert version_of(file) == before
    other.replace(file)
    assert file.stat().st_mtime == 2e9
    assert version_of(file) != before


def test_models_of_the_future(gsfm: Any, tmp_path: Path) -> None:
    """They are read once, and again after a change that keeps dates and sizes."""
    from scgsfm.models import as_model
    from scgsfm.models._serialization import write_folder

    tensors = {key: value.numpy() for key, value in gsfm.module.state_dict().items()}
    config = {"vocab_size": len(gsfm.genes), "d_model": 8, "depth": 2}
    found = []
    for seed in (0, 0, 1):
        if seed or not found:
            write_folder(tmp_path / "m", config, tensors, gsfm.genes, {"seed": seed})
        for path in (tmp_path / "m").iterdir():
            os.utime(path, (time.time() + 10 * DAY,) * 2) if not found else os.utime(path, (2e9, 2e9))
        found.append(as_model(tmp_path / "m"))
    assert [model.metadata["seed"] for model in found] == [0, 0, 1]
    assert as_model(tmp_path / "m") is found[2]


def test_genomes_and_indices_of_the_future(tmp_path: Path) -> None:
    from scgsfm.dna import Genome

    fasta = tmp_path / "genome.fa"
    for dates in [(0, 0), (DAY, 0), (0, DAY), (9 * DAY, 8 * DAY)]:
        fasta.write_text(">chr1\nACGTACGT\n")
        with Genome(fasta) as genome:
            assert genome.sequence("chr1", 2, 6) == "GTAC"
        for path, off in zip((fasta, tmp_path / "genome.fa.fai"), dates, strict=True):
            os.utime(path, (time.time() + off,) * 2)
        with (
            pytest.warns(UserWarning, match="is older than the FASTA file") if dates[0] > dates[1] else _nothing(),
            Genome(fasta) as genome,
        ):
            assert genome.sequence("chr1", 2, 6) == "GTAC"
        (tmp_path / "genome.fa.fai").unlink()


def test_an_interrupted_training_resumes(tmp_path: Path, clock: Callable[..., None]) -> None:
    pytest.importorskip("pytorch_lightning")
    import torch

    from .models.test_training import run

    whole, _ = run(tmp_path / "whole")
    clock(0, DAY, -DAY)
    with pytest.raises(ConnectionError):
        run(tmp_path / "parts", broken_at=5)
    for path in (tmp_path / "parts").glob("*.ckpt"):
        os.utime(path, (2e9, 2e9))
    clock(-DAY, DAY)
    resumed, report = run(tmp_path / "parts")
    assert all(torch.equal(resumed[key], value) for key, value in whole.items())
    assert 0 < report.seconds < 300
    assert report.cpu_seconds >= 0


def _nothing() -> Any:
    from contextlib import nullcontext

    return nullcontext()
