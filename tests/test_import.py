"""``import scgsfm`` is cheap and leaves no traces."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = [
    "igraph",
    "lightning",
    "matplotlib",
    "numba",
    "peft",
    "pytorch_lightning",
    "safetensors",
    "scanpy",
    "shiny",
    "sklearn",
    "tokenizers",
    "torch",
    "transformers",
    "umap",
]


def run(code: str, tmp_path: Path) -> list[float | str]:
    """What ``code`` prints as JSON, in a process whose home and caches are the empty folder ``tmp_path``."""
    names = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "SCGSFM_CACHE", "MPLCONFIGDIR", "TMPDIR")
    env = os.environ | dict.fromkeys(names, str(tmp_path)) | {"PYTHONDONTWRITEBYTECODE": "1"}
    result = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    return json.loads(result.stdout)


def test_nothing_heavy_is_loaded(tmp_path: Path) -> None:
    code = f"import json, sys, scgsfm; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    assert run(code, tmp_path) == []


def test_modules_are_loaded_on_first_use(tmp_path: Path) -> None:
    code = (
        "import json, sys, scgsfm\n"
        "before = [m for m in ('anndata', 'h5py', 'numpy', 'pandas', 'scipy') if m in sys.modules]\n"
        "missing = [name for name in scgsfm.__all__ if getattr(scgsfm, name, None) is None]\n"
        "print(json.dumps([before, missing, type(scgsfm.settings).__name__, hasattr(scgsfm, 'no_such_name')]))"
    )
    assert run(code, tmp_path) == [[], [], "Settings", False]


def test_neither_torch_nor_lightning_is_loaded_without_a_model(tmp_path: Path) -> None:
    """Scores by a classical method, tables, plots, enrichment by overlap and the help of the shell."""
    code = (
        "import contextlib, io, json, sys, scgsfm as sg\n"
        "from scgsfm.cli import main\n"
        "adata = sg.datasets.pbmc()[:60].copy()\n"
        "sg.tl.score(adata, 'pbmc_markers', method='ucell')\n"
        "sg.get.scores(adata, 'ucell'), sg.get.score_adata(adata, 'ucell')\n"
        "sg.pl.score(adata, groupby='cell_type', kind='matrix', show=False)\n"
        "sg.tl.enrich(['CD3D', 'CD3E', 'CD2', 'CD8A', 'LCK'], library='hallmark', mode='overlap')\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    main(['score', '--help'])\n"
        "print(json.dumps([m for m in ('lightning', 'pytorch_lightning', 'torch', 'transformers') if m in sys.modules]))"
    )
    assert run(code, tmp_path) == []


def test_nothing_is_written(tmp_path: Path) -> None:
    code = "import json, scgsfm; repr(scgsfm.settings); scgsfm.models.available(); print(json.dumps(dir(scgsfm)))"
    assert {"GeneSets", "datasets", "get", "methods", "models", "pl", "pp", "settings", "tl"} <= set(
        run(code, tmp_path)
    )
    assert list(tmp_path.iterdir()) == []


def test_import_time(tmp_path: Path) -> None:
    """At most half as long again as ``import anndata``; the best of some runs, because a machine has other work."""
    code = (
        "import json, time; t = [time.perf_counter()]\n"
        "import anndata; t.append(time.perf_counter())\n"
        "import scgsfm; t.append(time.perf_counter())\n"
        "print(json.dumps([t[1] - t[0], t[2] - t[1]]))"
    )
    ratios = []
    for _ in range(5):
        anndata, ours = run(code, tmp_path)
        ratios.append(1 + ours / anndata)
        if ratios[-1] <= 1.5:
            return
    raise AssertionError(ratios)


def test_only_public_names_are_listed() -> None:
    import scgsfm

    assert sorted(dir(scgsfm)) == sorted([*scgsfm.__all__, "__version__"])
