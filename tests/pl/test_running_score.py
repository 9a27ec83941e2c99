from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from matplotlib import pyplot as plt

import scgsfm
from scgsfm import pl
from scgsfm.errors import GeneMatchError

if TYPE_CHECKING:
    from collections.abc import Iterator

mpl.use("agg")
TERM = "HALLMARK_HYPOXIA"


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def ranking() -> pd.Series:
    sets = scgsfm.datasets.library("hallmark")
    values = pd.Series(np.random.default_rng(0).normal(size=len(sets.genes)), sets.genes)
    values[sets[TERM]] += 1
    return values


@pytest.mark.parametrize("sign", [1, -1])
def test_curve_ends_at_zero_and_peaks_at_the_score(ranking: pd.Series, sign: int) -> None:
    found = scgsfm.tl.enrich(ranking * sign, "hallmark", n_null=60).set_index("term").loc[TERM]
    above, ticks, below = pl.running_score(ranking * sign, TERM, show=False)
    x, y = above.lines[0].get_data()
    assert len(x) == len(ranking) + 1
    assert y[-1] == pytest.approx(0, abs=1e-9)
    assert y[np.abs(y).argmax()] == pytest.approx(found["es"])
    assert x[np.abs(y).argmax()] == above.lines[1].get_xdata()[0]
    rest, leading = ticks.collections
    assert len(leading.get_segments()) == found["n_hits"]
    assert len(rest.get_segments()) == found["n_found"] - found["n_hits"]
    assert f"{found['es']:.2f}" in above.texts[0].get_text()
    assert below.get_xlim() == (0, len(ranking))


def test_a_list_of_genes_equals_its_term(ranking: pd.Series) -> None:
    genes = scgsfm.datasets.library("hallmark")[TERM]
    by_name, by_list = (pl.running_score(ranking, term, show=False)[0].lines[0].get_ydata() for term in (TERM, genes))
    np.testing.assert_array_equal(by_name, by_list)


def test_data() -> None:
    adata = scgsfm.datasets.pbmc()
    sc.pp.normalize_total(adata)
    sc.pp.log1p(adata)
    sc.tl.rank_genes_groups(adata, "cell_type", groups=["B", "NK"], method="t-test")
    axes = pl.running_score(adata, "HALLMARK_ALLOGRAFT_REJECTION", group="NK", show=False)
    assert "NK" in axes[0].get_title()
    with pytest.raises(ValueError, match="select one by `group`"):
        pl.running_score(adata, TERM, show=False)
    with pytest.raises(KeyError, match="'X'"):
        pl.running_score(adata, TERM, group="X", show=False)


def test_data_without_a_ranking_follow_enrich() -> None:
    adata = scgsfm.datasets.pbmc()
    adata.obs["other"] = pd.Categorical((np.arange(adata.n_obs) % 2).astype(str))
    with pytest.raises(ValueError, match="groupby"):
        pl.running_score(adata, TERM, show=False)
    scgsfm.tl.enrich(adata, "hallmark", groupby="cell_type")
    sc.tl.rank_genes_groups(adata, "other")
    axes = pl.running_score(adata, TERM, group="B", show=False)
    assert "B" in axes[0].get_title()
    axes = pl.running_score(adata, TERM, group="1", groupby="other", show=False)
    assert "1" in axes[0].get_title()


def test_errors(ranking: pd.Series) -> None:
    with pytest.raises(KeyError, match="no set 'X'"):
        pl.running_score(ranking, "X", show=False)
    with pytest.raises(ValueError, match="must be AnnData or a ranking"):
        pl.running_score(["CD4"], TERM, show=False)
    with pytest.raises(GeneMatchError):
        pl.running_score(pd.Series([1.0, 2.0], ["a", "b"]), TERM, show=False)
