from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm import _keys, enrichment
from scgsfm._adata import Result, check_anndata, log_results, undo_on_error
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import listing, number, warn
from scgsfm._progress import progress_over
from scgsfm.errors import GeneSetWarning
from scgsfm.phenotypes import PhenotypeEnrichment, load_annotations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from anndata import AnnData


@checks_types
@undo_on_error
@doc_params
def phenotypes(
    adata: AnnData,
    groupby: str | None = None,
    *,
    n_genes: int = 100,
    max_padj: float = 0.05,
    exclude: str | Iterable[str] | None = None,
    min_genes: int = 5,
    max_genes: float = 500,
    n_top: int | None = 100,
    key: str = "rank_genes_groups",
    layer: str | None = None,
    use_raw: bool | None = None,
    gene_symbols: str | None = None,
    key_added: str | None = None,
    copy: bool = False,
) -> AnnData | None:
    """Find phenotypes and diseases associated with the marker genes of groups of cells.

    Markers are tested for enrichment of the genes annotated to each phenotype of the Human Phenotype Ontology
    :cite:p:`Gargano2024`, including its descendants, and to each disease (hypergeometric test, restricted to detected
    genes with at least one annotation). In addition, phenotypes are predicted: the test is whether the markers score
    higher than random gene sets matched for the number of annotated genes. The predictions for a gene come from models
    that were trained without its annotations. This is not medical advice.

    Parameters
    ----------
    adata
        Cells × genes, with counts or log-normalized values and groups of cells. The ranking in ``uns[key]`` is used if it
        was computed for ``groupby`` and still holds for the groups, genes and values of the data; otherwise, genes are
        ranked by :func:`scanpy.tl.rank_genes_groups` (t-test), without changing ``uns``. Counts are log-normalized for
        this. For data on disk and lazy data, the same test is computed from means and variances, summed in one pass.
    groupby
        Column of ``obs`` with groups of cells. Defaults to the column that ``uns[key]`` was computed for.
    n_genes
        Maximum number of markers of each group.
    max_padj
        Maximum adjusted p-value of the markers. They must also have positive values and fold changes.
    exclude
        Genes to leave out of the markers and of the background: names of genes, in any naming, or of groups:
        ``"ribosomal"`` (proteins of the cytosolic ribosome) and ``"mitochondrial"`` (genes of the mitochondrial genome).
        The next markers take their place. Ribosomal genes are markers of many cell types, and cause Diamond-Blackfan
        anemia: they can make the phenotypes of this anemia the first of any cell type that grows.
    min_genes, max_genes
        Minimum and maximum number of genes of a phenotype or disease in the background. Others are skipped.
    n_top
        Number of rows to keep for each group, kind and evidence, by p-value. ``None`` keeps all.
    key
        Key in ``uns`` of the ranking by :func:`scanpy.tl.rank_genes_groups`.
    layer
        {layer} It is used to rank genes. Defaults to that of ``uns[key]``.
    use_raw
        {use_raw} Defaults to that of ``uns[key]``, or else to ``False``.
    gene_symbols
        {gene_symbols}
    key_added
        {key_added}
    copy
        {copy}

    Returns
    -------
    Returns ``None``, or the copy if ``copy=True``. Sets the following fields:

    ``adata.uns["phenotypes"]`` : :class:`pandas.DataFrame`
        The table described below.
    ``adata.uns["scgsfm"]["phenotypes"]`` : :class:`dict`
        Parameters, the ranking, and the sources with version and citation.

    The table has the columns

    ``group`` : str
        Group of cells.
    ``kind`` : str
        ``"phenotype"`` or ``"disease"``.
    ``id``, ``term`` : str
        ID and name of the phenotype or disease.
    ``evidence`` : str
        ``"known"`` or ``"predicted"``.
    ``source`` : str
        Source of the annotations with its version, or the model.
    ``score`` : float64
        For known evidence, the log2 odds ratio. For predicted evidence, the z-score of the mean prediction relative to
        random genes, minus the median over all phenotypes and divided by their spread. This accounts for the similarity
        of markers to each other.
    ``pvalue``, ``padj`` : float64
        p-values, and p-values adjusted over all tests of the group, kind and evidence (Benjamini and Hochberg). For
        predicted evidence, the p-value is the fraction of 400 random lists with an equal or higher score.
    ``n_genes``, ``n_found`` : int64
        Number of genes with the annotation, and number of these in the background.
    ``n_hits`` : int64
        Number of markers that support the row.
    ``genes`` : str
        Names of these markers, separated by ``;``: those annotated, or the top-ranked of those predicted but not
        annotated.

    Raises
    ------
    GeneMatchError
        If too few genes of the data are recognized, or no phenotype or disease has enough genes.
    ValueError
        If a parameter is out of range, or genes cannot be ranked.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.phenotypes(adata, "cell_type")
    >>> table = adata.uns["phenotypes"]
    >>> known = table[(table["evidence"] == "known") & (table["kind"] == "phenotype")]
    """
    check_anndata(adata, copy=copy)
    if n_genes < 1 or not 0 < max_padj <= 1 or (n_top is not None and n_top < 1):
        msg = (
            f"`n_genes` is {n_genes}, `max_padj` {max_padj} and `n_top` {n_top}, but must be at least 1, between 0 and 1, "
            "and at least 1 (or None for all)."
        )
        raise ValueError(msg)
    result = key_added or _keys.PHENOTYPES
    target = Result.check(adata, "tl.phenotypes", result, uns=[result])
    source = enrichment.from_adata(
        adata,
        groupby=groupby,
        key=key,
        layer=layer,
        use_raw=use_raw,
        gene_symbols=gene_symbols,
        function="phenotypes",
    ).without(exclude)
    background = source.background or enrichment.Background(np.empty(0, dtype=object))
    tests = PhenotypeEnrichment.over(background.genes, min_genes=min_genes, max_genes=max_genes)
    tables: list[pd.DataFrame] = []
    lists = source.top(n_genes, max_padj)
    for group, genes in progress_over(lists.items(), total=len(lists), unit="groups", description="Phenotypes"):
        if len(genes):
            query = pd.Index(background.genes).get_indexer(pd.Index(genes))
            tables += tests.tables(group, query, n_top)
    if empty := [group for group, genes in lists.items() if not len(genes)]:
        msg = f"Groups with no marker of an adjusted p-value of at most {max_padj:g} are skipped: {listing(empty)}."
        warn(msg, GeneSetWarning)
    if not tables:
        msg = "No group has a marker: increase `max_padj`, or check the ranking of the genes."
        raise ValueError(msg)
    adata = adata.copy() if copy else adata
    annotations = load_annotations()
    adata.uns[result] = pd.concat(tables, ignore_index=True)
    params = {"n_genes": n_genes, "max_padj": max_padj, "min_genes": min_genes, "max_genes": max_genes, "n_top": n_top}
    record = {"params": params | {"gene_symbols": gene_symbols}, "ranking": source.made, "sources": annotations.sources}
    target.write_record(adata, record | {"about": annotations.about(), "n_background": len(background.genes)})
    log_results([target], number(adata.uns[result]["group"].nunique(), "group"), source.note)
    return adata if copy else None
