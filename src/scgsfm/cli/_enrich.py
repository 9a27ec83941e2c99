"""``scgsfm enrich GENE…`` or ``scgsfm enrich FILE``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scgsfm._bounded_files import to_numbers

from ._inputs import (
    check_cells,
    check_columns,
    genes_of,
    is_file,
    is_number,
    read_cells,
    read_genes,
    read_rows,
    without_header,
)
from ._options import add_matrix, add_model, add_sets
from ._outputs import CELLS, TABLES, add_table_output, check_output
from ._tables import add_json, show_table
from ._value_types import one_of, positive

if TYPE_CHECKING:
    import argparse

    import pandas as pd

    from ._parser import Parser

EXAMPLES = (
    "scgsfm enrich ISG15 IFIT1 IFIT3 MX1 OAS1",
    "scgsfm enrich genes.txt --sets reactome --background expressed.txt",
    "scgsfm enrich ranking.rnk --sets go_bp -o terms.csv",
    "scgsfm enrich cells.h5ad --groupby leiden --mode gsfm -n 5",
    "cut -f1 markers.tsv | scgsfm enrich - --json",
)
N_PRINTED = 20
"""Terms per group that are printed."""
MISSING = ("", "NA", "NaN", "nan")
"""How files write a missing number."""


def add_arguments(parser: Parser) -> None:
    """Input, library, options and output."""
    parser.input.add_argument(
        "input",
        nargs="+",
        metavar="GENE|FILE",
        help="genes, or a .txt, .csv or .tsv file with a gene per line, or a ranking (gene and number per line), or - "
        "for standard input, or cells as .h5ad or .zarr",
    )
    add_sets(parser, default="hallmark", former="--library")
    add_matrix(parser)
    parser.method.add_argument(
        "--mode",
        type=one_of(["overlap", "ranked", "gsfm"]),
        metavar="NAME",
        help="overlap, ranked or gsfm (default: ranked for rankings, else overlap)",
    )
    parser.method.add_argument("--groupby", metavar="COLUMN", help="column of .obs with groups of cells")
    parser.method.add_argument("--background", metavar="FILE", help="file of background genes, one per line")
    add_model(parser, default=None, more=" for --mode gsfm (default: gsfm-base)")
    parser.output.add_argument(
        "-n",
        type=positive,
        metavar="N",
        help=f"number of terms per group (default: {N_PRINTED} if printed, all with --output)",
    )
    add_table_output(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Run the tests and print or write the table."""
    if args.output is not None:
        check_output(args.output, TABLES, force=args.force)
    if args.model is not None and args.mode != "gsfm":
        raise ValueError("--model requires --mode gsfm.")
    options: dict[str, Any] = {"library": args.sets, "mode": args.mode, "model": args.model or "gsfm-base"}
    if args.background is not None:
        options["background"] = read_genes([args.background])
    given = {name: getattr(args, name) for name in ("groupby", "layer", "use_raw", "gene_symbols")}
    data = read_query(args.input, args)
    from scgsfm import _keys, tl

    table = tl.enrich(data, **options, **{name: value for name, value in given.items() if value})
    if table is None:
        table = data.uns[_keys.ENRICH]
    n = N_PRINTED if args.n is None and args.output is None else args.n
    if n is not None:
        table = table.groupby("group", sort=False).head(n)
    show_table(table, args, hidden=["genes"], groupby="group")


def read_query(given: list[str], args: argparse.Namespace) -> Any:
    """Genes, a ranking, a table, or the cells of a file, which must have the column and layer of the arguments."""
    path = Path(given[0])
    if len(given) == 1 and path.suffix in CELLS:
        check_cells(path)
        symbols = None if args.use_raw else args.gene_symbols
        check_columns(path, groupby=args.groupby, gene_symbols=symbols, layer=args.layer)
        return read_cells(path)
    if len(given) > 1 or not is_file(given[0]):
        return read_genes(given)
    rows = read_rows(given[0])
    body = without_header(rows)
    if not any(is_number(field) for row in body for field in row[1:]):
        return genes_of(given[0], rows)
    return _ranking(given[0], rows, body)


def _ranking(name: str, rows: list[list[str]], body: list[list[str]]) -> pd.Series | pd.DataFrame:
    """A ranking of genes and numbers, or a table of more columns."""
    import pandas as pd

    width = max(map(len, rows))
    if short := next((row for row in body if len(row) < width), None):
        raise ValueError(f"{name}: the line of {short[0]!r} has {len(short)} of {width} columns.")
    index = [row[0] for row in body]
    if width > 2:
        header = rows[0] if body is not rows else [str(i + 1) for i in range(width)]
        table = pd.DataFrame([row[1:] for row in body], index=index, columns=header[-(width - 1) :])
        return table.apply(lambda column: to_numbers(column) if _is_numeric(column) else column)
    values = to_numbers(pd.Series([row[1] for row in body], index))
    missing = values.isna() & ~values.index.isin([row[0] for row in body if row[1] in MISSING])
    if missing.any():
        raise ValueError(f"{name}: {values.index[missing][0]!r} has no number.")
    return values.dropna()


def _is_numeric(column: pd.Series) -> bool:
    return all(is_number(field) or field in MISSING for field in column)
