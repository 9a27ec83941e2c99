"""What :func:`scgsfm.tl.enrich` does with lists and rankings, wherever they are from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from scgsfm._messages import listing, warn
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
"""Random lists or sets of each mode; the modes themselves."""
MIN_NULL = 50


class Options(NamedTuple):
    """Parameters of :func:`~scgsfm.tl.enrich` that don't depend on the kind of data."""

    mode: str | None
    n_genes: int
    max_padj: float
    min_genes: int
    max_genes: int
    n_null: int | None

    def check(self, source: GeneLists) -> Options:
        """The options with the mode for ``source`` filled in. Raises ValueError for what is out of range."""
        mode = self.mode or ("ranked" if source.rankings and source.background is None else "overlap")
        if mode not in N_NULL:
            msg = f"`mode` is {mode!r}, but must be {', '.join(map(repr, N_NULL))} or None."
            raise ValueError(msg)
        if mode == "ranked" and not source.rankings:
            msg = "`mode='ranked'` needs a ranking, but `data` is a list of genes: give a Series of numbers by gene."
            raise ValueError(msg)
        if self.n_genes < 1:
            msg = f"`n_genes` is {self.n_genes}, but must be at least 1."
            raise ValueError(msg)
        if self.n_null is not None and self.n_null < MIN_NULL:
            msg = f"`n_null` is {self.n_null}, but must be at least {MIN_NULL}."
            raise ValueError(msg)
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
    options: Options,
    given: np.ndarray | None,
    model: Callable[[], GeneSetModel],
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The table, and how it was made."""
    options = options.check(source)
    background = _background(source, sets, given)
    record: dict[str, Any] = {"mode": options.mode, "gene_sets": sets.info, "n_background": len(background.genes)}
    if options.mode == "ranked":
        tables = list(_by_rankings(source, background, sets, options, rng))
    elif options.mode == "overlap":
        terms = options.terms(sets, background)
        tables = [
            table(group, ora(query, terms), terms, background.genes)
            for group, query in _queries(source, background, options).items()
        ]
    else:
        loaded = model()
        columns = gene_columns(np.asarray(loaded.genes, dtype=object), background.genes)
        tokens = np.flatnonzero(columns >= 0)
        background = background.take(columns[tokens])
        record |= {"model": loaded.name, "n_known": len(tokens)}
        tables = list(_by_model(source, background, sets, options, loaded, tokens, rng))
    if not tables:
        msg = "No group has a gene to test: raise `max_padj`, or look at the ranking of the genes."
        raise ValueError(msg)
    names = ("n_genes", "max_padj", "min_genes", "max_genes")
    record["params"] = {name: getattr(options, name) for name in names} | {"n_null": options.draws}
    return pd.concat(tables, ignore_index=True), record


def _background(source: GeneLists, sets: GeneSets, given: np.ndarray | None) -> Background:
    """Of data the detected genes, of rankings theirs, of lists the library's; of these what is ``given``."""
    own = source.background
    if own is None:
        names = [ranking["name"] for ranking in source.rankings.values()]
        own = Background(pd.unique(pd.concat(names)).astype(object) if names else sets.genes)
        if given is not None and not names:
            return Background(np.unique(given))
    if given is None:
        return own
    return own.take(np.sort(own.places(given, what="genes of `background` among those ranked")))


def _queries(source: GeneLists, background: Background, options: Options) -> dict[str, np.ndarray]:
    """Positions of the genes of each list in the background."""
    lists = source.top(options.n_genes, options.max_padj)
    empty = [group for group, genes in lists.items() if not len(genes)]
    if empty:
        msg = f"{len(empty)} of {len(lists)} groups have no gene to test and are left out: {listing(empty)}."
        warn(msg, GeneSetWarning)
    return {
        group: background.places(genes, what=f"genes of {group!r} in the background")
        for group, genes in lists.items()
        if len(genes)
    }


def _by_rankings(
    source: GeneLists, background: Background, sets: GeneSets, options: Options, rng: np.random.Generator
) -> Iterator[pd.DataFrame]:
    """Rankings that hold the same genes, as those of data do, share the terms."""
    inside, genes = set(background.genes), np.empty(0, dtype=object)
    for (group, ranking), own_rng in zip(source.rankings.items(), rng.spawn(len(source.rankings)), strict=True):
        ranked = ranking[ranking["name"].isin(inside)].sort_values("name", kind="stable")
        names = ranked["name"].to_numpy(dtype=object)
        if not np.array_equal(names, genes):
            genes, terms = names, options.terms(sets, Background(names))
        found = prerank(ranked["value"].to_numpy(), terms, n_null=options.draws, rng=own_rng)
        yield table(group, found, terms, names)


def _by_model(
    source: GeneLists,
    background: Background,
    sets: GeneSets,
    options: Options,
    model: GeneSetModel,
    tokens: np.ndarray,
    rng: np.random.Generator,
) -> Iterator[pd.DataFrame]:
    """Random lists are matched to each list: see :func:`scgsfm.enrichment.gene_covariates`."""
    terms = options.terms(sets, background)
    traits = gene_covariates(terms, model.popularity[tokens], background.level)
    queries = _queries(source, background, options)
    for (group, query), own_rng in zip(queries.items(), rng.spawn(len(queries)), strict=True):
        if len(query) < MIN_QUERY:
            msg = f"{group!r} has {len(query)} genes that the model knows; `mode='gsfm'` takes {MIN_QUERY} or more."
            warn(msg, GeneSetWarning)
            continue
        found = model_enrichment(query, terms, model, tokens, traits, n_null=options.draws, rng=own_rng)
        yield table(group, found, terms, background.genes)
