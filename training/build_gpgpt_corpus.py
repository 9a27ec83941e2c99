"""Write the training corpus of GP-GPT: `python training/build_gpgpt_corpus.py --data FOLDER -o CORPUS`.

FOLDER holds `phenotype`, `genes` and `genesets/library`. The corpus contains prose that may be used, but not redistributed:
keep it out of the package.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
from pathlib import Path

from build_phenotypes import rows_of

from scgsfm.genes import resolve
from scgsfm.models.gpgpt import Prose, build_corpus
from scgsfm.phenotypes import load_annotations

FUNCTIONS = {"takes part in": "go_bp", "is found in": "go_cc", "has": "go_mf"}


def prose(folder: Path) -> list[Prose]:
    """Summaries of genes, definitions of terms and of disorders."""
    summaries = rows_of(folder / "refseq_gene_summaries_2023-09.tsv.gz")[1:]
    symbols = resolve([row[0] for row in summaries], organism="human").symbols.tolist()
    found = [Prose("gene", symbol, row[2]) for symbol, row in zip(symbols, summaries, strict=True) if symbol]
    with gzip.open(folder / "hp_2024-04-26.json.gz", "rt", encoding="utf-8") as file:
        nodes = json.load(file)["graphs"][0]["nodes"]
    definitions = {n["id"][-7:]: n.get("meta", {}).get("definition", {}).get("val") for n in nodes if "/HP_" in n["id"]}
    found += [Prose("hpo", f"HP:{number}", text) for number, text in definitions.items() if text]
    disorders = rows_of(folder / "orphanet_2023-06_disorders.tsv.gz")[1:]
    return found + [Prose("disease", f"ORPHA:{row[0]}", row[5]) for row in disorders if row[5]]


def functions(folder: Path) -> dict[str, dict[str, list[str]]]:
    """Terms of the Gene Ontology and their genes, by relation of gene and term."""
    return {relation: dict(terms(folder / f"{name}.gmt.gz")) for relation, name in FUNCTIONS.items()}


def terms(path: Path) -> list[tuple[str, list[str]]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        cells = [line.rstrip("\n").split("\t") for line in lines]
    return [(in_lower_case(row[0].partition(" (GO:")[0]), [gene for gene in row[2:] if gene]) for row in cells]


def in_lower_case(name: str) -> str:
    """The name with words in lower case, except abbreviations."""
    return re.sub(r"\b[A-Z][a-z]+\b", lambda word: word[0].lower(), name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", default=os.environ.get("SCGSFM_DATA"), help="directory (default: the variable SCGSFM_DATA)"
    )
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--exclude", metavar="FILE", help="genes to leave out, one per line")
    args = parser.parse_args()
    if not args.data:
        parser.error("give --data FOLDER or set SCGSFM_DATA")
    data = Path(args.data)
    exclude = Path(args.exclude).read_text(encoding="utf-8").split() if args.exclude else ()
    texts, hpo = prose(data / "phenotype"), load_annotations()
    corpus = build_corpus(hpo, texts, functions(data / "genesets" / "library"), args.out, exclude=exclude)
    print(json.dumps(corpus.info, indent=2))


if __name__ == "__main__":
    main()
