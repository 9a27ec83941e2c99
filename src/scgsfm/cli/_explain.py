"""``scgsfm explain INPUT``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._inputs import read_cells, read_genes
from ._options import add_model, add_several_sets
from ._outputs import add_force, check_output, new_file
from ._tables import add_json, as_json, records, report
from ._value_types import positive, probability

if TYPE_CHECKING:
    import argparse

    from ._parser import Parser

EXAMPLES = (
    "scgsfm explain cells.h5ad --groupby cell_type -o explained.html",
    "scgsfm explain genes.txt",
    "scgsfm explain --gene BRCA2",
    'scgsfm explain --term "Kinetochore Organization" --json',
)
DEFAULT_SETS = ("go_bp", "reactome", "hallmark", "cell_types")
_PAGE = '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{}</title></head>\n<body>{}</body>\n</html>\n'


def add_arguments(parser: Parser) -> None:
    """Cells, genes, a gene or a term, libraries and output."""
    parser.input.add_argument(
        "input",
        nargs="*",
        metavar="FILE|GENE",
        help="cells (.h5ad, .zarr and the like) with --groupby, or genes: names, or a .txt, .csv or .tsv file with one a "
        "line, or - for standard input",
    )
    parser.input.add_argument("--groupby", metavar="COLUMN", help="column of obs with the groups of cells")
    parser.input.add_argument("--gene", metavar="GENE", help="explain this gene")
    parser.input.add_argument("--term", metavar="TERM", help="explain this term of the libraries")
    add_several_sets(parser, DEFAULT_SETS)
    parser.method.add_argument("--no-phenotypes", action="store_true", help="do not report phenotypes and their genes")
    parser.method.add_argument(
        "--evidence",
        nargs="*",
        choices=("annotation", "comparison", "motifs"),
        help="results about the groups to use (default: those that the file has)",
    )
    parser.method.add_argument(
        "--max-padj",
        type=probability,
        default=0.05,
        metavar="P",
        help="maximum adjusted p-value of terms and markers (default: %(default)s)",
    )
    parser.method.add_argument(
        "--genes-per-group", type=positive, default=50, metavar="N", help="number of markers (default: %(default)s)"
    )
    parser.method.add_argument(
        "--rephrase",
        action="store_true",
        help="let the chat model at SCGSFM_CHAT_URL rephrase the text, and remove what it adds",
    )
    parser.method.add_argument(
        "--language-model",
        metavar="DIRECTORY|ID",
        help="let this language model of transformers rephrase the text instead",
    )
    parser.method.add_argument("--show-prompt", action="store_true", help="with --rephrase: print what is sent")
    add_model(parser)
    parser.output.add_argument(
        "-n", type=positive, default=3, metavar="N", help="maximum number of functions (default: %(default)s)"
    )
    parser.output.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write the texts to this .md or .html file, or the claims to this .csv file, instead of printing the texts",
    )
    add_force(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Explain, and print or write the texts or the claims."""
    import pandas as pd

    from scgsfm.tl import explain

    if args.output is not None:
        check_output(args.output, (".md", ".html", ".csv"), force=args.force)
    if sum(map(bool, (args.input, args.gene, args.term))) != 1:
        raise ValueError("Give one of: cells or genes, --gene, --term.")
    options: dict[str, Any] = {
        "libraries": args.sets,
        "phenotypes": not args.no_phenotypes,
        "evidence": args.evidence,
        "n_terms": args.n,
        "max_padj": args.max_padj,
        "n_genes": args.genes_per_group,
        "rephrase": f"transformers:{args.language_model}" if args.language_model else args.rephrase,
        "show_prompt": args.show_prompt,
        "model": args.model,
    }
    found = _of_cells(args, options) if args.groupby else _of_genes(args, explain, options)
    table = pd.concat([one.table for one in found.values()], ignore_index=True)
    if args.output is None:
        print(as_json(records(table)) if args.json else "\n".join(map(str, found.values())).rstrip())
        return
    with new_file(args.output) as part:
        if part.suffix == ".csv":
            table.to_csv(part, index=False, float_format="%.6g", lineterminator="\n")
        else:
            pages = [one.to_html() if part.suffix == ".html" else str(one) for one in found.values()]
            text = _PAGE.format("Explanations", "".join(pages)) if part.suffix == ".html" else "\n".join(pages)
            part.write_text(text, encoding="utf-8")
    report(args, f"{args.output}: {len(found)} explained", output=str(args.output), n_rows=len(table))


def _of_genes(args: argparse.Namespace, explain: Any, options: dict[str, Any]) -> dict[str, Any]:
    genes = read_genes(args.input) if args.input else None
    one = explain(genes=genes, gene=args.gene, term=args.term, **options)
    return {one.subject: one}


def _of_cells(args: argparse.Namespace, options: dict[str, Any]) -> dict[str, Any]:
    from scgsfm.get import explain as explained
    from scgsfm.tl import explain

    if len(args.input) != 1:
        raise ValueError("--groupby requires one file of cells.")
    adata = read_cells(Path(args.input[0]))
    explain(adata, args.groupby, **options)
    return explained(adata, as_text=True)
