"""Rules of the package that no other test would notice being broken.

Each test collects all offenders and fails once. What a tool checks is left to it: the order of the rooms to import-linter,
``assert``, ``eval``, ``exec``, ``print`` and ``pickle`` to ruff (both are configured in ``pyproject.toml``).
"""

from __future__ import annotations

import ast
import inspect
import os
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import scgsfm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

SRC = Path(scgsfm.__file__).parent
NAMESPACES = ("datasets", "get", "pl", "pp", "tl")

MAX_BODY = 60
"""Lines of a function, its docstring not counted."""

MAX_FILE = 450

TOPICS = {
    *("ask", "config_checks", "dataset", "finetune", "from_memory", "gsfm", "instruction_data", "lightning", "llama"),
    *("matched_share", "numba_utils", "pretrained", "registry", "serialization", "shared", "sparse_ops"),
    *("train_options",),
}
"""Names of files that hold several functions of a topic, whose word none of them carries."""

PUBLIC = {
    f"{namespace}.{name}": getattr(getattr(scgsfm, namespace), name)
    for namespace in NAMESPACES
    for name in getattr(scgsfm, namespace).__all__
}


class Package:
    """The files below a directory as syntax trees, by their modules' dotted names; ``top`` names the directory."""

    def __init__(self, directory: Path, top: str) -> None:
        self.trees: dict[str, ast.Module] = {}
        self.lines: dict[str, int] = {}
        self.packages = set()
        for path in sorted(directory.rglob("*.py")):
            parts = [top, *path.relative_to(directory).with_suffix("").parts]
            if parts[-1] == "__init__":
                parts.pop()
                self.packages.add(".".join(parts))
            text = path.read_text(encoding="utf-8")
            self.trees[".".join(parts)] = ast.parse(text)
            self.lines[".".join(parts)] = len(text.splitlines())

    def imports(self, module: str) -> Iterator[tuple[int, str]]:
        """Lines and absolute names of what ``module`` imports, anywhere in it and for types only too."""
        for node in ast.walk(self.trees[module]):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self._base(module, node.level)
                yield from ((node.lineno, ".".join(filter(None, [base, node.module, a.name]))) for a in node.names)

    def _base(self, module: str, level: int) -> str:
        """The package that a relative import of ``level`` dots starts from."""
        up = level - (module in self.packages)
        parts = module.split(".")
        return ".".join(parts[: len(parts) - up]) if level else ""

    def imported_modules(self, module: str) -> Iterator[tuple[int, str]]:
        """As ``imports``, but only modules of this package; a name of a module counts as the module."""
        for line, name in self.imports(module):
            target = name if name in self.trees else name.rpartition(".")[0]
            if target in self.trees and target != module:
                yield line, target

    def functions(self) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
        for module, tree in self.trees.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield module, node


def foreign_private_imports(package: Package) -> list[str]:
    """Imports of a private module of one room by another room; private modules at the top belong to all rooms."""
    return [
        f"{module}:{line} imports {target}"
        for module in package.trees
        for line, target in package.imported_modules(module)
        if module.split(".")[1:2] != target.split(".")[1:2]
        and any(part.startswith("_") for part in target.split(".")[2:])
    ]


def circle(package: Package) -> list[str]:
    """Modules that import each other, if any do."""
    graph = {module: {target for _, target in package.imported_modules(module)} for module in package.trees}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def same_word(a: str, b: str) -> bool:
    """Whether two words are forms of one: ``scores`` and ``score``, ``calibration`` and ``calibrate``."""
    shared = len(os.path.commonprefix([a, b]))  # noqa: RUF071  # of words, not of paths
    return a == b or (shared >= max(3, min(len(a), len(b)) - 2) and max(len(a), len(b)) - shared <= 5)


def contains(name: str, text: str) -> bool:
    """Whether each word of ``name`` occurs in ``text`` in some form."""
    return all(any(same_word(word, other) for other in words(text)) for word in words(name))


def public_names(tree: ast.Module) -> list[str]:
    """Names without a leading underscore that a module defines at its top level."""
    names = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.append(node.target.id)
    return [name for name in names if not name.startswith("_")]


def badly_named(package: Package) -> list[str]:
    """Files whose name is neither in a public name that they define nor in their docstring, for files about a topic.

    A file of the command line defines ``add_arguments`` and ``run``; it is named after its command.
    """
    offenders = []
    for module, tree in package.trees.items():
        name = module.rpartition(".")[2].strip("_")
        names = public_names(tree)
        command = {"add_arguments", "run"} <= set(names)
        subject = ast.get_docstring(tree) or ""
        if module in package.packages or command or name in {"main", *TOPICS}:
            continue
        if not any(contains(name, text) for text in [*names, subject]):
            offenders.append(f"{module} defines {', '.join(names)}")
    return offenders


def long_bodies(package: Package) -> list[str]:
    offenders = []
    for module, node in package.functions():
        body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
        n_lines = (body[-1].end_lineno or 0) - body[0].lineno + 1
        if n_lines > MAX_BODY:
            offenders.append(f"{module}.{node.name}: {n_lines} lines")
    return offenders


def unpickled(package: Package) -> list[str]:
    """Ways to unpickle that ruff's security rules do not know."""
    offenders = []
    for module, tree in package.trees.items():
        offenders += [
            f"{module}:{line} imports {name}"
            for line, name in package.imports(module)
            if name.split(".")[0] in {"cloudpickle", "joblib", "marshal"}
        ]
        offenders += [
            f"{module}:{node.value.lineno} allow_pickle"
            for node in ast.walk(tree)
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False"
        ]
    return offenders


def root_imports(package: Package) -> list[str]:
    """Rooms other than ``cli`` that import the package's own ``__init__``, which offers all rooms."""
    return [
        f"{module}:{line} imports {target}"
        for module in package.trees
        for line, target in package.imported_modules(module)
        if "." not in target and module.split(".")[1:2] != ["cli"]
    ]


def sections(function: Callable[..., Any]) -> dict[str, str]:
    """Sections of a numpydoc docstring; the text before the first one is under ``""``."""
    pieces = re.split(r"^(\w[\w ]*)\n-{3,}$", inspect.getdoc(function) or "", flags=re.MULTILINE)
    return {"": pieces[0]} | dict(zip(pieces[1::2], pieces[2::2], strict=True))


def documented(function: Callable[..., Any]) -> list[str]:
    """Names of the documented parameters, with anything else on their line."""
    lines = [line for line in sections(function).get("Parameters", "").splitlines() if line[:1].strip()]
    return [name.lstrip("*") for line in lines for name in re.split(r",\s*", line)]


def signature_flaws(name: str, function: Callable[..., Any]) -> Iterator[str]:
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    if sum(p.kind is not p.KEYWORD_ONLY for p in parameters) > 3:
        yield "more than three positional parameters"
    yield from (f"{p.name} has no type" for p in parameters if p.annotation is p.empty)
    if signature.return_annotation is signature.empty:
        yield "no return type"
    if "adata" not in signature.parameters:
        return
    if parameters[0].name != "adata":
        yield "adata is not the first parameter"
    writes = "AnnData" in str(signature.return_annotation) or signature.return_annotation in ("None", None)
    if writes and not name.startswith(("get.", "pl.")):
        copy = signature.parameters.get("copy")
        if copy is None or (copy.kind, copy.default, copy.annotation) != (copy.KEYWORD_ONLY, False, "bool"):
            yield "no keyword `copy: bool = False`"
        takes_tables = parameters[0].annotation == "AnnData | pd.DataFrame"
        returned = "AnnData | pd.DataFrame | None" if takes_tables else "AnnData | None"
        if signature.return_annotation != returned:
            yield f"does not return `{returned}`"


def docstring_flaws(function: Callable[..., Any]) -> Iterator[str]:
    summary, blank, *_ = [*(inspect.getdoc(function) or "").splitlines(), "", ""]
    if not summary.endswith("."):
        yield "the summary is not a sentence"
    if blank:
        yield "the summary is longer than a line"
    if documented(function) != list(inspect.signature(function).parameters):
        yield f"documents {documented(function)}"
    yield from (f"no section {name}" for name in ("Returns", "Examples") if name not in sections(function))
    if ">>> " not in sections(function).get("Examples", ">>> "):
        yield "no code in the examples"


PACKAGE = Package(SRC, "scgsfm")


def test_package_is_found() -> None:
    assert len(PACKAGE.trees) > 200
    assert {"pp.resolve_genes", "tl.score", "datasets.pbmc"} <= PUBLIC.keys()


def test_no_import_of_another_rooms_private_module() -> None:
    assert foreign_private_imports(PACKAGE) == []


def test_no_circular_imports() -> None:
    assert circle(PACKAGE) == []


def test_rooms_do_not_import_the_root() -> None:
    assert root_imports(PACKAGE) == []


def test_files_are_named_after_their_content() -> None:
    assert badly_named(PACKAGE) == []


def test_function_bodies_are_short() -> None:
    assert long_bodies(PACKAGE) == []


def test_files_are_short() -> None:
    assert {module: n_lines for module, n_lines in PACKAGE.lines.items() if n_lines > MAX_FILE} == {}


def test_nothing_is_unpickled() -> None:
    assert unpickled(PACKAGE) == []


def test_public_functions_have_their_own_files() -> None:
    modules = {name: function.__module__ for name, function in PUBLIC.items()}
    assert modules == {name: "scgsfm.{}._{}".format(*name.split(".")) for name in PUBLIC}


def test_public_signatures() -> None:
    assert [f"{name}: {flaw}" for name, function in PUBLIC.items() for flaw in signature_flaws(name, function)] == []


def test_public_docstrings() -> None:
    assert [f"{name}: {flaw}" for name, function in PUBLIC.items() for flaw in docstring_flaws(function)] == []


def planted(directory: Path, **files: str) -> Package:
    """A package ``p`` of the rooms ``a`` and ``cli`` with ``files``, whose names have ``__`` for a slash."""
    texts = {"__init__": "", "a/__init__": "", "cli/__init__": ""}
    texts |= {name.replace("__", "/"): text for name, text in files.items()}
    for name, text in texts.items():
        path = directory / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Package(directory, "p")


def test_private_import_is_found(tmp_path: Path) -> None:
    package = planted(
        tmp_path, a__d="from ._b import x\nfrom .. import _k", a___b="", _k="", cli__c="from ..a._b import x"
    )
    assert foreign_private_imports(package) == ["p.cli.c:1 imports p.a._b"]


def test_circle_is_found(tmp_path: Path) -> None:
    types = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .c import C"
    assert set(circle(planted(tmp_path, b=types, c="def f():\n    from . import b"))) == {"p.b", "p.c"}


def test_root_import_is_found(tmp_path: Path) -> None:
    package = planted(tmp_path, a__b="from .. import methods", cli__c="from p import methods")
    assert root_imports(package) == ["p.a.b:1 imports p"]


def test_bad_name_is_found(tmp_path: Path) -> None:
    package = planted(
        tmp_path,
        _moment_sums="def sum_of_moments(): ...",
        _losses='"""Loss functions of the network."""',
        _walk="def enrichment_scores(): ...\ndef _walk(): ...",
        cli___score="def add_arguments(): ...\ndef run(): ...",
    )
    assert badly_named(package) == ["p._walk defines enrichment_scores"]


def test_long_body_is_found(tmp_path: Path) -> None:
    body = "def {}():\n    '''Doc.'''\n" + "    x = 1\n" * MAX_BODY
    package = planted(tmp_path, b=body.format("short"), c=body.format("long") + "    x = 1\n")
    assert long_bodies(package) == ["p.c.long: 61 lines"]


def test_unpickling_is_found(tmp_path: Path) -> None:
    package = planted(tmp_path, b="load(f, allow_pickle=True)\nload(f, allow_pickle=False)\nfrom joblib import load")
    assert unpickled(package) == ["p.b:3 imports joblib.load", "p.b:1 allow_pickle"]


def test_flaws_of_public_functions_are_found() -> None:
    def crooked(data, a: int, b: int, adata: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        """Summary without an end

        Parameters
        ----------
        a, b
            Numbers.
        """

    assert list(signature_flaws("tl.crooked", crooked)) == [
        "more than three positional parameters",
        "data has no type",
        "adata is not the first parameter",
        "no keyword `copy: bool = False`",
        "does not return `AnnData | None`",
    ]
    assert list(docstring_flaws(crooked)) == [
        "the summary is not a sentence",
        "documents ['a', 'b']",
        "no section Returns",
        "no section Examples",
    ]
