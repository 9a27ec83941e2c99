from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from scgsfm import _keys
from scgsfm._adata import Result, check_anndata, groups, log_results, undo_on_error
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import check_choice, did_you_mean, listing, number
from scgsfm.enrichment import MIN_SIMILARITY, score_results, term_results
from scgsfm.enrichment import cluster_terms as cluster
from scgsfm.genesets import GeneSets
from scgsfm.get import scores
from scgsfm.models import as_model

if TYPE_CHECKING:
    from os import PathLike

    from anndata import AnnData

    from scgsfm.enrichment import Similarity
    from scgsfm.genesets import GeneSetsLike
    from scgsfm.models.gsfm import GSFM


@checks_types
@undo_on_error
@doc_params
def cluster_terms(
    data: AnnData | pd.DataFrame,
    library: GeneSetsLike | None = None,
    *,
    key: str | None = None,
    groupby: str | None = None,
    by: Similarity = "model",
    min_similarity: float | None = None,
    n_clusters: int | None = None,
    max_padj: float | None = 0.05,
    keep: Literal["all", "representatives"] = "all",
    model: str | PathLike[str] | GSFM = "gsfm-base",
    key_added: str | None = None,
    copy: bool = False,
) -> pd.DataFrame | AnnData | None:
    """Group redundant terms of an enrichment, a comparison or scores by the similarity of their genes.

    The similarity of two terms is the cosine of their vectors of a gene set foundation model :cite:p:`Clarke2026`, which
    is high for related functions even if the terms share few genes, or the overlap of their genes. Terms are clustered by
    average linkage, and each cluster is named after its most central term. All groups have the same clusters, so that they
    can be compared.

    Parameters
    ----------
    data
        AnnData with a result of :func:`~scgsfm.tl.enrich`, a comparison of scores between conditions, or scores of
        :func:`~scgsfm.tl.score`; or a table with the columns ``term`` (or ``set``) and, if it has them, ``group`` (or
        ``cell_type``), ``score`` (or ``effect``) and ``padj``, such as the result of :func:`~scgsfm.tl.enrich`.
    library
        The genes of the terms: the name of a library, or any other input of :class:`~scgsfm.GeneSets`. Can be omitted for
        a result in AnnData that was computed for a library with a name.
    key
        Key of the result in ``uns``, or of scores in ``obsm``. Defaults to ``"enrich"`` or, without it, ``"compare"``.
        Only for AnnData.
    groupby
        Column of ``obs`` with groups of cells, for scores. The score of a set in a group is then the mean difference from
        the other cells, in standard deviations.
    by
        ``"model"``: cosine of the vectors of the model, see :func:`~scgsfm.tl.embed_sets`. ``"jaccard"``: number of shared
        genes, divided by that of the union. ``"overlap"``: divided by that of the smaller term, as in enrichment maps
        :cite:p:`Merico2010`.
    min_similarity
        Clusters are joined while the mean similarity of their terms is at least this. Defaults to 0.4 for ``"model"``, 0.25
        for ``"jaccard"`` and 0.5 for ``"overlap"``.
    n_clusters
        Maximum number of clusters, instead of ``min_similarity``.
    max_padj
        Terms with at most this adjusted p-value in a group are clustered. ``None`` clusters all terms. Results without
        p-values are clustered as a whole.
    keep
        ``"representatives"`` keeps one term of each cluster in each group.
    model
        {model} It is used by ``by="model"``.
    key_added
        {key_added} Only for AnnData.
    copy
        {copy} Only for AnnData.

    Returns
    -------
    For a table, the table described below. For AnnData, ``None``, or the copy if ``copy=True``. Sets the following fields:

    ``adata.uns["cluster_terms"]`` : :class:`pandas.DataFrame`
        The table.
    ``adata.uns["cluster_terms_similarity"]`` : :class:`numpy.ndarray` (float32, terms × terms)
        Similarity of the terms, which :func:`~scgsfm.pl.enrichment_map` and :func:`~scgsfm.pl.term_heatmap` plot.
    ``adata.uns["scgsfm"]["cluster_terms"]`` : :class:`dict`
        Parameters, the library, and the terms in the order of the similarities.

    The table has a row for each group and clustered term, ordered by group and cluster, with the columns

    ``group``, ``term``
        Name of the group, as in the result, and of the term.
    ``cluster`` : int64
        Number of the cluster; 1 is the cluster of most terms.
    ``cluster_name`` : str
        The most central term of the cluster.
    ``representative`` : bool
        Whether the term represents its cluster in the group: it has the lowest ``padj``, then the highest absolute
        ``score``, then the highest ``centrality``. Only significant terms do.
    ``centrality`` : float64
        Mean similarity to the other terms of the cluster; 1 for a term alone.
    ``score``, ``padj`` : float64
        As in the result; ``padj`` only if it has p-values.
    ``n_genes`` : int64
        Number of genes of the term in the library.

    Terms that the library does not have are left out with a warning. A term without a gene of the model is a cluster of its
    own.

    Raises
    ------
    GeneMatchError
        If too few genes of the terms are in the vocabulary of the model.
    KeyError
        If there is no result.
    ValueError
        If a parameter is out of range, the library is not known or has none of the terms, no term is significant, or a term
        occurs twice in a group.

    Examples
    --------
    >>> import scgsfm
    >>> genes = ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1", "STAT1", "CD3D", "CD3E"]
    >>> table = scgsfm.tl.enrich(genes, library="hallmark", min_genes=2)
    >>> clusters = scgsfm.tl.cluster_terms(table, "hallmark", max_padj=None, min_similarity=0.4)
    >>> int(clusters["cluster"].max()) < len(clusters)
    True
    """
    check_choice("keep", keep, ("all", "representatives"))
    check_choice("by", by, tuple(MIN_SIMILARITY))
    info: dict[str, Any] = {}
    if of_table := isinstance(data, pd.DataFrame):
        given: dict[str, Any] = {"key": key, "groupby": groupby, "key_added": key_added, "copy": copy or None}
        if unused := [name for name, value in given.items() if value is not None]:
            msg = f"`{unused[0]}` requires AnnData, but `data` is a DataFrame."
            raise ValueError(msg)
        results = term_results(data)
    else:
        check_anndata(data, argument="data", copy=copy, key_added=key_added)
        to = key_added or _keys.CLUSTER_TERMS
        result = Result.check(data, "tl.cluster_terms", to, uns=[to, _keys.similarity(to)])
        key = key or _default_key(data)
        results, info = _stored(data, key, groupby)
    sets = GeneSets(_named(info) if library is None else library)
    options: dict[str, Any] = {
        "by": by,
        "min_similarity": min_similarity,
        "n_clusters": n_clusters,
        "max_padj": max_padj,
    }
    found = cluster(results, sets, partial(as_model, model), only_representatives=keep != "all", **options)
    summary = f"{number(len(found.terms), 'term')} in {number(found.table['cluster'].nunique(), 'cluster')}"
    if of_table:
        logger.info("clustered %s", summary)
        return found.table
    adata = data.copy() if copy else data
    adata.uns[to] = found.table
    adata.uns[_keys.similarity(to)] = found.similarity
    record = {"params": options | {"keep": keep, "key": key, "groupby": groupby}, "library": sets.info}
    model_name = as_model(model).name if by == "model" else None
    result.write_record(adata, record | {"model": model_name, "terms": pd.Index(found.terms)})
    log_results([result], summary)
    return adata if copy else None


def _default_key(adata: AnnData) -> str:
    """The key of an enrichment or, if there is none, of a comparison."""
    return _keys.COMPARE if _keys.ENRICH not in adata.uns and _keys.COMPARE in adata.uns else _keys.ENRICH


def _stored(adata: AnnData, key: str, groupby: str | None) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The terms of a result in ``uns`` or of scores in ``obsm``, and the record of the gene sets."""
    record = adata.uns.get(_keys.UNS, {}).get(key, {})
    info = dict(record.get("library", record.get("gene_sets", {})))
    if key in adata.obsm:
        table = scores(adata, key=key)
        return score_results(table, None if groupby is None else groups(adata, groupby)), info
    if not isinstance(adata.uns.get(key), pd.DataFrame):
        records = adata.uns.get(_keys.UNS, {})
        names = [name for name in records if name in adata.obsm or isinstance(adata.uns.get(name), pd.DataFrame)]
        msg = (
            f"There is no table in `uns[{key!r}]` and no scores in `obsm[{key!r}]`. Results: {listing(names) or 'none'}. "
            f"Run `scgsfm.tl.enrich` or `scgsfm.tl.score` first, or set `key`.{did_you_mean(key, names)}"
        )
        raise KeyError(msg)
    if groupby is not None:
        msg = f"`groupby` is for scores, but `uns[{key!r}]` has groups already: omit it."
        raise ValueError(msg)
    return term_results(adata.uns[key]), info


def _named(info: dict[str, Any]) -> str:
    """The name of the library that a result was computed for."""
    if name := info.get("name"):
        return str(name)
    msg = "`library` must be given, since it is not known which genes the terms have: pass the library of the result."
    raise ValueError(msg)
