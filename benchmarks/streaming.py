"""Speed and memory of `scgsfm score IN -o OUT.zarr` on files of any size, and of a run that is killed and resumed.

    python benchmarks/streaming.py --cells 100000 1000000

Synthetic cells: 20,000 genes, 7 % of them detected, log-normalized counts as float32 in CSR, written in blocks. A pool
of different cells is repeated in another order. The command runs in its own process, whose peak resident memory is
reported by the system. The killed run receives SIGKILL when half of the cells are done, and its result is compared
with the other's.
"""

from __future__ import annotations

import json
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
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from collections.abc import Iterator

N_GENES = 20_000
POOL = 8192
CHUNK = 2**18


def pool(n_cells: int, rng: np.random.Generator) -> csr_array:
    """Log-normalized counts; genes differ in their detection rate."""
    rates = rng.gamma(0.12, 1, N_GENES)
    indptr, indices, data = [0], [], []
    for depth in rng.lognormal(0, 0.3, n_cells):
        counts = rng.poisson(np.minimum(rates * depth, 50))
        genes = np.flatnonzero(counts)
        indices.append(genes.astype(np.int32))
        data.append(np.log1p(counts[genes] * (1e4 / counts.sum())).astype(np.float32))
        indptr.append(indptr[-1] + len(genes))
    return csr_array((np.concatenate(data), np.concatenate(indices), indptr), shape=(n_cells, N_GENES))


def orders(n_pool: int, n_cells: int) -> list[np.ndarray]:
    """The cells to take from the pool, block by block."""
    rng = np.random.default_rng(1)
    return [rng.permutation(n_pool)[: n_cells - start] for start in range(0, n_cells, n_pool)]


def write(path: Path, cells: csr_array, n_cells: int) -> None:
    """Write cells to h5ad or zarr without holding all of them in memory."""
    import anndata as ad

    obs = pd.DataFrame(index=[f"cell{i}" for i in range(n_cells)])
    frame = ad.AnnData(obs=obs, var=pd.DataFrame(index=[f"GENE{i}" for i in range(N_GENES)]))
    root = new_root(path)
    ad.io.write_elem(root, "/", frame)
    rows = orders(cells.shape[0], n_cells)
    n_values = int(sum(np.diff(cells.indptr)[some].sum() for some in rows))
    group = root.create_group("X")
    group.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": [n_cells, N_GENES]})
    types = {"data": (n_values, np.float32), "indices": (n_values, np.int32), "indptr": (n_cells + 1, np.int64)}
    arrays = {name: new_array(group, name, *described) for name, described in types.items()}
    place = cell = 0
    for block in (cells[some] for some in rows):
        stop = place + block.nnz
        arrays["data"][place:stop], arrays["indices"][place:stop] = block.data, block.indices
        arrays["indptr"][cell : cell + block.shape[0] + 1] = block.indptr + np.int64(place)
        place, cell = stop, cell + block.shape[0]
    if path.suffix == ".h5ad":
        root.close()


def new_root(path: Path) -> Any:
    """An empty file or store."""
    if path.suffix == ".h5ad":
        import h5py

        return h5py.File(path, "w")
    import zarr

    return zarr.open_group(str(path), mode="w")


def new_array(group: Any, name: str, size: int, dtype: type) -> Any:
    """A compressed array to be filled."""
    options = {"name": name, "shape": (size,), "dtype": dtype, "chunks": (min(CHUNK, size),)}
    if hasattr(group, "create_array"):  # zarr
        return group.create_array(**options)
    return group.create_dataset(**options, compression="lzf", shuffle=True)


def write_sets(path: Path, n_sets: int, rng: np.random.Generator) -> None:
    """Random sets of 10 to 200 genes."""
    genes = [rng.choice(N_GENES, rng.integers(10, 201), replace=False) for _ in range(n_sets)]
    path.write_text("".join(f"set {i}\t\t" + "\t".join(f"GENE{g}" for g in own) + "\n" for i, own in enumerate(genes)))


def run(command: list[str], *, kill_at: int | None = None, state: Path | None = None) -> tuple[float, int]:
    """Seconds and peak resident memory in bytes; killed when ``state`` reports ``kill_at`` cells."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    if kill_at is not None:
        while not state.exists() or json.loads(state.read_text())["n_done"] < kill_at:
            if process.poll() is not None:
                raise RuntimeError("The run ended before it was killed: take more cells.")
            time.sleep(0.02)
        process.kill()
    _, status, usage = os.wait4(process.pid, 0)
    if status and kill_at is None:
        raise RuntimeError(f"{' '.join(command)} failed.")
    return time.perf_counter() - begun, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def same(one: Path, other: Path) -> bool:
    """Whether two outputs contain the same scores."""
    import zarr

    a, b = (zarr.open_group(str(path), mode="r")["obsm"] for path in (one, other))
    return all(
        np.array_equal(a[key][start : start + POOL], b[key][start : start + POOL])
        for key in a
        for start in range(0, a[key].shape[0], POOL)
    )


def measure(folder: Path, suffix: str, n_cells: int, cells: csr_array, method: str) -> Iterator[dict[str, Any]]:
    """A row for the uninterrupted run, and one for the run that was killed halfway."""
    source, whole, resumed = folder / f"cells{suffix}", folder / "whole.zarr", folder / "resumed.zarr"
    say(f"writing {n_cells:,} cells as {suffix}")
    write(source, cells, n_cells)
    files = [source] if source.is_file() else [file for file in source.rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    arguments = [str(source), "--sets", str(folder / "sets.gmt"), "--method", method, "-o"]
    command = [sys.executable, "-m", "scgsfm.cli", "score", *arguments]
    seconds, peak = run([*command, str(whole)])
    row = {"input": suffix[1:], "cells": f"{n_cells:,}", "file (GB)": f"{size / 1e9:.2f}"}
    yield row | result_row("at a stretch", seconds, peak, n_cells)
    state = folder / "resumed.zarr.part" / "progress.json"
    first, _ = run([*command, str(resumed)], kill_at=n_cells // 2, state=state)
    second, peak = run([*command, str(resumed)])
    equal = "same scores" if same(whole, resumed) else "OTHER SCORES"
    yield row | result_row(f"killed at half, run again: {equal}", first + second, peak, n_cells)
    for path in (source, whole, resumed):
        path.unlink() if path.is_file() else shutil.rmtree(path)


def result_row(run: str, seconds: float, peak: int, n_cells: int) -> dict[str, str]:
    """A row of the table for a run."""
    say(f"{run}: {seconds:.0f} s, {peak / 1e6:.0f} MB")
    return {
        "run": run,
        "seconds": f"{seconds:.0f}",
        "cells per second": f"{n_cells / seconds:,.0f}",
        "peak memory (MB)": f"{peak / 1e6:,.0f}",
    }


def main() -> None:
    options = parser(__doc__, data=False)
    options.add_argument("--cells", type=int, nargs="+", default=[20_000, 100_000])
    options.add_argument("--sets", type=int, default=500)
    options.add_argument("--method", default="aucell")
    options.add_argument("--inputs", nargs="+", choices=["h5ad", "zarr"], default=["h5ad", "zarr"])
    options.add_argument("--folder", type=Path, help="where to write the cells, about 6 GB per million")
    args = options.parse_args()

    rng = np.random.default_rng(0)
    cells = pool(POOL, rng)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        write_sets(Path(folder) / "sets.gmt", args.sets, rng)
        for n_cells in args.cells:
            for suffix in args.inputs:
                rows += measure(Path(folder), f".{suffix}", n_cells, cells, args.method)
    report("streaming", pd.DataFrame(rows), args.out)


if __name__ == "__main__":
    main()
