"""Write the benchmark tables into ``docs/benchmarks.md``.

    python -m benchmarks.render

Each table stands between ``<!-- table: NAME -->`` and ``<!-- end -->`` and comes from ``docs/benchmarks/NAME.csv``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).resolve().parents[1] / "docs"
TABLES = DOCS / "benchmarks"
MISSING = "(no figures yet)"


def layout(name: str, table: pd.DataFrame) -> str:
    """A table as readers see it, in Markdown."""
    return markdown(LAYOUTS.get(name, lambda same: same)(table))


def markdown(table: pd.DataFrame) -> str:
    """A Markdown table, its columns padded so that it reads well in a terminal, too."""
    rows = [[str(column) for column in table.columns], *([str(cell) for cell in row] for row in table.to_numpy())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows)


def wide(table: pd.DataFrame, index: list[str], columns: list[str], cell: str = "cell") -> pd.DataFrame:
    """One column for each combination of ``columns``, in the order in which they come."""
    order = table[columns].drop_duplicates().agg(", ".join, axis=1)
    keyed = table.assign(column=table[columns].agg(", ".join, axis=1))
    keys = pd.MultiIndex.from_frame(table[index].drop_duplicates())
    flat = keyed.pivot(index=index, columns="column", values=cell)
    flat = flat.reindex(keys if len(index) > 1 else keys.get_level_values(0))[order]
    return flat.rename_axis(columns=None).fillna("").reset_index()


def _gene_function(table: pd.DataFrame) -> pd.DataFrame:
    cell = [f"{r.auroc:.3f} [{r.low:.3f}, {r.high:.3f}]" for r in table.itertuples()]
    library = [f"{r.library} ({r.n_terms:,} terms)" for r in table.itertuples()]
    return wide(table.assign(cell=cell, library=library), ["method"], ["library"])


def _dropout(table: pd.DataFrame) -> pd.DataFrame:
    cell = [f"{r.auroc:.3f}" + (f" [{r.low:.3f}, {r.high:.3f}]" if r.runs > 1 else "") for r in table.itertuples()]
    return wide(table.assign(cell=cell), ["counts", "sets"], ["method"])


def _dropout_types(table: pd.DataFrame) -> pd.DataFrame:
    cell = [f"{r.aucell:.3f} / {r.gsfm:.3f}" for r in table.itertuples()]
    return wide(table.assign(cell=cell), ["cell_type"], ["sets", "counts"])


LAYOUTS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "gene_function": _gene_function,
    "dropout": _dropout,
    "dropout_types": _dropout_types,
}
"""How the tables that aren't shown as they are in their CSV are laid out."""


def render(page: str, tables: Path) -> str:
    """The page with all of its tables replaced."""

    def one(match: re.Match[str]) -> str:
        file = tables / f"{match[1]}.csv"
        body = MISSING
        if file.exists():
            made = file.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
            as_text = {} if match[1] in LAYOUTS else {"dtype": str, "keep_default_na": False}
            body = f"{layout(match[1], pd.read_csv(file, comment='#', **as_text))}\n\n<small>{made}</small>"
        return f"<!-- table: {match[1]} -->\n\n{body}\n\n<!-- end -->"

    return re.sub(r"<!-- table: (\w+) -->.*?<!-- end -->", one, page, flags=re.DOTALL)


if __name__ == "__main__":
    page = DOCS / "benchmarks.md"
    page.write_text(render(page.read_text(encoding="utf-8"), TABLES), encoding="utf-8")
