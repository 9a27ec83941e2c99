"""``scgsfm download MODEL``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scgsfm._logging import logger

from ._options import complete_models
from ._tables import add_json, report

if TYPE_CHECKING:
    import argparse

    from ._parser import Parser

EXAMPLES = ("scgsfm download maayanlab/gsfm-rummagene",)


def add_arguments(parser: Parser) -> None:
    """Model to download."""
    action = parser.input.add_argument(
        "model", metavar="MODEL", help="name from `scgsfm models`, or Hugging Face Hub id"
    )
    action.completer = complete_models  # type: ignore[attr-defined]
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Load the model once: its files are downloaded to the cache directory and checked."""
    from scgsfm import models, settings

    where = {record["name"]: record["where"] for record in models.available()}.get(args.model, "hub")
    if where != "hub":
        logger.info("%s is %s already: there is nothing to download.", args.model, where)
    model: models.Model = models.load(args.model)
    text = f"{model!r}; cache directory {settings.cache_dir}"
    report(args, text, model=args.model, cache_dir=str(settings.cache_dir))
