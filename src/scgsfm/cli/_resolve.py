"""``scgsfm resolve GENE…``."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from scgsfm._logging import logger

from ._inputs import GENE_HELP, read_genes
from ._outputs import TABLES, add_table_output, check_output
from ._tables import add_json, show_table

if TYPE_CHECKING:
    import argparse

    from scgsfm.genes import Organism

    from ._parser import Parser

EXAMPLES = (
    "scgsfm resolve TP53 SEPT9 CD20 7157 Ptprc CAP",
    "scgsfm resolve genes.txt --organism mouse -o symbols.csv",
    "cut -f1 markers.tsv | scgsfm resolve - --unresolved",
)


def add_arguments(parser: Parser) -> None:
    """Gene names, their organism and the output."""
    parser.input.add_argument("genes", nargs="+", metavar="GENE", help=GENE_HELP)
    parser.method.add_argument(
        "--organism", metavar="NAME", help="organism of the names, such as mouse (default: that of most names)"
    )
    parser.output.add_argument("--unresolved", action="store_true", help="list only names without a symbol")
    add_table_output(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Print or write the approved symbol of each name."""
    if args.output is not None:
        check_output(args.output, TABLES, force=args.force)
    names = read_genes(args.genes)
    import pandas as pd

    from scgsfm.genes import resolve

    found = resolve(names, organism=cast("Organism | None", args.organism))
    table = pd.DataFrame({"name": found.names, "symbol": found.symbols, "status": found.how})
    if found.orthologs:
        table["orthology"] = found.orthology
    logger.info(found.summary())
    show_table(table[table["symbol"] == ""] if args.unresolved else table, args)
