"""Elements of the page: tables, notes, bars. All texts are escaped by htmltools."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from shiny.ui import Tag, TagList, tags

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ._state import State

MAX_ROWS = 200
PREFIXES = frozenset({"HALLMARK", "REACTOME", "GOBP", "GOCC", "GOMF"})
"""Beginnings of the names of MSigDB, whose other words are in capitals as well."""
ACRONYMS = frozenset(
    [
        *("AKT", "ATP", "BCR", "CDK", "CFTR", "DNA", "EGFR", "EGF", "EMT", "ER", "ERBB", "ERK", "FCERI", "FGFR"),
        *("FGF", "GABA", "GPCR", "GTPASE", "HDR", "HIV", "IL", "INSR", "JAK", "KIT", "KRAS", "MAPK", "MET", "MHC"),
        *("MTOR", "MYC", "NADPH", "NFKB", "NMDA", "NOTCH", "PI", "PDGF", "PKA", "RAF", "RAS", "RHO", "RNA", "ROS"),
        *("RRNA", "SARS", "COV", "SCF", "STAT", "TCA", "TCF", "TCR", "TGF", "TLR", "TNF", "TNFA", "TNFR", "TP"),
        *("UV", "VEGF", "WNT", "B", "T", "NK", "HRR", "MMEJ", "NHEJ"),
    ]
)
"""Words that stay in capitals."""


class Column(NamedTuple):
    """How a column of a table is shown."""

    title: str
    show: Callable[[Any], Any]
    kind: str = "text"
    """``"text"`` or ``"number"``, which is aligned to the right."""
    hint: str = ""
    """What the column means, shown for its title."""


def table_of(frame: pd.DataFrame, columns: dict[str, Column], *, limit: int = MAX_ROWS, marked: str = "") -> Tag:
    """A table of the first rows. ``marked`` is the value of the first column whose row is highlighted."""
    head = [tags.th(c.title, class_=c.kind, title=c.hint or None) for c in columns.values()]
    rows = []
    first = next(iter(columns))
    for record in frame.head(limit).to_dict("records"):
        cells = [tags.td(c.show(record[name]), class_=c.kind) for name, c in columns.items()]
        rows.append(tags.tr(*cells, class_="marked" if marked and str(record[first]) == marked else None))
    more = f"{limit:,} of {len(frame):,} rows; the download has all." if len(frame) > limit else ""
    return tags.div(
        tags.table(tags.thead(tags.tr(*head)), tags.tbody(*rows)),
        tags.p(more, class_="quiet") if more else None,
        class_="rows",
    )


def as_number(digits: int = 3) -> Callable[[Any], str]:
    """Numbers with some decimals."""
    return lambda value: "–" if pd.isna(value) else f"{value:.{digits}f}".replace("-", "−")


def as_pvalue(value: Any) -> str:
    """A p-value in two significant digits."""
    if pd.isna(value):
        return "–"
    return f"{value:.2g}" if value >= 1e-3 else f"{value:.0e}".replace("e-0", "e-").replace("-", "−")


def as_count(value: Any) -> str:
    """A count."""
    return "–" if pd.isna(value) else f"{int(value):,}"


def as_check(value: Any) -> Any:
    """A mark for true."""
    return tags.span("✓", class_="yes") if value else tags.span("–", class_="quiet")


def as_bar(high: float, *, low: float = 0.0, digits: int = 3, signed: bool = False) -> Callable[[Any], Any]:
    """A number with a bar of its size."""

    def bar(value: Any) -> Any:
        if pd.isna(value):
            return tags.span("–", class_="quiet")
        share = float(np.clip((abs(value) if signed else value - low) / max(high - low, 1e-12), 0, 1))
        color = "down" if signed and value < 0 else "up"
        return tags.span(
            tags.span(class_=f"fill {color}", style=f"width:{100 * share:.0f}%"),
            tags.span(as_number(digits)(value), class_="figure"),
            class_="bar",
        )

    return bar


def as_probability(high: float) -> Callable[[Any], Any]:
    """A probability with a bar in proportion to the highest one of the table; small ones in significant digits."""
    show = as_bar(high)

    def shown(value: Any) -> Any:
        if pd.isna(value) or value >= 0.001:
            return show(value)
        return tags.span(tags.span("< 0.001", class_="figure"), class_="bar")

    return shown


def as_link(state: State, **changes: Any) -> Callable[[Any], Tag]:
    """A link to the page of a gene or term."""
    return lambda value: tags.a(nice(str(value)), href=state.link(query=str(value), **changes), title=str(value))


def as_choice(name: str) -> Callable[[Any], Tag]:
    """A button that sets an input of the page to the value."""
    return lambda value: tags.button(
        nice(str(value)),
        type="button",
        class_="choice",
        title=str(value),
        **{"data-input": name, "data-value": str(value)},
    )


def nice(term: str) -> str:
    """The name of a term as a title: names in capitals with underscores are hard to read."""
    prefix, _, rest = term.partition("_")
    if prefix not in PREFIXES or not rest:
        return term
    words = [word if word in ACRONYMS or re.search(r"\d", word) else word.lower() for word in rest.split("_")]
    title = " ".join(words)
    return title[:1].upper() + title[1:]


def picture(png: bytes, alt: str, class_: str = "picture") -> Tag:
    """A picture in the page itself."""
    return tags.img(src=f"data:image/png;base64,{base64.b64encode(png).decode()}", alt=alt, class_=class_)


def note(*texts: Any, kind: str = "note") -> Tag:
    """A remark, or with ``kind="problem"`` what went wrong and what to do."""
    return tags.div(*texts, class_=kind, role="alert" if kind == "problem" else None)


def problem(error: Exception) -> Tag:
    """An error of the package as a readable message."""
    text = " ".join(str(error.args[0] if isinstance(error, KeyError) and error.args else error).split())
    said = text or type(error).__name__
    expected = isinstance(error, ValueError | TypeError | KeyError | OSError | ImportError) and " " in said
    return note(said if expected else f"This did not work: {said} ({type(error).__name__})", kind="problem")


def panel(title: Any, *content: Any, about: str = "", class_: str = "") -> Tag:
    """A part of the page with a title and a line on how to read it."""
    return tags.section(
        tags.h3(title), tags.p(about, class_="quiet") if about else None, *content, class_=f"panel {class_}"
    )


def download(state: State) -> Tag:
    """The link of the table of this page."""
    return tags.a("Download table (CSV)", href=f"table.csv{state.link()}", class_="download", download="")


def names(values: Sequence[str], n: int = 12) -> str:
    """Names in a sentence."""
    more = f" and {len(values) - n} more" if len(values) > n else ""
    return ", ".join(values[:n]) + more


__all__ = [
    "Column",
    "Tag",
    "TagList",
    "as_bar",
    "as_check",
    "as_choice",
    "as_count",
    "as_link",
    "as_number",
    "as_probability",
    "as_pvalue",
    "download",
    "names",
    "nice",
    "note",
    "panel",
    "picture",
    "problem",
    "table_of",
    "tags",
]
