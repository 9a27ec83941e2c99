"""``scgsfm models``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments."""


def run(_args: argparse.Namespace) -> None:
    """Print a table of the models."""
    import pandas as pd

    from scgsfm import models

    print(pd.DataFrame(models.available()).to_string(index=False))
