"""Pack the definitions of the cell types of the Cell Ontology.

    SCGSFM_DATA=FOLDER python training/build_cl_definitions.py

Writes ``data/explanation/cl_definitions.tsv.xz``: id, names separated by ``|`` (the label first) and definition, unaltered
(Cell Ontology 2026-03-26, CC BY 4.0). Names of the embedded marker sets that the ontology does not have are added.
"""

from __future__ import annotations

import gzip
import lzma
import os
from pathlib import Path

OUT = Path(__file__).parents[1] / "src" / "scgsfm" / "data" / "explanation" / "cl_definitions.tsv.xz"
NOTICE = (
    "# Definitions: Cell Ontology, release 2026-03-26, https://obofoundry.org/ontology/cl, CC BY 4.0. "
    "Changed: cell types with a definition, names of marker sets added."
)
MARKER_SETS = {
    "CL:0000895": "naive CD4 T",
    "CL:0000897": "memory CD4 T",
    "CL:0000624": "CD4 T|CD4 T cell",
    "CL:0000625": "CD8 T|CD8 T cell",
    "CL:0000623": "NK",
    "CL:0001054": "CD14+ mono",
    "CL:0002396": "FCGR3A+ mono",
    "CL:0000451": "DC",
    "CL:0000784": "plasmacytoid DC",
    "CL:0002394": "conventional DC 1",
    "CL:0002399": "conventional DC 2",
    "CL:0000841": "mature DC",
    "CL:0000764": "erythroid cell",
    "CL:0000171": "alpha cell",
    "CL:0000169": "beta cell",
    "CL:0000173": "delta cell",
    "CL:0002275": "gamma cell",
    "CL:0005019": "epsilon cell",
    "CL:4030026": "BEST4 enterocyte",
    "CL:0002250": "intestinal stem cell",
    "CL:0002062": "alveolar type 1 cell",
    "CL:0002063": "alveolar type 2 cell",
    "CL:0002306": "proximal tubule cell",
    "CL:1000909": "loop of Henle cell",
    "CL:0002305": "distal tubule cell",
    "CL:1001225": "collecting duct cell",
    "CL:0000129": "microglia",
    "CL:0000594": "satellite cell",
}
"""Names in the embedded marker sets."""


def main() -> None:
    path = Path(os.environ["SCGSFM_DATA"]) / "ontologies" / "cl_2026-03-26.tsv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        columns, *rows = (line.rstrip("\n").split("\t") for line in file)
    lines = [NOTICE]
    for row in rows:
        term = dict(zip(columns, row, strict=True))
        # transcriptomic types of single studies, such as those of the mouse brain, have names such as "alpha cell" too
        if term["obsolete"] != "0" or not term["definition"] or "(Mmus)" in term["label"] or "(Hsap)" in term["label"]:
            continue
        names = [term["label"], *MARKER_SETS.get(term["id"], "").split("|"), *term["synonyms"].split("|")]
        names = list(dict.fromkeys(filter(None, names)))
        lines.append("\t".join([term["id"], "|".join(names), " ".join(term["definition"].split())]))
        if term["id"] in MARKER_SETS:
            print(f"{MARKER_SETS[term['id']]}: {term['label']}")
    OUT.write_bytes(lzma.compress("\n".join(lines).encode(), preset=9 | lzma.PRESET_EXTREME))
    print(f"{len(lines) - 1:,} cell types, {OUT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
