"""``scgsfm libraries``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._outputs import TABLES, add_table_output, check_output
from ._tables import add_json, show_table

if TYPE_CHECKING:
    import argparse

    from ._parser import Parser

EXAMPLES = ("scgsfm libraries", "scgsfm libraries --json", "scgsfm libraries -o libraries.csv")


def add_arguments(parser: Parser) -> None:
    """Only the output."""
    add_table_output(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Print a table of the embedded libraries."""
    if args.output is not None:
        check_output(args.output, TABLES, force=args.force)
    from scgsfm import datasets

    show_table(datasets.libraries().reset_index(), args, hidden=["url", "title"], float_format="{:g}")
