"""Functions of other packages that score gene sets in cells, called as their documentation recommends."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

    from anndata import AnnData

Sets = dict[str, dict[str, float]]
"""Weights of the genes of each set."""
Scores = pd.DataFrame
"""Cells × sets."""


def decoupler(adata: AnnData, sets: Sets, *, function: str, **params: Any) -> Scores:
    import decoupler as dc

    rows = [(name, gene, weight) for name, genes in sets.items() for gene, weight in genes.items()]
    net = pd.DataFrame(rows, columns=["source", "target", "weight"])
    if function == "zscore":  # the flavor that subtracts the mean of all genes; 2.3 exchanged the names
        params["flavor"] = "KSEA" if int(dc.__version__.split(".")[1]) >= 3 else "RoKAI"
    getattr(dc.mt, function)(adata, net, tmin=0, **params)
    return adata.obsm[f"score_{function}"]


def pyucell(adata: AnnData, sets: Sets) -> Scores:
    import pyucell

    pyucell.compute_ucell_scores(adata, {name: list(genes) for name, genes in sets.items()}, n_jobs=cores())
    return adata.obs[[f"{name}_UCell" for name in sets]].set_axis(list(sets), axis=1)


def scanpy(adata: AnnData, sets: Sets) -> Scores:
    import scanpy as sc

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
        for name, genes in sets.items():
            sc.tl.score_genes(adata, list(genes), score_name=name)
    return adata.obs[list(sets)]


def gseapy(adata: AnnData, sets: Sets, *, function: str, **params: Any) -> Scores:
    import gseapy

    table = adata.to_df().T
    genes = {name: list(genes) for name, genes in sets.items()}
    limits = {"min_size": 1, "max_size": 100_000, "threads": cores()}
    found = getattr(gseapy, function)(table, genes, outdir=None, **limits, **params).res2d
    scores = found.pivot(index="Name", columns="Term", values="ES").loc[adata.obs_names].astype(float)
    return scores / adata.n_vars if function == "ssgsea" else scores  # ours is a fraction of the genes


def scgsfm(adata: AnnData, sets: Sets, *, method: str, weighted: bool, **params: Any) -> Scores:
    """scgsfm, called in the same way."""
    import scgsfm

    given = sets if weighted else {name: list(genes) for name, genes in sets.items()}
    scgsfm.tl.score(adata, given, method=method, min_genes=1, **params)
    return adata.obsm[f"score_{method}"]


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Case:
    """A method of scgsfm and of its peer."""

    method: str
    peer: str = ""
    """The package; empty if there is none."""
    run: Callable[[AnnData, Sets], Scores] | None = None
    params: dict[str, Any] = field(default_factory=dict)
    """Of our method."""
    weighted: bool = False
    """Whether the sets have weights and signs."""
    differs: str = ""
    """Why the peer's scores are others; empty if they should agree."""
    slow: bool = False
    """Whether the peer gets ``--peer-cells`` cells."""
    at_most: tuple[int, int] | None = None
    """Cells and sets that the peer can be given at all."""
    warm_up: int = 50
    """Cells of a first call; more where only several blocks start all workers."""

    @property
    def ours(self) -> Callable[[AnnData, Sets], Scores]:
        return partial(scgsfm, method=self.method, weighted=self.weighted, **self.params)


DECOUPLER_NULL = {"null": "parametric"}
"""The p-values that decoupler computes, too; those against random sets, the default, take somewhat longer."""

CASES = {
    "aucell": Case("aucell", "decoupler", partial(decoupler, function="aucell"), differs="one draw of the ties"),
    "aucell, ties='decoupler'": Case(
        "aucell", "decoupler", partial(decoupler, function="aucell"), params={"ties": "decoupler"}
    ),
    "ucell": Case("ucell", "pyUCell", pyucell, warm_up=1100),
    "score_genes": Case("score_genes", "scanpy", scanpy),
    "mean": Case(
        "mean", "decoupler", partial(decoupler, function="waggr", fun="wmean", times=0), weighted=True, slow=True
    ),
    "sum": Case(
        "sum", "decoupler", partial(decoupler, function="waggr", fun="wsum", times=0), weighted=True, slow=True
    ),
    "zscore": Case("zscore", "decoupler", partial(decoupler, function="zscore"), params=DECOUPLER_NULL, weighted=True),
    "ulm": Case("ulm", "decoupler", partial(decoupler, function="ulm"), params=DECOUPLER_NULL, weighted=True),
    "mlm": Case("mlm", "decoupler", partial(decoupler, function="mlm"), params=DECOUPLER_NULL, weighted=True),
    "viper": Case("viper", "decoupler", partial(decoupler, function="viper"), weighted=True, slow=True),
    "viper, pleiotropy=False": Case(
        "viper",
        "decoupler",
        partial(decoupler, function="viper", pleiotropy=False),
        params={"pleiotropy": False},
        weighted=True,
        slow=True,
    ),
    "ssgsea, ties='gseapy'": Case(
        "ssgsea",
        "gseapy",
        partial(gseapy, function="ssgsea", weight=0.25, sample_norm_method="rank"),
        params={"ties": "gseapy"},
        slow=True,
    ),
    "ssgsea": Case(
        "ssgsea",
        "gseapy",
        partial(gseapy, function="ssgsea", weight=0.25, sample_norm_method="rank"),
        differs="ties in the order of the genes",
        slow=True,
    ),
    "gsva": Case("gsva", "gseapy", partial(gseapy, function="gsva"), slow=True),
    "singscore": Case("singscore"),
    "ora": Case("ora", "decoupler", partial(decoupler, function="ora"), differs="other genes count as high", slow=True),
    "gsea": Case(
        "gsea", "decoupler", partial(decoupler, function="gsea"), differs="other random sets", at_most=(10, 100)
    ),
}
"""By the name shown in tables."""
