"""``scgsfm predict GENE… --sets …``."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ._inputs import GENE_HELP, read_genes
from ._options import add_model, add_sets, old_name
from ._outputs import add_force, check_output, new_file
from ._tables import add_json, report, show_table
from ._value_types import one_of, positive, probability

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    import pandas as pd

    from ._parser import Parser

EXAMPLES = (
    "scgsfm predict CFAP299 --sets reactome -n 10",
    "scgsfm predict genes.txt --sets go_bp --new --min-probability 0.05",
    "scgsfm predict --sets go_bp -o go_bp.parquet",
)
N_OF_GENE, N_OF_TERM = 20, 100
"""Default number of terms per gene and genes per term."""


def add_arguments(parser: Parser) -> None:
    """Genes, library, filters and output."""
    genes = parser.input.add_argument(
        "genes", nargs="*", metavar="GENE", help=f"{GENE_HELP} (default: all genes of the model)"
    )
    old_name(parser, "--genes", genes, nargs="+", dest="genes_option")
    parser.rest = "genes"
    add_sets(parser, default="go_bp", former="--library")
    parser.method.add_argument(
        "--by",
        type=one_of(["gene", "term"]),
        metavar="WHAT",
        help="gene lists terms per gene (default with genes), term lists genes per term (default otherwise)",
    )
    parser.method.add_argument("--new", action="store_true", help="list only pairs that are not in the library")
    parser.method.add_argument(
        "--min-probability",
        type=probability,
        default=0.0,
        metavar="P",
        help="minimum probability (default: %(default)s)",
    )
    add_model(parser)
    number = parser.output.add_argument(
        "-n",
        type=positive,
        metavar="N",
        help=f"number per gene or term (default: {N_OF_GENE} by gene, {N_OF_TERM} by term; all with --min-probability)",
    )
    old_name(parser, "--top", number)
    parser.output.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write the table to this .csv, .csv.gz or .parquet file instead of printing it, ordered by rank",
    )
    add_force(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Predict, and print or write the table in blocks."""
    args.genes += getattr(args, "genes_option", [])
    if args.output is None and not args.genes:
        raise ValueError("--output is required for predictions of all genes; or give genes.")
    if args.output is not None:
        check_output(args.output, (".csv", ".csv.gz", ".parquet"), force=args.force)
        if args.output.suffix == ".parquet":
            _need_pyarrow()
    genes = read_genes(args.genes) if args.genes else None
    from scgsfm.completion import prediction_tables, requested_genes
    from scgsfm.models import as_model

    by: Literal["gene", "term"] = args.by or ("gene" if args.genes else "term")
    n = args.n
    if n is None and not args.min_probability:
        n = N_OF_GENE if by == "gene" else N_OF_TERM
    model = as_model(args.model)
    blocks = prediction_tables(
        *requested_genes(genes, model),
        args.sets,
        model,
        by=by,
        n_top=None if args.output is None else n,
        min_probability=args.min_probability,
        known="exclude" if args.new else "include",
    )
    if args.output is None:
        _show(list(blocks), by, n, args)
        return
    with new_file(args.output) as part:
        n_rows = (_to_parquet if part.suffix == ".parquet" else _to_csv)(blocks, part)
    report(args, f"{args.output}: {n_rows:,} gene-term pairs", output=str(args.output), n_rows=n_rows)


def _show(blocks: list[pd.DataFrame], by: str, n: int | None, args: argparse.Namespace) -> None:
    """Print the most probable pairs of each gene or term. Ranks compare the genes of a term instead."""
    import pandas as pd

    if not blocks:
        raise ValueError("No pair has the minimum probability. Lower --min-probability.")
    table = pd.concat(blocks, ignore_index=True)
    order = pd.Categorical(table[by], categories=table[by].unique(), ordered=True)
    table = table.assign(order=order).sort_values(["order", "probability", "rank"], ascending=[True, False, True])
    if n is not None:
        table = table.groupby("order", sort=False, observed=True).head(n)
    show_table(table.drop(columns="order"), args)


def _to_csv(blocks: Iterable[pd.DataFrame], path: Path) -> int:
    n_rows = 0
    with gzip.open(path, "wt", 6) if path.suffix == ".gz" else path.open("w", encoding="utf-8") as file:
        for i, block in enumerate(blocks):
            block.to_csv(file, index=False, header=i == 0, float_format="%.6g", lineterminator="\n")
            n_rows += len(block)
    return n_rows


def _need_pyarrow() -> None:
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise ValueError("--output: Parquet requires pyarrow. Run `pip install pyarrow` or write .csv.gz.") from error


def _to_parquet(blocks: Iterable[pd.DataFrame], path: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    n_rows, writer = 0, None
    try:
        for block in blocks:
            if writer is None:
                text = ("gene", "term")
                types = {
                    name: pa.string() if name in text else pa.from_numpy_dtype(block[name].dtype) for name in block
                }
                writer = pq.ParquetWriter(path, pa.schema(types.items()), compression="zstd")
            writer.write_table(pa.Table.from_pandas(block, schema=writer.schema, preserve_index=False))
            n_rows += len(block)
    finally:
        if writer is not None:
            writer.close()
    return n_rows
