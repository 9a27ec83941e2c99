"""Training losses."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from scgsfm._vocabulary import PAD
from scgsfm.models.gsfm._sparse_ops import sampled_softmax_loss

if TYPE_CHECKING:
    from torch import Tensor

    from scgsfm.models.gsfm._modules import DAE, SetAutoencoder

    from ._dataset import SetBatch


def multinomial(network: SetAutoencoder, batch: SetBatch, *, size_power: float) -> Tensor:
    r"""Negative log likelihood of the target genes under a sampled softmax over all genes.

    The mean over target genes, each with the weight :math:`n^{-p}` for a set of n targets, p being ``size_power``.
    """
    z, extra = network.sample(batch.indptr, batch.indices)
    sizes = batch.target_indptr.diff().float()
    share = sizes.clamp_min(1) ** -size_power
    share = share / (share * sizes).sum()
    last, targets = network.last, (batch.target_indptr, batch.target_indices)
    return sampled_softmax_loss(network.hidden(z), last.weight, last.bias, *targets, share, batch.negatives) + extra


def bernoulli(network: SetAutoencoder, batch: SetBatch, *, weighted_loss: str) -> Tensor:
    """Binary cross entropy of all genes, as published; ``weighted_loss`` sets the weights of the positive genes."""
    z, extra = network.sample(batch.indptr, batch.indices)
    logits = network.decode(z)
    y = _multi_hot(batch.target_indptr, batch.target_indices, logits)
    weight = None
    if weighted_loss == "unseen":
        weight = 1 - _multi_hot(batch.indptr, batch.indices, logits)
        weight[:, PAD] = 0
    elif weighted_loss == "balance":
        weight = _rarity(cast("DAE", network).bias, y)
    return binary_cross_entropy_with_logits(logits, y, pos_weight=weight) + extra


def _rarity(count: Tensor, y: Tensor) -> Tensor:
    """Number of sets without each gene per set with it, after adding ``y`` to the counts; ``<pad>`` counts the sets."""
    new = y.sum(0)
    new[PAD] = len(y)
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.all_reduce(new)
    count += new
    return (count[PAD] - count) / count


def _multi_hot(indptr: Tensor, indices: Tensor, logits: Tensor) -> Tensor:
    """The sets as a dense matrix of the shape of ``logits``."""
    rows = torch.arange(len(indptr) - 1, device=logits.device).repeat_interleave(indptr.diff())
    out = torch.zeros_like(logits)
    out[rows, indices] = 1
    out[:, PAD] = 0
    return out
