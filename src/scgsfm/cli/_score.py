"""``scgsfm score FILE --sets …``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scgsfm._messages import did_you_mean

from ._inputs import check_cells, check_columns, read_cells
from ._options import add_log_normalize, add_matrix, add_model, add_sets, complete_methods
from ._outputs import CELLS, add_cell_output, check_output, write_cells
from ._tables import add_json, report
from ._value_types import name_and_value, positive

if TYPE_CHECKING:
    import argparse

    from ._parser import Parser

EXAMPLES = (
    "scgsfm score cells.h5ad --sets hallmark -o scored.h5ad",
    "scgsfm score cells.h5ad --sets signatures.gmt --method aucell gsfm -o scored.h5ad",
    "scgsfm score cells.h5ad --sets hallmark --method ucell --param max_rank=1000 -o scored.h5ad",
    "scgsfm score cells.h5ad --sets hallmark --method aucell --normalize null -o scored.h5ad",
    "scgsfm score cells.h5ad --sets hallmark --method ulm --expand --layer counts -o scored.zarr",
)
EXPAND = ("n_genes", "weight")


def add_arguments(parser: Parser) -> None:
    """Input, gene sets, methods and output."""
    parser.input.add_argument("file", type=Path, metavar="FILE", help="cells, .h5ad or .zarr")
    add_sets(parser, required=True)
    add_matrix(parser)
    methods = parser.method.add_argument(
        "--method",
        nargs="+",
        metavar="NAME",
        default=["aucell"],
        help="one or more of `scgsfm methods` (default: aucell)",
    )
    methods.completer = complete_methods  # type: ignore[attr-defined]
    parser.method.add_argument(
        "--param",
        nargs="+",
        type=name_and_value,
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        help="parameters of the methods, which `scgsfm methods NAME` lists",
    )
    parser.method.add_argument(
        "--expand",
        nargs="*",
        type=name_and_value,
        metavar="NAME=VALUE",
        help="complete the sets by the model, for methods that use weights. Optional: n_genes=100 genes per set with a "
        "total weight=2",
    )
    add_model(parser, more=" that completes the sets for gsfm and --expand")
    parser.method.add_argument(
        "--normalize",
        choices=["null"],
        help="null: z-scores and p-values against random sets of genes of the same size, for methods that are sums over genes",
    )
    parser.method.add_argument(
        "--smooth",
        metavar="KEY",
        help="graph of neighbors in .obsp or .uns over which scores are averaged (.h5ad only)",
    )
    parser.method.add_argument(
        "--min-genes",
        type=positive,
        metavar="N",
        help="minimum number of genes of a set in the data (default: that of the method, mostly 1)",
    )
    add_log_normalize(parser)
    add_cell_output(parser, " (written in blocks; run again to resume an interrupted run)")
    parser.output.add_argument(
        "--key-added", metavar="KEY", help="key of .obsm for the scores (default: score_ and the method)"
    )
    add_json(parser)
    parser.advanced.add_argument("--mask-var", metavar="COLUMN", help="column of .var with the genes to use")
    parser.advanced.add_argument(
        "--block-size", type=positive, metavar="N", help="cells per block (default: what fits the memory)"
    )


def run(args: argparse.Namespace) -> None:
    """Score and write: zarr in blocks, h5ad at once."""
    check_output(args.output, CELLS, force=args.force, source=args.file)
    check_cells(args.file)
    if args.output.suffix == ".zarr":
        if args.output.exists() and args.output.samefile(args.file):
            raise ValueError(f"--output: {args.output} is the input, but scores in .zarr don't include its X.")
        if args.smooth:
            raise ValueError("--smooth: scores in .zarr are not smoothed. Write .h5ad instead.")
        if args.use_raw:
            raise ValueError("--use-raw: scores in .zarr are of X or a layer. Write .h5ad to score .raw.")
    check_columns(args.file, gene_symbols=None if args.use_raw else args.gene_symbols, layer=args.layer)
    from scgsfm import GeneSets, _keys, tl

    _keys.check_key(args.key_added)
    _check_methods(args)
    gene_sets = GeneSets(args.sets)
    shared = (
        "method",
        "model",
        "min_genes",
        "layer",
        "gene_symbols",
        "mask_var",
        "block_size",
        "key_added",
        "log_normalize",
        "normalize",
    )
    options = {name: getattr(args, name) for name in shared}
    params = dict(args.param)
    if args.normalize is None and "normalize" in params:  # of ssgsea
        options["normalize"] = params.pop("normalize")
    options["expand"] = args.expand is not None and (dict(args.expand) or True)
    if args.output.suffix == ".zarr":
        from ._stream import stream

        n_cells = stream(args.file, args.output, gene_sets, **options, params=params)
    else:
        adata = read_cells(args.file)
        tl.score(adata, gene_sets, **options, use_raw=args.use_raw, smooth=args.smooth, **params)
        write_cells(adata, args.output)
        n_cells = adata.n_obs
    keys = _keys_of(args)
    where = ", ".join(f'obsm["{key}"]' for key in keys)
    text = f"{args.output}: {n_cells:,} cells × {len(gene_sets):,} sets in {where}"
    report(args, text, output=str(args.output), n_cells=n_cells, n_sets=len(gene_sets), obsm=keys)


def _keys_of(args: argparse.Namespace) -> list[str]:
    from scgsfm import _keys

    if not args.key_added:
        return [_keys.score(method) for method in dict.fromkeys(args.method)]
    names = list(dict.fromkeys(args.method))
    return [f"{args.key_added}_{name}" for name in names] if len(names) > 1 else [args.key_added]


def _check_methods(args: argparse.Namespace) -> None:
    """Raise an error for methods and parameters that do not exist."""
    from scgsfm import methods
    from scgsfm.scoring import get_method

    names = list(methods().index)
    for name in args.method:
        if name not in names:
            similar = did_you_mean(name, names) or f" Available: {', '.join(names)}."
            raise ValueError(f"--method: there is no method {name!r}.{similar}")
    if args.normalize and any(name == "normalize" for name, _ in args.param):
        raise ValueError("--normalize null can't be combined with --param normalize=….")
    known: dict[str, Any] = {}
    for name in args.method:
        known |= get_method(name).parameters
    for option, given, allowed in (("param", args.param, list(known)), ("expand", args.expand or [], list(EXPAND))):
        for name, _ in given:
            if name not in allowed:
                similar = did_you_mean(name, allowed) or f" Available: {', '.join(allowed) or 'none'}."
                whose = f"{', '.join(args.method)} has" if option == "param" else "--expand has"
                raise ValueError(f"--{option}: {whose} no parameter {name!r}.{similar}")
