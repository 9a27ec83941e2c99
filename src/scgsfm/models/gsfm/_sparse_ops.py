"""Gradients of sparse sums and a sampled softmax: numba kernels on the CPU, torch on other devices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn.functional import embedding

if TYPE_CHECKING:
    from torch import Tensor


class BagSum(torch.autograd.Function):
    """Weighted sums of table rows on the CPU, differentiable in the table but not in the weights."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, indptr: Tensor, indices: Tensor, weights: Tensor) -> Tensor:
        """Sets × columns of the table."""
        from scgsfm.kernels import gather_sum

        ctx.save_for_backward(indptr, indices, weights)
        ctx.n_rows = len(table)
        return torch.from_numpy(gather_sum(*_arrays(indptr, indices, weights, table)))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        """Gradient of the table."""
        from scgsfm.kernels import scatter_sum

        indptr, indices, weights, rows = _arrays(*ctx.saved_tensors, grad)
        return torch.from_numpy(scatter_sum(indptr, indices, weights, rows, ctx.n_rows)), None, None, None


def sampled_softmax_loss(
    hidden: Tensor, weight: Tensor, bias: Tensor, indptr: Tensor, indices: Tensor, share: Tensor, negatives: Tensor
) -> Tensor:
    r"""Multinomial negative log likelihood with a sampled partition function.

    For set b with target genes T, hidden vector h and logits :math:`\ell = W h + \beta`, the loss is

    .. math:: a_b \sum_{g \in T} (\log Z - \ell_g), \qquad
        Z = \sum_{g \in T} e^{\ell_g} + \frac{V - |T|}{|S \setminus T|} \sum_{g \in S \setminus T} e^{\ell_g},

    with the sampled genes S and the weight :math:`a_b` of the set.

    Parameters
    ----------
    hidden
        Sets × width.
    weight, bias
        The last layer.
    indptr, indices
        Target genes of each set.
    share
        The weight :math:`a_b` of each set.
    negatives
        The sampled genes S: distinct, drawn uniformly, the same for all sets.

    Returns
    -------
    The sum over sets, a scalar.
    """
    function = _SampledSoftmax.apply if hidden.device.type == "cpu" else sampled_softmax_by_torch
    return function(hidden, weight, bias, indptr, indices, share, negatives)


def sampled_softmax_by_torch(
    hidden: Tensor, weight: Tensor, bias: Tensor, indptr: Tensor, indices: Tensor, share: Tensor, negatives: Tensor
) -> Tensor:
    """:func:`sampled_softmax_loss` on any device, with the gradients of torch."""
    rows = torch.arange(len(hidden), device=hidden.device).repeat_interleave(indptr.diff())
    positive = (hidden[rows] * embedding(indices, weight)).sum(1) + bias[indices]
    sampled = hidden @ embedding(negatives, weight).t() + bias[negatives]
    mask, log_scale = _outside(rows, indices, indptr.diff(), negatives, len(weight))
    sampled = sampled.masked_fill(mask, -math.inf) + log_scale[:, None]
    top = sampled.detach().amax(1).scatter_reduce(0, rows, positive.detach(), "amax")
    raised = torch.exp(positive - top[rows])
    z = torch.exp(sampled - top[:, None]).sum(1).index_add(0, rows, raised)
    return (share[rows] * ((torch.log(z) + top)[rows] - positive)).sum()


def _outside(rows: Tensor, indices: Tensor, sizes: Tensor, negatives: Tensor, n_genes: int) -> tuple[Tensor, Tensor]:
    """A mask of sampled genes that are targets, and the log of the factor (V − |T|) / |S ∖ T|."""
    column = torch.full((n_genes,), -1, device=negatives.device)
    column[negatives] = torch.arange(len(negatives), device=negatives.device)
    hit = column[indices]
    sampled = hit >= 0
    mask = torch.zeros((len(sizes), len(negatives)), dtype=torch.bool, device=negatives.device)
    mask[rows[sampled], hit[sampled]] = True
    n_sampled = (len(negatives) - mask.sum(1)).clamp_min(1)  # 0 if all are targets; then there is nothing to scale
    return mask, torch.log((n_genes - sizes) / n_sampled)


def _arrays(*tensors: Tensor) -> tuple[np.ndarray, ...]:
    return tuple(tensor.detach().contiguous().numpy() for tensor in tensors)


class _SampledSoftmax(torch.autograd.Function):
    """The loss, with gradients computed in the forward pass: no intermediate of sets × genes is stored."""

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
        """The loss."""
        from scgsfm.kernels import gather_sum, pair_dot, scatter_sum

        sizes = indptr.diff()
        rows = torch.arange(len(hidden)).repeat_interleave(sizes)
        h, w, b = hidden.detach(), weight.detach(), bias.detach()
        starts, genes, left, right = _arrays(indptr, indices, h, w)
        positive = torch.from_numpy(pair_dot(starts, genes, left, right)) + b[indices]
        table = w[negatives]
        sampled = torch.addmm(b[negatives], h, table.t())
        mask, log_scale = _outside(rows, indices, sizes, negatives, len(w))
        sampled.masked_fill_(mask, -math.inf).add_(log_scale[:, None])
        top = sampled.amax(1).scatter_reduce_(0, rows, positive, "amax")
        sampled.sub_(top[:, None]).exp_()
        raised = torch.exp(positive - top[rows])
        z = sampled.sum(1).index_add_(0, rows, raised)
        loss = (share[rows] * ((torch.log(z) + top)[rows] - positive)).sum()

        pull = share * sizes / z  # d loss / d exp(logit)
        raised = raised * pull[rows] - share[rows]
        sampled.mul_(pull[:, None])
        slope = raised.numpy()
        grad_hidden = torch.addmm(torch.from_numpy(gather_sum(starts, genes, slope, right)), sampled, table)
        grad_weight = torch.from_numpy(scatter_sum(starts, genes, slope, left, len(w)))
        grad_weight[negatives] += sampled.t() @ h
        grad_bias = torch.from_numpy(np.bincount(genes, slope, len(w))).to(b.dtype)
        grad_bias[negatives] += sampled.sum(0)
        ctx.gradients = grad_hidden, grad_weight, grad_bias
        return loss

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """The gradients from the forward pass."""
        return (*(grad * g for g in ctx.gradients), None, None, None, None)
