from __future__ import annotations

from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scgsfm
from scgsfm.errors import GeneMatchError

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
    with pytest.raises(ValueError, match="kind='both' must be"):
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
