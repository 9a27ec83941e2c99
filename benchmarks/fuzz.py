"""Random files for every parser, and random cells and gene sets for every scoring method.

    python benchmarks/fuzz.py --seconds 60
    python benchmarks/fuzz.py --only vcf motifs --seconds 600 --engine atheris
    nice -n 19 python benchmarks/fuzz.py --seconds 300 --rounds 0 --log LOG    # until it is stopped

Each parser runs in a process of its own on inputs that begin with the files in `tests/fuzz_corpus`. The engine `mutate` changes
them at random, and keeps inputs that are read or refused in a new way (another line of the package refuses them, or another
length); `atheris` (libFuzzer, if it is installed) keeps inputs that reach new lines of the package. A finding is any exception
that the package does not raise itself (with a message), a call of more than `--slow` seconds of the CPU, more than 2 GB of memory,
or the end of the process, whose last input is kept. `…_directory` are directories of models, see `_fuzz_models.py`. `cells` and
`functions` run the checks of `tests/scoring/test_fuzz.py` and `tests/test_fuzz_functions.py` on new examples.

Findings are printed with the input that caused them. The script exits with code 1 if there is any.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import linecache
import logging
import mmap
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "benchmarks")]
import _fuzz_models  # noqa: E402

CORPUS = ROOT / "tests" / "fuzz_corpus"
MAX_BYTES = 4096
MAX_MEMORY = 2 * 2**30
MAX_POOL = 1000
FUNCTIONS = ("cells", "functions")
TOKENS = [
    *(
        b"\t",
        b"\n",
        b"\r\n",
        b",",
        b";",
        b"#",
        b">",
        b"|",
        b":",
        b"-",
        b"_",
        b" ",
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
    ),
    *(b"\x1f\x8b", b"NaN", b"inf", b"-1", b"0", b"1e308", b"1e-320", b"99999999999999999999", b"\xd9\xa3", b"\xc2\xb2"),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b"null",
        b"true",
        b"\xe2\x80\xa8",
        b"HP:0000001",
        b"chr1",
        b"MOTIF",
        b"PO",
        b"ACGTN",
        b"%",
    ),
]


class Slow(BaseException):
    """A call that takes too long; not an Exception, so that no handler of the package catches it."""


def targets(folder: Path) -> dict[str, Callable[[bytes], object]]:
    """Each parser as a function of the bytes of a file, or of a text."""
    return {
        "gmt": lambda data: _gene_sets(_file(folder / "sets.gmt", data)),
        "gene_set_json": lambda data: _gene_sets(_file(folder / "sets.json", data)),
        "vocab": lambda data: _vocab(_file(folder / "vocab.txt", data)),
        "config": lambda data: _config(folder, data),
        "card": lambda data: _card(folder, data),
        "fasta": lambda data: _fasta(_file(folder / "genome.fa", data)),
        "places": _places,
        "bed": lambda data: _bed(_file(folder / "peaks.bed", data)),
        "vcf": lambda data: _variants(_file(folder / "calls.vcf", data)),
        "variants": lambda data: _variants(_text(data).splitlines()[:20]),
        "motifs": lambda data: _motifs(_file(folder / "motifs.txt", data)),
        "phenopackets": lambda data: _patient(_file(folder / "patient.json", data)),
        "terms": lambda data: _patient(_file(folder / "terms.txt", data)),
        "cli_lists": lambda data: _cli(_file(folder / "genes.txt", data)),
        "gene_names": _gene_names,
        **_fuzz_models.parsers(folder),
    }


_OPEN: dict[Path, int] = {}
"""Files that stay open between calls, since opening one takes longer than some parsers do."""


def _file(path: Path, data: bytes) -> Path:
    file = _OPEN.get(path)
    if file is None:
        file = _OPEN[path] = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)
    os.pwrite(file, data, 0)
    os.ftruncate(file, len(data))
    return path


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _gene_sets(path: Path) -> None:
    from scgsfm import GeneSets

    sets = GeneSets(path)
    assert sum(map(len, sets.to_dict().values())) == sets.sizes.sum()


def _vocab(path: Path) -> None:
    from scgsfm.models._serialization import read_vocab

    assert all(isinstance(token, str) and token for token in read_vocab(path))


def _config(folder: Path, data: bytes) -> None:
    from scgsfm.models._serialization import Folder, check, is_language_model, read_json

    model = folder / "model"
    model.mkdir(exist_ok=True)
    config = read_json(_file(model / "config.json", data))
    is_language_model(model)
    check(model, Folder(config, {}, ["<unk>", "<pad>", "A"], {}))


def _card(folder: Path, data: bytes) -> None:
    from scgsfm.models._serialization import read_json

    read_json(_file(folder / "card.json", data))


def _fasta(path: Path) -> None:
    from scgsfm.dna import Genome

    path.with_name("genome.fa.fai").unlink(missing_ok=True)
    with Genome(path) as genome:
        for contig in genome.lengths:
            genome.sequence(contig, 0, 8)


def _places(data: bytes) -> None:
    import pandas as pd

    from scgsfm.dna import parse_peak, peaks_of

    names = _text(data).splitlines()[:20] or [""]
    for name in names:
        parse_peak(name)
    peaks_of(pd.DataFrame(index=names))


def _bed(path: Path) -> None:
    from scgsfm.dna import read_bed

    assert {"chrom", "start", "end"} <= set(read_bed(path))


def _variants(given: Any) -> None:
    from scgsfm.dna import read_variants

    read_variants(given)


def _motifs(path: Path) -> None:
    import numpy as np

    from scgsfm.motifs import read_motifs

    for record in read_motifs(path):
        assert record.counts.shape[1] == 4
        assert np.isfinite(record.counts).all()
        assert (record.counts >= 0).all()


def _patient(path: Path) -> None:
    from scgsfm.phenotypes._patient_files import is_phenopacket, read_patient_file, read_phenopacket

    content = read_patient_file(path)
    if isinstance(content, dict) and is_phenopacket(content):
        read_phenopacket(content)


def _cli(path: Path) -> None:
    from scgsfm.cli._inputs import read_genes, read_rows, read_terms

    read_genes([str(path)])
    read_terms([str(path)])
    read_rows(str(path))


def _gene_names(data: bytes) -> None:
    from scgsfm.genes import resolve

    names = _text(data).splitlines()[:20] or [""]
    assert len(resolve(names).how) == len(names)


def is_own(error: BaseException) -> bool:
    """Whether the package raised an error itself: the innermost line of the traceback is a `raise` of the package."""
    return own_line(error) is not None


def own_line(error: BaseException) -> tuple[CodeType, int] | None:
    """The line of the package that raised an error, if it did."""
    trace = error.__traceback__
    if trace is None or not isinstance(error, ValueError | TypeError | OSError | ImportError):
        return None
    while trace.tb_next is not None:
        trace = trace.tb_next
    line = trace.tb_frame.f_code, trace.tb_lineno
    if line not in _RAISES:
        file = line[0].co_filename
        _RAISES[line] = "scgsfm" in file and linecache.getline(file, line[1]).strip().startswith("raise")
    return line if _RAISES[line] else None


_RAISES: dict[tuple[CodeType, int], bool] = {}


def place(error: BaseException) -> str:
    """Type, message and innermost lines of an error."""
    trace, found = error.__traceback__, []
    while trace is not None:
        found.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"{type(error).__name__} at {' < '.join(reversed(found[-3:]))}"


class Watch:
    """Calls a parser, and keeps what is counted and found.

    A timer that ticks all the time, instead of one set for each call, finds calls that take too long: a call takes a few
    microseconds more than its parser.
    """

    TICK = 0.05

    def __init__(self, function: Callable[[bytes], object], slow: float, report: Path | None) -> None:
        self.function, self.report = function, report
        self.findings: dict[str, dict[str, Any]] = {}
        self.read = self.refused = self.found = 0
        self.begun, self.written = time.time(), 0.0
        self.ticks, self.most_ticks, self.too_many = 0, 0, slow / self.TICK
        self.calling = self.due = False
        self.last = mmap.mmap(-1, 2 * MAX_BYTES)  # survives the process where it is that of a file
        if report is not None:
            with report.with_suffix(".input").open("w+b") as file:
                file.truncate(2 * MAX_BYTES)
                self.last = mmap.mmap(file.fileno(), 2 * MAX_BYTES)
        self.before = signal.signal(signal.SIGPROF, self._tick)
        signal.setitimer(
            signal.ITIMER_PROF, self.TICK, self.TICK
        )  # time of the CPU: on a busy machine, others take time, too

    def close(self) -> None:
        """Stop the timer, and write the report if there is one."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, self.before)
        if self.report is not None:
            self.write()

    def _tick(self, *_: object) -> None:
        self.ticks += 1
        self.due = True
        if self.ticks > self.too_many and self.calling:
            self.ticks = 0
            raise Slow

    @property
    def executions(self) -> int:
        """Number of calls."""
        return self.read + self.refused + self.found

    @property
    def outcomes(self) -> dict[str, int]:
        """How the calls ended."""
        counts = {"read": self.read, "refused": self.refused, "found": self.found}
        return {name: n for name, n in counts.items() if n}

    def __call__(self, data: bytes) -> object:
        """Call the parser. Returns how it ended: the line that refused the input, or None."""
        self.last[: 4 + len(data)] = len(data).to_bytes(4, "little") + data
        line: object = None
        self.ticks, self.calling = 0, True
        try:
            self.function(data)
            self.calling = False
            self.read += 1
        except Slow as error:
            self._found(error, data)
        except Exception as error:  # noqa: BLE001  this is what is looked for
            self.calling = False
            line = own_line(error)
            if line is not None:
                self.refused += 1
            else:
                self._found(error, data)
        finally:
            self.calling = False
        if self.due:
            self._look()
        return line

    def _look(self) -> None:
        self.due = False
        self.most_ticks = max(self.most_ticks, self.ticks)
        if self.report is not None and time.time() - self.written > 5:
            self.write()

    def _found(self, error: BaseException, data: bytes) -> None:
        key = place(error)
        self.found += 1
        if key not in self.findings:
            self.findings[key] = {"message": str(error)[:200], "input": repr(data)}

    def write(self) -> None:
        """Write the state to the report, since libFuzzer ends the process."""
        self.written = time.time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        if peak > MAX_MEMORY:
            self.findings.setdefault("memory", {"message": f"{peak / 1e9:.1f} GB", "input": ""})
        state = {
            "executions": self.executions,
            "seconds": self.written - self.begun,
            "slowest": self.most_ticks * self.TICK,
            "peak": peak,
        }
        state |= {"outcomes": self.outcomes, "findings": self.findings}
        assert self.report is not None
        part = self.report.with_suffix(".part")
        part.write_text(json.dumps(state), encoding="utf-8")
        part.replace(self.report)


def seeds(name: str) -> list[bytes]:
    """The inputs to begin with."""
    return [path.read_bytes() for path in sorted((CORPUS / name).glob("*"))] or [b"%d" % i for i in range(4)]


def mutated(rng: random.Random, corpus: list[bytes]) -> bytes:
    """A random change of an input: bytes, tokens, lines and parts of other inputs."""
    data = bytearray(rng.choice(corpus))
    for _ in range(1 + int(rng.expovariate(0.4))):
        kind, i = rng.randrange(8), rng.randint(0, len(data))
        j = min(len(data), i + 1 + int(rng.expovariate(0.1)))
        if kind == 0 and data:
            data[i % len(data)] = rng.randrange(256)
        elif kind == 1:
            del data[i:j]
        elif kind == 2:
            data[i:i] = rng.choice(TOKENS)
        elif kind == 3:
            data[i:j] = rng.choice(TOKENS)
        elif kind == 4:
            data[i:i] = data[i:j] * rng.randint(1, 5)
        elif kind == 5:
            other = rng.choice(corpus)
            k = rng.randint(0, len(other))
            data[i:i] = other[k : k + rng.randint(1, 80)]
        elif kind == 6:
            lines = data.split(b"\n")
            rng.shuffle(lines)
            data = bytearray(b"\n".join(lines))
        else:
            del data[i:]
    return bytes(data[:MAX_BYTES])


def quiet() -> None:
    """No warnings and no log: they are part of many results here."""
    warnings.simplefilter("ignore")
    for name in ("scgsfm", "transformers"):
        logging.getLogger(name).setLevel("CRITICAL")


def mutate(watch: Watch, corpus: list[bytes], seconds: float, seed: int, most: int | None = None) -> None:
    """Random changes for some seconds. Inputs that are refused elsewhere, or are of another length, join the corpus in memory."""
    rng, end = random.Random(seed), time.time() + seconds  # noqa: S311
    for data in corpus:
        watch(data)
    pool, seen = list(corpus), set[tuple[Any, ...]]()
    while most is None or watch.executions < most:
        for _ in range(50 if most is None else min(50, most - watch.executions)):
            data = mutated(rng, pool)
            line = watch(data)
            key = (line, len(data).bit_length(), data[:1] if line is None else None)
            if key not in seen and len(pool) < MAX_POOL:
                seen.add(key)
                pool.append(data)
        if time.time() >= end:
            break


def one(args: argparse.Namespace) -> None:
    """In a separate process: one parser."""
    quiet()
    if args.one == "config":  # imports take seconds
        with contextlib.suppress(ImportError):
            from transformers import LlamaConfig  # noqa: F401
    memory = Path("/dev/shm")  # noqa: S108  files in memory are faster
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        if args.engine == "atheris":
            import atheris

            with atheris.instrument_imports(include=["scgsfm"]):
                watch = Watch(targets(Path(folder))[args.one], args.slow, args.report)
                watch(seeds(args.one)[0])  # imports
            corpus = Path(folder) / "corpus"
            corpus.mkdir()
            for i, data in enumerate(seeds(args.one)):
                (corpus / str(i)).write_bytes(data)
            options = [
                f"-max_total_time={int(args.seconds)}",
                f"-max_len={MAX_BYTES}",
                "-rss_limit_mb=4096",
                "-verbosity=0",
            ]
            atheris.Setup(
                [sys.argv[0], *options, f"-seed={args.seed + 1}", str(corpus)], lambda data: (watch(data), None)[1]
            )
            atheris.Fuzz()
        else:
            function = targets(Path(folder))[args.one]
            for data in seeds(args.one):  # imports and compiles
                with contextlib.suppress(Exception):
                    function(data)
            gc.collect()
            gc.freeze()  # what the imports made need not be searched again
            watch = Watch(function, args.slow, args.report)
            mutate(watch, seeds(args.one), args.seconds, args.seed)
        watch.close()


def run_parser(name: str, args: argparse.Namespace) -> dict[str, Any]:
    """Fuzz a parser in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, __file__, "--one", name, "--seconds", str(args.seconds), "--engine", args.engine]
        command += ["--seed", str(args.seed), "--slow", str(args.slow), "--report", str(report)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, errors="replace")
        state: dict[str, Any] = {
            "executions": 0,
            "seconds": 0.0,
            "slowest": 0.0,
            "peak": 0,
            "outcomes": {},
            "findings": {},
        }
        if report.exists():
            state = json.loads(report.read_text(encoding="utf-8"))
        if done.returncode:
            last = report.with_suffix(".input")
            data = last.read_bytes() if last.exists() else bytes(4)
            finding = {
                "message": done.stderr[-600:],
                "input": repr(data[4 : 4 + int.from_bytes(data[:4], "little")]),
            }
            state["findings"][f"process ended with {done.returncode}"] = finding
    return state


def run_functions(name: str, args: argparse.Namespace) -> dict[str, Any]:
    """Check the scoring methods, or all other functions, on random cells, gene sets and options, with new examples each time."""
    sys.path[:0] = [str(ROOT)]
    from tests import test_fuzz_functions
    from tests.scoring import test_fuzz

    quiet()
    return {"cells": test_fuzz, "functions": test_fuzz_functions}[name].search(args.seconds, args.seed)


def summarize(logs: list[Path], out: Path, previous: Path | None) -> None:
    """Sum the lines of the logs of several runs and a table of earlier runs, and write the table."""
    import pandas as pd
    from _common import report

    states = [json.loads(line) for log in logs for line in log.read_text(encoding="utf-8").splitlines()]
    rows = []
    for name in [*dict.fromkeys(state["parser"] for state in states)]:
        runs = [state for state in states if state["parser"] == name]
        outcomes = sum((Counter(state["outcomes"]) for state in runs), Counter[str]())
        findings = {key for state in runs for key in state["findings"]}
        row = {"input": name, "executions": sum(state["executions"] for state in runs)}
        row |= {
            "seconds": round(sum(state["seconds"] for state in runs)),
            "read": outcomes["read"] + outcomes["equal or refused"],
        }
        row |= {"refused": outcomes["refused"], "other outcome": outcomes["found"], "kinds of findings": len(findings)}
        rows.append(row)
    table = pd.DataFrame(rows)
    if previous is not None:
        earlier = pd.read_csv(previous, comment="#")
        both = pd.concat([earlier[earlier["input"] != "all"], table])
        table = both.groupby("input", sort=False, as_index=False).sum()
    total = {"input": "all", **table.drop(columns="input").sum().to_dict()}
    report("fuzzing", pd.concat([table, pd.DataFrame([total])], ignore_index=True), out)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        names = [*targets(Path(folder)), *FUNCTIONS]
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", nargs="+", choices=names, default=names, help="parsers, cells or functions (all)")
    options.add_argument("--seconds", type=float, default=60, help="for each of them (60)")
    options.add_argument(
        "--rounds", type=int, default=1, help="how often, each time with new inputs; 0: until stopped (1)"
    )
    options.add_argument("--engine", choices=["auto", "atheris", "mutate"], default="mutate")
    options.add_argument("--seed", type=int, default=int(time.time()))
    options.add_argument("--slow", type=float, default=10, help="CPU seconds after which a call is a finding (10)")
    options.add_argument("--log", type=Path, help="file to append a line of JSON to for each parser")
    options.add_argument(
        "--summarize", nargs="+", type=Path, help="logs to sum instead, into a table of the documentation"
    )
    options.add_argument(
        "--previous", type=Path, help="a table of earlier runs whose logs are gone, to add to the sums"
    )
    options.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks", help="directory of the table")
    options.add_argument("--one", help=argparse.SUPPRESS)
    options.add_argument("--report", type=Path, help=argparse.SUPPRESS)
    args = options.parse_args()
    if args.engine == "auto":
        from importlib.util import find_spec

        args.engine = "atheris" if find_spec("atheris") else "mutate"
    if args.one:
        one(args)
        return 0
    if args.summarize:
        summarize(args.summarize, args.out, args.previous)
        return 0
    total, n_findings, n_rounds = 0, 0, 0
    while args.rounds == 0 or n_rounds < args.rounds:
        for name in args.only:
            state = run_functions(name, args) if name in FUNCTIONS else run_parser(name, args)
            total += state["executions"]
            n_findings += len(state["findings"])
            tell(name, state)
            if args.log:
                line = {"parser": name, "engine": args.engine, "seed": args.seed, **state}
                with args.log.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
        n_rounds += 1
        args.seed += 1
        print(f"{total:,} executions, {n_findings} findings", flush=True)
    return int(n_findings > 0)


def tell(name: str, state: dict[str, Any]) -> None:
    """Print the figures of a parser, and the findings with their input."""
    print(
        f"{name:15} {state['executions']:>12,} executions, {state['seconds']:6.0f} s, slowest {state['slowest']:.2f} s, "
        f"{state['peak'] / 1e6:.0f} MB, {state['outcomes']}, {len(state['findings'])} findings",
        flush=True,
    )
    for key, finding in state["findings"].items():
        print(f"    {key}: {finding['message']}\n        {finding['input']}", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("NUMBA_NUM_THREADS", "1")
    sys.exit(main())
