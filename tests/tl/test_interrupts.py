"""An interrupt at any moment leaves AnnData as it was."""

from __future__ import annotations

import inspect
import signal
import time
import warnings
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scgsfm import pp, settings, tl
from scgsfm._adata import Result, undo_on_error, write_record
from scgsfm._keys import UNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GENES = ["CD3D", "CD3E", "CD3G", "CD2", "CD8A", "CD4", "LCK", "ZAP70", "CD79A", "CD79B", "MS4A1", "CD19", "LYZ", "NKG7"]
SETS = {"T": GENES[:8], "B": GENES[8:12], "others": GENES[4:14]}
CALLS: dict[str, Callable[[ad.AnnData], Any]] = {
    "score": lambda adata: tl.score(adata, SETS, method=["mean", "zscore"], min_genes=2),
    "annotate": lambda adata: tl.annotate(adata, markers=SETS, groupby="group", n_random=5),
    "enrich": lambda adata: tl.enrich(adata, SETS, groupby="group"),
    "resolve_genes": pp.resolve_genes,
}


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """SIGINT raises, also in processes that were started to ignore it, such as those in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def assert_same(one: Any, other: Any) -> None:
    """Both have the same fields, in the same order of columns."""
    if isinstance(one, ad.AnnData):
        np.testing.assert_array_equal(one.X.toarray(), other.X.toarray())
        for name in ("obs", "var", "obsm", "varm", "obsp", "layers", "uns"):
            assert_same(getattr(one, name), getattr(other, name))
    elif isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other)
    elif isinstance(one, Mapping):
        assert set(one) == set(other)
        for key in one:
            assert_same(one[key], other[key])
    elif sparse.issparse(one):  # anndata 0.13 lists X among the layers
        np.testing.assert_array_equal(one.toarray(), other.toarray())
    else:
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def adata() -> ad.AnnData:
    rng = np.random.default_rng(0)
    names = [*GENES, *(f"G{i}" for i in range(60))]
    counts = rng.poisson(1.0, (40, len(names)))
    counts[::2, :8] += 5
    x = sparse.csr_matrix(np.log1p(counts / counts.sum(1, keepdims=True) * 100).astype(np.float32))
    obs = pd.DataFrame({"group": pd.Categorical(["a", "b"] * 20)}, index=[f"c{i}" for i in range(40)])
    return ad.AnnData(x, obs, pd.DataFrame(index=names), uns={"mine": 1}, obsm={"X_mine": rng.normal(size=(40, 2))})


@pytest.fixture
def alarm() -> Iterator[None]:
    """The alarm of a timer is an interrupt, as from the keyboard."""
    if not hasattr(signal, "setitimer"):
        pytest.skip("timers of POSIX")
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    verbosity = settings.verbosity
    settings.verbosity = 0
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    settings.verbosity = verbosity


@pytest.mark.parametrize("name", CALLS)
def test_interrupts(name: str, adata: ad.AnnData, alarm: None) -> None:
    call = CALLS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call(adata.copy())  # compiles and loads
        start = time.perf_counter()
        call(adata.copy())
        seconds = time.perf_counter() - start
        call(adata)  # an earlier result, which the interrupted call replaces
        before = adata.copy()
        ends: Counter[bool] = Counter()
        for moment in np.random.default_rng(1).uniform(0, seconds, 12):
            other = adata.copy()
            try:
                signal.setitimer(signal.ITIMER_REAL, max(moment, 1e-4))
                call(other)
                signal.setitimer(signal.ITIMER_REAL, 0)
            except (KeyboardInterrupt, SystemError):  # of numba, whose own code was interrupted
                assert_same(other, before)
                ends[True] += 1
            else:
                ends[False] += 1
    assert ends[True] >= 3, "most calls were interrupted"


@pytest.mark.parametrize("earlier", [False, True])
def test_interrupt_between_two_fields(adata: ad.AnnData, monkeypatch: pytest.MonkeyPatch, earlier: bool) -> None:
    """The fields were written, their record was not."""
    if earlier:
        tl.score(adata, SETS, method="mean", min_genes=2)
    before = adata.copy()
    monkeypatch.setattr(Result, "write_record", lambda *_: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        tl.score(adata, {"T": GENES[:5]}, method=["mean", "zscore"], min_genes=2)
    assert_same(adata, before)
    monkeypatch.undo()
    tl.score(adata, SETS, method="mean", min_genes=2)


def test_columns_and_records_are_restored(adata: ad.AnnData) -> None:
    @undo_on_error
    def breaks(adata: ad.AnnData) -> None:
        adata.obs["new"] = 1
        adata.obs["group"] = "x"
        adata.var["new"] = "x"
        del adata.obsm["X_mine"]
        adata.uns["mine"] = 2
        adata.uns.setdefault(UNS, {})["key"] = {"a": 1}
        raise RuntimeError("broken")

    adata.uns[UNS] = {"other": {"b": np.arange(3)}}
    before = adata.copy()
    with pytest.raises(RuntimeError, match="broken"):
        breaks(adata)
    assert_same(adata, before)
    with pytest.raises(RuntimeError, match="broken"):
        breaks(adata=adata[:5])


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_view_is_a_view_again(adata: ad.AnnData, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Interrupted when the fields are written, before or after the record."""
    tl.score(adata, SETS, method="mean", min_genes=2)
    parent, write = adata.copy(), Result.write_record

    def interrupted(*given: Any) -> None:
        if moment == "after":
            write(*given)
        signal.raise_signal(signal.SIGINT)

    view = adata[::2, :40]
    expected = view.copy()
    monkeypatch.setattr(Result, "write_record", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tl.score(view, SETS, method=["mean", "zscore"], min_genes=2)
    assert view.is_view
    assert_same(view, expected)
    assert_same(adata, parent)
    monkeypatch.undo()
    tl.score(view, SETS, method="zscore", min_genes=2)
    assert not view.is_view
    assert_same(adata, parent)


@pytest.mark.parametrize("earlier", [False, True])
def test_the_record_of_a_view_is_its_own(adata: ad.AnnData, earlier: bool) -> None:
    """Of functions that write to ``uns`` only: the record was lost, or written to the parent as well."""
    if earlier:
        adata.uns[UNS] = {"other": {"b": 1}}
    parent, view = adata.copy(), adata[:20]
    write_record(view, "key", {"a": 1})
    assert view.uns[UNS]["key"]["a"] == 1
    assert ("other" in view.uns[UNS]) == earlier
    assert_same(adata, parent)


def test_mudata_is_as_it_was(adata: ad.AnnData, monkeypatch: pytest.MonkeyPatch) -> None:
    mudata = pytest.importorskip("mudata")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = mudata.MuData({"rna": adata, "other": adata[:, :5].copy()})
        before = {name: part.copy() for name, part in whole.mod.items()}
        obs, uns = whole.obs.copy(), dict(whole.uns)
        monkeypatch.setattr(Result, "write_record", lambda *_: signal.raise_signal(signal.SIGINT))
        for data in (whole, whole[:30]):
            with pytest.raises(TypeError, match="MuData"):
                tl.score(data, SETS, method="mean")
            with pytest.raises(KeyboardInterrupt):
                tl.score(data["rna"], SETS, method=["mean", "zscore"], min_genes=2)
    for name, part in before.items():
        assert_same(whole[name], part)
    pd.testing.assert_frame_equal(whole.obs, obs)
    assert dict(whole.uns) == uns


def test_every_function_that_writes_takes_back() -> None:
    functions = {
        f"{module.__name__}.{name}": getattr(module, name) for module in (tl, pp) for name in sorted(module.__all__)
    }
    writing = {name: each for name, each in functions.items() if "copy" in inspect.signature(each).parameters}
    assert len(writing) > 15
    assert [name for name, each in writing.items() if "@undo_on_error" not in inspect.getsource(each)] == []


def test_first_argument_by_any_name(adata: ad.AnnData) -> None:
    """``tl.enrich`` and ``tl.explain`` call it ``data``."""

    @undo_on_error
    def breaks(data: ad.AnnData, *, more: int = 0) -> None:
        data.obs["new"] = more
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        breaks(more=1, data=adata)
    assert "new" not in adata.obs
