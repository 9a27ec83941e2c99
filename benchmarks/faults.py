"""Kill work at random moments, and call functions many times.

    python benchmarks/faults.py --kills 200
    python benchmarks/faults.py --loop 1000

`--kills`: training of all three models, building of indexes, downloads from a local server, and streamed scoring receive SIGKILL
at a random moment, run again, are killed again, up to four times, and then end. After each kill, there must be no result, one that
scgsfm refuses as incomplete, or the result of an undisturbed run; the result of the last run must be that of an undisturbed run.

`--loop`: each function is called so many times. Memory, open files and threads after it are compared with those after the first
tenth of the calls.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from _common import parser, report, say
from _fault_tasks import REFUSED, TASKS, left_over, stub, work
from _loop_calls import loop

if TYPE_CHECKING:
    from collections.abc import Iterator

CHAIN = 4
"""Kills before a run may end."""
SHARES = {"training of GP-GPT": 25, "training of R3LM, both stages": 25}
OTHERS = 30
PRELOADED = ["__main__", "pytorch_lightning", "peft", "anndata", "zarr", "scgsfm.models.gsfm", "scgsfm.models.gpgpt"]
PRELOADED += [
    "scgsfm.kernels",
    "scgsfm.scoring",
    "scgsfm.phenotypes",
    "scgsfm.drugs",
    "scgsfm.motifs",
    "statsmodels.api",
]
PRELOADED += [
    "scgsfm.models.r3lm",
    "transformers.models.llama.modeling_llama",
    "transformers.models.qwen3.modeling_qwen3",
]


def shares(kills: int) -> dict[str, int]:
    """Kills of each kind of work, which sum to the total."""
    parts = {name: SHARES.get(name, OTHERS) for name in TASKS}
    edges = np.rint(np.cumsum([0, *parts.values()]) / sum(parts.values()) * kills).astype(int)
    return dict(zip(parts, np.diff(edges).tolist(), strict=True))


class Runs:
    """Undisturbed and killed runs of one kind of work."""

    def __init__(self, name: str, folder: Path, rng: np.random.Generator) -> None:
        self.name, self.task, self.folder, self.rng = name, TASKS[name], folder, rng
        self.inputs = folder / "inputs"
        self.inputs.mkdir(parents=True)
        self.task.prepare(self.inputs)
        self.context = multiprocessing.get_context("forkserver")
        self.n = 0
        self.complete(self.new())  # compiles kernels
        out = self.new()
        start = time.perf_counter()
        self.complete(out)
        self.undisturbed = self.seconds = time.perf_counter() - start
        self.expected = self.task.result(self.inputs, out)
        if self.expected in (None, REFUSED):
            raise RuntimeError(f"{name}: an undisturbed run has no result.")

    def new(self) -> Path:
        """An output that does not exist."""
        self.n += 1
        return self.folder / f"out{self.n}"

    def start(self, out: Path) -> Any:
        process = self.context.Process(target=work, args=(self.name, self.inputs, out))
        process.start()
        return process

    def complete(self, out: Path) -> None:
        """Run without a kill."""
        process = self.start(out)
        process.join()
        if process.exitcode:
            log = self.inputs.with_name("log.txt").read_text()
            raise RuntimeError(f"{self.name}: a run ended with {process.exitcode}.\n{log}")

    def killed(self, out: Path) -> bool:
        """Run and kill at a random moment; False if the run was faster."""
        fresh, start = not out.exists(), time.perf_counter()
        process = self.start(out)
        process.join(self.rng.uniform(0, self.seconds))
        process.kill()
        process.join()
        if process.exitcode not in (0, -signal.SIGKILL):
            raise RuntimeError(f"{self.name}: {self.inputs.with_name('log.txt').read_text()}")
        if fresh and not process.exitcode:  # the machine is less busy than before
            self.seconds = time.perf_counter() - start
        return bool(process.exitcode)

    def states(self, kills: int) -> Iterator[tuple[str, str | None]]:
        """What there is after each kill, and at the end of each chain of kills."""
        done = 0
        while done < kills:
            out, chain, ended = self.new(), 0, False
            while chain < min(CHAIN, kills - done) and not ended:
                ended = not self.killed(out)
                chain += not ended
                if not ended:
                    yield "after a kill", self.task.result(self.inputs, out)
            done += chain
            if not ended:
                self.complete(out)
            if chain:
                yield "at the end", self.task.result(self.inputs, out)


def kill(kills: int, only: list[str], folder: Path, seed: int) -> Iterator[dict[str, Any]]:
    """A row for each kind of work."""
    os.environ["FAULTS_STUB"] = stub()
    multiprocessing.get_context("forkserver").set_forkserver_preload(PRELOADED)
    rng = np.random.default_rng(seed)
    for i, (name, n) in enumerate(shares(kills).items()):
        if not n or name not in only:
            continue
        say(f"{name}: {n} kills")
        runs = Runs(name, folder / str(i), rng)
        states = list(runs.states(n))
        after = [state for when, state in states if when == "after a kill"]
        ends = [state for when, state in states if when == "at the end"]
        yield {
            "work": name,
            "seconds": f"{runs.undisturbed:.1f}",
            "kills": len(after),
            "nothing yet": after.count(None),
            "refused as incomplete": after.count(REFUSED),
            "whole": after.count(runs.expected),
            "half taken for whole": len([s for s in after if s not in (None, REFUSED, runs.expected)]),
            "resumed": len(ends),
            "equal": ends.count(runs.expected),
            "temporary files left": len([name for out in runs.folder.glob("out*") for name in left_over(out)]),
        }


def report_each(name: str, rows: Iterator[dict[str, Any]], out: Path) -> None:
    """Write the table again after each row, so that it has what was done if the script is stopped."""
    done: list[dict[str, Any]] = []
    for row in rows:
        say(str(row))
        done.append(row)
        report(name, pd.DataFrame(done), out)


def main() -> None:
    options = parser(__doc__, data=False)
    options.add_argument("--kills", type=int, default=0)
    options.add_argument("--loop", type=int, default=0)
    options.add_argument("--only", nargs="+", choices=TASKS, default=list(TASKS), help="kinds of work (all)")
    options.add_argument("--functions", nargs="+", default=[], help="functions to call, by a part of their name (all)")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--folder", type=Path, help="directory of the runs")
    args = options.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as folder, suppress(KeyboardInterrupt):
        if args.kills:
            report_each("faults", kill(args.kills, args.only, Path(folder), args.seed), args.out)
        if args.loop:
            report_each("loops", loop(args.loop, args.functions, Path(folder)), args.out)


if __name__ == "__main__":
    main()
