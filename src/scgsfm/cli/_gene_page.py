"""``scgsfm gene-page GENE``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ._options import add_model, add_several_sets
from ._outputs import add_force, check_output, new_file
from ._tables import add_json, as_json, records, report
from ._value_types import positive, probability

if TYPE_CHECKING:
    import argparse

    from ._parser import Parser

EXAMPLES = (
    "scgsfm gene-page BRCA2",
    "scgsfm gene-page BRCA2 --sets reactome hallmark -n 5 -o BRCA2.html",
)
DEFAULT_SETS = ("go_bp", "go_cc", "go_mf", "reactome")
_PAGE = '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{}</title></head>\n<body>{}</body>\n</html>\n'


def add_arguments(parser: Parser) -> None:
    """Gene, libraries, filters and output."""
    parser.input.add_argument("gene", metavar="GENE", help="symbol, alias or id of a gene")
    add_several_sets(parser, DEFAULT_SETS)
    parser.method.add_argument(
        "--min-probability",
        type=probability,
        default=0.0,
        metavar="P",
        help="minimum probability of predicted terms (default: %(default)s)",
    )
    add_model(parser)
    parser.output.add_argument(
        "-n",
        type=positive,
        default=10,
        metavar="N",
        help="number of known and of predicted terms of each library (default: %(default)s)",
    )
    parser.output.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write the page to this .md or .html file, or the table to this .csv file, instead of printing the page",
    )
    add_force(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Make the page, and print or write it."""
    from html import escape

    from scgsfm.tl import gene_page

    if args.output is not None:
        check_output(args.output, (".md", ".html", ".csv"), force=args.force)
    page = gene_page(
        args.gene, libraries=args.sets, n_top=args.n, min_probability=args.min_probability, model=args.model
    )
    if args.output is None:
        facts = page.facts._asdict() | {"terms": records(page.table)}
        print(as_json(facts) if args.json else str(page).rstrip())
        return
    with new_file(args.output) as part:
        if part.suffix == ".csv":
            page.table.to_csv(part, index=False, float_format="%.6g", lineterminator="\n")
        else:
            html = part.suffix == ".html"
            text = _PAGE.format(escape(page.symbol), page.to_html()) if html else page.to_markdown()
            part.write_text(text, encoding="utf-8")
    report(args, f"{args.output}: {len(page.table):,} terms", output=str(args.output), n_rows=len(page.table))
