"""``scgsfm annotate FILE --sets …``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ._inputs import check_cells, check_columns, read_cells
from ._options import add_matrix, add_sets
from ._outputs import CELLS, add_cell_output, check_output, write_cells
from ._tables import add_json, report
from ._value_types import positive

if TYPE_CHECKING:
    import argparse

    from ._parser import Parser

EXAMPLES = (
    "scgsfm annotate cells.h5ad --groupby leiden -o annotated.h5ad",
    "scgsfm annotate cells.h5ad --sets pbmc_markers -o annotated.h5ad",
    "scgsfm annotate cells.h5ad --tissue immune blood --groupby leiden -o annotated.zarr",
)


def add_arguments(parser: Parser) -> None:
    """Input, markers, options and output."""
    parser.input.add_argument("file", type=Path, metavar="FILE", help="cells, .h5ad or .zarr")
    add_sets(parser, default="tissue_markers", former="--markers")
    add_matrix(parser)
    parser.method.add_argument("--tissue", nargs="+", metavar="NAME", help="use only marker sets of these tissues")
    parser.method.add_argument(
        "--groupby", metavar="COLUMN", help="column of .obs with groups of cells, each of which gets one label"
    )
    parser.method.add_argument("--organism", metavar="NAME", help="organism of the gene names (default: detected)")
    parser.method.add_argument(
        "--min-genes",
        type=positive,
        metavar="N",
        default=3,
        help="minimum number of genes of a set in the data (default: %(default)s)",
    )
    add_cell_output(parser)
    parser.output.add_argument("--key-added", metavar="KEY", help="column of .obs for the labels (default: annotation)")
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Annotate the cells and write the output."""
    check_cells(args.file)
    check_output(args.output, CELLS, force=args.force, source=args.file)
    symbols = None if args.use_raw else args.gene_symbols
    check_columns(args.file, groupby=args.groupby, gene_symbols=symbols, layer=args.layer)
    from scgsfm import _keys, tl

    adata = read_cells(args.file)
    names = ("tissue", "groupby", "organism", "min_genes", "layer", "use_raw", "gene_symbols", "key_added")
    tl.annotate(adata, markers=args.sets, **{name: getattr(args, name) for name in names})
    write_cells(adata, args.output)
    counts = adata.obs[args.key_added or _keys.ANNOTATION].value_counts()
    counts = {str(label): int(n) for label, n in counts.items() if n}
    lines = [f"{args.output}: {adata.n_obs:,} cells", *(f"{n:8,}  {label}" for label, n in counts.items())]
    report(args, "\n".join(lines), output=str(args.output), n_cells=adata.n_obs, labels=counts)
