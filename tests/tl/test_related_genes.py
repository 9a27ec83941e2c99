from __future__ import annotations

from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scgsfm
from scgsfm.errors import GeneMatchWarning

if TYPE_CHECKING:
    from collections.abc import Callable

    from scgsfm.models.gsfm import GSFM

    Dense = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def cosines(gsfm: GSFM) -> np.ndarray:
    vectors = gsfm.gene_embeddings("combined").astype(float)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors @ vectors.T


def completions(dense: Dense, n: int) -> np.ndarray:
    """z-scores of all genes (columns) in the completion of each gene alone (rows), by plain matrix algebra."""
    logits = dense(np.eye(n))[1]
    corrected = logits - logits[2:].mean(axis=0)
    genes = corrected[:, 2:]
    return (corrected - genes.mean(axis=1, keepdims=True)) / genes.std(axis=1, keepdims=True)


@pytest.mark.parametrize("by", ["vectors", "completion"])
def test_nearest_genes(by: str, gsfm: GSFM, dense: Dense) -> None:
    found = scgsfm.tl.related_genes(["LYZ", "Cd3d"], by=by, n_genes=4, model=gsfm)
    assert found["gene"].tolist() == ["LYZ"] * 4 + ["Cd3d"] * 4
    assert found["rank"].tolist() == [1, 2, 3, 4] * 2
    values = cosines(gsfm) if by == "vectors" else completions(dense, len(gsfm.genes))
    for name, rows in found.groupby("gene"):
        token = gsfm.genes.index(name.upper())
        row = values[token].copy()
        row[[0, 1, token]] = -np.inf
        best = np.argsort(-row)[:4]
        assert rows["related"].tolist() == [gsfm.genes[i] for i in best]
        np.testing.assert_allclose(rows["similarity"], row[best], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("by", ["vectors", "completion"])
def test_pairs(by: str, gsfm: GSFM, dense: Dense) -> None:
    pairs = [("LYZ", "CD3D"), ("CD3D", "LYZ"), ("CD2", "Cd3e"), ("unknown", "CD2"), ("CD2", "unknown")]
    with pytest.warns(GeneMatchWarning, match="1 gene not in the model's vocabulary: 'unknown'"):
        found = scgsfm.tl.related_genes(pairs=pairs, by=by, model=gsfm)
    values = cosines(gsfm) if by == "vectors" else completions(dense, len(gsfm.genes))
    a, b, c, d = (gsfm.genes.index(name) for name in ("LYZ", "CD3D", "CD2", "CD3E"))
    expected = [(values[x, y] + values[y, x]) / 2 for x, y in ((a, b), (a, b), (c, d))]
    np.testing.assert_allclose(found["similarity"][:3], expected, rtol=1e-3, atol=1e-4)
    assert found["similarity"][3:].isna().all()
    assert found[["gene1", "gene2"]].to_numpy().tolist() == [list(pair) for pair in pairs]


def test_pairs_in_a_table_keep_their_columns(gsfm: GSFM) -> None:
    table = pd.DataFrame({"label": [1, 0], "gene1": ["LYZ", "CD2"], "gene2": ["CD14", "CD4"]}, index=[5, 9])
    found = scgsfm.tl.related_genes(pairs=table, model=gsfm)
    assert found.columns.tolist() == ["label", "gene1", "gene2", "similarity"]
    assert found.index.tolist() == [5, 9]
    other = scgsfm.tl.related_genes(pairs=table[["gene1", "gene2"]].set_axis(["a", "b"], axis=1), model=gsfm)
    assert other["similarity"].tolist() == found["similarity"].tolist()
    assert "similarity" not in table


def test_candidates_have_their_own_names(gsfm: GSFM) -> None:
    found = scgsfm.tl.related_genes("CD3D", among=["Cd2", "Cd14", "Cd3d", "nothing"], model=gsfm)
    assert sorted(found["related"]) == ["Cd14", "Cd2"], "not the gene itself"
    names = pd.Index(["CD3D", "CD2"])
    assert scgsfm.tl.related_genes(names, among=names, model=gsfm)["related"].tolist() == ["CD2", "CD3D"]


def test_unknown_genes_are_never_fatal(gsfm: GSFM) -> None:
    with pytest.warns(GeneMatchWarning, match="2 genes not in the model's vocabulary: 'x', 'y'; skipped"):
        found = scgsfm.tl.related_genes(["x", "LYZ", "y"], n_genes=1, model=gsfm)
    assert found["gene"].tolist() == ["LYZ"]
    with pytest.warns(GeneMatchWarning, match="'x'"):
        none = scgsfm.tl.related_genes("x", model=gsfm)
    assert none.empty
    assert none.dtypes.tolist() == found.dtypes.tolist()
    with pytest.warns(GeneMatchWarning, match="'x', 'y'"):
        assert scgsfm.tl.related_genes(pairs=[("x", "y")], model=gsfm)["similarity"].isna().all()


def test_errors(gsfm: GSFM) -> None:
    related = scgsfm.tl.related_genes
    with pytest.raises(ValueError, match="Give either `genes` or `pairs`\\."):
        related(model=gsfm)
    with pytest.raises(ValueError, match="not both"):
        related("LYZ", pairs=[("LYZ", "CD2")], model=gsfm)
    with pytest.raises(ValueError, match="`n_genes` is 0"):
        related("LYZ", n_genes=0, model=gsfm)
    with pytest.raises(ValueError, match="`by` is 'vector'.*Did you mean 'vectors'"):
        related("LYZ", by="vector", model=gsfm)
    with pytest.raises(ValueError, match="`among` limits"):
        related(pairs=[("LYZ", "CD2")], among=["CD2"], model=gsfm)
    with pytest.raises(TypeError, match="pass `adata.var_names`"):
        related(ad.AnnData(np.zeros((1, 1))), model=gsfm)
    with pytest.raises(TypeError, match="has 'LYZ'"):
        related(pairs="LYZ", model=gsfm)
    with pytest.raises(TypeError, match="has \\('LYZ', 'CD2', 'CD4'\\)"):
        related(pairs=[("LYZ", "CD2", "CD4")], model=gsfm)
    with pytest.raises(ValueError, match="`among` is empty"):
        related("LYZ", among=[], model=gsfm)
    with pytest.raises(ValueError, match="one of the columns 'gene1' and 'gene2', 'gene2'"):
        related(pairs=pd.DataFrame({"a": ["LYZ"], "b": ["CD2"], "gene2": ["CD4"]}), model=gsfm)
    with pytest.raises(TypeError, match="table of 1 column"):
        related(pairs=pd.DataFrame({"a": ["LYZ"]}), model=gsfm)
