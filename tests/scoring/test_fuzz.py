"""Random cells and gene sets: every method equals itself on a dense array of doubles, or refuses both by a clear error.

The examples are the same in each run. `benchmarks/fuzz.py --only cells --seconds 600` searches further.
"""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from tests.scoring import exact

import scgsfm

if TYPE_CHECKING:
    from collections.abc import Callable

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

METHODS = [name for name in scgsfm.methods().index if name != "gsfm"]
PARAMS: dict[str, dict[str, Any]] = {"gsea": {"times": 5}}
DTYPES = ["float64", "float32", "int64", "int32", "uint8", "bool", ">f8", "float16"]
VALUES = ["counts", "logs", "measurements", "ties", "zeros", "negative", "NaN", "infinity", "subnormal", "huge"]
FORMS = ["dense", "Fortran", "CSR", "CSC", "unsorted", "duplicates", "64-bit indices", "dask", "dask CSR", "strided"]
GROUPS = ["a", "b", "c"]


@dataclass(frozen=True)
class Cells:
    """What cells are made from: a line that shows and repeats an example."""

    seed: int
    shape: tuple[int, int]
    values: str
    dtype: str
    form: str
    names: str
    view: bool

    def array(self) -> np.ndarray:
        """The values as they are stored."""
        rng = np.random.default_rng(self.seed)
        x = rng.poisson(1.0, self.shape).astype(np.float64)
        if self.values == "logs":
            x = np.log1p(1e4 * x / np.maximum(x.sum(axis=1, keepdims=True), 1))
        elif self.values == "measurements":
            x *= rng.gamma(1, 1, self.shape)
        elif self.values == "ties":
            x = np.full(self.shape, 2.0)
        elif self.values == "zeros":
            x = np.zeros(self.shape)
        elif self.values == "negative":
            x -= 1
        elif self.values in {"NaN", "infinity", "subnormal", "huge"} and x.size:
            special = {"NaN": np.nan, "infinity": np.inf, "subnormal": 5e-324, "huge": 1e100}[self.values]
            x.flat[rng.integers(x.size)] = special
        with np.errstate(all="ignore"):
            return x.astype(self.dtype)

    def matrix(self, x: np.ndarray) -> Any:
        """The values in a form."""
        rng = np.random.default_rng(self.seed)
        if self.form not in {"dense", "Fortran", "strided", "dask"} and x.dtype in {
            np.dtype(">f8"),
            np.dtype("float16"),
        }:
            x = x.astype(np.float64)  # SciPy has no sparse matrices of these types
        if self.form == "Fortran":
            return np.asfortranarray(x)
        if self.form == "strided":
            wide = np.repeat(x, 2, axis=1)
            return wide[:, ::2]
        if self.form.startswith("dask"):
            chunks = (max(1, len(x) // 2), max(1, x.shape[1] // 2))
            lazy = pytest.importorskip("dask.array").from_array(x, chunks=chunks)
            return lazy.map_blocks(sparse.csr_matrix) if self.form == "dask CSR" else lazy
        return x if self.form == "dense" else self._sparse(x, rng)

    def _sparse(self, x: np.ndarray, rng: np.random.Generator) -> Any:
        if self.form == "CSC":
            return sparse.csc_matrix(x)
        made = sparse.csr_matrix(x)
        if self.form == "unsorted":
            for start, end in zip(made.indptr, made.indptr[1:], strict=False):
                order = start + rng.permutation(end - start)
                made.indices[start:end], made.data[start:end] = made.indices[order], made.data[order]
            made.has_sorted_indices = False
        elif self.form == "duplicates" and made.dtype.kind != "b":  # each value twice, one of them 0
            twice = np.repeat(made.data, 2)
            twice[1::2] = 0
            made = sparse.csr_matrix((twice, np.repeat(made.indices, 2), 2 * made.indptr), shape=made.shape)
        elif self.form == "64-bit indices":
            made.indices, made.indptr = made.indices.astype(np.int64), made.indptr.astype(np.int64)
        return made

    def adata(self, *, reference: bool = False) -> ad.AnnData:
        """The cells; as a dense array of doubles for the reference."""
        x = self.array()
        rng = np.random.default_rng(self.seed)
        genes = [f"g{i}" for i in range(x.shape[1])]
        if self.names == "repeated" and len(genes) > 1:
            genes[1] = genes[0]
        obs = pd.DataFrame({"group": rng.choice(GROUPS, len(x))}, index=[f"c{i}" for i in range(len(x))])
        obs["sample"] = [f"s{i % 4}" for i in range(len(x))]
        obs["condition"] = [f"k{i % 2}" for i in range(len(x))]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            adata = ad.AnnData(
                np.asarray(x, np.float64) if reference else self.matrix(x), obs=obs, var=pd.DataFrame(index=genes)
            )
            if self.view and len(x) > 1:
                kept = np.arange(len(x)) != 0
                return adata[kept].copy() if reference else adata[kept]
        return adata


def cells() -> Any:
    """A strategy of cells. Ordinary values and forms are as likely as all others together."""
    often = lambda ordinary, others: st.one_of(st.sampled_from(ordinary), st.sampled_from(others))
    return st.builds(
        Cells,
        seed=st.integers(0, 10**6),
        shape=st.tuples(st.integers(0, 9), st.sampled_from([0, 1, 2, 3, 8, 12, 20, 30])),
        values=often(["counts", "logs"], VALUES),
        dtype=often(["float64", "float32"], DTYPES),
        form=st.sampled_from(FORMS),
        names=st.sampled_from(["unique", "unique", "repeated"]),
        view=st.booleans(),
    )


def gene_sets() -> Any:
    """A strategy of sets: of some genes, one, all, none, unknown ones, and repeated ones."""
    genes = st.lists(st.sampled_from([*(f"g{i}" for i in range(12)), "unknown", "g0"]), max_size=9)
    return st.dictionaries(st.sampled_from(["A", "B/b", "C c", "å", "1"]), genes, min_size=1, max_size=4)


def outcome(function: Callable[[ad.AnnData], Any], adata: ad.AnnData) -> tuple[str, Any, list[str]]:
    """`"result"`, or the type of an error of the package, and the warnings."""
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        try:
            result = function(adata)
        except (ValueError, TypeError, KeyError) as error:
            trace = error.__traceback__
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            own = (
                trace is not None
                and "scgsfm" in trace.tb_frame.f_code.co_filename
                and "tests" not in trace.tb_frame.f_code.co_filename
            )
            if not own:
                raise
            return "refused", type(error).__name__, []
    return "result", result, [str(w.message) for w in caught]


def stored(matrix: Any) -> list[np.ndarray]:
    """Copies of the arrays of a matrix."""
    if sparse.issparse(matrix):
        return [matrix.data.copy(), matrix.indices.copy(), matrix.indptr.copy()]
    return [np.array(matrix.compute() if hasattr(matrix, "dask") else matrix)] if not hasattr(matrix, "dask") else []


def check(function: Callable[[ad.AnnData], Any], made: Cells, *, rtol: float = 1e-9) -> None:
    """The cells give what a dense array of doubles gives, and do not change."""
    adata, dense = made.adata(), made.adata(reference=True)
    before, columns = stored(adata.X), [list(adata.obs), list(adata.var)]
    found, expected = outcome(function, adata), outcome(function, dense)
    assert found[0] == expected[0], f"{found[:2]}, but dense: {expected[:2]}"
    for old, new in zip(before, stored(adata.X), strict=True):
        np.testing.assert_array_equal(old, new)
    assert columns == [list(adata.obs), list(adata.var)]
    if found[0] == "refused":
        assert found[1] == expected[1]
        return
    result = found[1]
    assert list(result.columns) == list(expected[1].columns)
    for column in result:
        a, b = result[column].to_numpy(), expected[1][column].to_numpy()
        if a.dtype.kind == "f":
            np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-9)
        else:
            assert list(map(str, a)) == list(map(str, b))


def score_by(method: str, sets: dict[str, list[str]]) -> Callable[[ad.AnnData], pd.DataFrame]:
    def score(adata: ad.AnnData) -> pd.DataFrame:
        scored = scgsfm.tl.score(adata, sets, method=method, copy=True, **PARAMS.get(method, {}))
        table: pd.DataFrame = scored.obsm[f"score_{method}"]
        return table

    return score


def check_method(method: str, made: Cells, sets: dict[str, list[str]]) -> None:
    """The property of a method: equal, unchanged, and no score missing or infinite without a warning."""
    function = score_by(method, sets)
    check(function, made)
    kind, table, said = outcome(function, made.adata())
    if kind == "result" and not np.isfinite(table.to_numpy()).all():
        assert any("missing or infinite" in text or "no score" in text for text in said), said


def check_exactly(made: Cells, sets: dict[str, list[str]]) -> None:
    """Scores equal exact arithmetic."""
    adata = replace(made, view=False, names="unique").adata()
    x = np.asarray(made.array(), np.float64)
    if not np.isfinite(x).all() or x.shape[1] < 3:
        return
    for method in ("ulm", "zscore", "sum", "mean"):
        kind, scored, _ = outcome(
            lambda adata, method=method: scgsfm.tl.score(adata, sets, method=method, log_normalize=False, copy=True),
            adata,
        )
        if kind == "refused":
            continue
        table = scored.obsm[f"score_{method}"]
        names = scored.uns["scgsfm"][f"score_{method}"]["set_names"]
        membership = np.array([[gene in set(sets[name]) for gene in adata.var_names] for name in names], float)
        expected = exact.scores(method, x, membership)
        expected = np.where(np.isinf(expected), table.to_numpy(), expected)  # of a perfect fit
        perfect = np.abs(expected) > 1e5  # nearly so
        np.testing.assert_allclose(np.where(perfect, 0, table), np.where(perfect, 0, expected), rtol=1e-6, atol=1e-9)


def settings(n: int) -> Any:
    """The same examples in each run."""
    return hypothesis.settings(
        max_examples=n,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
    )


def repeat(n: int, function: Callable[..., None], *strategies: Any) -> None:
    """Call a function with examples."""
    settings(n)(hypothesis.given(*strategies)(function))()


@pytest.mark.parametrize("method", METHODS)
def test_methods(method: str) -> None:
    def run(made: Cells, sets: dict[str, list[str]]) -> None:
        check_method(method, made, sets)

    repeat(14, run, cells(), gene_sets())


def test_exact_scores() -> None:
    def run(made: Cells, sets: dict[str, list[str]]) -> None:
        check_exactly(made, sets)

    repeat(25, run, cells(), gene_sets())


def enrich(adata: ad.AnnData) -> pd.DataFrame:
    sets = {"A": [f"g{i}" for i in range(5)], "B": [f"g{i}" for i in range(4, 12)]}
    copied = scgsfm.tl.enrich(adata, sets, groupby="group", mode="overlap", max_padj=1, min_genes=2, copy=True)
    return copied.uns["enrich"].sort_values(["group", "term"])[["group", "term", "n_genes", "n_found"]]


def annotate(adata: ad.AnnData) -> pd.DataFrame:
    markers = {"A": ["g0", "g1", "g2"], "B": ["g3", "g4"], "C": ["g5", "g6", "g7"]}
    copied = scgsfm.tl.annotate(adata, markers, groupby="group", copy=True)
    return copied.obs[["annotation_confidence"]]


def compare(adata: ad.AnnData) -> pd.DataFrame:
    sets = {"A": ["g0", "g1", "g2"], "B": ["g3", "g4"]}
    scored = scgsfm.tl.score(adata, sets, method="mean", copy=True)
    scgsfm.tl.compare(scored, "score_mean", condition="condition", sample="sample", min_cells=1, min_samples=1)
    return scored.uns["compare"][["set", "effect"]]


def with_symbols(adata: ad.AnnData) -> ad.AnnData:
    """The cells with approved symbols, for functions that know genes."""
    named = adata.copy()
    number = dict(zip((f"g{i}" for i in range(len(SYMBOLS))), SYMBOLS, strict=True))
    named.var_names = [number[name] for name in adata.var_names]
    return named


def completed(adata: ad.AnnData) -> pd.DataFrame:
    return score_by("gsfm", {"T": ["CD3D", "CD3E"], "B": ["CD79A", "MS4A1"]})(with_symbols(adata))


def embed_cells(adata: ad.AnnData) -> pd.DataFrame:
    copied = scgsfm.tl.embed_cells(with_symbols(adata), copy=True)
    return pd.DataFrame(copied.obsm["X_gsfm"]).add_prefix("x")


def drug_scores(adata: ad.AnnData) -> pd.DataFrame:
    copied = scgsfm.tl.drug_scores(with_symbols(adata), ["vorinostat", "dexamethasone"], min_genes=2, copy=True)
    return next(table for key, table in copied.obsm.items() if key.startswith("drugs"))


def phenotypes(adata: ad.AnnData) -> pd.DataFrame:
    copied = scgsfm.tl.phenotypes(with_symbols(adata), "group", max_padj=1, min_genes=2, copy=True)
    return copied.uns["phenotypes"].sort_values(["group", "term"])[["group", "term"]]


def resolve_genes(adata: ad.AnnData) -> pd.DataFrame:
    named = with_symbols(adata)
    scgsfm.pp.resolve_genes(named)
    return named.var[["scgsfm_symbol", "scgsfm_status"]].astype(str)


def coverage(adata: ad.AnnData) -> pd.DataFrame:
    return scgsfm.get.coverage(adata, {"A": ["g0", "g1", "g2"], "B": ["g3", "unknown"]})


SYMBOLS = [
    *(
        "CD3D",
        "CD3E",
        "CD2",
        "CD8A",
        "LCK",
        "CD79A",
        "MS4A1",
        "CD19",
        "LYZ",
        "CD14",
        "FCGR3A",
        "NKG7",
        "GNLY",
        "PPBP",
        "PF4",
    ),
    *(
        "FCER1A",
        "CST3",
        "IL7R",
        "CCR7",
        "S100A4",
        "ISG15",
        "IFIT1",
        "IFIT3",
        "MX1",
        "STAT1",
        "ACTB",
        "B2M",
        "TP53",
        "MYC",
        "FBN1",
    ),
]
FUNCTIONS: dict[str, Callable[[ad.AnnData], pd.DataFrame]] = {
    "enrich": enrich,
    "annotate": annotate,
    "compare": compare,
    "gsfm": completed,
    "embed_cells": embed_cells,
    "drug_scores": drug_scores,
    "phenotypes": phenotypes,
    "resolve_genes": resolve_genes,
    "coverage": coverage,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str) -> None:
    def run(made: Cells) -> None:
        check(FUNCTIONS[name], made, rtol=1e-6)

    repeat(12, run, cells())


def search(seconds: float, seed: int) -> dict[str, Any]:
    """New examples for some seconds, for `benchmarks/fuzz.py`."""
    rng, begun, n, findings = np.random.default_rng(seed), time.time(), 0, dict[str, dict[str, str]]()
    slowest, failed = 0.0, 0
    while time.time() - begun < seconds:
        made = Cells(
            int(rng.integers(10**9)),
            (int(rng.integers(10)), int(rng.choice([0, 1, 2, 3, 8, 12, 20, 30]))),
            str(rng.choice([*VALUES, "counts", "logs", "counts", "logs"])),
            str(rng.choice([*DTYPES, "float64", "float32"])),
            str(rng.choice(FORMS)),
            str(rng.choice(["unique", "unique", "repeated"])),
            bool(rng.integers(2)),
        )
        genes = [*(f"g{i}" for i in range(14)), "unknown"]
        sets = {
            name: rng.choice(genes, rng.integers(10)).tolist() for name in ["A", "B/b", "C c"][: rng.integers(1, 4)]
        }
        method, function = str(rng.choice(METHODS)), str(rng.choice(list(FUNCTIONS)))
        checks: dict[str, Callable[[], None]] = {
            method: lambda method=method, made=made, sets=sets: check_method(method, made, sets),
            "exact": lambda made=made, sets=sets: check_exactly(made, sets),
            function: lambda function=function, made=made: check(FUNCTIONS[function], made, rtol=1e-6),
        }
        for name, run in checks.items():
            started = time.time()
            try:
                run()
            except Exception as error:  # noqa: BLE001  this is what is looked for
                failed += 1
                key = f"{name}: {type(error).__name__}: {str(error)[:150]}"
                if len(findings) < 50:
                    findings.setdefault(key, {"message": str(made), "input": str(sets)})
            n += 1
            slowest = max(slowest, time.time() - started)
    state = {"executions": n, "seconds": time.time() - begun, "slowest": slowest, "peak": 0}
    return state | {"outcomes": {"equal or refused": n - failed, "found": failed}, "findings": findings}
