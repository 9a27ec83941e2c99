"""Second pass: a set is read again together with its top-ranked genes."""

from __future__ import annotations

import torch
from torch import Tensor

from scgsfm._vocabulary import N_SPECIALS

from ._neighbor_residual import entries


def add_top_genes(
    logits: Tensor, indptr: Tensor, indices: Tensor, weights: Tensor | None, *, k: int, weight: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    r"""Add to each set the ``k`` genes of highest logits that it does not contain.

    The added genes of a set have the total weight ``weight`` (one number per set) times that of the set, each in
    proportion to :math:`\exp(\ell / \mathrm{sd}(\ell))`.

    ``logits`` are sets × V; ``indptr``, ``indices`` and ``weights`` are those of the sets, and of the extended ones.
    """
    rows, w, total = entries(indptr, indices, weights)
    candidates = logits.clone()
    candidates[:, :N_SPECIALS] = -torch.inf
    candidates[rows, indices] = -torch.inf
    top, added = candidates.topk(min(k, logits.shape[1]), dim=1)
    spread = logits.std(dim=1, keepdim=True).clamp_min(1e-12)
    share = torch.softmax(top / spread, dim=1).nan_to_num(0)  # NaN if a set already contains every gene

    # the new CSR arrays: each set's genes, followed by the genes added to it
    n_added = added.shape[1]
    shift = n_added * torch.arange(len(indptr), device=indptr.device)
    old = torch.arange(len(indices), device=indices.device) + shift[rows]
    new = (indptr[1:] + shift[:-1])[:, None] + torch.arange(n_added, device=indptr.device)
    out_indices = torch.empty(len(indices) + added.numel(), dtype=indices.dtype, device=indices.device)
    out_weights = torch.empty(len(out_indices), dtype=w.dtype, device=w.device)
    out_indices[old], out_weights[old] = indices, w
    out_indices[new], out_weights[new] = added.to(indices.dtype), (weight * total)[:, None] * share
    return indptr + shift, out_indices, out_weights
