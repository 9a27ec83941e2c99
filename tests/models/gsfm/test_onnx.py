"""The dense graphs that are exported, in torch for all variants and in onnxruntime for the full model."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

import scgsfm
from scgsfm.models.gsfm import GSFM, build_module
from scgsfm.models.gsfm._onnx import _Decoder, _Encoder, _Model

if TYPE_CHECKING:
    from pathlib import Path

N = 200
VOCAB = ["<unk>", "<pad>", *(f"G{i}" for i in range(N))]
FULL: dict[str, Any] = {
    "variant": "DAE",
    "input_norm": "l2",
    "neighbours": 40,
    "neighbour_coherence": 4.0,
    "recall": 20,
}
CONFIGS = [
    {"variant": "DAE"},
    {"variant": "DAE", "depth": 3, "recall": 5},
    {"variant": "DAE", "width": 12, "blocks": 1},
    {"variant": "VAE"},
    {"variant": "EDAE"},
    {"variant": "EPDAE"},
    {"variant": "mEDAE"},
    FULL,
]


def made(config: dict[str, Any]) -> GSFM:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = build_module({"vocab_size": N + 2, "d_model": 8, **config})
        if config is FULL:
            # genes of a block of 50 are neighbors; one gene is a neighbor of all, so that rows differ in length
            block = torch.arange(2, N + 2)[:, None] // 50 * 50
            module.neighbours.indices[2:] = (block + torch.randint(50, (N, 40))).clamp(2, N + 1).int()
            module.neighbours.indices[2:, 0] = 7
            module.neighbours.cosines[2:] = torch.rand(N, 40)
    by_size = {"slope": 0.3, "log_size": 2.0, "slope_log_size": 0.1, "entropy": -0.5, "intercept": -2.5}
    card = {"calibration": {"slope": 1.2, "intercept": -1.0, "by_size": by_size}} if config is FULL else {}
    return GSFM(module, VOCAB, metadata=card)


def rows() -> np.ndarray:
    """Sets of 1 to 60 genes, one of a block, one with weights, one with <unk> and <pad>, and an empty set."""
    rng = np.random.default_rng(0)
    x = np.zeros((8, N + 2), np.float32)
    for row, size in enumerate((1, 5, 60)):
        x[row, rng.choice(np.arange(2, N + 2), size, replace=False)] = 1
    x[3, 60:90] = 1
    x[4, 100:120] = rng.uniform(0.1, 3, 20)
    x[5, [0, 1, 30, 31]] = 1
    x[6, 2:] = 1  # all genes, so that none can be recalled
    return x


def known(x: np.ndarray) -> np.ndarray:
    """Numbers of genes in the vocabulary."""
    return (x[:, 2:] > 0).sum(axis=1)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: "-".join(map(str, config.values())))
def test_dense_graphs(config: dict[str, Any]) -> None:
    model, x = made(config), rows()
    sets = csr_array(x)
    with torch.inference_mode():
        latent = _Encoder(model.module)(torch.from_numpy(x))
        logits, probabilities = _Model(model.module, model.log_odds)(torch.from_numpy(x))
        decoded = _Decoder(model.module)(latent)
    np.testing.assert_allclose(latent, model.encode(sets), atol=1e-5)
    np.testing.assert_allclose(decoded, model.decode(latent.numpy()), atol=1e-5)
    np.testing.assert_allclose(logits, model.logits(sets), atol=1e-4)
    np.testing.assert_allclose(probabilities, model.probabilities(model.logits(sets), known(x)), atol=1e-5)


@pytest.mark.slow
def test_export(tmp_path: Path) -> None:
    for package in ("onnx", "onnxscript"):
        pytest.importorskip(package)
    runtime = pytest.importorskip("onnxruntime")
    model, x = made(FULL), rows()
    folder = model.to_onnx(tmp_path / "onnx")
    assert sorted(file.name for file in folder.iterdir()) == ["decoder.onnx", "encoder.onnx", "model.onnx", "vocab.txt"]
    assert (folder / "vocab.txt").read_text().split() == VOCAB
    sets = csr_array(x)

    def run(name: str, **inputs: np.ndarray) -> list[np.ndarray]:
        return runtime.InferenceSession(folder / name, providers=["CPUExecutionProvider"]).run(None, inputs)

    (latent,) = run("encoder.onnx", sets=x)
    np.testing.assert_allclose(latent, model.encode(sets), atol=1e-4)
    np.testing.assert_allclose(run("decoder.onnx", latent=latent)[0], model.decode(latent), atol=1e-4)
    logits, probabilities = run("model.onnx", sets=x[:3])  # another number of rows
    np.testing.assert_allclose(logits, model.logits(sets[:3]), atol=1e-4)
    np.testing.assert_allclose(probabilities, model.probabilities(model.logits(sets[:3]), known(x[:3])), atol=1e-4)


def test_encoder_of_the_embedded_model_on_real_sets() -> None:
    model = scgsfm.models.load("gsfm-base")
    hallmark = scgsfm.datasets.library("hallmark")
    x = hallmark.membership(model.genes).toarray().astype(np.float32)
    with torch.inference_mode():
        latent = _Encoder(model.module)(torch.from_numpy(x))
    np.testing.assert_allclose(latent, model.encode(csr_array(x)), atol=1e-5)


def test_missing_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"scgsfm\[onnx\]"):
        made({"variant": "DAE"}).to_onnx(tmp_path)
