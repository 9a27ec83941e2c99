"""``scgsfm phenotypes GENE PHENOTYPE…`` and ``scgsfm phenotypes --rank PHENOTYPE…``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._inputs import read_genes, read_terms
from ._options import positive
from ._outputs import TABLES, add_table_output, check_output, write_table

if TYPE_CHECKING:
    import argparse

N_PRINTED = 20
"""Printed evidence lines or genes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Gene, phenotypes and output."""
    parser.add_argument(
        "input",
        nargs="+",
        metavar="GENE PHENOTYPE",
        help="a gene and phenotypes by id or name; with --rank, only phenotypes. A .txt, .csv or .tsv file, or - for "
        "standard input, gives several genes or phenotypes, one per line",
    )
    parser.add_argument("--rank", action="store_true", help="prioritize genes for a patient with the phenotypes")
    parser.add_argument(
        "--excluded",
        nargs="+",
        default=[],
        metavar="PHENOTYPE",
        help="with --rank: phenotypes that the patient does not have",
    )
    parser.add_argument(
        "-n",
        type=positive,
        metavar="N",
        help=f"number of genes with --rank (default: {N_PRINTED} if printed, all with --output), or else of printed "
        f"evidence lines (default: {N_PRINTED})",
    )
    add_table_output(parser)


def run(args: argparse.Namespace) -> None:
    """Look up and predict, and print or write the table."""
    from scgsfm import tl

    if args.output is not None:
        check_output(args.output, TABLES, force=args.force)
    if args.excluded and not args.rank:
        raise ValueError("--excluded requires --rank.")
    if not args.rank and len(args.input) < 2:
        raise ValueError("Give a gene and at least one phenotype, or phenotypes with --rank.")
    if args.n is not None and args.output is not None and not args.rank:
        raise ValueError("-n limits printed evidence lines and doesn't apply to --output without --rank.")
    n = args.n or N_PRINTED
    if args.rank:
        n_top = n if args.output is None else args.n
        table = tl.rank_genes(read_terms(args.input), excluded=read_terms(args.excluded), n_top=n_top)
    else:
        table = tl.gene_phenotype(read_genes(args.input[:1]), read_terms(args.input[1:]))
    if args.output is not None:
        write_table(table, args.output)
        print(f"{args.output}: {len(table):,} rows")
    elif args.rank:
        print(table.drop(columns="known").to_string(index=False, float_format="{:.3g}".format))
    else:
        for row in table.itertuples():
            print(f"{row.symbol} – {row.name} ({row.phenotype}): {row.status}, probability {row.probability:.3g}")
            evidence = row.evidence.split("\n") if row.evidence else []
            print(*(f"  {line}" for line in evidence[:n]), sep="\n", end="\n" if evidence else "")
            if len(evidence) > n:
                print(f"  and {len(evidence) - n} more")
    print(f"\n{table.attrs['about']}")
