"""``scgsfm download MODEL``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The model."""
    parser.add_argument("model", help="name, as `scgsfm models` lists it, or hub id")


def run(args: argparse.Namespace) -> None:
    """Load the model once, so that its files are in the cache and known to be whole."""
    from scgsfm import models, settings

    model = models.load(args.model)
    print(f"{model.name}: {len(model.genes):,} tokens, {model.dim} dimensions; cache folder {settings.cache_dir}")
