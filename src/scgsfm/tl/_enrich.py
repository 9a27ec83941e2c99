from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from scgsfm import _keys
from scgsfm._adata import Result, check_anndata, has_parts, log_results, undo_on_error
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import number, random_generator
from scgsfm.enrichment import DEFAULT_KEY, EnrichmentOptions, background_names, from_adata, from_genes, run_enrichment
from scgsfm.genesets import GeneSets
from scgsfm.models import as_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike

    import numpy as np
    import pandas as pd
    from anndata import AnnData

    from scgsfm.genesets import GeneSetsLike
    from scgsfm.models.gsfm import GSFM


@checks_types
@undo_on_error
@doc_params
def enrich(
    data: AnnData | Sequence[str] | Mapping[str, Sequence[str]] | pd.Series | pd.DataFrame,
    library: GeneSetsLike = "hallmark",
    *,
    mode: Literal["overlap", "ranked", "gsfm"] | None = None,
    groupby: str | None = None,
    background: Iterable[str] | None = None,
    n_genes: int = 100,
    max_padj: float = 0.05,
    exclude: str | Iterable[str] | None = None,
    min_genes: int = 5,
    max_genes: float = 500,
    model: str | PathLike[str] | GSFM = "gsfm-base",
    n_null: int | None = None,
    key: str = "rank_genes_groups",
    layer: str | None = None,
    use_raw: bool | None = None,
    gene_symbols: str | None = None,
    key_added: str | None = None,
    rng: int | np.random.Generator = 0,
    copy: bool = False,
) -> pd.DataFrame | AnnData | None:
    r"""Test gene lists, rankings or the markers of groups of cells for enrichment of the terms of a library.

    There are three modes.

    ``"overlap"``
        Does the list contain more genes of the term than a random list? One-sided hypergeometric test.
    ``"ranked"``
        Are the genes of the term concentrated at one end of the ranking? Weighted running sum of GSEA
        :cite:p:`Subramanian2005`, with p-values from a fitted null distribution as in blitzGSEA :cite:p:`Lachmann2022`.
    ``"gsfm"``
        Does a gene set foundation model :cite:p:`Clarke2026` associate the term with the list, even if they share no
        gene? Genes of the list are scored by the rest of the list. The null distribution comes from random lists of the
        same size and popularity and, for AnnData, the same expression.

    Parameters
    ----------
    data
        One of

        - a list of genes, or several: a dict from names to lists, a Series of lists, or a table with a column for each;
        - a ranking: a Series of numbers with genes as index, or several: a dict of these, or a table with a column of
          numbers for each group;
        - a table of differential expression, as from scanpy (:func:`scanpy.get.rank_genes_groups_df`), DESeq2, edgeR,
          limma or Seurat, with gene names in the index or a column. It is one ranking, or one for each value of a column
          ``group`` or ``cluster``: by the test statistic, or else by -log10 p with the sign of the log fold change, or
          else by the log fold change. The log states which;
        - AnnData, cells × genes, with counts or log-normalized values and groups of cells. The ranking in ``uns[key]``
          is used if it was computed for ``groupby`` and still holds for the groups, genes and values of the data;
          otherwise, genes are ranked by :func:`scanpy.tl.rank_genes_groups` (t-test), without changing ``uns``. Counts
          are log-normalized for this. For data on disk and lazy data (h5ad, zarr, dask), the same test is computed from the
          means and variances of the groups, which are summed in one pass.
    library
        Terms: the name of a library, or any other input of :class:`~scgsfm.GeneSets`. Weights are ignored.
    mode
        Defaults to ``"ranked"`` for a Series or a table, and to ``"overlap"`` otherwise.
    groupby
        Column of ``obs`` with groups of cells. Defaults to the column that ``uns[key]`` was computed for.
    background
        Genes that could have entered the list. Defaults to the genes detected in any cell, the genes of the ranking, or,
        for a list, the genes of the library or, for ``mode="gsfm"``, of the model. Other genes are ignored.
    n_genes
        Number of genes to take from the top of each ranking to form a list.
    max_padj
        Maximum adjusted p-value of these genes, if the ranking has p-values. They must also have positive values and
        fold changes.
    exclude
        Genes to leave out of the markers and of the background: names of genes, in any naming, or of groups:
        ``"ribosomal"`` (proteins of the cytosolic ribosome) and ``"mitochondrial"`` (genes of the mitochondrial genome).
        The next markers take their place. Only for AnnData.
    min_genes, max_genes
        Minimum and maximum number of genes of a term in the background. Other terms are skipped.
    model
        {model} It is used by ``mode="gsfm"``.
    n_null
        Number of random lists for ``mode="gsfm"`` (default: 500), or of random sets of each size for ``mode="ranked"``
        (default: 4,000).
    key
        Key in ``uns`` of the ranking by :func:`scanpy.tl.rank_genes_groups`. A ranking that was cut to ``n_genes`` or
        filtered is completed; lists keep to the genes that were not filtered. With ``mask_var``, the background is the
        genes that were ranked.
    layer
        {layer} It is used to rank genes. Defaults to that of ``uns[key]``.
    use_raw
        {use_raw} Defaults to that of ``uns[key]``, or else to ``False``.
    gene_symbols
        {gene_symbols}
    key_added
        {key_added}
    rng
        Seed or generator of the random lists and sets.
    copy
        {copy} Only for AnnData.

    Returns
    -------
    For lists and rankings, the table described below. For AnnData, ``None``, or the copy if ``copy=True``. Sets the
    following fields:

    ``adata.uns["enrich"]`` : :class:`pandas.DataFrame`
        The table.
    ``adata.uns["scgsfm"]["enrich"]`` : :class:`dict`
        Parameters, the library, and the number of genes in the background and in each list.

    The table has one row for each group and term, ordered by group and p-value, with the columns

    ``group``, ``term``
        Name of the list, ranking or group of cells (``"query"`` if it has no name), and of the term.
    ``score`` : float64
        Log2 odds ratio for ``"overlap"``, normalized enrichment score for ``"ranked"``, and number of standard
        deviations from the mean of random lists for ``"gsfm"``.
    ``es`` : float64
        Enrichment score, for ``"ranked"`` only.
    ``pvalue``, ``padj`` : float64
        p-values, and p-values adjusted over the terms of each group (Benjamini and Hochberg).
    ``n_genes``, ``n_found`` : int64
        Number of genes of the term, and number of these in the background.
    ``n_hits`` : int64
        Number of these in the list or in the leading edge.
    ``genes`` : str
        Names of the hits, separated by ``;``: the genes in the list, the leading edge from its end inwards, or, for
        ``"gsfm"``, the genes that the model associates with the list (more than 2 standard deviations above the mean),
        in decreasing order.

    Groups without a gene to test are skipped with a warning.

    Raises
    ------
    GeneMatchError
        If too few genes of a list or of the library are in the background, or no term has enough genes.
    ValueError
        If a parameter is out of range, ``mode`` is not available for ``data``, genes cannot be ranked, or the library
        has negative weights.

    Examples
    --------
    >>> import scgsfm
    >>> genes = ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1", "STAT1", "ACTB", "CD3D"]
    >>> table = scgsfm.tl.enrich(genes, library="hallmark")
    >>> table["term"][0], table["n_hits"][0].item()
    ('HALLMARK_INTERFERON_GAMMA_RESPONSE', 5)
    """
    from anndata import AnnData

    options = EnrichmentOptions(mode, n_genes, max_padj, min_genes, max_genes, n_null)
    sets = GeneSets(library)
    given = None if background is None else background_names(background)
    generator = random_generator(rng)
    if has_parts(data):
        check_anndata(data, argument="data")
    if not isinstance(data, AnnData):
        only_for_adata: dict[str, Any] = {
            "groupby": groupby,
            "exclude": exclude,
            "layer": layer,
            "gene_symbols": gene_symbols,
            "key_added": key_added,
        }
        only_for_adata |= {"use_raw": use_raw, "copy": copy or None, "key": None if key == DEFAULT_KEY else key}
        if unused := [name for name, value in only_for_adata.items() if value is not None]:
            msg = f"`{unused[0]}` requires AnnData, but `data` is a {type(data).__name__}."
            raise ValueError(msg)
        table, record = run_enrichment(from_genes(data), sets, options, given, partial(as_model, model), generator)
        logger.info("tested %s", _summary(table, record))
        return table

    check_anndata(data, argument="data", copy=copy, key_added=key_added)
    key_of_table = key_added or _keys.ENRICH
    result = Result.check(data, "tl.enrich", key_of_table, uns=[key_of_table])
    source = from_adata(data, groupby=groupby, key=key, layer=layer, use_raw=use_raw, gene_symbols=gene_symbols)
    source = source.without(exclude)
    table, record = run_enrichment(source, sets, options, given, partial(as_model, model), generator)
    adata = data.copy() if copy else data
    adata.uns[key_of_table] = table
    result.write_record(adata, record | {"ranking": source.made, "gene_symbols": gene_symbols})
    log_results([result], _summary(table, record), source.note)
    return adata if copy else None


def _summary(table: pd.DataFrame, record: Mapping[str, Any]) -> str:
    """What was tested, and how much of it is significant."""
    groups = table["group"].drop_duplicates()
    what = "" if len(groups) == 1 and groups.iloc[0] == "query" else f"{number(len(groups), 'group')}; "
    terms = number(table["term"].nunique(), "term")
    significant = int((table["padj"] <= 0.05).sum())
    return f"{what}{terms} in {record['n_background']:,} genes; {number(significant, 'row')} with padj ≤ 0.05"
