"""``scgsfm rank-genes PATIENT…``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._inputs import STDIN, read_lines
from ._outputs import TABLES, add_table_output, check_output
from ._tables import add_json, show_table
from ._value_types import positive

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ._parser import Parser

N_PRINTED = 20
"""Printed genes of a patient."""
N_EXPLAINED = 5
"""Printed genes of a patient with --explain."""
EXAMPLES = (
    "scgsfm rank-genes patient.json",
    "scgsfm rank-genes HP:0001250 'Global developmental delay' --candidates SCN1A CDKL5 PCDH19",
    "scgsfm rank-genes patients.csv --explain -o ranked.csv",
)
EXPLAINED = ("patient", "gene", "score", "name", "state", "match", "annotated_name")
"""Printed columns with --explain."""
FILES = (".json", ".yaml", ".yml", ".phenopacket", ".txt", ".csv", ".tsv", ".list")


def add_arguments(parser: Parser) -> None:
    """Patients, candidates and output."""
    parser.input.add_argument(
        "patient",
        nargs="+",
        metavar="PATIENT",
        help="a phenopacket (JSON or YAML), several of them, or a folder of them; a table of patients (.csv or .tsv, with "
        "the columns patient and phenotypes); a text file with a term per line, or - for standard input; or terms",
    )
    parser.input.add_argument(
        "--excluded", nargs="+", default=[], metavar="TERM", help="terms that the patient does not have"
    )
    parser.input.add_argument(
        "--candidates",
        nargs="+",
        default=[],
        metavar="GENE",
        help="rank only these genes: names, a file with one per line, a VCF file annotated by VEP, SnpEff or bcftools csq, "
        "or the word interpretations for the genes in a phenopacket, which may reveal the diagnosis",
    )
    parser.method.add_argument(
        "--explain", action="store_true", help="show how each gene explains each term of the patient"
    )
    parser.method.add_argument(
        "--on-unknown",
        choices=("warn", "raise", "ignore"),
        default="warn",
        help="what to do with terms, genes and patients that cannot be used if others can: leave them out with a warning, "
        "raise an error, or leave them out (default: %(default)s)",
    )
    parser.method.add_argument(
        "--expand-diseases", action="store_true", help="replace diseases among the terms by their annotated phenotypes"
    )
    parser.output.add_argument(
        "-n",
        type=positive,
        metavar="N",
        help=f"number of genes of each patient (default: {N_PRINTED} if printed, {N_EXPLAINED} if printed with --explain; "
        "with --output all genes of one patient, 100 of each of many, 10 with --explain)",
    )
    add_table_output(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Rank genes, and print or write the table."""
    from scgsfm import tl

    if args.output is not None:
        check_output(args.output, TABLES, force=args.force)
    printed = N_EXPLAINED if args.explain else N_PRINTED
    table = tl.rank_genes(
        _patients(args.patient),
        excluded=args.excluded,
        candidates=_candidates(args.candidates),
        on_unknown=args.on_unknown,
        expand_diseases=args.expand_diseases,
        n_top=args.n or (printed if args.output is None else None),
        explain=args.explain,
    )
    if args.explain and args.output is None and not args.json:
        table = table[[name for name in EXPLAINED if name in table]]
    show_table(
        table, args, hidden=["known"] if "known" in table else [], groupby="patient" if "patient" in table else None
    )
    if not args.json and not args.quiet:
        print(f"\n{table.attrs['about']}")


def _patients(given: Sequence[str]) -> Any:
    """A file, a folder, several files, or terms and files of terms."""
    if len(given) == 1 and given[0] != STDIN and (_is_file(given[0]) or Path(given[0]).is_dir()):
        return given[0]
    if all(one != STDIN and _is_file(one) for one in given):
        return (
            {Path(one).stem: Path(one) for one in given}
            if len({Path(one).stem for one in given}) == len(given)
            else {one: Path(one) for one in given}
        )
    from scgsfm.phenotypes import terms_of_lines

    states: dict[Any, Any] = {}
    for one in given:
        found = terms_of_lines("\n".join(read_lines(one))) if one == STDIN or _is_file(one) else [one]
        states |= found if isinstance(found, dict) else dict.fromkeys(found, "present")
    return states


def _is_file(value: str) -> bool:
    return value.lower().endswith(FILES)


def _candidates(given: Sequence[str]) -> Any:
    """One file or word, or names."""
    if len(given) == 1 and (given[0] == "interpretations" or Path(given[0]).is_file()):
        return given[0]
    return list(given) or None
