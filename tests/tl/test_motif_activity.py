from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from scipy.sparse import csc_matrix, csr_array
from scipy.stats import pearson3
from statsmodels.stats.contingency_tables import StratifiedTable
from tests.tl._accessible_peaks import accessible_peaks, genome_of

from scgsfm.errors import GeneSetWarning
from scgsfm.regulatory._motif_activity import StratifiedTest, two_sided_pearson3
from scgsfm.tl import motif_activity

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import SmallR3LM

GATA = "C4-GATA-related"


@pytest.fixture(scope="module")
def peaks() -> ad.AnnData:
    return accessible_peaks()


@pytest.fixture(scope="module")
def table(peaks: ad.AnnData) -> pd.DataFrame:
    return run(peaks)


def run(adata: ad.AnnData, **kwargs: Any) -> pd.DataFrame:
    result = motif_activity(adata, "group", copy=True, **{"sequences": "sequence"} | kwargs)
    assert result is not None
    return result.uns["motif_activity"]


def row(table: pd.DataFrame, group: str, motif: str = GATA) -> pd.Series:
    return table[(table["group"] == group) & (table["motif"] == motif)].iloc[0]


def test_finds_the_motif_of_a_group(table: pd.DataFrame) -> None:
    assert table["group"].unique().tolist() == ["a", "b", "c"]
    found = row(table, "b")
    assert found["padj"] < 1e-4
    assert found["effect"] > 2
    assert found["n_peaks"] == 40
    assert 30 <= found["n_hits"] <= 40
    assert "GATA" in found["name"].upper()
    others = table[(table["group"] != "b") & (table["z"] > 0)]
    assert (others["padj"] > 0.01).all()
    for _, part in table.groupby("group"):
        assert part["pvalue"].is_monotonic_increasing


def test_adjustment_is_over_all_rows(table: pd.DataFrame) -> None:
    from scipy.stats import false_discovery_control

    np.testing.assert_allclose(table["padj"], false_discovery_control(table["pvalue"]))


def test_equals_cochran_mantel_haenszel() -> None:
    rng = np.random.default_rng(0)
    strata = rng.integers(0, 6, 500)
    sites = rng.random((500, 3)) < 0.1 + 0.05 * strata[:, None]
    chosen = rng.random(500) < 0.05 + 0.03 * strata
    test = StratifiedTest.of(csr_array(sites.astype(float)), strata)
    sets = csr_array(chosen[None].astype(float))
    found = test.test(sets)
    for k in range(3):
        counts = [pd.crosstab(chosen[strata == s], sites[strata == s, k]).to_numpy() for s in range(6)]
        expected = StratifiedTable(counts)
        np.testing.assert_allclose(found.z[0, k] ** 2, expected.test_null_odds(correction=False).statistic)
        np.testing.assert_allclose(test.log2_odds_ratio(sets)[0, k], expected.logodds_pooled / np.log(2))


def test_moments_of_random_peaks() -> None:
    """Mean, variance and skewness of the sum over random peaks of the same strata, for any values."""
    rng = np.random.default_rng(1)
    strata = np.repeat([0, 1], [12, 20])
    values = rng.gamma(0.5, size=(32, 1))
    chosen = np.zeros(32)
    chosen[[0, 1, 12, 13, 14]] = 1
    found = StratifiedTest.of(csr_array(values), strata).test(csr_array(chosen[None]))
    first = rng.permuted(np.tile(values[:12, 0], (200_000, 1)), axis=1)[:, :2].sum(axis=1)
    sums = first + rng.permuted(np.tile(values[12:, 0], (200_000, 1)), axis=1)[:, :3].sum(axis=1)
    centered = sums - sums.mean()
    np.testing.assert_allclose(found.expected[0, 0], sums.mean(), rtol=0.01)
    np.testing.assert_allclose((found.observed - found.expected)[0, 0] / found.z[0, 0], sums.std(), rtol=0.01)
    np.testing.assert_allclose(found.skew[0, 0], (centered**3).mean() / sums.std() ** 3, rtol=0.05)


def test_tails() -> None:
    z = np.array([-4.0, -1.0, 0.0, 2.0, 6.0])
    p = two_sided_pearson3(z, np.full(5, 0.6))
    np.testing.assert_allclose(p[-2:], 2 * pearson3.sf(z[-2:], 0.6))
    assert (p > 0).all()
    np.testing.assert_allclose(two_sided_pearson3(z, np.full(5, 0.6)), two_sided_pearson3(-z, np.full(5, -0.6)))


def test_random_groups(peaks: ad.AnnData) -> None:
    """p-values of random groups are about uniform, although peaks with a site are accessible together."""
    adata, pvalues = peaks.copy(), []
    for seed in range(3):
        adata.obs["group"] = np.random.default_rng(seed).permutation(peaks.obs["group"].to_numpy())
        random = run(adata, n_permutations=100)
        pvalues += random["pvalue"].tolist()
        assert (random["padj"] > 0.01).all()
    assert 0.01 < np.mean(np.array(pvalues) < 0.05) < 0.1
    assert 0.4 < np.mean(pvalues) < 0.6


def test_all_kinds_of_matrices(peaks: ad.AnnData, tmp_path: Path) -> None:
    dask = pytest.importorskip("dask.array")
    table = run(peaks, n_permutations=20)
    dense = peaks.X.toarray()
    kinds: dict[str, Any] = {
        "dense": dense,
        "csc": csc_matrix(peaks.X),
        "dask": dask.from_array(dense, chunks=(40, -1)),
    }
    for matrix in kinds.values():
        adata = ad.AnnData(matrix, peaks.obs.copy(), peaks.var.copy())
        computed = run(adata, sequences=None, genome=genome_of(peaks), n_permutations=20)
        pd.testing.assert_frame_equal(computed, table)
    peaks.write_h5ad(tmp_path / "x.h5ad")
    backed = ad.read_h5ad(tmp_path / "x.h5ad", backed="r")
    motif_activity(backed, "group", sequences="sequence", n_permutations=20)
    pd.testing.assert_frame_equal(backed.uns["motif_activity"], table)
    backed.file.close()


@pytest.mark.parametrize("suffix", ["h5ad", "zarr"])
def test_files(peaks: ad.AnnData, tmp_path: Path, suffix: str) -> None:
    adata = peaks.copy()
    motif_activity(adata, "group", sequences="sequence", by="motif", n_permutations=0, key_added="x")
    getattr(adata, f"write_{suffix}")(tmp_path / f"x.{suffix}")
    read = getattr(ad, f"read_{suffix}")(tmp_path / f"x.{suffix}").uns["x"]
    assert read["motif"].astype(str).str.startswith("MA").all()
    top = read[read["group"].astype(str) == "b"].iloc[0]
    assert "GATA" in str(top["family"])
    assert adata.uns["scgsfm"]["x"]["params"]["by"] == "motif"


def test_ranking(peaks: ad.AnnData) -> None:
    adata = peaks.copy()
    sc.pp.log1p(adata)
    sc.tl.rank_genes_groups(adata, "group", method="wilcoxon")
    with pytest.warns(GeneSetWarning, match="Groups without peaks .* skipped: 'a', 'c'"):
        by_ranking = run(adata, key="rank_genes_groups", max_padj=0.5)
    assert row(by_ranking, "b")["padj"] < 1e-4
    ranked = sc.get.rank_genes_groups_df(adata, "b")
    ranked = ranked[(ranked["scores"] > 0) & (ranked["pvals_adj"] <= 0.5)]
    assert row(by_ranking, "b")["n_peaks"] == min(len(ranked), 40)
    with pytest.raises(ValueError, match="mutually exclusive"):
        run(adata, key="rank_genes_groups", n_permutations=50)
    adata.obs["other"] = adata.obs["group"]
    with pytest.raises(ValueError, match="was computed for 'group'"):
        motif_activity(adata, "other", sequences="sequence", key="rank_genes_groups")
    with pytest.raises(ValueError, match="not in `uns`"):
        run(peaks, key="x")


def test_effects(peaks: ad.AnnData, small_r3lm: SmallR3LM) -> None:
    weighted = run(peaks, weights="effects", model=small_r3lm, cell_type="K562", n_permutations=0)
    assert row(weighted, "b")["effect"] > 1
    assert row(weighted, "b")["padj"] < 1e-4
    elsewhere = run(peaks, weights="effects", model=small_r3lm, cell_type="WTC11", n_permutations=0)
    assert abs(row(elsewhere, "b")["effect"]) < 0.1


def test_cells_without_group(peaks: ad.AnnData) -> None:
    adata = peaks.copy()
    adata.obs["group"] = adata.obs["group"].where(adata.obs["group"] != "c")
    kept = adata[adata.obs["group"].notna()].copy()
    with_missing = motif_activity(adata, "group", sequences="sequence", n_permutations=0, copy=True)
    assert with_missing.uns["motif_activity"]["group"].unique().tolist() == ["a", "b"]
    # strata differ, since the accessibility is that of all cells, but the peaks of the groups don't
    without = run(kept, n_permutations=0)
    assert row(with_missing.uns["motif_activity"], "b")["n_hits"] == row(without, "b")["n_hits"]


def test_errors(peaks: ad.AnnData) -> None:
    with pytest.raises(ValueError, match="Give `genome`"):
        run(peaks, sequences=None)
    with pytest.raises(ValueError, match="`n_peaks` is 300, but must be at least 1 and at most half of the 400"):
        run(peaks, n_peaks=300)
    with pytest.raises(ValueError, match="`max_padj` is 5, but must be above 0"):
        run(peaks, max_padj=5)
    with pytest.raises(ValueError, match="`weights` is 'model'"):
        run(peaks, weights="model")
    with pytest.raises(ValueError, match="`by` is 'class'"):
        run(peaks, by="class")
    with pytest.raises(ValueError, match="at least 20"):
        run(peaks, n_permutations=3)
    with pytest.raises(ValueError, match="only the group 'a'"):
        run(peaks[peaks.obs["group"] == "a"].copy())
    with pytest.raises(ValueError, match="Only 40 of 40 peaks"):
        run(peaks[:, :40].copy())
    with pytest.raises(ValueError, match="not a column of `obs`"):
        motif_activity(peaks, "grp", sequences="sequence")
    taken = peaks.copy()
    taken.uns["motif_activity"] = 1
    with pytest.raises(ValueError, match="not written by"):
        motif_activity(taken, "group", sequences="sequence")
