"""Results on standard output: tables that fit the terminal, JSON, and a line about each written file."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

from scgsfm._logging import logger

from ._outputs import write_table

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    import pandas as pd

    from ._parser import Parser

MIN_WIDTH = 10
"""Characters to which texts of a table are cut at most."""


def add_json(parser: Parser) -> None:
    """Add ``--json``."""
    parser.output.add_argument("--json", action="store_true", help="print JSON instead of text")


def show_table(
    table: pd.DataFrame,
    args: argparse.Namespace,
    *,
    hidden: Sequence[str] = (),
    groupby: str | None = None,
    float_format: str = "{:.3g}",
) -> None:
    """Write a table to ``--output``, or print it, as JSON or without the ``hidden`` columns."""
    if getattr(args, "output", None) is not None:
        write_table(table, args.output)
        report(args, f"{args.output}: {len(table):,} rows", output=str(args.output), n_rows=len(table))
    elif args.json:
        print(as_json(records(table)))
    else:
        shown = table.drop(columns=list(hidden))
        groups = [("", shown)] if groupby is None else list(shown.groupby(groupby, sort=False))
        cut = False
        for name, rows in groups:
            if len(groups) > 1:
                print(f"\n{name}")
            text, shortened = fitted(rows.drop(columns=groupby or []), float_format)
            cut |= shortened
            print(text)
        if cut:
            logger.info("Long texts are cut to the width of the terminal; --json shows them whole.")


def report(args: argparse.Namespace, text: str, **record: Any) -> None:
    """Print what was written: a line of text, which ``--quiet`` hides, or a JSON object."""
    if args.json:
        print(as_json(record))
    elif not args.quiet:
        print(text)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as dicts of Python's own types; missing values are None."""
    return [{str(name): _plain(value) for name, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and math.isinf(value):  # JSON has no infinity
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    return value if isinstance(value, bool | int | float | str | dict) else str(value)


def as_json(data: dict[str, Any] | list[dict[str, Any]]) -> str:
    """JSON text, one record per line."""
    if isinstance(data, dict):
        return json.dumps(data, ensure_ascii=False)
    return "[" + ",\n ".join(json.dumps(record, ensure_ascii=False) for record in data) + "]"


def terminal_width() -> int | None:
    """Columns of the terminal; None if the output goes elsewhere."""
    if "COLUMNS" in os.environ or (sys.stdout is not None and sys.stdout.isatty()):
        return shutil.get_terminal_size().columns
    return None


def fitted(table: pd.DataFrame, float_format: str = "{:.3g}") -> tuple[str, bool]:
    """A table as text whose long cells are cut to the width of the terminal, and whether any was cut."""
    names = [str(name) for name in table]
    columns = [[_as_text(value, float_format) for value in table[name]] for name in table]
    is_text = [not hasattr(dtype, "kind") or dtype.kind in "OUTb" for dtype in table.dtypes]
    longest = [max(map(len, column), default=0) for column in columns]
    limit = full = max((n for n, text in zip(longest, is_text, strict=True) if text), default=0)

    def widths(limit: int) -> list[int]:
        cells = [min(n, limit) if text else n for n, text in zip(longest, is_text, strict=True)]
        return [max(len(name), n) for name, n in zip(names, cells, strict=True)]

    available = terminal_width()
    while available is not None and limit > MIN_WIDTH and sum(widths(limit)) + 2 * (len(names) - 1) > available:
        limit -= 1
    lines = []
    for row in zip(*([name, *column] for name, column in zip(names, columns, strict=True)), strict=True):
        cells = zip(row, widths(limit), is_text, strict=True)
        padded = [_cut(cell, n).ljust(n) if text else cell.rjust(n) for cell, n, text in cells]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines), limit < full


def _as_text(value: Any, float_format: str) -> str:
    value = _plain(value)
    if value is None or value == "":
        return "-"  # an empty field would shift the others for programs that split lines
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return float_format.format(value) if isinstance(value, float) else str(value)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
