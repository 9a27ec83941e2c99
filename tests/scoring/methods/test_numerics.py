"""Values at the edge of double precision, compared with exact arithmetic."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from tests.scoring import exact

import scgsfm

if TYPE_CHECKING:
    from collections.abc import Callable

N_CELLS, N_GENES = 4, 12
GENES = [f"g{i}" for i in range(N_GENES)]
SETS = {"one": ["g0"], "three": ["g1", "g4", "g7"], "five": GENES[5:10], "most": GENES[1:]}
MEMBERSHIP = np.array([[gene in genes for gene in GENES] for genes in SETS.values()], float)


def counts() -> np.ndarray:
    return np.random.default_rng(0).poisson(1.5, (N_CELLS, N_GENES)).astype(float)


def spread() -> np.ndarray:
    """Values over 80 orders of magnitude."""
    return counts() * 10.0 ** np.random.default_rng(1).integers(-40, 40, (N_CELLS, N_GENES))


CASES: dict[str, Callable[[], np.ndarray]] = {
    "counts": counts,
    "subnormal": lambda: counts() * 5e-324,
    "tiny": lambda: counts() * 3e-310,
    "huge": lambda: counts() * 1e300,
    "largest": lambda: np.minimum(counts(), 1) * 1.7e308,
    "one huge value": lambda: np.where(np.arange(N_GENES) == 4, 1e300, counts()),
    "spread": spread,
    "ties": lambda: np.ones((N_CELLS, N_GENES)) * [[0], [0.1], [1e300], [5e-324]],
    "two values": lambda: np.where(np.arange(N_GENES) < 6, 0.1, 0.3) * np.ones((N_CELLS, 1)),
}


def scored(
    method: str, x: np.ndarray, sets: dict[str, list[str]] = SETS, genes: list[str] = GENES, **params: Any
) -> np.ndarray:
    adata = ad.AnnData(x, obs=pd.DataFrame(index=list(map(str, range(len(x))))), var=pd.DataFrame(index=genes))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="(?s).*log-normalized")
        scgsfm.tl.score(adata, sets, method=method, log_normalize=False, **params)
    return adata.obsm[f"score_{method}"].to_numpy()


PARAMS = {"gsea": {"statistic": "es", "times": 1}}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("method", ["ulm", "zscore", "mlm", "gsea", "sum", "mean"])
@pytest.mark.filterwarnings("ignore:Scores by `method`")
def test_equals_exact_arithmetic(method: str, case: str) -> None:
    x, sets, membership = CASES[case](), SETS, MEMBERSHIP
    if method == "mlm":  # the last set is all genes but the first one, and is refused
        sets, membership = dict(list(SETS.items())[:-1]), MEMBERSHIP[:-1]
    found = scored(method, x, sets, **PARAMS.get(method, {}))
    expected = exact.scores(method, x, membership)
    if method in {"ulm", "mlm"}:  # a perfect fit has a large score instead of an infinite one
        expected = np.where(np.isinf(expected), found, expected)
        assert np.isfinite(found).all()
    if case == "largest" and method in {"sum", "mean"}:  # sums beyond double precision are infinite, with a warning
        expected = np.where(np.isinf(found), np.inf, expected)
    size = np.abs(x).max() if method in {"sum", "mean"} else 1
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12 * size)


@pytest.mark.parametrize("method", ["ulm", "zscore", "viper", "ucell", "aucell", "singscore", "ssgsea", "gsea"])
def test_scores_do_not_depend_on_the_scale(method: str) -> None:
    x = counts()
    expected = scored(method, x, **PARAMS.get(method, {}))
    for scale in (2.0**-1070, 2.0**1000):
        np.testing.assert_allclose(scored(method, x * scale, **PARAMS.get(method, {})), expected, rtol=1e-9, atol=1e-12)


def test_a_set_of_all_genes_has_the_score_0_and_is_named() -> None:
    sets = {**SETS, "all": GENES}
    with pytest.warns(scgsfm.errors.GeneSetWarning, match="score 0 to 'all'"):
        found = scored("ulm", counts(), sets)
    np.testing.assert_array_equal(found[:, -1], 0)
    np.testing.assert_array_equal(found[:, :-1], scored("ulm", counts()))


@pytest.mark.parametrize(
    ("method", "n"), [("ulm", 1), ("ulm", 2), ("zscore", 1), ("ucell", 1), ("aucell", 1), ("mlm", 2)]
)
def test_too_few_genes_are_refused(method: str, n: int) -> None:
    with pytest.raises(ValueError, match="genes"):
        scored(method, counts()[:, :n], {"one": GENES[:1]}, GENES[:n])


def test_scores_beyond_double_precision_are_named() -> None:
    with pytest.warns(
        UserWarning, match=r"Scores by `method` 'sum' are missing or infinite for .*'?most'? \(4 cells\)"
    ):
        assert np.isinf(scored("sum", np.full((N_CELLS, N_GENES), 1.7e308))).any()


@pytest.mark.parametrize("method", [name for name in scgsfm.methods().index if name not in {"gsfm", "score_genes"}])
def test_no_score_is_undefined_without_a_warning(method: str) -> None:
    rng = np.random.default_rng(3)
    x = rng.poisson(1, (20, 40)) * rng.choice([0, 5e-324, 1e-200, 1, 1e100], (20, 40))
    genes = [f"g{i}" for i in range(40)]
    sets = {"a": genes[:5], "b": genes[3:20], "c": genes[30:31]}
    options = {"times": 10} if method == "gsea" else {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = scored(method, x, sets, genes, **options)
    named = any("missing or infinite" in str(w.message) or "no score" in str(w.message) for w in caught)
    assert np.isfinite(found).all() or named
    assert not [w for w in caught if issubclass(w.category, RuntimeWarning)]


@pytest.mark.parametrize("method", ["mlm", "ulm", "zscore", "consensus", "gsea", "ssgsea"])
def test_the_same_bits_for_all_block_sizes(method: str) -> None:
    rng = np.random.default_rng(0)
    x, genes = np.log1p(rng.poisson(1, (60, 50))).astype(np.float32), [f"g{i}" for i in range(50)]
    sets = {f"s{i}": rng.choice(genes, 6 + i, replace=False).tolist() for i in range(5)}
    options = {"times": 10} if method == "gsea" else {}
    whole = scored(method, x, sets, genes, **options)
    for block_size in (1, 7, 59):
        np.testing.assert_array_equal(scored(method, x, sets, genes, block_size=block_size, **options), whole)


@pytest.mark.parametrize("method", ["gsea", "ulm", "zscore"])
def test_values_of_a_cell_may_differ_by_280_orders_of_magnitude(method: str) -> None:
    x = (counts() + 1) * np.where(np.isin(np.arange(N_GENES), [1, 4, 7]), 1e-280, 1)
    found = scored(method, x, **PARAMS.get(method, {}))
    np.testing.assert_allclose(found, exact.scores(method, x, MEMBERSHIP), rtol=1e-9, atol=1e-12)
