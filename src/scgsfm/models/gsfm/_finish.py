"""From a trained network to a model: neighbours beside it, a calibration, and what it scores on held-out sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ._gsfm import GSFM
from ._modules import SPECIALS, build_module
from ._neighbours import neighbour_table
from ._score import auroc

if TYPE_CHECKING:
    from ._config import TrainConfig
    from ._corpus import Corpus
    from ._modules import SetAutoencoder


def finish(
    network: SetAutoencoder,
    corpus: Corpus,
    train: np.ndarray,
    held_out: tuple[list[np.ndarray], list[np.ndarray]],
    config: TrainConfig,
) -> tuple[SetAutoencoder, dict[str, Any]]:
    """The finished module, and the part of its card that is measured on the held-out sets."""
    module = build_module(config.model(len(corpus.genes)))
    module.load_state_dict(network.state_dict(), strict=False)
    measured: dict[str, Any] = {"val_auroc_network": validate(GSFM(network, corpus.genes), held_out)}
    if config.neighbours:
        found, cosines = neighbour_table(corpus, train, config.neighbours)
        module.neighbours.indices.copy_(found)
        module.neighbours.cosines.copy_(cosines)
    model = GSFM(module, corpus.genes)
    measured["val_auroc"] = validate(model, held_out)
    if config.objective == "multinomial":
        measured["calibration"] = calibrate(model, held_out)
    return module, measured


def validate(model: GSFM, held_out: tuple[list[np.ndarray], list[np.ndarray]]) -> float:
    """Median AUROC of the hidden halves of held-out sets, ranked among the whole vocabulary."""
    seen, hidden = held_out
    scores = []
    for start in range(0, len(seen), 256):
        rows = slice(start, start + 256)
        logits = model.logits([[model.genes[t] for t in tokens] for tokens in seen[rows]])
        scores += [auroc(*row) for row in zip(logits, seen[rows], hidden[rows], strict=True)]
    return float(np.median(scores))


def calibrate(model: GSFM, held_out: tuple[list[np.ndarray], list[np.ndarray]], n_sets: int = 300) -> dict[str, float]:
    """Slope and intercept that turn the log-softmax of a half set into the log odds that a gene is in the other half.

    A logistic regression over all unseen genes of the first ``n_sets`` held-out sets, by Newton's method.
    """
    seen, hidden = (half[:n_sets] for half in held_out)
    x, y = [], []
    for tokens, rest in zip(seen, hidden, strict=True):
        logits = torch.from_numpy(model.logits([[model.genes[t] for t in tokens]]))
        unseen = np.ones(len(model.genes), bool)
        unseen[: len(SPECIALS)] = unseen[tokens] = False
        member = np.zeros(len(model.genes), bool)
        member[rest] = True
        x.append(torch.log_softmax(logits, 1).numpy()[0, unseen].astype(np.float64))
        y.append(member[unseen])
    features, member = np.concatenate(x), np.concatenate(y)
    rate = member.mean()
    slope, intercept = 1.0, float(np.log(rate / (1 - rate)) - features.mean())
    for _ in range(50):
        p = 1 / (1 + np.exp(-(slope * features + intercept)))
        w, residual = p * (1 - p), member - p
        gradient = np.array([features @ residual, residual.sum()])
        cross = w @ features
        step = np.linalg.solve([[w @ features**2, cross], [cross, w.sum()]], gradient)
        slope, intercept = slope + step[0], intercept + step[1]
        if np.abs(step).max() < 1e-6:
            break
    return {"slope": float(slope), "intercept": float(intercept)}
