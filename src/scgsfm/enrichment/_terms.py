from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from scgsfm._logging import logger
from scgsfm.errors import GeneMatchError
from scgsfm.genes import check_share, match
from scgsfm.scoring import SetIndex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scgsfm.genesets import GeneSets


@dataclass(frozen=True, eq=False)
class Background:
    """The genes that a query could have drawn."""

    genes: np.ndarray
    level: np.ndarray | None = None
    """Mean expression of each, where the genes are those of data."""

    def places(self, genes: Iterable[str], *, what: str) -> np.ndarray:
        """Positions of ``genes``, each once, in their order. What isn't found is reported."""
        given = list(genes)
        found = match(given, self.genes)
        check_share(int((found >= 0).sum()), len(given), what=what, examples_given=given, examples_expected=self.genes)
        return pd.unique(found[found >= 0])

    def take(self, places: np.ndarray) -> Background:
        """A part of it."""
        return Background(self.genes[places], None if self.level is None else self.level[places])


class EnrichmentResult(NamedTuple):
    """What a mode finds of one query: an array for each column, one value a term."""

    score: np.ndarray
    pvalue: np.ndarray
    genes: list[np.ndarray]
    """For each term, positions of the genes that speak for it."""
    n_hits: np.ndarray
    more: dict[str, np.ndarray]
    """Columns of this mode alone."""


def terms_over(library: GeneSets, genes: np.ndarray, *, min_genes: int, max_genes: int) -> SetIndex:
    """The terms of which ``genes`` has ``min_genes`` to ``max_genes``, without weights."""
    if library.signed:
        msg = "`library` has negative weights: give up- and down-regulated genes as terms of their own."
        raise ValueError(msg)
    if not 1 <= min_genes <= max_genes:
        msg = f"`min_genes` is {min_genes} and `max_genes` is {max_genes}, but 1 ≤ min_genes ≤ max_genes must hold."
        raise ValueError(msg)
    index = SetIndex.match(library, genes)
    kept = np.flatnonzero((index.n_found >= min_genes) & (index.n_found <= max_genes))
    if not len(kept):
        msg = (
            f"None of the {len(index):,} terms of `library` has {min_genes} to {max_genes} genes in the background of "
            f"{len(genes):,} genes (they have {index.n_found.min()} to {index.n_found.max()}): change `min_genes` or "
            "`max_genes`."
        )
        raise GeneMatchError(msg)
    if len(kept) < len(index):
        logger.info(
            "%s of %s terms are tested; the others have fewer than %s or more than %s genes in the background",
            f"{len(kept):,}",
            f"{len(index):,}",
            min_genes,
            max_genes,
        )
    membership = index.membership[kept]
    membership.data = np.ones_like(membership.data)
    names = [index.names[i] for i in kept]
    return replace(index, names=names, membership=membership, n_listed=index.n_listed[kept], n_down=index.n_down[kept])


def table(group: str, found: EnrichmentResult, terms: SetIndex, genes: np.ndarray) -> pd.DataFrame:
    """One row a term, by p-value."""
    from scipy.stats import false_discovery_control

    columns = {
        "group": group,
        "term": np.array(terms.names, dtype=object),
        "score": found.score,
        **found.more,
        "pvalue": found.pvalue,
        "padj": false_discovery_control(found.pvalue),
        "n_genes": terms.n_listed,
        "n_found": terms.n_found.astype(np.int64),
        "n_hits": found.n_hits,
        "genes": [";".join(genes[places]) for places in found.genes],
    }
    return pd.DataFrame(columns).iloc[np.lexsort((-np.abs(found.score), found.pvalue))]
