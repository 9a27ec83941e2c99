"""Scores in scanpy, decoupler, MuData and SpatialData, with the real packages where they are installed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import anndata as ad
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import scgsfm

if TYPE_CHECKING:
    from collections.abc import Callable

SETS = {
    "T/NK": ["CD3D", "CD3E", "CD2", "NKG7"],
    "B": ["CD79A", "CD79B", "MS4A1", "CD19"],
    "Mono": ["LYZ", "CD14", "S100A8", "S100A9"],
}


@pytest.fixture(scope="module")
def cells() -> ad.AnnData:
    adata = scgsfm.datasets.pbmc()[::5].copy()
    adata = adata[adata.obs["cell_type"].isin(["B", "NK", "CD14+ Mono", "CD14 Mono", "Naive CD4 T"])].copy()
    adata.obsm["X_umap"] = np.random.default_rng(0).random((adata.n_obs, 2))
    scgsfm.tl.score(adata, SETS)
    return adata


PLOTS = ("umap", "violin", "dotplot", "matrixplot", "stacked_violin", "heatmap", "tracksplot")


@pytest.mark.parametrize("plot", PLOTS)
def test_plots_of_scanpy(cells: ad.AnnData, plot: str) -> None:
    import matplotlib.pyplot as plt
    import scanpy as sc

    mpl.use("Agg")
    scores = scgsfm.get.score_adata(cells)
    if plot == "umap":
        sc.pl.umap(scores, color=list(SETS), show=False)
    elif plot == "violin":
        sc.pl.violin(scores, list(SETS), groupby="cell_type", show=False)
    else:
        getattr(sc.pl, plot)(scores, list(SETS), groupby="cell_type", show=False)
    texts = [text.get_text() for axes in plt.gcf().axes for text in axes.findobj(mpl.text.Text)]
    assert "B" in texts
    plt.close("all")


def test_tests_of_scanpy(cells: ad.AnnData) -> None:
    import scanpy as sc

    scores = scgsfm.get.score_adata(cells)
    sc.tl.rank_genes_groups(scores, "cell_type", method="wilcoxon")
    best = sc.get.rank_genes_groups_df(scores, "B").iloc[0]
    assert best["names"] == "B"
    assert best["pvals_adj"] < 0.01
    assert "rank_genes_groups" not in cells.uns
    # plots of the result with a dendrogram, in the names of the sets
    sc.tl.dendrogram(scores, "cell_type", use_rep="X")
    axes = sc.pl.rank_genes_groups_matrixplot(scores, n_genes=1, standard_scale="var", show=False)
    assert {label.get_text() for label in axes["mainplot_ax"].get_xticklabels()} <= set(SETS)


def test_tables_of_enrichment(cells: ad.AnnData) -> None:
    scgsfm.tl.enrich(cells, SETS, groupby="cell_type", min_genes=1)
    table = scgsfm.get.enrich(cells, group="B", n_terms=1)
    assert table[["group", "term"]].to_numpy().tolist() == [["B", "B"]]
    assert isinstance(scgsfm.tl.score(cells.to_df(), SETS), pd.DataFrame)


def test_decoupler_takes_scores(cells: ad.AnnData) -> None:
    dc = pytest.importorskip("decoupler")
    found = dc.pp.get_obsm(cells, "score_aucell")
    np.testing.assert_allclose(found.X, scgsfm.get.scores(cells).to_numpy())
    ranked = dc.tl.rankby_group(found, groupby="cell_type", reference="rest", method="wilcoxon")
    best = ranked[ranked["group"] == "B"].sort_values("stat", ascending=False).iloc[0]
    assert best["name"] == "B"


def test_modality_of_mudata(cells: ad.AnnData) -> None:
    mudata = pytest.importorskip("mudata")
    rna = cells[:, :].copy()
    del rna.obsm["score_aucell"], rna.uns["scgsfm"]
    protein = ad.AnnData(
        np.ones((rna.n_obs, 1), np.float32), obs=rna.obs[[]], var=pd.DataFrame(index=["CD3_TotalSeqB"])
    )
    mdata = mudata.MuData({"protein": protein, "rna": rna})
    calls: tuple[Callable[[], object], ...] = (
        lambda: scgsfm.tl.score(mdata, SETS),
        lambda: scgsfm.tl.annotate(mdata),
        lambda: scgsfm.tl.embed_cells(mdata),
        lambda: scgsfm.tl.enrich(mdata, groupby="cell_type"),
        lambda: scgsfm.tl.phenotypes(mdata, "cell_type"),
        lambda: scgsfm.tl.predict_functions(mdata),
        lambda: scgsfm.pp.resolve_genes(mdata),
        lambda: scgsfm.get.scores(mdata),
        lambda: scgsfm.get.enrich(mdata),
    )
    for call in calls:
        with pytest.raises(TypeError, match=r"of type MuData. Pass one of its parts, such as `mdata\['rna'\]`"):
            call()
    scgsfm.tl.score(mdata["rna"], SETS)
    np.testing.assert_allclose(scgsfm.get.scores(mdata["rna"]), scgsfm.get.scores(cells))
    scores = mudata.MuData({"rna": mdata["rna"], "scores": scgsfm.get.score_adata(mdata["rna"])})
    assert scores["scores"].var_names.tolist() == list(SETS)
    assert scgsfm.tl.score(mdata.mod["rna"], SETS, copy=True).obsm["score_aucell"].shape == (rna.n_obs, len(SETS))
    scgsfm.pl.score(mdata["rna"], kind="dotplot", groupby="cell_type", show=False)


def test_table_of_spatialdata(cells: ad.AnnData) -> None:
    spatialdata = pytest.importorskip("spatialdata")
    sdata = spatialdata.SpatialData(tables={"table": cells.copy()})
    with pytest.raises(TypeError, match=r"such as `sdata\['table'\]`"):
        scgsfm.tl.score(sdata, SETS)
    scgsfm.tl.score(sdata["table"], SETS)
    scores = scgsfm.get.score_adata(sdata["table"])
    sdata["scores"] = scores
    assert sdata["scores"].var_names.tolist() == list(SETS)
    np.testing.assert_allclose(sdata["scores"].X, scgsfm.get.scores(cells))


def test_object_with_tables(cells: ad.AnnData) -> None:
    sdata = SimpleNamespace(tables={"counts": cells})
    for call in (scgsfm.tl.embed_cells, scgsfm.tl.enrich, scgsfm.tl.predict_functions, scgsfm.get.scores):
        with pytest.raises(TypeError, match=r"Pass one of its parts, such as `sdata\['counts'\]`; it has: 'counts'"):
            call(sdata)  # type: ignore[operator]
