"""A residual from gene co-occurrence, for what the autoencoder forgets about rare genes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn
from torch.nn.functional import pad

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .training._corpus import Corpus


class NeighborResidual(nn.Module):
    r"""Adds to the logits how strongly each gene co-occurs with the genes of the set.

    Two genes are neighbors if either is among the ``k`` strongest co-occurring genes of the other. With :math:`s_g` the
    mean cosine of gene g with the genes of the set, the logits :math:`\ell` become

    .. math:: \ell_g + c \, \lambda \, \mathrm{sd}(\ell) \, z_g, \qquad
        z = \operatorname{standardize}(\log(\varepsilon + s)),

    where :math:`\lambda` is ``weight`` and :math:`\varepsilon` is ``floor``. The gate c depends on how well the neighbors
    match the set: the mean z of the set's genes divided by ``coherence``, between 0 and 1 (always 1 if ``coherence`` is
    0).
    """

    indices: Tensor
    cosines: Tensor

    def __init__(self, vocab_size: int, k: int, weight: float, floor: float, coherence: float) -> None:
        super().__init__()
        self.weight, self.floor, self.coherence = weight, floor, coherence
        self.register_buffer("indices", torch.zeros(vocab_size, k, dtype=torch.int32))
        self.register_buffer("cosines", torch.zeros(vocab_size, k))
        self._graph: tuple[Tensor, Tensor, Tensor] | None = None
        untyped: Any = self
        untyped.register_load_state_dict_post_hook(_forget_graph)

    @property
    def graph(self) -> tuple[Tensor, Tensor, Tensor]:
        """Neighbors of each gene and their cosines: the parts of a symmetric CSR matrix, V × V."""
        device = self.indices.device
        if self._graph is None or self._graph[0].device != device:
            n_genes, k = self.indices.shape
            arrays = self.cosines.cpu().numpy().ravel(), self.indices.cpu().numpy().ravel(), k * np.arange(n_genes + 1)
            kept = sparse.csr_array(arrays, shape=(n_genes, n_genes))
            both = sparse.csr_array(kept.maximum(kept.T))
            parts = both.indptr.astype(np.int64), both.indices.astype(np.int64), both.data
            start, neighbors, cosines = (torch.from_numpy(part).to(device) for part in parts)
            self._graph = start, neighbors, cosines
        return self._graph

    def similarity(self, indptr: Tensor, indices: Tensor, weights: Tensor | None) -> Tensor:
        """Mean cosine of each set's genes with every gene, sets × V."""
        start, neighbors, cosines = self.graph
        n_sets, n_genes = len(indptr) - 1, len(self.indices)
        rows, share = _shares(indptr, indices, weights)
        counts = start.diff()[indices]
        first = start[indices] - pad(counts.cumsum(0), (1, 0))[:-1]
        entry = first.repeat_interleave(counts) + torch.arange(int(counts.sum()), device=indices.device)
        position = rows.repeat_interleave(counts) * n_genes + neighbors[entry]
        out = torch.zeros(n_sets * n_genes, device=indices.device)
        out.index_add_(0, position, share.repeat_interleave(counts) * cosines[entry])
        return out.view(n_sets, n_genes)

    def forward(
        self, logits: Tensor, indptr: Tensor, indices: Tensor, weights: Tensor | None, max_gate: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The logits with the residual, and the gate c of each set, which is at most ``max_gate``.

        The logits of an empty set do not change.
        """
        if logits.device.type == "cpu" and not torch.is_grad_enabled():
            return self._in_one_pass(logits, indptr, indices, weights, max_gate)
        # log(floor + s) up to a constant, which cancels in z: exactly 0 where no gene has neighbors
        log_similarity = torch.log1p(self.similarity(indptr, indices, weights) / self.floor)
        spread, mean = torch.std_mean(log_similarity, dim=1, keepdim=True)
        z = (log_similarity - mean) / spread.clamp_min(1e-12)
        gate = max_gate * (spread[:, 0] > 0)
        if self.coherence:
            rows, share = _shares(indptr, indices, weights)
            mean_z = torch.zeros(len(z), device=z.device).index_add_(0, rows, share * z[rows, indices])
            gate = torch.minimum((mean_z / self.coherence).clamp_min(0), gate)
        return logits + self.weight * logits.std(dim=1, keepdim=True) * gate[:, None] * z, gate

    def _in_one_pass(
        self, logits: Tensor, indptr: Tensor, indices: Tensor, weights: Tensor | None, max_gate: Tensor
    ) -> tuple[Tensor, Tensor]:
        """:meth:`forward` without gradients and without intermediate arrays of sets × V."""
        from scgsfm.kernels import NeighborGraph, SetShares, add_cooccurrence_residual

        tensors = logits, indptr, indices, _shares(indptr, indices, weights)[1], *self.graph
        values, *arrays = (tensor.detach().contiguous().numpy() for tensor in tensors)
        sets, graph = SetShares(*arrays[:3]), NeighborGraph(*arrays[3:])
        limits = self.weight, self.floor, self.coherence, max_gate.numpy()
        out, gate = add_cooccurrence_residual(values, sets, graph, *limits)
        return torch.from_numpy(out), torch.from_numpy(gate)


def _forget_graph(module: nn.Module, _: Any) -> None:
    module._graph = None  # type: ignore[assignment]


def _shares(indptr: Tensor, indices: Tensor, weights: Tensor | None) -> tuple[Tensor, Tensor]:
    """The set of each entry, and the entry's share in the weight of its set."""
    rows, w, total = entries(indptr, indices, weights)
    return rows, w / total[rows].clamp_min(1e-12)


def entries(indptr: Tensor, indices: Tensor, weights: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """The set of each entry, the entry's weight, and the total weight of each set."""
    n_sets = len(indptr) - 1
    rows = torch.arange(n_sets, device=indices.device).repeat_interleave(indptr.diff())
    w = torch.ones(len(indices), device=indices.device) if weights is None else weights
    return rows, w, torch.zeros(n_sets, device=indices.device).index_add_(0, rows, w)


def neighbor_table(
    corpus: Corpus,
    sets: np.ndarray,
    k: int,
    *,
    group_weights: Mapping[str, float] | None = None,
    size_power: float = 2.0,
    max_genes: int = 500,
) -> tuple[Tensor, Tensor]:
    r"""Neighbors and cosines for :class:`NeighborResidual` from the sets of a corpus.

    A set of n genes has the weight :math:`n^{-p}`, p being ``size_power``, times the weight of its group (by default 1),
    because sharing a small set is stronger evidence. Sets of more than ``max_genes`` genes are omitted: they are slow and
    carry little information.
    """
    from scgsfm.kernels import cooccurrence_knn, transpose

    size = np.diff(corpus.indptr)
    weight = np.zeros(len(size))
    used = sets[size[sets] <= max_genes]
    weight[used] = corpus.group_values(group_weights or {})[corpus.group[used]] * size[used] ** -size_power
    indptr, indices = np.asarray(corpus.indptr), np.asarray(corpus.indices)
    start, holders, _ = transpose(indptr, indices, len(corpus.genes))
    available = min(k, len(corpus.genes) - 1)
    table = cooccurrence_knn(indptr, indices, start, holders, weight, available)
    neighbors, cosines = (pad(torch.from_numpy(array), (0, k - available)) for array in table)
    return neighbors, cosines
