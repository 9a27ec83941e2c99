from __future__ import annotations

from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csc_matrix, csr_matrix

import scgsfm
from scgsfm.completion import _placed_genes
from scgsfm.errors import GeneMatchError, GeneMatchWarning
from scgsfm.scoring import BlockReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scgsfm.models.gsfm import GSFM

NAMES = ["Cd3e", "LYZ", "peak1", "ENSG00000198851", "CD79A"]
TOKENS = {"Cd3e": "CD3E", "LYZ": "LYZ", "ENSG00000198851": "CD3E", "CD79A": "CD79A"}


@pytest.fixture
def adata() -> ad.AnnData:
    return ad.AnnData(np.zeros((2, 5), np.float32), var=pd.DataFrame(index=NAMES))


def unit_rows(x: np.ndarray) -> np.ndarray:
    centred = x - x[2:].mean(axis=0)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)


@pytest.mark.parametrize("kind", ["combined", "single", "encoder", "decoder"])
def test_vectors_are_those_of_the_model(
    adata: ad.AnnData, gsfm: GSFM, dense: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], kind: str
) -> None:
    assert scgsfm.tl.embed_genes(adata, model=gsfm, kind=kind) is None
    found = adata.varm["gsfm"]
    state = {key: value.numpy() for key, value in gsfm.module.state_dict().items()}
    latent = dense(np.eye(len(gsfm.genes)))[0]
    seen = np.maximum(latent @ state["decoder.layers.0.weight"].T + state["decoder.layers.0.bias"], 0)
    table = {
        "single": latent,
        "encoder": state["encoder.layers.0.weight"].T,
        "decoder": state["decoder.layers.3.weight"],
        "combined": np.hstack([unit_rows(state["decoder.layers.3.weight"]), unit_rows(seen)]),
    }[kind]
    assert found.dtype == np.float32
    for name, vector in zip(NAMES, found, strict=True):
        if name in TOKENS:
            np.testing.assert_allclose(vector, table[gsfm.genes.index(TOKENS[name])], rtol=1e-4, atol=1e-5)
        else:
            assert np.isnan(vector).all()
    record = adata.uns["scgsfm"]["gsfm"]
    assert (record["n_genes"], record["n_known"], record["params"]) == (5, 4, {"kind": kind})


@pytest.mark.parametrize("write", ["write_h5ad", "write_zarr"])
def test_round_trip(adata: ad.AnnData, gsfm: GSFM, tmp_path: Path, write: str) -> None:
    adata.var["name"] = adata.var_names
    adata.var_names = [f"g{i}" for i in range(5)]
    found = scgsfm.tl.embed_genes(adata, model=gsfm, gene_symbols="name", key_added="vectors", copy=True)
    assert not adata.varm
    getattr(found, write)(tmp_path / "x")
    again = ad.read_h5ad(tmp_path / "x") if write == "write_h5ad" else ad.read_zarr(tmp_path / "x")
    np.testing.assert_array_equal(again.varm["vectors"], found.varm["vectors"])
    assert again.uns["scgsfm"]["vectors"]["params"]["gene_symbols"] == "name"


def test_errors(adata: ad.AnnData, gsfm: GSFM) -> None:
    with pytest.raises(ValueError, match="`kind` is 'both', but must be"):
        scgsfm.tl.embed_genes(adata, model=gsfm, kind="both")
    with pytest.raises(ValueError, match="gene_symbols='name'"):
        scgsfm.tl.embed_genes(adata, model=gsfm, gene_symbols="name")
    adata.var_names = [f"peak{i}" for i in range(5)]
    with pytest.raises(GeneMatchError, match="0 of 5 genes of the data"):
        scgsfm.tl.embed_genes(adata, model=gsfm)
    assert not adata.varm


def test_vectors_of_a_language_model(adata: ad.AnnData) -> None:
    pytest.importorskip("transformers")
    model = scgsfm.models.load("gpgpt-mini")
    scgsfm.tl.embed_genes(adata, model=model)
    found = adata.varm["gpgpt"]
    assert list(adata.varm) == ["gpgpt"]
    for name, vector in zip(NAMES, found, strict=True):
        if name in TOKENS:
            np.testing.assert_allclose(vector, model.embed([f"<gene>{TOKENS[name]}</gene>"])[0], rtol=1e-4, atol=1e-5)
        else:
            assert np.isnan(vector).all()
    assert adata.uns["scgsfm"]["gpgpt"]["n_known"] == 4
    with pytest.raises(ValueError, match="`kind` is 'decoder', but must be 'combined'"):
        scgsfm.tl.embed_genes(adata, model=model, kind="decoder")


@pytest.fixture
def cells() -> ad.AnnData:
    """Log-normalized cells of three kinds, with genes that the model does not know."""
    rng = np.random.default_rng(0)
    kinds = {
        "T": ["CD3D", "CD3E", "CD3G", "CD2", "LINC-T"],
        "B": ["CD79A", "CD79B", "MS4A1", "CD19"],
        "M": ["LYZ", "S100A8", "S100A9", "CD14"],
        "all": ["ACTB", "GAPDH", "noise"],
    }
    names = [gene for genes in kinds.values() for gene in genes]
    cell = np.repeat(list("TBM"), 40)
    rate = np.column_stack(
        [np.where((cell == kind) | (kind == "all"), 20.0, 1) for kind, g in kinds.items() for _ in g]
    )
    counts = np.column_stack([rng.poisson(rate), np.arange(120) < 5])
    values = np.log1p(counts / counts.sum(axis=1, keepdims=True) * 1e4).astype(np.float32)
    return ad.AnnData(values, var=pd.DataFrame(index=[*names, "rare"]))


@pytest.mark.parametrize("stored", [np.asarray, csr_matrix, csc_matrix])
def test_unknown_genes_are_placed(
    cells: ad.AnnData, gsfm: GSFM, monkeypatch: pytest.MonkeyPatch, stored: Callable[[np.ndarray], object]
) -> None:
    monkeypatch.setattr(_placed_genes, "N_NEIGHBORS", 3)
    monkeypatch.setattr(_placed_genes, "N_COMPONENTS", 5)
    names, x = cells.var_names, cells.X[:, :-1].astype(float)
    components = np.linalg.svd((x - x.mean(axis=0)) / x.std(axis=0), full_matrices=False)
    loadings = (components[1][:, None] * components[2])[:5].T
    unit = loadings / np.linalg.norm(loadings, axis=1, keepdims=True)
    unknown = np.flatnonzero(names[:-1] == "LINC-T")[0]
    known = np.flatnonzero(~names[:-1].isin(["LINC-T", "noise"]))
    cosine = unit[known] @ unit[unknown]
    nearest = known[np.argsort(-cosine)[:3]]

    cells.X = stored(cells.X)
    with pytest.warns(
        GeneMatchWarning, match=r"2 genes not in the model's vocabulary could not be placed.*'noise', 'rare'"
    ):
        scgsfm.tl.embed_genes(cells, model=gsfm, place_unknown=True)
    expected = cells.varm["gsfm"][nearest].mean(axis=0)
    np.testing.assert_allclose(cells.varm["gsfm"][unknown], expected, atol=1e-6)
    assert sorted(cells.var["gsfm_source"].value_counts().to_dict().items()) == [
        ("model", 14),
        ("neighbors in the data", 1),
        ("none", 2),
    ]
    assert cells.var["gsfm_source"]["LINC-T"] == "neighbors in the data"
    assert cells.var["gsfm_correlation"]["LINC-T"] == pytest.approx(np.sort(cosine)[-3:].mean(), abs=1e-4)
    assert cells.var["gsfm_correlation"].notna().sum() == 1
    assert np.isnan(cells.varm["gsfm"][[-1, -2]]).all()


def test_constant_genes_do_not_place_others(cells: ad.AnnData, gsfm: GSFM) -> None:
    """Their values in units of a standard deviation of 0 were infinite; 64 times 1 adds up without rounding."""
    cells = cells[:64].copy()
    cells.X[:, cells.var_names.isin(["ACTB", "noise"])] = 1
    genes = np.array(cells.var_names, dtype=object)
    with pytest.warns(GeneMatchWarning, match=r"the same value in all cells.*'noise'"):
        placed = _placed_genes.place_genes(BlockReader(cells.X), genes, gsfm, min_correlation=-1)
    without = np.flatnonzero(genes != "ACTB")
    with pytest.warns(GeneMatchWarning, match="could not be placed"):
        expected = _placed_genes.place_genes(BlockReader(cells.X[:, without]), genes[without], gsfm, min_correlation=-1)
    assert genes[placed.columns].tolist() == ["LINC-T"]
    np.testing.assert_array_equal(placed.weights.toarray(), expected.weights.toarray())
    np.testing.assert_allclose(placed.correlation, expected.correlation, atol=1e-5)


def test_columns_of_one_name_are_placed_once(cells: ad.AnnData, gsfm: GSFM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_placed_genes, "N_NEIGHBORS", 3)
    monkeypatch.setattr(_placed_genes, "N_COMPONENTS", 3)
    names = cells.var_names.to_series().replace("noise", "LINC-T")
    cells.X[:, -2] = cells.X[:, 4] + np.random.default_rng(0).normal(size=cells.n_obs).clip(0)
    cells.var_names = names
    genes = names.to_numpy(dtype=object)
    with pytest.warns(GeneMatchWarning, match="'rare'"):
        both = _placed_genes.place_genes(BlockReader(cells.X), genes, gsfm)
    assert both.columns.tolist() == [4, len(genes) - 2]
    assert both.correlation[0] > both.correlation[1] + 0.01
    with pytest.warns(GeneMatchWarning, match="'rare'"):
        scgsfm.tl.predict_functions(cells, library={"T": ["CD3D", "CD2"]}, model=gsfm, place_unknown=True)
    table = cells.uns["predicted_functions"]
    assert not table.duplicated(["gene", "term"]).any()
    assert table.loc[table["gene"] == "LINC-T", "correlation"].tolist() == [pytest.approx(both.correlation[0])]


def test_sources_of_earlier_vectors_are_removed(cells: ad.AnnData, gsfm: GSFM) -> None:
    """They would say of genes without a vector that it is from their neighbors."""
    cells.var["gsfm_user"] = 1
    for key in ("gsfm", "other"):
        with pytest.warns(GeneMatchWarning, match="could not be placed"):
            scgsfm.tl.embed_genes(cells, model=gsfm, place_unknown=True, key_added=key)
    for data in (cells[:100], cells):
        scgsfm.tl.embed_genes(data, model=gsfm)
        assert list(data.var) == ["gsfm_user", "other_source", "other_correlation"]
    cells.var["gsfm_source"] = "of the user"
    scgsfm.tl.embed_genes(cells, model=gsfm)
    assert "gsfm_source" in cells.var


def test_placed_genes_need_a_gene_set_model(cells: ad.AnnData) -> None:
    with pytest.raises(ValueError, match="`place_unknown=True` requires a gene set foundation model"):
        scgsfm.tl.embed_genes(cells, model="gpgpt-mini", place_unknown=True)


def test_predictions_of_placed_genes(cells: ad.AnnData, gsfm: GSFM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_placed_genes, "N_NEIGHBORS", 3)
    monkeypatch.setattr(_placed_genes, "N_COMPONENTS", 5)
    library = {"T": ["CD3D", "CD3E", "CD3G", "CD2", "LCK"], "B": ["CD79A", "CD79B", "MS4A1", "LINC-T"]}
    options = {"library": library, "model": gsfm, "place_unknown": True}
    with pytest.warns(GeneMatchWarning, match="could not be placed"):
        scgsfm.tl.predict_functions(cells, **options)
    table = cells.uns["predicted_functions"]
    rows = table[table["source"] == "neighbors in the data"].set_index("term")
    assert set(rows["gene"]) == {"LINC-T"}
    assert rows["known"].to_dict() == {"T": False, "B": True}
    assert rows["probability"].isna().all()
    assert sorted(rows["rank"]) == [1, 2]
    assert table.loc[table["source"] == "model", "correlation"].isna().all()
    genes = np.array(cells.var_names, dtype=object)
    weights = _placed_genes.place_genes(BlockReader(cells.X), genes, gsfm, only=genes[[4]]).weights
    for term, listed in {"T": library["T"], "B": library["B"][:3]}.items():
        corrected = gsfm.logits([listed])[0] - gsfm.popularity
        z = (corrected - corrected[2:].mean()) / corrected[2:].std()
        assert rows["zscore"][term] == pytest.approx((weights @ z)[0], abs=1e-4)

    # only unknown genes, without those that the library lists
    cells.var["wanted"] = cells.var_names == "LINC-T"
    scgsfm.tl.predict_functions(cells, mask_var="wanted", known="exclude", **options)
    assert cells.uns["predicted_functions"]["term"].tolist() == ["T"]
    with pytest.raises(ValueError, match="`place_unknown=True` requires by='gene'"):
        scgsfm.tl.predict_functions(cells, by="term", **options)
    with pytest.raises(ValueError, match="`place_unknown` require AnnData"):
        scgsfm.tl.predict_functions(["CD3D"], **options)


def test_of_large_data_some_cells_are_used(cells: ad.AnnData, gsfm: GSFM, monkeypatch: pytest.MonkeyPatch) -> None:
    genes, used = np.array(cells.var_names, dtype=object), 60
    chosen = np.sort(np.random.default_rng(0).choice(cells.n_obs, used, replace=False))
    with pytest.warns(GeneMatchWarning, match="could not be placed"):
        expected = _placed_genes.place_genes(BlockReader(cells.X[chosen]), genes, gsfm, min_correlation=-1)
    monkeypatch.setattr(_placed_genes, "MAX_CELLS", used)
    for block_size in (7, 512):
        reader = BlockReader(cells.X, block_size=block_size)
        with pytest.warns(GeneMatchWarning, match="could not be placed"):
            placed = _placed_genes.place_genes(reader, genes, gsfm, min_correlation=-1)
        np.testing.assert_allclose(placed.correlation, expected.correlation, atol=1e-5)
        assert genes[placed.columns].tolist() == genes[expected.columns].tolist()
