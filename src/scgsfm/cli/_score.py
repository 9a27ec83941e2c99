"""``scgsfm score FILE --sets …``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from anndata import AnnData


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to score, by what, and where to write it."""
    parser.add_argument("file", type=Path, help="cells as .h5ad or .zarr")
    parser.add_argument("--sets", required=True, help="name of a library, or a .gmt, .gmt.gz or .json file")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="new .h5ad or .zarr")
    parser.add_argument(
        "--method", nargs="+", default=["aucell"], help="one or more of scgsfm.methods() (default: aucell)"
    )
    parser.add_argument("--layer", help="score this layer instead of X")
    parser.add_argument("--gene-symbols", metavar="COLUMN", help="column of .var that holds the gene names")


def read(path: Path) -> AnnData:
    """Read cells from h5ad or zarr."""
    import anndata

    if not path.exists():
        raise FileNotFoundError(f"FILE: {path} does not exist.")
    return anndata.read_zarr(path) if path.suffix == ".zarr" else anndata.read_h5ad(path)


def write(adata: AnnData, path: Path) -> None:
    """Write cells as h5ad or zarr."""
    if path.suffix == ".zarr":
        adata.write_zarr(path)
    else:
        adata.write_h5ad(path)


def run(args: argparse.Namespace) -> None:
    """Score and write."""
    from scgsfm import GeneSets, _keys, tl

    for argument, path in (("FILE", args.file), ("--output", args.output)):
        if path.suffix not in {".h5ad", ".zarr"}:
            raise ValueError(f"{argument}: {path} ends neither in .h5ad nor in .zarr.")
    gene_sets = GeneSets(args.sets)
    adata = read(args.file)
    tl.score(adata, gene_sets, method=args.method, layer=args.layer, gene_symbols=args.gene_symbols)
    write(adata, args.output)
    keys = ", ".join(f'obsm["{_keys.score(method)}"]' for method in args.method)
    print(f"{args.output}: {adata.n_obs:,} cells × {len(gene_sets):,} sets in {keys}")
