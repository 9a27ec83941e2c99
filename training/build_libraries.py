"""Write the embedded gene-set libraries: names and members only, as compact tables.

python training/build_libraries.py --data DATA     (DATA holds genesets/library; default: the variable SCGSFM_DATA)
"""

from __future__ import annotations

import argparse
import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np

from scgsfm.genesets._gmt import read_gmt
from scgsfm.genesets._normalize import GeneSetArrays, normalize

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "src" / "scgsfm" / "data" / "genesets"

MSIGDB = {"version": "2024.1.Hs", "licence": "CC BY 4.0", "url": "https://www.gsea-msigdb.org/gsea/msigdb"}
GO = {"version": "2025", "licence": "CC BY 4.0", "url": "https://geneontology.org"}
OWN = {
    "source": "scgsfm, from textbook knowledge",
    "version": "1",
    "licence": "CC0 1.0",
    "url": "https://github.com/scgsfm/scgsfm",
}
TIROSH = {
    "source": "Tirosh et al., 2016",
    "version": "2016",
    "licence": "none (gene memberships are facts)",
    "url": "https://doi.org/10.1126/science.aad0501",
}
DRUGCENTRAL = {"source": "DrugCentral", "version": "2016-11", "licence": "CC BY 4.0", "url": "https://drugcentral.org"}
LIBRARIES = {
    "hallmark": ("hallmark.gmt.gz", {"title": "Hallmark processes", "source": "MSigDB H"} | MSIGDB),
    "reactome": ("reactome.gmt.gz", {"title": "Reactome pathways", "source": "MSigDB C2:CP:REACTOME"} | MSIGDB),
    "go_bp": ("go_bp.gmt.gz", {"title": "GO biological processes", "source": "Gene Ontology (Enrichr)"} | GO),
    "go_cc": ("go_cc.gmt.gz", {"title": "GO cellular components", "source": "Gene Ontology (Enrichr)"} | GO),
    "go_mf": ("go_mf.gmt.gz", {"title": "GO molecular functions", "source": "Gene Ontology (Enrichr)"} | GO),
    "cell_types": ("cell_types_c8.gmt.gz", {"title": "Cell-type signatures", "source": "MSigDB C8"} | MSIGDB),
    "pbmc_markers": (HERE / "pbmc_markers.gmt", {"title": "Blood cell markers"} | OWN),
    "tissue_markers": (HERE / "tissue_markers.gmt", {"title": "Markers of cell types by tissue"} | OWN),
    "drug_targets": (HERE / "drug_targets.gmt", {"title": "Targets of drugs"} | DRUGCENTRAL),
    "cell_cycle": (HERE / "cell_cycle.gmt", {"title": "Phases of the cell cycle"} | TIROSH),
}


def pack(table: GeneSetArrays) -> dict[str, np.ndarray]:
    """What scgsfm.genesets._library.unpack reads: sorted members as differences modulo 2¹⁶, low bytes first."""
    order = np.argsort(table.genes.astype(str))
    rank = np.empty(len(order), dtype=np.uint16)
    rank[order] = np.arange(len(order))
    sizes = np.diff(table.indptr)
    codes = rank[table.codes]
    codes = codes[np.lexsort((codes, np.repeat(np.arange(len(sizes)), sizes)))]
    steps = np.diff(codes, prepend=np.uint16(0)).astype("<u2")
    return {
        "names": np.frombuffer("\n".join(table.names).encode(), dtype=np.uint8),
        "genes": np.frombuffer("\n".join(table.genes[order]).encode(), dtype=np.uint8),
        "sizes": sizes.astype("<u2"),
        "members": steps.view(np.uint8).reshape(-1, 2).T.copy(),
    }


def write(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """An .npz file whose bytes do not depend on the time of writing, as those of numpy.savez do."""
    with zipfile.ZipFile(path, "w") as file:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, array)
            file.writestr(zipfile.ZipInfo(f"{name}.npy"), buffer.getvalue(), zipfile.ZIP_DEFLATED, 9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("SCGSFM_DATA"))
    folder = Path(parser.parse_args().data or parser.error("give --data or set SCGSFM_DATA")) / "genesets" / "library"
    OUT.mkdir(parents=True, exist_ok=True)
    catalogue = {}
    for name, (file, about) in LIBRARIES.items():
        parsed = read_gmt(folder / file)
        table = normalize(parsed)
        if parsed.report:
            print(parsed.report)
        write(OUT / f"{name}.npz", pack(table))
        sizes = np.diff(table.indptr)
        counts = {"n_sets": len(sizes), "n_genes": len(table.genes), "median_size": float(np.median(sizes))}
        catalogue[name] = about | counts
        if name == "tissue_markers":  # the description of each set is its tissue
            lines = (line.split("\t")[:2] for line in file.read_text(encoding="utf-8").splitlines())
            catalogue[name]["tissues"] = dict(lines)
        print(f"{name:>14}: {counts}, {(OUT / f'{name}.npz').stat().st_size:,} bytes")
    (OUT / "libraries.json").write_text(json.dumps(catalogue, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
