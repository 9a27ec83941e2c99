"""Write the embedded networks: pathway responses (PROGENy) and targets of transcription factors.

    python training/build_networks.py --data DATA --progeny model_mouse_full.rda

``DATA`` holds ``genesets/train`` (default: the variable SCGSFM_DATA). The model of PROGENy is ``data/model_mouse_full.rda`` of
https://github.com/saezlab/progeny (Apache-2.0, commit cad6be0); its genes are mapped to human by their orthologs. The package
``rdata`` reads it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from build_libraries import write

from scgsfm.genes import resolve
from scgsfm.motifs import Motifs

OUT = Path(__file__).resolve().parent.parent / "src" / "scgsfm" / "data" / "networks"
TOP = 500
"""Genes per pathway, by p-value."""
LEAST = 5
"""Fewest targets of a transcription factor."""
TF_SOURCES = {
    "chromatin_ChIP/msigdb2024.1_c3.tft.gtrd.gmt.gz": "GTRD",
    "chromatin_ChIP/msigdb2024.1_m3.gtrd.gmt.gz": "GTRD, mouse",
    "TF_networks/tftargets_ENCODE.gmt.gz": "ENCODE",
    "TF_networks/tftargets_ITFP.gmt.gz": "ITFP",
}
ABOUT = {
    "progeny": {
        "title": "Genes that respond to 14 signaling pathways (Schubert et al., 2018)",
        "source": "PROGENy, model of mouse mapped to human orthologs",
        "version": "1.17.3",
        "licence": "Apache-2.0",
        "url": "https://github.com/saezlab/progeny",
        "signed": True,
    },
    "tf_targets": {
        "title": "Targets of transcription factors by the number of sources that list them",
        "source": "GTRD in MSigDB C3 and M3, ENCODE and ITFP in tftargets",
        "version": "MSigDB 2024.1, tftargets 1.3",
        "licence": "CC BY 4.0 (MSigDB), CC0 (tftargets)",
        "url": "https://www.gsea-msigdb.org/gsea/msigdb",
        "signed": False,
    },
}


def progeny(path: Path) -> pd.DataFrame:
    """The most significant genes of each pathway with their weights."""
    import rdata

    (table,) = rdata.read_rda(path).values()
    table.columns = ["gene", "source", "weight", "pvalue"]
    names = table["gene"].astype(str)
    found = resolve(names.unique(), organism="mouse")
    table["target"] = names.map(dict(zip(found.names, found.symbols, strict=True)))
    table = table[table["target"] != ""].sort_values(["source", "pvalue", "target"])
    table = table.drop_duplicates(["source", "target"])
    return table.groupby("source", observed=True).head(TOP)[["source", "target", "weight", "pvalue"]]


def tf_targets(folder: Path) -> pd.DataFrame:
    """Pairs of a transcription factor and a target, weighted by the number of sources."""
    pairs: Counter[tuple[str, str]] = Counter()
    bound: set[str] = set()
    for file in TF_SOURCES:
        with gzip.open(folder / file, "rt", encoding="utf-8") as lines:
            rows = [line.rstrip("\n").split("\t") for line in lines]
        factors = [row[0].removesuffix("_TARGET_GENES").upper() for row in rows]
        symbols = dict(zip(factors, resolve(factors, organism="human").symbols, strict=True))
        bound |= set() if file.endswith("ITFP.gmt.gz") else set(symbols.values())  # ITFP predicts factors as well
        names = sorted({name for row in rows for name in row[2:] if name})
        targets = dict(zip(names, resolve(names).symbols, strict=True))
        pairs.update(
            {
                (symbols[factor], targets[name])
                for factor, row in zip(factors, rows, strict=True)
                for name in row[2:]
                if name and symbols[factor] and targets[name]
            }
        )
    table = pd.DataFrame([(*pair, n) for pair, n in pairs.items()], columns=["source", "target", "weight"])
    table = table[table["source"].isin(bound | with_motif())]
    table = table[table.groupby("source")["target"].transform("size") >= LEAST]
    return table.sort_values(["source", "weight", "target"], ascending=[True, False, True])


def with_motif() -> set[str]:
    """Transcription factors with a motif in JASPAR."""
    return {name for motif in Motifs.embedded().names for name in motif.upper().split("::")}


def pack(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """What scgsfm.genesets._network.read_network reads."""
    genes, sources = sorted(set(table["target"])), table["source"].astype(str)
    arrays = {
        "sources": np.frombuffer("\n".join(pd.unique(sources)).encode(), np.uint8),
        "sizes": sources.groupby(sources, sort=False).size().to_numpy().astype("<u2"),
        "genes": np.frombuffer("\n".join(genes).encode(), np.uint8),
        "targets": pd.Index(genes).get_indexer(table["target"]).astype("<u2"),
        "weights": table["weight"].to_numpy().astype("u1" if (table["weight"] % 1 == 0).all() else "<f4"),
    }
    if "pvalue" in table:
        arrays["pvalues"] = table["pvalue"].to_numpy().astype("<f8")
    return arrays


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("SCGSFM_DATA"))
    parser.add_argument("--progeny", type=Path, required=True, help="model_mouse_full.rda")
    args = parser.parse_args()
    folder = Path(args.data or parser.error("give --data or set SCGSFM_DATA")) / "genesets" / "train"
    OUT.mkdir(parents=True, exist_ok=True)
    catalogue = {}
    for name, table in (("progeny", progeny(args.progeny)), ("tf_targets", tf_targets(folder))):
        write(OUT / f"{name}.npz", pack(table))
        catalogue[name] = ABOUT[name] | {"n_sources": int(table["source"].nunique()), "n_edges": len(table)}
        print(f"{name}: {catalogue[name]}, {(OUT / f'{name}.npz').stat().st_size:,} bytes")
    (OUT / "networks.json").write_text(json.dumps(catalogue, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
