"""Build the embedded motifs: counts, ids, names, families and classes of JASPAR CORE vertebrates.

python training/build_motifs.py --data DATA        (DATA holds motifs; default: the variable SCGSFM_DATA)
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from build_libraries import write

from scgsfm.motifs import read_motifs

if TYPE_CHECKING:
    from scgsfm.motifs import MotifRecord

OUT = Path(__file__).resolve().parent.parent / "src" / "scgsfm" / "data" / "motifs"

ABOUT = {"source": "JASPAR CORE vertebrates, non-redundant", "licence": "CC BY 4.0", "url": "https://jaspar.elixir.no"}
RELEASES = {
    "jaspar2026": ("JASPAR2026_CORE_vertebrates_from_pyjaspar4.transfac", "2026"),
    "jaspar2024": ("JASPAR2024_CORE_vertebrates_non-redundant_pfms_transfac.txt", "2024"),
}


def text(values: list[str]) -> np.ndarray:
    return np.frombuffer("\n".join(values).encode(), np.uint8)


def pack(records: list[MotifRecord]) -> dict[str, np.ndarray]:
    """The arrays that scgsfm.motifs.Motifs.embedded reads; float32 counts are exact up to 2²⁴."""
    counts = np.concatenate([record.counts for record in records]).astype(np.float32)
    families = sorted({record.family for record in records})
    classes = sorted({record.class_ for record in records})
    return {
        "ids": text([record.id for record in records]),
        "names": text([record.name for record in records]),
        "families": text(families),
        "classes": text(classes),
        "family": np.array([families.index(record.family) for record in records], np.uint8),
        "class": np.array([classes.index(record.class_) for record in records], np.uint8),
        "widths": np.array([len(record.counts) for record in records], np.uint8),
        "counts": counts,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("SCGSFM_DATA"))
    folder = Path(parser.parse_args().data or parser.error("give --data or set SCGSFM_DATA")) / "motifs"
    OUT.mkdir(parents=True, exist_ok=True)
    catalogue = {}
    for name, (file, version) in RELEASES.items():
        records = read_motifs(folder / file)
        write(OUT / f"{name}.npz", pack(records))
        catalogue[name] = ABOUT | {"version": version}
        print(f"{name}: {len(records)} motifs, {(OUT / f'{name}.npz').stat().st_size:,} bytes")
    (OUT / "motifs.json").write_text(json.dumps(catalogue, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
