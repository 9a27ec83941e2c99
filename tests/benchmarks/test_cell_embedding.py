from __future__ import annotations

from typing import TYPE_CHECKING

import anndata as ad
import cell_embedding
import numpy as np
import pytest
from scipy import sparse

import scgsfm

if TYPE_CHECKING:
    from pathlib import Path

    from scgsfm.models.gsfm import GSFM


def test_separate_types_score_high_and_mixed_ones_low() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(["a", "b", "c"], 30)
    apart = rng.normal(size=(90, 4)) + np.repeat(np.eye(3, 4) * 30, 30, axis=0)
    mixed = rng.normal(size=(90, 4))
    for measure, names in ((cell_embedding.neighbours, ("knn", "knn_f1")), (cell_embedding.clusters, ("nmi", "ari"))):
        good, bad = measure(apart, labels), measure(mixed, labels)
        for name in names:
            assert good[name] == pytest.approx(1)
            assert bad[name] < 0.6
    assert cell_embedding.clusters(apart, labels)["asw"] > 0.9


def test_sets_are_those_that_the_model_gets(gsfm: GSFM) -> None:
    x = np.random.default_rng(0).poisson(1.0, (7, 20)).astype(np.float32)
    adata = ad.AnnData(sparse.csr_matrix(x))
    adata.var_names = gsfm.genes[2:22]
    sets = cell_embedding.sets_of(adata, gsfm, n_genes=4, weighting="expression", soft=False)
    assert (np.diff(sets.indptr) <= 4).all()
    scgsfm.tl.embed_cells(adata, model=gsfm, kind="latent", n_genes=4, weighting="expression", soft=False)
    np.testing.assert_allclose(gsfm.encode(sets), adata.obsm["X_gsfm"], rtol=1e-6)


def test_projection_has_unit_sets() -> None:
    matrix = np.eye(4, 2, dtype=np.float32)
    projection = cell_embedding.Projection(list("abcd"), matrix)
    sets = sparse.csr_array(np.array([[3.0, 4.0, 0, 0], [0, 0, 0, 0]], np.float32))
    np.testing.assert_allclose(projection.encode(sets), [[0.6, 0.8], [0, 0]])


def test_read_normalises_counts_and_drops_rare_labels(tmp_path: Path) -> None:
    counts = np.random.default_rng(0).poisson(2.0, (12, 30)).astype(np.float32)
    adata = ad.AnnData(sparse.csr_matrix(counts), obs={"type": ["a"] * 6 + ["b"] * 5 + ["c"]})
    adata.write_h5ad(tmp_path / "x.h5ad")
    read = cell_embedding.read(tmp_path / "x.h5ad", "type")
    assert read.obs["label"].value_counts().to_dict() == {"a": 6, "b": 5}
    np.testing.assert_allclose(np.expm1(read.X.toarray()).sum(axis=1), 1e4, rtol=1e-4)
