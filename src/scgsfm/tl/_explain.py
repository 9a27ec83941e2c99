from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scgsfm import _keys
from scgsfm._adata import Result, check_anndata, groups, has_parts, log_results, undo_on_error
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import check_at_least, number
from scgsfm.completion import named_libraries
from scgsfm.explanation import (
    Evidence,
    Options,
    Sources,
    data_source,
    explain_queries,
    explanations_table,
    queries_of,
    rephraser,
    summary,
)
from scgsfm.models import as_model, chat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from os import PathLike

    import pandas as pd
    from anndata import AnnData

    from scgsfm.explanation import Explanation
    from scgsfm.genesets import GeneSetsLike
    from scgsfm.models.gsfm import GSFM


@checks_types
@undo_on_error
@doc_params
def explain(
    data: AnnData | Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    groupby: str | None = None,
    *,
    genes: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    gene: str | None = None,
    term: str | None = None,
    libraries: str | Sequence[str] | Mapping[str, GeneSetsLike] = ("go_bp", "reactome", "hallmark", "cell_types"),
    phenotypes: bool = True,
    evidence: str | Sequence[str] | Mapping[str, str | pd.DataFrame | None] | None = None,
    n_genes: int = 50,
    n_terms: int = 3,
    max_padj: float = 0.05,
    exclude: str | Iterable[str] | None = None,
    rephrase: bool | str | Callable[[str], str] = False,
    show_prompt: bool = False,
    model: str | PathLike[str] | GSFM = "gsfm-base",
    key: str = "rank_genes_groups",
    layer: str | None = None,
    use_raw: bool | None = None,
    gene_symbols: str | None = None,
    key_added: str | None = None,
    copy: bool = False,
) -> Explanation | dict[str, Explanation] | AnnData | None:
    """Explain groups of cells, gene sets, a gene or a term in a short text whose every claim is checked.

    The text says what the genes are likely to do, which genes say so, what else is predicted, how sure this is, and what
    argues against it. It is written from retrieved facts: enriched terms and their genes, definitions of the Gene Ontology
    :cite:p:`GeneOntology2023`, genes that a gene set foundation model :cite:p:`Clarke2026` predicts, fold changes of
    markers, signatures of cell types, phenotypes and diseases :cite:p:`Gargano2024`, and results for the same groups: cell
    types from :func:`~scgsfm.tl.annotate` with their definition in the Cell Ontology :cite:p:`Diehl2016`, differences
    between conditions from :func:`~scgsfm.tl.compare`, and motifs of accessible peaks from
    :func:`~scgsfm.tl.motif_activity`. Each sentence consists of claims, which are checked by separate code against the
    libraries, the ranking and the model, with the verdicts of GeneAgent :cite:p:`Wang2025`: supported, partially supported
    or refuted. A sentence with a claim that is not supported is struck and listed. Names of groups, sets and conditions are
    not used, since they would give the answer away; those of groups and conditions are added to the finished text.

    Genes that fit each other no better than random genes of the same number and popularity have no coherent function,
    which the text states. If only some of the genes fit each other, this core is explained, and genes that do not fit
    are listed.

    Parameters
    ----------
    data
        AnnData, cells × genes, with counts or log-normalized values. The ranking in ``uns[key]`` is used if it was computed for
        ``groupby`` and still holds for the groups, genes and values of the data; otherwise, genes are ranked by
        :func:`scanpy.tl.rank_genes_groups` (t-test), without changing ``uns``. With ``genes``,
        ``gene`` or ``term``, only its genes are used, as the background; without AnnData, the background is all genes of
        the libraries. A list, or a dict of lists, is the same as ``genes``.
    groupby
        Column of ``obs`` with groups of cells. Defaults to the column that ``uns[key]`` was computed for.
    genes
        A list of genes to explain, or a dict from names to lists.
    gene
        A gene to explain, by the genes that the model associates with it.
    term
        A term to explain: its name in one of the libraries, or a part of the name that fits no other.
    libraries
        Names of libraries, or a dict from names to gene sets.
    phenotypes
        Whether to report phenotypes and diseases. This is not medical advice.
    evidence
        Results about the groups to use: one or several of ``"annotation"``, ``"comparison"`` and ``"motifs"``, or a dict
        from these to a key in ``uns`` or a table, such as ``{{"motifs": peaks.uns["motif_activity"]}}`` from another AnnData
        object with the same groups. Defaults to those that are stored under their default keys for the same groups. An
        empty list uses none.
    n_genes
        Maximum number of markers of each group.
    n_terms
        Maximum number of functions. Terms whose genes are mostly those of a better term are left out.
    max_padj
        Maximum adjusted p-value of terms and markers.
    exclude
        Genes to leave out of the markers and of the background, as in :func:`~scgsfm.tl.enrich`.
    rephrase
        Whether a chat model rephrases the supported sentences: a function from a prompt to a text; ``"transformers:"``
        followed by the directory or hub id of a language model, which :func:`scgsfm.models.chat` loads; or ``True`` for an
        endpoint compatible with that of OpenAI, given by the environment variables ``SCGSFM_CHAT_URL``,
        ``SCGSFM_CHAT_KEY`` and ``SCGSFM_CHAT_MODEL``. Its sentences are checked as well, and removed if they state anything
        else. What is sent contains no name of a group, set, condition or sample.
    show_prompt
        Whether to print what is sent to the chat model.
    model
        {model}
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
    Without AnnData, the explanation, or a dict of explanations for a dict of lists. Notebooks show it as HTML, ``print``
    as Markdown; ``table`` has the claims. For AnnData, ``None``, or the copy if ``copy=True``. Sets the following fields:

    ``adata.uns["explanations"]`` : :class:`pandas.DataFrame`
        A row for each claim: ``group``, ``sentence`` (its number), ``role`` and ``text`` of the sentence, ``kept``
        (whether all of its claims are supported), ``subject``, ``relation`` and ``object`` of the claim, ``statistic``
        and its ``value``, ``source``, ``version``, ``verdict``, and ``found`` (what the check found instead).
    ``adata.uns["scgsfm"]["explanations"]`` : :class:`dict`
        Parameters, the ranking, and the libraries.

    Raises
    ------
    GeneMatchError
        If too few genes are recognized, or no term has enough genes.
    ValueError
        If a parameter is out of range, or not exactly one of groups, ``genes``, ``gene`` and ``term`` is given.

    Examples
    --------
    >>> import scgsfm
    >>> genes = ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1", "STAT1", "ACTB"]
    >>> found = scgsfm.tl.explain(genes=genes, libraries="hallmark", phenotypes=False)
    >>> found.kept[0].claims[0].object
    'HALLMARK_INTERFERON_GAMMA_RESPONSE'
    """
    from anndata import AnnData

    if has_parts(data):
        check_anndata(data, argument="data")
    adata = data if isinstance(data, AnnData) else None
    genes = data if genes is None and not isinstance(data, AnnData) else genes
    given = [name for name, value in (("genes", genes), ("gene", gene), ("term", term)) if value is not None]
    if len(given) > 1 or (groupby is not None and given) or not (given or adata is not None):
        msg = "Give one of: AnnData with groups of cells (`groupby`), `genes`, `gene` or `term`."
        raise ValueError(msg)
    check_at_least("n_genes", n_genes, 1)
    options = Options(n_terms=n_terms, max_padj=max_padj).check()
    if evidence is not None and (given or adata is None):
        msg = "`evidence` is about groups of cells: use it with AnnData and `groupby`, or omit it."
        raise ValueError(msg)
    if isinstance(rephrase, str) and rephrase.startswith("transformers:"):
        rephrase = chat(rephrase)
    write = rephraser(rephrase, show_prompt=show_prompt)
    named = named_libraries(libraries)
    asked: dict[str, Any] = {"genes": genes, "gene": gene, "term": term, "n_genes": n_genes, "max_padj": max_padj}
    if adata is None:
        loaded, sources = as_model(model), Sources.of(named, None, phenotypes=phenotypes)
        found = explain_queries(queries_of(None, loaded, sources, groups=[], **asked), sources, loaded, options, write)
        logger.info("explained %s (%s)", number(len(found), "list"), summary(found))
        return found if isinstance(genes, Mapping) else next(iter(found.values()))

    check_anndata(adata, argument="data", copy=copy, key_added=key_added)
    key_of_table = key_added or _keys.EXPLANATIONS
    result = Result.check(adata, "tl.explain", key_of_table, uns=[key_of_table])
    ranked = {"groupby": groupby, "key": key, "layer": layer, "use_raw": use_raw, "gene_symbols": gene_symbols}
    source = data_source(adata, exclude=exclude, is_ranked=not given, **ranked)
    loaded = as_model(model)
    background = None if source.background is None else source.background.genes
    sources = Sources.of(named, background, phenotypes=phenotypes)
    labels = list(groups(adata, source.made["groupby"]).cat.categories) if source.rankings else []
    about = Evidence.of(adata, source.made["groupby"], labels, evidence) if source.rankings else Evidence()
    queries = queries_of(source, loaded, sources, groups=labels, evidence=about, **asked)
    found = explain_queries(queries, sources, loaded, options, write, about.conditions)
    adata = adata.copy() if copy else adata
    adata.uns[key_of_table] = explanations_table(found)
    params: dict[str, Any] = {"n_genes": n_genes, "n_terms": n_terms, "max_padj": max_padj, "phenotypes": phenotypes}
    params["evidence"] = list(about.tables)
    record = {"params": params, "model": loaded.name, "gene_symbols": gene_symbols, "ranking": source.made}
    result.write_record(adata, record | {"libraries": {name: sources.version(name) for name in named}})
    log_results([result], number(len(found), "group"), summary(found), source.note)
    return adata if copy else None
