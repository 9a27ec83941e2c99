"""A second look: a set is read again together with the genes that it brought to mind."""

from __future__ import annotations

import torch
from torch import Tensor

from scgsfm._vocabulary import N_SPECIALS

from ._neighbours import entries


def with_recalled(
    logits: Tensor, indptr: Tensor, indices: Tensor, weights: Tensor | None, *, k: int, weight: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Sets with the ``k`` genes of highest logits added to each.

    The added genes of a set together weigh ``weight`` (one number a set) times as much as its own, each in proportion to
    exp(ℓ / sd(ℓ)).

    Parameters
    ----------
    logits
        Sets × V.
    indptr, indices, weights
        The sets.
    k, weight
        As above.

    Returns
    -------
    ``indptr``, ``indices`` and ``weights`` of the sets with what was added.
    """
    rows, w, total = entries(indptr, indices, weights)
    open_to = logits.clone()
    open_to[:, :N_SPECIALS] = -torch.inf
    open_to[rows, indices] = -torch.inf
    level, added = open_to.topk(min(k, logits.shape[1]), dim=1)
    spread = logits.std(dim=1, keepdim=True).clamp_min(1e-12)
    share = torch.softmax(level / spread, dim=1).nan_to_num(0)  # no number where a set already holds every gene

    n_added = added.shape[1]
    shift = n_added * torch.arange(len(indptr), device=indptr.device)
    own = torch.arange(len(indices), device=indices.device) + shift[rows]
    new = (indptr[1:] + shift[:-1])[:, None] + torch.arange(n_added, device=indptr.device)
    out_indices = torch.empty(len(indices) + added.numel(), dtype=indices.dtype, device=indices.device)
    out_weights = torch.empty(len(out_indices), dtype=w.dtype, device=w.device)
    out_indices[own], out_weights[own] = indices, w
    out_indices[new], out_weights[new] = added.to(indices.dtype), (weight * total)[:, None] * share
    return indptr + shift, out_indices, out_weights
