"""``scgsfm score FILE --sets …``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from . import _stream
from ._inputs import check_cells, read_cells
from ._outputs import CELLS, add_force, check_output, write_cells

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Input, gene sets, methods and output."""
    parser.add_argument("file", type=Path, help="input data, .h5ad or .zarr")
    parser.add_argument("--sets", required=True, help="name of a library, or a .gmt, .gmt.gz or .json file")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT",
        help="output, .h5ad or .zarr (written in blocks; run again to resume an interrupted run)",
    )
    parser.add_argument(
        "--method", nargs="+", default=["aucell"], help="one or more methods of scgsfm.methods() (default: aucell)"
    )
    add_force(parser)
    parser.add_argument("--layer", help="score this layer instead of X")
    parser.add_argument("--gene-symbols", metavar="COLUMN", help="column of .var with the gene names")


def run(args: argparse.Namespace) -> None:
    """Score and write: zarr in blocks, h5ad at once."""
    from scgsfm import GeneSets, _keys, tl

    check_output(args.output, CELLS, force=args.force, source=args.file)
    gene_sets = GeneSets(args.sets)
    check_cells(args.file)
    options = {"method": args.method, "layer": args.layer, "gene_symbols": args.gene_symbols}
    if args.output.suffix == ".zarr":
        if args.output.exists() and args.output.samefile(args.file):
            raise ValueError(f"--output: {args.output} is the input, but scores in .zarr don't include its X.")
        n_cells = _stream.stream(args.file, args.output, gene_sets, **options)
    else:
        adata = read_cells(args.file)
        tl.score(adata, gene_sets, **options)
        write_cells(adata, args.output)
        n_cells = adata.n_obs
    keys = ", ".join(f'obsm["{_keys.score(method)}"]' for method in args.method)
    print(f"{args.output}: {n_cells:,} cells × {len(gene_sets):,} sets in {keys}")
