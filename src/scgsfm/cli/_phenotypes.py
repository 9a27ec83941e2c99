"""``scgsfm phenotypes GENE PHENOTYPE…`` and ``scgsfm phenotypes --rank PHENOTYPE…``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Gene, phenotypes and output."""
    parser.add_argument(
        "input",
        nargs="+",
        metavar="GENE PHENOTYPE",
        help="a gene and phenotypes by id or name; with --rank, only phenotypes",
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
        "-n", type=int, default=20, metavar="N", help="number of printed evidence lines or genes (default: %(default)s)"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="CSV", help="write the table to this file instead of printing it"
    )


def run(args: argparse.Namespace) -> None:
    """Look up and predict, and print or write the table."""
    from scgsfm import tl

    if args.excluded and not args.rank:
        raise ValueError("--excluded requires --rank.")
    if not args.rank and len(args.input) < 2:
        raise ValueError("Give a gene and at least one phenotype, or phenotypes with --rank.")
    if args.rank:
        table = tl.rank_genes(args.input, excluded=args.excluded, n_top=None if args.output else args.n)
    else:
        table = tl.gene_phenotype(args.input[0], args.input[1:])
    if args.output is not None:
        table.to_csv(args.output, index=False)
        print(f"{args.output}: {len(table):,} rows")
    elif args.rank:
        print(table.drop(columns="known").to_string(index=False, float_format="{:.3g}".format))
    else:
        for row in table.itertuples():
            print(f"{row.symbol} – {row.name} ({row.phenotype}): {row.status}, probability {row.probability:.3g}")
            evidence = row.evidence.split("\n") if row.evidence else []
            print(*(f"  {line}" for line in evidence[: args.n]), sep="\n", end="\n" if evidence else "")
            if len(evidence) > args.n:
                print(f"  and {len(evidence) - args.n} more")
    print(f"\n{table.attrs['about']}")
