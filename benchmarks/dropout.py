"""Identification of cell types by marker sets in cells with few counts: AUCell with and without completion.

    python benchmarks/dropout.py --model gsfm-base

Marker sets of blood cells score the 2,638 labeled cells of pbmc3k; the AUROC of each cell type's set (its cells
against all others) is averaged over the nine types (macro-AUROC). Sets are used whole and cut to five random genes;
counts are used as they are and thinned binomially. Thinning and cutting are repeated: the table shows the mean and the
2.5 and 97.5 percentiles over the draws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
from _common import data_file, parser, report, say
from sklearn.metrics import roc_auc_score

import scgsfm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scgsfm.models.gsfm import GSFM

MARKERS = {
    "Naive CD4 T": "Naive CD4 T",
    "Memory CD4 T": "Memory CD4 T",
    "CD8 T": "CD8 T",
    "NK": "NK",
    "B": "B",
    "CD14+ Mono": "CD14+ Mono",
    "FCGR3A+ Mono": "FCGR3A+ Mono",
    "DC": "DC",
    "Platelet": "Platelet",
}
"""Set of the library ``pbmc_markers`` for each label of the data; its other three sets have no label in these data."""

METHODS = ["aucell", "gsfm"]
CUT = 5


def thinned(adata: ad.AnnData, share: float, rng: np.random.Generator) -> ad.AnnData:
    """Keep each molecule with probability ``share``, then log-normalize."""
    out = adata.copy()
    if share < 1:
        out.X.data = rng.binomial(out.X.data.astype(np.int64), share).astype(np.float32)
        out.X.eliminate_zeros()
    sc.pp.normalize_total(out, target_sum=1e4)
    sc.pp.log1p(out)
    return out


def cuts(sets: dict[str, list[str]], n: int, rng: np.random.Generator) -> Iterator[tuple[str, int, str, list[str]]]:
    """Kind, draw, cell type and genes: each set whole, and ``n`` times cut to five genes."""
    for cell_type, genes in sets.items():
        yield "whole", 0, cell_type, genes
        for draw in range(n):
            yield f"{CUT} genes", draw, cell_type, list(rng.choice(genes, min(CUT, len(genes)), replace=False))


def measure(adata: ad.AnnData, queries: list[tuple[str, int, str, list[str]]], model: GSFM) -> pd.DataFrame:
    """AUROC of each query by each method: ``sets``, ``cut``, ``cell_type``, ``method``, ``auroc``."""
    scgsfm.tl.score(adata, {str(i): genes for i, (*_, genes) in enumerate(queries)}, method=METHODS, model=model)
    rows = []
    for method in METHODS:
        scores = adata.obsm[f"score_{method}"]
        for i, (kind, draw, cell_type, _) in enumerate(queries):
            auroc = roc_auc_score(adata.obs["cell_type"] == cell_type, scores[str(i)])
            rows.append((kind, draw, cell_type, method, auroc))
    return pd.DataFrame(rows, columns=["sets", "cut", "cell_type", "method", "auroc"])


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Mean and percentiles of the macro-AUROC over the draws, for the methods and their difference."""
    draws = runs.groupby(["sets", "counts", "thinning", "cut", "method"], sort=False)["auroc"].mean().unstack("method")
    draws["difference"] = draws["gsfm"] - draws["aucell"]
    rows = []
    for (kind, counts), group in draws.groupby(["sets", "counts"], sort=False):
        for method, values in group.items():
            low, high = values.quantile([0.025, 0.975])
            rows.append((counts, kind, method, values.mean(), low, high, len(values)))
    return pd.DataFrame(rows, columns=["counts", "sets", "method", "auroc", "low", "high", "runs"])


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", default="gsfm-base", help="name or directory of the model")
    options.add_argument(
        "--shares", nargs="+", type=float, default=[1.0, 0.1, 0.03], help="fraction of the counts to keep"
    )
    options.add_argument("--thinnings", type=int, default=5, help="draws of the counts")
    options.add_argument("--cuts", type=int, default=10, help="draws of five genes")
    options.add_argument("--seed", type=int, default=0)
    args = options.parse_args()
    scgsfm.settings.verbosity = 0

    adata = ad.read_h5ad(data_file(args.data, "scrna/pbmc3k_2638x32738.h5ad"))
    model = scgsfm.models.load(args.model)
    library = scgsfm.datasets.library("pbmc_markers")
    measured = set(adata.var_names)
    sets = {label: [gene for gene in library[name] if gene in measured] for label, name in MARKERS.items()}
    queries = list(cuts(sets, args.cuts, np.random.default_rng([args.seed, 0])))
    runs = []
    for share in args.shares:
        for thinning in range(args.thinnings if share < 1 else 1):
            rng = np.random.default_rng([args.seed, 1, thinning])
            run = measure(thinned(adata, share, rng), queries, model)
            runs.append(run.assign(counts=f"{share:.0%}", thinning=thinning))
            say(f"{share:.0%} of the counts, draw {thinning + 1}: done")
    table = pd.concat(runs)
    report("dropout", summary(table), args.out)
    by_type = table.pivot_table("auroc", ["sets", "counts", "cell_type"], "method", sort=False).reset_index()
    report("dropout_types", by_type, args.out)


if __name__ == "__main__":
    main()
