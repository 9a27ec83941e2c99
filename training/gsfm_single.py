"""Train a single network by the defaults of `TrainConfig`: `python training/gsfm_single.py --data FOLDER -o RUN`.

FOLDER contains `genesets/train` and `genes`. The run takes about 40 minutes on two cores and is deterministic for a given
number of threads. This was the recipe of `gsfm-base` before its third training (`training/gsfm_base.py`). `--reference` trains
the published architecture with the published objective on the same corpus instead, for the comparison in `docs/gsfm.md`.
"""

from __future__ import annotations

import argparse
import gzip
import os
from pathlib import Path

from scgsfm.models.gsfm import TrainConfig, train

LITERATURE_FIRST = {
    **dict.fromkeys(("coexpression", "coexpression_tissue_TF", "aracne_tissue_TF", "perturb_GEO"), 0.35),
    **dict.fromkeys(("expression_atlas", "immunologic", "chromatin_ChIP", "predicted_targets"), 0.35),
    "computational_modules": 0.5,
    "perturb_LINCS_CMap": 0.2,
    "literature": 2.5,
}
"""Group weights that were tested but not used: better on phenotypes, worse on signatures and cells."""
NEIGHBOUR_GROUPS = {
    **dict.fromkeys(("coexpression", "coexpression_tissue_TF", "aracne_tissue_TF", "perturb_LINCS_CMap"), 0.0),
    "literature": 2.0,
    "celltype_markers": 3.0,
    "immunologic": 2.0,
    "expression_atlas": 2.0,
}
RECIPE = TrainConfig(neighbour_groups=NEIGHBOUR_GROUPS)
REFERENCE = TrainConfig(
    steps=1_500,
    restart=0,
    temper=1.0,
    objective="bernoulli",
    dropout=0.2,
    input_norm="none",
    learning_rate=1e-3,
    neighbours=0,
    recall=0,
)


def rows(path: Path) -> list[list[str]]:
    """Rows of a gzipped table, including the header."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [line.rstrip("\n").split("\t") for line in lines]


def allowed_genes(folder: Path) -> set[str]:
    """Symbols of protein-coding genes (NCBI, with current HGNC symbols; Ensembl), immunoglobulins and T-cell receptors."""
    coding = {row[2] for row in rows(folder / "Homo_sapiens.gene_info.gz") if row[9] == "protein-coding"}
    approved: dict[str, set[str]] = {}
    for symbol, now, *_ in rows(folder / "hgnc_helper_symbol_map.tsv.gz")[1:]:
        approved.setdefault(symbol, set()).add(now)
    renamed = {next(iter(now)) for symbol in coding if len(now := approved.get(symbol, {symbol})) == 1}
    ensembl = {
        row[2]
        for row in rows(folder / "annotables_grch38_ensembl_entrez_symbol.tsv.gz")
        if row[7] == "protein_coding" or (row[7][:3] in ("IG_", "TR_") and row[7].endswith("gene"))
    }
    return coding | renamed | ensembl


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data",
        default=os.environ.get("SCGSFM_DATA"),
        help="directory; by default the environment variable SCGSFM_DATA",
    )
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--reference", action="store_true", help="train the published objective instead")
    args = parser.parse_args()
    if not args.data:
        parser.error("give --data FOLDER or set SCGSFM_DATA")
    data = Path(args.data)
    train(
        data / "genesets" / "train",
        args.out,
        config=REFERENCE if args.reference else RECIPE,
        allowed=allowed_genes(data / "genes"),
        name="gsfm-published" if args.reference else "gsfm-single",
        licence="BSD-3-Clause",
        patience=20,
        quantize=None if args.reference else "int8",
    )


if __name__ == "__main__":
    main()
