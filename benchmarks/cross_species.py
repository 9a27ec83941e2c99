"""Do human markers find their cells in mouse data as well as in human data?

    python benchmarks/cross_species.py --model gsfm-base

Markers written for human genes score the labelled cells of the mouse pancreas through orthologs, and those of human blood
and gut; the AUROC of each type's set (its cells against all others) by AUCell and by AUCell of completed sets. Of types
that share a label (dendritic cells) the main one is taken. There is no human pancreas among these data: only the types that
occur in both can be compared directly.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from _cell_types import cases
from _common import parser, report, say
from sklearn.metrics import roc_auc_score

import scgsfm
from scgsfm.genes import match

ORGANISMS = {"mouse pancreas, textbook": "mouse"}
MIN_CELLS = 5


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", default="gsfm-base", help="name or folder")
    args = options.parse_args()
    scgsfm.settings.verbosity = 0
    warnings.simplefilter("ignore")  # sets without enough genes

    model = scgsfm.models.load(args.model)
    rows = []
    for case in cases(args.data):
        if not case.name.endswith("textbook"):
            continue
        scgsfm.tl.score(case.adata, case.sets, method=["aucell", "gsfm"], model=model)
        tables = {method: scgsfm.get.scores(case.adata, method) for method in ("aucell", "gsfm")}
        seen: set[str] = set()
        for name, labels in case.right.items():
            cells = np.isin(case.labels, labels)
            if not seen.isdisjoint(labels) or cells.sum() < MIN_CELLS or name not in tables["aucell"]:
                continue
            seen.update(labels)
            found = int((match(case.sets[name], case.adata.var_names) >= 0).sum())
            facts = {"data": case.name.rpartition(",")[0], "organism": ORGANISMS.get(case.name, "human")}
            facts |= {"cell_type": name, "cells": int(cells.sum()), "markers": len(case.sets[name]), "found": found}
            rows.append(facts | {method: roc_auc_score(cells, table[name]) for method, table in tables.items()})
        say(f"{case.name}: done")
    report("cross_species", pd.DataFrame(rows), args.out)


if __name__ == "__main__":
    main()
