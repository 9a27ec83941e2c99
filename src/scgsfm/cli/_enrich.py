"""``scgsfm enrich GENE…`` or ``scgsfm enrich FILE``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._inputs import genes_of, is_file, is_number, read_cells, read_genes, read_rows, without_header
from ._options import positive
from ._outputs import CELLS, TABLES, add_table_output, check_output, write_table

if TYPE_CHECKING:
    import argparse

    import pandas as pd
N_PRINTED = 20
"""Terms per group that are printed."""
MISSING = ("", "NA", "NaN", "nan")
"""How files write a missing number."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Input, library, options and output."""
    parser.add_argument(
        "input",
        nargs="+",
        metavar="GENE|FILE",
        help="genes, or a .txt, .csv or .tsv file with a gene per line, or a ranking (gene and number per line), or - "
        "for standard input, or data as .h5ad or .zarr",
    )
    parser.add_argument(
        "--library", default="hallmark", help="name of a library, or a .gmt or .json file (default: %(default)s)"
    )
    parser.add_argument(
        "--mode", choices=["overlap", "ranked", "gsfm"], help="default: ranked for rankings, else overlap"
    )
    parser.add_argument("--groupby", metavar="COLUMN", help="column of .obs with groups of cells")
    parser.add_argument("--layer", help="rank genes by this layer instead of X")
    parser.add_argument("--gene-symbols", metavar="COLUMN", help="column of .var with the gene names")
    parser.add_argument("--background", metavar="FILE", help="file of background genes, one per line")
    parser.add_argument("--model", help="name or directory of the model for --mode gsfm (default: gsfm-base)")
    parser.add_argument(
        "-n",
        type=positive,
        metavar="N",
        help=f"number of terms per group (default: {N_PRINTED} if printed, all with --output)",
    )
    add_table_output(parser)


def run(args: argparse.Namespace) -> None:
    """Run the tests and print or write the table."""
    from scgsfm import _keys, tl

    if args.output is not None:
        check_output(args.output, TABLES, force=args.force)
    if args.model is not None and args.mode != "gsfm":
        raise ValueError("--model requires --mode gsfm.")
    options: dict[str, Any] = {"library": args.library, "mode": args.mode, "model": args.model or "gsfm-base"}
    if args.background is not None:
        options["background"] = read_genes([args.background])
    data = _read(args.input)
    given = {name: getattr(args, name) for name in ("groupby", "layer", "gene_symbols")}
    table = tl.enrich(data, **options, **{name: value for name, value in given.items() if value is not None})
    if table is None:
        table = data.uns[_keys.ENRICH]
    n = N_PRINTED if args.n is None and args.output is None else args.n
    if n is not None:
        table = table.groupby("group", sort=False).head(n)
    if args.output is None:
        _print(table)
    else:
        write_table(table, args.output)
        print(f"{args.output}: {len(table):,} rows")


def _print(table: pd.DataFrame) -> None:
    for group, rows in table.groupby("group", sort=False):
        if len(rows) < len(table):
            print(f"\n{group}")
        shown = rows.drop(columns=["group", "genes"])
        print(shown.to_string(index=False, float_format="{:.3g}".format))


def _read(given: list[str]) -> Any:
    """Genes, a ranking, a table, or the cells of a file."""
    path = Path(given[0])
    if len(given) == 1 and path.suffix in CELLS:
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
        return table.apply(lambda column: pd.to_numeric(column, errors="coerce") if _is_numeric(column) else column)
    values = pd.to_numeric(pd.Series([row[1] for row in body], index), errors="coerce")
    missing = values.isna() & ~values.index.isin([row[0] for row in body if row[1] in MISSING])
    if missing.any():
        raise ValueError(f"{name}: {values.index[missing][0]!r} has no number.")
    return values.dropna()


def _is_numeric(column: pd.Series) -> bool:
    return all(is_number(field) or field in MISSING for field in column)
