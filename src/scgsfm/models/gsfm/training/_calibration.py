"""From a trained network to a model: neighbors, calibration and held-out metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from scgsfm._vocabulary import SPECIALS
from scgsfm.models.gsfm._gsfm import GSFM
from scgsfm.models.gsfm._modules import build_module
from scgsfm.models.gsfm._neighbor_residual import neighbor_table

from ._validation import median_auroc

if TYPE_CHECKING:
    import numpy as np

    from scgsfm.models.gsfm._modules import SetAutoencoder

    from ._config import TrainConfig
    from ._corpus import Corpus
    from ._validation import HeldOut


def finish(
    network: SetAutoencoder, corpus: Corpus, train: np.ndarray, held_out: HeldOut, config: TrainConfig
) -> tuple[SetAutoencoder, dict[str, Any]]:
    """The finished module, and the metrics and calibration on the held-out sets for its card."""
    measured: dict[str, Any] = {"n_validation": held_out.seen.shape[0]}
    tensors = dict(network.state_dict())
    if config.neighbours or config.recall:
        measured["val_auroc_network"] = median_auroc(GSFM(network, corpus.genes), held_out)
    if config.neighbours:
        neighbors, cosines = neighbor_table(corpus, train, config.neighbours, group_weights=config.neighbour_groups)
        tensors |= {"neighbours.indices": neighbors, "neighbours.cosines": cosines}
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
    from sklearn.linear_model import LogisticRegression

    seen, hidden = held_out.seen[:n_sets].toarray() > 0, held_out.hidden[:n_sets].toarray() > 0
    seen[:, : len(SPECIALS)] = True
    level = torch.log_softmax(torch.from_numpy(model.logits(held_out.seen[:n_sets])), 1).double().numpy()
    x, member = level[~seen], hidden[~seen]
    mean, spread = x.mean(), x.std()
    # the ridge bounds the slope if members and other genes do not overlap
    fit = LogisticRegression(C=1e3, solver="newton-cholesky").fit(((x - mean) / spread)[:, None], member)
    slope = float(fit.coef_[0, 0] / spread)
    return {"slope": slope, "intercept": float(fit.intercept_[0] - slope * mean)}
