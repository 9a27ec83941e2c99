"""Draw the figures of README and of the first page: ``docs/_static/dropout.png`` and ``docs/_static/quickstart.png``.

    python docs/figures.py

The first is the figure of ``scgsfm demo``, the second what the quick start of README draws.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt

from scgsfm.cli import main

HERE = Path(__file__).parent
STATIC = HERE / "_static"


def quick_start() -> str:
    """The Python code of README."""
    found = re.search(r"```python\n(.*?)```", (HERE.parent / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    if found is None:
        msg = "README.md has no block of Python code."
        raise SystemExit(msg)
    return found.group(1)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(["demo", "--force", "-o", f"{folder}/demo.h5ad", "--figure", str(STATIC / "dropout.png")])
    exec(quick_start(), {})  # noqa: S102
    plt.savefig(STATIC / "quickstart.png", dpi=110, bbox_inches="tight", facecolor="white")
