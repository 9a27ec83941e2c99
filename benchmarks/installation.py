"""The first command of README in empty environments: time, size and versions, one row for each interpreter.

    python benchmarks/installation.py --python python3.11 python3.12 python3.13 [--constraint FILE]

Installs a copy of the committed tree and runs `scgsfm demo` twice: the first run compiles kernels and caches them. The time
of the installation depends on the connection and on pip's cache. The size is that of the environment with all dependencies.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import pandas as pd
from _common import parser, report, say

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("torch", "anndata", "scanpy", "pandas", "numpy", "numba")
VERSIONS = f"""
import json, platform
from importlib.metadata import version
print(json.dumps([platform.python_version(), {{name: version(name) for name in {PACKAGES}}}]))
"""


def run(command: list[str | Path], folder: Path, **variables: str) -> tuple[float, str]:
    """Seconds of a command, and its output; its messages are shown if it fails."""
    start = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=os.environ | variables, capture_output=True, text=True, check=False)
    if done.returncode:
        say(done.stdout + done.stderr)
        done.check_returncode()
    return time.monotonic() - start, done.stdout


def measure(interpreter: str, constraint: str | None, folder: Path) -> dict[str, object]:
    """The row of an interpreter."""
    run([interpreter, "-m", "venv", folder / "venv"], folder)
    programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    archive = folder / "scgsfm.tar"
    run(["git", "archive", "-o", archive, "HEAD"], ROOT)
    (folder / "clone").mkdir()
    run(["tar", "-xf", archive], folder / "clone")
    limits = {"PIP_CONSTRAINT": constraint} if constraint else {}
    install, _ = run([programs / "pip", "install", "."], folder / "clone", **limits)
    size = sum(path.lstat().st_size for path in (folder / "venv").rglob("*"))
    demos = [run([programs / "scgsfm", "demo", "--force"], folder)[0] for _ in range(2)]
    python, versions = json.loads(run([programs / "python", "-c", VERSIONS], folder)[1])
    row = {"Python": python, **versions, "environment (GB)": f"{size / 1e9:.1f}", "installation (s)": f"{install:.0f}"}
    return row | {"demo, first (s)": f"{demos[0]:.0f}", "demo, again (s)": f"{demos[1]:.0f}"}


def main() -> None:
    options = parser(__doc__, data=False)
    options.add_argument("--python", nargs="+", default=["python3"], help="interpreters")
    options.add_argument("--constraint", help="file of constraints for pip, such as a version of torch")
    args = options.parse_args()
    constraint = str(Path(args.constraint).resolve()) if args.constraint else None
    rows = []
    for interpreter in args.python:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measure(interpreter, constraint, Path(folder)))
        say(str(rows[-1]))
    report("installation", pd.DataFrame(rows), args.out)


if __name__ == "__main__":
    main()
