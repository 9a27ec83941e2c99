"""``scgsfm ask "…"``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._options import positive

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Question, output and model."""
    parser.add_argument("question", nargs="+", help="question about genes, phenotypes or diseases, in English")
    parser.add_argument(
        "--max", type=positive, default=10, metavar="N", help="maximum number of facts (default: %(default)s)"
    )
    parser.add_argument("--no-predictions", action="store_true", help="report annotations only")
    parser.add_argument("--names", action="store_true", help="print the ids or symbols of all answers, one per line")
    parser.add_argument("--model", default="gpgpt-mini", help="name or directory of the model (default: %(default)s)")


def run(args: argparse.Namespace) -> None:
    """Print the answer with its sources."""
    from scgsfm.tl import ask

    options = {"n_max": args.max, "predict": not args.no_predictions, "model": args.model}
    answer = ask(" ".join(args.question), **options)
    print("\n".join([*answer.names, "", answer.about]) if args.names and answer.names else answer)
