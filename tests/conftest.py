"""What several tests need: matrices of every type, settings of their own, and a web server that misbehaves on request."""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest
from scipy import sparse

from scgsfm.settings import Settings, settings

from . import _no_network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import Any


class _SkipWithoutTorch:
    """Skips the tests, or files of tests, that import torch or a package built on it where torch is missing."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] in {"peft", "pytorch_lightning", "tokenizers", "torch", "transformers"}:
            pytest.skip(f"{name} is not installed", allow_module_level=True)


TESTS = Path(__file__).parent
ONCE = [
    "benchmarks",
    "explorer",
    "pl/test_images.py",
    "pl/test_layout.py",
    "pl/test_small_figures.py",
    "scoring/engine/test_value_scale.py",
    "scoring/test_fuzz.py",
    "test_checks_types.py",
    "test_cli_explore.py",
    "test_clock.py",
    "test_docs_snippets.py",
    "test_docstrings.py",
    "test_fuzz_functions.py",
    "test_fuzz_parsers.py",
    "test_gallery.py",
    "test_messages.py",
    "test_notices.py",
    "test_package_structure.py",
    "test_packaging.py",
    "test_privacy.py",
    "test_readme.py",
    "test_sbom.py",
    "test_skill.py",
    "test_tutorials.py",
    "training",
]
"""Tests of texts, pages, images, the order of the code and of scripts.

They do not depend on the versions of Python and of packages, or call nothing that the tests of each function do not call, so that
the run with all packages is enough.
"""


def pytest_configure(config: pytest.Config) -> None:
    """One thread per process where several run tests: more threads only wait for each other.

    The processes, and those that they start, inherit the variables.
    """
    _no_network.install()
    if missing := [place for place in ONCE if not (TESTS / place).exists()]:
        raise pytest.UsageError(f"`ONCE` in {__file__} lists what is not there: {missing}")
    if config.getoption("numprocesses", None):
        for library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
            os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the trainings as slow, and the tests that need to run once only."""
    once = [TESTS / place for place in ONCE]
    for item in items:
        if item.path.name.startswith("test_train"):
            item.add_marker("slow")
        if any(place in (item.path, *item.path.parents) for place in once):
            item.add_marker("once")


if importlib.util.find_spec("torch") is None:
    sys.meta_path.append(_SkipWithoutTorch)


def _unsorted_with_zeros(x: np.ndarray) -> sparse.csr_array:
    """CSR with each row's entries in reverse order, some of them explicit zeros."""
    indptr, indices, data = [0], [], []
    for row in x:
        columns = np.union1d(np.flatnonzero(row), np.arange(0, len(row), 7))[::-1]
        indices.append(columns)
        data.append(row[columns])
        indptr.append(indptr[-1] + len(columns))
    return sparse.csr_array((np.concatenate(data), np.concatenate(indices), indptr), shape=x.shape)


def _dask(x: np.ndarray, chunk: Callable[[np.ndarray], Any]) -> Any:
    """Chunked along cells and genes."""
    da = pytest.importorskip("dask.array")
    return da.from_array(x, chunks=(3, 25)).map_blocks(chunk)


def _on_disk(x: Any, path: Path, *, backend: str) -> Any:
    import anndata as ad

    if backend == "zarr":
        store = pytest.importorskip("zarr").open_group(path / "matrix.zarr", mode="w")
    else:
        store = pytest.importorskip("h5py").File(path / "matrix.h5", "w")
    ad.io.write_elem(store, "x", x)
    return ad.io.sparse_dataset(store["x"]) if sparse.issparse(x) else store["x"]


ARRAY_TYPES: dict[str, Callable[[np.ndarray, Path], Any]] = {
    "numpy": lambda x, _: x,
    "fortran": lambda x, _: np.asfortranarray(x),
    "csr_matrix": lambda x, _: sparse.csr_matrix(x),
    "csr_array": lambda x, _: sparse.csr_array(x),
    "csr_unsorted_zeros": lambda x, _: _unsorted_with_zeros(x),
    "csc_matrix": lambda x, _: sparse.csc_matrix(x),
    "csc_array": lambda x, _: sparse.csc_array(x),
    "csc_unsorted_zeros": lambda x, _: sparse.csc_array(_unsorted_with_zeros(x.T).T),
    "dask_dense": lambda x, _: _dask(x, np.asarray),
    "dask_csr": lambda x, _: _dask(x, sparse.csr_array),
    "dask_csc": lambda x, _: _dask(x, sparse.csc_matrix),
    "h5_dense": lambda x, path: _on_disk(x, path, backend="h5"),
    "h5_csr": lambda x, path: _on_disk(sparse.csr_matrix(x), path, backend="h5"),
    "h5_csc": lambda x, path: _on_disk(sparse.csc_matrix(x), path, backend="h5"),
    "zarr_dense": lambda x, path: _on_disk(x, path, backend="zarr"),
    "zarr_csr": lambda x, path: _on_disk(sparse.csr_matrix(x), path, backend="zarr"),
    "zarr_csc": lambda x, path: _on_disk(sparse.csc_matrix(x), path, backend="zarr"),
}


@pytest.fixture(autouse=True)
def _no_connections() -> Iterator[None]:
    """Fails a test in which something tries to reach another machine, even if the error is caught."""
    _no_network.ATTEMPTS.clear()
    yield
    attempts = [attempt for attempt in _no_network.ATTEMPTS if not attempt.endswith(".invalid")]  # reserved for tests
    assert not attempts, f"not asked for: {attempts}"


@pytest.fixture(autouse=True)
def _propagated_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before version 9.1, ``caplog`` of pytest sees only what reaches the root logger."""
    monkeypatch.setattr(logging.getLogger("scgsfm"), "propagate", True)


@pytest.fixture(params=list(ARRAY_TYPES))
def array_type(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[np.ndarray], Any]:
    """Turns a dense array into a matrix of one of the types that the package takes, in memory, lazy or on disk."""
    return lambda x: ARRAY_TYPES[request.param](x, tmp_path)


@pytest.fixture(params=["csr_matrix", "numpy", "dask_csr"])
def few_array_types(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[np.ndarray], Any]:
    """Like ``array_type`` with three types only: sparse, dense, and lazy in chunks.

    It is for code that reads matrices only through the reader, which is tested on all types.
    """
    return lambda x: ARRAY_TYPES[request.param](x, tmp_path)


@pytest.fixture
def peer() -> Callable[..., ModuleType]:
    """Imports a reference implementation by name. If it is missing, the test is skipped locally and fails in CI."""

    def load(name: str, *, minversion: str | None = None) -> ModuleType:
        try:
            return pytest.importorskip(name, minversion=minversion)
        except pytest.skip.Exception as reason:
            if os.environ.get("CI"):
                pytest.fail(f"CI needs the peer {name}: {reason.msg}")
            raise

    return load


@pytest.fixture
def counts() -> np.ndarray:
    """Log-normalised counts, 23 cells × 60 genes, with ties, an all-zero cell and an all-zero gene."""
    rng = np.random.default_rng(1)
    x = rng.poisson(rng.gamma(0.4, 2, 60), (23, 60)).astype(np.float64)
    x[4] = 0
    x[:, 9] = 0
    total = x.sum(axis=1, keepdims=True)
    return np.log1p(100 * x / np.where(total == 0, 1, total))


@pytest.fixture
def own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Settings]:
    """The package's settings with an empty cache folder, restored afterwards."""
    before = {name: getattr(settings, name) for name in Settings.__slots__}
    for name in ("SCGSFM_OFFLINE", "SCGSFM_MIRRORS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SCGSFM_CACHE", str(tmp_path / "cache"))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    for name in ("_cache_dir", "_offline", "_mirrors"):
        setattr(settings, name, None)
    yield settings
    for name, value in before.items():
        setattr(settings, name, value)
    settings.verbosity = None


@dataclass
class Server:
    """A web server of ``files`` (path → bytes); ``faults`` (path → list, used up one a request) come first.

    A fault is a status, ``"truncate"``, ``"no length"`` (truncated), ``"stall"``, ``"trickle"`` (a byte at a time), ``"endless"`` (more than announced,
    or no end) or ``"page"``.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[int | str]] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    released: threading.Event = field(default_factory=threading.Event)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path
        self.requests[path] += 1
        fault = self.faults[path].pop(0) if self.faults.get(path) else None
        if path in self.redirects:
            self._head(handler, 302, 0, {"Location": self.redirects[path], **self.headers.get(path, {})})
            return
        if isinstance(fault, int) or (fault is None and path not in self.files):
            handler.send_error(fault or 404)
            return
        body = self.files.get(path, b"<html>Please log in</html>")
        kind = {"Content-Type": "text/html" if fault == "page" else "application/octet-stream"}
        if fault in ("no length", "endless", "trickle"):
            self._odd_body(handler, body, str(fault))
            return
        self._head(handler, 200, len(body), kind | self.headers.get(path, {}))
        if fault in ("truncate", "stall"):
            handler.wfile.write(body[: len(body) // 2])
            handler.wfile.flush()
            if fault == "stall":
                self.released.wait(20)
        else:
            handler.wfile.write(body)
        handler.close_connection = True

    def _odd_body(self, handler: BaseHTTPRequestHandler, body: bytes, fault: str) -> None:
        if fault == "trickle":
            self._head(handler, 200, len(body), {})
        else:
            handler.send_response(200)
            handler.end_headers()
        if fault == "no length":
            handler.wfile.write(body[: len(body) // 2])
        with suppress(OSError):
            while fault == "endless" and not self.released.is_set():
                handler.wfile.write(bytes(2**16))
            for i in range(len(body) if fault == "trickle" else 0):
                handler.wfile.write(body[i : i + 1])
                handler.wfile.flush()
                if self.released.wait(0.02):
                    return

    @staticmethod
    def _head(handler: BaseHTTPRequestHandler, status: int, length: int, headers: dict[str, str]) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(length), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()


@pytest.fixture
def server(own_settings: Settings) -> Iterator[Server]:
    """A :class:`Server` on this machine."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.answer(self)

        def log_message(self, *args: Any) -> None:
            """Keep quiet."""

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{web.server_port}"
    thread = threading.Thread(target=web.serve_forever, daemon=True, kwargs={"poll_interval": 0.02})
    thread.start()
    yield state
    state.released.set()
    web.shutdown()
    web.server_close()
    thread.join()


class LinearModel:
    """Offers what completion needs of a GSFM, computed by one random matrix."""

    name = fingerprint = "linear"
    symbols = (
        *("CD3D", "CD3E", "CD3G", "CD2", "CD8A", "CD4", "LCK", "ZAP70", "CD79A", "CD79B", "MS4A1", "CD19", "LYZ"),
        *("S100A8", "S100A9", "CD14", "NKG7", "GNLY", "PRF1", "GZMB", "ACTB", "GAPDH", "MALAT1", "PPBP", "PF4"),
    )

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.genes = ["<unk>", "<pad>", *self.symbols]
        self.matrix = rng.normal(size=(len(self.genes), len(self.genes))).astype(np.float32)
        self.popularity = rng.normal(size=len(self.genes)).astype(np.float32)
        self.n_sets_seen: list[int] = []

    def tokens(self, genes: list[str]) -> np.ndarray:
        return np.array([self.genes.index(gene) for gene in genes])

    def logits(self, sets: sparse.csr_array) -> np.ndarray:
        self.n_sets_seen.append(sets.shape[0])
        return (sets @ self.matrix).astype(np.float32)

    def probabilities(self, logits: np.ndarray, sizes: np.ndarray | None = None) -> np.ndarray:
        return 1 / (1 + np.exp(-logits))


@pytest.fixture
def linear_model() -> LinearModel:
    return LinearModel()


@pytest.fixture
def gsfm() -> Any:
    """A small GSFM with random weights that knows the genes of :class:`LinearModel`."""
    import torch

    from scgsfm.models.gsfm import GSFM, build_module

    torch.manual_seed(0)
    genes = ["<unk>", "<pad>", *LinearModel.symbols]
    module = build_module({"vocab_size": len(genes), "d_model": 8, "depth": 2})
    for weights in module.parameters():
        torch.nn.init.normal_(weights)
    return GSFM(module, genes, name="tiny")


@pytest.fixture
def dense(gsfm: Any) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Latent vectors and logits that ``gsfm`` gives to dense sets × vocabulary, by plain matrix algebra."""
    layers = {key: value.double().numpy() for key, value in gsfm.module.state_dict().items()}

    def forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        outputs = []
        for part in ("encoder", "decoder"):
            w = {key.removeprefix(f"{part}.layers."): value for key, value in layers.items() if part in key}
            x = np.maximum(x @ w["0.weight"].T + w["0.bias"], 0) @ w["3.weight"].T + w["3.bias"]
            outputs.append(x)
        return outputs[0], outputs[1]

    return forward


class SmallR3LM:
    """Answers like a model of regulatory DNA: each cell type likes one site, and GC content a little."""

    name, length = "small", 200
    cell_types: ClassVar = ["HepG2", "K562", "WTC11"]
    sites: ClassVar = {"HepG2": "CAAAGTCCA", "K562": "AGATAAGA", "WTC11": "ATTTGCATA"}

    def __init__(self) -> None:
        from scgsfm.motifs import Motifs

        self.motifs = Motifs.embedded("jaspar2024")

    def predict(self, sequences: list[str], *, mode: str = "joint", batch_size: int = 512) -> np.ndarray:
        return np.array([self._activity(sequence.upper()) for sequence in sequences], np.float32).reshape(-1, 3)

    def predict_substitutions(self, sequences: list[str], *, mode: str = "joint") -> list[np.ndarray]:
        variants = [
            [text[:at] + base + text[at + 1 :] for at in range(len(text)) for base in "ACGT"] for text in sequences
        ]
        return [self.predict(each).reshape(-1, 4, 3) for each in variants]

    def _activity(self, sequence: str) -> list[float]:
        gc = (sequence.count("G") + sequence.count("C")) / max(len(sequence), 1)
        return [2.0 * sequence.count(site) + 0.1 * gc - 1 for site in self.sites.values()]

    def cards(self, sequences: list[str], cell_type: str) -> list[Any]:
        from scgsfm.models.r3lm import build_cards

        return build_cards(sequences, cell_type, self.motifs)

    def card(self, sequence: str, cell_type: str) -> Any:
        return self.cards([sequence], cell_type)[0]

    def explain(self, sequence: str, cell_type: str, *, rng: Any = 0) -> Any:
        from scgsfm.models.r3lm import explain

        k = self.cell_types.index(cell_type)
        level = lambda activity: self.level(activity, cell_type)
        return explain(lambda s: self.predict(s)[:, k], self.card(sequence, cell_type), level_of=level, rng=rng)

    def level(self, activity: float, cell_type: str) -> int:
        return int(np.clip(activity, 0, 3))


@pytest.fixture(scope="session")
def small_r3lm() -> SmallR3LM:
    """A stand-in for a model of regulatory DNA, whose answers are known."""
    return SmallR3LM()
