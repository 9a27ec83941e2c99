"""``scgsfm drugs FILE`` and ``scgsfm drugs --up GENE… --down GENE…``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._enrich import read_query
from ._inputs import read_genes
from ._options import add_matrix
from ._outputs import TABLES, add_table_output, check_output
from ._tables import add_json, show_table
from ._value_types import one_of, positive

if TYPE_CHECKING:
    import argparse

    from ._parser import Parser

EXAMPLES = (
    "scgsfm drugs --up HMOX1 HSPA1A DNAJB1 BAG3 DDIT4 GADD45B --down CCNA2 CCNB1 CDC20 AURKA",
    "scgsfm drugs cells.h5ad --groupby leiden -n 5",
    "scgsfm drugs de.csv --classes",
    "scgsfm drugs --up up.txt --down down.txt --index cmap -o compounds.csv",
)
N_PRINTED = 20
"""Rows per group that are printed."""


def add_arguments(parser: Parser) -> None:
    """Input, index, options and output."""
    parser.input.add_argument(
        "input",
        nargs="?",
        metavar="FILE",
        help="cells as .h5ad or .zarr, or a ranking or table of differential expression",
    )
    parser.input.add_argument("--up", nargs="+", metavar="GENE", help="genes that rise, or a file with one per line")
    parser.input.add_argument("--down", nargs="+", metavar="GENE", help="genes that fall, or a file with one per line")
    parser.input.add_argument("--background", metavar="FILE", help="with --up and --down: file of all measured genes")
    add_matrix(parser)
    parser.method.add_argument("--groupby", metavar="COLUMN", help="column of .obs with groups of cells")
    parser.method.add_argument(
        "--index",
        metavar="NAME",
        default="bundled",
        help="index of signatures: a name or a file (default: %(default)s)",
    )
    parser.method.add_argument(
        "--method",
        type=one_of(["cosine", "connectivity", "agreement", "consensus"]),
        metavar="NAME",
        default="cosine",
        help="score of a signature: cosine, connectivity, agreement or consensus (default: %(default)s)",
    )
    parser.method.add_argument(
        "--by",
        type=one_of(["compound", "cell", "signature"]),
        metavar="LEVEL",
        default="compound",
        help="what a row is: compound, cell (compound and cell line) or signature (default: %(default)s)",
    )
    parser.output.add_argument("--classes", action="store_true", help="show mechanisms of action and targets instead")
    parser.output.add_argument(
        "-n",
        type=positive,
        metavar="N",
        help=f"number of rows per group (default: {N_PRINTED} if printed, all with --output)",
    )
    add_table_output(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Rank the compounds and print or write the table."""
    if args.output is not None:
        check_output(args.output, TABLES, force=args.force)
    if (args.input is None) == (args.up is None and args.down is None):
        raise ValueError("Give either a file, or genes by --up and --down.")
    lists: dict[str, Any] = {
        name: read_genes(genes) for name in ("up", "down") if (genes := getattr(args, name)) is not None
    }
    if args.background is not None:
        lists["background"] = read_genes([args.background])
    given: dict[str, Any] = {
        name: value for name in ("groupby", "layer", "use_raw", "gene_symbols") if (value := getattr(args, name))
    }
    data: Any = None if args.input is None else read_query([args.input], args)
    from scgsfm import _keys, get, tl

    table = tl.drugs(data, index=args.index, method=args.method, by=args.by, **lists, **given)
    if table is None:
        table = data.uns[_keys.DRUGS]
    shown = get.drugs(table, table="classes") if args.classes else table
    n = N_PRINTED if args.n is None and args.output is None else args.n
    if n is not None:
        shown = shown.groupby(["group", "kind"] if args.classes else "group", sort=False).head(n)
    hidden = (
        []
        if args.classes
        else ["cosine", "connectivity", "agreement", "dose", "time", "source", "targets", "inchikey", "drugbank"]
    )
    show_table(shown, args, hidden=hidden, groupby="group")
