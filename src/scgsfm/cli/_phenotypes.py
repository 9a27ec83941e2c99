"""``scgsfm phenotypes GENE PHENOTYPE…`` and ``scgsfm phenotypes --rank PHENOTYPE…``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

    import pandas as pd


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Gene, phenotypes and output."""
    parser.add_argument(
        "input",
        nargs="+",
        metavar="GENE PHENOTYPE",
        help="a gene and phenotypes by id or name; with --rank, only phenotypes, or a file of them: a phenopacket (JSON or "
        "YAML) or a text with one term a line (- reads standard input)",
    )
    parser.add_argument("--rank", action="store_true", help="prioritize genes for a patient with the phenotypes")
    parser.add_argument(
        "--excluded",
        nargs="+",
        default=[],
        metavar="PHENOTYPE",
        help="with --rank: phenotypes that the patient does not have",
    )
    parser.add_argument(
        "--genes",
        nargs="+",
        default=[],
        metavar="GENE",
        help="with --rank: rank only these candidate genes, or those in a file with one a line",
    )
    parser.add_argument(
        "--on-unknown",
        choices=("warn", "raise", "ignore"),
        default="warn",
        help="what to do with terms and genes that cannot be used if others can: leave them out with a warning, raise "
        "an error, or leave them out (default: %(default)s)",
    )
    parser.add_argument(
        "--expand-diseases",
        action="store_true",
        help="with --rank: replace diseases among the phenotypes by their annotated phenotypes",
    )
    parser.add_argument(
        "-n", type=int, default=20, metavar="N", help="number of printed evidence lines or genes (default: %(default)s)"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="CSV", help="write the table to this file instead of printing it"
    )


def run(args: argparse.Namespace) -> None:
    """Look up and predict, and print or write the table."""
    from scgsfm import tl

    for option in ("excluded", "genes", "expand_diseases"):
        if getattr(args, option) and not args.rank:
            raise ValueError(f"--{option.replace('_', '-')} requires --rank.")
    if not args.rank and len(args.input) < 2:
        raise ValueError("Give a gene and at least one phenotype, or phenotypes with --rank.")
    if args.rank:
        present, absent = _patient(args.input)
        table = tl.rank_genes(
            present,
            excluded=[*absent, *_patient(args.excluded)[0]],
            genes=_candidates(args.genes),
            on_unknown=args.on_unknown,
            expand_diseases=args.expand_diseases,
            n_top=None if args.output else args.n,
        )
    else:
        table = tl.gene_phenotype(args.input[0], args.input[1:], on_unknown=args.on_unknown)
    _show(table, args)


def _patient(given: list[str]) -> tuple[list[Any], list[Any]]:
    """Present and absent items of terms and files."""
    from scgsfm.phenotypes import is_text_file, split_patient, terms_of_lines

    present, absent = [], []
    for item in given:
        found = split_patient(
            terms_of_lines(sys.stdin.read()) if item == "-" else item if is_text_file(item) else [item]
        )
        present += [*found.present, *((one.item, None) for one in found.left_out)]
        absent += found.absent
    return present, absent


def _candidates(given: list[str]) -> list[str] | None:
    from scgsfm.phenotypes import read_genes

    return [name for item in given for name in read_genes(item if Path(item).is_file() else [item])] or None


def _show(table: pd.DataFrame, args: argparse.Namespace) -> None:
    if args.output is not None:
        table.to_csv(args.output, index=False)
        print(f"{args.output}: {len(table):,} rows")
    elif args.rank:
        print(table.drop(columns="known").to_string(index=False, float_format="{:.3g}".format))
    else:
        for row in table.itertuples():
            print(f"{row.symbol} – {row.name} ({row.phenotype}): {row.status}, probability {row.probability:.3g}")
            evidence = row.evidence.split("\n") if row.evidence else []
            print(*(f"  {line}" for line in evidence[: args.n]), sep="\n", end="\n" if evidence else "")
            if len(evidence) > args.n:
                print(f"  and {len(evidence) - args.n} more")
    print(f"\n{table.attrs['about']}")
