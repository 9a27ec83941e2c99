"""Command line interface. Each subcommand is a module with ``add_arguments(parser)`` and ``run(args)``."""

from __future__ import annotations

import gzip
import lzma
import os
import sys
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from scgsfm._logging import logger
from scgsfm.settings import settings

from ._inputs import read_sets_of_stdin
from ._parser import build_parser, parse
from ._terminal import BROKEN_PIPE, INTERRUPTED, any_terminal, close_quietly, flush, short_warnings
from ._threads import limited_threads

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

COMPRESSED = (".gz", ".bgz", ".bz2", ".xz", ".zip", ".h5ad", ".zarr")


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``scgsfm`` with the given arguments, by default those of the shell.

    Returns
    -------
    The exit status: 0; 2 after an error, which is reported in one line on standard error, and without a command; 130 if
    interrupted; or 141 if the program that reads the output has ended.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    with any_terminal(), short_warnings():
        return _status(given)


def _status(given: list[str]) -> int:
    args = None
    try:
        try:
            top = build_parser()
            if "_ARGCOMPLETE" in os.environ:
                _complete(top)
            args = parse(top, given)
            if getattr(args, "version", False):
                import scgsfm

                print(f"scgsfm {scgsfm.__version__}")
            elif args.command is None:
                top.print_help(sys.stderr)
                return 2
            else:
                with _verbosity(args), limited_threads(args.threads):
                    read_sets_of_stdin(args)
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
        print("scgsfm: error:", described(error, args), file=sys.stderr)
        return 2
    return 0


def _complete(top: argparse.ArgumentParser) -> None:
    """Answer the shell, which asks for completions of a line, and exit."""
    try:
        import argcomplete
    except ImportError:
        return
    argcomplete.autocomplete(top)


@contextmanager
def _verbosity(args: argparse.Namespace) -> Iterator[None]:
    before = settings.verbosity
    try:
        if args.verbose or args.quiet:
            settings.verbosity = 2 if args.verbose else 0
        yield
    except Exception:
        logger.debug("Traceback of the error:", exc_info=True)
        raise
    finally:
        settings.verbosity = before


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
