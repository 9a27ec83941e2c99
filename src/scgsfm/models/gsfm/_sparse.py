"""Gradients of sparse sums and a sampled softmax on CPU, by the numba kernels; any other device goes through torch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional as F

if TYPE_CHECKING:
    from torch import Tensor


class BagSum(torch.autograd.Function):
    """Weighted sums of table rows on CPU, differentiable in the table."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, indptr: Tensor, indices: Tensor, weights: Tensor) -> Tensor:
        """Sets × columns of the table."""
        from scgsfm.kernels._bag import gather_sum

        ctx.parts = indptr.numpy(), indices.numpy(), weights.numpy()
        ctx.n_rows = len(table)
        return torch.from_numpy(gather_sum(*ctx.parts, table.detach().numpy()))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:  # type: ignore[override]
        """Gradient of the table."""
        from scgsfm.kernels._bag import scatter_sum

        return torch.from_numpy(scatter_sum(*ctx.parts, grad.contiguous().numpy(), ctx.n_rows)), None, None, None


def sampled_softmax_loss(
    hidden: Tensor, weight: Tensor, bias: Tensor, indptr: Tensor, indices: Tensor, share: Tensor, negatives: Tensor
) -> Tensor:
    """Multinomial negative log likelihood with a sampled partition function.

    For set b with target genes T, hidden vector h and logits ℓ = h·weightᵀ + bias, the loss is
    ``share[b] · Σ_{g∈T} (log Z − ℓ_g)``, with Z = Σ_{g∈T} exp ℓ_g plus the sum over the sampled genes outside T,
    scaled from the number sampled to the number of genes outside T.

    Parameters
    ----------
    hidden
        Sets × width.
    weight, bias
        The last layer.
    indptr, indices
        Target genes of each set.
    share
        Weight of each set.
    negatives
        Distinct genes drawn uniformly, shared by all sets.

    Returns
    -------
    The sum over sets, a scalar.
    """
    if hidden.device.type == "cpu" and hidden.requires_grad:
        return _SampledSoftmax.apply(hidden, weight, bias, indptr, indices, share, negatives)
    rows = torch.arange(len(hidden), device=hidden.device).repeat_interleave(indptr.diff())
    positive = (hidden[rows] * F.embedding(indices, weight)).sum(1) + bias[indices]
    sampled = hidden @ F.embedding(negatives, weight).t() + bias[negatives]
    mask, scale = _outside(rows, indices, indptr.diff(), negatives, sampled.shape, len(weight))
    log_rest = torch.logsumexp(sampled.masked_fill(mask, -math.inf), 1) + scale
    top = torch.maximum(
        log_rest, torch.zeros_like(log_rest).scatter_reduce(0, rows, positive, "amax", include_self=False)
    )
    top = top.detach()
    z = torch.exp(log_rest - top).index_add(0, rows, torch.exp(positive - top[rows]))
    return (share[rows] * ((torch.log(z) + top)[rows] - positive)).sum()


def _outside(
    rows: Tensor, indices: Tensor, sizes: Tensor, negatives: Tensor, shape: tuple[int, ...], n_genes: int
) -> tuple[Tensor, Tensor]:
    """Which sampled genes are targets, and the log of the factor from sampled to all genes outside the targets."""
    column = torch.full((n_genes,), -1, device=negatives.device)
    column[negatives] = torch.arange(len(negatives), device=negatives.device)
    hit = column[indices]
    found = hit >= 0
    mask = torch.zeros(shape, dtype=torch.bool, device=negatives.device)
    mask[rows[found], hit[found]] = True
    return mask, torch.log((n_genes - sizes) / (len(negatives) - mask.sum(1)))


class _SampledSoftmax(torch.autograd.Function):
    """The loss with its gradients computed at once: no intermediate of sets × genes is kept."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor,
        indptr: Tensor,
        indices: Tensor,
        share: Tensor,
        negatives: Tensor,
    ) -> Tensor:
        from scgsfm.kernels._bag import gather_sum, pair_dot, scatter_sum

        sizes = indptr.diff()
        rows = torch.arange(len(hidden)).repeat_interleave(sizes)
        parts = indptr.numpy(), indices.numpy()
        h, w = hidden.detach().contiguous(), weight.detach()
        positive = torch.from_numpy(pair_dot(*parts, h.numpy(), w.numpy())) + bias.detach()[indices]
        table = w[negatives]
        sampled = torch.addmm(bias.detach()[negatives], h, table.t())
        mask, scale = _outside(rows, indices, sizes, negatives, sampled.shape, len(w))
        sampled.masked_fill_(mask, -math.inf).add_(scale[:, None])
        top = sampled.amax(1).scatter_reduce_(0, rows, positive, "amax")
        sampled.sub_(top[:, None]).exp_()
        raised = torch.exp(positive - top[rows])
        z = sampled.sum(1).index_add_(0, rows, raised)
        loss = (share[rows] * ((torch.log(z) + top)[rows] - positive)).sum()

        pull = share * sizes / z  # d loss / d exp(logit)
        raised = raised * pull[rows] - share[rows]
        sampled.mul_(pull[:, None])
        grad_hidden = torch.addmm(torch.from_numpy(gather_sum(*parts, raised.numpy(), w.numpy())), sampled, table)
        grad_weight = torch.from_numpy(scatter_sum(*parts, raised.numpy(), h.numpy(), len(w)))
        grad_weight[negatives] += sampled.t() @ h
        grad_bias = torch.from_numpy(np.bincount(indices.numpy(), raised.numpy(), len(w)).astype(np.float32))
        grad_bias[negatives] += sampled.sum(0)
        ctx.gradients = grad_hidden, grad_weight, grad_bias
        return loss

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        return (*(grad * g for g in ctx.gradients), None, None, None, None)
