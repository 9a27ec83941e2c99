"""``scgsfm design FILE --target K562``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._options import add_model
from ._outputs import add_force, check_output, write_table
from ._tables import add_json, as_json
from ._value_types import one_of

if TYPE_CHECKING:
    import argparse

    from ._parser import Parser

EXAMPLES = (
    "scgsfm design elements.fa --target K562 -o designs.csv",
    "scgsfm design elements.fa --target K562 --forbid EcoRI BsaI --gc 0.4 0.6 --method evolutionary -o designs.csv",
)
FASTA = (".fa", ".fasta", ".fna")


def add_arguments(parser: Parser) -> None:
    """Add the input, the goal, its limits and the output."""
    parser.input.add_argument(
        "input", type=Path, metavar="FILE", help="sequences of at most 200 bases, as .fa or .fasta"
    )
    add_model(parser, default="r3lm-mini")
    parser.method.add_argument(
        "--target", required=True, metavar="CELL", help="cell type in which the activity shall rise"
    )
    parser.method.add_argument(
        "--hold", nargs="*", metavar="CELL", help="cell types in which it is held (default: all others)"
    )
    parser.method.add_argument(
        "--max-shift", type=float, metavar="X", help="largest shift of log2 activity in these (default: 0.3)"
    )
    parser.method.add_argument("--max-changes", type=int, metavar="N", help="largest number of changes (default: 10)")
    parser.method.add_argument(
        "--method",
        type=one_of(["greedy", "evolutionary"]),
        metavar="HOW",
        help="greedy or evolutionary (default: greedy)",
    )
    parser.method.add_argument(
        "--gc", nargs=2, type=float, metavar=("LOW", "HIGH"), help="range of the GC content (default: 0.25 0.75)"
    )
    parser.method.add_argument(
        "--forbid", nargs="+", metavar="SITE", help="restriction enzymes, or sites such as GGTCTC, not to create"
    )
    parser.method.add_argument("--max-run", type=int, metavar="N", help="longest run of one base (default: 8)")
    parser.method.add_argument("--seed", type=int, metavar="N", help="seed of the evolutionary search (default: 0)")
    parser.output.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT", help=".csv; the steps go to OUT.steps.csv"
    )
    add_force(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Design, and write both tables."""
    steps = args.output.with_suffix(".steps.csv")
    check_output(args.output, (".csv",), force=args.force, source=args.input)
    check_output(steps, (".csv",), force=args.force)
    if not args.input.name.lower().removesuffix(".gz").removesuffix(".bgz").endswith(FASTA):
        raise ValueError(f"FILE: {args.input} must end in .fa, .fasta or .fna.")
    if not args.input.exists():
        raise FileNotFoundError(f"FILE: {args.input} does not exist.")
    from scgsfm.dna import Genome
    from scgsfm.tl import design_elements

    with Genome(args.input) as fasta:
        sequences = {name: fasta.sequence(name, 0, length) for name, length in fasta.lengths.items()}
    found = design_elements(sequences, args.target, model=args.model, **_options(args))
    write_table(found["designs"], args.output, float_format="%.5g")
    write_table(found["steps"], steps, float_format="%.5g")
    written = [
        (args.output, "designs", len(found["designs"])),
        (steps, "edits", int((found["steps"]["step"] > 0).sum())),
    ]
    if args.json:
        print(as_json([{"output": str(path), "what": what, "n": n} for path, what, n in written]))
    elif not args.quiet:
        print("\n".join(f"{path}: {n:,} {what}" for path, what, n in written))


def _options(args: argparse.Namespace) -> dict[str, Any]:
    """The options that were given, by the names of Python."""
    names = {
        "hold": "hold",
        "max_shift": "max_shift",
        "max_changes": "max_changes",
        "method": "method",
        "gc": "gc",
        "forbid": "forbidden",
        "max_run": "max_run",
        "seed": "rng",
    }
    return {name: getattr(args, option) for option, name in names.items() if getattr(args, option) is not None}
