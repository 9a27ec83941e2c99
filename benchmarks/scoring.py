"""Each scoring method compared with its fastest peer: time, memory and agreement.

    python benchmarks/scoring.py

Synthetic cells × 20,000 genes, log-normalized, CSR, float32, about 1,450 non-zeros per cell, and random sets of 5 to
500 genes (median 50), with weights and signs where the method supports them. Genes without counts are removed first,
as in decoupler. Each measurement runs in its own process. A first call on a few cells compiles and is timed
separately; then the fastest of several calls is reported, from the ``AnnData`` to the scores written into it,
including the matching of names. Memory is the peak increase during the call. Peers that would take minutes are run on
fewer cells, and scgsfm is measured on these as well. Both also score the embedded ``datasets.pbmc()`` by the hallmark
sets.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import psutil
from _common import parser, report, say
from _peers import CASES, Sets
from scipy import sparse

if TYPE_CHECKING:
    from anndata import AnnData

N_GENES = 20_000
DISTINCT = 10_000
"""Larger numbers of cells repeat these cells."""
COMPARED = 1000
"""Cells whose scores are compared."""
CURVES = ["aucell", "ucell", "ulm", "score_genes"]
CELLS = [100, 1_000, 10_000, 100_000]
SETS = [50, 500, 5_000]
CURVE_CELLS, CURVE_SETS = 1_000, 500
"""The fixed number of one while the other varies."""
MATRIX = "cells.npz"
PACKAGES = ["decoupler", "pyucell", "scanpy", "gseapy"]


def draw_cells(n: int) -> sparse.csr_matrix:
    """Log-normalized counts of cells of different depth and genes of different abundance."""
    rng = np.random.default_rng(0)
    share = rng.lognormal(0, 2, N_GENES)
    share /= share.sum()
    rows = []
    for depth in rng.lognormal(np.log(2300), 0.4, min(n, DISTINCT)).astype(int):
        found, counts = np.unique(rng.choice(N_GENES, depth, p=share), return_counts=True)
        values = np.log1p(counts * (1e4 / depth)).astype(np.float32)
        rows.append((values, found.astype(np.int32)))
    data, indices = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    indptr = np.concatenate([[0], np.cumsum([len(row[0]) for row in rows])]).astype(np.int32)
    return sparse.csr_matrix((data, indices, indptr), shape=(len(rows), N_GENES))


def draw_sets(n: int, genes: np.ndarray) -> Sets:
    """Random sets with weights and signs."""
    rng = np.random.default_rng(1)
    sets = {}
    for i, size in enumerate(np.clip(rng.lognormal(np.log(50), 1, n), 5, min(500, len(genes) // 2)).astype(int)):
        weights = rng.uniform(0.1, 1, size).round(3) * rng.choice([-1, 1, 1], size)
        sets[f"set {i}"] = dict(zip(rng.choice(genes, size, replace=False), weights.tolist(), strict=True))
    return sets


def as_adata(matrix: sparse.csr_matrix, n: int) -> AnnData:
    """The first ``n`` cells, repeated if there are fewer, and their detected genes."""
    from anndata import AnnData

    repeats = -(-n // matrix.shape[0])
    matrix = sparse.vstack([matrix] * repeats, format="csr")[:n] if repeats > 1 else matrix[:n]
    detected = np.bincount(matrix.indices, minlength=matrix.shape[1]) > 0
    names = pd.Index([f"gene{i}" for i in np.flatnonzero(detected)])
    return AnnData(matrix[:, detected], var=pd.DataFrame(index=names))


def real_data() -> tuple[AnnData, Sets]:
    """The embedded cells without undetected genes, and the hallmark sets."""
    import scgsfm

    adata = scgsfm.datasets.pbmc()
    adata = adata[:, np.asarray((adata.X != 0).sum(axis=0)).ravel() > 0].copy()
    library = scgsfm.datasets.library("hallmark")
    sets = {name: dict.fromkeys(np.intersect1d(library[name], adata.var_names).tolist(), 1.0) for name in library}
    return adata, {name: genes for name, genes in sets.items() if genes}


class Cost:
    """Wall and CPU seconds of a block, and its peak memory increase, including worker processes."""

    def __enter__(self) -> Cost:
        gc.collect()
        self.before = self.most = _resident()
        self.own = _reset_own_peak()
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()
        self.cpu, self.wall = _cpu(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall, self.cpu = time.perf_counter() - self.wall, _cpu() - self.cpu
        self.done.set()
        self.thread.join()
        if self.own:  # exact, unlike the sampling thread, which may have been delayed
            self.most = max(self.most, self.before + _own_peak() - self.own)

    def _watch(self) -> None:
        while not self.done.wait(0.01):
            self.most = max(self.most, _resident())

    def as_dict(self) -> dict[str, float]:
        return {"wall": self.wall, "cpu": self.cpu, "memory": self.most - self.before}


def _workers() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _cpu() -> float:
    return time.process_time() + sum(sum(worker.cpu_times()[:2]) for worker in _workers())


def _resident() -> int:
    return sum(process.memory_info().rss for process in [psutil.Process(), *_workers()])


def _reset_own_peak() -> int:
    """On Linux, reset the peak memory; returns the current memory, 0 elsewhere."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
        return _own_peak()
    except OSError:
        return 0


def _own_peak() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


@dataclass(frozen=True)
class Task:
    """The measurements of one process."""

    case: str
    peer: bool
    sizes: list[tuple[int, int]]
    """Cells and sets, one after the other."""
    repeats: int = 1
    patience: float = np.inf
    """Sizes predicted to take longer are skipped; calls that took longer are not repeated."""
    real: bool = False
    """Whether to score the embedded cells as well."""
    one_core: bool = False
    compile: bool = False
    """Whether to begin without compiled kernels."""


def measure(task: Task, matrix: sparse.csr_matrix, keep: Path) -> list[dict[str, float]]:
    """The cost at each size; keeps the scores of the last size and of the embedded cells."""
    case = CASES[task.case]
    score = case.run if task.peer else case.ours
    costs: list[dict[str, float]] = []
    kept = {}
    for n_cells, n_sets in task.sizes:
        if costs and costs[-1]["wall"] * n_cells * n_sets / costs[-1]["size"] > task.patience:
            break
        adata = as_adata(matrix, n_cells)
        sets = draw_sets(n_sets, adata.var_names.to_numpy())
        if not costs:
            few = adata[: case.warm_up].copy()
            started = time.perf_counter()
            score(few, sets)
            first = time.perf_counter() - started
        runs = []
        while len(runs) < task.repeats and (not runs or runs[-1]["wall"] < task.patience):
            fresh = adata.copy()
            with Cost() as cost:
                scores = score(fresh, sets)
            runs.append(cost.as_dict())
        costs.append(min(runs, key=lambda run: run["wall"]) | {"size": n_cells * n_sets, "first": first})
        kept["scores"] = scores[list(sets)].to_numpy(float)[:COMPARED]
    if task.real:
        adata, sets = real_data()
        kept["pbmc"] = score(adata, sets)[list(sets)].to_numpy(float)
    np.savez(keep, **kept)
    return costs


def child(task: Task, matrix: Path, keep: Path) -> None:
    """In a separate process: print the costs."""
    import scgsfm

    scgsfm.settings.verbosity = 0
    if task.one_core and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(json.dumps(measure(task, sparse.load_npz(matrix), keep)))


def in_process(task: Task, folder: Path) -> tuple[list[dict[str, float]], dict[str, np.ndarray]]:
    """The costs and the scores; empty if the peer is not installed or fails."""
    keep = folder / "scores.npz"
    command = [sys.executable, __file__, "--task", json.dumps(asdict(task)), "--folder", str(folder)]
    environment = os.environ | ({"NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"} if task.one_core else {})
    if task.compile:
        environment["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(dir=folder)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    label = f"{task.case}, {CASES[task.case].peer if task.peer else 'scgsfm'}{', one core' if task.one_core else ''}"
    if done.returncode:
        say(f"{label}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")
        return [], {}
    costs = json.loads(done.stdout.strip().splitlines()[-1])
    for (n_cells, n_sets), cost in zip(task.sizes, costs, strict=False):
        say(f"{label}, {n_cells:,} cells, {n_sets:,} sets: {cost['wall']:.3f} s")
    with np.load(keep) as scores:
        return costs, dict(scores)


def compare(args: argparse.Namespace, name: str, folder: Path) -> list[dict[str, Any]]:
    """Rows of the table for a method: at the requested size and, if the peer is too slow, at a smaller one."""
    case, size = CASES[name], (args.cells, args.sets)
    common = (min(size[0], args.peer_cells), size[1]) if case.slow else size
    if case.at_most:
        common = (min(common[0], case.at_most[0]), min(common[1], case.at_most[1]))
    sizes = list(dict.fromkeys([size, common] if case.peer else [size]))
    agree = bool(case.peer) and not case.differs
    ours, scores = in_process(Task(name, False, sizes, args.repeats, args.patience, real=agree, compile=True), folder)
    rows = [
        {"method": name, "peer": case.peer, "cells": n_cells, "sets": n_sets, "ours": cost}
        for (n_cells, n_sets), cost in zip(sizes, ours, strict=False)
    ]
    if ours and not args.quick:
        alone, _ = in_process(Task(name, False, [size], args.repeats, args.patience, one_core=True), folder)
        rows[0]["one_core"] = alone[0] if alone else {}
    if ours and case.peer:
        theirs, others = in_process(Task(name, True, [common], args.repeats, args.patience, real=agree), folder)
        rows[-1] |= {"theirs": theirs[0] if theirs else {}, "differs": case.differs}
        if theirs and agree:
            rows[-1]["difference"] = {key: np.nanmax(np.abs(scores[key] - others[key])) for key in scores}
    return rows


def as_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Seconds and megabytes, and the ratios."""
    table = []
    for row in rows:
        ours, theirs, one = row["ours"], row.get("theirs", {}), row.get("one_core", {})
        difference = row.get("difference", {})
        table.append(
            {
                **{key: row[key] for key in ("method", "peer", "cells", "sets")},
                "seconds": ours["wall"],
                "cpu_seconds": ours["cpu"],
                "one_core_seconds": one.get("wall"),
                "first_seconds": ours.get("first"),
                "memory_mb": ours["memory"] / 1e6,
                "peer_seconds": theirs.get("wall"),
                "peer_cpu_seconds": theirs.get("cpu"),
                "peer_memory_mb": theirs["memory"] / 1e6 if theirs else None,
                "difference": difference.get("scores"),
                "difference_pbmc": difference.get("pbmc"),
                "differs": row.get("differs", ""),
            }
        )
    return pd.DataFrame(table)


def curves(args: argparse.Namespace, names: list[str], folder: Path) -> pd.DataFrame:
    """Seconds against cells and against sets."""
    rows = []
    axes = {"cells": [(n, CURVE_SETS) for n in CELLS], "sets": [(CURVE_CELLS, n) for n in SETS]}
    for name in names:
        for peer in (False, True):
            by = CASES[name].peer if peer else "scgsfm"
            for axis, sizes in axes.items():
                costs, _ = in_process(Task(name, peer, sizes, args.repeats, args.patience), folder)
                for size, cost in zip(sizes, costs, strict=False):
                    n = size[0] if axis == "cells" else size[1]
                    rows.append({"method": name, "by": by, "axis": axis, "n": n, "seconds": cost["wall"]})
    return pd.DataFrame(rows)


def plot(table: pd.DataFrame, file: Path) -> None:
    """Cost against cells and against sets: scgsfm solid, peers dashed."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    fixed = {"cells": f"{CURVE_SETS:,} sets", "sets": f"{CURVE_CELLS:,} cells"}
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
    colours = dict(zip(table["method"].unique(), ["#0072B2", "#D55E00", "#009E73", "#CC79A7"], strict=False))
    for ax, axis in zip(axes, fixed, strict=True):
        for (method, by), line in table[table["axis"] == axis].groupby(["method", "by"], sort=False):
            style = {"ls": "-", "marker": "o"} if by == "scgsfm" else {"ls": "--", "marker": "s", "mfc": "white"}
            ax.plot(line["n"], line["seconds"], color=colours[method], label=f"{method}, {by}", ms=5, **style)
        ax.set(xscale="log", yscale="log", xlabel=f"{axis} ({fixed[axis]})")
        ax.grid(alpha=0.3)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("seconds")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", frameon=False)
    figure.savefig(file, dpi=110)


def options() -> argparse.ArgumentParser:
    made = parser(__doc__, data=False)
    made.add_argument("--methods", nargs="+", choices=CASES, help="methods to measure (all)")
    made.add_argument("--cells", type=int, default=10_000)
    made.add_argument("--sets", type=int, default=500)
    made.add_argument("--peer-cells", type=int, default=1_000, help="cells for slow peers")
    made.add_argument("--repeats", type=int, default=3, help="number of calls; the fastest is reported")
    made.add_argument("--patience", type=float, default=15, help="seconds above which a call is not repeated")
    made.add_argument("--quick", action="store_true", help="skip the curves and the runs on one core")
    made.add_argument("--task", help=argparse.SUPPRESS)
    made.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return made


def main() -> None:
    args = options().parse_args()
    if args.task:
        child(Task(**json.loads(args.task)), args.folder / MATRIX, args.folder / "scores.npz")
        return

    from scgsfm import methods

    asked = args.methods or list(CASES)
    known = [name for name in asked if CASES[name].method in methods().index]
    for name in asked:
        if name not in known:
            say(f"{name}: there is no such method, so it is skipped.")
    with tempfile.TemporaryDirectory() as at:
        folder = Path(at)
        most = max(args.cells, 0 if args.quick else max(CELLS))
        sparse.save_npz(folder / MATRIX, draw_cells(most), compressed=False)
        rows = [row for name in known for row in compare(args, name, folder)]
        if not args.quick:
            cost = curves(args, [name for name in CURVES if name in known], folder)
            report("scoring_cost", cost, args.out)
            plot(cost, args.out / "scoring_cost.png")
    report("scoring", as_table(rows), args.out)
    print(f"Peers: {', '.join(peers())}.")


def peers() -> list[str]:
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} not installed")
    return found


if __name__ == "__main__":
    main()
