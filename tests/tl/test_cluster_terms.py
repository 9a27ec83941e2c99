from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import AgglomerativeClustering

import scgsfm
from scgsfm.enrichment import cluster_by_similarity
from scgsfm.errors import GeneSetWarning

if TYPE_CHECKING:
    from pathlib import Path

    from scgsfm.models.gsfm import GSFM

LIBRARY = {
    "T cell/CD3": ["CD3D", "CD3E", "CD3G"],
    "T cell": ["CD3D", "CD3E", "CD3G", "CD2"],
    "T cell receptor": ["CD3D", "CD3E", "CD3G", "CD2", "LCK"],
    "B cell": ["CD79A", "CD79B", "MS4A1"],
    "B cell receptor": ["CD79A", "CD79B", "MS4A1", "CD19"],
    "myeloid": ["LYZ", "CD14"],
}


def enriched() -> pd.DataFrame:
    """Two groups; T cell terms are best in one and B cell terms in the other; myeloid is never significant."""
    score = {"T": [3.0, 2.5, 2.0, -2.0, -1.0, 0.1], "B": [-1.0, -2.0, -1.0, 3.0, 2.0, 0.2]}
    padj = {"T": [0.01, 0.001, 0.04, 0.01, 0.3, 0.9], "B": [0.2, 0.3, 0.2, 0.001, 0.001, 0.9]}
    parts = [pd.DataFrame({"group": g, "term": list(LIBRARY), "score": score[g], "padj": padj[g]}) for g in score]
    return pd.concat(parts, ignore_index=True)


def by_term(table: pd.DataFrame, column: str) -> dict[str, Any]:
    return table.drop_duplicates("term").set_index("term")[column].to_dict()


def jaccard(a: str, b: str) -> float:
    one, other = set(LIBRARY[a]), set(LIBRARY[b])
    return len(one & other) / len(one | other)


def test_clusters_names_and_centrality_by_hand() -> None:
    found = scgsfm.tl.cluster_terms(enriched(), LIBRARY, by="jaccard", min_similarity=0.5)
    assert found.columns.tolist() == [
        *("group", "term", "cluster", "cluster_name", "representative", "centrality", "score", "padj", "n_genes"),
    ]
    assert by_term(found, "cluster") == {
        **dict.fromkeys(list(LIBRARY)[:3], 1),
        **dict.fromkeys(list(LIBRARY)[3:5], 2),
    }, "a term that is never significant is left out"
    assert by_term(found, "cluster_name")["T cell receptor"] == "T cell", "the most central term, 3/4 and 4/5"
    assert by_term(found, "centrality")["T cell"] == pytest.approx((3 / 4 + 4 / 5) / 2)
    assert by_term(found, "centrality")["T cell/CD3"] == pytest.approx((3 / 4 + 3 / 5) / 2)
    assert by_term(found, "n_genes") == {name: len(LIBRARY[name]) for name in list(LIBRARY)[:5]}
    assert found["group"].tolist() == ["T"] * 5 + ["B"] * 5


def test_representatives() -> None:
    found = scgsfm.tl.cluster_terms(enriched(), LIBRARY, by="jaccard", keep="representatives")
    kept = found[["group", "term"]].to_numpy().tolist()
    # in T, B cell is the only significant term of its cluster; in B, of equal p-values the higher score decides
    assert kept == [["T", "T cell"], ["T", "B cell"], ["B", "B cell"]]
    everything = scgsfm.tl.cluster_terms(enriched(), LIBRARY, by="jaccard", max_padj=None, keep="representatives")
    assert everything.groupby("group").size().tolist() == [3, 3], "each cluster has one in each group"


@pytest.mark.parametrize("by", ["jaccard", "overlap"])
def test_agrees_with_scikit_learn(by: Any) -> None:
    rng = np.random.default_rng(0)
    sets = {f"s{i}": [f"G{j}" for j in rng.choice(40, rng.integers(5, 20), replace=False)] for i in range(30)}
    table = pd.DataFrame({"term": list(sets)})
    found = scgsfm.tl.cluster_terms(table, sets, by=by, min_similarity=0.3)
    members = [set(genes) for genes in sets.values()]
    shared = np.array([[len(a & b) for b in members] for a in members])
    size = np.array([len(a) for a in members])
    other = np.minimum.outer(size, size) if by == "overlap" else np.add.outer(size, size) - shared
    model = AgglomerativeClustering(None, metric="precomputed", linkage="average", distance_threshold=0.7)
    expected = model.fit_predict(1 - shared / other)
    cluster = found.set_index("term").loc[list(sets), "cluster"].to_numpy()
    assert len(np.unique(cluster)) == len(np.unique(expected))
    np.testing.assert_array_equal(cluster[:, None] == cluster, expected[:, None] == expected)
    sizes = found["cluster"].value_counts()
    assert sizes.sort_index().is_monotonic_decreasing, "the first cluster is the largest"


def test_model_uses_cosines_of_set_vectors(gsfm: GSFM) -> None:
    found = scgsfm.tl.cluster_terms(enriched(), LIBRARY, model=gsfm, n_clusters=2, max_padj=None)
    vectors = scgsfm.tl.embed_sets(LIBRARY, model=gsfm).to_numpy(dtype=float)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    model = AgglomerativeClustering(2, metric="precomputed", linkage="average")
    expected = model.fit_predict((1 - unit @ unit.T).clip(0))
    cluster = np.array([by_term(found, "cluster")[name] for name in LIBRARY])
    np.testing.assert_array_equal(cluster[:, None] == cluster, expected[:, None] == expected)


def test_order_of_the_terms_does_not_matter(gsfm: GSFM) -> None:
    rng = np.random.default_rng(1)
    similarity = np.corrcoef(rng.normal(size=(20, 4)))
    names = np.array([f"t{i}" for i in range(20)])
    order = rng.permutation(20)
    one = cluster_by_similarity(similarity, names, min_similarity=0.4)
    other = cluster_by_similarity(similarity[np.ix_(order, order)], names[order], min_similarity=0.4)
    np.testing.assert_array_equal(one.cluster[order], other.cluster)
    np.testing.assert_array_equal(one.name[order], other.name)
    np.testing.assert_allclose(one.centrality[order], other.centrality)
    alone = cluster_by_similarity(np.ones((1, 1)), ["a"], min_similarity=0.5)
    assert (alone.cluster.tolist(), alone.name.tolist(), alone.centrality.tolist()) == ([1], ["a"], [1.0])


def test_unknown_terms_and_terms_without_known_genes(gsfm: GSFM) -> None:
    table = pd.DataFrame({"term": [*LIBRARY, "peaks", "elsewhere"]})
    library = LIBRARY | {"peaks": ["chr1:5-9"]}
    with pytest.warns(GeneSetWarning) as told:
        found = scgsfm.tl.cluster_terms(table, library, model=gsfm)
    messages = "\n".join(str(each.message) for each in told)
    assert "1 term is not in the library and is left out: 'elsewhere'" in messages
    assert "none of its genes is in the model's vocabulary: 'peaks'" in messages
    own = by_term(found, "cluster")
    assert list(own.values()).count(own["peaks"]) == 1
    assert by_term(found, "centrality")["peaks"] == 1


def test_comparison_with_several_conditions() -> None:
    rows = [
        (t, s, c, 1.0, e, 0.01) for t in ("B", "T") for s in ("T cell", "B cell") for c, e in (("a", 2.0), ("b", -1.0))
    ]
    columns = ["cell_type", "set", "condition", "effect", "standardized_effect", "padj"]
    table = pd.DataFrame(rows, columns=columns)
    found = scgsfm.tl.cluster_terms(table, LIBRARY, by="jaccard")
    assert list(dict.fromkeys(found["group"])) == ["B, a", "B, b", "T, a", "T, b"]
    assert found.loc[found["group"] == "B, b", "score"].tolist() == [-1.0, -1.0]
    one = scgsfm.tl.cluster_terms(table[table["condition"] == "a"], LIBRARY, by="jaccard")
    assert list(dict.fromkeys(one["group"])) == ["B", "T"]


@pytest.fixture
def adata() -> ad.AnnData:
    cells = scgsfm.datasets.pbmc()[::10].copy()
    genes = [*dict.fromkeys(gene for genes in LIBRARY.values() for gene in genes)]
    cells = cells[:, cells.var_names.isin(genes)].copy()
    cells.uns["enrich"] = enriched()
    return cells


def test_result_in_anndata_survives_files(adata: ad.AnnData, tmp_path: Path) -> None:
    assert scgsfm.tl.cluster_terms(adata, LIBRARY, by="jaccard") is None
    expected = scgsfm.tl.cluster_terms(enriched(), LIBRARY, by="jaccard")
    pd.testing.assert_frame_equal(adata.uns["cluster_terms"], expected)
    record = adata.uns["scgsfm"]["cluster_terms"]
    similarity = adata.uns["cluster_terms_similarity"]
    assert list(record["terms"]) == list(LIBRARY)[:5]
    assert record["params"]["key"] == "enrich", "the key that was read by default"
    assert similarity[0, 2] == pytest.approx(jaccard("T cell/CD3", "T cell receptor"))
    adata.write_h5ad(tmp_path / "a.h5ad")
    adata.write_zarr(tmp_path / "a.zarr")
    for back in (ad.read_h5ad(tmp_path / "a.h5ad"), ad.read_zarr(tmp_path / "a.zarr")):
        pd.testing.assert_frame_equal(back.uns["cluster_terms"], expected, check_dtype=False)
        np.testing.assert_array_equal(back.uns["cluster_terms_similarity"], similarity)
        assert list(back.uns["scgsfm"]["cluster_terms"]["terms"]) == list(record["terms"])
    copied = scgsfm.tl.cluster_terms(adata, LIBRARY, by="overlap", key_added="other", copy=True)
    assert "other" in copied.uns
    assert "other" not in adata.uns


def test_scores_by_group(adata: ad.AnnData) -> None:
    scgsfm.tl.score(adata, LIBRARY, method="zscore")
    scgsfm.tl.cluster_terms(adata, LIBRARY, key="score_zscore", groupby="cell_type", by="jaccard")
    table = adata.uns["cluster_terms"]
    scores = scgsfm.get.scores(adata, "zscore")["T cell/CD3"].to_numpy(dtype=float)
    inside = (adata.obs["cell_type"] == "NK").to_numpy()
    expected = (scores[inside].mean() - scores[~inside].mean()) / scores.std()
    row = table[(table["group"] == "NK") & (table["term"] == "T cell/CD3")]
    assert row["score"].item() == pytest.approx(expected)
    assert "padj" not in table
    assert table.groupby(["group", "cluster"])["representative"].sum().eq(1).all()
    scgsfm.tl.cluster_terms(adata, LIBRARY, key="score_zscore", by="jaccard")
    assert adata.uns["cluster_terms"]["group"].unique().tolist() == ["all"]


def test_library_is_that_of_the_result(adata: ad.AnnData) -> None:
    with pytest.raises(ValueError, match="`library` must be given"):
        scgsfm.tl.cluster_terms(adata)
    adata.uns["enrich"] = pd.DataFrame({"term": ["HALLMARK_HYPOXIA", "HALLMARK_GLYCOLYSIS"], "score": [1.0, 2.0]})
    adata.uns["scgsfm"] = {"enrich": {"function": "tl.enrich", "library": {"name": "hallmark"}}}
    scgsfm.tl.cluster_terms(adata, by="jaccard")
    assert adata.uns["scgsfm"]["cluster_terms"]["library"]["name"] == "hallmark"


def test_errors(adata: ad.AnnData) -> None:
    table = enriched()
    cluster = scgsfm.tl.cluster_terms
    with pytest.raises(ValueError, match="lowest is 0.001"):
        cluster(table, LIBRARY, max_padj=1e-6)
    with pytest.raises(ValueError, match="`max_padj` is 2"):
        cluster(table, LIBRARY, max_padj=2)
    with pytest.raises(ValueError, match="none of the 5 terms"):
        cluster(table, {"other": ["CD2"]})
    with pytest.raises(ValueError, match="no column 'term' or 'set', but 'x'"):
        cluster(pd.DataFrame({"x": [1]}), LIBRARY)
    with pytest.raises(ValueError, match="more than once in the group 'query'"):
        cluster(pd.DataFrame({"term": ["a", "a"]}), LIBRARY)
    with pytest.raises(ValueError, match="give one of them"):
        cluster(table, LIBRARY, min_similarity=0.5, n_clusters=2)
    with pytest.raises(ValueError, match="`min_similarity` is 2"):
        cluster(table, LIBRARY, min_similarity=2)
    with pytest.raises(ValueError, match="`by` is 'jacard'.*Did you mean 'jaccard'"):
        cluster(table, LIBRARY, by="jacard")
    with pytest.raises(ValueError, match="`groupby` requires AnnData"):
        cluster(table, LIBRARY, groupby="cell_type")
    with pytest.raises(ValueError, match="has groups already"):
        cluster(adata, LIBRARY, groupby="cell_type")
    with pytest.raises(KeyError, match="no table in `uns\\['other'\\]`"):
        cluster(adata, LIBRARY, key="other")
    with pytest.raises(TypeError, match="`data`"):
        cluster([1], LIBRARY)


def test_comparison_is_found_without_a_key() -> None:
    adata = scgsfm.datasets.pbmc()[:240].copy()
    adata.obs["donor"] = [f"d{i % 6}" for i in range(adata.n_obs)]
    adata.obs["condition"] = ["a" if i % 6 < 3 else "b" for i in range(adata.n_obs)]
    scgsfm.tl.score(adata, "pbmc_markers")
    for scores in ("pbmc_markers", "score_aucell"):
        scgsfm.tl.compare(adata, scores, condition="condition", sample="donor")
        scgsfm.tl.cluster_terms(adata, max_padj=None, by="jaccard")
        table = adata.uns["cluster_terms"]
        assert set(table["term"]) <= set(scgsfm.GeneSets("pbmc_markers").names)
        assert table["score"].notna().all()


def test_an_empty_result_raises() -> None:
    with pytest.raises(ValueError, match="no terms to cluster"):
        scgsfm.tl.cluster_terms(enriched().iloc[:0], LIBRARY, by="jaccard")


def test_constant_scores_have_no_effect() -> None:
    """Means of equal values may differ by rounding."""
    obs = pd.DataFrame({"group": ["a", "b", "b", "b"] * 7}, [f"c{i}" for i in range(28)])
    scores = pd.DataFrame({"T cell": 0.1, "B cell": np.arange(28.0)}, obs.index)
    adata = ad.AnnData(np.ones((28, 1), np.float32), obs, obsm={"score_x": scores})
    scgsfm.tl.cluster_terms(adata, LIBRARY, key="score_x", groupby="group", by="jaccard")
    table = adata.uns["cluster_terms"].set_index("term")["score"]
    assert table["T cell"].isna().all()
    assert table["B cell"].notna().all()
