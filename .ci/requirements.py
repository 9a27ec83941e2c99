"""Print the requirements of the tests that need no torch and depend on versions, one a line, as `pip install -r` reads them.

With `--lowest`, each lower bound becomes the version, and the packages that results are compared with are left out: they
need newer versions than scgsfm does.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

NEED_TORCH = {"onnxruntime", "peft", "pytorch-lightning", "torch", "transformers"}
TOOLS = {"ipykernel", "mypy", "nbclient", "scgsfm"}
# needs a dask that is older than the newest one, which is tested without it
HOLDS_BACK = {"spatialdata"}

lowest = "--lowest" in sys.argv[1:]
config = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
project = config["project"]
extras = project["optional-dependencies"]
left_out = NEED_TORCH | TOOLS | HOLDS_BACK
if lowest:
    left_out |= {re.split(r"\W", peer)[0] for peer in config["dependency-groups"]["peers"]}

for requirement in [*project["dependencies"], *extras["dna"], *extras["test"]]:
    name = re.match(r"[\w-]+", requirement)[0]
    if name not in left_out:
        print(re.sub(r">=([\w.]+).*", r"==\1", requirement) if lowest else requirement)
