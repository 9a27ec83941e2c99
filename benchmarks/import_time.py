"""Time of ``import scgsfm`` compared with ``import anndata``, in new processes.

python benchmarks/import_time.py
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

import pandas as pd
from _common import parser, report

HEAVY = ("torch", "pytorch_lightning", "lightning", "transformers", "peft", "scanpy", "matplotlib", "numba")
CODE = """
import json, sys, time
begun = time.perf_counter()
import {module}
print(json.dumps([time.perf_counter() - begun, len(sys.modules), [m for m in {heavy} if m in sys.modules]]))
"""


def measure(module: str) -> tuple[float, int, list[str]]:
    """Seconds of the import, number of loaded modules, and the large packages among them."""
    code = CODE.format(module=module, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return tuple(json.loads(done.stdout))


def main() -> None:
    options = parser(__doc__, data=False)
    options.add_argument("--repeats", type=int, default=15)
    args = options.parse_args()

    modules = ("anndata", "scgsfm")
    runs = [{module: measure(module) for module in modules} for _ in range(args.repeats + 1)][
        1:
    ]  # the first run fills caches
    seconds = {module: statistics.median(run[module][0] for run in runs) for module in modules}
    rows = [
        {
            "import": module,
            "median (s)": f"{seconds[module]:.2f}",
            "times anndata": f"{seconds[module] / seconds['anndata']:.2f}",
            "modules": runs[0][module][1],
            "heavy packages loaded": ", ".join(runs[0][module][2]) or "none",
        }
        for module in modules
    ]
    report("import_time", pd.DataFrame(rows), args.out)


if __name__ == "__main__":
    main()
