"""Cell types from markers: scores against sums by hand, and what happens where no type fits."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.special import softmax

import scgsfm
from scgsfm.annotation import Markers, Profile, composition_pvalues, probabilities, qvalues
from scgsfm.errors import GeneMatchError, GeneMatchWarning, GeneSetWarning
from scgsfm.scoring import BlockReader, SetIndex

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

N_GENES = 400
SETS = {
    "A/a": [f"g{i}" for i in range(10, 20)],
    "B": [f"g{i}" for i in range(110, 120)],
    "C": [f"g{i}" for i in range(210, 220)],
}


def make_adata(n_cells: int = 90, *, seed: int = 0, effect: float = 4.0) -> ad.AnnData:
    """Three types of cells with ten markers each, log-normalised."""
    rng = np.random.default_rng(seed)
    level = rng.gamma(0.6, 1.5, N_GENES)
    types = np.arange(n_cells) % 3
    mean = np.tile(level, (n_cells, 1))
    for i, genes in enumerate(SETS.values()):
        places = [int(gene[1:]) for gene in genes]
        mean[np.ix_(types == i, places)] = level[places] * effect + effect / 4
    x = np.log1p(rng.poisson(mean) / 2.0)
    obs = pd.DataFrame({"type": np.array(list(SETS))[types], "cluster": types.astype(str)})
    obs.index = obs.index.astype(str)
    return ad.AnnData(sparse.csr_matrix(x), obs=obs, var=pd.DataFrame(index=[f"g{i}" for i in range(N_GENES)]))


def expected_scores(x: np.ndarray, sets: dict[str, dict[str, float]], cells: np.ndarray) -> np.ndarray:
    """The formula of the documentation, gene by gene."""
    means = x.mean(axis=0)
    order = np.argsort(means, kind="stable")
    order = order[means[order] > 0]
    bins = {gene: i * 25 // len(order) for i, gene in enumerate(order)}
    shared = {gene: sum(own.get(f"g{gene}", 0) > 0 for own in sets.values()) for gene in bins}
    excess = cells - means
    scores = np.zeros((len(cells), len(sets)))
    for c, row in enumerate(excess):
        of_bin = {b: np.mean([row[g] for g in bins if bins[g] == b]) for b in set(bins.values())}
        sigma = np.sqrt(np.mean([row[g] ** 2 for g in bins]))
        for s, own in enumerate(sets.values()):
            w = {int(k[1:]): v / max(shared[int(k[1:])], 1) for k, v in own.items() if int(k[1:]) in bins}
            total = sum(w[g] * (row[g] - of_bin[bins[g]]) for g in w)
            scores[c, s] = total / (sigma * np.sqrt(sum(v**2 for v in w.values())))
    return scores


def scored(x: Any, sets: Any, **options: Any) -> tuple[Markers, np.ndarray]:
    """Scores of all cells by the class beneath."""
    rows = BlockReader(x)
    profile = Profile.survey(rows, np.zeros(x.shape[0], int), 1)
    index = SetIndex.match(scgsfm.GeneSets(sets), [f"g{i}" for i in range(x.shape[1])])
    markers = Markers(profile, index, **{"n_random": 4, "rng": np.random.default_rng(0)} | options)
    return markers, markers.score(rows.prepare(x))


def test_scores_match_the_formula() -> None:
    x = make_adata(12).X.toarray()
    x[:, 12] = 0  # a marker without a value
    weighted = {name: dict.fromkeys(genes, 1.0) for name, genes in SETS.items()}
    weighted["B"] |= {"g10": 1.0, "g11": 2.0, "g300": -1.0}  # shared with A, weighted, and one that B must not have
    weighted["C"] |= {"g10": 1.0}
    np.testing.assert_allclose(scored(x, weighted)[1], expected_scores(x, weighted, x), atol=1e-9)


def test_random_markers_keep_bins_and_shared_genes() -> None:
    x = make_adata(30).X
    sets = SETS | {"D": SETS["A/a"]}
    markers, _ = scored(x, sets, n_random=6)
    bins = markers.bins
    for drawn in markers.random:
        rows = drawn.toarray()
        np.testing.assert_allclose(np.sort(rows, axis=1), np.sort(markers.weights.toarray(), axis=1))
        np.testing.assert_array_equal(rows[0], rows[3])
        for own, other in zip(markers.weights.toarray(), rows, strict=True):
            np.testing.assert_array_equal(np.sort(bins[own > 0]), np.sort(bins[other > 0]))
    assert len({drawn.indices.tobytes() for drawn in markers.random}) == 6
    values = BlockReader(x).prepare(x)
    by_draw = [markers._scores(values, drawn).max(axis=1) for drawn in markers.random]
    np.testing.assert_allclose(markers.best_random(values), np.stack(by_draw, axis=1))


def test_labels_of_cells_and_clusters() -> None:
    adata = make_adata()
    assert scgsfm.tl.annotate(adata, markers=SETS, groupby="cluster") is None
    assert (adata.obs["annotation"] == adata.obs["type"]).all()
    assert (adata.obs["annotation_cell"] == adata.obs["type"]).mean() > 0.9
    assert list(adata.obs["annotation"].cat.categories) == ["A/a", "B", "C"]
    assert list(adata.obs["annotation_cell"].cat.categories) == ["A/a", "B", "C"]
    table = adata.uns["annotation"]
    assert len(table) == 9
    first = table[table["rank"] == 1].set_index("group")
    assert first["cell_type"].to_dict() == {"0": "A/a", "1": "B", "2": "C"}
    assert first["n_cells"].tolist() == [30, 30, 30]
    assert table.loc[table["assigned"], "cell_type"].tolist() == ["A/a", "B", "C"]
    assert (adata.obs["annotation_candidate"] == adata.obs["type"]).all()
    _, scores = scored(adata.X, SETS)
    agree = (scores[adata.obs["cluster"] == "1"].argmax(axis=1) == 1).mean()
    assert first.loc["1", "agree"] == pytest.approx(agree)
    assert first["share"].min() >= 0.7
    x = adata.X.toarray()
    means = np.stack([x[adata.obs["cluster"] == group].mean(axis=0) for group in "012"])
    weighted = {name: dict.fromkeys(genes, 1.0) for name, genes in SETS.items()}
    np.testing.assert_allclose(first["score"], expected_scores(x, weighted, means).max(axis=1))


def test_groups_have_equal_weights() -> None:
    adata = make_adata(90)
    adata = adata[(adata.obs["cluster"] == "0") | (np.arange(90) < 12)].copy()
    profile = Profile.survey(BlockReader(adata.X, block_size=5), adata.obs["cluster"].astype(int).to_numpy(), 3)
    x = adata.X.toarray()
    means = np.stack([x[adata.obs["cluster"] == group].mean(axis=0) for group in "012"])
    np.testing.assert_allclose(profile.group_means, means)
    np.testing.assert_allclose(profile.means, means.mean(axis=0))
    np.testing.assert_allclose(Profile.survey(BlockReader(adata.X), np.full(len(x), -1), 0).means, x.mean(axis=0))


def test_confidence_is_a_softmax_with_the_threshold() -> None:
    scores, threshold = np.array([[3.0, 1.0, -40.0], [0.0, 0.5, 900.0]]), 2.0
    expected = softmax(np.column_stack([scores, [threshold] * 2]) / 1.7, axis=1)[:, :3]
    np.testing.assert_allclose(probabilities(scores, threshold, 1.7), expected, atol=1e-12)
    adata = make_adata()
    scgsfm.tl.annotate(adata, markers=SETS)
    sure = adata.obs["annotation_confidence"]
    assert sure.between(0, 1).all()
    assert "annotation" not in adata.uns


@pytest.mark.parametrize("alpha", [0.02, 0.2])
def test_random_markers_label_at_most_alpha_of_the_cells(alpha: float) -> None:
    adata = make_adata(60, effect=1.0)
    shares = []
    for seed in range(25):
        genes = np.random.default_rng(seed).permutation(N_GENES)
        sets = {name: [f"g{i}" for i in genes[10 * k : 10 * k + 10]] for k, name in enumerate("XYZ")}
        scgsfm.tl.annotate(adata, markers=sets, alpha=alpha, rng=seed)
        shares.append((adata.obs["annotation"] != "unassigned").mean())
    assert np.mean(shares) <= alpha


def test_a_type_without_its_markers_is_unassigned() -> None:
    adata = make_adata()
    left = {name: SETS[name] for name in ("A/a", "B")}
    scgsfm.tl.annotate(adata, markers=left, groupby="cluster")
    of_c = adata.obs[adata.obs["type"] == "C"]
    assert (of_c["annotation"] == "unassigned").all()
    assert (of_c["annotation_cell"] == "unassigned").mean() > 0.9
    assert (adata.obs.loc[adata.obs["type"] == "A/a", "annotation"] == "A/a").all()


def test_few_strong_markers_do_not_make_a_type() -> None:
    adata = make_adata()
    sets = SETS | {"C": [*SETS["C"][:3], *(f"g{i}" for i in range(300, 310))]}
    scgsfm.tl.annotate(adata, markers=sets, groupby="cluster")
    assert set(adata.obs.loc[adata.obs["type"] == "C", "annotation"]) == {"unassigned"}
    best = adata.uns["annotation"].query("group == '2' and rank == 1").iloc[0]
    assert best["cell_type"] == "C"
    assert best["pvalue"] <= 0.05
    assert best["share"] < 1 / 3
    assert not best["assigned"]
    assert set(best["genes"].split(", ")) <= set(sets["C"])
    assert adata.obs.loc[adata.obs["type"] == "C", "annotation_candidate"].eq("C").all()
    assert (adata.obs.loc[adata.obs["type"] == "C", "annotation_confidence"] == 1 - best["probability"]).all()
    scgsfm.tl.annotate(adata, markers=sets, groupby="cluster", min_share=0.1)
    assert set(adata.obs.loc[adata.obs["type"] == "C", "annotation"]) == {"C"}


def test_same_numbers_for_all_types(array_type: Callable[[np.ndarray], Any]) -> None:
    adata = make_adata(30)
    other = ad.AnnData(obs=adata.obs, var=adata.var)
    other.layers["x"] = array_type(adata.X.toarray())
    scgsfm.tl.annotate(adata, markers=SETS, groupby="cluster", n_random=10)
    scgsfm.tl.annotate(other, markers=SETS, groupby="cluster", n_random=10, layer="x", block_size=7)
    pd.testing.assert_frame_equal(other.uns["annotation"], adata.uns["annotation"])
    columns = ["annotation", "annotation_confidence", "annotation_cell"]
    pd.testing.assert_frame_equal(other.obs[columns], adata.obs[columns])


def test_counts_are_log_normalized(caplog: pytest.LogCaptureFixture) -> None:
    counts = np.random.default_rng(0).poisson(1.5, (30, N_GENES))
    by_hand = ad.AnnData(
        np.log1p(10_000 * counts / counts.sum(axis=1, keepdims=True)), var=make_adata(3).var, obs=make_adata(30).obs
    )
    adata = ad.AnnData(counts, var=by_hand.var, obs=by_hand.obs)
    with caplog.at_level(logging.INFO, logger="scgsfm"):
        scgsfm.tl.annotate(adata, markers=SETS, groupby="cluster")
    assert "counts were log-normalized for this" in caplog.text
    scgsfm.tl.annotate(by_hand, markers=SETS, groupby="cluster")
    pd.testing.assert_frame_equal(by_hand.uns["annotation"], adata.uns["annotation"])


def test_similar_cells_and_empty_cells_are_unassigned() -> None:
    adata = make_adata(12)
    adata.X = sparse.csr_matrix(np.tile(adata.X.toarray()[:1], (12, 1)))
    scgsfm.tl.annotate(adata, markers=SETS, groupby="cluster")
    assert set(adata.obs["annotation"]) == {"unassigned"}
    adata = make_adata(30)
    x = adata.X.toarray()
    x[7] = 0
    adata.X = x
    scgsfm.tl.annotate(adata, markers=SETS)
    assert adata.obs["annotation"].iloc[7] == "unassigned"
    adata.X = np.zeros_like(x)
    scgsfm.tl.annotate(adata, markers=SETS, groupby="cluster")
    assert set(adata.obs["annotation"]) == {"unassigned"}


def test_cells_without_a_group() -> None:
    adata = make_adata()
    adata.obs["cluster"] = adata.obs["cluster"].where(np.arange(90) != 4)
    scgsfm.tl.annotate(adata, markers=SETS, groupby="cluster")
    assert adata.obs["annotation"].iloc[4] == "unassigned"
    assert np.isnan(adata.obs["annotation_confidence"].iloc[4])
    assert (adata.obs["annotation"].iloc[5:] == adata.obs["type"].iloc[5:]).all()


def test_library_with_tissues_on_mouse_names() -> None:
    table = scgsfm.datasets.marker_table()
    chosen = scgsfm.datasets.library("tissue_markers").subset(table.index[table["tissue"] == "pancreas"])
    mouse = {"INS": "Ins2", "IAPP": "Iapp", "GCG": "Gcg", "SST": "Sst", "PPY": "Ppy", "ARX": "Arx", "PDX1": "Pdx1"}
    genes = [mouse.get(gene, gene.capitalize()) for gene in chosen.genes]
    rng = np.random.default_rng(0)
    x = rng.poisson(rng.gamma(1.0, 2.0, len(genes) + 2000), (60, len(genes) + 2000)).astype(float)
    beta = [chosen.genes.tolist().index(gene) for gene in chosen["Beta cell"]]
    x[:20, beta] += rng.poisson(8.0, (20, len(beta)))
    adata = ad.AnnData(x, var=pd.DataFrame(index=[*genes, *(f"Gm{i}" for i in range(2000))]))
    adata.obs["group"] = ["beta"] * 20 + ["other"] * 40
    scgsfm.tl.annotate(adata, tissue="Pancreas", organism="human", groupby="group")
    assert adata.obs.groupby("group")["annotation"].first().to_dict() == {"beta": "Beta cell", "other": "unassigned"}
    record = adata.uns["scgsfm"]["annotation"]
    assert set(record["set_names"]) <= set(chosen)
    assert record["markers"]["name"] == "tissue_markers"


def test_types_with_several_sets() -> None:
    sets = scgsfm.datasets.library("cell_types")
    table = scgsfm.datasets.marker_table("cell_types").query("tissue == 'liver'")
    genes = sorted({gene for name in table.index for gene in sets[name]})
    adata = ad.AnnData(np.random.default_rng(0).poisson(1.0, (20, len(genes))), var=pd.DataFrame(index=genes))
    adata.obs["group"] = ["x", "y"] * 10
    scgsfm.tl.annotate(adata, markers="cell_types", tissue="liver", groupby="group", n_random=3)
    found = adata.uns["annotation"].query("group == 'x'")
    assert len(found) == table["cell_type"].nunique() < len(table)
    assert found["rank"].tolist() == list(range(1, len(found) + 1))


def test_table_with_tissues_and_organisms() -> None:
    table = scgsfm.GeneSets(SETS).to_frame()
    table["tissue"] = table["source"].map({"A/a": "Liver", "B": "lung", "C": "lung"})
    table["organism"] = table["source"].map({"A/a": "human", "B": "human", "C": "mouse"})
    adata = make_adata(30)
    scgsfm.tl.annotate(adata, markers=table, tissue=["LUNG", "liver"], organism="human")
    assert list(adata.uns["scgsfm"]["annotation"]["set_names"]) == ["A/a", "B"]
    with pytest.raises(ValueError, match="Unknown `tissue` 'brain'; `markers` has: Liver, lung"):
        scgsfm.tl.annotate(adata, markers=table, tissue="brain")
    with pytest.raises(ValueError, match="No marker set matches both"):
        scgsfm.tl.annotate(adata, markers=table, tissue="liver", organism="mouse")
    with pytest.raises(ValueError, match="`organism` requires a column"):
        scgsfm.tl.annotate(adata, markers=table.drop(columns="organism"), organism="mouse")
    with pytest.raises(ValueError, match="require `markers` to be a marker library"):
        scgsfm.tl.annotate(adata, markers=SETS, tissue="liver")


@pytest.mark.parametrize("write", ["write_h5ad", "write_zarr"])
def test_round_trip(tmp_path: Path, write: str) -> None:
    adata = scgsfm.tl.annotate(make_adata(30), markers=SETS, groupby="cluster", key_added="mine", copy=True)
    getattr(adata, write)(tmp_path / "x")
    again = ad.read_h5ad(tmp_path / "x") if write == "write_h5ad" else ad.read_zarr(tmp_path / "x")
    pd.testing.assert_frame_equal(again.uns["mine"], adata.uns["mine"], check_dtype=False, check_index_type=False)
    assert again.obs["mine"].tolist() == adata.obs["mine"].tolist()
    assert list(again.uns["scgsfm"]["mine"]["set_names"]) == list(SETS)


def test_copy_and_options() -> None:
    adata = make_adata(30)
    assert "annotation" in scgsfm.tl.annotate(adata, markers=SETS, copy=True).obs
    assert "annotation" not in adata.obs
    assert not adata.uns
    adata.raw = adata
    named = adata.copy()
    named.var["name"] = named.var_names
    named.var_names = [f"x{i}" for i in range(N_GENES)]
    scgsfm.tl.annotate(adata, markers=SETS, use_raw=True)
    scgsfm.tl.annotate(named, markers=SETS, gene_symbols="name")
    assert adata.obs["annotation"].tolist() == named.obs["annotation"].tolist()
    mask = ~adata.var_names.isin(SETS["C"][:8])
    with pytest.warns(GeneSetWarning, match="'C'"):
        scgsfm.tl.annotate(adata, markers=SETS, mask_var=mask)
    assert "C" not in adata.obs["annotation"].cat.categories


def test_bad_input() -> None:
    adata = make_adata(12)
    for bad in ({"alpha": 0.0}, {"alpha": 1.0}, {"min_share": 2.0}, {"min_agree": -1.0}, {"n_random": 0}):
        with pytest.raises(ValueError, match="`alpha` is .* `min_share` .* `min_agree`"):
            scgsfm.tl.annotate(adata, markers=SETS, **bad)
    with pytest.raises(ValueError, match="`groupby='none'` is not a column of `obs`"):
        scgsfm.tl.annotate(adata, markers=SETS, groupby="none")
    with pytest.raises(GeneMatchError, match="None of the 3 genes"):
        scgsfm.tl.annotate(adata, markers={"X": ["nothing", "of", "these"]})
    adata.X = adata.X.toarray() - 0.1
    with pytest.raises(ValueError, match="negative values.*`layer`"):
        scgsfm.tl.annotate(adata, markers=SETS)
    adata.X[0, 0] = np.nan
    with pytest.raises(ValueError, match="1 NaN"):
        scgsfm.tl.annotate(adata, markers=SETS)


@pytest.fixture(scope="module")
def blood() -> ad.AnnData:
    """Log-normalized cells of the package, as in its tutorial."""
    import scanpy as sc

    adata = scgsfm.datasets.pbmc()
    sc.pp.normalize_total(adata)
    sc.pp.log1p(adata)
    return adata


BLOOD = {
    "B": "B cell",
    "CD14+ Mono": "Monocyte",
    "CD8 T": "CD8 T cell",
    "DC": "Conventional DC 2",
    "FCGR3A+ Mono": "Monocyte",
    "Memory CD4 T": "CD4 T cell",
    "NK": "NK cell",
    "Naive CD4 T": "CD4 T cell",
    "Platelet": "Platelet",
}


@pytest.mark.parametrize("n_groups", [4, 15])
def test_random_groups_are_unassigned(blood: ad.AnnData, n_groups: int) -> None:
    named = []
    for seed in range(5):
        adata = blood.copy()
        groups = np.random.default_rng(seed).integers(0, n_groups, adata.n_obs)
        adata.obs["batch"] = pd.Categorical(groups.astype(str))
        scgsfm.tl.annotate(adata, groupby="batch", tissue=["immune", "blood"], n_random=20)
        named += adata.uns["annotation"].query("rank == 1")["assigned"].tolist()
    assert np.mean(named) <= 0.1


def test_true_groups_with_the_markers_of_all_tissues(blood: ad.AnnData) -> None:
    adata = blood.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # markers of other tissues are not expected in the data
        scgsfm.tl.annotate(adata, groupby="cell_type")
    assert adata.obs["annotation"].tolist() == [BLOOD[name] for name in adata.obs["cell_type"]]
    genes = adata.uns["annotation"].query("assigned").set_index("group")["genes"]
    assert {"CD79A", "MS4A1"} <= set(genes["B"].split(", "))
    assert {"PPBP", "PF4"} <= set(genes["Platelet"].split(", "))
    assert genes["B"].split(", ")[0] in {"CD79A", "CD74", "MS4A1", "CD79B"}


def test_cells_are_named_as_well_as_by_aucell(blood: ad.AnnData) -> None:
    adata = blood.copy()
    scgsfm.tl.annotate(adata)
    right = adata.obs["cell_type"].map(BLOOD).astype(str)
    assigned = adata.obs["annotation"] != "unassigned"
    assert (adata.obs["annotation_candidate"].astype(str) == right).mean() > 0.85
    assert (adata.obs["annotation"].astype(str) == right)[assigned].mean() > 0.9
    assert (adata.obs["annotation"] == adata.obs["annotation_candidate"].astype(str))[assigned].all()


def test_few_genes_of_a_chosen_tissue_are_warned_about(blood: ad.AnnData) -> None:
    with pytest.warns(GeneMatchWarning, match="genes of the sets in the data"):
        scgsfm.tl.annotate(blood, tissue="pancreas", copy=True)


def test_columns_of_others_are_kept() -> None:
    adata = make_adata(30)
    adata.obs["annotation"] = "label of the authors"
    before = adata.obs.copy()
    with pytest.raises(ValueError, match=r"`obs\['annotation'\]` exists .* Set `key_added`"):
        scgsfm.tl.annotate(adata, markers=SETS)
    pd.testing.assert_frame_equal(adata.obs, before)
    scgsfm.tl.annotate(adata, markers=SETS, groupby="cluster", key_added="mine")
    scgsfm.tl.annotate(adata, markers=SETS, groupby="cluster", key_added="mine")  # its own columns are replaced
    assert (adata.obs["annotation"] == "label of the authors").all()
    adata.uns["other"] = "text"
    with pytest.raises(ValueError, match=r"`uns\['other'\]` exists"):
        scgsfm.tl.annotate(adata, markers=SETS, groupby="cluster", key_added="other")


def test_cells_after_groups_remove_the_table() -> None:
    adata = make_adata(30)
    scgsfm.tl.annotate(adata, markers=SETS, groupby="cluster")
    assert "annotation" in adata.uns
    scgsfm.tl.annotate(adata, markers=SETS)
    assert "annotation" not in adata.uns
    assert "annotation_cell" not in adata.obs
    assert "groupby" not in adata.uns["scgsfm"]["annotation"]["params"]


def test_composition_counts_the_size_of_a_group() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(400, 6))
    scores[:100, 2] += 1.0
    groups = pd.Categorical(np.where(np.arange(400) < 60, "large", np.where(np.arange(400) < 62, "two", "rest")))
    found = composition_pvalues(scores, groups, n_random=99, rng=rng)
    table = pd.DataFrame(found, index=groups.categories)
    assert table.loc["large", 2] == 0.01
    assert table.loc["two", 2] > 0.05
    everything = pd.Categorical(["all"] * 400)
    assert (composition_pvalues(scores, everything, n_random=9, rng=rng) == 1).all()


def test_composition_is_calibrated_for_rare_types() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(500, 20))
    scores[:8, 3] += 40.0  # few cells with very high scores
    reached = []
    for _ in range(40):
        groups = pd.Categorical(rng.permutation(500) % 10)
        reached += list(composition_pvalues(scores, groups, n_random=39, rng=rng).min(axis=1) <= 0.05)
    assert np.mean(reached) == pytest.approx(0.05, abs=0.03)


def test_qvalues() -> None:
    p = np.array([0.04, 0.01, 0.02, 0.9, 0.8])
    share = 1.0  # (1 + 2) / 2.5 is above 1
    expected = [0.04 * 5 / 3 * share, 0.05 * share, 0.05 * share, 0.9, 0.9]
    np.testing.assert_allclose(qvalues(p), expected)
    np.testing.assert_allclose(qvalues(np.full(20, 0.06)), 0.06 / 10)
    assert qvalues(np.zeros(0)).size == 0
