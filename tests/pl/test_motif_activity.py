from __future__ import annotations

from typing import TYPE_CHECKING

import anndata as ad
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from tests.pl._layout_checks import check_layout

from scgsfm import pl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

mpl.use("agg")


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    parts = []
    for group in ("B", "T"):
        pvalue = np.sort(10 ** -rng.uniform(0, 14, 30))[rng.permutation(30)]
        motif = [f"family {i} of " + "long names " * 4 for i in range(30)]
        columns = {"motif": motif, "family": motif, "name": "factor", "pvalue": pvalue, "padj": pvalue}
        parts.append(pd.DataFrame({"group": group, **columns, "effect": rng.normal(0, 1, 30)}))
    return pd.concat(parts, ignore_index=True)


def labels(ax: Any) -> list[str]:
    return [" ".join(label.get_text().split()[:2]) for label in ax.get_yticklabels()]


def test_top_motifs_of_each_group(table: pd.DataFrame) -> None:
    ax = pl.motif_activity(table, n_motifs=3, show=False)
    own = table[table["effect"] > 0].sort_values("pvalue")
    expected = {" ".join(name.split()[:2]) for name in own.groupby("group").head(3)["motif"]}
    assert set(labels(ax)) == expected
    assert [label.get_text() for label in ax.get_xticklabels()] == ["B", "T"]
    colors = ax.collections[0].get_array()
    assert (colors > 0).all()
    check_layout(ax.figure)


def test_depleted_motifs(table: pd.DataFrame) -> None:
    ax = pl.motif_activity(table, n_motifs=3, depleted=True, show=False)
    expected = {" ".join(name.split()[:2]) for name in table.sort_values("pvalue").groupby("group").head(3)["motif"]}
    assert set(labels(ax)) == expected
    assert ax.collections[0].get_array().min() < 0
    assert len(ax.collections[0].get_offsets()) == 2 * len(expected)


def test_given_motifs_and_groups(table: pd.DataFrame) -> None:
    table["motif"] = table["motif"].str.split().str[1].radd("MA")
    ax = pl.motif_activity(table, "T", motifs=["MA3", "MA1"], depleted=True, show=False)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["factor (MA3)", "factor (MA1)"]
    data = ad.AnnData(np.ones((1, 1)), uns={"x": table})
    assert len(pl.motif_activity(data, key="x", show=False).get_xticklabels()) == 2
    with pytest.raises(ValueError, match=r"`max_padj` is None, but must be a number\."):
        pl.motif_activity(table, max_padj=None, show=False)
    with pytest.raises(KeyError, match="no motif 'SPI1'"):
        pl.motif_activity(table, motifs="SPI1", show=False)
    with pytest.raises(KeyError, match="tl.motif_activity"):
        pl.motif_activity(data, show=False)
    with pytest.raises(ValueError, match="lacks the columns effect"):
        pl.motif_activity(table.drop(columns="effect"), show=False)


def test_given_axes(table: pd.DataFrame) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(16, 7))
    assert pl.motif_activity(table, ax=axes[0], show=False) is axes[0]
    check_layout(figure)
    with plt.style.context("dark_background"):
        check_layout(pl.motif_activity(table, return_fig=True))
