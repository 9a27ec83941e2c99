"""AUROC of human markers on mouse data, compared with human data.

    python benchmarks/cross_species.py --model gsfm-base

Human markers score the labeled cells of the mouse pancreas through orthologs, and those of human blood and gut. The
table shows the AUROC of each type's set (its cells against all others) by AUCell and by AUCell of completed sets. If
several types share a label (dendritic cells), the main one is used. The data include no human pancreas: only types
that occur in both species are directly comparable.
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
    options.add_argument("--model", default="gsfm-base", help="name or directory of the model")
    args = options.parse_args()
    scgsfm.settings.verbosity = 0
    warnings.simplefilter("ignore")  # skipped sets with too few genes

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
