from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

if TYPE_CHECKING:
    from collections.abc import Sequence


class TermClusters(NamedTuple):
    """Clusters of terms."""

    cluster: np.ndarray
    """Number of the cluster of each term, from 1 for the largest."""
    name: np.ndarray
    """Most central term of the cluster of each term."""
    centrality: np.ndarray
    """Mean similarity of each term to the other terms of its cluster; 1 for a term alone."""


def cluster_by_similarity(
    similarity: np.ndarray, terms: Sequence[str], *, min_similarity: float, n_clusters: int | None = None
) -> TermClusters:
    """Cluster terms by average linkage.

    The result does not depend on the order of the terms.

    Parameters
    ----------
    similarity
        Terms × terms, at most 1.
    terms
        Distinct names.
    min_similarity
        Clusters are joined while the mean similarity of their terms is at least this.
    n_clusters
        Maximum number of clusters, used instead of ``min_similarity``.
    """
    order = np.argsort(np.asarray(terms, dtype=str), kind="stable")
    sorted_names = np.asarray(terms, dtype=object)[order]
    sorted_similarity = np.asarray(similarity, dtype=np.float64)[np.ix_(order, order)]
    labels = _labels(sorted_similarity, min_similarity, n_clusters)
    is_same = labels[:, None] == labels
    n_others = is_same.sum(axis=1) - 1
    sums = np.where(is_same, sorted_similarity, 0).sum(axis=1) - sorted_similarity.diagonal()
    central = np.where(n_others > 0, sums / np.maximum(n_others, 1), 1.0)
    found = np.empty(len(order), dtype=np.int64)
    names = np.empty(len(order), dtype=object)
    for number, label in enumerate(_largest_first(labels), start=1):
        members = np.flatnonzero(labels == label)
        found[members] = number
        names[members] = sorted_names[members[np.argmax(central[members].round(6))]]
    back = np.argsort(order, kind="stable")
    return TermClusters(found[back], names[back], central[back])


def _labels(similarity: np.ndarray, min_similarity: float, n_clusters: int | None) -> np.ndarray:
    if len(similarity) < 2:
        return np.ones(len(similarity), dtype=np.int64)
    tree = linkage(squareform((1 - similarity).clip(0), checks=False), "average")
    if n_clusters is not None:
        return np.asarray(fcluster(tree, n_clusters, "maxclust"))
    return np.asarray(fcluster(tree, 1 - min_similarity + 1e-7, "distance"))


def _largest_first(labels: np.ndarray) -> np.ndarray:
    """Labels by decreasing number of terms; of equally large clusters, the one whose first term comes first."""
    found, first, sizes = np.unique(labels, return_index=True, return_counts=True)
    by_size: np.ndarray = found[np.lexsort((first, -sizes))]
    return by_size
