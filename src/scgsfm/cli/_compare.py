"""``scgsfm compare FILE --condition … --sample …``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._inputs import check_cells, check_columns, read_cells
from ._options import add_log_normalize, add_matrix, add_sets, complete_methods
from ._outputs import TABLES, add_table_output, check_output
from ._tables import add_json, show_table
from ._value_types import one_of, positive

if TYPE_CHECKING:
    import argparse

    from ._parser import Parser

EXAMPLES = (
    "scgsfm compare cells.h5ad --condition disease --sample donor --groupby cell_type",
    "scgsfm compare cells.h5ad --condition stim --sample donor --paired donor --reference ctrl -o compared.csv",
    "scgsfm compare scored.h5ad --scores score_aucell --condition group --sample donor --covariates age sex",
)
N_PRINTED = 20
"""Sets per cell type that are printed."""
HIDDEN = (
    "reference",
    "ci_low",
    "ci_high",
    "n_samples",
    "n_samples_reference",
    "n_cells",
    "n_cells_reference",
    "f_pvalue",
)
"""Columns that are written, but not printed."""


def add_arguments(parser: Parser) -> None:
    """Input, design, options and output."""
    parser.input.add_argument("file", type=Path, metavar="FILE", help="cells, .h5ad or .zarr")
    add_sets(parser, default="hallmark")
    parser.input.add_argument("--scores", metavar="KEY", help="use these scores in .obsm instead of gene sets")
    add_matrix(parser)
    _add_design(parser)
    method = parser.method.add_argument(
        "--method", metavar="NAME", default="aucell", help="scoring method (default: %(default)s)"
    )
    method.completer = complete_methods  # type: ignore[attr-defined]
    add_log_normalize(parser)
    parser.method.add_argument(
        "--engine",
        type=one_of(["pseudobulk", "mixed"]),
        metavar="NAME",
        default="pseudobulk",
        help="pseudobulk or mixed (default: %(default)s)",
    )
    parser.method.add_argument(
        "--aggregate",
        type=one_of(["scores", "counts"]),
        metavar="NAME",
        default="scores",
        help="average the scores of cells, or score their summed counts (default: %(default)s)",
    )
    parser.method.add_argument(
        "--min-samples",
        type=positive,
        metavar="N",
        default=3,
        help="minimum number of samples of each condition for p-values (default: %(default)s)",
    )
    parser.method.add_argument(
        "--min-cells",
        type=positive,
        metavar="N",
        default=10,
        help="minimum number of cells of a sample and cell type (default: %(default)s)",
    )
    parser.output.add_argument(
        "-n",
        type=positive,
        metavar="N",
        help=f"number of sets per cell type (default: {N_PRINTED} if printed, all with --output)",
    )
    add_table_output(parser)
    add_json(parser)


def _add_design(parser: Parser) -> None:
    """Columns of conditions, samples, groups and covariates."""
    parser.method.add_argument(
        "--condition", metavar="COLUMN", required=True, help="column of .obs with two or more conditions"
    )
    parser.method.add_argument(
        "--sample", metavar="COLUMN", required=True, help="column of .obs with the samples or donors, the replicates"
    )
    parser.method.add_argument("--groupby", metavar="COLUMN", help="column of .obs with cell types")
    parser.method.add_argument(
        "--reference", metavar="NAME", help="condition that the others are compared with (default: the first)"
    )
    parser.method.add_argument(
        "--paired", metavar="COLUMN", help="column of .obs with donors that have samples of several conditions"
    )
    parser.method.add_argument(
        "--covariates", nargs="+", metavar="COLUMN", help="columns of .obs with properties of samples to adjust for"
    )


def run(args: argparse.Namespace) -> None:
    """Compare the conditions and print or write the table."""
    check_cells(args.file)
    if args.output is not None:
        check_output(args.output, TABLES, force=args.force)
    symbols = None if args.use_raw else args.gene_symbols
    columns = {name: getattr(args, name) for name in ("groupby", "condition", "sample", "paired")}
    obs = {f"--{name}": column for name, column in columns.items()}
    for covariate in args.covariates or []:
        check_columns(args.file, obs={"--covariates": covariate})
    check_columns(args.file, obs=obs, gene_symbols=symbols, layer=args.layer)
    from scgsfm import get, tl

    adata = read_cells(args.file)
    if args.scores is not None and args.scores not in adata.obsm:
        raise ValueError(
            f"--scores: {args.file} has no {args.scores!r} in .obsm. It has: {', '.join(adata.obsm) or 'none'}."
        )
    names = ("reference", "covariates", "engine", "aggregate", "min_samples", "min_cells", "method", "log_normalize")
    options: dict[str, Any] = {name: getattr(args, name) for name in (*names, "layer", "use_raw", "gene_symbols")}
    tl.compare(adata, args.scores or args.sets, **columns, **options)
    n = N_PRINTED if args.n is None and args.output is None else args.n
    table = get.compare(adata, n_sets=n)
    show_table(table, args, hidden=[name for name in HIDDEN if name in table], groupby="cell_type")
