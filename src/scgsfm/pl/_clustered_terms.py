from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from anndata import AnnData

from scgsfm import _keys
from scgsfm._messages import check_choice, check_max_padj
from scgsfm.enrichment import MIN_SIMILARITY, term_similarity, with_genes
from scgsfm.genesets import GeneSets
from scgsfm.models import as_model

from ._select_terms import score_name
from ._toolkit import choose, most_telling, result_table

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS = ("group", "term", "cluster", "cluster_name", "centrality", "score", "n_genes")


class ClusteredTerms(NamedTuple):
    """Terms to plot, ordered by cluster and, in a cluster, by centrality."""

    rows: pd.DataFrame
    """A row for each group and term, with ``padj`` (0 for results without p-values)."""
    terms: pd.DataFrame
    """The columns ``cluster``, ``cluster_name`` and ``n_genes`` of each term, which is the index."""
    groups: list[str]
    similarity: np.ndarray
    min_similarity: float
    """Similarity of terms that are connected."""
    measure: str
    """What the similarity is."""
    score: str
    """What the score is."""

    def values(self, column: str) -> pd.DataFrame:
        """A column of the rows as terms × groups."""
        wide = self.rows.pivot_table(index="term", columns="group", values=column, dropna=False, observed=True)
        return wide.reindex(index=self.terms.index, columns=self.groups)


MEASURES = {"model": "cosine of the vectors", "jaccard": "Jaccard index", "overlap": "overlap coefficient"}


def clustered_terms(
    data: AnnData | pd.DataFrame,
    groups: str | Sequence[str] | None,
    *,
    n_terms: int,
    max_padj: float,
    library: Any,
    by: str | None,
    min_similarity: float | None,
    model: Any,
    key: str | None,
) -> ClusteredTerms:
    """Read the result of :func:`scgsfm.tl.cluster_terms` for a plot, and select its most significant terms."""
    check_max_padj(max_padj, or_none=False)
    table = result_table(data, key or _keys.CLUSTER_TERMS, COLUMNS, "cluster_terms")
    table = table if "padj" in table else table.assign(padj=0.0)
    chosen = choose(list(dict.fromkeys(table["group"])), groups, noun="group", argument="groups")
    rows = table[table["group"].isin(chosen)]
    best = rows.assign(evidence=_evidence(rows)).groupby("term", sort=False, observed=True)["evidence"].max()
    if groups is not None and (rows["padj"] <= max_padj).any():
        best = best[best.index.isin(rows.loc[rows["padj"] <= max_padj, "term"])]
    names = most_telling(best, n_terms, noun="term", reason="are most significant", argument="n_terms")
    terms = rows[rows["term"].isin(names)].drop_duplicates("term").set_index("term")
    terms = terms.sort_values(["cluster", "centrality"], ascending=[True, False], kind="stable")
    similarity, measure, least = _similarity(data, list(terms.index), library, by, model, key)
    terms = terms.loc[similarity.index, ["cluster", "cluster_name", "n_genes"]]
    rows = rows[rows["term"].isin(terms.index)]
    least = least if min_similarity is None else min_similarity
    score = score_name(table, _mode(data, key or _keys.CLUSTER_TERMS))
    return ClusteredTerms(rows, terms, chosen, similarity.to_numpy(), least, MEASURES.get(measure, measure), score)


def _mode(data: AnnData | pd.DataFrame, key: str) -> str | None:
    """The mode in which the result whose terms were clustered was computed."""
    if isinstance(data, pd.DataFrame):
        return None
    records = data.uns.get(_keys.UNS, {})
    source = records.get(key, {}).get("params", {}).get("key")
    mode: str | None = records.get(source, {}).get("mode")
    return mode


def _evidence(rows: pd.DataFrame) -> pd.Series:
    """Higher for terms of lower p-value; the score decides between equal ones."""
    score = rows["score"].abs().fillna(0)
    return -np.log10(rows["padj"].clip(lower=1e-300)) + score / (1 + score)


def _similarity(
    data: AnnData | pd.DataFrame, terms: list[str], library: Any, by: str | None, model: Any, key: str | None
) -> tuple[pd.DataFrame, str, float]:
    """The stored similarity of terms, or that of the genes of the library; the measure, and the least of a cluster."""
    key = key or _keys.CLUSTER_TERMS
    if isinstance(data, AnnData) and library is None and by is None:
        record = data.uns.get(_keys.UNS, {}).get(key, {})
        values, names = data.uns.get(_keys.similarity(key)), list(record.get("terms", []))
        if values is not None and len(values) == len(names) and set(terms) <= set(names):
            params = record.get("params", {})
            found = pd.DataFrame(values, index=names, columns=names).loc[terms, terms]
            measure = str(params.get("by", "model"))
            return found, measure, float(params.get("min_similarity", MIN_SIMILARITY.get(measure, 0.5)))
    if library is None:
        where = f"`uns[{_keys.similarity(key)!r}]` lacks them" if isinstance(data, AnnData) else "a table has none"
        msg = f"`library` is needed for the similarities of the terms, since {where}: pass the library of the terms."
        raise ValueError(msg)
    measure = by or "model"
    check_choice("by", measure, tuple(MIN_SIMILARITY))
    sets = GeneSets(library)
    terms = with_genes(terms, sets)
    similarity = term_similarity(sets.subset(terms), measure, partial(as_model, model))
    return pd.DataFrame(similarity, index=terms, columns=terms), measure, MIN_SIMILARITY[measure]
