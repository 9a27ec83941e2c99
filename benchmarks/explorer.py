"""How long the explorer takes for what a page shows.

    python benchmarks/explorer.py

Cells are drawn with replacement from the embedded blood cells, with their 14,135 genes; their embedding is random, which is the
slowest to draw. Each time is that of the whole content of a tab, HTML and pictures included, for several sets, none of which was shown
before: the least time that passed, since other work of the computer adds to it, and the median CPU time. The first line of each size is
done once, when the page is opened. The functions of the first gene of a library come in up to three steps, each measured from the
request on: known terms at once, predicted terms before cross-validation if this is not in the cache, and all.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from _common import parser, report, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from anndata import AnnData

SIZES = (10_000, 100_000)
N_SETS = 15
LIBRARIES = ("hallmark", "reactome", "go_bp")


def cells(n: int) -> AnnData:
    """Cells drawn with replacement."""
    import anndata as ad
    from scipy.sparse import csr_matrix

    from scgsfm.datasets import pbmc

    source, rng = pbmc(), np.random.default_rng(0)
    drawn = rng.integers(0, source.n_obs, n)
    obs = source.obs.iloc[drawn].set_axis([f"cell {i}" for i in range(n)])
    adata = ad.AnnData(csr_matrix(source.X)[drawn], obs=obs, var=source.var[[]])
    adata.obsm["X_umap"] = rng.normal(size=(n, 2)).astype(np.float32)
    return adata


def timed(run: Callable[[], Any]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    start, cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - start, time.process_time() - cpu


def of_several(runs: Iterable[Callable[[], Any]]) -> tuple[float, float]:
    """The least wall seconds, and the median of CPU seconds."""
    found = np.array([timed(run) for run in runs])
    return float(found[:, 0].min()), float(np.median(found[:, 1]))


def of_size(n: int, names: list[str]) -> list[dict[str, Any]]:
    """Times for a number of cells."""
    from scgsfm.explorer import OwnData, State, Workspace
    from scgsfm.explorer._tabs import content_of

    work = Workspace(OwnData.of(cells(n)), libraries="hallmark")
    rows = [("open: model and index of the cells", timed(work.prepare))]
    content_of(work, State(query=names[0]), "cells")  # the picture of the groups, once

    def shown(name: str, *, expand: bool = False) -> Callable[[], Any]:
        return lambda: content_of(work, State(query=name, expand=expand), "cells")

    rows.append(("color the cells by a set", of_several(map(shown, names[1:]))))
    lists = [", ".join(work.libraries["hallmark"][name][:20]) for name in names]
    rows.append(("color the cells by a pasted list", of_several(map(shown, lists))))
    rows.append(("color the cells by a completed set", of_several(shown(name, expand=True) for name in names[:8])))
    return [{"cells": n, "task": task, "seconds": wall, "CPU seconds": cpu} for task, (wall, cpu) in rows]


@contextmanager
def cache() -> Iterator[None]:
    """An empty directory for the cache."""
    from scgsfm import settings

    usual = settings.cache_dir
    with tempfile.TemporaryDirectory() as directory:
        settings.cache_dir = directory
        try:
            yield
        finally:
            settings.cache_dir = usual


def first_gene(work: Any, library: str, cached: str) -> list[tuple[str, tuple[float, float]]]:
    """Seconds from the request of the first gene to each of its steps."""
    from scgsfm.explorer import State
    from scgsfm.explorer._tabs import content_of

    state, rows = State(query="BRCA2", library=library), []
    start, cpu = time.perf_counter(), time.process_time()

    def shown(step: str) -> None:
        content_of(work, state, "functions")
        taken = time.perf_counter() - start, time.process_time() - cpu
        rows.append((f"first gene of {library}, {cached}: {step}", taken))

    work.predict(state)
    if work.progress(library):
        shown("known terms")
        stage = work.stage
        while work.progress(library):
            if work.stage != stage:
                shown("predicted terms")
                stage = work.stage
            time.sleep(0.1)
    shown("with reliability")
    return rows


def of_pages() -> list[dict[str, Any]]:
    """Times of tabs that do not depend on the number of cells, first and later."""
    from scgsfm.datasets import pbmc
    from scgsfm.explorer import OwnData, State, Workspace
    from scgsfm.explorer._tabs import content_of

    work = Workspace(OwnData.of(pbmc()), libraries=list(LIBRARIES))
    work.prepare()
    rows = []
    for library in LIBRARIES:
        with cache():
            rows += first_gene(work, library, "empty cache")
            rows += first_gene(Workspace(work.data, libraries=list(LIBRARIES)), library, "cached")
        more = [
            lambda library=library, gene=gene: content_of(work, State(query=gene, library=library), "functions")
            for gene in ("CD3D", "STAT1", "TP53", "LYZ", "NKG7")
        ]
        rows.append((f"functions of a further gene, {library}", of_several(more)))
    lists = ["ISG15,IFIT1,MX1", "CD3D,CD3E,CD2", "CDK1,CCNB1,TOP2A", "LYZ,CD14,S100A8"]
    rows.append(
        (
            "complete a list",
            of_several((lambda text=text: content_of(work, State(query=text), "complete")) for text in lists),
        )
    )
    rows.append(
        (
            "explain a list",
            of_several((lambda text=text: content_of(work, State(query=text), "explain")) for text in lists),
        )
    )
    return [{"cells": 700, "task": task, "seconds": wall, "CPU seconds": cpu} for task, (wall, cpu) in rows]


def main() -> None:
    made = parser(__doc__, data=False)
    made.add_argument("--sizes", nargs="+", type=int, default=list(SIZES), help="numbers of cells")
    args = made.parse_args()
    from scgsfm.datasets import library

    names = list(library("hallmark"))[: N_SETS + 1]
    rows = []
    for n in args.sizes:
        say(f"{n:,} cells")
        rows += of_size(n, names)
    say("pages")
    rows += of_pages()
    report("explorer_speed", pd.DataFrame(rows), args.out)


if __name__ == "__main__":
    main()
