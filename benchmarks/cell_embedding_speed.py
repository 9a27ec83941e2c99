"""Time and memory of cell embeddings, and of scanpy's HVG + PCA.

    python benchmarks/cell_embedding_speed.py

Cells are drawn with replacement from the embedded blood cells, with their 14,135 genes, and each count is kept with a probability
of 90 %, so that no two are equal. Each run has its own process, which first embeds 100 cells, so that compilation is not
counted. Memory is the peak during the call without that of the process with the data; it can be read on Linux only.
"""

from __future__ import annotations

import multiprocessing as mp
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from _common import parser, report, say

if TYPE_CHECKING:
    from anndata import AnnData

METHODS = ("HVG + PCA (scanpy)", "kind='pca'", "kind='encoder'", "kind='latent'")


def cells(n: int) -> AnnData:
    """Counts of cells drawn with replacement, thinned."""
    import anndata as ad
    from scipy.sparse import csr_matrix

    from scgsfm.datasets import pbmc

    source, rng = pbmc(), np.random.default_rng(0)
    x = csr_matrix(source.X)[rng.integers(0, source.n_obs, n)]
    x.data = rng.binomial(x.data.astype(int), 0.9).astype(np.float32)
    x.eliminate_zeros()
    return ad.AnnData(x, var=source.var[[]])


def embed(adata: AnnData, method: str) -> None:
    """Embed counts from the start."""
    import scanpy as sc

    import scgsfm

    scgsfm.settings.verbosity = 0
    if method.startswith("kind"):
        scgsfm.tl.embed_cells(adata, kind=method.split("'")[1])
        return
    logs = adata.copy()
    sc.pp.normalize_total(logs, target_sum=1e4)
    sc.pp.log1p(logs)
    sc.pp.highly_variable_genes(logs, n_top_genes=2000)
    sc.pp.pca(logs, mask_var="highly_variable")


def memory(field: str) -> float:
    """Memory of the process in MB: ``VmRSS`` now, or ``VmHWM``, the peak since it was reset."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))


def measure(n: int, method: str) -> tuple[float, float]:
    """Seconds, and MB in addition to the data."""
    embed(cells(100), method)
    adata = cells(n)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # resets the peak
    before, start = memory("VmRSS"), time.perf_counter()
    embed(adata, method)
    return time.perf_counter() - start, memory("VmHWM") - before


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--sizes", nargs="+", type=int, default=[10_000, 100_000], help="numbers of cells")
    args = options.parse_args()
    rows = []
    for n in args.sizes:
        for method in METHODS:
            with ProcessPoolExecutor(1, mp_context=mp.get_context("spawn")) as pool:
                seconds, megabytes = pool.submit(measure, n, method).result()
            rows.append({"cells": n, "method": method, "seconds": round(seconds, 2), "memory (MB)": round(megabytes)})
            say(f"{n:,} cells, {method}: {seconds:.1f} s")
    report("cell_embedding_speed", pd.DataFrame(rows), args.out)


if __name__ == "__main__":
    main()
