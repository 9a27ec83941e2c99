"""``scgsfm score FILE --sets …``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from . import _stream

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
    parser.add_argument("--layer", help="score this layer instead of X")
    parser.add_argument("--gene-symbols", metavar="COLUMN", help="column of .var with the gene names")


def run(args: argparse.Namespace) -> None:
    """Score and write: zarr in blocks, h5ad at once."""
    from scgsfm import GeneSets, _keys, tl
    from scgsfm._adata import read_any

    for argument, path in (("FILE", args.file), ("--output", args.output)):
        if path.suffix not in {".h5ad", ".zarr"}:
            raise ValueError(f"{argument}: {path} must end in .h5ad or .zarr.")
    gene_sets = GeneSets(args.sets)
    if not args.file.exists():
        raise FileNotFoundError(f"FILE: {args.file} does not exist.")
    options = {"method": args.method, "layer": args.layer, "gene_symbols": args.gene_symbols}
    if args.output.suffix == ".zarr":
        n_cells = _stream.stream(args.file, args.output, gene_sets, **options)
    else:
        adata = read_any(args.file)
        tl.score(adata, gene_sets, **options)
        adata.write_h5ad(args.output)
        n_cells = adata.n_obs
    keys = ", ".join(f'obsm["{_keys.score(method)}"]' for method in args.method)
    print(f"{args.output}: {n_cells:,} cells × {len(gene_sets):,} sets in {keys}")
