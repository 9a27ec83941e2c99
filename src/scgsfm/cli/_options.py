"""Options that several commands have, and their types."""

from __future__ import annotations

import argparse
import ast
from typing import TYPE_CHECKING, Any

from scgsfm._logging import logger
from scgsfm._messages import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ._parser import Parser

SETS_HELP = "name of a library (`scgsfm libraries`), or a .gmt, .gmt.gz or .json file"


def positive(text: str) -> int:
    """Parse an integer that is at least 1."""
    try:
        number = int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be a whole number, found {text!r}") from error
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, found {number}")
    return number


def probability(text: str) -> float:
    """Parse a number from 0 to 1."""
    try:
        number = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be a number, found {text!r}") from error
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"must be from 0 to 1, found {text}")
    return number


def one_of(choices: Iterable[str]) -> Callable[[str], str]:
    """A type that suggests the nearest choice for a misspelled one."""
    allowed = list(choices)

    def choice(text: str) -> str:
        if text not in allowed:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not one of {', '.join(allowed)}.{did_you_mean(text, allowed)}"
            )
        return text

    return choice


def name_and_value(text: str) -> tuple[str, Any]:
    """Parse ``name=value``. Numbers, ``true``, ``false`` and ``none`` are values of Python, all else is text."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"must be name=value, found {text!r}")
    words = {"true": True, "false": False, "none": None}
    if value.lower() in words:
        return name, words[value.lower()]
    try:
        return name, ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return name, value


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
    text = f"{SETS_HELP} (default: %(default)s)" if default else SETS_HELP
    action = parser.input.add_argument("--sets", metavar="NAME|FILE", default=default, required=required, help=text)
    action.completer = complete_libraries  # type: ignore[attr-defined]
    if former:
        old_name(parser, former, action)


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
