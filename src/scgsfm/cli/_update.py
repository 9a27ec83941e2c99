"""``scgsfm update phenotypes`` and ``scgsfm update drugs``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ._tables import add_json, report
from ._value_types import one_of

if TYPE_CHECKING:
    import argparse

    from ._parser import Parser

EXAMPLES = (
    "scgsfm update phenotypes --download",
    "scgsfm update phenotypes --hpo hp.json --annotations phenotype.hpoa --genes genes_to_phenotype.txt",
    "scgsfm update drugs --name cmap --up cmap_up.gmt --down cmap_down.gmt",
)


def add_arguments(parser: Parser) -> None:
    """Files of the releases."""
    parser.input.add_argument(
        "what",
        type=one_of(["phenotypes", "drugs"]),
        metavar="INDEX",
        help="phenotypes: the index of phenotypes, diseases and genes; drugs: that of signatures of compounds",
    )
    parser.input.add_argument("--hpo", type=Path, metavar="FILE", help="ontology: hp.json or hp.obo")
    parser.input.add_argument("--annotations", type=Path, metavar="FILE", help="phenotypes of diseases: phenotype.hpoa")
    parser.input.add_argument(
        "--genes", type=Path, metavar="FILE", help="genes of diseases: genes_to_phenotype.txt or genes_to_disease.txt"
    )
    parser.input.add_argument(
        "--orphanet",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="products of Orphadata: en_product6.xml (genes), en_product4.xml (phenotypes), en_product1.xml (names)",
    )
    parser.input.add_argument(
        "--download",
        action="store_true",
        help="download those of --hpo, --annotations and --genes that are not given from the HPO consortium",
    )
    for option, what in (("up", "sets of genes that rise"), ("down", "sets that fall, in the order of --up")):
        parser.input.add_argument(
            f"--{option}", type=Path, nargs="+", default=[], metavar="FILE", help=f"drugs: GMT files of {what}"
        )
    parser.input.add_argument(
        "--both",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="drugs: GMT files of sets that end in -up and -dn",
    )
    parser.output.add_argument(
        "--name",
        metavar="NAME",
        help="name of the index (default: the version of the annotations, or signatures for drugs)",
    )
    parser.output.add_argument(
        "--licence",
        metavar="TEXT",
        default="that of the files; not checked",
        help="drugs: license of the files, to be stored (default: %(default)s)",
    )
    add_json(parser)
    parser.advanced.add_argument(
        "--allow-small", action="store_true", help="accept files with fewer entries than a complete release has"
    )


def run(args: argparse.Namespace) -> None:
    """Build and install the index, and print what it contains and how to choose it."""
    if args.what == "drugs":
        return _update_drugs(args)
    if args.up or args.down or args.both:
        raise ValueError("--up, --down and --both are for `scgsfm update drugs`.")
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
    lines = [f"{built.path}: index {built.name}"]
    lines += [f"  {title} {version}" for title, version in built.versions.items()]
    lines += [f"  {count:,} {key.replace('_', ' ')}" for key, count in built.counts.items()]
    lines += [f"To use it: SCGSFM_PHENOTYPES={built.name}, or scgsfm.settings.phenotypes = {built.name!r}."]
    about = {"versions": dict(built.versions), "counts": dict(built.counts)}
    report(args, "\n".join(lines), output=str(built.path), index=built.name, **about)
    return None


def _update_drugs(args: argparse.Namespace) -> None:
    for option in ("hpo", "annotations", "genes", "orphanet", "download", "allow_small"):
        if getattr(args, option):
            raise ValueError(f"--{option.replace('_', '-')} is for `scgsfm update phenotypes`.")
    from scgsfm.drugs import update_signatures

    built = update_signatures(args.up, args.down, args.both, name=args.name or "signatures", licence=args.licence)
    lines = [f"{built.path}: index {built.name}"]
    lines += [f"  {built.n_signatures:,} signatures of {built.n_compounds:,} compounds"]
    if built.n_unpaired:
        lines += [f"  {built.n_unpaired:,} of them with genes of one direction only"]
    lines += [f"To use it: scgsfm drugs --index {built.name}, or index={built.name!r} of scgsfm.tl.drugs."]
    counts = {name: getattr(built, name) for name in ("n_signatures", "n_compounds", "n_unpaired")}
    report(args, "\n".join(lines), output=str(built.path), index=built.name, **counts)
