from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import scgsfm
from scgsfm.completion import complete
from scgsfm.errors import GeneMatchError, GeneMatchWarning, GeneSetWarning
from scgsfm.scoring._plan import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import LinearModel

SETS = {
    "T/NK": ["CD3D", "CD3E", "CD2", "NKG7"],
    "B": ["CD79A", "CD79B", "MS4A1"],
    "myeloid": ["LYZ", "S100A8", "S100A9", "CD14"],
}


@pytest.fixture
def adata(counts: np.ndarray, linear_model: LinearModel) -> ad.AnnData:
    """Cells × genes of which the first are known by their symbols."""
    names = [*linear_model.symbols, *(f"peak{i}" for i in range(60 - len(linear_model.symbols)))]
    return ad.AnnData(sparse.csr_matrix(counts), var=pd.DataFrame(index=names))


def values(adata: ad.AnnData, key: str = "score_aucell") -> np.ndarray:
    return adata.obsm[key].to_numpy()


def test_writes_scores_and_parameters(adata: ad.AnnData) -> None:
    assert scgsfm.tl.score(adata, SETS, n_up=10) is None
    scores = adata.obsm["score_aucell"]
    assert scores.index.equals(adata.obs_names)
    assert list(scores) == ["T\N{DIVISION SLASH}NK", "B", "myeloid"]
    assert (scores.dtypes == np.float64).all()
    record = adata.uns["scgsfm"]["score_aucell"]
    assert record["params"] == {"n_up": 10, "ties": "expected"}
    assert record["set_names"].tolist() == list(SETS)
    assert record["n_genes"].tolist() == record["n_found"].tolist() == [4, 3, 4]
    assert record["version"] == scgsfm.__version__


def test_scores_are_those_of_the_methods(adata: ad.AnnData, counts: np.ndarray) -> None:
    from scipy.stats import rankdata

    scgsfm.tl.score(adata, SETS, ties="decoupler", n_up=12)
    detected = np.flatnonzero(counts.any(axis=0))
    order = detected[np.random.default_rng(0).choice(len(detected), len(detected), replace=False)]
    ranks = rankdata(-counts[:, order], method="ordinal", axis=1)
    for name, genes in SETS.items():
        columns = np.isin(order, adata.var_names.get_indexer(genes))
        k = columns.sum()
        expected = np.maximum(12 - ranks[:, columns], 0).sum(axis=1) / np.arange(11, 0, -1)[:k].sum()
        np.testing.assert_allclose(adata.obsm["score_aucell"][name.replace("/", "\u2215")], expected, rtol=1e-12)


def test_same_numbers_for_all_types(adata: ad.AnnData, array_type: Any, counts: np.ndarray) -> None:
    scgsfm.tl.score(adata, SETS)
    other = ad.AnnData(obs=adata.obs[[]], var=adata.var)
    other.layers["x"] = array_type(counts)
    scgsfm.tl.score(other, SETS, layer="x", block_size=5)
    np.testing.assert_array_equal(values(other), values(adata))


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_matrix, np.asarray])
@pytest.mark.parametrize("use_raw", [False, True])
def test_backed(adata: ad.AnnData, counts: np.ndarray, tmp_path: Path, make: Any, *, use_raw: bool) -> None:
    adata.X = make(counts)
    adata.raw = adata
    scgsfm.tl.score(adata, SETS)
    adata.copy().write_h5ad(tmp_path / "x.h5ad")
    backed = ad.read_h5ad(tmp_path / "x.h5ad", backed="r")
    del backed.obsm["score_aucell"]
    scgsfm.tl.score(backed, SETS, use_raw=use_raw, block_size=7)
    assert backed.isbacked
    np.testing.assert_array_equal(values(backed), values(adata))


@pytest.mark.parametrize("store", ["h5ad", "zarr"])
def test_results_survive_storage(adata: ad.AnnData, linear_model: LinearModel, tmp_path: Path, store: str) -> None:
    scgsfm.tl.score(adata, SETS, method=["aucell", "gsfm"], model=linear_model, expand={"n_genes": 3})
    path = tmp_path / f"x.{store}"
    getattr(adata, f"write_{store}")(path)
    back = ad.read_h5ad(path) if store == "h5ad" else ad.read_zarr(path)
    for key in ("score_aucell", "score_gsfm"):
        pd.testing.assert_frame_equal(back.obsm[key], adata.obsm[key])
        record = back.uns["scgsfm"][key]
        assert list(record["set_names"]) == list(SETS)
        assert record["completion"] == {"model": "linear", "n_genes": 3}


def test_layer_and_raw(adata: ad.AnnData, counts: np.ndarray) -> None:
    scgsfm.tl.score(adata, SETS)
    expected = values(adata)
    adata.raw = adata
    adata.layers["x"] = adata.X.copy()
    adata.X = sparse.csr_matrix(counts[::-1])
    scgsfm.tl.score(adata, SETS, layer="x", key_added="layer")
    scgsfm.tl.score(adata[:, :30], SETS, use_raw=True, copy=True)
    raw = scgsfm.tl.score(adata[:, :30].copy(), SETS, use_raw=True, copy=True)
    np.testing.assert_array_equal(values(adata, "layer"), expected)
    np.testing.assert_array_equal(values(raw), expected)
    assert adata.uns["scgsfm"]["layer"]["layer"] == "x"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layer": "counts"}, "'counts' is not in `adata.layers`"),
        ({"use_raw": True}, "no `.raw`"),
        ({"use_raw": True, "layer": "x"}, "mutually exclusive"),
        ({"method": "magic"}, "Unknown `method` 'magic'.*aucell"),
        ({"method": None}, "`method` is None"),
        ({"method": []}, "`method` is empty"),
        ({"min_genes": 0}, "`min_genes` is 0"),
        ({"mask_var": "hvg"}, "'hvg' is not a column"),
        ({"mask_var": [True, False]}, "one value for each of the 60 genes"),
        ({"expand": {"genes": 3}, "method": "gsfm"}, "only 'n_genes' and 'weight' are allowed"),
    ],
)
def test_bad_arguments(adata: ad.AnnData, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scgsfm.tl.score(adata, SETS, **arguments)


def test_unknown_parameter(adata: ad.AnnData) -> None:
    with pytest.raises(TypeError, match="'n_top'.*'aucell' has n_up, ties"):
        scgsfm.tl.score(adata, SETS, n_top=3)


def test_empty_x(adata: ad.AnnData) -> None:
    with pytest.raises(ValueError, match="`adata.X` is None"):
        scgsfm.tl.score(ad.AnnData(obs=adata.obs, var=adata.var), SETS)


@pytest.mark.parametrize("as_column", [False, True])
def test_mask_var_is_a_panel(adata: ad.AnnData, *, as_column: bool) -> None:
    mask = np.arange(60) < 40
    adata.var["panel"] = mask
    panel = scgsfm.tl.score(adata[:, mask].copy(), SETS, copy=True)
    scgsfm.tl.score(adata, SETS, mask_var="panel" if as_column else mask)
    np.testing.assert_array_equal(values(adata), values(panel))


def test_gene_symbols(adata: ad.AnnData) -> None:
    scgsfm.tl.score(adata, SETS)
    adata.var["name"] = adata.var_names
    adata.var_names = [f"id{i}" for i in range(60)]
    scgsfm.tl.score(adata, SETS, gene_symbols="name", key_added="by_column")
    np.testing.assert_array_equal(values(adata, "by_column"), values(adata))


def test_gene_identifiers_of_any_kind(adata: ad.AnnData) -> None:
    scgsfm.tl.score(adata, {"peaks": ["peak0", "peak3", "peak7"]})
    assert list(adata.obsm["score_aucell"]) == ["peaks"]


def test_copy_does_not_change_the_data(adata: ad.AnnData) -> None:
    other = scgsfm.tl.score(adata, SETS, copy=True)
    assert not adata.obsm
    assert not adata.uns
    assert "score_aucell" in other.obsm


def test_several_methods_in_one_call(adata: ad.AnnData, linear_model: LinearModel) -> None:
    scgsfm.tl.score(adata, SETS, method=["aucell", "gsfm"], model=linear_model, key_added="both")
    for name in ("aucell", "gsfm"):
        scgsfm.tl.score(adata, SETS, method=name, model=linear_model)
        np.testing.assert_array_equal(values(adata, f"both_{name}"), values(adata, f"score_{name}"))


def test_gsfm_is_aucell_of_the_completed_sets(adata: ad.AnnData, linear_model: LinearModel) -> None:
    options = {"n_genes": 4, "weight": 0.5}
    completed = complete(SETS, linear_model, genes=adata.var_names, **options)
    scgsfm.tl.score(adata, completed, n_up=10)
    scgsfm.tl.score(adata, SETS, method="gsfm", expand=options, model=linear_model, n_up=10)
    scgsfm.tl.score(adata, SETS, expand=options, model=linear_model, key_added="expanded", n_up=10)
    np.testing.assert_array_equal(values(adata, "score_gsfm"), values(adata))
    np.testing.assert_array_equal(values(adata, "expanded"), values(adata))
    record = adata.uns["scgsfm"]["score_gsfm"]
    assert record["n_found"].tolist() == [4, 3, 4]
    assert record["n_scored"].tolist() == [8, 7, 8]
    assert record["completion"] == {"model": "linear", **options}


def test_sets_with_too_few_genes_are_skipped_with_a_warning(adata: ad.AnnData) -> None:
    sets = {**SETS, "absent": ["FOXP3", "IL2RA"]}
    with pytest.warns(GeneSetWarning, match="1 of 4 sets has no gene in the data and is left out: 'absent'"):
        scgsfm.tl.score(adata, sets)
    assert adata.uns["scgsfm"]["score_aucell"]["set_names"].tolist() == list(SETS)
    with pytest.warns(GeneSetWarning, match="2 of 4"):
        scgsfm.tl.score(adata, sets, min_genes=4)
    assert adata.uns["scgsfm"]["score_aucell"]["n_found"].tolist() == [4, 4]
    with pytest.raises(GeneMatchError, match="No set is left"):
        scgsfm.tl.score(adata, sets, min_genes=5)


def test_few_and_no_matches(adata: ad.AnnData) -> None:
    with pytest.warns(GeneMatchWarning, match="33.3%"):
        scgsfm.tl.score(adata, {"a": ["CD3D", "FOXP3", "IL2RA"]})
    with pytest.raises(GeneMatchError):
        scgsfm.tl.score(adata, {"a": ["FOXP3", "IL2RA"]})


def test_duplicate_column_names_are_made_unique(adata: ad.AnnData) -> None:
    scgsfm.tl.score(adata, {"a/b": SETS["B"], "a\N{DIVISION SLASH}b": SETS["myeloid"]})
    assert adata.obsm["score_aucell"].columns.is_unique
    assert adata.uns["scgsfm"]["score_aucell"]["set_names"].tolist() == ["a/b", "a\N{DIVISION SLASH}b"]


def test_negative_weights_raise_and_name_the_sets(adata: ad.AnnData) -> None:
    sets = {**SETS, "regulon": {"CD3D": 1.0, "LYZ": -1.0}}
    for method in ("aucell", "gsfm"):
        with pytest.raises(ValueError, match="negative weights of: 'regulon'"):
            scgsfm.tl.score(adata, sets, method=method)


def test_nan_raises(adata: ad.AnnData) -> None:
    adata.X.data[3] = np.nan
    with pytest.raises(ValueError, match="1 NaN"):
        scgsfm.tl.score(adata, SETS)
    assert not adata.obsm


def test_markers_score_highest_in_their_cell_type() -> None:
    adata = scgsfm.datasets.pbmc()
    markers = {"B": ["CD79A", "CD79B", "MS4A1", "CD74"], "Mono": ["LYZ", "S100A8", "S100A9", "CST3"]}
    scgsfm.tl.score(adata, markers)
    means = adata.obsm["score_aucell"].groupby(adata.obs["cell_type"].to_numpy()).mean()
    assert means["B"].idxmax().startswith("B")
    assert "Mono" in means["Mono"].idxmax()


@pytest.fixture
def blood() -> ad.AnnData:
    return scgsfm.datasets.pbmc()[:40].copy()


B_CELL = {"B": ["CD79A", "CD79B", "MS4A1"]}


def test_scale_of_the_values_is_recorded(blood: ad.AnnData, recwarn: pytest.WarningsRecorder) -> None:
    import scanpy as sc

    scgsfm.tl.score(blood, B_CELL)
    assert blood.uns["scgsfm"]["score_aucell"]["values"] == "counts"
    assert not recwarn, "ranks need no logarithms"
    sc.pp.normalize_total(blood)
    scgsfm.tl.score(blood, B_CELL, method=["zscore", "aucell", "mean"])
    assert blood.uns["scgsfm"]["score_mean"]["values"] == "normalized"
    sc.pp.log1p(blood)
    scgsfm.tl.score(blood, B_CELL, method=["zscore", "ulm", "mlm", "mean", "gsva", "score_genes"])
    assert blood.uns["scgsfm"]["score_ulm"]["values"] == "log-normalized"
    assert [str(found.message) for found in recwarn if found.category is GeneSetWarning] == []
    sc.pp.log1p(blood)
    with pytest.warns(UserWarning, match="'ulm' assumes log-normalized"):
        scgsfm.tl.score(blood, B_CELL, method="ulm")


@pytest.mark.parametrize("method", ["zscore", "ulm", "mlm", "mean", "gsva", "score_genes", "gsea"])
def test_counts_are_log_normalized_for_methods_that_need_it(blood: ad.AnnData, method: str) -> None:
    import scanpy as sc

    logs = sc.pp.log1p(sc.pp.normalize_total(blood, target_sum=1e4, copy=True), copy=True)
    before = blood.X.copy()
    scgsfm.tl.score(logs, B_CELL, method=["aucell", method])
    scgsfm.tl.score(blood, B_CELL, method=["aucell", method])
    for key in ("score_aucell", f"score_{method}"):  # ranks are those of the counts, in either case
        np.testing.assert_allclose(blood.obsm[key], logs.obsm[key], rtol=2e-4, atol=1e-5)
    assert [adata.uns["scgsfm"][f"score_{method}"]["log_normalized"] for adata in (blood, logs)] == [True, False]
    assert not blood.uns["scgsfm"]["score_aucell"]["log_normalized"]
    assert (before != blood.X).nnz == 0


def test_log_normalize_decides_for_counts_of_any_kind_of_array(blood: ad.AnnData) -> None:
    import scanpy as sc

    da = pytest.importorskip("dask.array")
    logs = sc.pp.log1p(sc.pp.normalize_total(blood, target_sum=1e4, copy=True), copy=True)
    scgsfm.tl.score(logs, B_CELL, method="ulm")
    as_they_are = blood.copy()
    as_they_are.X = blood.X.astype(np.float64) + 0.0
    scgsfm.tl.score(as_they_are, B_CELL, method="ulm", log_normalize=False)
    assert not np.allclose(as_they_are.obsm["score_ulm"], logs.obsm["score_ulm"])
    scaled = blood.copy()
    scaled.X = sc.pp.scale(logs, copy=True).X
    with pytest.raises(ValueError, match="`log_normalize=True` needs counts"):
        scgsfm.tl.score(scaled, B_CELL, method="ulm", log_normalize=True)

    blood.X = da.from_array(blood.X.toarray(), chunks=(100, -1))
    for compute in (True, False):
        scgsfm.tl.score(blood, B_CELL, method="ulm", compute=compute)
        scores = scgsfm.get.scores(blood, method="ulm")
        np.testing.assert_allclose(scores, logs.obsm["score_ulm"], rtol=2e-4, atol=1e-5)
        assert blood.uns["scgsfm"]["score_ulm"]["log_normalized"]
        scgsfm.tl.score(blood, B_CELL, method="ulm", compute=compute, log_normalize=False)
        np.testing.assert_allclose(
            scgsfm.get.scores(blood, method="ulm"), as_they_are.obsm["score_ulm"], rtol=1e-5, atol=1e-6
        )


def test_counts_of_selected_genes_are_normalized_by_all_genes(
    blood: ad.AnnData, few_array_types: Callable[[np.ndarray], Any]
) -> None:
    import scanpy as sc

    selected = np.arange(blood.n_vars) < blood.n_vars // 2
    logs = sc.pp.log1p(sc.pp.normalize_total(blood, target_sum=1e4, copy=True), copy=True)
    blood.X = few_array_types(blood.X.toarray())
    for adata in (blood, logs):
        scgsfm.tl.score(adata, {"a": blood.var_names[:9]}, method="mean", mask_var=selected)
    np.testing.assert_allclose(blood.obsm["score_mean"], logs.obsm["score_mean"], rtol=1e-5)


def test_missing_values_outside_the_mask_are_refused(blood: ad.AnnData) -> None:
    selected = np.arange(blood.n_vars) < blood.n_vars // 2
    blood.X = blood.X.toarray().astype(np.float32)
    blood.X[3, -1] = np.nan
    with pytest.raises(ValueError, match="1 NaN"):
        scgsfm.tl.score(blood, {"a": blood.var_names[:9]}, method="mean", mask_var=selected, log_normalize=True)


def test_antibodies_do_not_add_to_the_counts_of_a_cell(blood: ad.AnnData) -> None:
    alone = blood.copy()
    alone.var["feature_types"] = "Gene Expression"
    antibodies = ad.AnnData(
        sparse.csr_matrix(np.full((blood.n_obs, 3), 500.0, np.float32)),
        blood.obs,
        pd.DataFrame(index=["AB1", "AB2", "AB3"]),
    )
    antibodies.var["feature_types"] = "Antibody Capture"
    both = ad.concat([alone, antibodies], axis="var", merge="first")
    for adata in (alone, both):
        scgsfm.tl.score(adata, {"a": blood.var_names[:9]}, method="mean", log_normalize=True)
    np.testing.assert_allclose(both.obsm["score_mean"], alone.obsm["score_mean"], rtol=1e-6)


def test_poisson_kernel_takes_counts(blood: ad.AnnData, recwarn: pytest.WarningsRecorder) -> None:
    scgsfm.tl.score(blood[:, blood.var_names[:300]].copy(), {"a": blood.var_names[:9]}, method="gsva", kcdf="poisson")
    assert [str(found.message) for found in recwarn if "log-normalized" in str(found.message)] == []


def test_sets_of_which_little_is_in_the_data_are_named(blood: ad.AnnData, recwarn: pytest.WarningsRecorder) -> None:
    missing = [f"NOSUCH{i}" for i in range(19)]
    hallmark = scgsfm.datasets.library("hallmark")
    sets = {name: list(hallmark[name]) for name in hallmark.names[:3]}
    scgsfm.tl.score(blood, sets | {"two genes": ["CD79A", "CD79B"]})
    assert not recwarn
    with pytest.warns(GeneSetWarning, match=r"Few genes of 2 of 5 sets .*'poor' \(1 of 20\), 'small' \(1 of 3\)"):
        scgsfm.tl.score(blood, sets | {"poor": ["CD79A", *missing], "small": ["LYZ", *missing[:2]]})
    assert blood.uns["scgsfm"]["score_aucell"]["n_found"][-2:].tolist() == [1, 1]
    with pytest.warns(GeneSetWarning, match=r"1 of 4 sets has fewer than 5 genes .* left out: 'poor' \(1 of 20\)"):
        scgsfm.tl.score(blood, sets | {"poor": ["CD79A", *missing]}, min_genes=5)
    assert blood.uns["scgsfm"]["score_aucell"]["sets_left_out"].tolist() == ["poor"]


@pytest.mark.parametrize("kind", ["h5ad", "zarr"])
def test_any_name_of_a_set_can_be_written(blood: ad.AnnData, tmp_path: Path, kind: str) -> None:
    long = "x" * 300
    names = ["T/NK", long, long + "y", ".", "..", "_index", "barcode", "__a", ".zgroup", "a\\b", "ä" * 150]
    blood.obs.index.name = "barcode"
    scgsfm.tl.score(blood, {name: ["LYZ", "S100A8", blood.var_names[i]] for i, name in enumerate(names)}, method="ulm")
    assert list(scgsfm.get.scores(blood, "ulm")) == names
    path = tmp_path / f"x.{kind}"
    getattr(blood, f"write_{kind}")(path)
    again = ad.read_h5ad(path) if kind == "h5ad" else ad.read_zarr(path)
    assert list(scgsfm.get.scores(again, "ulm")) == names
    np.testing.assert_array_equal(again.obsm["padj_ulm"], blood.obsm["padj_ulm"])
    blood.obs.index.name = None
    assert list(scgsfm.get.scores(blood, "ulm")) == names


@pytest.mark.parametrize("key", ["a/b", ".", "..", "_index", "x" * 300, "__x"])
def test_keys_that_files_do_not_take(blood: ad.AnnData, key: str) -> None:
    with pytest.raises(ValueError, match="`key_added` .*can't be written to h5ad and zarr"):
        scgsfm.tl.score(blood, B_CELL, key_added=key)


def test_something_else_than_anndata(blood: ad.AnnData, tmp_path: Path) -> None:
    for given in ("cells.h5ad", None, blood.X):
        with pytest.raises(TypeError, match="`adata` must be AnnData"):
            scgsfm.tl.score(given, B_CELL)  # type: ignore[arg-type]
    blood.write_h5ad(tmp_path / "x.h5ad")
    backed = ad.read_h5ad(tmp_path / "x.h5ad", backed="r")
    with pytest.raises(ValueError, match=r"view of backed data.*to_memory\(\)"):
        scgsfm.tl.score(backed[:3], B_CELL)
    with pytest.raises(ValueError, match=r"`copy=True`.*to_memory\(\)"):
        scgsfm.tl.score(backed, B_CELL, copy=True)
    backed.file.close()


def test_null_scores_are_z_with_p_values(adata: ad.AnnData, tmp_path: Path) -> None:
    scgsfm.tl.score(adata, SETS, method=["aucell", "mean"], normalize="null", n_up=10, key_added="z")
    scores = scgsfm.tl.score(adata, SETS, n_up=10, copy=True).obsm["score_aucell"]
    z, padj = adata.obsm["z_aucell"], adata.obsm["padj_z_aucell"]
    assert list(z) == list(padj) == list(scores)
    for name in scores:  # in a cell, the order of sets may differ, but for one set of a size it is that of the scores
        assert np.corrcoef(z[name], scores[name])[0, 1] > 0.7
    assert ((padj >= 0) & (padj <= 1)).all(axis=None)
    assert adata.uns["scgsfm"]["z_aucell"]["normalize"] == "null"
    adata.write_h5ad(tmp_path / "x.h5ad")
    pd.testing.assert_frame_equal(ad.read_h5ad(tmp_path / "x.h5ad").obsm["padj_z_aucell"], padj)
    scgsfm.tl.score(adata, SETS, method=["aucell", "mean"], n_up=10, key_added="z")
    assert "padj_z_aucell" not in adata.obsm
    assert "normalize" not in adata.uns["scgsfm"]["z_aucell"]


def test_null_is_refused_by_name(adata: ad.AnnData) -> None:
    with pytest.raises(ValueError, match=r"`normalize='null'` is not defined for `method` 'ulm', 'gsva'.*Use aucell"):
        scgsfm.tl.score(adata, SETS, method=["ulm", "aucell", "gsva"], normalize="null")
    with pytest.raises(ValueError, match="`normalize` is 'range', but must be 'null' or None"):
        scgsfm.tl.score(adata, SETS, normalize="range")
    scgsfm.tl.score(adata, SETS, method="ssgsea", normalize="range")
    assert np.ptp(values(adata, "score_ssgsea")) == pytest.approx(1)


def test_smoothing_equals_pyucell(adata: ad.AnnData) -> None:
    knn = pytest.importorskip("pyucell.knn")
    rng = np.random.default_rng(0)
    graph = sparse.random(23, 23, 0.2, "csr", rng=rng)
    adata.obsp["connectivities"] = graph
    adata.uns["neighbors"] = {"connectivities_key": "connectivities"}
    scgsfm.tl.score(adata, SETS, method=["ucell", "zscore"], max_rank=20)
    table = adata.obsm["score_ucell"]
    adata.obs[list(table)] = table
    knn.smooth_knn_scores(adata, list(table), graph_key="connectivities")
    scgsfm.tl.score(adata, SETS, method=["ucell", "zscore"], max_rank=20, smooth="neighbors")
    expected = adata.obs[[f"{name}_kNN" for name in table]]
    np.testing.assert_allclose(values(adata, "score_ucell"), expected, atol=1e-6)
    assert "padj_zscore" not in adata.obsm
    assert adata.uns["scgsfm"]["score_ucell"]["smooth"] == {"key": "neighbors", "decay": 0.1}


def test_smoothing_without_a_graph_raises(adata: ad.AnnData) -> None:
    with pytest.raises(
        ValueError, match=r"`smooth='neighbors'` is not a graph of neighbors in `obsp`, which has: none"
    ):
        scgsfm.tl.score(adata, SETS, smooth="neighbors")


def test_members_of_a_consensus_are_stored(adata: ad.AnnData, tmp_path: Path) -> None:
    scgsfm.tl.score(adata, SETS, method="consensus")
    adata.write_h5ad(tmp_path / "x.h5ad")
    record = ad.read_h5ad(tmp_path / "x.h5ad").uns["scgsfm"]["score_consensus"]
    assert list(record["params"]["members"]) == ["mlm", "ulm", "sum"]
    scgsfm.tl.score(adata, SETS, method="consensus", members="ulm", key_added="one")
    assert adata.uns["scgsfm"]["one"]["params"]["members"] == "ulm"


def test_smoothing_leaves_the_graph_as_it_is(adata: ad.AnnData) -> None:
    n = adata.n_obs
    graph = sparse.random(n, n, 0.1, "csr", rng=np.random.default_rng(0))
    graph.setdiag(1)
    adata.obsp["graph"], adata.obsp["mask"] = graph.copy(), graph > 0
    scgsfm.tl.score(adata, SETS, smooth="graph")
    np.testing.assert_array_equal(adata.obsp["graph"].toarray(), graph.toarray())
    scgsfm.tl.score(adata, SETS, smooth="mask", key_added="of_mask")
    for wrong in (-1.0, np.nan):
        adata.obsp["wrong"] = graph * wrong
        with pytest.raises(ValueError, match=r"`smooth='wrong'` has missing, infinite or negative connectivities"):
            scgsfm.tl.score(adata, SETS, smooth="wrong")


@pytest.mark.parametrize("key", ["distances", "x_distances"])
def test_smoothing_over_distances_raises(adata: ad.AnnData, key: str) -> None:
    adata.obsp[key] = sparse.eye(adata.n_obs, format="csr")
    adata.uns["x"] = {"distances_key": "x_distances", "connectivities_key": "x_connectivities"}
    with pytest.raises(ValueError, match=f"`smooth='{key}'` are distances"):
        scgsfm.tl.score(adata, SETS, smooth=key)


@pytest.mark.parametrize(
    ("n_genes", "method", "params", "said"),
    [
        (300, "aucell", {}, "aucell used the highest 15 of 300 genes of a cell: for a panel, pass n_up=300"),
        (300, ["aucell", "gsfm"], {}, "aucell and gsfm used the highest 15"),
        (300, "aucell", {"n_up": 15}, ""),
        (300, "ucell", {}, ""),
        (1000, "aucell", {}, ""),
    ],
)
def test_log_says_that_few_ranks_were_used(
    linear_model: LinearModel,
    caplog: pytest.LogCaptureFixture,
    n_genes: int,
    method: str | list[str],
    params: dict[str, int],
    said: str,
) -> None:
    names = [*linear_model.symbols, *(f"peak{i}" for i in range(n_genes - len(linear_model.symbols)))]
    counts = np.random.default_rng(0).poisson(1.0, (5, n_genes)).astype(np.float32)
    panel = ad.AnnData(sparse.csr_matrix(counts), var=pd.DataFrame(index=names))
    scgsfm.tl.score(panel, SETS, method=method, model=linear_model, **params)
    assert said in caplog.text
    assert ("for a panel" in caplog.text) == bool(said)


def test_names_that_are_suggested_are_parameters() -> None:
    own = set(inspect.signature(scgsfm.tl.score).parameters) - {"adata", "gene_sets", "params"}
    assert own == set(OPTIONS)
