"""Smoothing of scores over a graph of neighboring cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from scgsfm._messages import did_you_mean, listing

if TYPE_CHECKING:
    from anndata import AnnData

DECAY = 0.1
"""Part of its weight that a neighbor loses against the next nearer one; the default of pyUCell."""


@dataclass(frozen=True)
class Smoothing:
    """Averages the scores of each cell and its neighbors; without weights, it leaves scores as they are."""

    weights: csr_array | None = None
    record: dict[str, Any] = field(default_factory=dict)
    """For ``uns``."""

    @classmethod
    def of(cls, adata: AnnData, key: str | None, *, lazy: bool = False) -> Smoothing:
        """Read the graph of ``adata`` under a key; ``None`` for no smoothing. Raises ValueError if there is none."""
        if key is None:
            return cls()
        if lazy:
            msg = "`smooth` needs the scores of all cells: use it with `compute=True`."
            raise ValueError(msg)
        return cls(smoothing_weights(adata, key), {"smooth": {"key": key, "decay": DECAY}})

    def __bool__(self) -> bool:
        return self.weights is not None

    def __call__(self, scores: Any) -> Any:
        """Return smoothed scores (cells × sets)."""
        return scores if self.weights is None else self.weights @ scores

    def pvalues(self, values: Any) -> Any:
        """Return p-values of scores that are not smoothed; those of means of neighbors, which are similar, are not known."""
        return values if self.weights is None else None


def smoothing_weights(adata: AnnData, key: str, *, decay: float = DECAY) -> csr_array:
    r"""Compute the weights by which scores of neighboring cells are averaged.

    The neighbors of a cell are ordered by their connectivity. The cell itself has weight 1, and its neighbor number
    :math:`i` the weight :math:`(1 - d)^i` with the decay :math:`d`; the weights of a cell are divided by their sum.
    Andreatta and Carmona, UCell (``SmoothKNN``).

    Parameters
    ----------
    adata
        Cells with a graph.
    key
        Key of the connectivities in ``obsp``, or key of :func:`scanpy.pp.neighbors` in ``uns``.
    decay
        :math:`d`.

    Returns
    -------
    Weights (cells × cells), to be multiplied with scores.

    Raises
    ------
    ValueError
        If there is no such graph, it holds distances, or a connectivity is negative or missing.
    """
    graph = csr_array(_graph(adata, key), dtype=np.float64, copy=True)  # not to change the graph of the data
    if not (np.isfinite(graph.data) & (graph.data >= 0)).all():
        msg = f"`smooth={key!r}` has missing, infinite or negative connectivities, which do not order the neighbors of a cell."
        raise ValueError(msg)
    graph.setdiag(0)
    graph.eliminate_zeros()
    n_neighbors = np.diff(graph.indptr)
    cell = np.repeat(np.arange(adata.n_obs), n_neighbors)
    order = np.lexsort((-graph.data, cell))
    rank = np.arange(len(cell)) - np.repeat(graph.indptr[:-1], n_neighbors) + 1
    itself = np.arange(adata.n_obs)
    positions = np.concatenate([itself, cell]), np.concatenate([itself, graph.indices[order]])
    weights = csr_array((np.concatenate([np.ones(adata.n_obs), (1 - decay) ** rank]), positions), shape=graph.shape)
    return csr_array(weights.multiply(1 / weights.sum(axis=1)[:, None]))


def _graph(adata: AnnData, key: str) -> Any:
    """Return the connectivities under a key of ``obsp`` or ``uns``."""
    neighbors = adata.uns.get(key)
    in_obsp = neighbors.get("connectivities_key", key) if isinstance(neighbors, Mapping) else key
    if in_obsp not in adata.obsp:
        available = list(adata.obsp)
        msg = (
            f"`smooth={key!r}` is not a graph of neighbors in `obsp`, which has: {listing(available) or 'none'}."
            f"{did_you_mean(key, [*available, *_graphs(adata)])} Run `scanpy.pp.neighbors` first, or name a key."
        )
        raise ValueError(msg)
    if in_obsp in _distances(adata):
        msg = (
            f"`smooth={key!r}` are distances, of which the nearest neighbors have the lowest, but connectivities are needed: "
            "name the key of `scanpy.pp.neighbors` in `uns`, such as 'neighbors', or that of its connectivities in `obsp`."
        )
        raise ValueError(msg)
    return adata.obsp[in_obsp]


def _graphs(adata: AnnData) -> list[str]:
    """Keys of graphs of :func:`scanpy.pp.neighbors` in ``uns``."""
    return [key for key, record in adata.uns.items() if isinstance(record, Mapping) and "connectivities_key" in record]


def _distances(adata: AnnData) -> set[str]:
    """Keys of distances in ``obsp``."""
    records = [record for record in adata.uns.values() if isinstance(record, Mapping)]
    return {"distances", *(str(record["distances_key"]) for record in records if "distances_key" in record)}
