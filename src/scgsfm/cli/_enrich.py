"""``scgsfm enrich GENE…`` or ``scgsfm enrich FILE``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

    import pandas as pd

CELLS = (".h5ad", ".zarr")
RANKINGS = (".csv", ".tsv", ".txt", ".rnk")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Input, library, options and output."""
    parser.add_argument(
        "input",
        nargs="+",
        metavar="GENE|FILE",
        help="genes, a ranking (.rnk, .csv or .tsv: gene and number per line), or data as .h5ad or .zarr",
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
    parser.add_argument("--background", type=Path, metavar="FILE", help="background genes, one per line")
    parser.add_argument(
        "--model", default="gsfm-base", help="name or directory of the model for --mode gsfm (default: %(default)s)"
    )
    parser.add_argument(
        "-n", type=int, default=20, metavar="N", help="number of printed terms per group (default: %(default)s)"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="CSV", help="write the table to this file instead of printing it"
    )


def run(args: argparse.Namespace) -> None:
    """Run the tests and print or write the table."""
    from scgsfm import _keys, tl

    options: dict[str, Any] = {"library": args.library, "mode": args.mode, "model": args.model}
    if args.background is not None:
        options["background"] = args.background.read_text(encoding="utf-8").split()
    data = _read(args.input)
    for name in ("groupby", "layer", "gene_symbols"):
        if getattr(args, name) is not None:
            options[name] = getattr(args, name)
    table = tl.enrich(data, **options)
    if table is None:
        table = data.uns[_keys.ENRICH]
    if args.output is not None:
        table.to_csv(args.output, index=False)
        print(f"{args.output}: {len(table):,} rows")
        return
    for group, rows in table.groupby("group", sort=False):
        if len(rows) < len(table):
            print(f"\n{group}")
        print(rows.head(args.n).drop(columns=["group", "genes"]).to_string(index=False, float_format="{:.3g}".format))


def _read(given: list[str]) -> Any:
    """Genes, or the content of a single file by its extension."""
    path = Path(given[0])
    if len(given) > 1 or path.suffix not in CELLS + RANKINGS:
        return given
    if not path.exists():
        raise FileNotFoundError(f"FILE: {path} does not exist.")
    if path.suffix in RANKINGS:
        return _ranking(path)

    from scgsfm._adata import read_any

    return read_any(path)


def _ranking(path: Path) -> pd.Series:
    import pandas as pd

    table = pd.read_csv(path, sep="," if path.suffix == ".csv" else r"\s+", header=None, comment="#", index_col=0)
    if table.shape[1] != 1:
        raise ValueError(f"{path} has {1 + table.shape[1]} columns, but a ranking needs two: genes and numbers.")
    values = pd.to_numeric(table.iloc[:, 0], errors="coerce")
    if values[1:].isna().any():
        raise ValueError(f"{path}: {table.index[1:][values[1:].isna()][0]!r} has no number.")
    return values.dropna()  # a first line without a number is a header
