"""One gene on a page: what it is, and its known and predicted terms in several libraries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm._html import html_table
from scgsfm._messages import listing
from scgsfm.errors import GeneMatchError
from scgsfm.genes import gene_facts
from scgsfm.genesets import GeneSets

from ._tables import prediction_tables, requested_genes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scgsfm.genes import GeneFacts, Organism

    from ._gene_set_model import GeneSetModel

_COLUMNS = {
    "term": "term",
    "known": "known",
    "probability": "probability",
    "auroc": "reliability (AUROC)",
    "uniqueness": "uniqueness",
}
"""Columns that are shown, and their titles."""
LINKS = {
    "HGNC": "https://www.genenames.org/data/gene-symbol-report/#!/hgnc_id/{}",
    "Entrez": "https://www.ncbi.nlm.nih.gov/gene/{}",
    "Ensembl": "https://www.ensembl.org/id/{}",
    "UniProt": "https://www.uniprot.org/uniprotkb/{}",
    "OMIM": "https://omim.org/entry/{}",
}
"""Pages of a gene by its identifier."""
_MARKDOWN = re.compile(r"[\\`*\[\]<>|]|(?<!\w)_|_(?!\w)")
"""Characters with a meaning in Markdown; an underscore has none inside a word."""


@dataclass(frozen=True, repr=False, eq=False)
class GenePage:
    """A gene, and its known and predicted terms; shown as a page in notebooks, and as Markdown by ``print``."""

    query: str
    """The name as given."""
    facts: GeneFacts
    """Symbol, name, location, identifiers and aliases (HGNC)."""
    table: pd.DataFrame
    """A row for each library and term, with the columns of :func:`scgsfm.tl.predict_functions` after ``library``."""
    model: str
    """Name of the model."""

    @property
    def symbol(self) -> str:
        """The approved symbol, or the name as given if HGNC does not know it."""
        return self.facts.symbol or self.query

    def __repr__(self) -> str:
        n_known = int(self.table["known"].sum())
        libraries = listing(self.table["library"].unique().tolist())
        return (
            f"GenePage {self.symbol!r}: {n_known} known and {len(self.table) - n_known} predicted terms of {libraries}"
        )

    def __str__(self) -> str:
        return self.to_markdown()

    def to_markdown(self) -> str:
        """The page in Markdown."""
        facts = [f"- {title}: {_plain(text)}" for title, text in self._facts()]
        facts += [f"- {source}: [{_plain(id_)}]({LINKS[source].format(id_)})" for source, id_ in self.facts.ids.items()]
        title = ": ".join(_plain(text) for text in (self.symbol, self.facts.name) if text)
        parts = [f"# {title}", "\n".join(facts), _plain(self._note)]
        for library, rows in self._tables():
            lines = [
                list(_COLUMNS.values()),
                ["---"] * len(_COLUMNS),
                *([_plain(cell) for cell in row] for row in rows),
            ]
            parts += [f"## {_plain(library)}", "\n".join(f"| {' | '.join(line)} |" for line in lines)]
        return "\n\n".join(part for part in parts if part) + "\n"

    def to_html(self) -> str:
        """The page as HTML, without ``<html>`` and ``<body>``. All texts are escaped."""
        facts = [f"<li>{escape(title)}: {escape(text)}</li>" for title, text in self._facts()]
        facts += [
            f'<li>{escape(source)}: <a href="{escape(LINKS[source].format(id_))}">{escape(id_)}</a></li>'
            for source, id_ in self.facts.ids.items()
        ]
        title = ": ".join(escape(text) for text in (self.symbol, self.facts.name) if text)
        tables = [html_table(list(_COLUMNS.values()), rows, caption=library) for library, rows in self._tables()]
        return f"<div><h3>{title}</h3><ul>{''.join(facts)}</ul><p>{escape(self._note)}</p>{''.join(tables)}</div>"

    def _repr_html_(self) -> str:
        return self.to_html()

    @property
    def _note(self) -> str:
        return f"Terms by {self.model}. Probabilities of known terms are cross-validated."

    def _facts(self) -> Iterator[tuple[str, str]]:
        if self.query != self.symbol:
            yield "given as", self.query
        if self.facts.location:
            yield "location", self.facts.location
        if self.facts.aliases:
            yield "other names", ", ".join(self.facts.aliases)

    def _tables(self) -> Iterator[tuple[str, list[list[str]]]]:
        """The name of each library, and its rows as texts."""
        for library, part in self.table.groupby("library", sort=False):
            yield str(library), [[_cell(row[column]) for column in _COLUMNS] for row in part.to_dict("records")]


def build_gene_page(
    gene: Any,
    libraries: Mapping[str, Any],
    model: GeneSetModel,
    *,
    n_top: int | None = 10,
    min_probability: float = 0.0,
    organism: Organism | None = None,
) -> GenePage:
    """The page of a gene: the ``n_top`` top-ranked known terms of each library, and as many predicted ones.

    Parameters
    ----------
    gene
        The name of the gene.
    libraries
        Libraries by name.
    model
        The model.
    n_top
        Number of known and of predicted terms of each library; ``None`` for all.
    min_probability
        Minimum probability of the predicted terms.
    organism
        Organism of the gene; for a species other than human, the page shows the human ortholog.

    Raises
    ------
    GeneMatchError
        If the gene is not in the vocabulary of the model.
    """
    if not 0 <= min_probability <= 1:
        msg = f"`min_probability` is {min_probability}, but must be between 0 and 1."
        raise ValueError(msg)
    query = str(gene)
    facts = gene_facts(gene, organism=organism)
    name = facts.symbol or query
    try:
        names, tokens = requested_genes([name], model)
    except GeneMatchError as error:
        msg = f"{query!r} is not a gene in the vocabulary of {model.name}, or its name is ambiguous. {error}"
        raise GeneMatchError(msg) from error
    options: dict[str, Any] = {"by": "gene", "n_top": None, "min_probability": 0.0, "known": "include"}
    parts = []
    for library, content in libraries.items():
        rows = pd.concat(prediction_tables(names, tokens, GeneSets(content), model, **options), ignore_index=True)
        shown = rows["known"] | (rows["probability"] >= min_probability)
        kept = rows[shown].groupby("known", sort=False).head(len(rows) if n_top is None else n_top)
        parts.append(kept.sort_values(["known", "rank"], ascending=[False, True]).assign(library=library))
    table = pd.concat(parts, ignore_index=True)
    return GenePage(query, facts, table[["library", *table.columns.drop("library")]], model.name)


def named_libraries(libraries: Any) -> dict[str, Any]:
    """Libraries by name, from a name, several names, or a dict of names to anything that :class:`~scgsfm.GeneSets` reads."""
    if isinstance(libraries, str):
        libraries = [libraries]
    if isinstance(libraries, GeneSets):
        libraries = {str(libraries.info.get("name", "library")): libraries}
    if isinstance(libraries, Mapping):
        found = {str(name): content for name, content in libraries.items()}
    else:
        given = list(libraries)
        if wrong := [item for item in given if not isinstance(item, str)]:
            msg = f"`libraries` must be names of libraries or a dict of names to gene sets, but contains {wrong[0]!r}."
            raise TypeError(msg)
        found = {name: name for name in given}
        if len(found) < len(given):
            msg = f"`libraries` names a library twice: {listing(given)}."
            raise ValueError(msg)
    if not found:
        msg = "`libraries` is empty: give at least one library."
        raise ValueError(msg)
    return found


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return "–" if pd.isna(value) else f"{value:.3f}"


def _plain(text: str) -> str:
    """Text without Markdown syntax, on one line."""
    return _MARKDOWN.sub(r"\\\g<0>", " ".join(text.split()))
