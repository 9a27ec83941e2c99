from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from scipy import sparse

from scgsfm.enrichment import from_adata

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scgsfm.enrichment import GeneLists

N_CELLS, N_GENES = 90, 60


@pytest.fixture
def counts() -> ad.AnnData:
    """Three groups of 30 cells; each has 10 markers."""
    rng = np.random.default_rng(0)
    group = np.repeat([0, 1, 2], 30)
    rate = np.ones((N_CELLS, N_GENES))
    for k in range(3):
        rate[group == k, 10 * k : 10 * k + 10] = 4
    x = rng.poisson(rate * rng.uniform(0.5, 2, (N_CELLS, 1))).astype(np.float32)
    obs = pd.DataFrame(
        {"group": pd.Categorical(np.array(["a", "b", "c"])[group])}, index=[f"c{i}" for i in range(N_CELLS)]
    )
    return ad.AnnData(x, obs=obs, var=pd.DataFrame(index=[f"g{i}" for i in range(N_GENES)]))


@pytest.fixture
def adata(counts: ad.AnnData) -> ad.AnnData:
    adata = counts.copy()
    sc.pp.normalize_total(adata, target_sum=1e4)
    sc.pp.log1p(adata)
    return adata


def rankings(adata: ad.AnnData, groupby: str | None = None, **options: Any) -> GeneLists:
    defaults = {"key": "rank_genes_groups", "layer": None, "use_raw": None, "gene_symbols": None}
    return from_adata(adata, groupby=groupby, **defaults | options)


def quietly(adata: ad.AnnData, groupby: str | None = None, **options: Any) -> GeneLists:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        return rankings(adata, groupby, **options)


def same(found: GeneLists, expected: GeneLists) -> bool:
    return all(found.rankings[g].equals(expected.rankings[g]) for g in expected.rankings) and len(
        found.rankings
    ) == len(expected.rankings)


def test_a_ranking_that_holds_is_used(adata: ad.AnnData) -> None:
    sc.tl.rank_genes_groups(adata, "group", method="wilcoxon")
    found = quietly(adata)
    assert found.made["key"] == "rank_genes_groups"
    assert found.made["method"] == "wilcoxon"
    np.testing.assert_allclose(found.rankings["b"]["value"], sc.get.rank_genes_groups_df(adata, "b")["scores"])


def cluster_again(adata: ad.AnnData) -> None:
    adata.obs["group"] = pd.Categorical(np.where(adata.obs["group"] == "a", "0", "1"))


def swap_groups(adata: ad.AnnData) -> None:
    adata.obs["group"] = adata.obs["group"].cat.rename_categories({"a": "b", "b": "a"})


def shuffle_groups(adata: ad.AnnData) -> None:
    adata.obs["group"] = np.random.default_rng(0).permutation(adata.obs["group"].astype(str))


def rename_genes(adata: ad.AnnData) -> None:
    adata.var_names = [f"new{i}" for i in range(adata.n_vars)]


def change_values(adata: ad.AnnData) -> None:
    adata.X = adata.X[:, ::-1].copy()


@pytest.mark.parametrize("change", [cluster_again, swap_groups, shuffle_groups, rename_genes, change_values])
def test_an_outdated_ranking_is_computed_again_with_a_warning(adata: ad.AnnData, change: Any) -> None:
    sc.tl.rank_genes_groups(adata, "group", method="wilcoxon")
    change(adata)
    with pytest.warns(UserWarning, match="rank_genes_groups"):
        found = rankings(adata)
    del adata.uns["rank_genes_groups"]
    sc.tl.rank_genes_groups(adata, "group", method="wilcoxon")
    assert same(found, quietly(adata))
    assert "key" not in found.made


def test_a_subset_of_the_genes_is_ranked_again(adata: ad.AnnData) -> None:
    sc.tl.rank_genes_groups(adata, "group")
    subset = adata[:, ::2].copy()
    with pytest.warns(UserWarning, match="30 genes that are not in `var_names`"):
        found = rankings(subset)
    assert len(found.background.genes) == 30


def test_a_cut_ranking_is_completed(adata: ad.AnnData, caplog: pytest.LogCaptureFixture) -> None:
    sc.tl.rank_genes_groups(adata, "group", method="t-test")
    whole = quietly(adata)
    sc.tl.rank_genes_groups(adata, "group", method="t-test", n_genes=5)
    with caplog.at_level("DEBUG", logger="scgsfm"):
        assert same(quietly(adata), whole)
    assert "does not have all genes" in caplog.text


def test_a_filtered_ranking_keeps_lists_to_its_genes(adata: ad.AnnData) -> None:
    sc.tl.rank_genes_groups(adata, "group")
    whole = quietly(adata)
    sc.tl.filter_rank_genes_groups(adata, min_fold_change=1.5)
    names = pd.DataFrame(adata.uns["rank_genes_groups_filtered"]["names"])["a"].dropna()
    found = quietly(adata, key="rank_genes_groups_filtered")
    assert same(found, whole)
    assert set(found.top(100, 1.1)["a"]) == set(names) < set(whole.top(100, 1.1)["a"])
    sc.tl.rank_genes_groups(adata, "group", n_genes=40)
    sc.tl.filter_rank_genes_groups(adata, min_fold_change=1.5)
    with pytest.raises(ValueError, match="without `n_genes` and `mask_var`"):
        rankings(adata, key="rank_genes_groups_filtered")


def test_a_mask_limits_the_background(adata: ad.AnnData) -> None:
    adata.var["mask"] = np.arange(N_GENES) % 2 == 0
    sc.tl.rank_genes_groups(adata, "group", mask_var="mask")
    assert set(quietly(adata).background.genes) == set(adata.var_names[::2])
    sc.tl.rank_genes_groups(adata, "group", mask_var="mask", groups=["a"])  # cannot be told from a cut
    assert len(quietly(adata).background.genes) == N_GENES


def test_layer_use_raw_and_key_are_not_ignored(adata: ad.AnnData) -> None:
    adata.raw = adata
    adata.layers["half"] = adata.X * 0.5
    sc.tl.rank_genes_groups(adata, "group")
    assert quietly(adata).made["use_raw"] is True
    assert quietly(adata, use_raw=False).made["use_raw"] is False
    layer = quietly(adata, layer="half").made
    assert (layer["layer"], layer["use_raw"]) == ("half", False)
    with pytest.raises(ValueError, match="'quarter'"):
        rankings(adata, "group", layer="quarter")
    with pytest.raises(ValueError, match="`key='wilcoxon'` is not in `uns`"):
        rankings(adata, "group", key="wilcoxon")
    adata.uns["other"] = adata.uns["rank_genes_groups"]
    adata.obs["x"] = adata.obs["group"]
    with pytest.raises(ValueError, match="computed for `groupby='group'`"):
        rankings(adata, "x", key="other")
    del adata.raw
    with pytest.warns(UserWarning, match="`.raw`, which no longer exists"):
        assert rankings(adata).made["use_raw"] is False
    del adata.obs["group"]
    with pytest.raises(ValueError, match="no longer exists: set `groupby`"):
        rankings(adata)


def test_counts_are_log_normalized(counts: ad.AnnData, adata: ad.AnnData, capsys: pytest.CaptureFixture[str]) -> None:
    found, expected = quietly(counts, "group"), quietly(adata, "group")
    assert found.made["values"] == "counts"
    assert "raw count" not in capsys.readouterr().err
    for group, ranking in expected.rankings.items():
        np.testing.assert_allclose(found.rankings[group]["value"], ranking["value"], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found.background.level, expected.background.level, rtol=1e-5)
    counts.uns["rank_genes_groups"] = sc.tl.rank_genes_groups(adata, "group", copy=True).uns["rank_genes_groups"]
    assert quietly(counts).made["key"] == "rank_genes_groups"  # from log-normalized values
    sc.tl.rank_genes_groups(counts, "group")
    with pytest.warns(UserWarning, match="whole numbers, which makes its tests unreliable"):
        rankings(counts)


@pytest.mark.parametrize(
    "labels",
    [
        np.repeat([0, 1, 2], 30),
        np.repeat([True, False], 45),
        pd.Categorical(np.repeat([3, 1, 2], 30)),
        np.r_[np.repeat([0.0, 1.0], 40), np.full(10, np.nan)],
        pd.Categorical(np.repeat(["x", "y"], 45), ["x", "y", "empty"]),
    ],
    ids=["integers", "booleans", "categories", "floats", "unused"],
)
def test_groups_of_any_type(adata: ad.AnnData, labels: Any) -> None:
    adata.obs["k"] = labels
    found = quietly(adata, "k").rankings
    assert all(isinstance(group, str) for group in found)
    assert len(found) == len(pd.unique(pd.Series(labels).dropna()))


@pytest.mark.parametrize("groupby", [7, "7"])
def test_columns_with_numbers_as_names(adata: ad.AnnData, groupby: Any) -> None:
    adata.obs = pd.DataFrame({7: np.repeat(["x", "y"], 45)}, index=adata.obs_names)
    assert list(quietly(adata, groupby).rankings) == ["x", "y"]
    with pytest.raises(TypeError, match=r"`groupby` must be the name of a column of `obs`, but is \[7\] \(list\)"):
        rankings(adata, [7])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("labels", "message"),
    [("a", "at least two groups"), (np.nan, "has no group"), (np.linspace(0, 1, N_CELLS), "measurements")],
)
def test_groups_that_cannot_be_compared(adata: ad.AnnData, labels: Any, message: str) -> None:
    adata.obs["k"] = labels
    with pytest.raises(ValueError, match=message):
        rankings(adata, "k")


def test_groups_of_one_cell_are_skipped(adata: ad.AnnData) -> None:
    adata.obs["k"] = ["one", *["x"] * 40, *["y"] * 49]
    with pytest.warns(UserWarning, match="single cell.*'one'"):
        assert set(rankings(adata, "k").rankings) == {"x", "y"}


def test_values_that_cannot_be_ranked(adata: ad.AnnData) -> None:
    scaled = sc.pp.scale(adata, copy=True)
    with pytest.raises(ValueError, match="negative values"):
        rankings(scaled, "group")
    adata.X = adata.X * 0
    with pytest.raises(ValueError, match="no value other than 0"):
        rankings(adata, "group")


def test_a_gene_of_several_rows_counts_once(adata: ad.AnnData) -> None:
    adata.var["symbol"] = ["twice", "twice", *adata.var_names[2:]]
    found = quietly(adata, "group", gene_symbols="symbol")
    assert len(found.background.genes) == N_GENES - 1
    assert (found.rankings["a"]["name"] == "twice").sum() == 1


def test_data_on_disk_or_lazy_are_ranked_as_in_memory(
    counts: ad.AnnData, array_type: Callable[[np.ndarray], Any]
) -> None:
    x, obs = np.asarray(counts.X, np.float64), counts.obs.assign(part=["z"] * 5 + ["x", "y"] * 40 + [None] * 5)
    expected = quietly(ad.AnnData(x, obs=obs, var=counts.var), "part")
    given = ad.AnnData(array_type(x), obs=obs, var=counts.var)
    before = given.X.copy() if sparse.issparse(given.X) else None
    found = quietly(given, "part")
    assert found.made == expected.made
    for group, table in expected.rankings.items():
        pd.testing.assert_frame_equal(
            *(each.sort_values("name", ignore_index=True) for each in (found.rankings[group], table)), rtol=1e-4
        )
    np.testing.assert_array_equal(found.background.level, expected.background.level)
    if before is not None:  # zeros that are stored stay
        assert given.X.nnz == before.nnz
        np.testing.assert_array_equal(given.X.indices, before.indices)


def test_the_test_from_moments_is_that_of_scanpy(adata: ad.AnnData, tmp_path: Path) -> None:
    adata.X[:, 3] = 0
    adata.X[:40, 4] = 2  # constant in a group
    adata.uns["log1p"]["base"] = 2
    adata.write_h5ad(tmp_path / "cells.h5ad")
    backed = ad.read_h5ad(tmp_path / "cells.h5ad", backed="r")
    for options in ({"method": "t-test"}, {"method": "t-test_overestim_var", "reference": "b"}):
        ranked = sc.tl.rank_genes_groups(adata, "group", n_genes=N_GENES, copy=True, **options)
        cut = sc.tl.rank_genes_groups(adata, "group", n_genes=5, copy=True, **options)
        backed.uns["rank_genes_groups"] = cut.uns["rank_genes_groups"]
        found = quietly(backed).rankings
        for group in found:
            expected = sc.get.rank_genes_groups_df(ranked, group).set_index("names").loc[found[group]["name"]]
            for column, name in {"scores": "value", "logfoldchanges": "logfc", "pvals_adj": "padj"}.items():
                np.testing.assert_allclose(found[group][name], expected[column], rtol=1e-4, atol=1e-6)


def test_ranks_need_data_in_memory(adata: ad.AnnData, tmp_path: Path) -> None:
    sc.tl.rank_genes_groups(adata, "group", method="wilcoxon")
    adata.write_h5ad(tmp_path / "cells.h5ad")
    backed = ad.read_h5ad(tmp_path / "cells.h5ad", backed="r")
    assert same(quietly(backed), quietly(adata))  # a ranking that holds is used
    sc.tl.rank_genes_groups(adata, "group", method="wilcoxon", n_genes=5)
    backed.uns["rank_genes_groups"] = adata.uns["rank_genes_groups"]
    with pytest.raises(ValueError, match=r"'wilcoxon' needs all cells of a gene at once.*to_memory"):
        rankings(backed)


def test_one_cell_outside_a_group_has_no_variance(adata: ad.AnnData, tmp_path: Path) -> None:
    few = adata[[0, 1, 2, 3, 40]].copy()
    few.write_h5ad(tmp_path / "cells.h5ad")
    with pytest.warns(UserWarning, match="single cell"):
        found, expected = rankings(ad.read_h5ad(tmp_path / "cells.h5ad", backed="r"), "group"), rankings(few, "group")
    assert same(found, expected)
    assert np.isfinite(found.rankings["a"]["value"]).all()
