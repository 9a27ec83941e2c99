"""Both stages in a few steps: a small model from scratch, and adapters beside a model of transformers."""

from __future__ import annotations

import importlib.util
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

pytest.importorskip("peft")

from typing import TYPE_CHECKING

from safetensors.torch import load_file

from scgsfm._logging import logger
from scgsfm.cli import main
from scgsfm.models.gpgpt import GPGPT, TrainConfig, merge, train
from scgsfm.models.gpgpt._llama import load_base, load_tokenizer

from .test_tokenizer import foreign

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of somebody else: random weights, a tokeniser without tags, saved by transformers."""
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("llama")
    tokenizer = foreign()
    torch.manual_seed(1)
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
    module = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), num_key_value_heads=2, **sizes))
    module.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def scratch(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of stage 1, by the shell command."""
    out = tmp_path_factory.mktemp("stage1")
    shell = (
        "--stage 1 --vocab-size 400 --hidden-size 32 --layers 2 --heads 2 --feed-forward 48 --context 48 --batch-size 4 "
        "--steps 8 --warmup 2 --learning-rate 0.01 --validate-every 4 --mixture text=2 --precision bf16-mixed"
    )
    assert main(["train", "gpgpt", "--data", str(small), "-o", str(out), *shell.split()]) == 0
    return out / "model"


def logits(module: Any, tokenizer: Any, text: str = "Which genes? <gene>FBN1</gene>") -> torch.Tensor:
    with torch.inference_mode():
        return module.eval()(torch.tensor([tokenizer(text)["input_ids"]])).logits


def test_stage_1_from_scratch(scratch: Path) -> None:
    model = GPGPT.from_pretrained(scratch)
    assert (len(model.tokenizer), model.module.config.hidden_size) == (400, 32)
    assert model.tokenizer.decode(model.tokenizer("<hpo>Seizure</hpo>")["input_ids"]) == "<hpo>Seizure</hpo>"
    card = json.loads((scratch / "card.json").read_text())
    assert (card["stage"], card["base"], card["steps"]) == (1, None, 8)
    assert card["parameters"]["all"] == card["parameters"]["trained"]
    assert card["config"]["mixture"] == {"text": 2.0}
    assert card["held_out_perplexity"].keys() == {"text", "statement", "triple", "question"}
    assert all(1 < value < 400 for value in card["held_out_perplexity"].values())


def test_stage_2_trains_only_adapters(small: Path, scratch: Path, tmp_path: Path, tiny: TrainConfig) -> None:
    folder = train(small, tmp_path, stage=2, base=scratch, config=tiny, validate_every=3)
    card = json.loads((folder / "card.json").read_text())
    assert card["parameters"]["trained"] < 0.5 * card["parameters"]["all"]
    adapter = load_file(tmp_path / "adapter" / "adapter_model.safetensors")
    assert all("lora" in key for key in adapter)
    assert len(adapter) == 2 * 7 * 2, "two matrices beside each of seven, in two layers"
    before, after = load_file(scratch / "model.safetensors"), load_file(folder / "model.safetensors")
    changed = {key for key in before if not torch.equal(before[key], after[key])}
    assert changed == {key for key in before if "_proj" in key}
    kept = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    assert all("lora" in key for key in kept), "checkpoints leave the base out"


@pytest.mark.parametrize("stage", [1, 2])
def test_adapters_of_a_llama_saved_reloaded_and_merged(
    small: Path, base: Path, tmp_path: Path, tiny: TrainConfig, stage: int
) -> None:
    from peft import PeftModel

    config = replace(tiny, context=160)  # this tokeniser has more tokens a word: answers must not be cut off
    folder = train(small, tmp_path, stage=stage, base=base, config=config, validate_every=3)
    tokenizer = load_tokenizer(base)
    alone = logits(load_base(base), tokenizer)
    beside = logits(PeftModel.from_pretrained(load_base(base), tmp_path / "adapter"), tokenizer)
    merged = logits(load_base(folder), load_tokenizer(folder))
    again = logits(load_base(merge(base, tmp_path / "adapter", tmp_path / "again")), tokenizer)
    torch.testing.assert_close(merged, beside, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(again, merged, rtol=0, atol=0)
    assert (beside - alone).abs().max() > 1e-3
    model = GPGPT.from_pretrained(folder)
    assert model.entities("Does FBN1 cause seizures?")
    assert "F B N 1" in " ".join(model.tokenizer.convert_ids_to_tokens(model.encoder.tokens("<gene>FBN1</gene>")))


def test_base_is_replaced_by_the_merged_model(small: Path, scratch: Path, tmp_path: Path, tiny: TrainConfig) -> None:
    """Stage 2 in the directory of stage 1."""
    shutil.copytree(scratch, tmp_path / "model")
    train(small, tmp_path, stage=2, base=tmp_path / "model", config=replace(tiny, steps=2))
    card = json.loads((tmp_path / "model" / "card.json").read_text())
    assert card["stage"] == 2
    assert logits(load_base(tmp_path / "model"), load_tokenizer(scratch)).isfinite().all()


def test_adapters_without_merged_model(small: Path, base: Path, tmp_path: Path, tiny: TrainConfig) -> None:
    folder = train(small, tmp_path, stage=2, base=base, config=replace(tiny, steps=2), merged=False)
    assert folder == tmp_path / "adapter"
    assert not (tmp_path / "model").exists()


def test_loss_falls(
    small: Path, tmp_path: Path, tiny: TrainConfig, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logger, "propagate", True)
    train(small, tmp_path, stage=1, config=replace(tiny, steps=60), validate_every=20)
    lines = dict.fromkeys(message for message in caplog.messages if message.startswith("step"))
    told = [float(line.split("held-out loss ")[1].split(",")[0]) for line in lines]
    assert len(told) == 3, "after 20, 40 and the last step"
    assert told[-1] < told[0] - 0.1
    assert told[0] < np.log(400) + 0.2


def test_resumed_run_ends_with_the_same_weights(small: Path, tmp_path: Path, tiny: TrainConfig) -> None:
    constant = replace(tiny, decay=1e-6)
    whole = train(small, tmp_path / "whole", stage=1, config=constant, validate_every=3)
    train(small, tmp_path / "parts", stage=1, config=replace(constant, steps=3), validate_every=3)
    parts = train(small, tmp_path / "parts", stage=1, config=constant, validate_every=3)
    one, other = (load_file(folder / "model.safetensors") for folder in (whole, parts))
    for key, tensor in one.items():
        torch.testing.assert_close(other[key], tensor, rtol=0, atol=1e-6)


def test_another_run_is_refused(small: Path, tmp_path: Path, tiny: TrainConfig) -> None:
    train(small, tmp_path, stage=1, config=replace(tiny, steps=2))
    with pytest.raises(ValueError, match="learning_rate was 0.01 and is 0.02"):
        train(small, tmp_path, stage=1, config=replace(tiny, steps=2, learning_rate=0.02))


def test_bad_arguments(small: Path, tmp_path: Path, base: Path, tiny: TrainConfig) -> None:
    with pytest.raises(ValueError, match="stage=3 must be 1 or 2"):
        train(small, tmp_path, stage=3)
    with pytest.raises(ValueError, match="stage=2 adapts a model"):
        train(small, tmp_path, stage=2)
    with pytest.raises(FileNotFoundError, match="not a corpus directory"):
        train(tmp_path, tmp_path, stage=1)


@pytest.mark.skipif(importlib.util.find_spec("bitsandbytes") is not None, reason="it is installed")
def test_four_bits_need_bitsandbytes(small: Path, base: Path, tmp_path: Path, tiny: TrainConfig) -> None:
    with pytest.raises(ImportError, match="pip install bitsandbytes"):
        train(small, tmp_path, stage=2, base=base, config=replace(tiny, adapters="qlora"))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("rank", 0, "at least 1"),
        ("adapters", "dora", "must be one of"),
        ("steps", 1.5, "integer"),
        ("infill", 2, "a fraction"),
        ("learning_rate", 0, "above 0"),
        ("hidden_size", 100, "multiple of twice the heads"),
    ],
)
def test_settings(name: str, value: float | str, says: str) -> None:
    with pytest.raises(ValueError, match=f"{name}=.*{says}"):
        TrainConfig(**{name: value})
