"""Models written to a directory or to a hub, which is a stub, give the same numbers when loaded from there."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from scgsfm import models, settings
from scgsfm.models.gsfm import GSFM, build_module

if TYPE_CHECKING:
    from pathlib import Path

GENES = [f"G{i}" for i in range(30)]
VOCAB = ["<unk>", "<pad>", *GENES]
CONFIG: dict[str, Any] = {"vocab_size": 32, "d_model": 4, "input_norm": "l2", "neighbours": 3, "recall": 2}
CARD = {"name": "mine", "licence": "CC-BY-4.0", "calibration": {"slope": 1.5, "intercept": -2.0}}
SETS = [["G1", "G2", "G7"], ["G3", "unknown"], []]


@pytest.fixture
def gsfm() -> GSFM:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = build_module(CONFIG)
        module.neighbours.indices.random_(2, 32)
        module.neighbours.cosines.uniform_()
    return GSFM(module, VOCAB, name="mine", metadata=CARD)


def test_gsfm(gsfm: GSFM, tmp_path: Path) -> None:
    folder = gsfm.save_pretrained(tmp_path / "new" / "model")
    loaded = models.load(folder)
    np.testing.assert_array_equal(loaded.logits(SETS), gsfm.logits(SETS))
    logits = gsfm.logits(SETS)
    np.testing.assert_array_equal(loaded.probabilities(logits), gsfm.probabilities(logits))
    assert loaded.genes == gsfm.genes
    assert loaded.metadata == CARD
    again = models.load(loaded.save_pretrained(folder))  # over itself
    assert again.fingerprint == loaded.fingerprint == gsfm.fingerprint


def test_gsfm_as_published(tmp_path: Path) -> None:
    bookkeeping = {"d_model": 4, "vocab_size": 32, "partition": 0, "_instantiator": {"module": "lightning"}}
    model = GSFM(build_module(bookkeeping), VOCAB, name="owner/name")
    folder = model.save_pretrained(tmp_path)
    assert json.loads((folder / "config.json").read_text()) == {"model_type": "gsfm", **bookkeeping}
    assert models.load(folder).metadata == {"name": "name"}
    assert "License: not stated" in (folder / "README.md").read_text()


def test_quantize(gsfm: GSFM, tmp_path: Path) -> None:
    sizes = {}
    for quantize in (None, "float16", "int8"):
        loaded = models.load(gsfm.save_pretrained(tmp_path, quantize=quantize))
        sizes[quantize] = (tmp_path / "model.safetensors").stat().st_size
        np.testing.assert_allclose(loaded.encode(SETS), gsfm.encode(SETS), atol=0.05)
    assert sizes[None] > max(sizes["float16"], sizes["int8"])


def test_r3lm(tmp_path: Path) -> None:
    model = models.load("r3lm-mini")
    loaded: Any = models.load(model.save_pretrained(tmp_path))
    sequences = ["ACGTTGCA" * 25]
    np.testing.assert_allclose(loaded.predict(sequences), model.predict(sequences), rtol=1e-6)
    for key, tensor in model.module.state_dict().items():
        assert torch.equal(loaded.module.state_dict()[key], tensor), key
    assert loaded.tokens.vocab == model.tokens.vocab
    assert loaded.config == model.config
    assert loaded.metadata == model.metadata


def test_gpgpt(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    model = models.load("gpgpt-mini")
    loaded: Any = models.load(model.save_pretrained(tmp_path))
    answers = ["yes", "no"]
    np.testing.assert_allclose(loaded.score("FBN1?", answers), model.score("FBN1?", answers), rtol=1e-6)
    for key, tensor in model.module.state_dict().items():
        assert torch.equal(loaded.module.state_dict()[key], tensor), key
    text = "Which genes cause Marfan syndrome?"
    assert loaded.tokenizer(text).input_ids == model.tokenizer(text).input_ids
    assert loaded.metadata == model.metadata


def test_readme(gsfm: GSFM, tmp_path: Path) -> None:
    text = (gsfm.save_pretrained(tmp_path) / "README.md").read_text(encoding="utf-8")
    front = text.split("---\n")[1].splitlines()
    assert front[0] == 'license: "cc-by-4.0"'
    assert "library_name: scgsfm" in front
    assert 'scgsfm.models.load("path/to/this/folder")' in text
    assert json.loads(text.split("```json\n")[1].split("```")[0]) == CARD


def test_no_configuration(tmp_path: Path) -> None:
    from scgsfm.models.gsfm import VARIANTS

    model = GSFM(VARIANTS["DAE"](32, d_model=4), VOCAB)
    with pytest.raises(ValueError, match="build_module"):
        model.save_pretrained(tmp_path)


class Hub:
    """Stands for the client of the hub, and keeps what is sent to it."""

    calls: list[tuple[str, Any]] = []  # noqa: RUF012 - emptied by the fixture
    folder: Path

    def __init__(self, token: str | None = None) -> None:
        self.calls.append(("token", token))

    def create_repo(self, repo_id: str, *, private: bool | None, exist_ok: bool) -> str:
        self.calls.append(("create", (repo_id, private, exist_ok)))
        return f"https://hub.example/{repo_id}"

    def upload_folder(self, *, repo_id: str, folder_path: str, commit_message: str) -> None:
        self.calls.append(("upload", (repo_id, commit_message)))
        shutil.copytree(folder_path, self.folder / repo_id)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[Hub]:
    client = pytest.importorskip("huggingface_hub")
    monkeypatch.setattr(Hub, "calls", [])
    monkeypatch.setattr(Hub, "folder", tmp_path / "hub", raising=False)
    monkeypatch.setattr(client, "HfApi", Hub)
    return Hub


def test_to_hub(gsfm: GSFM, hub: type[Hub]) -> None:
    assert (
        gsfm.to_hub("me/my-model", token="secret", private=True, message="first") == "https://hub.example/me/my-model"
    )
    assert hub.calls == [
        ("token", "secret"),
        ("create", ("me/my-model", True, True)),
        ("upload", ("me/my-model", "first")),
    ]
    sent = hub.folder / "me" / "my-model"
    np.testing.assert_array_equal(models.load(sent).logits(SETS), gsfm.logits(SETS))
    assert 'models.load("me/my-model")' in (sent / "README.md").read_text()
    assert "secret" not in "".join(file.read_text(errors="replace") for file in sent.iterdir())


def test_all_kinds_can_be_uploaded() -> None:
    from scgsfm.models.gpgpt import GPGPT
    from scgsfm.models.r3lm import R3LM

    assert all(callable(kind.to_hub) and callable(kind.save_pretrained) for kind in (GSFM, GPGPT, R3LM))


def test_nothing_is_sent_unless_asked(
    gsfm: GSFM, hub: type[Hub], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.load(gsfm.save_pretrained(tmp_path / "model"))
    with pytest.raises(ValueError, match="`repo_id` is 'my-model'"):
        gsfm.to_hub("my-model")
    monkeypatch.setattr(settings, "offline", True)
    with pytest.raises(RuntimeError, match="SCGSFM_OFFLINE"):
        gsfm.to_hub("me/my-model")
    assert hub.calls == []


def test_missing_extra(gsfm: GSFM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ImportError, match=r"scgsfm\[hub\]"):
        gsfm.to_hub("me/my-model")
