"""``scgsfm regulatory FILE --genome …``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._inputs import check_columns, reading
from ._options import add_model
from ._outputs import add_force, check_output, new_file, write_cells, write_table
from ._regulatory_cards import MEASURED, RECORDS, add_card_arguments, regulatory_cards
from ._tables import add_json, as_json
from ._value_types import one_of

if TYPE_CHECKING:
    import argparse

    import pandas as pd

    from ._parser import Parser

EXAMPLES = (
    "scgsfm regulatory peaks.bed --genome hg38.fa -o activity.csv",
    "scgsfm regulatory cells.h5ad --genome hg38.fa --groupby leiden -o activity.h5ad",
    "scgsfm regulatory elements.fa --explain --cell-type K562 -o explained.csv",
    "scgsfm regulatory variants.vcf.gz --genome hg38.fa -o effects.csv",
    "scgsfm regulatory activity.tsv --cards sharegpt --cell-type K562 -o cards.jsonl",
    "scgsfm regulatory cards.jsonl -o checks.csv",
    "scgsfm regulatory variants.vcf.gz --genome hg38.fa -o annotated.vcf.gz",
    "scgsfm regulatory elements.fa --saturate -o saturation.csv",
)
CELLS = (".h5ad", ".zarr")
VCF = (".vcf", ".vcf.gz", ".vcf.bgz")
HEADER = r"[^,]*(,[^,]+)+,status"
"""First line of a table of elements."""


def add_arguments(parser: Parser) -> None:
    """Add the input, its genome, options and the output."""
    parser.input.add_argument(
        "input",
        type=Path,
        metavar="FILE",
        help="peaks as .h5ad, .zarr or .bed, sequences as .fa or .fasta, variants as .vcf, cards to check as .jsonl, or, "
        "for --cards, sequences with activities as .tsv (text files may be gzipped)",
    )
    parser.input.add_argument(
        "--genome", type=Path, metavar="FASTA", help="genome of peaks and variants, plain or bgzip"
    )
    parser.input.add_argument(
        "--layer", metavar="NAME", help="with --groupby: layer with the accessibility, instead of X"
    )
    add_model(parser, default="r3lm-mini")
    parser.method.add_argument(
        "--windows",
        type=one_of(["centre", "tile", "tile_max"]),
        metavar="HOW",
        help="how long peaks are covered: centre, tile or tile_max (default: centre)",
    )
    parser.method.add_argument(
        "--groupby", metavar="COLUMN", help="for cells: column of .obs with groups, whose means go to OUT.groups.csv"
    )
    parser.method.add_argument(
        "--explain", nargs="*", metavar="NAME", help="write card, reasoning and motifs of these elements (default: all)"
    )
    parser.method.add_argument(
        "--saturate", nargs="*", metavar="NAME", help="write the effects of all single-base variants (default: of all)"
    )
    parser.method.add_argument(
        "--cell-type",
        nargs="+",
        metavar="NAME",
        help="with --explain or --saturate: cell types (default: all); with --cards: of the cards",
    )
    parser.method.add_argument(
        "--motifs",
        metavar="FILE",
        help="for variants and cards, and with --explain: motifs as MEME, JASPAR, HOMER, TRANSFAC and others",
    )
    add_card_arguments(parser)
    parser.output.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT",
        help=".csv; for cells, .h5ad or .zarr; for variants, .vcf or .vcf.gz with INFO fields; with --cards, .jsonl or "
        ".jsonl.gz",
    )
    add_force(parser)
    add_json(parser)


def _check_outputs(args: argparse.Namespace) -> None:
    """Check all files that will be written, before the work."""
    check_output(args.output, (".csv", *CELLS, *VCF), force=args.force, source=args.input, header=HEADER)
    for option, suffix in (("explain", ".motifs.csv"), ("groupby", ".groups.csv")):
        if getattr(args, option) is not None and args.output.suffix == ".csv":
            check_output(args.output.with_suffix(suffix), (suffix,), force=args.force)


def run(args: argparse.Namespace) -> None:
    """Predict or explain, and write the result."""
    kind = _kind(args.input)
    if args.cards is not None or kind in (RECORDS, MEASURED):
        _check_genome(args, kind)
        _print(args, regulatory_cards(args, kind, lambda: _source(args, kind)))
        return
    _check_outputs(args)
    _check_options(args, kind)
    if not args.input.exists():
        raise FileNotFoundError(f"FILE: {args.input} does not exist.")
    _check_genome(args, kind)
    whole = kind == "cells" and args.explain is None and args.saturate is None
    others = CELLS if whole else VCF if kind == "variants" else ()
    if not args.output.name.endswith((".csv", *others)):
        raise ValueError(f"--output: {args.output} doesn't end in {' or '.join(['.csv', *others])}.")
    if kind == "cells":
        check_columns(args.input, groupby=args.groupby, layer=args.layer)
    _print(args, _predict(args, kind))


def _check_genome(args: argparse.Namespace, kind: str) -> None:
    if kind not in ("sequences", RECORDS, MEASURED) and args.genome is None:
        raise ValueError("--genome: give the FASTA file of the genome; genomes are never downloaded.")


def _print(args: argparse.Namespace, written: list[tuple[Path, str, int]]) -> None:
    if args.json:
        print(as_json([{"output": str(path), "what": what, "n": n} for path, what, n in written]))
    elif not args.quiet:
        print("\n".join(f"{path}: {n:,} {what}" for path, what, n in written))


def _predict(args: argparse.Namespace, kind: str) -> list[tuple[Path, str, int]]:
    """Predict or explain, and write; returns the files, what is in them and how much."""
    from scgsfm import _keys
    from scgsfm.tl import explain_regulation, regulatory_activity

    if kind == "variants":
        return _variants(args)
    source = _source(args, kind)
    if args.saturate is not None:
        return _saturate(args, source)
    if args.explain is not None:
        named = args.explain or None
        options = {"cell_type": args.cell_type, "motifs": args.motifs, "bases": False, "copy": True}
        tables = explain_regulation(**source, elements=named, **options)
        tables = tables if isinstance(tables, dict) else tables.uns[_keys.R3LM_EXPLANATIONS]  # type: ignore[union-attr]
        motifs = args.output.with_suffix(".motifs.csv")
        return [
            _write(tables["elements"].set_index("element"), args.output, "explanations"),
            _write(tables["motifs"].set_index("element"), motifs, "motifs"),
        ]
    if kind == "cells":
        source |= {"groupby": args.groupby, "layer": args.layer}
    table = regulatory_activity(**source, windows=args.windows or "centre")
    if table is None:
        return _write_cells(source["data"], args.output)
    return [_write(table, args.output, "elements")]


def _variants(args: argparse.Namespace) -> list[tuple[Path, str, int]]:
    """Write the effects of variants, as a table or as a VCF file."""
    from scgsfm.tl import variant_effect

    options = {"genome": args.genome, "motifs": args.motifs, "model": args.model}
    if not args.output.name.endswith(VCF):
        return [_write(variant_effect(args.input, **options), args.output, "variants")]
    with new_file(args.output) as part:
        effects = variant_effect(args.input, annotated_vcf=part, **options)
    return [(args.output, "variants", len(effects))]


def _saturate(args: argparse.Namespace, source: dict[str, Any]) -> list[tuple[Path, str, int]]:
    """Write the effects of all single-base variants."""
    from scgsfm import _keys
    from scgsfm.tl import saturation_mutagenesis

    named = args.saturate or None
    found: Any = saturation_mutagenesis(**source, elements=named, cell_type=args.cell_type, copy=True)
    table = found.uns[_keys.R3LM_SATURATION] if hasattr(found, "uns") else found
    write_table(table, args.output, float_format="%.5g")
    return [(args.output, "effects", len(table))]


def _check_options(args: argparse.Namespace, kind: str) -> None:
    """Refuse options that would have no effect on this kind of input."""
    explains = args.explain is not None and kind != "variants"
    saturates = args.saturate is not None and kind != "variants"
    if explains and saturates:
        raise ValueError("--explain and --saturate: give one of them.")
    needs_cells = "it needs cells (.h5ad, .zarr), without --explain and --saturate"
    reasons = {
        "genome": "sequences need none" if kind == "sequences" else "",
        "windows": "variants are centered"
        if kind == "variants"
        else "explanations are of the center"
        if explains
        else "variants are of the center"
        if saturates
        else "",
        "motifs": "" if kind == "variants" or explains else "it needs --explain",
        "groupby": "" if kind == "cells" and not explains | saturates else needs_cells,
        "layer": needs_cells
        if kind != "cells" or explains | saturates
        else ""
        if args.groupby
        else "it needs --groupby",
        "explain": "variants have no explanation" if kind == "variants" else "",
        "saturate": "they are variants" if kind == "variants" else "",
        "cell_type": ""
        if explains | saturates
        else "it needs --explain, --saturate or --cards, and peaks, cells or sequences",
        "card_style": "it needs --cards",
        "register": "it needs --cards",
    }
    without = [
        f"--{name.replace('_', '-')} ({reason})"
        for name, reason in reasons.items()
        if reason and getattr(args, name) is not None
    ]
    if without:
        raise ValueError(f"{', '.join(without)}: no effect on {kind}. Omit {'them' if len(without) > 1 else 'it'}.")


def _kind(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz").removesuffix(".bgz")
    for kind, suffixes in {
        "cells": CELLS,
        "peaks": (".bed", ".narrowpeak", ".broadpeak"),
        "sequences": (".fa", ".fasta", ".fna"),
        "variants": (".vcf",),
        RECORDS: (".jsonl",),
        MEASURED: (".tsv",),
    }.items():
        if name.endswith(suffixes):
            return kind
    raise ValueError(f"FILE: {path} must end in .h5ad, .zarr, .bed, .fa, .fasta, .vcf, .jsonl or .tsv.")


def _source(args: argparse.Namespace, kind: str) -> dict[str, Any]:
    """The arguments for the input: data with a genome, or sequences."""
    if kind == "cells":
        from scgsfm._adata import read_any

        with reading(args.input):
            data = read_any(args.input)
        return {"data": data, "genome": args.genome, "model": args.model}
    if kind == "peaks":
        return {"data": _peaks(args.input), "genome": args.genome, "model": args.model}
    from scgsfm.dna import Genome

    with Genome(args.input) as fasta:
        sequences = {name: fasta.sequence(name, 0, length) for name, length in fasta.lengths.items()}
    return {"sequences": sequences, "model": args.model}


def _peaks(path: Path) -> Any:
    """Data without cells, with the intervals of a BED file as variables."""
    import anndata
    import numpy as np

    from scgsfm.dna import read_bed

    table = read_bed(path)
    return anndata.AnnData(np.zeros((0, len(table)), np.float32), var=table)


def _write(table: pd.DataFrame, path: Path, what: str) -> tuple[Path, str, int]:
    write_table(table, path, index=True, float_format="%.5g")
    return path, what, len(table)


def _write_cells(adata: Any, path: Path) -> list[tuple[Path, str, int]]:
    if path.suffix != ".csv":
        write_cells(adata, path)
        return [(path, "peaks", adata.n_vars)]
    from scgsfm import _keys

    table = adata.varm[_keys.R3LM].assign(status=adata.var[_keys.status(_keys.R3LM)])
    written = [_write(table, path, "elements")]
    if _keys.groups(_keys.R3LM) in adata.uns:
        written.append(_write(adata.uns[_keys.groups(_keys.R3LM)], path.with_suffix(".groups.csv"), "groups"))
    return written
