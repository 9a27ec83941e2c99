"""``scgsfm models``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._tables import add_json, show_table

if TYPE_CHECKING:
    import argparse

    from ._parser import Parser

EXAMPLES = ("scgsfm models", "scgsfm models --json")


def add_arguments(parser: Parser) -> None:
    """Only the format."""
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Print a table of the models."""
    import pandas as pd

    from scgsfm import models

    show_table(pd.DataFrame(models.available()), args)
