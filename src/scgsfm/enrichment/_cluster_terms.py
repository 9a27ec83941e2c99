from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from scgsfm._messages import agrees, check_at_least, listing, number, warn
from scgsfm.errors import GeneSetWarning

from ._term_clusters import cluster_by_similarity
from ._term_results import missing_terms, representatives, significant_terms
from ._term_similarity import MIN_SIMILARITY, term_similarity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scgsfm.completion import GeneSetEncoder
    from scgsfm.genesets import GeneSets


class ClusteredTerms(NamedTuple):
    """The result of :func:`scgsfm.tl.cluster_terms`."""

    table: pd.DataFrame
    """A row for each group and term."""
    terms: list[str]
    """The terms, in the order of ``similarity``."""
    similarity: np.ndarray
    """Similarity of the terms."""


def cluster_terms(
    results: pd.DataFrame,
    sets: GeneSets,
    load_model: Callable[[], GeneSetEncoder],
    *,
    by: str = "model",
    min_similarity: float | None = None,
    n_clusters: int | None = None,
    max_padj: float | None = 0.05,
    only_representatives: bool = False,
) -> ClusteredTerms:
    """Cluster the terms of a result by the similarity of their genes.

    Parameters
    ----------
    results
        The columns ``group``, ``term``, ``score`` and, if there are p-values, ``padj``.
    sets
        The genes of the terms. Terms without genes are left out with a warning.
    load_model
        Returns the model.
    by, min_similarity, n_clusters, max_padj
        As for :func:`scgsfm.tl.cluster_terms`.
    only_representatives
        Whether the table has only the rows of representatives.

    Raises
    ------
    ValueError
        If a parameter is out of range, no term is significant, or the sets have none of them.
    """
    if min_similarity is not None and n_clusters is not None:
        msg = "`min_similarity` and `n_clusters` both set the number of clusters: give one of them."
        raise ValueError(msg)
    if min_similarity is not None and not -1 <= min_similarity <= 1:
        msg = f"`min_similarity` is {min_similarity}, but must be between -1 and 1."
        raise ValueError(msg)
    if n_clusters is not None:
        check_at_least("n_clusters", n_clusters, 1)
    terms = with_genes(significant_terms(results, max_padj), sets)
    similarity = term_similarity(sets.subset(terms), by, load_model)
    least = MIN_SIMILARITY[by] if min_similarity is None else min_similarity
    found = cluster_by_similarity(similarity, terms, min_similarity=least, n_clusters=n_clusters)
    rows = results[results["term"].isin(terms)].reset_index(drop=True)
    position = pd.Index(terms).get_indexer(rows["term"])
    rows.insert(2, "cluster", found.cluster[position])
    rows.insert(3, "cluster_name", found.name[position])
    rows.insert(4, "centrality", found.centrality[position])
    rows.insert(4, "representative", representatives(rows, max_padj))
    rows["n_genes"] = sets.subset(terms).sizes[position]
    by_group = rows["group"].map({group: i for i, group in enumerate(dict.fromkeys(results["group"]))})
    order = np.lexsort((np.arange(len(rows)), ~rows["representative"].to_numpy(), rows["cluster"], by_group))
    rows = rows.iloc[order].reset_index(drop=True)
    if only_representatives:
        rows = rows[rows["representative"]].reset_index(drop=True)
        kept = [i for i, term in enumerate(terms) if term in set(rows["term"])]
        terms, similarity = [terms[i] for i in kept], similarity[np.ix_(kept, kept)]
    return ClusteredTerms(rows, terms, similarity)


def with_genes(terms: Sequence[str], sets: GeneSets) -> list[str]:
    """The terms that are in a library; the others are named in a warning.

    Raises
    ------
    ValueError
        If the library has none of the terms.
    """
    missing = missing_terms(terms, sets.names)
    if len(missing) == len(terms):
        msg = (
            f"`library` has none of the {len(terms)} terms, such as {listing(missing, 2)}; it has {listing(sets.names, 2)}. "
            "Pass the library that the terms are from."
        )
        raise ValueError(msg)
    if missing:
        are = agrees(len(missing), "is", "are")
        msg = f"{number(len(missing), 'term')} {are} not in the library and {are} left out: {listing(missing)}."
        warn(msg, GeneSetWarning)
    return [term for term in terms if term not in set(missing)]
