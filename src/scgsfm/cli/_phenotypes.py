"""``scgsfm phenotypes GENE PHENOTYPE…`` and ``scgsfm phenotypes --rank PHENOTYPE…``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ._inputs import STDIN, is_file, read_genes, read_lines, read_terms
from ._outputs import TABLES, add_table_output, check_output
from ._tables import add_json, show_table
from ._value_types import one_of, positive

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    import pandas as pd

    from ._parser import Parser

EXAMPLES = (
    'scgsfm phenotypes SCN1A Seizure "Ectopia lentis"',
    "scgsfm phenotypes genes.txt HP:0001250 -o relations.csv",
    'scgsfm phenotypes --rank "Ectopia lentis" Arachnodactyly --excluded Seizure -n 5',
    "scgsfm phenotypes --rank patient.json --genes panel.txt",
)
N_PRINTED = 20
"""Printed evidence lines or genes."""
PACKETS = (".json", ".yaml", ".yml")
"""Ends of the names of phenopackets."""


def add_arguments(parser: Parser) -> None:
    """Gene, phenotypes and output."""
    parser.input.add_argument(
        "input",
        nargs="+",
        metavar="GENE PHENOTYPE",
        help="a gene and phenotypes by id or name; with --rank, only phenotypes, or a phenopacket (JSON or YAML). A .txt, "
        ".csv or .tsv file, or - for standard input, gives several genes or phenotypes, one per line",
    )
    parser.input.add_argument(
        "--excluded",
        nargs="+",
        default=[],
        metavar="PHENOTYPE",
        help="with --rank: phenotypes that the patient does not have",
    )
    parser.input.add_argument(
        "--genes",
        nargs="+",
        default=[],
        metavar="GENE",
        help="with --rank: rank only these candidate genes, or those in a file with one a line",
    )
    parser.method.add_argument("--rank", action="store_true", help="prioritize genes for a patient with the phenotypes")
    parser.method.add_argument(
        "--expand-diseases",
        action="store_true",
        help="with --rank: replace diseases among the phenotypes by their annotated phenotypes",
    )
    parser.method.add_argument(
        "--on-unknown",
        type=one_of(["warn", "raise", "ignore"]),
        metavar="ACTION",
        default="warn",
        help="what to do with terms and genes that cannot be used if others can: leave them out with a warning (warn), "
        "raise an error (raise), or leave them out (ignore) (default: %(default)s)",
    )
    parser.output.add_argument(
        "-n",
        type=positive,
        metavar="N",
        help=f"number of genes with --rank (default: {N_PRINTED} if printed, all with --output), or else of printed "
        f"evidence lines (default: {N_PRINTED})",
    )
    add_table_output(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Look up and predict, and print or write the table."""
    if args.output is not None:
        check_output(args.output, TABLES, force=args.force)
    for option in ("excluded", "genes", "expand_diseases"):
        if getattr(args, option) and not args.rank:
            raise ValueError(f"--{option.replace('_', '-')} requires --rank.")
    if not args.rank and len(args.input) < 2:
        raise ValueError("Give a gene and at least one phenotype, or phenotypes with --rank.")
    if args.n is not None and args.output is not None and not args.rank:
        raise ValueError("-n limits printed evidence lines and doesn't apply to --output without --rank.")
    n = args.n or N_PRINTED
    from scgsfm import tl

    if args.rank:
        present, absent = _patient(args.input)
        table = tl.rank_genes(
            present,
            excluded=[*absent, *_patient(args.excluded)[0]],
            genes=read_genes(args.genes) or None,
            on_unknown=args.on_unknown,
            expand_diseases=args.expand_diseases,
            n_top=n if args.output is None else args.n,
        )
    else:
        terms = read_terms(args.input[1:])
        table = tl.gene_phenotype(read_genes(args.input[:1]), terms, on_unknown=args.on_unknown)
    _report(table, args, n)


def _report(table: pd.DataFrame, args: argparse.Namespace, n: int) -> None:
    if args.output is not None or args.json or args.rank:
        show_table(table, args, hidden=["known"])
    else:
        for row in table.itertuples():
            print(f"{row.symbol} – {row.name} ({row.phenotype}): {row.status}, probability {row.probability:.3g}")
            evidence = row.evidence.split("\n") if row.evidence else []
            print(*(f"  {line}" for line in evidence[:n]), sep="\n", end="\n" if evidence else "")
            if len(evidence) > n:
                print(f"  and {len(evidence) - n} more")
    print(f"\n{table.attrs['about']}", file=sys.stderr if args.json else sys.stdout)


def _patient(given: Sequence[str]) -> tuple[list[Any], list[Any]]:
    """Present and absent items of terms and files."""
    from scgsfm.phenotypes import is_text_file, split_patient, terms_of_lines

    present, absent = list[Any](), list[Any]()
    for item in given:
        if item == STDIN or (is_file(item) and not item.lower().endswith(PACKETS)):
            found = split_patient(terms_of_lines("\n".join(read_lines(item))))
        else:
            found = split_patient(item if is_text_file(item) else [item])
        present += [*found.present, *((one.item, None) for one in found.left_out)]
        absent += found.absent
    return present, absent
