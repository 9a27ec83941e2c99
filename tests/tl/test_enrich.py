from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from scipy.stats import false_discovery_control, hypergeom

import scgsfm
from scgsfm import GeneSets
from scgsfm.errors import GeneMatchError, GeneSetWarning

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from anndata import AnnData

    from scgsfm.models.gsfm import GSFM

INTERFERON = ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1", "STAT1", "IFI44L", "RSAD2"]
COLUMNS = ["group", "term", "score", "pvalue", "padj", "n_genes", "n_found", "n_hits", "genes"]
MODES = ("overlap", "ranked", "gsfm")


@pytest.fixture(scope="module")
def pbmc() -> ad.AnnData:
    adata = scgsfm.datasets.pbmc()
    adata = adata[adata.obs["cell_type"].isin(["B", "NK", "CD14+ Mono"])].copy()
    sc.pp.normalize_total(adata, target_sum=1e4)
    sc.pp.log1p(adata)
    return adata


@pytest.fixture(scope="module")
def ranking() -> pd.Series:
    rng = np.random.default_rng(0)
    genes = scgsfm.datasets.library("hallmark").genes
    values = pd.Series(rng.normal(size=len(genes)), genes)
    values[GeneSets("hallmark")["HALLMARK_INTERFERON_ALPHA_RESPONSE"]] += 0.7
    values[INTERFERON] += 4
    return values


@pytest.fixture(scope="module")
def model() -> GSFM:
    return scgsfm.models.load("gsfm-base")


def test_overlap_of_a_list_has_the_genes_of_the_library_as_background() -> None:
    library = GeneSets("hallmark")
    found = scgsfm.tl.enrich(INTERFERON, library)
    assert list(found) == COLUMNS
    assert (found["group"] == "query").all()
    assert found["pvalue"].is_monotonic_increasing
    row = found.set_index("term").loc["HALLMARK_INTERFERON_ALPHA_RESPONSE"]
    hits = set(INTERFERON) & set(library["HALLMARK_INTERFERON_ALPHA_RESPONSE"])
    assert row["genes"].split(";") == [gene for gene in INTERFERON if gene in hits]
    expected = hypergeom.sf(len(hits) - 1, len(library.genes), row["n_found"], len(INTERFERON))
    assert row["pvalue"] == pytest.approx(expected)
    np.testing.assert_allclose(found["padj"], false_discovery_control(found["pvalue"]))


@pytest.mark.parametrize("mode", MODES)
def test_finds_simulated_enrichment(ranking: pd.Series, mode: str, model: GSFM) -> None:
    found = scgsfm.tl.enrich(ranking, "hallmark", mode=mode, n_genes=20, n_null=200, model=model)
    assert "INTERFERON" in found["term"][0]
    assert found["padj"][0] < 0.05


def test_default_modes(ranking: pd.Series) -> None:
    pd.testing.assert_frame_equal(
        scgsfm.tl.enrich(ranking, n_null=100), scgsfm.tl.enrich(ranking, mode="ranked", n_null=100)
    )
    pd.testing.assert_frame_equal(scgsfm.tl.enrich(INTERFERON), scgsfm.tl.enrich(INTERFERON, mode="overlap"))


@pytest.mark.parametrize("mode", ["ranked", "gsfm"])
def test_seed(ranking: pd.Series, mode: str, model: GSFM) -> None:
    options = {"mode": mode, "n_null": 60, "n_genes": 20, "model": model}
    first = scgsfm.tl.enrich(ranking, **options)
    pd.testing.assert_frame_equal(first, scgsfm.tl.enrich(ranking, **options, rng=np.random.default_rng(0)))
    other = scgsfm.tl.enrich(ranking, **options, rng=1).set_index("term").loc[first["term"], "pvalue"]
    assert not np.allclose(first["pvalue"], other, rtol=1e-6)


def test_several_lists_and_other_names() -> None:
    lists = {"a": INTERFERON, "b": ["CD3D", "CD3E", "CD2", "LCK"]}
    found = scgsfm.tl.enrich(lists, "hallmark")
    assert found["group"].unique().tolist() == ["a", "b"]
    alone = scgsfm.tl.enrich(lists["b"], "hallmark").assign(group="b")
    pd.testing.assert_frame_equal(found[found["group"] == "b"].reset_index(drop=True), alone)
    ensembl = scgsfm.tl.enrich(["ENSG00000187608", "ENSG00000185745", "ENSG00000157601"], "hallmark")
    assert set(ensembl["genes"][0].split(";")) == {"ISG15", "IFIT1", "MX1"}


@pytest.mark.parametrize("mode", ["overlap", "gsfm"])
def test_a_given_background_of_a_list(mode: str, model: GSFM) -> None:
    genes = scgsfm.datasets.library("hallmark").genes[::2].tolist() + INTERFERON
    options = {"mode": mode, "model": model, "n_null": 60}
    found = scgsfm.tl.enrich([*INTERFERON, "ACTB"], "hallmark", background=[*genes, "notagene"], **options)
    whole = scgsfm.tl.enrich(INTERFERON, "hallmark")
    assert found["n_found"].max() < whole["n_found"].max()
    assert (found["n_genes"] >= found["n_found"]).all()


def test_tables_of_rankings(ranking: pd.Series) -> None:
    options = {"library": "hallmark", "mode": "overlap", "n_genes": 30}
    expected = scgsfm.tl.enrich(ranking, **options).drop(columns="group")
    wide = scgsfm.tl.enrich(pd.DataFrame({"up": ranking, "down": -ranking}), **options)
    assert wide["group"].unique().tolist() == ["up", "down"]
    pd.testing.assert_frame_equal(wide[wide["group"] == "up"].drop(columns="group"), expected)
    long = pd.DataFrame(
        {"names": ranking.index, "scores": ranking.to_numpy(), "logfoldchanges": 1.0, "pvals_adj": 0.01}
    )
    pd.testing.assert_frame_equal(scgsfm.tl.enrich(long, **options).drop(columns="group"), expected)
    insignificant = long.assign(pvals_adj=np.where(long["scores"] > 3, 0.01, 0.2))
    found = scgsfm.tl.enrich(insignificant, **options)
    chosen = ranking.index[(ranking > 3).to_numpy()]
    assert set(";".join(found["genes"]).split(";")) - {""} <= set(chosen)


def test_rankings_with_different_genes(ranking: pd.Series) -> None:
    """Each is tested on its own genes; repeated and missing ones are left out."""
    short = ranking.copy()
    short.iloc[::3] = np.nan
    both = scgsfm.tl.enrich(pd.DataFrame({"all": ranking, "some": short}), "hallmark", n_null=60)
    n_found = both.groupby("group")["n_found"].max()
    assert n_found["some"] < n_found["all"]
    twice = pd.concat([ranking, ranking * 0.5])
    again = scgsfm.tl.enrich(twice, "hallmark", n_null=60)
    pd.testing.assert_frame_equal(again, scgsfm.tl.enrich(ranking, "hallmark", n_null=60))


@pytest.mark.parametrize("mode", MODES)
def test_data(pbmc: AnnData, mode: str, model: GSFM, tmp_path: Path) -> None:
    adata = pbmc.copy()
    uns = set(adata.uns)
    options = {"library": "hallmark", "mode": mode, "groupby": "cell_type", "n_null": 60, "model": model}
    assert scgsfm.tl.enrich(adata, **options) is None
    assert set(adata.uns) == uns | {"enrich", "scgsfm"}
    table, record = adata.uns["enrich"], adata.uns["scgsfm"]["enrich"]
    assert set(table["group"]) == {"B", "NK", "CD14+ Mono"}
    assert set(COLUMNS) <= set(table)
    assert record["mode"] == mode
    assert record["ranking"]["groupby"] == "cell_type"
    copied = scgsfm.tl.enrich(pbmc, **options, copy=True, key_added="other")
    assert "enrich" not in pbmc.uns
    pd.testing.assert_frame_equal(copied.uns["other"], table)
    for suffix in ("h5ad", "zarr"):
        path = tmp_path / f"data.{suffix}"
        getattr(adata, f"write_{suffix}")(path)
        again = getattr(ad, f"read_{suffix}")(path)
        pd.testing.assert_frame_equal(
            again.uns["enrich"], table, check_index_type=False, check_dtype=False, check_names=False
        )


def test_data_match_manual_steps(pbmc: AnnData) -> None:
    adata = pbmc.copy()
    sc.tl.rank_genes_groups(adata, "cell_type", method="t-test_overestim_var")
    detected = adata.var_names[np.asarray((adata.X != 0).sum(axis=0)).ravel() > 0]
    ranked = sc.get.rank_genes_groups_df(adata, None)
    by_hand = scgsfm.tl.enrich(ranked[ranked["names"].isin(detected)], "hallmark", mode="overlap", n_genes=50)
    scgsfm.tl.enrich(adata, "hallmark", mode="overlap", n_genes=50)
    pd.testing.assert_frame_equal(adata.uns["enrich"], by_hand)
    assert adata.uns["scgsfm"]["enrich"]["n_background"] == len(detected) < adata.n_vars
    without = pbmc.copy()
    scgsfm.tl.enrich(without, "hallmark", mode="overlap", n_genes=50, groupby="cell_type")
    pd.testing.assert_frame_equal(without.uns["enrich"], by_hand)


def test_raw_layer_and_symbols(pbmc: AnnData) -> None:
    expected = scgsfm.tl.enrich(pbmc, "hallmark", groupby="cell_type", copy=True).uns["enrich"]
    adata = pbmc.copy()
    adata.raw = pbmc
    adata.layers["log"] = pbmc.X
    adata.var["feature_name"] = pbmc.var_names.to_numpy()
    adata.X = adata.X[:, ::-1].copy()
    raw = scgsfm.tl.enrich(adata, "hallmark", groupby="cell_type", use_raw=True, copy=True).uns["enrich"]
    pd.testing.assert_frame_equal(raw, expected)
    adata.var_names = [f"id{i}" for i in range(adata.n_vars)]
    layer = scgsfm.tl.enrich(adata, "hallmark", groupby="cell_type", layer="log", copy=True).uns["enrich"]
    pd.testing.assert_frame_equal(layer, expected)


def test_every_array_type(array_type: Callable[[np.ndarray], Any]) -> None:
    rng = np.random.default_rng(0)
    genes = [f"g{i}" for i in range(40)]
    x = np.log1p(rng.poisson(0.5, (30, 40)))
    x[:, 7] = 0
    obs = pd.DataFrame({"group": ["a", "b", "c"] * 10}, index=[f"c{i}" for i in range(30)])
    dense = ad.AnnData(x, obs=obs, var=pd.DataFrame(index=genes))
    sc.tl.rank_genes_groups(dense, "group", method="t-test")
    sets = {f"s{i}": rng.choice(genes, 8, replace=False).tolist() for i in range(6)}
    options = {"mode": "overlap", "max_padj": 1.1, "n_genes": 10, "min_genes": 2}
    scgsfm.tl.enrich(dense, sets, **options)
    adata = ad.AnnData(
        array_type(x), obs=obs, var=pd.DataFrame(index=genes), uns={"rank_genes_groups": dense.uns["rank_genes_groups"]}
    )
    scgsfm.tl.enrich(adata, sets, **options)
    pd.testing.assert_frame_equal(adata.uns["enrich"], dense.uns["enrich"])
    assert adata.uns["scgsfm"]["enrich"]["n_background"] == 39


def test_groups_without_genes_are_skipped(pbmc: AnnData) -> None:
    adata = pbmc.copy()
    adata.obs["random"] = np.where(np.arange(adata.n_obs) % 2, "x", "y")
    adata.obs.loc[adata.obs["cell_type"] == "B", "random"] = "B"
    with pytest.warns(GeneSetWarning, match="no gene to test"):
        scgsfm.tl.enrich(adata, "hallmark", groupby="random", max_padj=1e-9)
    assert set(adata.uns["enrich"]["group"]) < {"B", "x", "y"}


@pytest.mark.parametrize(
    ("data", "options", "error", "message"),
    [
        (INTERFERON, {"mode": "ranked"}, ValueError, "needs a ranking"),
        (INTERFERON, {"mode": "gsea"}, ValueError, "'overlap', 'ranked', 'gsfm'"),
        (INTERFERON, {"groupby": "x"}, ValueError, "requires AnnData"),
        (INTERFERON, {"min_genes": 9, "max_genes": 5}, ValueError, "min_genes"),
        (INTERFERON, {"min_genes": 400}, GeneMatchError, "None of the 50 terms"),
        (INTERFERON, {"mode": "gsfm", "n_null": 5}, ValueError, "n_null"),
        (INTERFERON, {"n_genes": 0}, ValueError, "n_genes"),
        (["no", "such", "genes"], {}, GeneMatchError, "genes of 'query'"),
        ("ISG15", {}, TypeError, "list of gene names"),
        ({}, {}, ValueError, "empty"),
        (pd.DataFrame({"pvalue": [0.1, 0.2]}, ["ISG15", "MX1"]), {}, ValueError, "'pvalue'.*without a direction"),
        (pd.Series([1.0, np.inf], ["ISG15", "MX1"]), {}, ValueError, "infinite"),
        (pd.Series([1.0, np.nan], ["ISG15", "MX1"]), {}, ValueError, "at least 2"),
        (INTERFERON, {"library": {"a": {"ISG15": 1.0, "MX1": -1.0}}}, ValueError, "negative"),
    ],
)
def test_errors(data: Any, options: dict[str, Any], error: type[Any], message: str) -> None:
    with pytest.raises(error, match=message):
        scgsfm.tl.enrich(data, **options)


def test_errors_of_data(pbmc: AnnData) -> None:
    with pytest.raises(ValueError, match="groupby"):
        scgsfm.tl.enrich(pbmc)
    with pytest.raises(ValueError, match="'cell_type'"):
        scgsfm.tl.enrich(pbmc, groupby="leiden")
    adata = pbmc[:, :50].copy()
    adata.uns["rank_genes_groups"] = {"something": 1}
    with pytest.raises(ValueError, match="another `key`"):
        scgsfm.tl.enrich(adata)


def test_too_few_genes_for_the_model() -> None:
    with pytest.warns(GeneSetWarning, match="3 or more"), pytest.raises(ValueError, match="No list"):
        scgsfm.tl.enrich(["ISG15", "MX1"], mode="gsfm", n_null=60)


def test_background_of_a_list_for_the_model_is_its_vocabulary(model: GSFM) -> None:
    outside = [
        gene for gene in ("FCRLA", "VPREB3", "FCRL1", "CD19", "CD22", "PAX5") if gene not in GeneSets("hallmark").genes
    ]
    found = scgsfm.tl.enrich(outside, "hallmark", mode="gsfm", n_null=60, model=model)
    assert len(found)
    assert not found["n_hits"].any()


@pytest.mark.parametrize("background", [20000, "genes", 0.5])
def test_a_background_must_be_names(background: Any) -> None:
    with pytest.raises(TypeError, match=r"`background` is .*names of the genes"):
        scgsfm.tl.enrich(INTERFERON, "hallmark", background=background)


def test_messages_of_lists_are_about_lists() -> None:
    with pytest.raises(GeneMatchError, match=r"100% are known genes.*`background=`") as known:
        scgsfm.tl.enrich(["MS4A1", "CD19", "PAX5"], "hallmark")
    with pytest.raises(GeneMatchError, match="check the names") as unknown:
        scgsfm.tl.enrich(["one", "two"], "hallmark")
    for error in (known, unknown):
        assert not any(word in str(error.value) for word in (".raw", "use_raw", "gene_symbols", "max_padj"))


@pytest.mark.parametrize("option", [{"use_raw": True}, {"copy": True}, {"key": "wilcoxon"}])
def test_options_of_data_are_refused_for_lists(option: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="requires AnnData"):
        scgsfm.tl.enrich(INTERFERON, "hallmark", **option)
