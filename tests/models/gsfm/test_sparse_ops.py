"""Values and gradients against plain formulas in double precision, differentiated by torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from scgsfm.models.gsfm._sparse_ops import BagSum, sampled_softmax_by_torch, sampled_softmax_loss

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

V, WIDTH = 30, 5
TARGETS = [[2, 7, 11], [5], list(range(2, 28)), [29, 4]]


def normal(*shape: Any) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32))


def csr(sets: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    indptr = np.cumsum([0, *map(len, sets)])
    return torch.from_numpy(indptr), torch.tensor([gene for genes in sets for gene in genes])


def leaves(*tensors: Any, dtype: Any = torch.float32) -> list[torch.Tensor]:
    return [tensor.detach().to(dtype).clone().requires_grad_() for tensor in tensors]


def test_bag_sum() -> None:
    sets = [[3, 1, 3], [], [0, 5]]
    weights = torch.tensor([0.5, 2.0, 1.0, 1.0, -3.0])
    indptr, indices = csr(sets)
    (table,), (exact,) = leaves(normal(6, 4)), leaves(normal(6, 4), dtype=torch.float64)
    multi_hot = torch.zeros(3, 6, dtype=torch.float64)
    for row, gene, weight in zip([0, 0, 0, 2, 2], indices, weights, strict=True):
        multi_hot[row, gene] += weight
    found, expected = BagSum.apply(table, indptr, indices, weights), multi_hot @ exact
    torch.testing.assert_close(found.double(), expected, rtol=1e-6, atol=1e-6)
    pull = normal(3, 4)
    found.backward(pull.t().contiguous().t())  # any strides
    expected.backward(pull.double())
    torch.testing.assert_close(table.grad.double(), exact.grad, rtol=1e-6, atol=1e-6)


def plain_loss(
    hidden: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, share: torch.Tensor, negatives: torch.Tensor
) -> torch.Tensor:
    logits = hidden @ weight.T + bias
    total = torch.tensor(0.0)
    for row, targets in enumerate(TARGETS):
        outside = [gene for gene in negatives.tolist() if gene not in targets]
        rest = torch.exp(logits[row, outside]).sum() * (V - len(targets)) / max(len(outside), 1)
        log_z = torch.log(torch.exp(logits[row, targets]).sum() + rest)
        total = total + share[row] * (log_z - logits[row, targets]).sum()
    return total


@pytest.mark.parametrize("function", [sampled_softmax_loss, sampled_softmax_by_torch], ids=["cpu", "any device"])
@pytest.mark.parametrize(
    "negatives", [[9, 3, 7, 28, 0, 16], list(range(V)), [5, 6]], ids=["some", "all", "all of them targets of a set"]
)
def test_sampled_softmax(function: Callable[..., Any], negatives: Any) -> None:
    negatives, share = torch.tensor(negatives), torch.tensor([0.3, 1.0, 0.01, 0.2])
    parts = normal(len(TARGETS), WIDTH), normal(V, WIDTH), normal(V)
    single, exact = leaves(*parts), leaves(*parts, dtype=torch.float64)
    found = function(*single, *csr(TARGETS), share, negatives)
    expected = plain_loss(*exact, share, negatives)
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)
    (2 * found).backward()
    (2 * expected).backward()
    for ours, theirs in zip(single, exact, strict=True):
        torch.testing.assert_close(ours.grad.double(), theirs.grad, rtol=1e-4, atol=1e-5)


def test_all_negatives_give_the_full_softmax() -> None:
    hidden, weight, bias = normal(len(TARGETS), WIDTH), normal(V, WIDTH), normal(V)
    share = torch.ones(len(TARGETS))
    found = sampled_softmax_loss(hidden, weight, bias, *csr(TARGETS), share, torch.randperm(V))
    log_softmax = torch.log_softmax((hidden @ weight.T + bias).double(), dim=1)
    expected = -sum(log_softmax[row, targets].sum() for row, targets in enumerate(TARGETS))
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)


def test_large_logits_do_not_overflow() -> None:
    hidden, weight, bias = leaves(200 * normal(len(TARGETS), WIDTH), normal(V, WIDTH), normal(V))
    share = torch.ones(len(TARGETS))
    loss = sampled_softmax_loss(hidden, weight, bias, *csr(TARGETS), share, torch.arange(10))
    loss.backward()
    assert torch.isfinite(loss)
    assert all(torch.isfinite(leaf.grad).all() for leaf in (hidden, weight, bias))
