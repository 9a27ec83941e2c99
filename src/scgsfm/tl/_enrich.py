from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from scgsfm import _keys
from scgsfm._adata import write_record
from scgsfm.enrichment import EnrichmentOptions, from_adata, from_genes, run_enrichment
from scgsfm.genes import as_names
from scgsfm.genesets import GeneSets
from scgsfm.models import as_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike

    import pandas as pd
    from anndata import AnnData

    from scgsfm.models.gsfm import GSFM


def enrich(
    data: AnnData | Sequence[str] | Mapping[str, Sequence[str]] | pd.Series | pd.DataFrame,
    library: Any = "hallmark",
    *,
    mode: Literal["overlap", "ranked", "gsfm"] | None = None,
    groupby: str | None = None,
    background: Iterable[str] | None = None,
    n_genes: int = 100,
    max_padj: float = 0.05,
    min_genes: int = 5,
    max_genes: int = 500,
    model: str | PathLike[str] | GSFM = "gsfm-base",
    n_null: int | None = None,
    key: str = "rank_genes_groups",
    layer: str | None = None,
    use_raw: bool = False,
    gene_symbols: str | None = None,
    key_added: str | None = None,
    rng: int | np.random.Generator = 0,
    copy: bool = False,
) -> pd.DataFrame | AnnData | None:
    r"""Test which terms of a library gene lists, rankings or the markers of groups of cells are enriched for.

    There are three modes.

    ``"overlap"``
        Are more genes of the term in the list than in a random one? The hypergeometric test, one-sided.
    ``"ranked"``
        Do the genes of the term gather at an end of the ranking? The weighted running sum of GSEA
        :cite:p:`Subramanian2005`, with p-values from a fitted null as in blitzGSEA :cite:p:`Lachmann2022`.
    ``"gsfm"``
        Does a gene set foundation model :cite:p:`Clarke2026` relate the genes of the term to the list, be they in it or
        not? Genes of the list are judged by the rest of it, and the null is random lists of the same size, popularity
        and, for data, expression.

    Parameters
    ----------
    data
        One of

        - a list of genes, or a dict from names to lists;
        - a ranking: a Series of numbers with genes as index, a table of such columns, one a group, or what
          :func:`scanpy.get.rank_genes_groups_df` returns;
        - cells × genes, log-normalised, with groups of cells. Their genes are ranked by ``uns[key]``, if this is of
          ``groupby``, else by :func:`scanpy.tl.rank_genes_groups` (t-test, without changing ``uns``).
    library
        Terms: whatever :class:`~scgsfm.GeneSets` takes, such as the name of a library; weights aren't used.
    mode
        By default ``"ranked"`` for a Series or a table and ``"overlap"`` for the rest.
    groupby
        Column of ``obs`` with the groups of cells; by default that of ``uns[key]``.
    background
        Genes that a list could have drawn. By default those that any cell has, or those of the ranking, or, of a list,
        those of the library. Genes outside it don't count.
    n_genes
        Length of the lists taken from the top of rankings.
    max_padj
        Only genes with a lower adjusted p-value are taken from rankings that have one. They also must have positive
        values and fold changes.
    min_genes, max_genes
        Terms are tested if the background has that many of their genes.
    model
        Name or folder of a model, or the loaded model itself; for ``mode="gsfm"``.
    n_null
        Random lists for ``mode="gsfm"``, 500 by default; random sets of each size for ``mode="ranked"``, 4,000.
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
    rng
        Seed or generator of the random lists and sets.
    copy
        Of data: return a copy instead of writing to them.

    Returns
    -------
    For lists and rankings a table, for data ``None``, or the copy if ``copy=True``. Sets the fields:

    ``adata.uns["enrich"]`` or ``adata.uns[key_added]`` : :class:`pandas.DataFrame`
        The table.
    ``adata.uns["scgsfm"]["enrich"]`` or ``adata.uns["scgsfm"][key_added]`` : :class:`dict`
        Parameters, the library, and numbers of genes of the background and of each list.

    The table has one row a group and term, the terms of a group by p-value, with the columns

    ``group``, ``term``
        Names of the list, ranking or group of cells (``"query"`` if it has none) and of the term.
    ``score`` : float64
        For ``"overlap"`` the log2 odds ratio, for ``"ranked"`` the normalised enrichment score, for ``"gsfm"`` the
        standard deviations between the list and random ones.
    ``es`` : float64
        The enrichment score, for ``"ranked"`` only.
    ``pvalue``, ``padj`` : float64
        ``padj`` is adjusted over the terms of a group (Benjamini and Hochberg).
    ``n_genes``, ``n_found`` : int64
        How many genes the term has, and how many the background has of them.
    ``n_hits`` : int64
        How many of these are in the list, or in the leading edge.
    ``genes`` : str
        Which genes, separated by ``;``: those in the list, the leading edge from its end inwards, or, for
        ``"gsfm"``, those that the model relates to the list (2 standard deviations above the mean), the most related
        first.

    Groups without a gene to test are left out, with a warning.

    Raises
    ------
    GeneMatchError
        If hardly any gene of a list or of the library is in the background, or no term has enough.
    ValueError
        If a parameter is out of range, ``mode`` doesn't fit ``data``, there is nothing to rank genes by, or the
        library has negative weights.

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
    given = None if background is None else as_names(background)
    generator = np.random.default_rng(rng)
    if not isinstance(data, AnnData):
        options_of_cells = {"groupby": groupby, "layer": layer, "gene_symbols": gene_symbols, "key_added": key_added}
        if useless := [name for name, value in options_of_cells.items() if value is not None]:
            msg = f"`{useless[0]}` is for AnnData, but `data` is a {type(data).__name__}."
            raise ValueError(msg)
        return run_enrichment(from_genes(data), sets, options, given, partial(as_model, model), generator)[0]

    source = from_adata(data, groupby=groupby, key=key, layer=layer, use_raw=use_raw, gene_symbols=gene_symbols)
    table, record = run_enrichment(source, sets, options, given, partial(as_model, model), generator)
    adata = data.copy() if copy else data
    result = key_added or _keys.ENRICH
    adata.uns[result] = table
    write_record(adata, result, record | {"ranking": source.made, "gene_symbols": gene_symbols})
    return adata if copy else None
