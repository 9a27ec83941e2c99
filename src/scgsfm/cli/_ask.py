"""``scgsfm ask "…"``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The question, how much to tell, and the model."""
    parser.add_argument("question", nargs="+", help="about genes, phenotypes or diseases, in English")
    parser.add_argument("--max", type=int, default=10, metavar="N", help="facts to tell at most (%(default)s)")
    parser.add_argument("--no-predictions", action="store_true", help="tell annotations alone")
    parser.add_argument("--names", action="store_true", help="print all answers by id or symbol, one a line")
    parser.add_argument("--model", default="gpgpt-mini", help="name or folder (default: %(default)s)")


def run(args: argparse.Namespace) -> None:
    """Print the answer with its sources."""
    from scgsfm.tl import ask

    options = {"n_max": args.max, "predict": not args.no_predictions, "model": args.model}
    try:
        answer = ask(" ".join(args.question), **options)
    except ImportError as error:
        raise ValueError(error) from error
    print("\n".join([*answer.names, "", answer.about]) if args.names and answer.names else answer)
