"""What the page computes: results of the package for one data set, kept for the next request."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from scgsfm import _keys
from scgsfm._messages import warn
from scgsfm.completion import Completer, is_cross_validated, named_libraries, prediction_tables, requested_genes
from scgsfm.errors import GeneMatchError
from scgsfm.genes import match
from scgsfm.genesets import GeneSets
from scgsfm.models import as_model
from scgsfm.pl import compare as plot_compare
from scgsfm.pl import running_score
from scgsfm.scoring import GeneValueIndex, SetIndex, plan, run
from scgsfm.tl import ask, compare, complete_sets, enrich, explain, predict_functions

from ._background import Background, without_messages
from ._cell_image import CellImage
from ._query import read_query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scgsfm.explanation import Explanation
    from scgsfm.questions import Answer

    from ._own_data import OwnData
    from ._query import Query
    from ._state import State

T = TypeVar("T")
N_TERMS = 30
"""Top-ranked terms of each gene that are kept."""
MAX_KEPT = 200
"""Results that are kept; those used longest ago are dropped first."""
MAX_INDEXED = 500_000_000
"""Values of genes in memory (4 GB). Larger data are read anew for each set."""


SECONDS_FOR_KNOWN = 0.3
"""Seconds before predictions start, in which the page shows what is known."""
COLUMNS = ("term", "probability", "zscore", "rank", "known", "auroc", "uniqueness")
NOTHING = pd.DataFrame(columns=["gene", *COLUMNS], dtype=float).set_index("gene", drop=False)
"""The table of predictions before there are any."""


class Scored(NamedTuple):
    """Scores of a set, and which of its genes are in the data."""

    scores: np.ndarray
    n_listed: int
    missing: list[str]
    added: int
    """Number of genes that the model added."""


class Workspace:
    """Results for one data set. One thread computes at a time; results are kept.

    Parameters
    ----------
    data
        The data.
    libraries
        Names of libraries, or a dict of names to gene sets.
    model
        The gene set foundation model.
    """

    def __init__(self, data: OwnData, *, libraries: Any, model: Any = "gsfm-base") -> None:
        self.data = data
        self.libraries = {name: GeneSets(content) for name, content in named_libraries(libraries).items()}
        self.model_source = model
        self.known = frozenset(map(str, data.adata.var_names))
        self._background = Background()
        self._kept: OrderedDict[Any, Any] = OrderedDict()
        self._first: dict[str, pd.DataFrame] = {}
        """Predicted terms of genes before cross-validation."""
        self._columns: dict[str, int] = {}
        self._numbers = count()

    @property
    def model(self) -> Any:
        """The loaded model."""
        return as_model(self.model_source)

    def kept(self, key: Any, make: Callable[[], T]) -> T:
        """A result that was computed before, or a new one."""
        with self._background.request():
            if key not in self._kept:
                value = make()
                while len(self._kept) >= MAX_KEPT:
                    self._drop(next(iter(self._kept)))
                self._kept[key] = value
            self._kept.move_to_end(key)  # the last one was used last
            found: T = self._kept[key]
            return found

    def _drop(self, key: Any) -> None:
        """Forget a result, and the tables of a comparison, which are in ``uns``."""
        value = self._kept.pop(key)
        if isinstance(key, tuple) and key[0] == "compared":
            name = value[1]
            for each in (name, _keys.samples(name)):
                self.data.adata.uns.pop(each, None)
            self.data.adata.uns.get(_keys.UNS, {}).pop(name, None)

    @contextmanager
    def working(self) -> Iterator[list[str]]:
        """Compute alone; yields a list that receives the warnings of the package."""
        with self._background.request(), without_messages(lambda *_: None) as notes:
            yield notes

    def stop(self) -> None:
        """End what is computed in the background."""
        self._background.stop()

    def query(self, text: str) -> Query:
        """What a text means."""
        return self.kept(("query", text), lambda: read_query(text, self.libraries, known=self.known))

    def library(self, state: State) -> str:
        """The name of the chosen library."""
        return state.library if state.library in self.libraries else next(iter(self.libraries))

    # genes and terms

    def functions(self, library: str) -> pd.DataFrame:
        """The top-ranked terms of all genes of the model."""
        return self.kept(("functions", library), partial(self._functions, library))

    def _functions(self, library: str) -> pd.DataFrame:
        options: dict[str, Any] = {"by": "gene", "n_top": N_TERMS, "model": self.model}
        return _by_gene(predict_functions(None, library=self.libraries[library], **options))

    def predict(self, state: State, *, wait: bool = False, again: bool = False) -> bool:
        """Start to predict the functions of genes in the background if the state needs them; ``wait`` until they are there.

        What failed is tried once more by ``again`` or ``wait``. Returns whether the page has to be shown again when there is more.
        """
        library = self.library(state)
        if ("functions", library) in self._kept or self.query(state.query).kind != "gene":
            return False
        # what is known is shown first, which needs the lock
        options: dict[str, Any] = {"delay": 0 if wait else SECONDS_FOR_KNOWN, "again": wait or again}
        job = self._background.start(library, partial(self._predict, library), **options)
        if wait:
            job.done.wait()
        return not job.done.is_set()

    def _predict(self, library: str) -> None:
        """Predict in two steps if cross-validation takes long."""
        model, sets = self.model, self.libraries[library]
        if not is_cross_validated(sets, model):
            options: dict[str, Any] = {"by": "gene", "n_top": N_TERMS, "min_probability": 0.0, "known": "exclude"}
            parts = prediction_tables(*requested_genes(None, model), sets, model, **options, validated=False)
            self._first[library] = _by_gene(pd.concat(parts, ignore_index=True))
            self._background.next_stage()
        table = self._functions(library)  # not within `kept`, which requests of the page would wait for
        self.kept(("functions", library), lambda: table)
        self._first.pop(library, None)

    @property
    def stage(self) -> int:
        """Number of steps in the background that have something new to show."""
        return self._background.stage

    def progress(self, library: str) -> str:
        """What is computed in the background for the functions of genes; empty if nothing is."""
        job = self._background.job(library)
        if job is None or job.done.is_set():
            return ""
        first, more = (
            "Known terms are listed; predicted terms follow",
            "Predicted terms are listed; reliabilities follow",
        )
        return f"{more if library in self._first else first}. {job.progress or 'Starting'} …"

    def failure(self, library: str) -> Exception | None:
        """Why the functions of genes could not be predicted in the background."""
        job = self._background.job(library)
        return None if job is None else job.error

    def functions_of_gene(self, gene: str, library: str) -> pd.DataFrame:
        """Known terms of a gene, then predicted ones; those among the top-ranked have probabilities.

        While they are computed in the background, and if that failed, what is missing is NaN, and predicted terms may be absent.
        """
        job = self._background.job(library)
        is_running = job is not None and (not job.done.is_set() or job.error is not None)
        if not is_running and not self._background.is_stopped:
            table = self.functions(library)
        else:
            table = self._first.get(library, NOTHING)
        for text in [] if job is None else job.warnings:
            warn(text)
        token = int(match([gene], self._vocabulary)[0])
        name = self._vocabulary[token] if token >= 0 else ""
        found = table.loc[[name]] if name in table.index else table.iloc[:0]
        found = found.reset_index(drop=True)
        sets = self.libraries[library]
        listed = [term for term, genes in self._terms_of(library).items() if gene in genes]
        rest = [term for term in listed if term not in set(found["term"])]
        unscored = pd.DataFrame({"term": rest, "known": True})
        both = pd.concat([found, unscored], ignore_index=True) if rest else found
        both["known"] = both["term"].isin(listed) | both["known"].astype(bool)
        both["genes"] = [len(sets[term]) for term in both["term"]]
        return both.sort_values(["known", "rank"], ascending=[False, True], kind="stable").reset_index(drop=True)

    def _terms_of(self, library: str) -> dict[str, frozenset[str]]:
        sets = self.libraries[library]
        return self.kept(("terms", library), lambda: {name: frozenset(sets[name]) for name in sets})

    @property
    def _vocabulary(self) -> np.ndarray:
        return self.kept("vocabulary", lambda: np.array(self.model.genes, dtype=object))

    def genes_of_term(self, query: Query) -> pd.DataFrame:
        """Genes of a term by their cross-validated probability, and predicted ones."""
        options: dict[str, Any] = {"by": "term", "n_top": max(60, len(query.genes) + 30), "model": self.model}
        made = partial(predict_functions, None, library={query.name: query.genes}, **options)
        return self.kept(("term", query.library, query.name), lambda: self._with_presence(made()))

    def reliability(self, query: Query) -> float:
        """AUROC of the held-out genes of a term, NaN before the library was read for the first gene."""
        table = self._kept.get(("functions", query.library))
        if table is None:
            return float("nan")
        found = table.loc[table["term"] == query.name, "auroc"]
        return float(found.iloc[0]) if len(found) else float("nan")

    def completed(self, query: Query, n_genes: int = 100) -> pd.DataFrame:
        """Genes that the model adds to a set, and how well its own genes fit."""
        sets = {query.name or "genes": list(query.genes)}
        made = partial(complete_sets, sets, n_genes=n_genes, model=self.model)
        return self.kept(("complete", query.genes, n_genes), lambda: self._with_presence(made()))

    def _with_presence(self, table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(in_data=self.columns_of(table["gene"].tolist()) >= 0)

    # cells

    def columns_of(self, genes: list[str]) -> np.ndarray:
        """The column of each gene in the matrix, -1 for genes that the data lack. Names are translated once."""
        if not self._columns:
            named = np.array(
                sorted({str(gene) for sets in self.libraries.values() for gene in sets.genes}), dtype=object
            )
            self._learn(named)
        if new := [gene for gene in genes if gene not in self._columns]:
            self._learn(np.array(new, dtype=object))
        return np.array([self._columns[gene] for gene in genes], dtype=np.int64)

    def _learn(self, genes: np.ndarray) -> None:
        found = match(genes, self.data.adata.var_names.to_numpy())
        self._columns |= dict(zip(genes.tolist(), found.tolist(), strict=True))

    def scored(self, query: Query, *, expand: bool) -> Scored:
        """Scores of a set in all cells, by AUCell, or by AUCell of the set that the model completed."""
        return self.kept(("scores", query.genes, query.name, expand), lambda: self._score(query, expand=expand))

    def _score(self, query: Query, *, expand: bool) -> Scored:
        columns = self.columns_of(list(query.genes))
        missing = [gene for gene, column in zip(query.genes, columns, strict=True) if column < 0]
        names = self.data.adata.var_names[np.unique(columns[columns >= 0])].tolist()
        if not names:
            msg = f"No gene of {query.name!r} is in the data."
            raise GeneMatchError(msg)
        rows, job, genes, index = self._planned
        sets = GeneSets({"set": names})
        if expand:
            completer = Completer.of(partial(as_model, self.model), True)
            sets, _ = completer(sets, genes)
        matched = SetIndex.match(sets, genes)
        job = replace(job, sets=matched)
        values = run(rows, [job])[0].scores if index is None else index.scores(rows, job)
        return Scored(values[:, 0], len(query.genes), missing, int(matched.n_found[0]) - len(names))

    @property
    def _planned(self) -> tuple[Any, Any, np.ndarray, GeneValueIndex | None]:
        """The cells, a job for AUCell, the names of the genes, and the values of genes unless there are too many."""

        def made() -> tuple[Any, Any, np.ndarray, GeneValueIndex | None]:
            adata = self.data.adata
            planned = plan(adata, {"any": [str(adata.var_names[0])]}, method="aucell")
            job = planned.tasks[0].job
            fits = 0.05 * adata.n_obs * adata.n_vars <= MAX_INDEXED
            index = GeneValueIndex.of(planned.rows, job) if fits else None
            return planned.rows, job, planned.genes, index

        return self.kept("planned", made)

    def prepare(self) -> None:
        """Do what the first request would wait for: load the model, and index the cells."""
        with self.working():
            self.columns_of([])
            _ = self._vocabulary, self._planned

    def image(self, basis: str) -> CellImage:
        """The places of the cells of an embedding."""
        return self.kept(("image", basis), lambda: CellImage.of(self.data.coordinates(basis)))

    def scores_by_group(self, values: np.ndarray, groupby: str) -> pd.DataFrame:
        """Mean score of each group, and how well the score separates it from all other cells (AUROC)."""
        groups = self.data.grouping(groupby)
        codes = np.asarray(groups.codes, np.int64)
        assigned = codes >= 0
        n = np.bincount(codes[assigned], minlength=len(groups.categories))
        ranks = rankdata(values[assigned])
        rank_sums = np.bincount(codes[assigned], ranks, minlength=len(n))
        means = np.bincount(codes[assigned], values[assigned], minlength=len(n)) / np.maximum(n, 1)
        rest = assigned.sum() - n
        auroc = (rank_sums - n * (n + 1) / 2) / np.maximum(n * rest, 1)
        table = pd.DataFrame({"group": groups.categories.astype(str), "cells": n, "mean": means, "auroc": auroc})
        return table.sort_values("mean", ascending=False, kind="stable").reset_index(drop=True)

    # groups, conditions, words

    def enriched_groups(self, library: str, groupby: str) -> pd.DataFrame:
        """Terms that are enriched at the ends of the rankings of genes of the groups."""
        column = self.data.column(groupby)

        def made() -> pd.DataFrame:
            key = f"enrich_{library}_{column}"
            enrich(self.data.adata, self.libraries[library], mode="ranked", groupby=column, key_added=key)
            return pd.DataFrame(self.data.adata.uns.pop(key))

        return self.kept(("enriched", library, column), made)

    def enriched_list(self, query: Query, library: str, mode: str) -> pd.DataFrame:
        """Terms that are enriched in a list of genes, by overlap or by the model."""
        options: dict[str, Any] = {"mode": mode, "min_genes": 3, "model": self.model}
        made = partial(enrich, list(query.genes), self.libraries[library], **options)
        return self.kept(("list", query.genes, library, mode), lambda: pd.DataFrame(made()))

    def barcode(self, library: str, groupby: str, group: str, term: str, query: Query | None = None) -> bytes:
        """The running sum and the barcode of a term over the genes of a group as a picture."""
        wanted: Any = term if query is None else {query.name: list(query.genes)}
        options: dict[str, Any] = {"library": self.libraries[library]} if query is None else {}
        options |= {"group": group, "groupby": self.data.column(groupby), "show": False}
        genes = () if query is None else query.genes
        key = ("barcode", library, groupby, group, term, genes)
        return self.kept(
            key, lambda: _picture((6.4, 4.2), lambda ax: running_score(self.data.adata, wanted, ax=ax, **options))
        )

    def compared(self, state: State, query: Query | None = None) -> tuple[pd.DataFrame, str]:
        """Scores of the terms of the library, or of the query, between conditions, and the key of the result."""
        adata = self.data.adata
        design: dict[str, Any] = {
            "condition": state.condition,
            "sample": state.sample or None,
            "groupby": self._cell_types(state),
            "reference": self.data.reference(state.condition, state.reference) or None,
            "paired": (state.sample or None) if state.paired else None,
        }
        sets = self.libraries[self.library(state)] if query is None else GeneSets({query.name: list(query.genes)})
        subject = self.library(state) if query is None else query.genes
        key = ("compared", subject, tuple(design.values()))

        def made() -> tuple[pd.DataFrame, str]:
            name = f"compare_{next(self._numbers)}"
            compare(adata, sets, **design, key_added=name)
            return pd.DataFrame(adata.uns[name]), name

        return self.kept(key, made)

    def _cell_types(self, state: State) -> str | None:
        """The column within whose groups conditions are compared, None if it has the conditions or samples themselves."""
        column = self.data.column(state.groupby)
        return None if column in (state.condition, state.sample) else column

    def compared_picture(self, name: str, *, kind: str, term: str = "", groups: tuple[str, ...] = ()) -> bytes:
        """The comparison as dots, or the samples of one set."""
        options: dict[str, Any] = {"kind": kind, "key": name, "show": False}
        options |= {"terms": term} if term else {}
        options |= {"groups": list(groups)} if groups else {}
        size = (7.6, 4.8) if kind == "dot" else (6.4, 3.6)
        key = ("compared picture", name, kind, term, groups)
        return self.kept(key, lambda: _picture(size, lambda ax: plot_compare(self.data.adata, ax=ax, **options)))

    def explained(self, query: Query) -> Explanation:
        """What a gene, a term or a list does, in checked sentences."""
        given: dict[str, Any] = {"genes": list(query.genes)} if query.kind == "genes" else {query.kind: query.name}
        libraries = self.libraries
        made = partial(explain, libraries=libraries, model=self.model, **given)
        return self.kept(("explained", query.kind, query.genes), lambda: _explanation(made()))

    def explained_groups(self, groupby: str) -> dict[str, Explanation]:
        """What the groups of cells do, in checked sentences."""
        from scgsfm.get import explain as explanations

        column = self.data.column(groupby)

        def made() -> dict[str, Explanation]:
            explain(self.data.adata, column, libraries=self.libraries, model=self.model, key_added="explained")
            found: dict[str, Explanation] = explanations(self.data.adata, key="explained", as_text=True)
            return found

        return self.kept(("explained groups", column), made)

    def answered(self, question: str) -> Answer:
        """The answer to a question."""
        return self.kept(("ask", question), lambda: ask(question))


def _by_gene(table: Any) -> pd.DataFrame:
    """The table with genes as the index, for fast access."""
    frame = pd.DataFrame(table)
    return frame.set_index("gene", drop=False)


def _explanation(found: Any) -> Explanation:
    explained: Explanation = found
    return explained


def _picture(size: tuple[float, float], draw: Callable[[Any], Any]) -> bytes:
    """What a function draws into axes, as PNG. No window and no state of pyplot is involved."""
    import io

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=150)
    FigureCanvasAgg(figure)
    draw(figure.subplots())
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=150, bbox_inches="tight")
    return out.getvalue()
