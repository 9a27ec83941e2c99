"""``scgsfm download MODEL``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scgsfm._logging import logger

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Model to download."""
    parser.add_argument("model", help="name from `scgsfm models`, or Hugging Face Hub id")


def run(args: argparse.Namespace) -> None:
    """Load the model once: its files are downloaded to the cache directory and checked."""
    from scgsfm import models, settings

    where = {record["name"]: record["where"] for record in models.available()}.get(args.model, "hub")
    if where != "hub":
        logger.info("%s is %s already: there is nothing to download.", args.model, where)
    model: models.Model = models.load(args.model)
    print(f"{model!r}; cache directory {settings.cache_dir}")
