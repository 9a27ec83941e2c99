"""``scgsfm update phenotypes``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Files of the releases."""
    parser.add_argument("what", choices=("phenotypes",), help="the index of phenotypes, diseases and genes")
    parser.add_argument("--hpo", type=Path, metavar="FILE", help="ontology: hp.json or hp.obo")
    parser.add_argument("--annotations", type=Path, metavar="FILE", help="phenotypes of diseases: phenotype.hpoa")
    parser.add_argument(
        "--genes", type=Path, metavar="FILE", help="genes of diseases: genes_to_phenotype.txt or genes_to_disease.txt"
    )
    parser.add_argument(
        "--orphanet",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="products of Orphadata: en_product6.xml (genes), en_product4.xml (phenotypes), en_product1.xml (names)",
    )
    parser.add_argument(
        "--download",
        action="store_true",
        help="download those of --hpo, --annotations and --genes that are not given from the HPO consortium",
    )
    parser.add_argument("--name", metavar="NAME", help="name of the index (default: the version of the annotations)")
    parser.add_argument(
        "--allow-small", action="store_true", help="accept files with fewer entries than a complete release has"
    )


def run(args: argparse.Namespace) -> None:
    """Build and install the index, and print what it contains and how to choose it."""
    from scgsfm.phenotypes import update_annotations

    built = update_annotations(
        hpo=args.hpo,
        annotations=args.annotations,
        genes=args.genes,
        orphanet=args.orphanet,
        name=args.name,
        download=args.download,
        allow_small=args.allow_small,
    )
    print(f"{built.path}: index {built.name}")
    print(*(f"  {title} {version}" for title, version in built.versions.items()), sep="\n")
    print(*(f"  {count:,} {key.replace('_', ' ')}" for key, count in built.counts.items()), sep="\n")
    print(f"To use it: SCGSFM_PHENOTYPES={built.name}, or scgsfm.settings.phenotypes = {built.name!r}.")
