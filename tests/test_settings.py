"""Settings from attributes and from the environment, and their validation."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pooch
import pytest

from scgsfm._logging import logger
from scgsfm.models import available

if TYPE_CHECKING:
    from typing import Any

    from scgsfm.settings import Settings


def test_defaults(own_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCGSFM_CACHE")
    assert own_settings.cache_dir == pooch.os_cache("scgsfm")
    assert own_settings.offline is False
    assert own_settings.mirrors == ()


def test_environment(own_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SCGSFM_CACHE", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("SCGSFM_MIRRORS", "https://a.example/x/, http://b.example")
    assert own_settings.cache_dir == tmp_path / "elsewhere"
    assert own_settings.mirrors == ("https://a.example/x", "http://b.example")
    for text, value in {"1": True, "TRUE": True, "yes": True, "on": True, "0": False, "no": False, "": False}.items():
        monkeypatch.setenv("SCGSFM_OFFLINE", text)
        assert own_settings.offline is value


def test_attributes_take_precedence_over_the_environment(
    own_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SCGSFM_OFFLINE", "1")
    monkeypatch.setenv("SCGSFM_MIRRORS", "https://a.example")
    own_settings.offline = False
    own_settings.mirrors = []
    own_settings.cache_dir = tmp_path / "mine"
    assert (own_settings.offline, own_settings.mirrors) == (False, ())
    assert own_settings.cache_dir == tmp_path / "mine"
    assert not own_settings.cache_dir.exists()


def test_cache_dir_is_expanded_and_absolute(own_settings: Settings) -> None:
    own_settings.cache_dir = "~/models"
    assert own_settings.cache_dir == Path.home() / "models"
    own_settings.cache_dir = "models"
    assert own_settings.cache_dir == Path.cwd() / "models"


def test_environment_is_checked(own_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SCGSFM_OFFLINE", "perhaps")
    with pytest.raises(ValueError, match="SCGSFM_OFFLINE is 'perhaps'"):
        _ = own_settings.offline
    monkeypatch.setenv("SCGSFM_MIRRORS", "mirror.example")
    with pytest.raises(ValueError, match=r"SCGSFM_MIRRORS .* found 'mirror.example'"):
        _ = own_settings.mirrors
    monkeypatch.setenv("SCGSFM_CACHE", str(tmp_path / "file"))
    with pytest.raises(NotADirectoryError, match="SCGSFM_CACHE must be a directory"):
        _ = own_settings.cache_dir


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("offline", "yes", TypeError),
        ("offline", 1, TypeError),
        ("verbosity", 3, ValueError),
        ("verbosity", "info", ValueError),
        ("mirrors", "https://a.example", TypeError),
        ("mirrors", ["a.example"], ValueError),
        ("mirrors", ["ftp://a.example"], ValueError),
    ],
)
def test_attributes_are_checked(own_settings: Settings, name: str, value: Any, error: type[Any]) -> None:
    before = getattr(own_settings, name)
    with pytest.raises(error, match=name):
        setattr(own_settings, name, value)
    assert getattr(own_settings, name) == before


def test_misspelled_attribute(own_settings: Settings) -> None:
    with pytest.raises(AttributeError, match="cachedir"):
        own_settings.cachedir = "x"


@pytest.mark.parametrize(("verbosity", "level"), [(0, 30), (1, 20), (2, 10)])
def test_verbosity_sets_the_logger(own_settings: Settings, verbosity: int, level: int) -> None:
    own_settings.verbosity = verbosity
    assert own_settings.verbosity == verbosity
    assert logger.level == level


def test_repr_has_all_settings(own_settings: Settings, tmp_path: Path) -> None:
    own_settings.mirrors = ["https://a.example"]
    text = repr(own_settings)
    for part in (f"cache_dir = {tmp_path / 'cache'}", "offline = False", "verbosity = 1", "https://a.example"):
        assert part in text


def test_environment_of_a_process(tmp_path: Path) -> None:
    code = "import scgsfm; print(scgsfm.settings.cache_dir, scgsfm.settings.offline)"
    env = {**os.environ, "SCGSFM_CACHE": str(tmp_path / "c"), "SCGSFM_OFFLINE": "on"}
    run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert run.stdout.split() == [str(tmp_path / "c"), "True"]


@pytest.fixture
def no_home(own_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A user without a home directory; returns the directory of temporary files."""

    def unknown(name: str) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("SCGSFM_CACHE")
    monkeypatch.setattr(pooch, "os_cache", unknown)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_without_a_home_directory(own_settings: Settings, no_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert own_settings.cache_dir.parent == no_home
    assert "cache_dir" in repr(own_settings)
    assert {model["where"] for model in available()} == {"embedded", "hub"}
    monkeypatch.setattr(pooch, "os_cache", lambda name: Path("~/.cache") / name)  # older versions of platformdirs
    assert own_settings.cache_dir.parent == no_home


@pytest.mark.skipif(os.name != "posix", reason="owners of POSIX")
def test_cache_of_another_user_is_not_used(own_settings: Settings, no_home: Path) -> None:
    (no_home / "other").mkdir()
    own_settings.cache_dir.symlink_to(no_home / "other")
    with pytest.raises(PermissionError, match="belongs to another user. Set the environment variable SCGSFM_CACHE"):
        _ = own_settings.cache_dir
    assert len(available()) > 3


def test_without_any_writable_directory(own_settings: Settings, no_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    with pytest.raises(FileNotFoundError, match="SCGSFM_CACHE"):
        _ = own_settings.cache_dir
    assert len(available()) > 3
