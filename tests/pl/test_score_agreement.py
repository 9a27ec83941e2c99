from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import scgsfm

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from anndata import AnnData


@pytest.mark.parametrize("correlation", ["spearman", "pearson"])
def test_matrix_of_medians(correlation: Any, cells: Callable[[int], AnnData]) -> None:
    adata = cells(5)
    ax = scgsfm.pl.score_agreement(adata, correlation=correlation, show=False)
    methods = [tick.get_text() for tick in ax.get_yticklabels()]
    assert methods == ["aucell", "ucell", "zscore"]
    tables = {method: adata.obsm[f"score_{method}"] for method in methods}
    for i, one in enumerate(methods):
        for j, other in enumerate(methods):
            expected = tables[one].corrwith(tables[other], method=correlation).median()
            assert ax.images[0].get_array()[i, j] == pytest.approx(expected)
            assert ax.texts[3 * i + j].get_text() == f"{expected:.2f}"


def test_sets(cells: Callable[[int], AnnData], caplog: pytest.LogCaptureFixture) -> None:
    adata = cells(30)
    names = list(adata.obsm["score_ucell"])
    adata.obsm["score_ucell"][names[3]] *= -1
    adata.obsm["score_ucell"][names[4]] = 1.0
    with caplog.at_level("INFO", logger="scgsfm"):
        ax = scgsfm.pl.score_agreement(adata, kind="sets", show=False)
    assert "drew 24 of 30 sets, those that agree least; choose by `sets`" in caplog.text
    assert ax.get_yticklabels()[0].get_text().replace("\n", "") == names[3]
    ax = scgsfm.pl.score_agreement(adata, [names[4], names[3]], kind="sets", show=False)
    shown = np.ma.filled(ax.images[0].get_array().astype(float), np.nan)
    assert np.isnan(shown[0, 1]), "scores that do not vary"
    tables = [adata.obsm[f"score_{method}"][names[3]] for method in ("aucell", "ucell", "zscore")]
    expected = [np.mean([a.corr(b, method="spearman") for b in tables if b is not a]) for a in tables]
    np.testing.assert_allclose(shown[1], expected)


def test_methods(cells: Callable[[int], AnnData]) -> None:
    adata = cells(3)
    adata.obsm["score_other"] = pd.DataFrame({"x": np.arange(60.0)}, index=adata.obs_names)
    ax = scgsfm.pl.score_agreement(adata, show=False)
    assert len(ax.get_yticklabels()) == 3, "only methods with the same sets"
    ax = scgsfm.pl.score_agreement(adata, methods=["ucell", "score_aucell"], show=False)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["ucell", "aucell"]
    adata.obsm["score_score_genes"] = adata.obsm["score_ucell"]
    ax = scgsfm.pl.score_agreement(adata, methods=["score_genes", "aucell"], show=False)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["score_genes", "aucell"]


def test_errors(cells: Callable[[int], AnnData]) -> None:
    adata = cells(2)
    adata.obsm["score_other"] = pd.DataFrame({"x": np.arange(60.0)}, index=adata.obs_names)
    with pytest.raises(ValueError, match="no set in common"):
        scgsfm.pl.score_agreement(adata, methods=["ucell", "other"])
    with pytest.raises(ValueError, match="at least two methods are needed, but there are: 'ucell'"):
        scgsfm.pl.score_agreement(adata, methods="ucell")
    with pytest.raises(KeyError, match="score_ulm"):
        scgsfm.pl.score_agreement(adata, methods=["ucell", "ulm"])
    with pytest.raises(ValueError, match="`kind` is 'scatter'"):
        scgsfm.pl.score_agreement(adata, kind="scatter")  # type: ignore[arg-type]


def test_missing_scores_are_left_out(cells: Callable[[int], AnnData]) -> None:
    from scipy.stats import spearmanr

    adata = cells(3)
    first, second = adata.obsm["score_aucell"], adata.obsm["score_ucell"]
    first.iloc[:7, 0] = np.nan
    second.iloc[30:33, 0] = np.nan
    first.iloc[:, 1] = np.nan
    ax = scgsfm.pl.score_agreement(adata, methods=["aucell", "ucell"], kind="sets", show=False)
    known = (first.iloc[:, 0].notna() & second.iloc[:, 0].notna()).to_numpy()
    expected = [
        spearmanr(first.iloc[known, 0], second.iloc[known, 0])[0],
        np.nan,
        spearmanr(first.iloc[:, 2], second.iloc[:, 2])[0],
    ]
    np.testing.assert_allclose(np.asarray(ax.images[0].get_array().filled(np.nan))[:, 0], expected)
