"""``scgsfm complete GENE…``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._inputs import GENE_HELP, read_genes
from ._options import add_model
from ._outputs import TABLES, add_table_output, check_output
from ._tables import add_json, show_table
from ._value_types import positive

if TYPE_CHECKING:
    import argparse

    from ._parser import Parser

EXAMPLES = (
    "scgsfm complete ISG15 IFIT1 IFIT3 MX1 OAS1 -n 10",
    "scgsfm complete genes.txt -o completed.csv",
    "cut -f1 markers.tsv | scgsfm complete - --json",
    "scgsfm complete NCL NPM1 CDK4 ODC1 --kind 'regulator targets'",
)


def add_arguments(parser: Parser) -> None:
    """Genes, model and output."""
    parser.input.add_argument("genes", nargs="+", metavar="GENE", help=GENE_HELP)
    add_model(parser)
    parser.input.add_argument(
        "--kind",
        metavar="KIND",
        help="what the genes are, such as 'cell type' or 'regulator targets' (default: seen from the genes)",
    )
    parser.output.add_argument(
        "-n", type=positive, default=20, metavar="N", help="number of genes to list (default: %(default)s)"
    )
    add_table_output(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Complete the genes as one set."""
    if args.output is not None:
        check_output(args.output, TABLES, force=args.force)
    genes = read_genes(args.genes)
    from scgsfm import tl

    table = tl.complete_sets({"query": genes}, model=args.model, n_genes=args.n, kind=args.kind).drop(columns="set")
    show_table(table, args)
