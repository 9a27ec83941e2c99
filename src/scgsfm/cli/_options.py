"""Options that several commands have."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from scgsfm._logging import logger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._parser import Parser

SETS_HELP = "name of a library (`scgsfm libraries`), or a .gmt, .gmt.gz or .json file"
ONE_SET_HELP = f"{SETS_HELP}, or - for GMT or JSON on standard input"


class _OldName(argparse.Action):
    """Stores the value of an option that has another name now."""

    def __init__(self, option_strings: Sequence[str], dest: str, new: str, **options: Any) -> None:
        super().__init__(option_strings, dest, **options)
        self.new = new

    def __call__(
        self, _parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        logger.warning("%s is deprecated. Use %s.", option, self.new)
        setattr(namespace, self.dest, values)


def old_name(
    parser: argparse.ArgumentParser,
    name: str,
    action: argparse.Action,
    *,
    nargs: str | None = None,
    dest: str | None = None,
) -> None:
    """Keep a former name of an option, which help does not show. For a positional one, ``dest`` must be another."""
    new = action.option_strings[-1] if action.option_strings else f"{action.metavar or action.dest} without an option"
    parser.add_argument(
        name,
        action=_OldName,
        new=new,
        dest=dest or action.dest,
        type=action.type or str,
        nargs=nargs or action.nargs,
        default=argparse.SUPPRESS,
        help=argparse.SUPPRESS,
    )


def add_sets(parser: Parser, *, default: str | None = None, required: bool = False, former: str | None = None) -> None:
    """Add ``--sets``."""
    text = f"{ONE_SET_HELP} (default: %(default)s)" if default else ONE_SET_HELP
    action = parser.input.add_argument("--sets", metavar="NAME|FILE", default=default, required=required, help=text)
    action.completer = complete_libraries  # type: ignore[attr-defined]
    if former:
        old_name(parser, former, action)


def add_several_sets(parser: Parser, default: Sequence[str]) -> None:
    """Add ``--sets`` that takes several."""
    action = parser.input.add_argument(
        "--sets",
        nargs="+",
        metavar="NAME|FILE",
        default=list(default),
        help=f"{SETS_HELP}; several are possible (default: {' '.join(default)})",
    )
    action.completer = complete_libraries  # type: ignore[attr-defined]


def add_log_normalize(parser: Parser) -> None:
    """Add ``--log-normalize`` and ``--no-log-normalize``."""
    parser.method.add_argument(
        "--log-normalize",
        action=argparse.BooleanOptionalAction,
        help="log-normalize the values for methods that need it, or use them as they are (default: counts are "
        "log-normalized)",
    )


def add_model(parser: Parser, *, default: str | None = "gsfm-base", more: str = "") -> None:
    """Add ``--model``."""
    text = f"name (`scgsfm models`) or directory of the model{more}"
    text = f"{text} (default: %(default)s)" if default else text
    action = parser.method.add_argument("--model", metavar="NAME", default=default, help=text)
    action.completer = complete_models  # type: ignore[attr-defined]


def add_matrix(parser: Parser) -> None:
    """Add the options that say which values and names of the cells' genes are used."""
    parser.input.add_argument("--layer", metavar="NAME", help="use this layer instead of X")
    parser.input.add_argument("--use-raw", action="store_true", help="use .raw instead of X")
    parser.input.add_argument("--gene-symbols", metavar="COLUMN", help="column of .var with the gene names")


def complete_libraries(prefix: str, **_: Any) -> list[str]:
    """Names of libraries and files, for the completion of shells."""
    from argcomplete.completers import FilesCompleter

    from scgsfm.genesets import catalogue

    return [name for name in catalogue() if name.startswith(prefix)] + list(FilesCompleter()(prefix))


def complete_models(prefix: str, **_: Any) -> list[str]:
    """Names of models, for the completion of shells."""
    from scgsfm.models import available

    return [record["name"] for record in available() if record["name"].startswith(prefix)]


def complete_methods(prefix: str, **_: Any) -> list[str]:
    """Names of scoring methods, for the completion of shells."""
    from scgsfm import methods

    return [name for name in methods().index if name.startswith(prefix)]
