"""``scgsfm explore FILE``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._inputs import check_columns, read_cells
from ._options import add_matrix, add_model, add_several_sets
from ._value_types import port

if TYPE_CHECKING:
    import argparse

    from ._parser import Parser

EXAMPLES = (
    "scgsfm explore cells.h5ad",
    "scgsfm explore cells.h5ad --sets hallmark my_sets.gmt --port 8765 --no-browser",
)
DEFAULT_SETS = ("hallmark", "reactome", "go_bp", "cell_types")


def add_arguments(parser: Parser) -> None:
    """Cells, libraries, and the address."""
    parser.input.add_argument("input", type=Path, metavar="FILE", help=".h5ad file or .zarr directory with cells")
    add_several_sets(parser, DEFAULT_SETS)
    add_matrix(parser)
    add_model(parser)
    parser.output.add_argument(
        "--port", type=port, default=0, metavar="N", help="port of the page (default: one that is free)"
    )
    parser.output.add_argument("--no-browser", action="store_true", help="print the address, but open no browser")


def run(args: argparse.Namespace) -> None:
    """Serve the page until Ctrl+C."""
    import matplotlib as mpl

    from scgsfm.explorer import explore

    check_columns(args.input, gene_symbols=args.gene_symbols, layer=args.layer)
    adata = read_cells(args.input)
    mpl.use("Agg")  # figures are drawn in threads
    options: dict[str, Any] = {"libraries": args.sets, "model": args.model}
    options |= {"layer": args.layer, "use_raw": args.use_raw, "gene_symbols": args.gene_symbols}
    title = f"{args.input.name} · {adata.n_obs:,} cells × {adata.n_vars:,} genes"
    page = explore(adata, **options, title=title, port=args.port, open_browser=not args.no_browser, block=False)
    print(page.url, flush=True)
    page.wait()
