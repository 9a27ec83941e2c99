"""Shared by the benchmark scripts: options, data files, and the report of a table."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
from render import TABLES, layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


def parser(doc: str | None, *, data: bool = True) -> argparse.ArgumentParser:
    """A parser with the options of every script."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--out", type=Path, default=TABLES, help="directory of the CSV files (docs/benchmarks)")
    if data:
        made.add_argument("--data", type=Path, help="data directory (environment variable SCGSFM_DATA)")
    return made


def data_file(data: Path | None, path: str) -> Path:
    """Path of a data file or directory; without it, print a message and exit with code 2."""
    folder = data or os.environ.get("SCGSFM_DATA")
    if not folder:
        stop("This benchmark needs the data directory: pass --data FOLDER or set SCGSFM_DATA.")
    found = Path(folder) / path
    if not found.exists():
        stop(f"The data directory {folder} has no {path}.")
    return found


def stop(message: str) -> None:
    """Print a message and exit with code 2."""
    print(message, file=sys.stderr)
    raise SystemExit(2)


def at_most(genes: Sequence[str], order: np.ndarray, n: int) -> np.ndarray:
    """Whether each case is kept if every gene has its first ``n`` cases in an order of some of the cases."""
    number, kept = Counter[str](), np.zeros(len(genes), bool)
    for i in order.tolist():
        number[genes[i]] += 1
        kept[i] = number[genes[i]] <= n
    return kept


def say(message: str) -> None:
    """Report progress."""
    print(message, file=sys.stderr, flush=True)


def report(name: str, table: pd.DataFrame, out: Path) -> None:
    """Print a table, and write it to ``out/<name>.csv`` below a line with its provenance and cost."""
    out.mkdir(parents=True, exist_ok=True)
    command = " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *_without_directories(sys.argv[1:])])
    made = f"{versions()}; {command}; {cost()}"
    text = table.to_csv(index=False, float_format="%.6g")
    (out / f"{name}.csv").write_text(f"# {made}\n{text}", encoding="utf-8")
    print(f"\n{layout(name, table)}\n\n{made}")


def versions() -> str:
    """Versions of the packages used, and the number of cores."""
    packages = ("scgsfm", "torch", "numba", "numpy", "scipy")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    python = ".".join(map(str, sys.version_info[:3]))
    return ", ".join([f"Python {python}", *(f"{p} {version(p)}" for p in packages), f"{cores} cores"])


def cost() -> str:
    """Running time of the script and its peak memory so far."""
    process = psutil.Process()
    memory = process.memory_info()
    most = getattr(memory, "peak_wset", memory.rss)
    if sys.platform != "win32":
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return f"{time.time() - process.create_time():,.0f} s, {most / 1e9:.1f} GB"


def _without_directories(arguments: list[str]) -> list[str]:
    """Arguments without local directories."""
    return [Path(a).name if os.sep in a else a for a in arguments]
