"""Scores of signatures for signed profiles of genes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SCORES = ("cosine", "connectivity", "agreement")
"""Scores of one signature; ``"consensus"`` is the mean of their z-scores."""


class Shared(NamedTuple):
    """Genes of profiles and signatures with a direction in both (profiles × signatures)."""

    same: np.ndarray
    opposite: np.ndarray


def shared_genes(profiles: np.ndarray, weights: csr_matrix) -> Shared:
    """Numbers of genes with the same and with opposite direction."""
    signs, sides = np.sign(profiles), weights.sign()
    difference = np.asarray((sides @ signs.T).T)
    total = np.asarray((abs(sides) @ np.abs(signs).T).T)
    return Shared((total + difference) / 2, (total - difference) / 2)


def score(profiles: np.ndarray, weights: csr_matrix, method: str) -> np.ndarray:
    r"""Compute scores of signatures for profiles.

    For a profile :math:`q` and a signature :math:`s`, of which only the genes in both sources of data are used:

    ``"cosine"``
        :math:`\sum_g q_g s_g / (\lVert q \rVert \lVert s \rVert)`.
    ``"connectivity"``
        See :func:`scgsfm.kernels.connectivity`.
    ``"agreement"``
        :math:`(n_= - n_\ne) / \sqrt{n_= + n_\ne}` for the numbers of genes with the same and opposite sign.

    Parameters
    ----------
    profiles
        Profiles × genes.
    weights
        Signatures × genes.
    method
        Name of the score.

    Returns
    -------
    Scores, profiles × signatures.
    """
    if method == "cosine":
        norms = np.sqrt(np.asarray(weights.multiply(weights).sum(axis=1)).ravel())
        lengths = np.linalg.norm(profiles, axis=1)
        scale = np.outer(lengths, norms)
        products = np.asarray((weights @ profiles.T).T)
        return np.asarray(np.divide(products, scale, out=np.zeros_like(products), where=scale > 0))
    if method == "agreement":
        same, opposite = shared_genes(profiles, weights)
        return np.asarray((same - opposite) / np.sqrt(np.maximum(same + opposite, 1)))
    from scgsfm.kernels import connectivity

    rows = weights.tocsr()
    return np.array([connectivity(each, rows.indptr, rows.indices, rows.data) for each in profiles])
