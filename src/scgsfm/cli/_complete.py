"""``scgsfm complete GENE…``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._inputs import GENE_HELP, read_genes
from ._options import positive
from ._outputs import TABLES, add_table_output, check_output, write_table

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Genes, model and output."""
    parser.add_argument("genes", nargs="+", metavar="GENE", help=GENE_HELP)
    parser.add_argument(
        "-n", type=positive, default=20, metavar="N", help="number of genes to list (default: %(default)s)"
    )
    parser.add_argument("--model", default="gsfm-base", help="name or directory of the model (default: %(default)s)")
    add_table_output(parser)


def run(args: argparse.Namespace) -> None:
    """Complete the genes as one set."""
    from scgsfm import tl

    if args.output is not None:
        check_output(args.output, TABLES, force=args.force)
    table = tl.complete_sets({"query": read_genes(args.genes)}, model=args.model, n_genes=args.n).drop(columns="set")
    if args.output is None:
        print(table.to_string(index=False, float_format="{:.3f}".format))
    else:
        write_table(table, args.output)
