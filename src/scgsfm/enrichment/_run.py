"""Enrichment of gene lists and rankings in each mode of :func:`scgsfm.tl.enrich`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from scgsfm._messages import agrees, check_at_least, check_choice, listing, number, warn
from scgsfm._progress import progress_over
from scgsfm._vocabulary import N_SPECIALS
from scgsfm.completion import gene_columns
from scgsfm.errors import GeneSetWarning

from ._gsfm import MIN_QUERY, gene_covariates, model_enrichment
from ._ora import ora
from ._prerank import prerank
from ._terms import Background, table, terms_over

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scgsfm.completion import GeneSetModel
    from scgsfm.genesets import GeneSets
    from scgsfm.scoring import SetIndex

    from ._gene_lists import GeneLists

N_NULL = {"overlap": 0, "ranked": 4000, "gsfm": 500}
"""Modes, and their default number of random lists or sets."""
MIN_NULL = 50


class EnrichmentOptions(NamedTuple):
    """Parameters of :func:`~scgsfm.tl.enrich` that do not depend on the type of the data."""

    mode: str | None
    n_genes: int
    max_padj: float
    min_genes: int
    max_genes: float
    n_null: int | None

    def check(self, source: GeneLists) -> EnrichmentOptions:
        """Validate the options and choose a default mode for ``source``."""
        mode = self.mode or ("ranked" if source.rankings and source.background is None else "overlap")
        check_choice("mode", mode, (*N_NULL, None))
        if mode == "ranked" and not source.rankings:
            msg = "`mode='ranked'` needs a ranking, but `data` is a list of genes: use a Series of numbers indexed by gene."
            raise ValueError(msg)
        check_at_least("n_genes", self.n_genes, 1)
        if self.n_null is not None:
            check_at_least("n_null", self.n_null, MIN_NULL)
        return self._replace(mode=mode)

    @property
    def draws(self) -> int:
        """Number of random lists or sets."""
        return N_NULL[self.mode or "overlap"] if self.n_null is None else self.n_null

    def terms(self, sets: GeneSets, background: Background) -> SetIndex:
        """The terms to test."""
        return terms_over(sets, background.genes, min_genes=self.min_genes, max_genes=self.max_genes)


def run_enrichment(
    source: GeneLists,
    sets: GeneSets,
    options: EnrichmentOptions,
    background_genes: np.ndarray | None,
    model: Callable[[], GeneSetModel],
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Test all groups; returns the table and the record of how it was made."""
    options = options.check(source)
    loaded = model() if options.mode == "gsfm" else None
    background = _background(source, sets, background_genes, loaded)
    record: dict[str, Any] = {"mode": options.mode, "gene_sets": sets.info, "n_background": len(background.genes)}
    if options.mode == "ranked":
        tables = list(_by_rankings(source, background, sets, options, rng))
    elif loaded is None:
        terms = options.terms(sets, background)
        tables = [
            table(group, ora(query, terms), terms, background.genes)
            for group, query in _queries(source, background, options).items()
        ]
    else:
        columns = gene_columns(np.asarray(loaded.genes, dtype=object), background.genes)
        tokens = np.flatnonzero(columns >= 0)
        background = background.take(columns[tokens])
        record |= {"model": loaded.name, "n_known": len(tokens)}
        tables = list(_by_model(source, background, sets, options, loaded, tokens, rng))
    if not tables:
        msg = "No group has a gene to test: increase `max_padj`, or inspect the ranking of the genes."
        if source.lists:
            msg = "No list has enough genes in the background to test: add genes, or pass another `background=`."
        raise ValueError(msg)
    names = ("n_genes", "max_padj", "min_genes", "max_genes")
    record["params"] = {name: getattr(options, name) for name in names} | {"n_null": options.draws}
    result = pd.concat(tables, ignore_index=True)
    result.attrs["mode"] = options.mode  # what the score is, for the plots
    return result, record


def _background(source: GeneLists, sets: GeneSets, given: np.ndarray | None, model: GeneSetModel | None) -> Background:
    """Detected genes of data, genes of rankings, or (for lists) of the library or the model; restricted to ``given``."""
    if source.background is None and source.lists:
        if given is not None:
            return Background(np.unique(given), origin=f"the {len(given):,} genes of `background`")
        if model is not None:
            genes = np.asarray(model.genes, dtype=object)[N_SPECIALS:]
            return Background(genes, origin=f"the {len(genes):,} genes of the model")
        return Background(sets.genes, origin=f"the {len(sets.genes):,} genes of `library`")
    background = source.background
    if background is None:
        names = [ranking["name"] for ranking in source.rankings.values()]
        background = Background(pd.unique(pd.concat(names)).astype(object))
    if given is None:
        return background
    return background.take(np.sort(background.positions(given, what="genes of `background` among those ranked")))


def _queries(source: GeneLists, background: Background, options: EnrichmentOptions) -> dict[str, np.ndarray]:
    """Background positions of the genes of each list."""
    lists = source.top(options.n_genes, options.max_padj)
    empty = [group for group, genes in lists.items() if not len(genes)]
    if empty:
        have, are = (agrees(len(empty), *forms) for forms in (("has", "have"), ("is", "are")))
        msg = (
            f"{len(empty)} of {number(len(lists), 'group')} {have} no gene to test and {are} skipped: {listing(empty)}."
        )
        warn(msg, GeneSetWarning)
    return {
        group: background.positions(genes, what=f"genes of {group!r} in the background")
        for group, genes in lists.items()
        if len(genes)
    }


def _by_rankings(
    source: GeneLists, background: Background, sets: GeneSets, options: EnrichmentOptions, rng: np.random.Generator
) -> Iterator[pd.DataFrame]:
    """Test rankings. Rankings of the same genes, such as those of data, share their terms."""
    allowed, genes = set(background.genes), np.empty(0, dtype=object)
    tested = list(zip(source.rankings.items(), rng.spawn(len(source.rankings)), strict=True))
    for (group, ranking), group_rng in progress_over(tested, total=len(tested), unit="groups", description="Testing"):
        ranked = ranking[ranking["name"].isin(allowed)].sort_values("name", kind="stable")
        names = ranked["name"].to_numpy(dtype=object)
        if not np.array_equal(names, genes):
            genes, terms = names, options.terms(sets, Background(names))
        result = prerank(ranked["value"].to_numpy(), terms, n_null=options.draws, rng=group_rng)
        yield table(group, result, terms, names)


def _by_model(
    source: GeneLists,
    background: Background,
    sets: GeneSets,
    options: EnrichmentOptions,
    model: GeneSetModel,
    tokens: np.ndarray,
    rng: np.random.Generator,
) -> Iterator[pd.DataFrame]:
    """Test lists by a model, with random lists matched by :func:`scgsfm.enrichment.gene_covariates`."""
    terms = options.terms(sets, background)
    covariates = gene_covariates(terms, model.popularity[tokens], background.level)
    queries = _queries(source, background, options)
    tested = list(zip(queries.items(), rng.spawn(len(queries)), strict=True))
    for (group, query), group_rng in progress_over(tested, total=len(tested), unit="groups", description="Testing"):
        if len(query) < MIN_QUERY:
            msg = (
                f"{group!r} has {number(len(query), 'gene')} in the model's vocabulary and is skipped; `mode='gsfm'` needs "
                f"{MIN_QUERY} or more."
            )
            warn(msg, GeneSetWarning)
            continue
        result = model_enrichment(query, terms, model, tokens, covariates, n_null=options.draws, rng=group_rng)
        yield table(group, result, terms, background.genes)
