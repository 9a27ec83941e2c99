"""``scgsfm ask "…"``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._inputs import STDIN, read_lines
from ._options import add_model, old_name
from ._tables import add_json, as_json
from ._value_types import positive

if TYPE_CHECKING:
    import argparse

    from ._parser import Parser

EXAMPLES = (
    'scgsfm ask "Which gene causes Marfan syndrome?"',
    'scgsfm ask "Which phenotypes does SCN1A cause?" -n 5',
    'scgsfm ask "Which genes cause long QT syndrome?" --names',
)


def add_arguments(parser: Parser) -> None:
    """Question, output and model."""
    parser.input.add_argument(
        "question",
        nargs="+",
        metavar="QUESTION",
        help="question about genes, phenotypes or diseases, in English; or - for standard input",
    )
    parser.method.add_argument("--no-predictions", action="store_true", help="report annotations only")
    add_model(parser, default=None, more=" that reads the question (default: rules)")
    action = parser.output.add_argument(
        "-n", type=positive, default=10, metavar="N", help="maximum number of facts (default: %(default)s)"
    )
    old_name(parser, "--max", action)
    parser.output.add_argument(
        "--names", action="store_true", help="print the ids or symbols of all answers, one per line"
    )
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Print the answer with its sources."""
    from scgsfm.tl import ask

    options = {"n_max": args.n, "predict": not args.no_predictions, "model": args.model}
    question = " ".join(read_lines(STDIN) if args.question == [STDIN] else args.question)
    answer = ask(question, **options)
    if args.json:
        print(
            as_json({"question": question, "answer": str(answer), "names": list(answer.names), "about": answer.about})
        )
    else:
        print("\n".join([*answer.names, "", answer.about]) if args.names and answer.names else answer)
