"""What training minimises."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch.nn import functional as F

from scgsfm._vocabulary import PAD
from scgsfm.models.gsfm._sparse_ops import sampled_softmax_loss

if TYPE_CHECKING:
    from torch import Tensor

    from scgsfm.models.gsfm._modules import DAE, SetAutoencoder

    from ._dataset import Batch


def multinomial(network: SetAutoencoder, batch: Batch, *, size_power: float) -> Tensor:
    """Negative log likelihood of the target genes, by a softmax over all genes of which some are sampled.

    The mean over target genes, each weighted by the number n of targets of its set as n to the power ``-size_power``.
    """
    z, extra = network.sample(batch.indptr, batch.indices)
    sizes = batch.target_indptr.diff().float()
    share = sizes.clamp_min(1) ** -size_power
    share = share / (share * sizes).sum()
    last, targets = network.last, (batch.target_indptr, batch.target_indices)
    return sampled_softmax_loss(network.hidden(z), last.weight, last.bias, *targets, share, batch.negatives) + extra


def bernoulli(network: SetAutoencoder, batch: Batch, *, weighted_loss: str) -> Tensor:
    """Binary cross entropy of all genes, as published; ``weighted_loss`` tells the weights of the positive genes."""
    z, extra = network.sample(batch.indptr, batch.indices)
    logits = network.decode(z)
    y = _multi_hot(batch.target_indptr, batch.target_indices, logits)
    weight = None
    if weighted_loss == "unseen":
        weight = 1 - _multi_hot(batch.indptr, batch.indices, logits)
        weight[:, PAD] = 0
    elif weighted_loss == "balance":
        weight = _rarity(cast("DAE", network).bias, y)
    return F.binary_cross_entropy_with_logits(logits, y, pos_weight=weight) + extra


def _rarity(count: Tensor, y: Tensor) -> Tensor:
    """Sets without each gene per set with it, after ``y`` is added to the running counts; ``<pad>`` counts the sets."""
    new = y.sum(0)
    new[PAD] = len(y)
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.all_reduce(new)
    count += new
    return (count[PAD] - count) / count


def _multi_hot(indptr: Tensor, indices: Tensor, like: Tensor) -> Tensor:
    rows = torch.arange(len(indptr) - 1, device=like.device).repeat_interleave(indptr.diff())
    out = torch.zeros_like(like)
    out[rows, indices] = 1
    out[:, PAD] = 0
    return out
