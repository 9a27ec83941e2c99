"""Cost and calibration of scores against random sets (``normalize="null"``).

    python benchmarks/score_null.py

Cost: the cells and sets of ``benchmarks/scoring.py`` without weights and signs, the lowest CPU seconds of several calls from
the ``AnnData`` to the scores in it, alternately with and without ``normalize="null"``.

Calibration: on the log-normalized cells of the package, the fraction of p-values below 0.05 and 0.001 over 100 random sets of a
size and all cells. The sets are drawn from all genes.
"""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scanpy as sc
from _common import parser, report, say
from scoring import as_adata, draw_cells, draw_sets

import scgsfm
from scgsfm.scoring import plan
from scgsfm.scoring.engine import CellBlock
from scgsfm.scoring.methods import METHODS

if TYPE_CHECKING:
    from anndata import AnnData

NAMES = [name for name, method in METHODS.items() if method.null and not method.completes]
SIZES = (5, 20, 100)
SETS_PER_SIZE = 100


def seconds(adata: AnnData, sets: dict[str, list[str]], name: str, repeats: int) -> tuple[float, float]:
    """CPU seconds without and with random sets."""
    runs: dict[str | None, list[float]] = {None: [], "null": []}
    for _ in range(repeats):
        for normalize, taken in runs.items():
            cells = adata.copy()
            started = time.process_time()
            scgsfm.tl.score(cells, sets, method=name, normalize=normalize)
            taken.append(time.process_time() - started)
    return min(runs[None]), min(runs["null"])


def calibration(name: str) -> dict[str, float]:
    """Fraction of small p-values of random sets."""
    adata = scgsfm.datasets.pbmc()
    sc.pp.normalize_total(adata, target_sum=1e4)
    sc.pp.log1p(adata)
    rng, found = np.random.default_rng(0), {}
    for size in SIZES:
        drawn = {str(i): rng.choice(adata.var_names, size, replace=False).tolist() for i in range(SETS_PER_SIZE)}
        planned = plan(adata, drawn, method=name, normalize="null")
        (job,) = planned.jobs
        score = job.prepare(planned.rows)
        # not adjusted, unlike those of tl.score
        p = np.concatenate([score(CellBlock(block))[1].ravel() for _, block in planned.rows])
        found |= {f"p < 0.05, {size} genes": (p < 0.05).mean(), f"p < 0.001, {size} genes": (p < 0.001).mean()}
    return found


def main() -> None:
    args = parser(__doc__, data=False)
    args.add_argument("--cells", type=int, default=4000)
    args.add_argument("--repeats", type=int, default=3)
    options = args.parse_args()
    warnings.simplefilter("ignore")
    adata = as_adata(draw_cells(options.cells), options.cells)
    sets = {name: list(genes) for name, genes in draw_sets(500, adata.var_names.to_numpy()).items()}
    scgsfm.settings.verbosity = 0
    rows = []
    for name in NAMES:
        seconds(adata[:64].copy(), sets, name, 1)  # compiles
        plain, null = seconds(adata, sets, name, options.repeats)
        row = {
            "method": name,
            "us_per_cell": 1e6 * plain / options.cells,
            "null_us_per_cell": 1e6 * null / options.cells,
        }
        row |= {"ratio": null / plain, **calibration(name)}
        say(f"{name}: {', '.join(f'{k} {v:.3g}' for k, v in row.items() if k != 'method')}")
        rows.append(row)
    report("score_null", pd.DataFrame(rows), options.out)


if __name__ == "__main__":
    main()
