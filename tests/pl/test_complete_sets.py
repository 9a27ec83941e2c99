from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from tests.pl._layout_checks import check_layout

import scgsfm
from scgsfm.pl._probability_rows import PREDICTED, known_color

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scgsfm.models.gsfm import GSFM

SETS = {"T": ["CD3D", "CD3E", "CD2"], "B/plasma": ["CD79A", "MS4A1"]}


@pytest.fixture(autouse=True)
def figures() -> Iterator[None]:
    """No window is opened, and no figure stays."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


@pytest.fixture
def table(gsfm: GSFM) -> pd.DataFrame:
    return scgsfm.tl.complete_sets(SETS, model=gsfm)


def log_odds(p: pd.Series) -> np.ndarray:
    p = p.astype(float).clip(1e-7, 1 - 1e-7)
    return np.log(p / (1 - p)).to_numpy()


def test_dots_are_the_top_genes(table: pd.DataFrame) -> None:
    axes = scgsfm.pl.complete_sets(table.sample(frac=1, random_state=0), sets=list(SETS), n_genes=6, show=False)
    for name, ax in zip(SETS, axes, strict=True):
        rows = table[(table["set"] == name) & (table["rank"] <= 6)]
        assert ax.get_title(loc="left") == name
        assert [tick.get_text() for tick in ax.get_yticklabels()] == rows["gene"].tolist()
        assert ax.yaxis_inverted()
        dots = ax.collections[-1]
        np.testing.assert_allclose(dots.get_offsets()[:, 0], log_odds(rows["probability"]), rtol=1e-5)
        colors = [to_hex(color).upper() for color in dots.get_facecolors()]
        assert colors == [known_color().upper() if known else PREDICTED for known in rows["known"]]
        for tick in ax.get_xticklabels():
            assert tick.get_position()[0] == pytest.approx(log_odds(pd.Series([float(tick.get_text())]))[0])
    assert axes[0].get_xlim() == axes[1].get_xlim()
    (legend,) = axes[0].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["in the set", "predicted"]
    check_layout(axes[0].figure)


def test_low_and_high_probabilities_are_visible() -> None:
    p = [0.9999, 0.99, 0.5, 0.01, 1e-4, 1e-6, 0.0]
    table = pd.DataFrame({"set": "s", "gene": list("abcdefg"), "probability": p, "rank": range(1, 8), "known": False})
    ax = scgsfm.pl.complete_sets(table, show=False)
    x = ax.collections[-1].get_offsets()[:, 0]
    assert (np.diff(x) < 0).all()
    width = np.ptp(ax.get_xlim())
    assert (x - ax.get_xlim()[0]).min() > 0.05 * width, "no line without a length"


def test_one_set(table: pd.DataFrame, tmp_path: Path) -> None:
    import matplotlib.pyplot as plt

    _, given = plt.subplots()
    assert scgsfm.pl.complete_sets(table, sets="T", ax=given, show=False) is given
    assert len(given.get_yticklabels()) == 20
    part = table[(table["set"] == "T") & ~table["known"]]
    assert len(scgsfm.pl.complete_sets(part, n_genes=50, show=False).get_yticklabels()) == 22
    figure = scgsfm.pl.complete_sets(table, figsize=(6, 5), save=tmp_path / "x.png", return_fig=True, show=False)
    assert tuple(figure.get_size_inches()) == (6, 5)
    assert (tmp_path / "x.png").exists()


def test_axes_in_a_row_and_dark_style(table: pd.DataFrame) -> None:
    import matplotlib.pyplot as plt

    with plt.style.context("dark_background"):
        figure, axes = plt.subplots(1, 2, figsize=(9, 5))
        for ax in axes:
            scgsfm.pl.complete_sets(table, ax=ax, show=False)
        assert "the first of 2 sets" in axes[0].get_xlabel()
        check_layout(figure)


def test_many_sets(table: pd.DataFrame) -> None:
    many = pd.concat([table.assign(set=table["set"] + f" {i}") for i in range(3)])
    axes = scgsfm.pl.complete_sets(many, sets=many["set"].unique(), n_genes=3, show=False)
    assert len(axes) == 6
    assert axes[5].get_subplotspec().rowspan.start == 1
    axes = scgsfm.pl.complete_sets(many, show=False)
    assert len(axes) == 4
    assert axes[0].figure.get_supxlabel() == "the first 4 of 6 sets"


def test_errors(table: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="lacks the columns gene, rank"):
        scgsfm.pl.complete_sets(table.drop(columns=["gene", "rank"]))
    with pytest.raises(KeyError, match="no set 'NK'. It has 2 sets"):
        scgsfm.pl.complete_sets(table, sets=["T", "NK"])
    with pytest.raises(ValueError, match="`n_genes` is 0"):
        scgsfm.pl.complete_sets(table, n_genes=0)
    with pytest.raises(ValueError, match="There are 0 sets"):
        scgsfm.pl.complete_sets(table[:0])
