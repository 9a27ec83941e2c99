"""Rules of the package that no other test would notice being broken."""

from __future__ import annotations

import ast
import graphlib
import inspect
import re
from pathlib import Path

import pytest

import scgsfm

SRC = Path(scgsfm.__file__).parent
FILES = sorted(SRC.rglob("*.py"))
TREES = {file: ast.parse(file.read_text(encoding="utf-8")) for file in FILES}
NAMESPACES = ("datasets", "get", "pl", "pp", "tl")
FLOORS = [
    {"", "_docs", "_errors", "_fetch", "_keys", "_logging", "settings"},
    {"kernels"},
    {"models"},
    {"genes", "genesets"},
    {"scoring"},
    {"datasets", "dna", "enrichment", "get", "pp"},
    {"pl", "tl"},
    {"cli"},
]
LEVEL = {name: level for level, names in enumerate(FLOORS) for name in names}
AT_THE_TOP = {"GeneSets": "genesets", "methods": "scoring"}
"""Names of other floors that ``scgsfm`` itself offers."""

FUNCTIONS = {
    f"{namespace}.{name}": getattr(getattr(scgsfm, namespace), name)
    for namespace in NAMESPACES
    for name in getattr(getattr(scgsfm, namespace), "__all__", [])
}


def label(file: Path) -> str:
    return file.relative_to(SRC).as_posix()


def part(file: Path) -> str:
    """The subpackage or top module that ``file`` belongs to; empty for the package's own ``__init__``."""
    first = file.relative_to(SRC).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def imports(file: Path) -> set[str]:
    """Absolute names of everything that ``file`` imports, anywhere in it."""
    package = ["scgsfm", *file.relative_to(SRC).parts[:-1]]
    found = set()
    for node in ast.walk(TREES[file]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            found |= {".".join([*base, *filter(None, [node.module]), alias.name]) for alias in node.names}
    return found


def parts_imported(file: Path) -> set[str]:
    """The parts of the package, other than its own, that ``file`` imports."""
    own = [name.split(".")[1] for name in imports(file) if name.startswith("scgsfm.")]
    return {AT_THE_TOP.get(name, name) for name in own if not name.startswith("__")} - {part(file)}


def sections(function) -> dict[str, str]:
    """Sections of a numpydoc docstring; the text before the first one is under ``""``."""
    pieces = re.split(r"^(\w[\w ]*)\n-{3,}$", inspect.getdoc(function) or "", flags=re.MULTILINE)
    return {"": pieces[0]} | dict(zip(pieces[1::2], pieces[2::2], strict=True))


def documented(function) -> list[str]:
    """Names of the documented parameters, with whatever stands on their line."""
    lines = [line for line in sections(function).get("Parameters", "").splitlines() if line[:1].strip()]
    return [name.lstrip("*") for line in lines for name in re.split(r",\s*", line)]


def test_there_is_something_to_check() -> None:
    assert len(FILES) > 30
    assert {"pp.resolve_genes", "tl.score", "datasets.pbmc"} <= FUNCTIONS.keys()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_public_function_has_a_file_of_its_own(name) -> None:
    namespace, _, function = name.partition(".")
    assert FUNCTIONS[name].__module__ == f"scgsfm.{namespace}._{function}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_public_signature(name) -> None:
    signature = inspect.signature(FUNCTIONS[name])
    parameters = list(signature.parameters.values())
    assert sum(p.kind is not p.KEYWORD_ONLY for p in parameters) <= 3
    assert [p.name for p in parameters if p.annotation is p.empty] == []
    assert signature.return_annotation is not signature.empty
    if "adata" in signature.parameters:
        assert parameters[0].name == "adata"
        writes = "AnnData" in str(signature.return_annotation) or signature.return_annotation in ("None", None)
        if writes and not name.startswith(("get.", "pl.")):
            assert (signature.parameters["copy"].default, signature.parameters["copy"].annotation) == (False, "bool")
            assert signature.parameters["copy"].kind is inspect.Parameter.KEYWORD_ONLY
            assert signature.return_annotation == "AnnData | None"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_public_docstring(name) -> None:
    function = FUNCTIONS[name]
    summary, blank, *_ = [*(inspect.getdoc(function) or "").splitlines(), "", ""]
    assert summary.endswith(".")
    assert not blank, "the summary must be one line"
    assert documented(function) == list(inspect.signature(function).parameters), "undocumented, or with a type"
    assert "Returns" in sections(function)
    assert ">>> " in sections(function).get("Examples", "")


@pytest.mark.parametrize("file", FILES, ids=label)
def test_module_is_short(file) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) < 450


@pytest.mark.parametrize("file", FILES, ids=label)
def test_function_bodies_are_short(file) -> None:
    for node in ast.walk(TREES[file]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            assert body[-1].end_lineno - body[0].lineno < 70, node.name


@pytest.mark.parametrize("file", FILES, ids=label)
def test_forbidden_code(file) -> None:
    calls = {"eval", "exec"} if part(file) == "cli" else {"eval", "exec", "print"}
    for node in ast.walk(TREES[file]):
        assert not isinstance(node, ast.Assert), node.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in calls, node.lineno
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False
    roots = {name.split(".")[0] for name in imports(file)}
    assert not roots & {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}


@pytest.mark.parametrize("file", FILES, ids=label)
def test_floors(file) -> None:
    if part(file):  # the package's own __init__ offers all floors
        above = {name for name in parts_imported(file) if LEVEL[name] > LEVEL[part(file)]}
        assert not above, f"{label(file)} imports from above: {above}"


def test_parts_are_free_of_circles() -> None:
    graph: dict[str, set[str]] = {}
    for file in FILES:
        if part(file):
            graph.setdefault(part(file), set()).update(parts_imported(file))
    tuple(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError


@pytest.mark.parametrize(
    ("where", "foreign"),
    [("kernels", {"anndata", "pandas"}), ("models", {"anndata", "pandas"}), ("tl", {"numba", "torch"})],
)
def test_foreign_packages(where, foreign) -> None:
    for file in FILES:
        if part(file) == where:
            assert not {name.split(".")[0] for name in imports(file)} & foreign, label(file)
