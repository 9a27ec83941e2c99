from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from scgsfm import _keys, enrichment
from scgsfm._adata import Result, check_anndata, has_parts, log_results, undo_on_error
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import number, random_generator
from scgsfm.drugs import RankingOptions, open_signatures, profiles_of_lists, profiles_of_rankings, rank_compounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike

    import numpy as np
    import pandas as pd
    from anndata import AnnData

    from scgsfm.drugs import SignatureIndex


@checks_types
@undo_on_error
@doc_params
def drugs(
    data: AnnData | Mapping[str, pd.Series] | pd.Series | pd.DataFrame | None = None,
    groupby: str | None = None,
    *,
    up: Iterable[str] | None = None,
    down: Iterable[str] | None = None,
    background: Iterable[str] | None = None,
    index: str | PathLike[str] | pd.DataFrame | SignatureIndex = "bundled",
    method: Literal["cosine", "connectivity", "agreement", "consensus"] = "cosine",
    by: Literal["compound", "cell", "signature"] = "compound",
    n_genes: int | None = 150,
    min_genes: int = 10,
    min_class: int = 3,
    exclude: str | Iterable[str] | None = None,
    key: str = "rank_genes_groups",
    layer: str | None = None,
    use_raw: bool | None = None,
    gene_symbols: str | None = None,
    key_added: str | None = None,
    rng: int | np.random.Generator = 0,
    copy: bool = False,
) -> pd.DataFrame | AnnData | None:
    r"""Find compounds whose perturbation signatures mimic or reverse the differential expression of groups of cells.

    A signature lists the genes that rise and fall in cell lines treated with a compound. It mimics a profile if it shifts
    the same genes in the same direction, and reverses it if it shifts them in the opposite direction. The result says that
    expression changes are similar. It does not say that a tissue or a patient responds to a compound, nor at which dose.

    Parameters
    ----------
    data
        AnnData, cells × genes, with counts or log-normalized values and groups of cells; or a ranking or table of
        differential expression, see :func:`~scgsfm.tl.enrich`. Omit it to give ``up`` and ``down``.
    groupby
        Column of ``obs`` with groups of cells. Defaults to the column that ``uns[key]`` was computed for.
    up, down
        Genes that rise and genes that fall, instead of ``data``.
    background
        All genes that were measured, for ``up`` and ``down``. By default, all genes of the signatures.
    index
        Signatures: ``"bundled"`` (consensus signatures of 1,100 compounds over cell lines, doses and times in LINCS L1000
        :cite:p:`Subramanian2017`, by :cite:t:`Himmelstein2017`; 978 measured genes), the name or file of an index that ``scgsfm update
        drugs`` built, or a table with the columns ``compound``, ``gene`` and ``weight``.
    method
        Score of a signature: ``"cosine"``, ``"connectivity"`` (weighted connectivity of :cite:t:`Subramanian2017`),
        ``"agreement"`` (of the directions of shared genes), or ``"consensus"``, the mean of their z-scores.
    by
        Whether a row is a compound, over all its signatures, a compound in one cell line, or a signature.
    n_genes
        Number of genes to use from each end of a ranking, among those that a source of signatures has. ``None`` uses all.
    min_genes
        Minimum number of measured genes of a signature. Others are left out.
    min_class
        Minimum number of compounds of a mechanism or target to test.
    exclude
        Genes to leave out: names, or ``"ribosomal"`` and ``"mitochondrial"``. Only for AnnData.
    key
        Key in ``uns`` of the ranking by :func:`scanpy.tl.rank_genes_groups`. It is used if it was computed for ``groupby``
        and still holds; otherwise, genes are ranked again (t-test), without changing ``uns``.
    layer
        {layer} It is used to rank genes. Defaults to that of ``uns[key]``.
    use_raw
        {use_raw} Defaults to that of ``uns[key]``, or else to ``False``.
    gene_symbols
        {gene_symbols}
    key_added
        {key_added} The table of classes is stored under this key followed by ``_classes``.
    rng
        Seed or generator of the random signatures.
    copy
        {copy} Only for AnnData.

    Returns
    -------
    For lists and rankings, the table described below; use :func:`scgsfm.get.drugs` with ``table="classes"`` for the
    mechanisms and targets. For AnnData, ``None``, or the copy if ``copy=True``. Sets the following fields:

    ``adata.uns["drugs"]`` : :class:`pandas.DataFrame`
        The table.
    ``adata.uns["drugs_classes"]`` : :class:`pandas.DataFrame`
        Mechanisms of action and targets whose compounds score higher or lower than the others: ``group``, ``kind``
        (``"mechanism"`` or ``"target"``), ``term``, ``score`` (z-score of the Mann–Whitney U test), ``auroc``,
        ``pvalue``, ``padj``, ``n_compounds`` and ``compounds``.
    ``adata.uns["scgsfm"]["drugs"]`` : :class:`dict`
        Parameters, the ranking, and the sources with version, license and citation.

    The table has one row for each group and compound, ordered by group and p-value, with the columns

    ``group``, ``compound`` : str
        Names.
    ``score`` : float64
        z-score relative to random signatures of the same sizes and gene popularity; positive if the compound mimics the
        profile. Several signatures of a compound are combined with regard to their similarity.
    ``direction`` : str
        ``"mimics"`` or ``"reverses"``.
    ``pvalue``, ``padj`` : float64
        Two-sided p-values, and p-values adjusted over the rows of the group (Benjamini and Hochberg). They compare a
        signature with random genes. Since genes are correlated, many compounds are significant for a strong profile: use
        the order and the classes. Values below about 0.001 extrapolate the fitted null distribution.
    ``cosine``, ``connectivity``, ``agreement`` : float64
        Means of the scores of the signatures.
    ``n_shared``, ``n_signatures``, ``n_agreeing`` : int64
        Mean number of genes shared with a signature; number of signatures, and of those with the direction of the score.
    ``cell``, ``dose``, ``time``, ``source``, ``mechanism``, ``targets``, ``inchikey``, ``drugbank`` : str
        What is known of the signatures and the compound; several values are separated by ``;``.

    Raises
    ------
    GeneMatchError
        If too few genes are recognized or shared with the signatures.
    ValueError
        If a parameter is out of range, or both ``data`` and lists are given.
    FileNotFoundError
        If there is no such index.

    Examples
    --------
    >>> import scgsfm
    >>> up = ["HMOX1", "HSPA1A", "DNAJB1", "PSMD4", "BAG3", "HSPA8", "DDIT4", "GADD45B"]
    >>> table = scgsfm.tl.drugs(up=up, down=["CCNA2", "CCNB1", "CDC20", "AURKA", "MYC"])
    >>> "bortezomib" in table["compound"][:5].tolist()
    True
    """
    from anndata import AnnData

    options = RankingOptions(method, by, n_genes, min_genes, min_class)
    signatures, generator = open_signatures(index), random_generator(rng)
    if (data is None) == (up is None and down is None):
        msg = "Give either `data`, or the lists `up` and `down`."
        raise ValueError(msg)
    if has_parts(data):
        check_anndata(data, argument="data")
    if not isinstance(data, AnnData):
        only_for_adata: dict[str, Any] = {"groupby": groupby, "exclude": exclude, "layer": layer, "use_raw": use_raw}
        only_for_adata |= {"gene_symbols": gene_symbols, "key_added": key_added, "copy": copy or None}
        if unused := [name for name, value in only_for_adata.items() if value is not None]:
            msg = f"`{unused[0]}` requires AnnData as `data`."
            raise ValueError(msg)
        given = data is not None
        lists = profiles_of_rankings(enrichment.from_genes(data)) if given else None
        ranked = rank_compounds(
            lists or profiles_of_lists(up, down, background),
            signatures,
            options,
            generator,
            measured=given or background is not None,
        )
        logger.info("compared with %s", _summary(ranked.table))
        return ranked.table

    if background is not None:
        msg = "`background` is for `up` and `down`: the background of AnnData is the detected genes."
        raise ValueError(msg)
    check_anndata(data, argument="data", copy=copy, key_added=key_added)
    name = key_added or _keys.DRUGS
    result = Result.check(data, "tl.drugs", name, uns=[name, _keys.classes(name)])
    options_of_ranking = {"groupby": groupby, "key": key, "layer": layer, "use_raw": use_raw}
    source = enrichment.from_adata(data, **options_of_ranking, gene_symbols=gene_symbols, function="drugs")  # type: ignore[arg-type]
    ranked = rank_compounds(profiles_of_rankings(source.without(exclude)), signatures, options, generator)
    adata = data.copy() if copy else data
    adata.uns[name], adata.uns[_keys.classes(name)] = ranked.table, ranked.classes
    params = {
        "method": method,
        "by": by,
        "n_genes": n_genes,
        "min_genes": min_genes,
        "min_class": min_class,
        "gene_symbols": gene_symbols,
    }
    result.write_record(adata, {"params": params, "ranking": source.made, **ranked.record})
    log_results([result], _summary(ranked.table), source.note)
    return adata if copy else None


def _summary(table: pd.DataFrame) -> str:
    """What was ranked."""
    return f"{number(table['group'].nunique(), 'group')}; {number(table['compound'].nunique(), 'compound')}"
