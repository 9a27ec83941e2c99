"""Weight and start-up of the libraries in which the explorer could be written.

    python benchmarks/explorer_libraries.py

Each library is installed into a virtual environment of its own. Its weight is that of all packages that scgsfm does not install anyway.
Start-up is the CPU time to import it, and until the first page that says hello is answered, the best of five; it depends less on what
else the computer does than the time that passes. Streamlit and marimo run the script of a page only when a browser connects, so that
their first page is an empty frame. Needs the registry of packages.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pandas as pd
from _common import parser, report, say

RUNS = 5
APPS = {
    "shiny": "from shiny import App, ui\nimport uvicorn\n"
    "uvicorn.run(App(ui.page_fluid('hello'), None), host='127.0.0.1', port=PORT, log_level='error')",
    "dash": "from dash import Dash, html\napp = Dash()\napp.layout = html.Div('hello')\napp.run(host='127.0.0.1', port=PORT)",
    "panel": "import panel as pn\npn.serve(pn.Column('hello'), port=PORT, address='127.0.0.1', show=False)",
    "streamlit": "import streamlit as st\nst.write('hello')",
    "marimo": "import marimo\napp = marimo.App()\n@app.cell\ndef _():\n    'hello'\n    return\n",
}
COMMANDS = {
    "streamlit": "-m streamlit run FILE --server.port PORT --server.headless true --server.address 127.0.0.1 "
    "--browser.gatherUsageStats false",
    "marimo": "-m marimo run FILE --headless -p PORT --host 127.0.0.1",
}
SIZES = """
import importlib.metadata, json, os
sizes = {}
for d in importlib.metadata.distributions():
    files = [d.locate_file(f) for f in d.files or [] if f.suffix != ".pyc"]
    sizes[d.metadata["Name"]] = sum(os.path.getsize(f) for f in files if os.path.exists(f))
print(json.dumps(sizes))
"""


def plain(name: str) -> str:
    """The normalized name of a package."""
    return re.sub(r"[-_.]+", "-", name).lower()


def with_requirements(package: str) -> set[str]:
    """A package and all that it needs, as installed here."""
    found, left = {"pip", "setuptools"}, [plain(package)]
    while left:
        name = left.pop()
        if name in found:
            continue
        found.add(name)
        try:
            needed = [each for each in requires(name) or [] if "extra ==" not in each]
        except PackageNotFoundError:
            continue
        left += [plain(match[0]) for each in needed if (match := re.match(r"[\w.-]+", each))]
    return found


def cpu_of_children() -> float:
    """CPU seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def first_page(command: list[str], port: int) -> float:
    """CPU seconds of a process from its start to its first answer."""
    before, start = cpu_of_children(), time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    answered = False
    while not answered and time.perf_counter() - start < 120:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
                answer.read()
            answered = True
        except OSError:
            time.sleep(0.02)
    process.kill()
    process.wait()
    return cpu_of_children() - before if answered else float("nan")


def imported(python: Path, name: str) -> float:
    """CPU seconds of an import, without those of the interpreter itself."""
    used = [cpu_of_children()]
    for code in ("pass", f"import {name}"):
        subprocess.run([python, "-c", code], check=True)
        used.append(cpu_of_children())
    bare, both = used[1] - used[0], used[2] - used[1]
    return both - bare


def measured(name: str, environments: Path, ours: set[str], port: int) -> dict[str, object]:
    """Install a library, and measure it."""
    place = environments / f"v_{name}"
    python = place / "bin" / "python"
    if not python.exists():
        venv.create(place, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", name], check=True)
    text = subprocess.run([python, "-c", SIZES], capture_output=True, text=True, check=True).stdout
    added = {package: size for package, size in json.loads(text).items() if plain(package) not in ours}
    code = f"import importlib.metadata as m; print(m.version({name!r}))"
    version = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    pages = []
    for i in range(RUNS):
        file = environments / f"app_{name}.py"
        file.write_text(APPS[name].replace("PORT", str(port + i)), encoding="utf-8")
        given = COMMANDS.get(name, "FILE").replace("FILE", str(file)).replace("PORT", str(port + i))
        pages.append(first_page([str(python), *given.split()], port + i))
    return {
        "library": f"{name} {version}",
        "added packages": len(added),
        "added MB": round(sum(added.values()) / 1e6),
        "import (CPU s)": min(imported(python, name) for _ in range(RUNS)),
        "first page (CPU s)": min(pages),
    }


def main() -> None:
    made = parser(__doc__, data=False)
    made.add_argument("--environments", type=Path, help="directory of the environments, to keep them")
    args = made.parse_args()
    ours = with_requirements("scgsfm")
    with tempfile.TemporaryDirectory() as directory:
        rows = []
        for i, name in enumerate(APPS):
            say(name)
            rows.append(measured(name, args.environments or Path(directory), ours, 9300 + 10 * i))
    report("explorer_libraries", pd.DataFrame(rows), args.out)


if __name__ == "__main__":
    sys.exit(main())
