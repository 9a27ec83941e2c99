"""Train from GMT files to a model directory, in tens of steps."""

from __future__ import annotations

import csv
import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from scgsfm import models
from scgsfm._logging import logger
from scgsfm.cli import main
from scgsfm.models.gsfm import train
from scgsfm.models.gsfm.training._lightning import GSFMTraining

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from scgsfm.models.gsfm import TrainConfig
    from scgsfm.models.gsfm.training._corpus import Corpus
    from scgsfm.models.gsfm.training._dataset import SetBatch

MODULE = [f"G{i:03}" for i in range(20, 40)]
"""Genes of one module of the sets."""


def checkpoint(out: Path, name: str = "last") -> dict[str, Any]:
    return torch.load(out / "checkpoints" / f"{name}.ckpt", weights_only=True)


def weights(out: Path) -> bytes:
    return (out / "model" / "model.safetensors").read_bytes()


def history(out: Path, column: str) -> list[float]:
    with (out / "logs" / "version_0" / "metrics.csv").open() as file:
        return [float(row[column]) for row in csv.DictReader(file) if row[column]]


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.LogCaptureFixture]:
    """The log records of the package and of Lightning."""
    monkeypatch.setattr(logger, "propagate", True)
    lightning = logging.getLogger("pytorch_lightning")
    lightning.addHandler(caplog.handler)
    yield caplog
    lightning.removeHandler(caplog.handler)


@pytest.fixture(scope="module")
def finished(gmt_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a run of the shell command, and its output."""
    out = tmp_path_factory.mktemp("run")
    shell = (
        "--d-model 16 --batch-size 64 --steps 145 --learning-rate 0.02 --warmup 5 --negatives 40 --neighbours 8 "
        "--n-validation 20 --min-count 2 --validate-every 60 --name mine --licence CC0 --visible 0.3 0.7 "
        "--hide-visible --quantize float16 --group-weights small=2 --neighbour-groups large=0.5 --recall 4"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", (out / "stderr").open("w"))
        assert main(["train", "gsfm", "--data", str(gmt_folder), "-o", str(out), *shell.split()]) == 0
    return out


def test_model_loads_and_recovers_the_modules(finished: Path) -> None:
    model = models.load(finished / "model")
    logits = model.logits([MODULE[:5]])[0]
    inside = model.tokens(MODULE[5:])
    outside = np.setdiff1d(np.arange(2, len(model.genes)), model.tokens(MODULE))
    assert np.mean(logits[inside][:, None] > logits[outside]) > 0.9
    probabilities = model.probabilities(model.logits([MODULE[:5]]))[0]
    assert probabilities[inside].mean() > 0.3 > 0.1 > probabilities[outside].mean()


def test_card(finished: Path, gmt_folder: Path) -> None:
    card = json.loads((finished / "model" / "card.json").read_text())
    assert (card["name"], card["licence"], card["steps"]) == ("mine", "CC0", 145)
    assert card["config"]["seed"] == 0
    assert card["config"]["visible"] == [0.3, 0.7]
    assert card["config"]["hide_visible"] is True
    assert card["corpus"]["n_sets"] == 300
    assert card["corpus"]["groups"] == ["large", "medium", "small"]
    assert card["trained_with"].keys() == {"scgsfm", "torch", "pytorch-lightning", "numpy"}
    assert card["val_auroc"] > 0.8
    assert card["calibration"].keys() == {"slope", "intercept"}
    assert models.load(finished / "model").metadata == card
    page = (finished / "model" / "README.md").read_text()
    assert all(
        text in page
        for text in ("# mine", "CC0", "300 gene sets", "| seed | 0 |", f"| {round(card['val_auroc'], 4)} |")
    )


def test_learning(finished: Path) -> None:
    scores = history(finished, "val_auroc")
    assert len(scores) == 3, "after 60, 120 and the last step"
    assert scores[-1] > 0.7
    assert checkpoint(finished)["global_step"] == 145


def test_weights_are_of_the_last_step(finished: Path) -> None:
    card = json.loads((finished / "model" / "card.json").read_text())
    scores = history(finished, "val_auroc")
    assert card["weights_step"] == 145
    assert card["val_auroc_network"] == pytest.approx(scores[-1], abs=1e-6)
    assert checkpoint(finished, "best")["global_step"] == (60, 120, 145)[int(np.argmax(scores))]


def test_loss_falls(gmt_folder: Path, tmp_path: Path, tiny: TrainConfig, told: pytest.LogCaptureFixture) -> None:
    train(gmt_folder, tmp_path, config=tiny, min_count=2, validate_every=10)
    lines = [line for line in told.messages if line.startswith("step")]
    assert [line.split(":")[0] for line in lines] == [f"step {n} of 40" for n in (10, 20, 30, 40)]
    losses = [float(line.split("loss ")[1].split(",")[0]) for line in lines]
    assert losses[-1] < losses[0] - 0.1
    assert losses[0] < np.log(122) + 0.1
    assert all(line.endswith(" examples/s") for line in lines)


def test_nothing_else_is_logged(
    gmt_folder: Path,
    tmp_path: Path,
    tiny: TrainConfig,
    told: pytest.LogCaptureFixture,
    recwarn: pytest.WarningsRecorder,
) -> None:
    before = torch.get_rng_state()
    train(gmt_folder, tmp_path, config=replace(tiny, steps=2), min_count=2)
    train(gmt_folder, tmp_path, config=replace(tiny, steps=2), min_count=2, resume=False)
    assert {record.name for record in told.records} == {"scgsfm"}
    assert [str(warning.message) for warning in recwarn if "lightning" in str(warning.filename)] == []
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    "settings",
    [
        {"dropout": 0.3, "neighbours": 4},
        {"objective": "bernoulli", "weighted_loss": "balance", "dropout": 0.1},
        {"variant": "VAE", "input_norm": "none"},
    ],
    ids=["multinomial", "balance", "variational"],
)
def test_resume_is_exact(
    gmt_folder: Path,
    tmp_path: Path,
    tiny: TrainConfig,
    settings: dict[str, float | str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = replace(tiny, steps=9, **settings)
    run = {"config": config, "min_count": 2, "validate_every": 4}
    train(gmt_folder, tmp_path / "whole", **run)
    step = GSFMTraining.training_step

    def failing(self: GSFMTraining, batch: SetBatch, batch_idx: int) -> torch.Tensor:
        if self.global_step == 6:
            raise ConnectionError
        return step(self, batch, batch_idx)

    with monkeypatch.context() as patch:
        patch.setattr(GSFMTraining, "training_step", failing)
        with pytest.raises(ConnectionError):
            train(gmt_folder, tmp_path / "broken", **run)
    assert checkpoint(tmp_path / "broken")["global_step"] == 4
    train(gmt_folder, tmp_path / "broken", **run)
    whole, resumed = checkpoint(tmp_path / "whole"), checkpoint(tmp_path / "broken")
    assert whole["global_step"] == resumed["global_step"] == 9
    assert all(torch.equal(whole["state_dict"][key], value) for key, value in resumed["state_dict"].items())
    states = [c["optimizer_states"][0]["state"] for c in (whole, resumed)]
    for number, state in states[0].items():
        assert all(torch.equal(value, states[1][number][key]) for key, value in state.items())
    assert whole["lr_schedulers"] == resumed["lr_schedulers"]
    assert weights(tmp_path / "whole") == weights(tmp_path / "broken")


def test_resume_refuses_other_settings(gmt_folder: Path, tmp_path: Path, tiny: TrainConfig) -> None:
    config = replace(tiny, steps=4)
    run = {"min_count": 2, "validate_every": 2}
    train(gmt_folder, tmp_path, config=config, **run)
    with pytest.raises(ValueError, match=r"another run: learning_rate was 0\.02 and is 0\.5\. .* resume=False"):
        train(gmt_folder, tmp_path, config=replace(config, learning_rate=0.5), **run)
    train(gmt_folder, tmp_path, config=replace(config, steps=6), **run)
    assert checkpoint(tmp_path)["global_step"] == 6
    train(gmt_folder, tmp_path, config=replace(config, seed=1), resume=False, **run)
    assert checkpoint(tmp_path)["global_step"] == 4


def test_early_stopping(gmt_folder: Path, tmp_path: Path, tiny: TrainConfig, told: pytest.LogCaptureFixture) -> None:
    config = replace(tiny, learning_rate=1e-12)
    folder = train(gmt_folder, tmp_path, config=config, min_count=2, validate_every=2, patience=2)
    card = json.loads((folder / "card.json").read_text())
    assert (card["steps"], card["weights_step"]) == (6, 2)
    assert "Stopped at step 6: no better score in 2 validations." in told.messages


def test_overflow_raises(gmt_folder: Path, tmp_path: Path, tiny: TrainConfig) -> None:
    config = replace(tiny, learning_rate=1e38, warmup=0, steps=4)
    with pytest.raises(ValueError, match=r"learning_rate=1e\+38: the weights overflowed by step 4"):
        train(gmt_folder, tmp_path, config=config, min_count=2)


def test_corpus_directory_is_used_as_is(corpus: Corpus, gmt_folder: Path, tmp_path: Path, tiny: TrainConfig) -> None:
    folder = train(gmt_folder, tmp_path / "a", config=replace(tiny, steps=2), min_count=2)
    again = train(tmp_path / "a" / "corpus", tmp_path / "b", config=replace(tiny, steps=2))
    assert weights(folder.parent) == weights(again.parent)
    assert not (tmp_path / "b" / "corpus").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"validate_every": 0}, "validate_every=0 must be"),
        ({"patience": 1.5}, "patience=1.5 must be"),
        ({"devices": 0}, "devices=0 must be"),
        ({"quantize": "int4"}, "quantize='int4' must be"),
        pytest.param(
            {"accelerator": "gpu", "devices": 2},
            "accelerator='gpu', devices=2",
            marks=pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="has one"),
        ),
        ({"accelerator": "abacus"}, "accelerator='abacus'"),
    ],
)
def test_bad_arguments(
    corpus: Corpus, gmt_folder: Path, tmp_path: Path, tiny: TrainConfig, arguments: dict[str, float | str], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        train(gmt_folder, tmp_path, config=tiny, min_count=2, **arguments)


def test_command_line_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "gsfm", "--data", str(tmp_path / "absent"), "-o", str(tmp_path)]) == 2
    assert "absent does not exist" in capsys.readouterr().err
    assert main(["train", "gsfm", "--data", str(tmp_path), "-o", str(tmp_path), "--depth", "0"]) == 2
    assert "depth=0 must be at least 1" in capsys.readouterr().err
