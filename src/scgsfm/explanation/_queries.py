"""Queries from groups of cells, gene lists, a gene or a term."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm import enrichment
from scgsfm._adata import gene_names
from scgsfm._messages import did_you_mean, listing, warn
from scgsfm._vocabulary import N_SPECIALS
from scgsfm.errors import GeneMatchError, GeneMatchWarning
from scgsfm.genes import match, resolve

from ._coherence import CoherenceModel
from ._evidence import Evidence
from ._query import Query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from anndata import AnnData

    from scgsfm.completion import GeneSetModel
    from scgsfm.enrichment import GeneLists

    from ._query import Sources

N_PARTNERS = 50
"""Number of genes that stand for a single gene: those that the model associates most with it."""


def group_queries(
    source: GeneLists,
    groups: Sequence[str],
    *,
    n_genes: int,
    max_padj: float,
    evidence: Evidence | None = None,
) -> dict[str, Query]:
    """The markers of each group; groups that could not be ranked have no genes."""
    top = source.top(n_genes, max_padj)
    empty = np.empty(0, dtype=object)
    evidence = evidence or Evidence()
    return {
        group: Query(
            top.get(group, empty),
            kind="cells",
            ranking=source.rankings.get(group),
            evidence=evidence.about(group),
        )
        for group in groups
    }


def list_queries(genes: Any, model: GeneSetModel, sources: Sources) -> dict[str, Query]:
    """One or several gene lists. A warning names genes that neither the libraries nor the model know."""
    source = enrichment.from_genes(genes)
    if not source.lists:
        msg = (
            "`genes` must be a list of genes, or a dict of lists; numbers are not explained. Use the top-ranked genes."
        )
        raise TypeError(msg)
    vocabulary = np.asarray(model.genes, dtype=object)
    for name, names in source.lists.items():
        unknown = names[(match(names, sources.background) < 0) & (match(names, vocabulary) < 0)].tolist()
        if not len(names):
            warn(f"{name!r} has no gene, so there is nothing to explain.", GeneMatchWarning)
        elif unknown:
            found = f"{len(unknown)} of {len(names)} genes of {name!r} are in neither the libraries nor the model"
            advice = "They add nothing." if all(resolve(unknown).symbols) else "Check their names."
            warn(f"{found}: {listing(unknown)}. {advice}", GeneMatchWarning)
    return {name: Query(names) for name, names in source.lists.items()}


def gene_query(gene: Any, model: GeneSetModel, sources: Sources) -> dict[str, Query]:
    """The genes that a model associates most with a gene."""
    if not isinstance(gene, str):
        msg = f"`gene` must be the name of one gene, but is a {type(gene).__name__}: use `genes` for several."
        raise TypeError(msg)
    vocabulary = np.asarray(model.genes, dtype=object)
    (token,) = match([gene], vocabulary)
    if token < N_SPECIALS:
        symbol = resolve([gene]).symbols[0]
        known = f" It is {symbol}, which {model.name} does not have." if symbol else did_you_mean(gene, model.genes)
        msg = f"`gene` is {gene!r}, which is not in the vocabulary of {model.name}.{known}"
        raise GeneMatchError(msg)
    zscores = CoherenceModel.of(model).zscores([np.array([token])])[0]
    named = match(vocabulary, sources.background)
    zscores[:N_SPECIALS] = zscores[token] = zscores[named < 0] = -np.inf
    best = np.argsort(-zscores, kind="stable")[:N_PARTNERS]
    best = best[np.isfinite(zscores[best])]
    given = np.array([gene], dtype=object)
    partners = [(str(sources.background[named[i]]), float(zscores[i])) for i in best]
    names = np.array([name for name, _ in partners], dtype=object)
    return {gene: Query(names, kind="partners", given=given, partners=tuple(partners[:5]))}


def term_query(term: Any, libraries: Mapping[str, Any]) -> dict[str, Query]:
    """The genes of a term, by its name or a unique part of it."""
    if not isinstance(term, str):
        msg = f"`term` must be the name of one term, but is a {type(term).__name__}."
        raise TypeError(msg)
    names = {name: library for library, sets in libraries.items() for name in sets}
    found = [term] if term in names else [name for name in names if term.casefold() in name.casefold()]
    if len(found) != 1:
        has = f"which fits several terms: {listing(found)}" if found else f"which is not in {listing(list(libraries))}"
        hint = "" if found else did_you_mean(term, names)
        msg = f"`term` is {term!r}, {has}.{hint}"
        raise ValueError(msg)
    library = names[found[0]]
    genes = np.array(libraries[library][found[0]], dtype=object)
    return {found[0]: Query(genes, kind="term", masked=frozenset(found), term=(library, found[0]))}


def data_source(adata: AnnData, *, exclude: Any, is_ranked: bool, **ranked: Any) -> GeneLists:
    """Rankings of groups of cells and their background; without groups, only the genes of the data as background."""
    if is_ranked:
        return enrichment.from_adata(adata, **ranked, function="explain").without(exclude)
    names = gene_names(adata, gene_symbols=ranked["gene_symbols"], use_raw=bool(ranked["use_raw"]))
    return enrichment.GeneLists(background=enrichment.Background(names)).without(exclude)


def queries_of(
    source: GeneLists | None,
    model: GeneSetModel,
    sources: Sources,
    *,
    genes: Any,
    gene: Any,
    term: Any,
    groups: Sequence[str],
    n_genes: int,
    max_padj: float,
    evidence: Evidence | None = None,
) -> dict[str, Query]:
    """Queries from one of gene lists, a gene, a term and groups of cells, which ``source`` ranks."""
    if genes is not None:
        return list_queries(genes, model, sources)
    if gene is not None:
        return gene_query(gene, model, sources)
    if term is not None or source is None:
        return term_query(term, sources.libraries)
    return group_queries(source, groups, n_genes=n_genes, max_padj=max_padj, evidence=evidence)
