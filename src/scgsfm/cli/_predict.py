"""``scgsfm predict --library …``."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ._inputs import GENE_HELP, read_genes
from ._options import positive, probability
from ._outputs import add_force, check_output, new_file

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    import pandas as pd

N_OF_GENE, N_OF_TERM = 20, 100
"""Default number of terms per gene and genes per term."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Genes, library, filters and output."""
    parser.add_argument(
        "--library", default="go_bp", help="name of a library, or a GMT or JSON file (default: %(default)s)"
    )
    parser.add_argument("--genes", nargs="+", metavar="GENE", help=f"{GENE_HELP} (default: all genes of the model)")
    parser.add_argument(
        "--by",
        choices=["gene", "term"],
        help="list terms per gene (default with --genes) or genes per term (default otherwise)",
    )
    parser.add_argument(
        "--top",
        type=positive,
        metavar="N",
        help=f"number per gene or term (default: {N_OF_GENE} by gene, {N_OF_TERM} by term; all with --min-probability)",
    )
    parser.add_argument("--min-probability", type=probability, default=0.0, metavar="P", help="minimum probability")
    parser.add_argument("--new", action="store_true", help="list only pairs that are not in the library")
    parser.add_argument("--model", default="gsfm-base", help="name or directory of the model (default: %(default)s)")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write the table to this .csv, .csv.gz or .parquet file instead of printing it",
    )
    add_force(parser)


def run(args: argparse.Namespace) -> None:
    """Predict, and print or write the table in blocks."""
    from scgsfm.completion import prediction_tables, requested_genes
    from scgsfm.models import as_model

    if args.output is None and args.genes is None:
        raise ValueError("--output is required for predictions of all genes; or select genes by --genes.")
    if args.output is not None:
        check_output(args.output, (".csv", ".csv.gz", ".parquet"), force=args.force)
        if args.output.suffix == ".parquet":
            _need_pyarrow()
    by: Literal["gene", "term"] = args.by or ("gene" if args.genes else "term")
    top = args.top
    if top is None and not args.min_probability:
        top = N_OF_GENE if by == "gene" else N_OF_TERM
    model = as_model(args.model)
    blocks = prediction_tables(
        *requested_genes(args.genes and read_genes(args.genes), model),
        args.library,
        model,
        by=by,
        n_top=top,
        min_probability=args.min_probability,
        known="exclude" if args.new else "include",
    )
    if args.output is None:
        for block in blocks:
            print(block.to_string(index=False, float_format="{:.3f}".format))
        return
    with new_file(args.output) as part:
        n_rows = (_to_parquet if part.suffix == ".parquet" else _to_csv)(blocks, part)
    print(f"{args.output}: {n_rows:,} gene-term pairs")


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
