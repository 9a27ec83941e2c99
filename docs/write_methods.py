"""Write the pages of the scoring methods, and the tables that compare them, from the registry.

    python docs/write_methods.py

In ``docs/methods/<name>.md`` and ``docs/choose_method.md``, the text between ``<!-- methods: … -->`` and ``<!-- end -->`` is
replaced. What stands below it is written by hand.
"""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
import typing
from pathlib import Path
from typing import TYPE_CHECKING

from scgsfm.scoring.methods import METHODS

if TYPE_CHECKING:
    from scgsfm.scoring import Method

DOCS = Path(__file__).resolve().parent
BEGIN = "<!-- methods: {} -->"
END = "<!-- end -->"


def markdown(rst: str) -> str:
    """Return a docstring's text with its mathematics and code as Markdown."""
    rst = re.sub(r"^\.\. math::\s+(.*?)(?=\n\n|\Z)", _display, rst, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"``(.+?)``", r"`\1`", re.sub(r":math:`(.+?)`", r"$\1$", rst, flags=re.DOTALL))


def _display(match: re.Match[str]) -> str:
    lines = [line.strip() for line in match[1].splitlines()]
    return "\n".join(["$$", *lines, "$$"])


def docstring(method: Method) -> tuple[str, dict[str, str]]:
    """Return the text of the method's docstring, and the text of each parameter."""
    text, _, parameters = (inspect.getdoc(method.prepare) or "").partition("\n\nParameters\n----------\n")
    entries = re.findall(r"^(\w[\w, ]*)\n((?:    .*(?:\n|\Z)|\n)+)", parameters, flags=re.MULTILINE)
    return text, {name: " ".join(body.split()) for name, body in entries}


def type_of(method: Method, name: str) -> str:
    """Return the annotation of a parameter, with aliases written out and choices without their wrapper."""
    annotation = inspect.signature(method.prepare).parameters[name].annotation
    alias = vars(sys.modules[method.prepare.__module__]).get(annotation)
    if alias is not None and typing.get_args(alias):
        return " | ".join(map(repr, typing.get_args(alias))).replace("'", '"')
    choices = re.fullmatch(r"Literal\[(.+)\]", annotation)
    return choices[1].replace(", ", " | ") if choices else annotation


def cell(text: str) -> str:
    """Return text that doesn't end the cell of a table."""
    return text.replace("|", "\\|")


def uses(method: Method) -> str:
    """Return which of weights and signs the method uses."""
    used = [name for name in ("weights", "signs") if getattr(method, name)]
    return " and ".join(used) or "neither"


def limits(method: Method) -> str:
    """Return the range of the scores."""
    low, high = method.range
    return f"{low:g} to {high:g}" if abs(low) < float("inf") else "unbounded"


def example(method: Method) -> str:
    """Return code that runs the method."""
    log = ["sc.pp.normalize_total(adata)", "sc.pp.log1p(adata)"] if method.values == "log-normalized" else []
    against = ', "CD79A-"' if method.signs else ""
    plus = "+" if method.signs else ""
    lines = [
        *(["import scanpy as sc"] if log else []),
        "import scgsfm as sg",
        "",
        "adata = sg.datasets.pbmc()",
        *log,
        "sets = {",
        f'    "T cell": ["CD3D{plus}", "CD3E{plus}", "CD2{plus}"{against}],',
        '    "B cell": ["CD79A", "CD79B", "MS4A1"],',
        "}",
        f'sg.tl.score(adata, sets, method="{method.name}")',
        f'sg.get.scores(adata, "{method.name}")  # cells × sets',
        *([f'adata.obsm["padj_{method.name}"]  # adjusted p-values'] if method.test else []),
    ]
    return "\n".join(["```python", *lines, "```"])


def definition(text: str) -> str:
    """Return a definition in lines of at most 132 characters."""
    options = {"subsequent_indent": "  ", "break_long_words": False, "break_on_hyphens": False}
    return textwrap.fill(f": {markdown(text)}", 132, **options)


def page(method: Method) -> str:
    """Return the generated part of a method's page."""
    text, entries = docstring(method)
    defaults = method.parameters
    rows = {
        "Purpose": method.task,
        "When to use": method.when,
        "When not": method.avoid,
        "Score": method.statistic,
        "Range": limits(method),
        "Values": "counts or normalized values" if method.values == "any" else "log-normalized values",
        "Weights and signs": uses(method),
        "p-values": method.test or "none",
        '`normalize="null"`': f"random sets: {method.null}"
        if method.null
        else "not defined, since the score is not a sum",
        "Genes missing from the data": method.missing_genes,
        "Minimum genes of a set": str(method.min_genes),
        "Same scores as": method.peer,
        "Reference": f"<{method.reference}>",
    }
    table = ["| | |", "|---|---|", *(f"| {name} | {cell(value)} |" for name, value in rows.items())]
    parameters = [
        f"`{name}` : `{type_of(method, name)}`, default `{default!r}`\n{definition(entries[name])}\n".replace("'", '"')
        for name, default in defaults.items()
    ]
    return "\n".join(
        [
            f"# {method.title}: `{method.name}`\n",
            example(method),
            "",
            *table,
            "\n## Definition\n",
            markdown(text),
            "\n## Parameters\n",
            "They are passed to {func}`scgsfm.tl.score` by name.\n" if parameters else "None of its own.",
            *parameters,
        ]
    ).rstrip()


def chooser() -> str:
    """Return the table of all methods."""
    head = [
        ":::{table}",
        ":widths: 24 10 8 29 29",
        "",
        "| method | sets | p-values | when to use | when not |",
        "|---|---|---|---|---|",
    ]
    rows = [
        f"| [`{name}`](methods/{name}.md): {method.task} | {_needs(method)} | {'yes' if method.test else 'no'} "
        f"| {cell(method.when)} | {cell(method.avoid)} |"
        for name, method in METHODS.items()
    ]
    return "\n".join([*head, *rows, ":::"])


def _needs(method: Method) -> str:
    return {"neither": "plain", "weights and signs": "weights, signs"}.get(uses(method), uses(method))


def pages() -> dict[Path, tuple[str, str]]:
    """Return the label and the generated text of each page."""
    made = {DOCS / "methods" / f"{name}.md": (name, page(method)) for name, method in METHODS.items()}
    return made | {DOCS / "choose_method.md": ("chooser", chooser())}


def update(text: str, label: str, body: str) -> str:
    """Return a page with its generated part replaced; a page without one begins with it."""
    begin, block = BEGIN.format(label), f"{BEGIN.format(label)}\n\n{body}\n\n{END}"
    if begin not in text:
        return f"{block}\n{text}"
    before, _, rest = text.partition(begin)
    return before + block + rest.partition(END)[2]


if __name__ == "__main__":
    for path, (label, body) in pages().items():
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(update(old, label, body), encoding="utf-8")
