from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from scgsfm._logging import logger
from scgsfm._messages import listing, warn
from scgsfm.errors import GeneMatchError, GeneMatchWarning
from scgsfm.genes import as_names, check_share, match, resolve
from scgsfm.scoring import SetIndex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scgsfm.genesets import GeneSets

MIN_SHARE, MIN_MATCHED = 0.5, 0.05
"""Fractions of a list in the background below which a warning is given, and an error."""


@dataclass(frozen=True, eq=False)
class Background:
    """The genes from which a query is drawn."""

    genes: np.ndarray
    level: np.ndarray | None = None
    """Mean expression of each gene, if the genes are those of data."""
    origin: str | None = None
    """For lists of genes: what the genes are, for messages."""

    def positions(self, genes: Iterable[str], *, what: str) -> np.ndarray:
        """Positions of the distinct ``genes``, in their order. Reports the share of matched genes as genes of ``what``."""
        given = list(genes)
        matched = match(given, self.genes)
        if self.origin is not None:
            self._check_list(given, int((matched >= 0).sum()), what)
            return np.asarray(pd.unique(matched[matched >= 0]))
        check_share(
            int((matched >= 0).sum()), len(given), what=what, examples_given=given, examples_expected=self.genes
        )
        return np.asarray(pd.unique(matched[matched >= 0]))

    def take(self, positions: np.ndarray) -> Background:
        """The background genes at ``positions``."""
        return replace(self, genes=self.genes[positions], level=None if self.level is None else self.level[positions])

    def _check_list(self, given: list[str], n_matched: int, what: str) -> None:
        """Report the share of a list that is in the background. Warn if it is low, raise if it is too low."""
        share = n_matched / max(len(given), 1)
        summary = f"{n_matched:,} of {len(given):,} {what} were matched ({share:.1%})"
        if share >= MIN_SHARE:
            logger.debug(summary)
            return
        known = resolve(given).share
        msg = f"{summary}. The background is {self.origin}. Given, for example: {listing(given)}. "
        if known >= MIN_SHARE:
            msg += (
                f"{known:.0%} are known genes, so the names are right: pass `background=` the genes that could have been in "
                "the list, use a library with these genes, or use `mode='gsfm'`, whose background is the genes of the model."
            )
        else:
            msg += (
                f"{known:.0%} are known genes: check the names. Human and mouse symbols and Ensembl and Entrez ids are "
                "translated; names of other species must be identical to those of the library or of `background=`."
            )
        if share < MIN_MATCHED:
            raise GeneMatchError(msg)
        warn(msg, GeneMatchWarning)


def background_names(background: Any) -> np.ndarray:
    """Names of background genes. Raises TypeError or ValueError for anything else, such as a number of genes."""
    if isinstance(background, str | bytes) or not hasattr(background, "__iter__") or hasattr(background, "obs"):
        shown = repr(background) if isinstance(background, str | int | float) else f"a {type(background).__name__}"
        msg = (
            f"`background` is {shown}, but must be the names of the genes that could have been in the list, such as the "
            "genes of the assay (`background=adata.var_names`). Leave it out for the default."
        )
        raise TypeError(msg)
    names = as_names(background)
    if not (names != "").any():
        msg = "`background` has no gene: pass the names of the genes that could have been in the list."
        raise ValueError(msg)
    return np.asarray(names[names != ""])


class EnrichmentResult(NamedTuple):
    """Result of one query: an array per column with a value per term."""

    score: np.ndarray
    pvalue: np.ndarray
    genes: list[np.ndarray]
    """Positions of the genes that support each term."""
    n_hits: np.ndarray
    more: dict[str, np.ndarray]
    """Additional columns of this mode."""


def terms_over(library: GeneSets, genes: np.ndarray, *, min_genes: int, max_genes: float) -> SetIndex:
    """The terms with ``min_genes`` to ``max_genes`` of their genes among ``genes``, without weights."""
    if library.signed:
        msg = "`library` has negative weights: use separate terms for up- and down-regulated genes."
        raise ValueError(msg)
    if not 1 <= min_genes <= max_genes:
        msg = f"`min_genes` is {min_genes} and `max_genes` is {max_genes}, but must satisfy 1 ≤ min_genes ≤ max_genes."
        raise ValueError(msg)
    index = SetIndex.match(library, genes)
    tested = np.flatnonzero((index.n_found >= min_genes) & (index.n_found <= max_genes))
    if not len(tested):
        msg = (
            f"None of the {len(index):,} terms of `library` has {min_genes} to {max_genes} genes in the background of "
            f"{len(genes):,} genes (they have {index.n_found.min()} to {index.n_found.max()}): change `min_genes` or "
            "`max_genes`."
        )
        raise GeneMatchError(msg)
    if len(tested) < len(index):
        logger.debug(
            "Testing %s of %s terms; the others have fewer than %s or more than %s genes in the background",
            f"{len(tested):,}",
            f"{len(index):,}",
            min_genes,
            max_genes,
        )
    membership = index.membership[tested]
    membership.data = np.ones_like(membership.data)
    names = [index.names[i] for i in tested]
    return replace(
        index, names=names, membership=membership, n_listed=index.n_listed[tested], n_down=index.n_down[tested]
    )


def table(group: str, result: EnrichmentResult, terms: SetIndex, genes: np.ndarray) -> pd.DataFrame:
    """One row per term, sorted by p-value."""
    from scipy.stats import false_discovery_control

    columns = {
        "group": group,
        "term": np.array(terms.names, dtype=object),
        "score": result.score,
        **result.more,
        "pvalue": result.pvalue,
        "padj": false_discovery_control(result.pvalue),
        "n_genes": terms.n_listed,
        "n_found": terms.n_found.astype(np.int64),
        "n_hits": result.n_hits,
        "genes": [";".join(genes[positions]) for positions in result.genes],
    }
    return pd.DataFrame(columns).iloc[np.lexsort((-np.abs(result.score), result.pvalue))]
