"""Positions of gene names among fixed names, of which each is resolved once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scgsfm.genes import match

if TYPE_CHECKING:
    from collections.abc import Iterable


class GeneIndex:
    """As :func:`scgsfm.genes.match`, for many queries against the same names."""

    def __init__(self, names: np.ndarray) -> None:
        self.names = np.asarray(names, dtype=object)
        self._known: dict[str, int] = {}
        for position, name in enumerate(self.names):
            self._known.setdefault(str(name), position)
        self._known[""] = -1

    def positions(self, queries: Iterable[str]) -> np.ndarray:
        """Position of each query among the names, or -1."""
        given = [str(query) for query in queries]
        if new := [name for name in dict.fromkeys(given) if name not in self._known]:
            self._known.update(zip(new, match(new, self.names).tolist(), strict=True))
        return np.array([self._known[name] for name in given], dtype=np.int64)
