from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm import _keys, enrichment
from scgsfm._adata import write_record
from scgsfm._messages import warn
from scgsfm.errors import GeneSetWarning
from scgsfm.phenotypes import PhenotypeEnrichment, load_annotations

if TYPE_CHECKING:
    from anndata import AnnData


def phenotypes(
    adata: AnnData,
    groupby: str | None = None,
    *,
    n_genes: int = 100,
    max_padj: float = 0.05,
    min_genes: int = 5,
    max_genes: int = 500,
    n_top: int | None = 100,
    key: str = "rank_genes_groups",
    layer: str | None = None,
    use_raw: bool = False,
    gene_symbols: str | None = None,
    key_added: str | None = None,
    copy: bool = False,
) -> AnnData | None:
    """Find the phenotypes and diseases that the marker genes of groups of cells stand behind.

    Markers are tested against the genes annotated to each phenotype of the Human Phenotype Ontology
    :cite:p:`Gargano2024`, ancestors included, and to each disease (hypergeometric, among the genes that any cell has and
    that anything is annotated to). Beside what is known, phenotypes are predicted: are the markers predicted to have it
    more strongly than random genes of the data, as many of them annotated? The predictions come from models that have not
    seen the annotations of the gene itself. Nothing here is medical advice.

    Parameters
    ----------
    adata
        Cells × genes, log-normalised, with groups of cells. Their genes are ranked by ``uns[key]``, if this is of
        ``groupby``, else by :func:`scanpy.tl.rank_genes_groups` (t-test, without changing ``uns``).
    groupby
        Column of ``obs`` with the groups of cells; by default that of ``uns[key]``.
    n_genes
        How many genes of each group to take.
    max_padj
        Only genes with a lower adjusted p-value, positive values and fold changes are taken.
    min_genes, max_genes
        Phenotypes and diseases are tested if the background has that many of their genes.
    n_top
        Rows to keep for each group, kind and evidence, by p-value; ``None`` for all.
    key
        Where ``uns`` has the ranking by :func:`scanpy.tl.rank_genes_groups`.
    layer
        Layer to rank genes by instead of ``X``.
    use_raw
        Rank the genes of ``adata.raw``.
    gene_symbols
        Column of ``var`` with the gene names; by default the index, or the column that holds symbols if the index
        doesn't.
    key_added
        Key in ``uns``.
    copy
        Return a copy instead of writing to ``adata``.

    Returns
    -------
    ``None``, or the copy if ``copy=True``. Sets the fields:

    ``adata.uns["phenotypes"]`` or ``adata.uns[key_added]`` : :class:`pandas.DataFrame`
        The table.
    ``adata.uns["scgsfm"]["phenotypes"]`` or ``adata.uns["scgsfm"][key_added]`` : :class:`dict`
        Parameters, the ranking, and sources with version and citation.

    The table has the columns

    ``group`` : str
        The group of cells.
    ``kind`` : str
        ``"phenotype"`` or ``"disease"``.
    ``id``, ``term`` : str
        Id and name of the phenotype or disease.
    ``evidence`` : str
        ``"known"`` or ``"predicted"``.
    ``source`` : str
        Who annotated it, with version; the model for what is predicted.
    ``score`` : float64
        The log2 odds ratio for what is known; for what is predicted, how far the mean is above that of random genes, in
        standard deviations, from the median of this among all phenotypes and over its spread: markers resemble each other,
        random genes don't.
    ``pvalue``, ``padj`` : float64
        For what is predicted, the share of the scores of 400 random lists that is as high. ``padj`` is adjusted over all
        that was tested of the group, kind and evidence (Benjamini and Hochberg).
    ``n_genes``, ``n_found`` : int64
        How many genes have the annotation, and how many of them the background has.
    ``n_hits`` : int64
        How many of the markers are behind the row.
    ``genes`` : str
        Which, separated by ``;``: those annotated, or the foremost of those that are predicted but not annotated.

    Raises
    ------
    GeneMatchError
        If hardly any gene of the data is known, or nothing has enough of them.
    ValueError
        If a parameter is out of range, or there is nothing to rank genes by.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.phenotypes(adata, "cell_type")
    >>> table = adata.uns["phenotypes"]
    >>> known = table[(table["evidence"] == "known") & (table["kind"] == "phenotype")]
    """
    if n_genes < 1 or not 0 < max_padj <= 1 or (n_top is not None and n_top < 1):
        msg = (
            f"`n_genes` is {n_genes}, `max_padj` {max_padj} and `n_top` {n_top}, but must be at least 1, between 0 and 1, "
            "and at least 1 (or None for all)."
        )
        raise ValueError(msg)
    source = enrichment.from_adata(
        adata, groupby=groupby, key=key, layer=layer, use_raw=use_raw, gene_symbols=gene_symbols
    )
    background = source.background or enrichment.Background(np.empty(0, dtype=object))
    tests = PhenotypeEnrichment.over(background.genes, min_genes=min_genes, max_genes=max_genes)
    tables: list[pd.DataFrame] = []
    for group, genes in source.top(n_genes, max_padj).items():
        if len(genes):
            query = pd.Index(background.genes).get_indexer(pd.Index(genes))
            tables += tests.tables(group, query, n_top)
        else:
            msg = f"{group!r} has no marker with an adjusted p-value below {max_padj:g} and is left out."
            warn(msg, GeneSetWarning)
    if not tables:
        msg = "No group has a marker: raise `max_padj`, or look at the ranking of the genes."
        raise ValueError(msg)
    adata = adata.copy() if copy else adata
    result, known = key_added or _keys.PHENOTYPES, load_annotations()
    adata.uns[result] = pd.concat(tables, ignore_index=True)
    params = {"n_genes": n_genes, "max_padj": max_padj, "min_genes": min_genes, "max_genes": max_genes, "n_top": n_top}
    record = {"params": params | {"gene_symbols": gene_symbols}, "ranking": source.made, "sources": known.sources}
    write_record(adata, result, record | {"about": known.about(), "n_background": len(background.genes)})
    return adata if copy else None
