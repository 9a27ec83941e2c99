"""How well a ranking finds what it was not shown."""

from __future__ import annotations

import numpy as np

from ._modules import SPECIALS


def auroc(scores: np.ndarray, seen: np.ndarray, hidden: np.ndarray) -> float:
    """Chance that a hidden gene outranks a gene that is neither seen nor hidden; ties count half."""
    other = np.ones(len(scores), bool)
    other[seen] = other[hidden] = other[: len(SPECIALS)] = False
    rest = np.sort(scores[other])
    below = np.searchsorted(rest, scores[hidden], "left") + np.searchsorted(rest, scores[hidden], "right")
    return float(below.mean() / (2 * len(rest)))
