"""Command line interface. Each subcommand is a module with ``add_arguments(parser)`` and ``run(args)``."""

from __future__ import annotations

import argparse
import gzip
import lzma
import sys
import zlib
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
    _rank_genes,
    _regulatory,
    _score,
    _train,
    _update,
)
from ._terminal import BROKEN_PIPE, INTERRUPTED, any_terminal, close_quietly, flush, short_warnings

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
    "rank-genes": (_rank_genes, "rank genes by how well they explain the phenotypes of one or many patients"),
    "ask": (_ask, "answer a question about genes, phenotypes and diseases from annotations"),
    "regulatory": (_regulatory, "predict and explain the activity of peaks, sequences or variants"),
    "models": (_models, "list available models"),
    "download": (_download, "download a model into the cache directory"),
    "update": (_update, "build an index of phenotypes from newer releases"),
    "train": (_train, "train a model"),
}

FORMER_NAMES = {"relation": "phenotypes"}
"""Former names of commands, which still work."""
COMPRESSED = (".gz", ".bgz", ".bz2", ".xz", ".zip", ".h5ad", ".zarr")


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
    The exit status: 0; 2 after an error, which is reported in one line on standard error; 130 if interrupted; or 141 if
    the program that reads the output has ended.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    command = next((i for i, argument in enumerate(given) if not argument.startswith("-")), None)
    if command is not None:
        given[command] = FORMER_NAMES.get(given[command], given[command])
    with any_terminal(), short_warnings():
        return _status(given)


def _status(given: list[str]) -> int:
    args = None
    try:
        try:
            args = parser().parse_args(given)
            if args.verbose:
                from scgsfm import settings

                settings.verbosity = 2
            args.run(args)
        finally:
            flush()
    except BrokenPipeError:
        close_quietly()
        return BROKEN_PIPE
    except KeyboardInterrupt:
        print("scgsfm: interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - libraries raise many kinds, and users get one line for each
        logger.debug("Traceback of the error:", exc_info=True)
        print("scgsfm: error:", described(error, args), file=sys.stderr)
        return 2
    return 0


def described(error: Exception, args: argparse.Namespace | None) -> str:
    """One line about an error of a command with these arguments."""
    options = vars(args) if args else {}
    # str() of a KeyError adds quotes
    text = " ".join(str(error.args[0] if isinstance(error, KeyError) and error.args else error).split())
    if isinstance(error, EOFError | zlib.error | lzma.LZMAError | gzip.BadGzipFile):
        values = (value for each in options.values() for value in (each if isinstance(each, list) else [each]))
        files = [str(value) for value in values if str(value).endswith(COMPRESSED)]
        return f"{', '.join(files) or 'A compressed file'} is cut short or damaged: {text.rstrip('.')}."
    if isinstance(error, OSError | ValueError | KeyError | ImportError) and text:
        return text
    return f"{type(error).__name__}: {text or 'no message'}{'' if options.get('verbose') else ' (scgsfm -v shows the traceback)'}"
