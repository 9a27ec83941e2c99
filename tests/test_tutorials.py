"""Every tutorial runs from top to bottom, offline; cells with the tag ``remove-cell`` assert what its text says."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

ROOT = Path(__file__).parents[1]
TUTORIALS = sorted((ROOT / "tutorials").glob("*.ipynb"))
CHECKED = [
    *("conditions", "drugs", "embed_cells", "explain", "large_data", "methods", "patient", "pbmc_functions"),
    *("pbmc_scores", "phenotypes", "regulatory", "spatial_mudata", "train_model"),
]
"""Tutorials whose text is asserted by hidden cells."""
WIDTH = 88
"""Characters of code that a page shows without scrolling."""
MAX_BYTES = 1_500_000

each = pytest.mark.parametrize("path", TUTORIALS, ids=[path.stem for path in TUTORIALS])


def code_of(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.slow
@each
def test_tutorial(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCGSFM_OFFLINE", "1")
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()  # raises CellExecutionError with the cell and its traceback
    code = code_of(notebook)
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))


@each
def test_outputs_are_stored(path: Path) -> None:
    code = code_of(nbformat.read(path, as_version=4))
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert path.stat().st_size < MAX_BYTES


@pytest.mark.parametrize("name", CHECKED)
def test_code_fits_the_page(name: str) -> None:
    code = code_of(nbformat.read(ROOT / "tutorials" / f"{name}.ipynb", as_version=4))
    shown = [cell for cell in code if "remove-cell" not in cell.metadata.get("tags", [])]
    assert [line for cell in shown for line in cell.source.splitlines() if len(line) > WIDTH] == []


@pytest.mark.parametrize("name", CHECKED)
def test_text_is_asserted(name: str) -> None:
    """Each section with a result has a hidden cell that asserts its text, and nothing else is hidden."""
    cells = nbformat.read(ROOT / "tutorials" / f"{name}.ipynb", as_version=4).cells
    hidden = [cell for cell in cells if "remove-cell" in cell.metadata.get("tags", [])]
    assert len(hidden) >= 4
    assert all("assert " in cell.source and not cell.outputs for cell in hidden)
    assert not [cell for cell in cells if "assert " in cell.source and cell not in hidden]


@pytest.mark.parametrize("name", CHECKED)
def test_says_what_can_go_wrong(name: str) -> None:
    cells = nbformat.read(ROOT / "tutorials" / f"{name}.ipynb", as_version=4).cells
    assert [cell for cell in cells if "## What can go wrong" in cell.source]


@pytest.mark.parametrize("name", CHECKED)
def test_installed_by_the_extra_that_is_stated(name: str) -> None:
    notebook = nbformat.read(ROOT / "tutorials" / f"{name}.ipynb", as_version=4)
    stated = re.search(r'pip install "scgsfm\[tutorials\]"([\w ]*)`', notebook.cells[0].source)
    assert stated
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = [*project["dependencies"], *project["optional-dependencies"]["tutorials"]]
    provided = {re.split(r"[\[<>=!~; ]", line)[0].replace("scikit-learn", "sklearn") for line in required}
    provided.update(stated[1].split())
    source = "\n".join(cell.source for cell in code_of(notebook))
    imported = set(re.findall(r"^(?:import|from) (\w+)", source, flags=re.MULTILINE))
    if 'flavor="igraph"' in source:
        imported.add("igraph")
    if "read_lazy" in source:
        imported.update(("dask", "xarray"))
    assert imported <= provided | {"scgsfm"} | sys.stdlib_module_names
    assert all(find_spec(package) for package in imported)
