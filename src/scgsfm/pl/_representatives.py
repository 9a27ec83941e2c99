"""Representatives of the regions of a map, whose labels tell what lies where."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

UNNAMED = re.compile(
    r"^(A[CFLP]\d{6}|LOC\d+|LINC\d+|ENS[A-Z]*G\d+|RP\d+-|CT[ABCD]-|C\d+orf\d+|KIAA\d+|FAM\d+|TMEM\d+)", re.IGNORECASE
)
"""Genes whose names tell nothing about them: clones, loci, reading frames, families of unknown function."""
N_REGIONS = 30
"""Number of regions of a map."""
N_NEAR = 12
"""Number of points near the center of a region from which its representative is chosen."""


def representatives(xy: np.ndarray, names: Sequence[str], n: int = N_REGIONS) -> np.ndarray:
    """One point for each of ``n`` regions of the plane: near the center of the region, with an informative name.

    Parameters
    ----------
    xy
        Coordinates of the points.
    names
        Their names.
    n
        Number of regions, which are found by k-means.

    Returns
    -------
    Positions of the points, those of the largest regions first.
    """
    from sklearn.cluster import KMeans

    n = min(n, len(np.unique(xy, axis=0)))
    regions = KMeans(n, n_init=1, random_state=0).fit(xy)
    chosen = []
    for region in np.argsort(-np.bincount(regions.labels_, minlength=n), kind="stable"):
        members = np.flatnonzero(regions.labels_ == region)
        distance = np.linalg.norm(xy[members] - regions.cluster_centers_[region], axis=1)
        nearest = members[np.argsort(distance, kind="stable")[:N_NEAR]]
        named = [point for point in nearest if not UNNAMED.match(str(names[point]))]
        chosen.append(named[0] if named else nearest[0])
    return np.array(chosen, dtype=int)
