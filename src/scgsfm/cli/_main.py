"""Command line interface. Each subcommand is a module with ``add_arguments(parser)`` and ``run(args)``."""

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
    "demo": (_demo, "score labeled blood cells with the embedded model"),
    "score": (_score, "score cells by gene sets"),
    "annotate": (_annotate, "assign cell types by marker sets"),
    "complete": (_complete, "predict further genes of a gene set"),
    "predict": (_predict, "predict the terms of genes, or the genes of a library"),
    "enrich": (_enrich, "test genes, a ranking or groups of cells for enriched terms"),
    "phenotypes": (_phenotypes, "look up and predict phenotypes of a gene, or prioritize genes by phenotypes"),
    "ask": (_ask, "answer a question about genes, phenotypes and diseases from annotations"),
    "regulatory": (_regulatory, "predict and explain the activity of peaks, sequences or variants"),
    "models": (_models, "list available models"),
    "download": (_download, "download a model into the cache directory"),
    "train": (_train, "train a model"),
}


def parser() -> argparse.ArgumentParser:
    """The parser with all subcommands."""
    from scgsfm import __version__

    top = argparse.ArgumentParser(prog="scgsfm", description="Gene-set foundation models for single-cell analysis.")
    top.add_argument("--version", action="version", version=f"scgsfm {__version__}")
    top.add_argument("-v", "--verbose", action="store_true", help="show details and the traceback of errors")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (module, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``scgsfm`` with the given arguments, by default those of the shell.

    Returns
    -------
    The exit status: 0, or 2 after an error, which is reported in one line on standard error.
    """
    args = parser().parse_args(argv)
    if args.verbose:
        from scgsfm import settings

        settings.verbosity = 2
    try:
        args.run(args)
    except (OSError, ValueError, KeyError) as error:
        logger.debug("Traceback of the error:", exc_info=True)
        # str() of a KeyError adds quotes
        message = error.args[0] if isinstance(error, KeyError) and error.args else error
        print("scgsfm: error:", " ".join(str(message).split()), file=sys.stderr)
        return 2
    return 0
