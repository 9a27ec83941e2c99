"""Scores of real cells and gene sets, compared with reference implementations."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import scgsfm
from scgsfm.scoring import BlockReader, Job, SetIndex, get_method, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from anndata import AnnData


@pytest.fixture(scope="module")
def cells() -> AnnData:
    """Log-normalized blood cells, without the genes that none of them has."""
    adata = scgsfm.datasets.pbmc()[::10]
    x = sparse.csr_matrix(adata.X, dtype=np.float64)
    x = sparse.csr_matrix(x.multiply(1e4 / x.sum(axis=1)))
    adata = adata[:, x.getnnz(axis=0) > 0].copy()
    adata.X = x[:, x.getnnz(axis=0) > 0].log1p()
    return adata


@pytest.fixture(scope="module")
def sets(cells: AnnData) -> SetIndex:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return SetIndex.match(scgsfm.GeneSets("hallmark"), cells.var_names)


def scores(cells: AnnData, sets: SetIndex, method: str, **params: Any) -> np.ndarray:
    return run(BlockReader(cells.X), [Job(get_method(method), sets, params)])[0].scores


def genes_of(cells: AnnData, sets: SetIndex) -> list[list[str]]:
    return [
        cells.var_names[genes].tolist() for genes in np.split(sets.membership.indices, sets.membership.indptr[1:-1])
    ]


@pytest.mark.parametrize(("method", "params"), [("mlm", {}), ("viper", {}), ("viper", {"n_targets": 2})])
def test_equals_decoupler(
    peer: Callable[..., Any], cells: AnnData, sets: SetIndex, method: str, params: dict[str, Any]
) -> None:
    dc = peer("decoupler", minversion="2")
    listed = genes_of(cells, sets)
    net = pd.DataFrame([(f"{i:03d}", gene, 1.0) for i, genes in enumerate(listed) for gene in genes])
    adata = cells.copy()
    getattr(dc.mt, method)(adata, net.set_axis(["source", "target", "weight"], axis=1), tmin=0, **params)
    expected = adata.obsm[f"score_{method}"].to_numpy()
    np.testing.assert_allclose(scores(cells, sets, method, **params), expected, rtol=1e-9, atol=1e-9)


def test_equals_scanpy(peer: Callable[..., Any], cells: AnnData, sets: SetIndex) -> None:
    sc = peer("scanpy")
    adata = cells.copy()
    found = scores(cells, sets, "score_genes")
    for i, genes in enumerate(genes_of(cells, sets)):
        sc.tl.score_genes(adata, genes, use_raw=False)
        np.testing.assert_allclose(found[:, i], adata.obs["score"], atol=1e-9)


def test_equals_gseapy(peer: Callable[..., Any], cells: AnnData, sets: SetIndex) -> None:
    gseapy = peer("gseapy")
    table = pd.DataFrame(cells.X.toarray().T, index=cells.var_names, columns=cells.obs_names)
    listed = {f"{i:03d}": genes for i, genes in enumerate(genes_of(cells, sets))}
    done = gseapy.gsva(table, listed, min_size=1, max_size=100_000, threads=1).res2d
    expected = done.pivot(index="Name", columns="Term", values="ES").loc[cells.obs_names, list(listed)].to_numpy(float)
    np.testing.assert_allclose(scores(cells, sets, "gsva"), expected, atol=1e-6)
