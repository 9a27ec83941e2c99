from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from scipy.stats import false_discovery_control, hypergeom

import scgsfm
from scgsfm import tl
from scgsfm.errors import GeneMatchError, GeneSetWarning
from scgsfm.genes import approved_symbols, match, resolve
from scgsfm.phenotypes import PhenotypeEnrichment, load_annotations, load_predictor

if TYPE_CHECKING:
    from pathlib import Path

    from anndata import AnnData

COLUMNS = [
    "group", "kind", "id", "term", "evidence", "source", "score", "pvalue", "padj", "n_genes", "n_found", "n_hits", "genes",
]  # fmt: skip


@pytest.fixture(scope="module")
def pbmc() -> ad.AnnData:
    adata = scgsfm.datasets.pbmc()
    adata = adata[adata.obs["cell_type"].isin(["B", "NK", "CD14+ Mono"])].copy()
    sc.pp.normalize_total(adata, target_sum=1e4)
    sc.pp.log1p(adata)
    sc.tl.rank_genes_groups(adata, "cell_type", method="t-test_overestim_var")
    return adata


@pytest.fixture(scope="module")
def table(pbmc: AnnData) -> pd.DataFrame:
    return tl.phenotypes(pbmc, copy=True, n_top=None).uns["phenotypes"]


def test_table(pbmc: AnnData, table: pd.DataFrame) -> None:
    assert table.columns.tolist() == COLUMNS
    assert set(table["group"]) == set(pbmc.obs["cell_type"])
    assert set(zip(table["kind"], table["evidence"], strict=True)) == {
        ("phenotype", "known"), ("phenotype", "predicted"), ("disease", "known"),
    }  # fmt: skip
    assert table["source"].map(bool).all()
    assert table["padj"].between(0, 1).all()
    parts = table.groupby(["group", "kind", "evidence"])
    assert parts["pvalue"].apply(lambda p: p.is_monotonic_increasing).all()


def test_b_cell_phenotypes_are_found(table: pd.DataFrame) -> None:
    own = table[(table["group"] == "B") & (table["evidence"] == "known") & (table["kind"] == "disease")]
    row = own[own["term"] == "Autosomal agammaglobulinemia"].iloc[0]
    assert {"CD79A", "CD79B"} <= set(row["genes"].split(";"))
    assert row["padj"] < 0.05
    assert "Orphanet 2025-12" in row["source"]


def test_known_rows_are_the_hypergeometric_test(pbmc: AnnData, table: pd.DataFrame) -> None:
    known = load_annotations()
    detected = set(pbmc.var_names[np.asarray(pbmc.X.sum(axis=0)).ravel() > 0])
    symbol = dict(zip(pbmc.var_names, resolve(pbmc.var_names).symbols, strict=True))
    ranked = sc.get.rank_genes_groups_df(pbmc, "NK")
    up = ranked[(ranked["pvals_adj"] < 0.05) & (ranked["logfoldchanges"] > 0) & ranked["names"].isin(detected)]
    name_of = dict(zip(approved_symbols(known.genes), known.genes, strict=True))
    some = set(approved_symbols([known.genes[row] for row in np.flatnonzero(np.diff(known.gene_phenotypes.indptr))]))
    annotated = {gene for gene in detected if symbol[gene] in some}
    query = set(up["names"].head(100)) & annotated
    part = table[(table["group"] == "NK") & (table["kind"] == "phenotype") & (table["evidence"] == "known")]
    for row in part.iloc[[0, 5, -1]].itertuples():
        term = known.ontology.term(row.id)
        own = {gene for gene in detected if known.evidence(name_of.get(symbol[gene], ""), term)}
        assert row.n_found == len(own)
        assert row.n_hits == len(own & query)
        assert set(filter(None, row.genes.split(";"))) == own & query
        expected = hypergeom.sf(row.n_hits - 1, len(annotated), len(own), len(query))
        np.testing.assert_allclose(row.pvalue, expected, rtol=1e-6)
    np.testing.assert_allclose(part["padj"], false_discovery_control(part["pvalue"]))


def test_predicted_rows_are_a_test_of_the_mean(pbmc: AnnData, table: pd.DataFrame) -> None:
    """The closed form in the space of the encodings is the plain mean over spread, by strata, of all predictions."""
    predictor, known = load_predictor(), load_annotations()
    detected = pbmc.var_names[np.asarray(pbmc.X.sum(axis=0)).ravel() > 0].to_numpy()
    part = table[(table["group"] == "NK") & (table["evidence"] == "predicted")]
    ranked = sc.get.rank_genes_groups_df(pbmc, "NK")
    up = ranked[(ranked["pvals_adj"] < 0.05) & (ranked["logfoldchanges"] > 0) & ranked["names"].isin(set(detected))]
    query = np.isin(detected, up["names"].head(100))
    rows = match(detected, np.array(predictor.genes, dtype=object))
    columns = predictor.column[[known.ontology.term(name) for name in part["id"]]]
    strength = predictor.strength(rows, columns)
    place = match(detected, np.array(known.genes, dtype=object))
    annotated = (place >= 0) & (np.diff(known.gene_phenotypes.indptr)[place] > 0)
    expected, variance = 0, 0
    for inside in (annotated, ~annotated):
        n, m = inside.sum(), (inside & query).sum()
        expected = expected + m * strength[inside].mean(axis=0)
        variance = variance + m * strength[inside].var(axis=0) * (n - m) / (n - 1)
    score = (strength[query].sum(axis=0) - expected) / np.sqrt(variance)
    score -= np.median(score)
    np.testing.assert_allclose(part["score"], score / (1.4826 * np.median(np.abs(score))), rtol=5e-3, atol=5e-3)
    assert (np.diff(part["score"].head(50)) <= 0).all()
    assert part["pvalue"].between(1e-7, 1).all()
    for row in part.iloc[[0, 7]].itertuples():
        behind = set(filter(None, row.genes.split(";")))
        assert behind <= set(detected[query])
        assert not any(known.evidence(gene, row.id) for gene in behind)


def test_random_lists_are_rarely_significant(pbmc: AnnData) -> None:
    """Of every size; p-values of the normal curve would be too low for short lists."""
    rng = np.random.default_rng(0)
    tests = PhenotypeEnrichment.over(pbmc.var_names.to_numpy()[:4000], min_genes=5, max_genes=500)
    for n in (8, 40):
        found = [tests.predicted(rng.choice(4000, n, replace=False)).pvalue for _ in range(12)]
        assert 0.01 < np.mean(np.array(found) < 0.05) < 0.09
        assert np.mean([false_discovery_control(p).min() < 0.05 for p in found]) < 0.3


def test_round_trip(pbmc: AnnData, tmp_path: Path) -> None:
    adata = pbmc.copy()
    assert tl.phenotypes(adata, key_added="found", n_top=5) is None
    assert len(adata.uns["found"]) == 3 * 3 * 5
    assert adata.uns["scgsfm"]["found"]["sources"]["hpo"]["version"] == "2026-02-16"
    assert "medical advice" in adata.uns["scgsfm"]["found"]["about"]
    adata.write_h5ad(tmp_path / "a.h5ad")
    adata.write_zarr(tmp_path / "a.zarr")
    for read in (ad.read_h5ad(tmp_path / "a.h5ad"), ad.read_zarr(tmp_path / "a.zarr")):
        pd.testing.assert_frame_equal(read.uns["found"], adata.uns["found"], check_dtype=False, check_index_type=False)
        assert read.uns["scgsfm"]["found"]["about"] == load_annotations().about()


def test_groups_without_markers_are_skipped(pbmc: AnnData) -> None:
    adata = pbmc.copy()
    adata.uns["rank_genes_groups"]["pvals_adj"]["NK"][:] = 1
    with pytest.warns(GeneSetWarning, match="no marker .* are skipped: 'NK'"):
        tl.phenotypes(adata)
    assert "NK" not in set(adata.uns["phenotypes"]["group"])


@pytest.mark.parametrize("options", [{"n_genes": 0}, {"max_padj": 0}, {"n_top": 0}, {"min_genes": 9, "max_genes": 5}])
def test_invalid_arguments_raise(pbmc: AnnData, options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be|must hold"):
        tl.phenotypes(pbmc, **options)


def test_unknown_genes_raise(pbmc: AnnData) -> None:
    adata = pbmc.copy()
    adata.var_names = [f"x{i}" for i in range(adata.n_vars)]
    del adata.uns["rank_genes_groups"]
    with pytest.raises(GeneMatchError):
        tl.phenotypes(adata, "cell_type")


def test_the_source_of_predictions_is_that_of_the_predictor(pbmc: ad.AnnData) -> None:
    genes = pbmc.var_names.to_numpy()[:3000]
    predictor = replace(load_predictor(), source="another model")
    tests = PhenotypeEnrichment.over(genes, min_genes=5, max_genes=500, predictor=predictor)
    tables = pd.concat(tests.tables("a", np.arange(20), 5))
    predicted = tables["evidence"] == "predicted"
    assert set(tables.loc[predicted, "source"]) == {"another model"}
    assert "another model" not in set(tables.loc[~predicted, "source"])


def test_without_ribosomal_genes_naive_t_cells_do_not_point_to_anemia() -> None:
    adata = scgsfm.datasets.pbmc()
    sc.pp.normalize_total(adata)
    sc.pp.log1p(adata)
    sc.tl.rank_genes_groups(adata, "cell_type", groups=["Naive CD4 T"], method="t-test_overestim_var")
    tl.phenotypes(adata)
    tl.phenotypes(adata, exclude="ribosomal", key_added="without")
    known = {
        key: table[(table["kind"] == "phenotype") & (table["evidence"] == "known")]
        for key, table in adata.uns.items()
        if key in {"phenotypes", "without"}
    }
    assert known["phenotypes"]["term"].iloc[0] == "Erythroid hypoplasia"
    without = known["without"]
    assert "Erythroid hypoplasia" not in without.loc[without["padj"] < 0.05, "term"].tolist()
    assert "Abnormal T cell morphology" in without["term"].head(5).tolist()
    assert not without["genes"].str.contains(r"\bRP[LS]\d").any()
    assert list(adata.uns["scgsfm"]["without"]["ranking"]["exclude"]) == ["ribosomal"]
