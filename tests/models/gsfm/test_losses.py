"""The objectives against the published formulas on dense arrays, in NumPy."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from scgsfm.models.gsfm import build_module
from scgsfm.models.gsfm.training._dataset import SetBatch
from scgsfm.models.gsfm.training._losses import bernoulli, multinomial

if TYPE_CHECKING:
    from typing import Any

    from scgsfm.models.gsfm._modules import DAE

V = 14
VISIBLE = [[2, 5, 9], [3], [4, 13]]
TARGETS = [[6, 7], [2, 5, 8, 9], [3]]


def csr(sets: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.tensor(np.cumsum([0, *map(len, sets)])), torch.tensor([gene for genes in sets for gene in genes])


def batch(visible: list[list[int]] = VISIBLE, targets: list[list[int]] = TARGETS) -> SetBatch:
    return SetBatch(*csr(visible), *csr(targets), torch.arange(V))


def multi_hot(sets: list[list[int]]) -> np.ndarray:
    out = np.zeros((len(sets), V))
    for row, genes in enumerate(sets):
        out[row, genes] = 1
    return out


def network(**options: Any) -> Any:
    torch.manual_seed(3)
    return build_module({"vocab_size": V, "d_model": 6, "depth": 2, "dropout": 0.0, **options})


def logits_of(module: DAE, visible: list[list[int]] = VISIBLE) -> np.ndarray:
    with torch.no_grad():
        return copy.deepcopy(module).eval()(*csr(visible)).double().numpy()


def cross_entropy(logits: np.ndarray, y: np.ndarray, pos_weight: Any = 1.0) -> float:
    p = 1 / (1 + np.exp(-logits))
    return -(pos_weight * y * np.log(p) + (1 - y) * np.log(1 - p)).mean()


def test_plain() -> None:
    module = network()
    expected = cross_entropy(logits_of(module), multi_hot(TARGETS))
    assert bernoulli(module, batch(), weighted_loss="none").item() == pytest.approx(expected, rel=1e-5)


def test_unseen() -> None:
    module = network()
    weight = 1 - multi_hot(VISIBLE)
    weight[:, 1] = 0
    targets = [[2, 6, 7], *TARGETS[1:]]  # a visible gene, to see that it is no positive
    expected = cross_entropy(logits_of(module), multi_hot(targets), weight)
    found = bernoulli(module, batch(targets=targets), weighted_loss="unseen").item()
    assert found == pytest.approx(expected, rel=1e-5)
    assert found != pytest.approx(cross_entropy(logits_of(module), multi_hot(targets)), rel=1e-3)


def test_balance() -> None:
    module = network(weighted_loss="balance")
    counts = np.ones(V)
    for targets in (TARGETS, [[2], [2, 3], [4, 5, 6]]):
        y = multi_hot(targets)
        counts += y.sum(0)
        counts[1] += len(y)
        expected = cross_entropy(logits_of(module), y, (counts[1] - counts) / counts)
        found = bernoulli(module, batch(targets=targets), weighted_loss="balance").item()
        assert found == pytest.approx(expected, rel=1e-5)
        np.testing.assert_array_equal(module.state_dict()["bias"].numpy(), counts)


@pytest.mark.parametrize("size_power", [0.0, 0.5, 1.0])
def test_multinomial(size_power: float) -> None:
    module = network()
    logits = logits_of(module)
    log_softmax = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    terms = [(len(genes) ** -size_power, -log_softmax[row, genes].sum()) for row, genes in enumerate(TARGETS)]
    weights = sum(weight * len(genes) for (weight, _), genes in zip(terms, TARGETS, strict=True))
    expected = sum(weight * term for weight, term in terms) / weights
    assert multinomial(module, batch(), size_power=size_power).item() == pytest.approx(expected, rel=1e-5)


def test_variational() -> None:
    """The mean over draws of the posterior, and the divergence in closed form."""
    module = network(variant="VAE", latent_dim=5)
    with torch.no_grad():
        mean, log_var = (part.double().numpy() for part in module.posterior(*csr(VISIBLE)))
    divergence = 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var).sum(1).mean()
    draws = []
    for _ in range(200):
        with torch.no_grad():
            z, extra = module.sample(*csr(VISIBLE))
        assert extra.item() == pytest.approx(divergence, rel=1e-5)
        draws.append(z.numpy())
    np.testing.assert_allclose(np.mean(draws, 0), mean, atol=0.35)
    np.testing.assert_allclose(np.std(draws, 0), np.exp(log_var / 2), rtol=0.25)
    torch.manual_seed(0)
    found = bernoulli(module, batch(), weighted_loss="none").item()
    torch.manual_seed(0)
    with torch.no_grad():
        z, _ = module.sample(*csr(VISIBLE))
        logits = module.decode(z).double().numpy()
    assert found == pytest.approx(cross_entropy(logits, multi_hot(TARGETS)) + divergence, rel=1e-5)


@pytest.mark.parametrize("variant", ["DAE", "VAE", "EDAE", "EPDAE", "mEDAE"])
def test_every_variant_has_gradients(variant: str) -> None:
    for loss in (
        lambda m: bernoulli(m, batch(), weighted_loss="none"),
        lambda m: multinomial(m, batch(), size_power=1),
    ):
        module = network(variant=variant)
        loss(module).backward()
        for name, parameter in module.named_parameters():
            if parameter.requires_grad:
                assert parameter.grad.abs().sum() > 0, name
