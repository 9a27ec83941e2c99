from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from matplotlib import pyplot as plt
from tests.pl._layout_checks import check_layout, legend_texts

import scgsfm
from scgsfm import pl
from scgsfm.errors import GeneMatchError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
    assert x[np.abs(y).argmax()] == above.lines[2].get_xdata()[0]
    rest, leading = ticks.collections
    assert len(leading.get_segments()) == found["n_hits"]
    assert len(rest.get_segments()) == found["n_found"] - found["n_hits"]
    assert f"ES {found['es']:.2f}" in legend_texts(above.figure)
    check_layout(above.figure)
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
    assert axes[0].get_title(loc="left").startswith("ALLOGRAFT_REJECTION, NK\nNES")
    assert len(legend_texts(pl.running_score(adata, TERM, show=False)[0].figure)) == 2
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
    assert "B" in axes[0].get_title(loc="left")
    axes = pl.running_score(adata, TERM, group="1", groupby="other", show=False)
    assert "1" in axes[0].get_title(loc="left")


def test_tests_are_those_of_enrich(ranking: pd.Series) -> None:
    terms = [TERM, "HALLMARK_APOPTOSIS"]
    found = scgsfm.tl.enrich(ranking, "hallmark", mode="ranked").set_index("term").loc[terms]
    axes = pl.running_score(ranking, terms, show=False)
    texts = legend_texts(axes[0].figure)
    for text, term, nes, padj in zip(texts, terms, found["score"], found["padj"], strict=True):
        assert text.startswith(term.removeprefix("HALLMARK_"))
        assert f"NES {nes:.2f}" in text
        assert (f"FDR {padj:.3f}" if padj >= 0.001 else f"FDR {padj:.0e}") in text
    assert len(axes[0].lines) == 3
    check_layout(axes[0].figure)


def test_a_stored_result_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    adata = scgsfm.datasets.pbmc()
    scgsfm.tl.enrich(adata, "hallmark", groupby="cell_type", mode="ranked", n_null=60, rng=3, key_added="mine")
    monkeypatch.setattr(scgsfm.enrichment, "ranking_table", None)
    axes = pl.running_score(adata, TERM, group=["B", "NK"], show=False)
    table = adata.uns["mine"].set_index(["group", "term"])
    for text, group in zip(legend_texts(axes[0].figure), ("B", "NK"), strict=True):
        assert f"{group}\nNES {table.loc[(group, TERM), 'score']:.2f}" in text
    adata.uns["cell_type_colors"] = ["#123456"] * 9
    axes = pl.running_score(adata, TERM, group=["B", "NK"], show=False)
    assert axes[0].lines[0].get_color() == "#123456"


def test_more_curves_than_fit(ranking: pd.Series) -> None:
    rng = np.random.default_rng(0)
    sets = {f"set {i}": rng.choice(ranking.index, 20).tolist() for i in range(12)}
    sets["set 11"] = ranking.nlargest(20).index.tolist()
    axes = pl.running_score(ranking, sets, show=False)
    texts = legend_texts(axes[0].figure)
    assert len(texts) == 8
    assert any(text.startswith("set 11") for text in texts)
    assert "8 of 12 curves" in axes[0].figure.get_supxlabel()


def test_given_axes_and_dark_style(ranking: pd.Series) -> None:
    with plt.style.context("dark_background"):
        figure, axes = plt.subplots(1, 2, figsize=(13, 4.5))
        pl.running_score(ranking, TERM, ax=axes[0], show=False)
        pl.running_score(ranking, [TERM, "HALLMARK_APOPTOSIS"], ax=axes[1], show=False)
        check_layout(figure)


def test_figure_and_file(ranking: pd.Series, tmp_path: Path) -> None:
    path = tmp_path / "curve.png"
    figure = pl.running_score(ranking, TERM, figsize=(5, 4), save=path, return_fig=True, show=False)
    assert path.exists()
    assert tuple(figure.get_size_inches()) == (5, 4)


def test_errors(ranking: pd.Series) -> None:
    with pytest.raises(KeyError, match="no set 'X'"):
        pl.running_score(ranking, "X", show=False)
    with pytest.raises(ValueError, match="must be AnnData or a ranking"):
        pl.running_score(["CD4"], TERM, show=False)
    with pytest.raises(GeneMatchError):
        pl.running_score(pd.Series([1.0, 2.0], ["a", "b"]), TERM, show=False)
