"""From a trained network to a model: neighbours beside it, a calibration, and what it scores on held-out sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from scipy import optimize, special

from scgsfm._vocabulary import SPECIALS
from scgsfm.models.gsfm._gsfm import GSFM
from scgsfm.models.gsfm._modules import build_module
from scgsfm.models.gsfm._neighbours import neighbour_table

from ._validation import median_auroc

if TYPE_CHECKING:
    from scgsfm.models.gsfm._modules import SetAutoencoder

    from ._config import TrainConfig
    from ._corpus import Corpus
    from ._validation import HeldOut


def finish(
    network: SetAutoencoder, corpus: Corpus, train: np.ndarray, held_out: HeldOut, config: TrainConfig
) -> tuple[SetAutoencoder, dict[str, Any]]:
    """The finished module, and the part of its card that is measured on the held-out sets."""
    measured: dict[str, Any] = {"n_validation": held_out.seen.shape[0]}
    tensors = dict(network.state_dict())
    if config.neighbours or config.recall:
        measured["val_auroc_network"] = median_auroc(GSFM(network, corpus.genes), held_out)
    if config.neighbours:
        found, cosines = neighbour_table(corpus, train, config.neighbours, group_weights=config.neighbour_groups)
        tensors |= {"neighbours.indices": found, "neighbours.cosines": cosines}
    module = build_module(config.model(len(corpus.genes)))
    module.load_state_dict(tensors)
    model = GSFM(module, corpus.genes)
    measured["val_auroc"] = median_auroc(model, held_out)
    if config.objective == "multinomial":
        measured["calibration"] = calibrate(model, held_out)
    return module, measured


def calibrate(model: GSFM, held_out: HeldOut, *, n_sets: int = 300) -> dict[str, float]:
    """Slope and intercept that turn the log-softmax of a half set into the log odds that a gene is in the other half.

    A logistic regression over all unseen genes of the first ``n_sets`` held-out sets.
    """
    seen, hidden = held_out.seen[:n_sets].toarray() > 0, held_out.hidden[:n_sets].toarray() > 0
    seen[:, : len(SPECIALS)] = True
    level = torch.log_softmax(torch.from_numpy(model.logits(held_out.seen[:n_sets])), 1).numpy()
    x, member = level[~seen].astype(np.float64), hidden[~seen]
    mean, spread = x.mean(), x.std()
    features = np.stack([(x - mean) / spread, np.ones_like(x)])
    ridge = 1e-3  # bounds the slope where members and others don't overlap

    def loss(beta: np.ndarray) -> float:
        odds = beta @ features
        return np.logaddexp(0, odds).sum() - odds[member].sum() + ridge / 2 * beta @ beta

    def gradient(beta: np.ndarray) -> np.ndarray:
        return features @ (special.expit(beta @ features) - member) + ridge * beta

    def curvature(beta: np.ndarray) -> np.ndarray:
        p = special.expit(beta @ features)
        return (features * (p * (1 - p))) @ features.T + ridge * np.eye(2)

    start = np.array([1.0, special.logit(member.mean())])
    slope, intercept = optimize.minimize(loss, start, method="trust-exact", jac=gradient, hess=curvature).x
    return {"slope": float(slope / spread), "intercept": float(intercept - slope * mean / spread)}
