"""Numbers and switches of a wrong type are refused by name, in every public function and scoring method."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from anndata import AnnData

import scgsfm
from scgsfm._checks_types import KINDS, checked_kinds, checks_types
from scgsfm.scoring.methods import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

API = Path(__file__).parents[1] / "docs" / "api.md"
WRONG: dict[str, list[Any]] = {
    "int": [2.5, 3.0, "3", True, float("nan")],
    "float": ["3", True, [1.0]],
    "bool": ["no", "False", "", 2, 0.0, [], np.array([True])],
    "tuple[float, float]": [5, "large", (1,), (1, "2"), (1, 2, 3), (1, True), (1, float("nan"))],
    "Axes": [5, "left", [None], np.array([1, 2])],
}
REFUSED = "^`{}` is .*, but must be (a (whole )?number|True or False|True, False or a dict|a pair of finite numbers|one Axes of matplotlib)"
LEFT_OUT = (
    "models.",
    "questions.Answer",
    *(f"phenotypes.{name}." for name in ("HPOAnnotations", "Ontology", "GeneRanker", "PhenotypePredictor")),
)
"""Names begin like this of methods that are not checked: those of models, and those that take rows of tables, in loops."""


def test_what_is_documented() -> None:
    assert {"GeneSets", "GeneSets.filter", "explore", "tl.score", "pl.explain", "motifs.Motifs.scan"} <= set(
        functions()
    )


def functions() -> dict[str, Callable[..., Any]]:
    """Documented functions, and methods of documented classes, with a parameter that is to be checked."""
    names = re.findall(r"^   ([a-z]\w*\.[\w.]+|\w+)$", API.read_text(encoding="utf-8"), re.MULTILINE)
    found = {name: each for path in names for name, each in members(path) if not name.startswith(LEFT_OUT)}
    return {name: each for name, each in found.items() if checked_kinds(each)}


def members(path: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The function of this name, or the constructor and the methods of the class."""
    if path.startswith(LEFT_OUT):
        return
    module, _, name = f"scgsfm.{path}".rpartition(".")
    found = getattr(importlib.import_module(module), name)
    if not inspect.isclass(found):
        yield path, found
        return
    for name, each in vars(found).items():
        method = getattr(each, "__func__", each)
        if inspect.isfunction(method) and (name == "__init__" or not name.startswith("_")):
            yield path if name == "__init__" else f"{path}.{name}", method


def wrong(kinds: tuple[str, ...]) -> list[Any]:
    """Values that are none of these kinds."""
    values = WRONG[next(kind for kind in kinds if kind in KINDS)]
    return values if {"None", "bool"} & set(kinds) else [*values, None]  # None is False


@pytest.mark.parametrize("name", functions())
def test_public_functions(name: str) -> None:
    function = functions()[name]
    parameters = inspect.signature(function).parameters.values()
    required = {
        each.name: None for each in parameters if each.default is each.empty and each.kind is not each.VAR_KEYWORD
    }
    for argument, kinds in checked_kinds(function).items():
        for value in wrong(kinds):
            with pytest.raises(ValueError, match=REFUSED.format(argument)):
                function(**{**required, argument: value})


def test_scoring_methods() -> None:
    rng = np.random.default_rng(0)
    adata = AnnData(rng.poisson(1.0, (6, 12)).astype(np.float32))
    sets = {"a": ["0", "1", "2"], "b": ["3", "4"]}
    n = 0
    for name, method in METHODS.items():
        for argument, kinds in checked_kinds(method.prepare).items():
            for value in wrong(kinds):
                n += 1
                with pytest.raises(ValueError, match=REFUSED.format(argument)):
                    scgsfm.tl.score(adata, sets, method=name, **{argument: value})
    assert n > 50


def test_what_is_accepted() -> None:
    @checks_types
    def function(a: int, b: int | None = None, *, c: float = 1.0, d: str = "") -> tuple[Any, ...]:
        return a, b, c, d

    assert function(np.int64(1), np.uint8(2), c=np.float32(3)) == (1, 2, 3.0, "")
    assert function(a=1, b=None, c=2, d="x") == (1, None, 2, "x")
    with pytest.raises(ValueError, match=r"^`b` is 1\.0, but must be a whole number \(or None\)\.$"):
        function(1, 1.0)
    with pytest.raises(ValueError, match=r"^`a` is None, but must be a whole number\.$"):
        function(None)
    with pytest.raises(TypeError, match="missing"):
        function()
    assert set(KINDS) == set(WRONG)


def test_switches() -> None:
    @checks_types
    def function(a: bool, *, b: bool | None = None, c: bool | Mapping[str, float] = False, d: bool | str = "") -> Any:
        return a, b, c, d

    for yes in (True, np.True_, 1, np.int64(1), np.array(True)):
        found = function(yes, b=yes, c=yes)
        assert all(each is True for each in found[:3])
    assert function(a=0, b=np.False_) == (False, False, False, "")
    assert function(None)[0] is False
    assert function(True, b=None, c={"n_genes": 3}, d="clusters") == (True, None, {"n_genes": 3}, "clusters")
    with pytest.raises(ValueError, match=r"^`a` is 'no', but must be True or False\.$"):
        function("no")
    with pytest.raises(ValueError, match=r"^`b` is 'no', but must be True or False \(or None\)\.$"):
        function(True, b="no")
    with pytest.raises(ValueError, match=r"^`c` is 'no', but must be True, False or a dict\.$"):
        function(True, c="no")


def test_pairs() -> None:
    @checks_types
    def function(size: tuple[float, float] | None = None) -> Any:
        return size

    for size in (None, (4, 3.5), [4, 3]):
        assert function(size) is size
    assert function(np.array([4.0, 3.0])) == (4.0, 3.0)  # whose truth is not defined
    with pytest.raises(ValueError, match=r"^`size` is 4, but must be a pair of finite numbers \(or None\)\.$"):
        function(4)


def test_limits_may_be_infinite_and_numbers_zero_dimensional() -> None:
    rng = np.random.default_rng(0)
    adata = AnnData(rng.poisson(1.0, (6, 40)).astype(np.float32))
    sets = {"a": ["0", "1", "2"], "b": ["3", "4"]}
    limits: list[dict[str, Any]] = [{"max_rank": np.inf}, {"max_rank": 40}]
    scores = [scgsfm.tl.score(adata, sets, method="ucell", copy=True, **each) for each in limits]
    assert all(each is not None for each in scores)
    infinite, whole = (each.obsm["score_ucell"] for each in scores if each is not None)
    assert infinite.equals(whole)
    scgsfm.tl.score(adata, sets, method="aucell", n_up=np.array(10))
    scgsfm.tl.score(adata, sets, method="score_genes", random_state=None, n_bins=3)
    assert adata.obsm["score_score_genes"].notna().all(axis=None)
    library = {"t": ["CD3D", "CD3E", "CD2", "CD5", "CD7"]}
    found = scgsfm.tl.enrich(["CD3D", "CD3E"], library, max_genes=np.inf, mode="overlap")
    assert found is not None
