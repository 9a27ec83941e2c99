"""The command line: a subcommand is a module here with ``add_arguments(parser)`` and ``run(args)``."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from scgsfm._logging import logger

from . import (
    _annotate,
    _ask,
    _complete,
    _demo,
    _download,
    _enrich,
    _models,
    _phenotypes,
    _predict,
    _regulatory,
    _score,
    _train,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "demo": (_demo, "score labelled blood cells with the embedded model"),
    "score": (_score, "score the cells of a file by gene sets"),
    "annotate": (_annotate, "name the types of the cells of a file by marker sets"),
    "complete": (_complete, "list the genes that belong with the given ones"),
    "predict": (_predict, "list the terms that genes are predicted to belong to, or a whole library"),
    "enrich": (_enrich, "test which terms genes, a ranking or the groups of cells of a file are enriched for"),
    "phenotypes": (_phenotypes, "tell which phenotypes a gene has, or rank genes for the phenotypes of a patient"),
    "ask": (_ask, "answer a question about genes, phenotypes and diseases from annotations"),
    "regulatory": (_regulatory, "predict and explain the activity of peaks, sequences or variants"),
    "models": (_models, "list the models that can be loaded by name"),
    "download": (_download, "fetch a model into the cache folder"),
    "train": (_train, "train a model on gene sets of your own"),
}


def parser() -> argparse.ArgumentParser:
    """The parser with all subcommands."""
    from scgsfm import __version__

    top = argparse.ArgumentParser(prog="scgsfm", description="Gene-set foundation models for single-cell analysis.")
    top.add_argument("--version", action="version", version=f"scgsfm {__version__}")
    top.add_argument("-v", "--verbose", action="store_true", help="tell details, and where an error came from")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (module, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``scgsfm`` with the given arguments, or with those of the shell.

    Returns
    -------
    The exit status: 0, or 2 after an error that was told in one line on standard error.
    """
    args = parser().parse_args(argv)
    if args.verbose:
        from scgsfm import settings

        settings.verbosity = 2
    try:
        args.run(args)
    except (OSError, ValueError, KeyError) as error:
        logger.debug("The error came from here:", exc_info=True)
        # a KeyError shows its message in quotes
        message = error.args[0] if isinstance(error, KeyError) and error.args else error
        print("scgsfm: error:", " ".join(str(message).split()), file=sys.stderr)
        return 2
    return 0
