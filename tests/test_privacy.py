"""No connection that was not asked for, and no file outside the cache and output directories."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

import scgsfm

from . import _no_network

PACKAGE = Path(scgsfm.__file__).parent
WATCH = """
import json, os, sys
events = []
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        events.append([event, repr(args)])
    elif event == "open" and isinstance(args[0], (str, bytes)):
        mode, flags = args[1] or "", args[2] if isinstance(args[2], int) else 0
        if set(mode) & set("wax+") or flags & WRITING:
            events.append(["write", os.path.abspath(os.fsdecode(args[0]))])
    elif event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree"):
        events.append(["write", os.path.abspath(os.fsdecode(args[0]))])
sys.addaudithook(watch)
import warnings
warnings.simplefilter("ignore")
out = sys.argv[1]
import scgsfm
from scgsfm import tl
scgsfm.settings.verbosity = 0
adata = scgsfm.datasets.pbmc()[:30].copy()
tl.score(adata, "pbmc_markers", method="mean")
tl.enrich(["CD3D", "CD3E", "CD2", "LCK"], "pbmc_markers")
tl.complete_sets({"T": ["CD3D", "CD3E"]})
tl.rank_genes(["HP:0001250"], n_top=3)
from scgsfm.cli import main
main(["resolve", "CD3D", "OCT4", "-o", os.path.join(out, "names.csv")])
adata.write_h5ad(os.path.join(out, "cells.h5ad"))
print(json.dumps(events))
"""


def test_functions_write_only_to_cache_and_output(tmp_path: Path) -> None:
    """And open no connection."""
    folders = {name: tmp_path / name for name in ("home", "work", "cache", "out", "tmp")}
    for folder in folders.values():
        folder.mkdir()
    kept = {key: value for key, value in os.environ.items() if not re.match(r"SCGSFM_|XDG_|HF_|MPL|TMP", key)}
    own = {"HOME": "home", "SCGSFM_CACHE": "cache", "TMPDIR": "tmp"}
    source = {"PYTHONPATH": os.pathsep.join([str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")])}
    run = subprocess.run(
        [sys.executable, "-B", "-c", WATCH, str(folders["out"])],
        env=kept | source | {key: str(folders[name]) for key, name in own.items()},
        cwd=folders["work"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    events = json.loads(run.stdout.splitlines()[-1])
    allowed = tuple(str(folders[name]) for name in ("cache", "out", "tmp"))
    files = [path for kind, path in events if kind == "write" and not path.startswith((*allowed, os.devnull))]
    # numba keeps compiled kernels there
    others = [path for path in files if "__pycache__" not in path]
    others += [event for event in events if event[0] != "write"]
    assert others == []
    assert [*folders["home"].rglob("*"), *folders["work"].rglob("*"), *folders["tmp"].rglob("*")] == []
    assert {path.name for path in folders["out"].iterdir()} == {"names.csv", "cells.h5ad"}


def test_the_guard_of_the_tests() -> None:
    for connect in (
        lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
        lambda: socket.getaddrinfo("example.org", 443),
        lambda: requests.get("https://example.org", timeout=1),
    ):
        with pytest.raises((OSError, requests.RequestException), match="tests reach no other machine"):
            connect()
    assert len(_no_network.ATTEMPTS) == 3
    _no_network.ATTEMPTS.clear()  # asked for


def test_no_telemetry() -> None:
    """Addresses in the code are those of the files that are downloaded on request, and texts."""
    imports = re.compile(
        r"^\s*(?:import|from)\s+(requests|urllib\.request|http\.client|socket|ftplib|smtplib|telnetlib)\b", re.M
    )
    found = {
        str(path.relative_to(PACKAGE)): set(imports.findall(path.read_text(encoding="utf-8")))
        for path in PACKAGE.rglob("*.py")
    }
    assert {name: modules for name, modules in found.items() if modules} == {
        "_fetch.py": {"requests", "socket"},
        "explorer/_explore.py": {"socket"},  # a free port of this computer
        "explanation/_rephrase.py": {"requests"},  # a language model whose address the user gives
    }
