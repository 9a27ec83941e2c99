"""Models by name or path are read once, shared, and checked for their kind."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from anndata import AnnData

import scgsfm
from scgsfm.models import Model, _as_model, as_model, load, model_kind
from scgsfm.models._locate import EMBEDDED
from scgsfm.models._serialization import write_folder
from scgsfm.models.gsfm import build_module

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Server

    from scgsfm.settings import Settings

VOCAB = ["<unk>", "<pad>", "A", "B", "C"]
CONFIG = {"vocab_size": 5, "d_model": 4, "depth": 2}


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_as_model, "_loaded", type(_as_model._loaded)())


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a small GSFM with weights drawn by a seed."""

    def written(name: str = "mine", seed: int = 0) -> Path:
        torch.manual_seed(seed)
        tensors = {key: value.numpy() for key, value in build_module(CONFIG).state_dict().items()}
        write_folder(tmp_path / name, CONFIG, tensors, VOCAB, {"seed": seed})
        return tmp_path / name

    return written


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the models read."""
    names = []
    monkeypatch.setattr(_as_model, "load", lambda name, **given: names.append(os.fspath(name)) or load(name, **given))
    return names


def test_read_once_and_shared(write: Callable[..., Path], reads: list[str]) -> None:
    folder = write()
    assert as_model(folder) is as_model(str(folder)) is as_model(folder, "gsfm")
    assert reads == [str(folder)]


def test_load_returns_a_new_model(write: Callable[..., Path]) -> None:
    folder = write()
    assert load(folder) is not load(folder)
    assert load(folder) is not as_model(folder)


def test_read_again_after_a_change(write: Callable[..., Path], reads: list[str]) -> None:
    folder = write()
    before = as_model(folder)
    write(seed=1)
    after = as_model(folder)
    assert (before.metadata["seed"], after.metadata["seed"]) == (0, 1)
    assert as_model(folder) is after
    assert len(reads) == 2
    assert len(_as_model._loaded) == 1, "the model before the change is dropped"


def test_read_again_after_a_touch(write: Callable[..., Path], reads: list[str]) -> None:
    folder = write()
    as_model(folder)
    os.utime(folder / "card.json", ns=(1, 1))
    as_model(folder)
    assert len(reads) == 2


def test_a_change_by_hand_is_checked_again(write: Callable[..., Path]) -> None:
    folder = write()
    as_model(folder)
    (folder / "vocab.txt").write_text("x")
    with pytest.raises(scgsfm.errors.ChecksumError):
        as_model(folder)


def test_same_relative_path_in_another_directory(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = write("one/m", 1), write("other/m", 2)
    found = []
    for parent in (one.parent, other.parent):
        monkeypatch.chdir(parent)
        found.append(as_model("m").metadata["seed"])
    assert found == [1, 2]


def test_the_device_is_part_of_the_key(write: Callable[..., Path], reads: list[str]) -> None:
    folder = write()
    assert as_model(folder) is not as_model(folder, device="cpu")
    assert as_model(folder, device="cpu") is as_model(folder, device="cpu")
    assert len(reads) == 2


def test_memory_is_bounded(write: Callable[..., Path], reads: list[str]) -> None:
    folders = [write(f"m{i}") for i in range(_as_model.MAX_MODELS + 1)]
    for folder in folders[:-1]:
        as_model(folder)
    as_model(folders[0])  # used most recently
    as_model(folders[-1])
    assert len(_as_model._loaded) == _as_model.MAX_MODELS
    n = len(reads)
    as_model(folders[0])
    assert len(reads) == n
    as_model(folders[1])
    assert len(reads) == n + 1


def test_hub_model_is_not_requested_again(
    write: Callable[..., Path], server: Server, own_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scgsfm.models import _locate

    monkeypatch.setattr(_locate, "HUB", _locate.HUB.replace("https://huggingface.co", server.url))
    for file in write().iterdir():
        server.files[f"/me/mine/resolve/main/{file.name}"] = file.read_bytes()
    as_model("me/mine")
    first = as_model("me/mine")
    n = server.requests.total()
    assert as_model("me/mine") is first
    assert server.requests.total() == n
    shutil.rmtree(own_settings.cache_dir / "models")
    assert as_model("me/mine") is not first


@pytest.mark.parametrize(("name", "kind"), [("gsfm-base", "gsfm"), ("gpgpt-mini", "gpgpt"), ("r3lm-mini", "r3lm")])
def test_loaded_models_answer_to_the_protocol(name: str, kind: Any) -> None:
    if kind == "gpgpt":
        pytest.importorskip("transformers")
    model = as_model(name, kind)
    assert isinstance(model, Model)
    assert (model.kind, model.name, model.device) == (kind, name, torch.device("cpu"))
    assert model.metadata
    assert name in repr(model)
    assert "\n" not in repr(model)
    assert as_model(model, kind) is model


@pytest.mark.parametrize(
    ("model", "kind", "message"),
    [
        ("r3lm-mini", "gsfm", "`model` is 'r3lm-mini', an R3LM model, but must be a GSFM model: .*'gsfm-base'"),
        ("gsfm-base", "gpgpt", "`model` is 'gsfm-base', a GSFM model, but must be a GP-GPT model: .*'gpgpt-mini'"),
        ("gpgpt-mini", "r3lm", "`model` is 'gpgpt-mini', a GP-GPT model, but must be an R3LM model: .*'r3lm-mini'"),
        (3, "gsfm", "`model` is a int, but must be a GSFM model"),
        (None, "r3lm", "`model` is a NoneType, but must be an R3LM model"),
    ],
)
def test_other_kinds_are_refused(model: Any, kind: Any, message: str, reads: list[str]) -> None:
    with pytest.raises(TypeError, match=message):
        as_model(model, kind)
    assert reads == [], "refused before reading"


def test_kind_of_a_directory_and_of_a_loaded_model(tmp_path: Path) -> None:
    copy = shutil.copytree(EMBEDDED / "r3lm-mini", tmp_path / "copy")
    with pytest.raises(TypeError, match="copy', an R3LM model, but must be a GSFM model"):
        as_model(copy)
    with pytest.raises(TypeError, match="`model` is an R3LM model, but must be a GSFM model"):
        as_model(load(copy))


def test_functions_check_the_kind() -> None:
    adata = AnnData(np.ones((3, 2), np.float32))
    with pytest.raises(TypeError, match="must be a GSFM model"):
        scgsfm.tl.score(adata, {"a": ["0", "1"]}, method="gsfm", model="r3lm-mini")
    with pytest.raises(TypeError, match="must be an R3LM model"):
        scgsfm.tl.regulatory_activity(sequences=["ACGT" * 50], model="gsfm-base")


class OwnModel:
    """Has what a GSFM needs without naming its kind."""

    genes = VOCAB

    def logits(self, sets: Any) -> np.ndarray:
        return np.zeros((len(sets), 5), np.float32)


def test_an_own_model_is_judged_by_its_methods() -> None:
    model = OwnModel()
    assert as_model(model) is model
    with pytest.raises(TypeError, match="`model` is a OwnModel, but must be a GP-GPT model"):
        as_model(model, "gpgpt")


def test_kind_of_a_model() -> None:
    assert model_kind("gsfm-base") == "gsfm"
    assert model_kind("gpgpt-mini") == "gpgpt"
    assert model_kind(as_model("gsfm-base")) == "gsfm"
    assert model_kind(object()) == ""
