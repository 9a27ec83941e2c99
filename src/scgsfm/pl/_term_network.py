from __future__ import annotations

from inspect import signature
from typing import Any, NamedTuple

import numpy as np

N_NEIGHBORS = 4
"""Number of the most similar terms that a term is connected with; more edges would hide the nodes."""
PERPLEXITY = 10
"""Number of neighbors that t-SNE keeps close, roughly."""
N_STEPS = 500
"""Steps of t-SNE; half of the default of scikit-learn is enough for some hundred terms."""
MAX_GAP = 0.07
"""Maximum width of an empty stripe as a share of the map."""
MAX_EXACT = 400
"""Maximum number of terms for which t-SNE is exact instead of approximate."""


class TermNetwork(NamedTuple):
    """Positions of terms, and edges between similar ones."""

    xy: np.ndarray
    edges: np.ndarray
    """Pairs of terms."""
    weights: np.ndarray
    """Similarity of each pair."""


def term_network(similarity: np.ndarray, min_similarity: float) -> TermNetwork:
    """Place terms such that similar ones are close, and connect each with the most similar ones.

    Parameters
    ----------
    similarity
        Terms × terms.
    min_similarity
        Least similarity of an edge.
    """
    edges = _edges(similarity, min_similarity)
    return TermNetwork(_positions(similarity), edges, similarity[edges[:, 0], edges[:, 1]].astype(np.float64))


def _edges(similarity: np.ndarray, min_similarity: float) -> np.ndarray:
    n = len(similarity)
    others = similarity - 3 * np.eye(n)
    nearest = np.argsort(-others, axis=1, kind="stable")[:, : min(N_NEIGHBORS, n - 1)]
    connected = np.zeros((n, n), dtype=bool)
    np.put_along_axis(connected, nearest, values=True, axis=1)
    connected = (connected | connected.T) & (similarity >= min_similarity)
    return np.argwhere(np.triu(connected, 1))


def _positions(similarity: np.ndarray) -> np.ndarray:
    """t-SNE of the distances, from a start that does not depend on random numbers."""
    from sklearn.manifold import TSNE

    n = len(similarity)
    if n < 4:
        return np.column_stack([np.arange(n, dtype=float), np.zeros(n)])
    distances = (1 - similarity.astype(np.float64)).clip(0)
    np.fill_diagonal(distances, 0)
    options: dict[str, Any] = {
        "method": "exact" if n <= MAX_EXACT else "barnes_hut",
        "perplexity": min(PERPLEXITY, (n - 1) / 3),
    }
    # the name before scikit-learn 1.5
    options["max_iter" if "max_iter" in signature(TSNE).parameters else "n_iter"] = N_STEPS
    layout = TSNE(2, metric="precomputed", init=_start(distances), random_state=0, **options)
    xy: np.ndarray = layout.fit_transform(distances)
    axes = np.linalg.svd(xy - xy.mean(axis=0), full_matrices=False)[2]
    axes *= np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)])[:, None]
    turned = xy @ axes.T  # the longer side lies horizontally
    return np.column_stack([_without_gaps(turned[:, 0]), _without_gaps(turned[:, 1])])


def _without_gaps(x: np.ndarray) -> np.ndarray:
    """Narrow the wide empty stripes that separate a cluster which is similar to no other."""
    order = np.argsort(x, kind="stable")
    gaps = np.diff(x[order])
    moved = np.empty_like(x)
    moved[order] = np.r_[0, np.cumsum(np.minimum(gaps, max(MAX_GAP, 2 / len(x)) * np.ptp(x)))]
    return moved


def _start(distances: np.ndarray) -> np.ndarray:
    """The first two coordinates of classical scaling, of the size that t-SNE starts from."""
    squared = distances**2
    centered = squared - squared.mean(axis=0) - squared.mean(axis=1)[:, None] + squared.mean()
    values, vectors = np.linalg.eigh(-centered / 2)
    start = vectors[:, -2:][:, ::-1] * np.sqrt(values[-2:][::-1].clip(1e-12))
    start *= np.sign(start[np.abs(start).argmax(axis=0), [0, 1]])
    start = start + 1e-3 * np.arange(len(start))[:, None] / len(start)  # separates equal terms
    small: np.ndarray = start / max(start[:, 0].std(), 1e-12) * 1e-4
    return small
