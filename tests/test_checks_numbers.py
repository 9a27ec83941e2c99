"""Numbers of a wrong type are refused by name, in every public function and scoring method."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from anndata import AnnData

import scgsfm
from scgsfm._checks_numbers import KINDS, checks_numbers, number_kinds
from scgsfm.scoring.methods import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable

NAMESPACES = ("tl", "pp", "get", "pl", "datasets")
WRONG = {"int": [2.5, 3.0, "3", True, float("nan")], "float": ["3", True, [1.0]]}


def functions() -> dict[str, Callable[..., Any]]:
    """Public functions with a parameter that is a number."""
    parts = {part: getattr(scgsfm, part) for part in NAMESPACES}
    found = {f"{part}.{name}": getattr(module, name) for part, module in parts.items() for name in module.__all__}
    return {name: each for name, each in found.items() if inspect.isfunction(each) and number_kinds(each)}


@pytest.mark.parametrize("name", functions())
def test_public_functions(name: str) -> None:
    function = functions()[name]
    parameters = inspect.signature(function).parameters.values()
    required = {
        each.name: None for each in parameters if each.default is each.empty and each.kind is not each.VAR_KEYWORD
    }
    for argument, kind in number_kinds(function).items():
        for value in WRONG[kind.removesuffix(" | None")]:
            with pytest.raises(ValueError, match=rf"^`{argument}` is .*, but must be a (whole )?number"):
                function(**{**required, argument: value})


def test_scoring_methods() -> None:
    rng = np.random.default_rng(0)
    adata = AnnData(rng.poisson(1.0, (6, 12)).astype(np.float32))
    sets = {"a": ["0", "1", "2"], "b": ["3", "4"]}
    n = 0
    for name, method in METHODS.items():
        for argument, kind in number_kinds(method.prepare).items():
            for value in WRONG[kind.removesuffix(" | None")]:
                n += 1
                with pytest.raises(ValueError, match=rf"^`{argument}` is .*, but must be a (whole )?number"):
                    scgsfm.tl.score(adata, sets, method=name, **{argument: value})
    assert n > 50


def test_what_is_accepted() -> None:
    @checks_numbers
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
    assert set(KINDS) == {"int", "float"}


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
