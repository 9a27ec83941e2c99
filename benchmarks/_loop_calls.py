"""What `faults.py --loop` calls: one thousand times each, with memory, open files and threads before and after."""

from __future__ import annotations

import gc
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import psutil
from _common import say
from _fault_tasks import stub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WARM = 0.1
"""Share of the calls before the first measurement: caches and arenas fill."""


def calls(folder: Path) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Each function with its arguments."""
    import anndata as ad
    from scipy import sparse

    import scgsfm
    from scgsfm import GeneSets, get, models, pp, tl
    from scgsfm._fetch import fetch
    from scgsfm.dna import read_variants
    from scgsfm.motifs import Motifs

    scgsfm.settings.verbosity, scgsfm.settings.cache_dir = 0, folder / "cache"
    rng = np.random.default_rng(0)
    sets = {name: list(genes) for name, genes in list(GeneSets("pbmc_markers").to_dict().items())[:4]}
    names = list(dict.fromkeys(gene for genes in sets.values() for gene in genes))
    names += [f"GENE{i}" for i in range(150 - len(names))]
    x = sparse.random(60, len(names), 0.2, "csr", np.float32, rng=rng)
    obs = pd.DataFrame({"group": pd.Categorical(["a", "b"] * 30)}, index=[f"c{i}" for i in range(60)])
    adata = ad.AnnData(x, obs, pd.DataFrame(index=names))
    adata.write_h5ad(folder / "cells.h5ad")
    tl.score(adata, sets, method="zscore", log_normalize=False)
    GeneSets(sets).to_gmt(folder / "sets.gmt")
    vcf = "##fileformat=VCFv4.2\n" + "".join(f"chr1\t{i}\t.\tA\tC\t.\t.\t.\n" for i in range(1, 50))
    (folder / "v.vcf").write_text(vcf)
    (folder / "m.txt").write_text(">M1\nA 1 0 0\nC 0 1 0\nG 0 0 1\nT 0 0 0\n")
    model, server = models.load("gsfm-base"), stub()

    def from_disk() -> None:
        backed = ad.read_h5ad(folder / "cells.h5ad", backed="r")
        try:
            tl.score(backed, sets, method="zscore", log_normalize=False)
        finally:
            backed.file.close()

    def interrupted() -> None:
        try:
            with patch("scgsfm._adata.Result.write_record", side_effect=KeyboardInterrupt):
                tl.score(adata, sets, method="zscore", log_normalize=False)
        except KeyboardInterrupt:
            pass

    def download() -> None:
        fetch([f"{server}/hp.obo"], "hp.obo").unlink()

    yield "tl.score, in memory", lambda: tl.score(adata, sets, method="zscore", log_normalize=False)
    yield "tl.score, h5ad opened and closed", from_disk
    yield "tl.score, interrupted", interrupted
    yield "tl.enrich, list", lambda: tl.enrich(names[:40], sets)
    yield "get.scores", lambda: get.scores(adata, method="zscore")
    yield "pp.resolve_genes", lambda: pp.resolve_genes(adata)
    yield "GeneSets, GMT", lambda: GeneSets(folder / "sets.gmt")
    yield "read_variants, VCF", lambda: read_variants(folder / "v.vcf")
    yield "Motifs.read", lambda: Motifs.read(folder / "m.txt")
    yield "GSFM.logits", lambda: model.logits([names[:20]])
    yield "tl.rank_genes", lambda: tl.rank_genes(["HP:0001250"], n_top=3)
    yield "download of 2 kB", download


def loop(n: int, only: list[str], folder: Path) -> Iterator[dict[str, Any]]:
    """A row for each function."""
    process = psutil.Process()
    for name, call in calls(folder):
        if only and not any(part in name for part in only):
            continue
        say(f"{name}: {n} calls")
        with _quiet():
            for _ in range(int(WARM * n)):
                call()
            before, start = _state(process), time.perf_counter()
            for _ in range(n - int(WARM * n)):
                call()
            seconds, after = time.perf_counter() - start, _state(process)
        yield {
            "function": name,
            "calls": n,
            "ms per call": f"{seconds / (n - int(WARM * n)) * 1000:.1f}",
            "memory (MB)": f"{after[0] / 1e6:,.0f}",
            "more than after the first tenth (MB)": f"{(after[0] - before[0]) / 1e6:+.1f}",
            "more open files": after[1] - before[1],
            "more threads": after[2] - before[2],
        }


def _state(process: psutil.Process) -> tuple[int, int, int]:
    gc.collect()
    return process.memory_info().rss, process.num_fds(), process.num_threads()


@contextmanager
def _quiet() -> Iterator[None]:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
