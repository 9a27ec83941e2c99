from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats

import scgsfm

if TYPE_CHECKING:
    from pathlib import Path

SETS = {"T/NK": ["CD3D", "CD3E", "CD2", "NKG7"], "B": ["CD79A", "CD79B", "MS4A1"]}
DESIGN: dict[str, Any] = {"condition": "group", "sample": "donor", "groupby": "type"}
N_SETS = 12


def cells(n_donors: int = 6, groups: tuple[str, ...] = ("control", "treated"), n: int = 480) -> ad.AnnData:
    """Cells of donors with scores of twelve sets, of which the first is shifted by the treatment in A cells."""
    rng = np.random.default_rng(3)
    donor = rng.integers(n_donors, size=n)
    obs = pd.DataFrame({"donor": [f"d{i}" for i in donor], "type": rng.choice(["A", "B"], n)})
    obs["group"] = np.array(groups)[donor % len(groups)]
    obs["age"], obs["sex"] = (40 + 3.5 * donor**1.5)[range(n)], np.array(["f", "m"])[(donor // 2) % 2]
    obs.index = [f"c{i}" for i in range(n)]
    scores = 1 + rng.normal(size=(n, N_SETS)) + rng.normal(0, 0.3, (n_donors, N_SETS))[donor]
    scores[(obs["group"] != groups[0]) & (obs["type"] == "A"), 0] += 2
    adata = ad.AnnData(sparse.csr_matrix((n, 1), dtype=np.float32), obs=obs)
    adata.obsm["score"] = pd.DataFrame(scores, obs.index, [f"set {i}" for i in range(N_SETS)])
    return adata


def compared(adata: ad.AnnData, scores: Any = "score", **options: Any) -> pd.DataFrame:
    scgsfm.tl.compare(adata, scores, **{**DESIGN, **options})
    return adata.uns["compare"]


def means_of(adata: ad.AnnData, cell_type: str) -> pd.DataFrame:
    rows = adata.obs["type"] == cell_type
    return adata.obsm["score"][rows].groupby([adata.obs["group"][rows], adata.obs["donor"][rows]], observed=True).mean()


def test_effects_are_differences_of_the_means_of_samples() -> None:
    adata = cells()
    table = compared(adata, weighted=False).set_index(["cell_type", "set"])
    for cell_type in ("A", "B"):
        means = means_of(adata, cell_type)
        expected = means.loc["treated"].mean() - means.loc["control"].mean()
        np.testing.assert_allclose(table.loc[cell_type].loc[expected.index, "effect"], expected)
    assert table["effect"].idxmax() == ("A", "set 0")
    assert table["padj"].idxmin() == ("A", "set 0")
    top = table.loc[("A", "set 0")]
    assert top["padj"] < 0.05
    assert top["ci_low"] < top["effect"] < top["ci_high"]
    assert top["effect"] - top["ci_low"] == pytest.approx(stats.t.ppf(0.975, top["df"]) * top["effect"] / top["t"])
    assert top["pvalue"] == pytest.approx(2 * stats.t.sf(top["t"], top["df"]))
    np.testing.assert_allclose(table["padj"], stats.false_discovery_control(table["pvalue"]))
    counts = adata.obs[adata.obs["type"] == "A"].groupby("group").agg(n=("donor", "size"), samples=("donor", "nunique"))
    assert top[["n_cells", "n_samples"]].tolist() == counts.loc["treated"].tolist()
    assert top[["n_cells_reference", "n_samples_reference"]].tolist() == counts.loc["control"].tolist()


def test_standardized_effect_is_in_units_of_cells_within_samples() -> None:
    adata = cells()
    top = compared(adata).set_index(["cell_type", "set"]).loc[("A", "set 0")]
    rows = adata.obs["type"] == "A"
    grouped = adata.obsm["score"]["set 0"][rows].groupby(adata.obs["donor"][rows])
    within = (grouped.var() * (grouped.size() - 1)).sum() / (grouped.size() - 1).sum()
    assert top["standardized_effect"] == pytest.approx(top["effect"] / np.sqrt(within))


def test_few_sets_give_the_t_test_of_samples() -> None:
    adata = cells()
    adata.obsm["score"] = adata.obsm["score"].iloc[:, :3]
    table = compared(adata, weighted=False).set_index(["cell_type", "set"])
    means = means_of(adata, "B")
    expected = stats.ttest_ind(means.loc["treated"], means.loc["control"])
    np.testing.assert_allclose(table.loc["B"].loc[means.columns, "pvalue"], expected.pvalue)


def paired_cells() -> ad.AnnData:
    adata = cells(4)
    adata.obs["group"] = np.where(np.arange(adata.n_obs) % 2, "treated", "control")
    adata.obsm["score"] = adata.obsm["score"].iloc[:, :3]
    return adata


def test_paired_samples_give_the_paired_t_test() -> None:
    adata = paired_cells()
    table = compared(adata, paired="donor", weighted=False).set_index(["cell_type", "set"])
    means = means_of(adata, "A")
    expected = stats.ttest_rel(means.loc["treated"], means.loc["control"])
    np.testing.assert_allclose(table.loc["A"].loc[means.columns, "pvalue"], expected.pvalue)
    assert (table["df"] == 3).all()
    assert "donor" in scgsfm.get.compare(adata, samples=True)


def test_donors_with_one_condition_are_left_out_of_pairs() -> None:
    adata = paired_cells()
    lost = (adata.obs["donor"] == "d0") & (adata.obs["group"] == "treated") & (adata.obs["type"] == "A")
    table = compared(adata[~lost].copy(), paired="donor").set_index("cell_type")
    assert table.loc["A", "n_samples_reference"].unique().tolist() == [3]
    assert table.loc["B", "n_samples_reference"].unique().tolist() == [4]


def test_more_conditions() -> None:
    adata = cells(9, ("c", "a", "b"))
    adata.obsm["score"] = adata.obsm["score"].iloc[:, :3]
    table = compared(adata, reference="c", weighted=False)
    assert table["condition"].unique().tolist() == ["a", "b"]
    assert (table["reference"] == "c").all()
    means = means_of(adata, "A")
    expected = stats.f_oneway(*(means.loc[name] for name in "abc"))
    rows = table[table["cell_type"] == "A"].set_index(["condition", "set"])
    for name in "ab":
        np.testing.assert_allclose(rows.loc[name].loc[means.columns, "f"], expected.statistic)
        np.testing.assert_allclose(rows.loc[name].loc[means.columns, "f_pvalue"], expected.pvalue)
    of_a = table[table["condition"] == "a"]
    np.testing.assert_allclose(of_a["padj"], stats.false_discovery_control(of_a["pvalue"]))


def test_covariates() -> None:
    import statsmodels.formula.api as smf

    adata = cells(8)
    adata.obsm["score"] = adata.obsm["score"].iloc[:, :3]
    table = compared(adata, covariates=pd.Index(["age", "sex"]), weighted=False).set_index(["cell_type", "set"])
    means = means_of(adata, "A").reset_index()
    samples = adata.obs.drop_duplicates("donor").set_index("donor")
    means = means.join(samples[["age", "sex"]], on="donor").rename(columns={"set 1": "y"})
    expected = smf.ols("y ~ group + age + sex", means).fit()
    found = table.loc[("A", "set 1")]
    assert found["effect"] == pytest.approx(expected.params["group[T.treated]"])
    assert found["pvalue"] == pytest.approx(expected.pvalues["group[T.treated]"])
    assert found["df"] == 4


def test_mixed_model_agrees_with_pseudobulk() -> None:
    adata = cells()
    adata.obsm["score"] = adata.obsm["score"].iloc[:, :2]
    bulk = compared(adata, groupby=None).set_index("set")
    mixed = compared(adata, groupby=None, engine="mixed").set_index("set")
    assert (mixed["df"] == 4).all()
    np.testing.assert_allclose(mixed["effect"], bulk["effect"], rtol=0.05)
    np.testing.assert_allclose(mixed["t"], bulk["t"], rtol=0.1)


def test_few_samples_have_no_pvalues_unless_asked() -> None:
    adata = cells(4)
    with pytest.warns(UserWarning, match=r"No p-values for A \(2 and 2 samples\).*fewer than 3 samples.*min_samples"):
        table = compared(adata)
    assert table[["pvalue", "padj", "t", "ci_low", "df"]].isna().all().all()
    assert table["effect"].notna().all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = compared(adata, min_samples=2)
    assert table["pvalue"].notna().all()


def test_without_samples_cells_are_not_taken_for_replicates() -> None:
    with pytest.warns(UserWarning, match="the only replicates would be cells"):
        table = compared(cells(), sample=None, min_samples=1)
    assert table["pvalue"].isna().all()
    adata = cells()
    adata.obs["barcode"] = adata.obs_names
    with pytest.warns(UserWarning, match="cells are taken for replicates"):
        compared(adata, sample="barcode", min_cells=1)


def test_missing_cell_types_are_reported() -> None:
    adata = cells()
    adata.obs.loc[(adata.obs["type"] == "B") & (adata.obs["group"] == "treated"), "type"] = "A"
    adata.obs["group"] = adata.obs["group"].where(np.arange(adata.n_obs) > 4)
    with pytest.warns(UserWarning, match=r"Not compared: B \(no sample with at least 10 cells in 'treated'\)"):
        table = compared(adata)
    assert table["cell_type"].unique().tolist() == ["A"]
    record = adata.uns["scgsfm"]["compare"]
    assert record["n_excluded"] == 5
    assert record["skipped"].tolist() == ["B: no sample with at least 10 cells in 'treated'"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"condition": "grup"}, "Did you mean 'group'"),
        ({"reference": "ctrl"}, "`reference='ctrl'` is not in"),
        ({"condition": "one"}, "two conditions are needed"),
        ({"sample": "batch"}, "samples with cells of several conditions.*paired='batch'"),
        ({"paired": "donor"}, "no donor has samples of several conditions"),
        ({"covariates": "arm"}, "confounded with the covariate 'arm'"),
        ({"covariates": "group"}, "are the same column"),
        ({"covariates": "one"}, "the same for all samples"),
        ({"covariates": "depth"}, "varies within the sample"),
        ({"covariates": ["sex", "sex2"]}, "'sex2' follows from 'sex'"),
        ({"engine": "bulk"}, "`engine` is 'bulk'"),
        ({"aggregate": "sums"}, "`aggregate` is 'sums'"),
        ({"aggregate": "counts"}, "can't be used with the stored scores"),
        ({"min_cells": 1000}, "No cell type can be compared"),
        ({"min_samples": 0}, "`min_samples` is 0"),
    ],
)
def test_bad_input(options: dict[str, Any], message: str) -> None:
    adata = cells(8)
    obs = adata.obs
    obs["one"], obs["batch"] = "x", np.arange(adata.n_obs) % 3
    obs["arm"], obs["sex2"] = obs["group"].str.upper(), obs["sex"] == "m"
    obs["depth"] = np.linspace(0, 1, adata.n_obs)
    with pytest.raises(ValueError, match=message):
        compared(adata, **options)
    assert "compare" not in adata.uns


@pytest.mark.parametrize("option", [{"layer": "counts"}, {"use_raw": True}, {"mask_var": "high"}, {"expand": True}])
def test_stored_scores_are_not_computed_from_other_values(option: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"`{next(iter(option))}` can't be used with the stored scores"):
        compared(cells(), **option)


def test_a_covariate_of_donors_in_pairs() -> None:
    with pytest.raises(ValueError, match="does not vary within the donors"):
        compared(paired_cells(), paired="donor", covariates="age")


@pytest.fixture(scope="module")
def blood() -> ad.AnnData:
    adata = scgsfm.datasets.pbmc()[:400].copy()
    adata.obs["donor"] = [f"d{i % 6}" for i in range(400)]
    adata.obs["group"] = ["treated" if i % 6 < 3 else "control" for i in range(400)]
    adata.obs["type"] = "all"
    return adata


def test_scores_are_those_of_tl_score(blood: ad.AnnData, tmp_path: Path) -> None:
    adata = blood.copy()
    computed = compared(adata, SETS, method="zscore").copy()
    scgsfm.tl.score(adata, SETS, method="zscore")
    stored = compared(adata, "score_zscore")
    pd.testing.assert_frame_equal(computed, stored, rtol=1e-10)
    assert stored["set"].sort_values().tolist() == ["B", "T/NK"]
    for matrix in (sparse.csc_matrix(adata.X), adata.X.toarray()):
        other = ad.AnnData(matrix, adata.obs, adata.var)
        pd.testing.assert_frame_equal(compared(other, SETS, method="zscore"), computed, rtol=1e-10)
    del adata.uns["compare"], adata.uns["compare_samples"], adata.uns["scgsfm"]["compare"]
    adata.write_h5ad(tmp_path / "cells.h5ad")
    backed = ad.read_h5ad(tmp_path / "cells.h5ad", backed="r")
    pd.testing.assert_frame_equal(compared(backed, SETS, method="zscore"), computed, rtol=1e-10)
    pd.testing.assert_frame_equal(compared(backed, "score_zscore"), computed, rtol=1e-10)


def test_summed_counts(blood: ad.AnnData) -> None:
    adata = blood.copy()
    table = compared(adata, SETS, method="zscore", aggregate="counts").set_index("set")
    sums = pd.DataFrame(adata.X.toarray(), columns=adata.var_names).groupby(adata.obs["donor"].to_numpy()).sum()
    bulk = ad.AnnData(sums)
    scgsfm.tl.score(bulk, SETS, method="zscore")
    scores = scgsfm.get.scores(bulk, "zscore")
    treated = adata.obs.groupby("donor")["group"].first().loc[scores.index] == "treated"
    expected = stats.ttest_ind(scores[treated.to_numpy()], scores[~treated.to_numpy()])
    np.testing.assert_allclose(table.loc[list(scores), "pvalue"], expected.pvalue, rtol=1e-6)
    adata.X = np.log1p(adata.X / 7)
    with pytest.raises(ValueError, match="sums counts, but the values"):
        compared(adata, SETS, aggregate="counts")


@pytest.mark.parametrize("suffix", ["h5ad", "zarr"])
def test_results_survive_files(suffix: str, blood: ad.AnnData, tmp_path: Path) -> None:
    adata = blood.copy()
    adata.obs["type"] = np.where(np.arange(400) % 2, "T/NK", "B/x")
    compared(adata, SETS)
    path = tmp_path / f"cells.{suffix}"
    getattr(adata, f"write_{suffix}")(path)
    read = getattr(ad, f"read_{suffix}")(path)
    for samples in (False, True):
        a, b = (scgsfm.get.compare(each, samples=samples) for each in (adata, read))
        pd.testing.assert_frame_equal(a, b, check_categorical=False)
    assert read.uns["scgsfm"]["compare"]["reference"] == "control"


def test_overwriting_and_copies() -> None:
    adata = cells()
    new = scgsfm.tl.compare(adata, "score", **DESIGN, key_added="mine", copy=True)
    assert "mine" in new.uns
    assert "mine_samples" in new.uns
    assert not adata.uns
    adata.uns["compare"] = "something else"
    with pytest.raises(ValueError, match="not written by"):
        compared(adata)


def test_missing_scores() -> None:
    adata = cells()
    adata.obsm["score"].iloc[3, 5] = np.nan
    with pytest.warns(UserWarning, match="1 set without a result.*'set 5'"):
        table = compared(adata, groupby=None)
    assert table.set_index("set")["pvalue"].isna().sum() == 1


def test_conditions_without_difference_are_found_at_the_rate_of_chance() -> None:
    """Cells of donors that differ: the test of samples keeps its level, and that of cells does not."""
    rates, of_cells = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        donor = rng.choice(6, 300, p=[0.1, 0.15, 0.15, 0.2, 0.2, 0.2])
        shared = rng.normal(size=(6, 3)) @ rng.normal(size=(3, 20))  # sets go together
        scores = rng.normal(size=(300, 20)) + 0.3 * (rng.normal(size=(6, 20)) + shared)[donor]
        group = np.array(["a", "b"])[rng.permutation([0, 0, 0, 1, 1, 1])[donor]]
        obs = pd.DataFrame({"donor": donor.astype(str), "group": group}, index=[f"c{i}" for i in range(300)])
        table = pd.DataFrame(scores, obs.index, [f"set {i}" for i in range(20)])
        adata = ad.AnnData(np.ones((300, 1), np.float32), obs, obsm={"score": table})
        rates.append((compared(adata, groupby=None, min_cells=5)["pvalue"] < 0.05).mean())
        of_cells.append((stats.ttest_ind(scores[group == "b"], scores[group == "a"]).pvalue < 0.05).mean())
    assert 0.03 < np.mean(rates) < 0.07
    assert np.mean(of_cells) > 0.3


def test_genes_and_values_are_chosen_as_in_tl_score(blood: ad.AnnData) -> None:
    adata = blood.copy()
    options: dict[str, Any] = {"mask_var": np.arange(adata.n_vars) % 5 > 0, "log_normalize": False, "block_size": 50}
    scgsfm.tl.score(adata, SETS, method="mean", **options)
    expected = compared(adata, "score_mean")
    pd.testing.assert_frame_equal(compared(adata, SETS, method="mean", **options), expected, rtol=1e-9)
    assert not np.allclose(compared(adata, SETS, method="mean")["effect"], expected["effect"])


def test_unknown_parameters_raise(blood: ad.AnnData) -> None:
    with pytest.raises(TypeError, match="There is no parameter 'n_top'. Of the methods, 'aucell' has n_up, ties"):
        compared(blood.copy(), SETS, n_top=3)
    with pytest.raises(TypeError, match="`n_up` is a parameter of a scoring method, but the scores 'score' are stored"):
        compared(cells(), n_up=3)
