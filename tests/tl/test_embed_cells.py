from __future__ import annotations

import copy
import logging
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import scgsfm
from scgsfm.completion import CellSignatures
from scgsfm.errors import GeneMatchError, GeneMatchWarning
from scgsfm.scoring import BlockReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scgsfm.models.gsfm import GSFM

    Dense = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def make_adata(x: Any, model: GSFM) -> ad.AnnData:
    """Cells × genes; the model knows every other gene, in another order than that of its vocabulary."""
    names = np.array([f"peak{i}" for i in range(x.shape[1])], dtype=object)
    names[: 2 * len(model.genes) - 4 : 2] = model.genes[:1:-1]
    return ad.AnnData(x, var=pd.DataFrame(index=names))


def expected_sets(x: np.ndarray, names: pd.Index, model: GSFM, n_genes: int, weighting: str, soft: bool) -> np.ndarray:
    """Dense cells × vocabulary, gene by gene."""
    columns = [names.get_loc(gene) if gene in names else -1 for gene in model.genes]
    values = np.where(np.array(columns) >= 0, x[:, columns], 0).astype(float)
    if weighting == "specificity":
        values = np.maximum(values - values.mean(axis=0), 0) * values.std(axis=0)
    sets = np.zeros_like(values)
    for own, row in zip(sets, values, strict=True):
        chosen = [gene for gene in np.argsort(-row, kind="stable")[:n_genes] if row[gene] > 0]
        own[chosen] = row[chosen] * np.sqrt(len(chosen)) / np.linalg.norm(row[chosen]) if soft else 1
    return sets


@pytest.mark.parametrize("weighting", ["expression", "specificity"])
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("n_genes", [3, 500])
@pytest.mark.parametrize("kind", ["encoder", "latent"])
def test_matches_the_dense_network(
    counts: np.ndarray, gsfm: GSFM, dense: Dense, kind: str, weighting: str, n_genes: int, *, soft: bool
) -> None:
    adata = make_adata(sparse.csr_matrix(counts), gsfm)
    options = {"n_genes": n_genes, "weighting": weighting, "soft": soft}
    sets = expected_sets(counts, adata.var_names, gsfm, **options)
    options["kind"] = kind
    assert scgsfm.tl.embed_cells(adata, model=gsfm, **options) is None
    if kind == "latent":
        expected, _ = dense(sets)
    else:
        norms = np.linalg.norm(sets, axis=1, keepdims=True)
        expected = sets / np.where(norms > 0, norms, 1) @ gsfm.gene_embeddings("encoder").astype(float)
    assert adata.obsm["X_gsfm"].dtype == np.float32
    np.testing.assert_allclose(adata.obsm["X_gsfm"], expected, rtol=1e-4, atol=1e-4)
    record = adata.uns["scgsfm"]["X_gsfm"]
    assert record["params"] == {**options, "use_raw": False}
    assert (record["model"], record["n_known"], record["counts"]) == ("tiny", 25, False)


def test_same_numbers_for_all_types(counts: np.ndarray, gsfm: GSFM, array_type: Callable[[np.ndarray], Any]) -> None:
    adata = make_adata(sparse.csr_matrix(counts), gsfm)
    scgsfm.tl.embed_cells(adata, model=gsfm, n_genes=7, weighting="specificity")
    other = ad.AnnData(obs=adata.obs[[]], var=adata.var)
    other.layers["x"] = array_type(counts)
    scgsfm.tl.embed_cells(other, model=gsfm, n_genes=7, weighting="specificity", layer="x", block_size=5)
    np.testing.assert_allclose(other.obsm["X_gsfm"], adata.obsm["X_gsfm"], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("soft", [False, True])
def test_principal_components_are_those_of_the_dense_sets(counts: np.ndarray, gsfm: GSFM, *, soft: bool) -> None:
    adata = make_adata(sparse.csr_matrix(counts), gsfm)
    scgsfm.tl.embed_cells(adata, model=gsfm, kind="pca", n_genes=7, n_comps=4, soft=soft)
    sets = expected_sets(counts, adata.var_names, gsfm, 7, "specificity", soft)
    norms = np.linalg.norm(sets, axis=1, keepdims=True)
    unit = sets / np.where(norms > 0, norms, 1)
    left, size, _ = np.linalg.svd(unit - unit.mean(axis=0), full_matrices=False)
    found = adata.obsm["X_gsfm"]
    assert (found.dtype, found.shape) == (np.float32, (len(counts), 4))
    sign = np.sign((found * left[:, :4]).sum(axis=0))
    np.testing.assert_allclose(found, sign * left[:, :4] * size[:4], atol=1e-5)
    record = adata.uns["scgsfm"]["X_gsfm"]
    np.testing.assert_allclose(record["variance_ratio"], (size**2 / (size**2).sum())[:4], rtol=1e-4)
    assert record["params"] == {
        "kind": "pca", "n_comps": 4, "n_genes": 7, "weighting": "specificity", "soft": soft, "use_raw": False
    }  # fmt: skip


def test_principal_components_do_not_depend_on_the_weights_of_the_model(counts: np.ndarray, gsfm: GSFM) -> None:
    adata = make_adata(counts, gsfm)
    scgsfm.tl.embed_cells(adata, model=gsfm, kind="pca", n_comps=3)
    other = copy.deepcopy(gsfm)
    for weights in other.module.parameters():
        weights.data.zero_()
    scgsfm.tl.embed_cells(adata, model=other, kind="pca", n_comps=3, key_added="X_other")
    np.testing.assert_array_equal(adata.obsm["X_other"], adata.obsm["X_gsfm"])


def test_principal_components_of_all_types(
    counts: np.ndarray, gsfm: GSFM, array_type: Callable[[np.ndarray], Any]
) -> None:
    adata = make_adata(sparse.csr_matrix(counts), gsfm)
    adata.layers["x"] = array_type(counts)
    for layer, key in ((None, "X_gsfm"), ("x", "X_other")):
        scgsfm.tl.embed_cells(adata, model=gsfm, kind="pca", n_comps=3, layer=layer, block_size=5, key_added=key)
    np.testing.assert_allclose(adata.obsm["X_other"], adata.obsm["X_gsfm"], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("write", ["write_h5ad", "write_zarr"])
def test_principal_components_survive_the_disk(counts: np.ndarray, gsfm: GSFM, tmp_path: Path, write: str) -> None:
    adata = make_adata(counts, gsfm)
    scgsfm.tl.embed_cells(adata, model=gsfm, kind="pca", n_comps=3)
    getattr(adata, write)(tmp_path / "x")
    again = ad.read_h5ad(tmp_path / "x") if write == "write_h5ad" else ad.read_zarr(tmp_path / "x")
    np.testing.assert_array_equal(
        again.uns["scgsfm"]["X_gsfm"]["variance_ratio"], adata.uns["scgsfm"]["X_gsfm"]["variance_ratio"]
    )


def test_number_of_components(counts: np.ndarray, gsfm: GSFM) -> None:
    adata = make_adata(counts, gsfm)
    with pytest.raises(ValueError, match=r"`n_comps` is 50, but .* have \d+ principal components"):
        scgsfm.tl.embed_cells(adata, model=gsfm, kind="pca", n_comps=50)
    assert not adata.obsm
    scgsfm.tl.embed_cells(adata, model=gsfm, kind="pca")
    n_comps = adata.obsm["X_gsfm"].shape[1]
    assert 5 < n_comps < min(len(counts), 25)
    assert adata.uns["scgsfm"]["X_gsfm"]["params"]["n_comps"] == n_comps
    with pytest.raises(ValueError, match=f"is {n_comps + 1}, but .* have {n_comps} principal components"):
        scgsfm.tl.embed_cells(adata, model=gsfm, kind="pca", n_comps=n_comps + 1)
    with pytest.raises(ValueError, match="`n_comps` is 0"):
        scgsfm.tl.embed_cells(adata, model=gsfm, kind="pca", n_comps=0)
    with pytest.raises(ValueError, match="`n_comps` has no effect with `kind='latent'`"):
        scgsfm.tl.embed_cells(adata, model=gsfm, n_comps=3)
    with pytest.raises(ValueError, match="1 cell with 0 genes that vary between their sets have no principal"):
        scgsfm.tl.embed_cells(adata[:1].copy(), model=gsfm, kind="pca")


@pytest.mark.parametrize("use_raw", [False, True])
def test_backed(counts: np.ndarray, gsfm: GSFM, tmp_path: Path, *, use_raw: bool) -> None:
    adata = make_adata(sparse.csr_matrix(counts), gsfm)
    adata.raw = adata
    scgsfm.tl.embed_cells(adata, model=gsfm)
    adata.write_h5ad(tmp_path / "x.h5ad")
    backed = ad.read_h5ad(tmp_path / "x.h5ad", backed="r")
    scgsfm.tl.embed_cells(backed, model=gsfm, use_raw=use_raw, key_added="X_again", block_size=6)
    assert backed.isbacked
    np.testing.assert_allclose(backed.obsm["X_again"], adata.obsm["X_gsfm"], rtol=1e-5, atol=1e-5)
    backed.file.close()


def test_counts_are_log_normalised_over_known_genes(gsfm: GSFM, caplog: pytest.LogCaptureFixture) -> None:
    adata = make_adata(np.random.default_rng(0).poisson(2.0, (9, 60)), gsfm)
    by_hand = adata.copy()
    known = by_hand.var_names.isin(gsfm.genes)
    by_hand.X = np.log1p(10_000 * adata.X / adata.X[:, known].sum(axis=1, keepdims=True))
    scgsfm.tl.embed_cells(by_hand, model=gsfm)
    assert "counts were log-normalized for this" not in caplog.text
    with caplog.at_level(logging.INFO, logger="scgsfm"):
        scgsfm.tl.embed_cells(adata, model=gsfm)
    assert "counts were log-normalized for this" in caplog.text
    assert adata.uns["scgsfm"]["X_gsfm"]["counts"]
    np.testing.assert_allclose(adata.obsm["X_gsfm"], by_hand.obsm["X_gsfm"], rtol=1e-4, atol=1e-4)


def test_expression_weighting_is_independent_of_other_cells(counts: np.ndarray, gsfm: GSFM) -> None:
    whole, part = make_adata(counts, gsfm), make_adata(counts[5:8], gsfm)
    for adata in (whole, part):
        scgsfm.tl.embed_cells(adata, model=gsfm, weighting="expression")
    np.testing.assert_allclose(part.obsm["X_gsfm"], whole.obsm["X_gsfm"][5:8], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", ["counts", "values"])
def test_block_size_does_not_change_a_bit(gsfm: GSFM, kind: str) -> None:
    x = np.random.default_rng(3).poisson(0.7, (41, 60)).astype(float)
    adata = make_adata(sparse.csr_matrix(x if kind == "counts" else np.log1p(x / 3)), gsfm)
    for size in (1, 7, 41):
        scgsfm.tl.embed_cells(adata, model=gsfm, n_genes=6, block_size=size, key_added=f"X_{size}")
    rows = BlockReader(adata.X, block_size=41)
    for size in (1, 7):
        options = {"n_genes": 6, "specific": True, "soft": True, "counts": kind == "counts"}
        survey = CellSignatures.survey(BlockReader(adata.X, block_size=size), **options)
        whole = CellSignatures.survey(rows, **options)
        np.testing.assert_array_equal(survey.means, whole.means)
        np.testing.assert_array_equal(survey.factors, whole.factors)
        np.testing.assert_allclose(adata.obsm[f"X_{size}"], adata.obsm["X_41"], rtol=1e-5, atol=1e-5)


def test_moments_of_counts_are_those_of_the_log_values() -> None:
    x = np.random.default_rng(3).poisson(0.7, (41, 12)).astype(float)
    x[:, 3] = 2  # the total varies, so its log-normalised value isn't constant
    options = {"n_genes": 6, "specific": True, "soft": True}
    survey = CellSignatures.survey(BlockReader(sparse.csr_matrix(x), block_size=9), **options, counts=True)
    values = np.log1p(10_000 * x / x.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(survey.means, values.mean(axis=0))
    np.testing.assert_allclose(survey.factors, values.std(axis=0))
    constant = CellSignatures.survey(BlockReader(np.full((7, 3), 0.1)), **options, counts=False)
    assert constant.factors.tolist() == [0, 0, 0]


def test_constant_genes_are_in_no_set(counts: np.ndarray, gsfm: GSFM) -> None:
    adata = make_adata(counts, gsfm)
    with_constant = adata.copy()
    known = np.flatnonzero(adata.var_names.isin(gsfm.genes))
    with_constant.X[:, known[0]] = 0.1
    adata.X[:, known[0]] = 0
    for data in (adata, with_constant):
        scgsfm.tl.embed_cells(data, model=gsfm, soft=False)
    np.testing.assert_array_equal(with_constant.obsm["X_gsfm"], adata.obsm["X_gsfm"])


def test_empty_cells_get_the_empty_set(counts: np.ndarray, gsfm: GSFM) -> None:
    counts[6, :] = 0
    counts[6, 1] = 3.5  # a gene that the model doesn't know
    adata = make_adata(counts, gsfm)
    scgsfm.tl.embed_cells(adata, model=gsfm, kind="latent")
    empty = np.flatnonzero((counts[:, adata.var_names.isin(gsfm.genes)] == 0).all(axis=1))
    assert set(empty) >= {4, 6}
    np.testing.assert_allclose(adata.obsm["X_gsfm"][empty], gsfm.encode([[]] * len(empty)), rtol=1e-6)
    with pytest.warns(UserWarning, match=f"{len(empty)} cells have an empty set"):
        scgsfm.tl.embed_cells(adata, model=gsfm, kind="encoder", key_added="X_encoder")
    assert (adata.obsm["X_encoder"][empty] == 0).all()
    assert adata.uns["scgsfm"]["X_gsfm"]["n_empty"] == len(empty)


def test_genes_by_column_and_mouse_genes(counts: np.ndarray, gsfm: GSFM) -> None:
    adata = make_adata(counts, gsfm)
    scgsfm.tl.embed_cells(adata, model=gsfm)
    other = adata.copy()
    other.var["name"] = other.var_names
    other.var_names = [f"g{i}" for i in range(60)]
    scgsfm.tl.embed_cells(other, model=gsfm, gene_symbols="name")
    np.testing.assert_array_equal(other.obsm["X_gsfm"], adata.obsm["X_gsfm"])

    mouse = adata.copy()
    one_to_one = ["CD3D", "CD3E", "CD2", "CD8A", "CD4", "LCK", "ZAP70", "CD79A", "CD79B", "MS4A1", "CD19", "NKG7"]
    human = mouse[:, one_to_one].copy()
    mouse = human.copy()
    mouse.var_names = [name.capitalize() for name in one_to_one]
    for data in (human, mouse):
        scgsfm.tl.embed_cells(data, model=gsfm)
    np.testing.assert_array_equal(mouse.obsm["X_gsfm"], human.obsm["X_gsfm"])


def test_mask_excludes_genes(counts: np.ndarray, gsfm: GSFM) -> None:
    adata = make_adata(counts, gsfm)
    adata.var["kept"] = np.arange(60) < 30
    part = adata[:, :30].copy()
    scgsfm.tl.embed_cells(adata, model=gsfm, mask_var="kept")
    scgsfm.tl.embed_cells(part, model=gsfm)
    np.testing.assert_array_equal(adata.obsm["X_gsfm"], part.obsm["X_gsfm"])


def test_model_from_a_directory(counts: np.ndarray, gsfm: GSFM, tmp_path: Path) -> None:
    from scgsfm.models._serialization import write_folder

    tensors = {key: value.numpy() for key, value in gsfm.module.state_dict().items()}
    config = {"vocab_size": len(gsfm.genes), "d_model": 8, "depth": 2}
    write_folder(tmp_path / "tiny", config, tensors, gsfm.genes, {})
    one, other = make_adata(counts, gsfm), make_adata(counts, gsfm)
    scgsfm.tl.embed_cells(one, model=gsfm)
    scgsfm.tl.embed_cells(other, model=tmp_path / "tiny")
    np.testing.assert_array_equal(other.obsm["X_gsfm"], one.obsm["X_gsfm"])


@pytest.mark.parametrize("write", ["write_h5ad", "write_zarr"])
def test_round_trip(counts: np.ndarray, gsfm: GSFM, tmp_path: Path, write: str) -> None:
    adata = scgsfm.tl.embed_cells(make_adata(counts, gsfm), model=gsfm, copy=True)
    getattr(adata, write)(tmp_path / "x")
    again = ad.read_h5ad(tmp_path / "x") if write == "write_h5ad" else ad.read_zarr(tmp_path / "x")
    np.testing.assert_array_equal(again.obsm["X_gsfm"], adata.obsm["X_gsfm"])
    params = again.uns["scgsfm"]["X_gsfm"]["params"]
    assert (params["kind"], params["weighting"]) == ("latent", "specificity")


def test_copy_does_not_change_the_data(counts: np.ndarray, gsfm: GSFM) -> None:
    adata = make_adata(counts, gsfm)
    assert "X_gsfm" in scgsfm.tl.embed_cells(adata, model=gsfm, copy=True).obsm
    assert not adata.obsm
    assert not adata.uns


def test_unknown_genes_raise_warnings_and_errors(counts: np.ndarray, gsfm: GSFM) -> None:
    adata = make_adata(counts, gsfm)
    adata.var_names = [f"peak{i}" for i in range(60)]
    with pytest.raises(GeneMatchError, match="0 of 25 genes of the data in the model's vocabulary"):
        scgsfm.tl.embed_cells(adata, model=gsfm)
    adata.var_names = [*gsfm.genes[2:9], *adata.var_names[7:]]
    with pytest.warns(GeneMatchWarning, match="7 of 25"):
        scgsfm.tl.embed_cells(adata, model=gsfm)


def test_bad_values(counts: np.ndarray, gsfm: GSFM) -> None:
    with pytest.raises(ValueError, match="negative values.*`layer`"):
        scgsfm.tl.embed_cells(make_adata(counts - 0.1, gsfm), model=gsfm)
    counts[0, 0] = np.nan
    with pytest.raises(ValueError, match="1 NaN"):
        scgsfm.tl.embed_cells(make_adata(counts, gsfm), model=gsfm)


@pytest.mark.parametrize("options", [{"n_genes": 0}, {"weighting": "tfidf"}])
def test_bad_options(counts: np.ndarray, gsfm: GSFM, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="`n_genes` is 0|`weighting` is 'tfidf'"):
        scgsfm.tl.embed_cells(make_adata(counts, gsfm), model=gsfm, **options)


def test_bad_kind(counts: np.ndarray, gsfm: GSFM) -> None:
    with pytest.raises(ValueError, match="`kind` is 'decoder'"):
        scgsfm.tl.embed_cells(make_adata(counts, gsfm), model=gsfm, kind="decoder")


def test_bad_model(counts: np.ndarray, gsfm: GSFM) -> None:
    with pytest.raises(TypeError, match="`model` is a int"):
        scgsfm.tl.embed_cells(make_adata(counts, gsfm), model=3)
