"""Pack the definitions of the terms of the embedded GO libraries.

    SCGSFM_DATA=FOLDER python training/build_go_definitions.py

Writes ``data/explanation/go_definitions.tsv.xz``: id and definition, unaltered (Gene Ontology 2022-07, CC BY 4.0).
"""

from __future__ import annotations

import gzip
import lzma
import os
import re
from pathlib import Path

import scgsfm

OUT = Path(__file__).parents[1] / "src" / "scgsfm" / "data" / "explanation" / "go_definitions.tsv.xz"
NOTICE = "# Definitions: Gene Ontology, release 2022-07, https://geneontology.org, CC BY 4.0"


def main() -> None:
    path = Path(os.environ["SCGSFM_DATA"]) / "text" / "go_terms_2022-07.tsv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    text = {row[0]: " ".join(row[4].split()) for row in rows[1:]}
    names = [name for library in ("go_bp", "go_cc", "go_mf") for name in scgsfm.datasets.library(library).names]
    ids = sorted({found[0] for name in names if (found := re.search(r"GO:\d{7}", name))} & text.keys())
    lines = [NOTICE, *(f"{go}\t{text[go]}" for go in ids)]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_bytes(lzma.compress("\n".join(lines).encode(), preset=9 | lzma.PRESET_EXTREME))
    print(f"{len(ids):,} of {len(names):,} terms, {OUT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
