"""``scgsfm complete GENE…``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Genes, model and output."""
    parser.add_argument("genes", nargs="+", metavar="GENE", help="gene symbol, alias, Ensembl or Entrez id")
    parser.add_argument("-n", type=int, default=20, metavar="N", help="number of genes to list (default: %(default)s)")
    parser.add_argument("--model", default="gsfm-base", help="name or directory of the model (default: %(default)s)")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="CSV", help="write the table to this file instead of printing it"
    )


def run(args: argparse.Namespace) -> None:
    """Complete the genes as one set."""
    from scgsfm import tl

    table = tl.complete_sets({"query": args.genes}, model=args.model, n_genes=args.n).drop(columns="set")
    if args.output is None:
        print(table.to_string(index=False, float_format="{:.3f}".format))
    else:
        table.to_csv(args.output, index=False)
