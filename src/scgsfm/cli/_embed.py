"""``scgsfm embed FILE``, ``scgsfm embed GENE…`` and ``scgsfm embed --sets …``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._inputs import check_cells, check_columns, read_cells, read_genes
from ._options import add_matrix, add_model, add_sets
from ._outputs import CELLS, TABLES, add_force, check_output, write_cells
from ._tables import add_json, report, show_table
from ._value_types import one_of, positive

if TYPE_CHECKING:
    import argparse

    import pandas as pd

    from ._parser import Parser

EXAMPLES = (
    "scgsfm embed cells.h5ad -o embedded.h5ad",
    "scgsfm embed CD3D CD4 MS4A1 -o genes.csv",
    "scgsfm embed genes.txt --kind decoder -o genes.tsv.gz",
    "scgsfm embed --sets hallmark -o sets.csv",
)
KINDS = {"cells": ("latent", "encoder", "pca"), "genes": ("combined", "decoder", "encoder", "single"), "sets": ()}
"""Kinds of vectors. The first one is the default."""
OF_CELLS = ("layer", "use_raw", "gene_symbols", "n_genes", "n_comps", "weighting", "key_added")
"""Options that only cells have."""


def add_arguments(parser: Parser) -> None:
    """Cells, genes or sets, options and output."""
    parser.input.add_argument(
        "input",
        nargs="*",
        metavar="FILE|GENE",
        help="cells as .h5ad or .zarr; or genes, or a .txt, .csv or .tsv file of genes, or - for standard input",
    )
    parser.rest = "input"
    add_sets(parser)
    add_matrix(parser)
    add_model(parser)
    parser.method.add_argument(
        "--kind",
        type=one_of(dict.fromkeys(kind for kinds in KINDS.values() for kind in kinds)),
        metavar="KIND",
        help="vectors of cells: latent, encoder, pca (default: latent); of genes: combined, decoder, encoder, single "
        "(default: combined)",
    )
    parser.method.add_argument(
        "--n-genes", type=positive, metavar="N", help="maximum number of genes in the set of a cell (default: 500)"
    )
    parser.method.add_argument(
        "--n-comps", type=positive, metavar="N", help="number of principal components of --kind pca (default: 50)"
    )
    parser.method.add_argument(
        "--weighting",
        type=one_of(["specificity", "expression"]),
        metavar="NAME",
        help="how the genes of a cell are chosen: specificity or expression (default: specificity)",
    )
    parser.output.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT",
        help="output: .h5ad or .zarr for cells, else .csv or .tsv (.gz compresses)",
    )
    add_force(parser)
    parser.output.add_argument("--key-added", metavar="KEY", help="key of .obsm for the vectors (default: X_gsfm)")
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Embed, and print or write the vectors."""
    of_cells = len(args.input) == 1 and Path(args.input[0]).suffix in CELLS
    if bool(args.input) == (args.sets is not None):
        raise ValueError("Give either cells (.h5ad or .zarr), or genes, or --sets.")
    what = "cells" if of_cells else "genes" if args.input else "sets"
    _check_options(args, what)
    if of_cells:
        _embed_cells(args, Path(args.input[0]))
        return
    if args.output is not None:
        check_output(args.output, TABLES, force=args.force)
    table = _gene_vectors(args) if what == "genes" else _set_vectors(args)
    show_table(table, args)


def _check_options(args: argparse.Namespace, what: str) -> None:
    unused = [f"--{name.replace('_', '-')}" for name in OF_CELLS if getattr(args, name) and what != "cells"]
    if unused:
        raise ValueError(f"{', '.join(unused)}: no effect on {what}. Omit {'them' if len(unused) > 1 else 'it'}.")
    if args.kind is not None and args.kind not in KINDS[what]:
        raise ValueError(
            f"--kind: {args.kind!r} is no kind of {what}, which have {', '.join(KINDS[what]) or 'only one'}."
        )
    if args.n_comps is not None and args.kind != "pca":
        raise ValueError("--n-comps: no effect without --kind pca. Omit it, or pass --kind pca.")
    if what == "cells" and args.output is None:
        raise ValueError("--output is required for cells: an .h5ad or .zarr file.")
    if args.output is None and not args.json:
        raise ValueError("--output is required: a .csv or .tsv file. --json prints the vectors.")


def _embed_cells(args: argparse.Namespace, path: Path) -> None:
    check_output(args.output, CELLS, force=args.force, source=path)
    check_cells(path)
    check_columns(path, gene_symbols=None if args.use_raw else args.gene_symbols, layer=args.layer)
    from scgsfm import _keys, tl

    adata = read_cells(path)
    options: dict[str, Any] = {name: getattr(args, name) for name in ("kind", "n_genes", "n_comps", "weighting")}
    options = {name: value for name, value in options.items() if value is not None}
    matrix = {name: getattr(args, name) for name in ("layer", "use_raw", "gene_symbols", "key_added")}
    tl.embed_cells(adata, model=args.model, **options, **matrix)
    write_cells(adata, args.output)
    key = args.key_added or _keys.X_GSFM
    n_dimensions = adata.obsm[key].shape[1]
    text = f'{args.output}: {adata.n_obs:,} cells × {n_dimensions} dimensions in obsm["{key}"]'
    report(args, text, output=str(args.output), n_cells=adata.n_obs, n_dimensions=n_dimensions, obsm=[key])


def _gene_vectors(args: argparse.Namespace) -> pd.DataFrame:
    names = list(dict.fromkeys(read_genes(args.input)))
    import numpy as np
    import pandas as pd
    from anndata import AnnData

    from scgsfm import tl
    from scgsfm.models import model_kind

    key = model_kind(args.model)
    genes = AnnData(np.zeros((1, len(names)), np.float32), var=pd.DataFrame(index=names))  # tools need a cell
    tl.embed_genes(genes, model=args.model, kind=args.kind or "combined", key_added=key)
    vectors = genes.varm[key]
    table = pd.DataFrame(vectors, columns=[f"{key}_{i}" for i in range(vectors.shape[1])])
    table.insert(0, "gene", names)
    return table


def _set_vectors(args: argparse.Namespace) -> pd.DataFrame:
    from scgsfm import tl

    return tl.embed_sets(args.sets, model=args.model).reset_index()
