"""Time and memory of large inputs: functions on cells on disk, many gene sets at once, and lazily made cells.

    python benchmarks/load.py --cells 25000 100000 --lazy-cells 1000000 10000000

The cells are those of `datasets.pbmc`, drawn with replacement and written as h5ad and zarr in blocks; `enrich`, `phenotypes` and
`compare` read them from there, backed (h5ad) or lazily (zarr, dask). `10,000 sets` scores as many random sets of 10 to 200 genes.
The lazy cells are made by dask in chunks of 20,000 when they are scored, and are nowhere as a whole. Each run has a process of
its own, whose peak resident memory is reported by the system; `imports` is a process that imports the same packages. Memory is
bounded if it does not grow with the number of cells, except for what has a row for each cell (`obs`, the scores).

`streaming.py` does the same for `scgsfm score` with one million cells × 20,000 genes, also killed and resumed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from _common import parser, report, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from anndata import AnnData

BLOCK = 10_000
CHUNK = 20_000
N_SETS = 10_000
SHALLOW_GENES = 2000


def write(path: Path, n_cells: int) -> None:
    """Cells of pbmc, drawn with replacement, with a donor and a condition, in blocks."""
    import anndata as ad
    from streaming import new_array, new_root

    import scgsfm

    source = scgsfm.datasets.pbmc()
    x = source.X.tocsr()
    rng = np.random.default_rng(0)
    rows = rng.integers(source.n_obs, size=n_cells)
    donor = rng.integers(8, size=n_cells)
    obs = pd.DataFrame({"cell_type": source.obs["cell_type"].to_numpy()[rows], "donor": [f"d{i}" for i in donor]})
    obs["condition"] = np.where(donor % 2, "treated", "control")
    obs.index = [f"cell{i}" for i in range(n_cells)]
    root = new_root(path)
    ad.io.write_elem(root, "/", ad.AnnData(obs=obs, var=source.var[[]]))
    n_values = int(np.diff(x.indptr)[rows].sum())
    group = root.create_group("X")
    group.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": [n_cells, x.shape[1]]})
    types = {"data": (n_values, np.float32), "indices": (n_values, np.int32), "indptr": (n_cells + 1, np.int64)}
    arrays = {name: new_array(group, name, *described) for name, described in types.items()}
    place = 0
    for start in range(0, n_cells, BLOCK):
        block = x[rows[start : start + BLOCK]]
        stop = place + block.nnz
        arrays["data"][place:stop], arrays["indices"][place:stop] = block.data, block.indices
        arrays["indptr"][start : start + block.shape[0] + 1] = block.indptr.astype(np.int64) + place
        place = stop
    if path.suffix == ".h5ad":
        root.close()


def opened(path: Path) -> AnnData:
    """The cells, with the matrix on disk."""
    import anndata as ad

    return ad.read_h5ad(path, backed="r") if path.suffix == ".h5ad" else ad.experimental.read_lazy(path)


def enrich(path: Path, _n: int) -> int:
    """`enrich(groupby=)`; returns the number of rows."""
    import scgsfm

    adata = opened(path)
    scgsfm.tl.enrich(adata, "hallmark", groupby="cell_type", mode="overlap")
    return len(adata.uns["enrich"])


def phenotypes(path: Path, _n: int) -> int:
    """`phenotypes`; returns the number of rows."""
    import scgsfm

    adata = opened(path)
    scgsfm.tl.phenotypes(adata, "cell_type")
    return len(adata.uns["phenotypes"])


def compare(path: Path, _n: int) -> int:
    """`compare` of sets that are scored on the way; returns the number of rows."""
    import scgsfm

    adata = opened(path)
    scgsfm.tl.compare(adata, "hallmark", condition="condition", sample="donor", groupby="cell_type")
    return len(adata.uns["compare"])


def many_sets(path: Path, n: int) -> int:
    """Scores of ten thousand sets; returns the number of scores."""
    import anndata as ad

    import scgsfm

    backed = opened(path)
    adata = ad.AnnData(backed.X[:n], obs=backed.obs[:n], var=backed.var)
    rng = np.random.default_rng(0)
    genes = adata.var_names.to_numpy()
    sets = {f"s{i}": rng.choice(genes, rng.integers(10, 201), replace=False).tolist() for i in range(N_SETS)}
    scgsfm.tl.score(adata, sets, method="aucell")
    return int(adata.obsm["score_aucell"].size)


def lazy(_path: Path, n: int) -> int:
    """Scores of cells that dask makes when they are read; returns the number of scores."""
    import anndata as ad
    import dask.array as da
    from scipy import sparse

    import scgsfm

    pool = sparse.random_array((CHUNK, SHALLOW_GENES), density=0.05, format="csr", rng=np.random.default_rng(0))
    pool.data = np.ceil(pool.data * 4).astype(np.float32)

    def made(block_info: Any = None) -> sparse.csr_array:
        first, last = block_info[None]["array-location"][0]
        order = np.random.default_rng(first).permutation(CHUNK)[: last - first]
        return pool[order]

    chunks = ((CHUNK,) * (n // CHUNK) + ((n % CHUNK,) if n % CHUNK else ()), (SHALLOW_GENES,))
    matrix = da.map_blocks(made, chunks=chunks, dtype=np.float32, meta=sparse.csr_array((0, 0), dtype=np.float32))
    genes = [f"g{i}" for i in range(SHALLOW_GENES)]
    adata = ad.AnnData(matrix, obs=pd.DataFrame(index=pd.RangeIndex(n).astype(str)), var=pd.DataFrame(index=genes))
    rng = np.random.default_rng(0)
    sets = {f"s{i}": rng.choice(genes, 50, replace=False).tolist() for i in range(5)}
    scgsfm.tl.score(adata, sets, method="mean", log_normalize=False)
    return int(np.isfinite(adata.obsm["score_mean"].to_numpy()).sum())


def imports(path: Path, _n: int) -> int:
    """Imports only."""
    import scanpy  # noqa: F401

    import scgsfm

    scgsfm.tl.score(scgsfm.datasets.pbmc()[:10].copy(), "hallmark")
    return int(opened(path).n_obs)


TASKS: dict[str, Callable[[Path, int], int]] = {
    "imports": imports,
    "enrich": enrich,
    "phenotypes": phenotypes,
    "compare": compare,
    "10,000 sets": many_sets,
    "lazy": lazy,
}


def measure(task: str, path: Path, n: int) -> dict[str, Any]:
    """A task in a process of its own."""
    say(f"{task}, {n:,} cells, {path.suffix or 'dask'}")
    begun = time.perf_counter()
    command = [sys.executable, __file__, "--task", task, "--path", str(path), "--n", str(n)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    out = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(command)} failed.")
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    form = {".h5ad": "h5ad, backed", ".zarr": "zarr, lazy"}.get(path.suffix, "dask, made lazily")
    row = {"task": task, "input": form, "cells": f"{n:,}", "seconds": f"{time.perf_counter() - begun:.0f}"}
    row |= {"CPU seconds": f"{usage.ru_utime + usage.ru_stime:.0f}", "peak memory (MB)": f"{peak / 1e6:,.0f}"}
    return row | {"rows or scores": f"{int(out.split()[-1]):,}"}


def main() -> None:
    options = parser(__doc__, data=False)
    options.add_argument("--cells", type=int, nargs="+", default=[25_000, 100_000])
    options.add_argument("--cells-of-many-sets", type=int, default=5000)
    options.add_argument("--lazy-cells", type=int, nargs="+", default=[1_000_000, 10_000_000])
    options.add_argument("--inputs", nargs="+", choices=["h5ad", "zarr"], default=["h5ad", "zarr"])
    options.add_argument("--folder", type=Path, help="where to write the cells, about 0.5 GB per 100,000")
    options.add_argument("--task", choices=TASKS, help=argparse.SUPPRESS)
    options.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--n", type=int, help=argparse.SUPPRESS)
    args = options.parse_args()
    if args.task:
        print(TASKS[args.task](args.path, args.n))
        return

    rows = []
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        for n in args.cells:
            for suffix in args.inputs:
                path = Path(folder) / f"cells.{suffix}"
                say(f"writing {n:,} cells as {suffix}")
                write(path, n)
                tasks = ["enrich", "phenotypes", "compare"]
                if (n, suffix) == (args.cells[0], args.inputs[0]):
                    rows.append(measure("imports", path, n))
                rows += [measure(task, path, n) for task in tasks]
                if (n, suffix) == (args.cells[0], args.inputs[0]):
                    rows.append(measure("10,000 sets", path, args.cells_of_many_sets))
                path.unlink() if path.is_file() else shutil.rmtree(path)
        rows += [measure("lazy", Path(folder) / "none", n) for n in args.lazy_cells]
    report("load", pd.DataFrame(rows), args.out)


if __name__ == "__main__":
    main()
