"""Time to start: `import scgsfm` compared with `import anndata`, and the help of the command line, in new processes.

python benchmarks/import_time.py

The time is that of the processor, with the start of Python. On an idle machine it is close to the elapsed time.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

import pandas as pd
from _common import parser, report

HEAVY = (
    *("torch", "pytorch_lightning", "lightning", "transformers", "peft", "scanpy", "matplotlib", "numba"),
    *("anndata", "pandas", "numpy"),
)
COMMAND = """
import contextlib, io
from scgsfm.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main({arguments})
"""
STARTS = {
    "python": "",
    "import anndata": "import anndata",
    "import scgsfm": "import scgsfm",
    "import scgsfm.tl": "import scgsfm.tl",
    "scgsfm --version": COMMAND.format(arguments=["--version"]),
    "scgsfm --help": COMMAND.format(arguments=["--help"]),
    "scgsfm score --help": COMMAND.format(arguments=["score", "--help"]),
}
CODE = """
import json, sys, time
{start}
print(json.dumps([time.process_time(), len(sys.modules), [m for m in {heavy} if m in sys.modules]]))
"""


def measure(start: str) -> tuple[float, int, list[str]]:
    """Seconds of the processor, number of loaded modules, and the large packages among them."""
    code = CODE.format(start=start, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return tuple(json.loads(done.stdout))


def main() -> None:
    options = parser(__doc__, data=False)
    options.add_argument("--repeats", type=int, default=15)
    args = options.parse_args()

    # the first run fills caches
    runs = [{name: measure(start) for name, start in STARTS.items()} for _ in range(args.repeats + 1)][1:]
    seconds = {name: statistics.median(run[name][0] for run in runs) for name in STARTS}
    rows = [
        {
            "start": name,
            "median (s)": f"{seconds[name]:.2f}",
            "times anndata": f"{seconds[name] / seconds['import anndata']:.2f}",
            "modules": runs[0][name][1],
            "large packages loaded": ", ".join(runs[0][name][2]) or "none",
        }
        for name in STARTS
    ]
    report("import_time", pd.DataFrame(rows), args.out)


if __name__ == "__main__":
    main()
