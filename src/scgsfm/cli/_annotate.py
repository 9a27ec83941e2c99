"""``scgsfm annotate FILE --markers …``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ._inputs import check_cells, read_cells
from ._outputs import CELLS, add_force, check_output, write_cells

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Input, markers, options and output."""
    parser.add_argument("file", type=Path, help="input data, .h5ad or .zarr")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="output, .h5ad or .zarr")
    add_force(parser)
    parser.add_argument(
        "--markers",
        default="tissue_markers",
        help="name of a marker library, or a .gmt, .gmt.gz or .json file (default: %(default)s)",
    )
    parser.add_argument("--tissue", nargs="+", help="use only marker sets of these tissues")
    parser.add_argument(
        "--groupby", metavar="COLUMN", help="column of .obs with groups of cells, each of which gets one label"
    )
    parser.add_argument("--layer", help="use this layer instead of X")
    parser.add_argument("--gene-symbols", metavar="COLUMN", help="column of .var with the gene names")


def run(args: argparse.Namespace) -> None:
    """Annotate the cells and write the output."""
    from scgsfm import tl

    check_cells(args.file)
    check_output(args.output, CELLS, force=args.force, source=args.file)
    adata = read_cells(args.file)
    options = {"markers": args.markers, "tissue": args.tissue, "groupby": args.groupby}
    tl.annotate(adata, **options, layer=args.layer, gene_symbols=args.gene_symbols)
    write_cells(adata, args.output)
    print(f"{args.output}: {adata.n_obs:,} cells")
    for label, n in adata.obs["annotation"].value_counts().items():
        if n:
            print(f"{n:8,}  {label}")
