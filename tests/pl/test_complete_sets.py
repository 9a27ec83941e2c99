from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

import scgsfm
from scgsfm.pl._complete_sets import COLORS

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def test_bars_are_the_top_genes(table: pd.DataFrame) -> None:
    axes = scgsfm.pl.complete_sets(table.sample(frac=1, random_state=0), sets=list(SETS), n_genes=6, show=False)
    for name, ax in zip(SETS, axes, strict=True):
        rows = table[(table["set"] == name) & (table["rank"] <= 6)]
        assert ax.get_title() == name
        assert [tick.get_text() for tick in ax.get_yticklabels()] == rows["gene"].tolist()
        assert ax.yaxis_inverted()
        np.testing.assert_allclose([bar.get_width() for bar in ax.patches], rows["probability"])
        colors = [to_hex(bar.get_facecolor()).upper() for bar in ax.patches]
        assert colors == [COLORS["in the set" if known else "predicted"] for known in rows["known"]]
    (legend,) = axes[0].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["in the set", "predicted"]


def test_one_set(table: pd.DataFrame) -> None:
    import matplotlib.pyplot as plt

    _, given = plt.subplots()
    assert scgsfm.pl.complete_sets(table, sets="T", ax=given, show=False) is given
    assert len(given.patches) == 20
    part = table[(table["set"] == "T") & ~table["known"]]
    assert len(scgsfm.pl.complete_sets(part, n_genes=50, show=False).patches) == 22


def test_many_sets_wrap(table: pd.DataFrame) -> None:
    many = pd.concat([table.assign(set=table["set"] + f" {i}") for i in range(3)])
    axes = scgsfm.pl.complete_sets(many, sets=many["set"].unique(), n_genes=3, show=False)
    assert len(axes) == 6
    assert axes[5].get_subplotspec().rowspan.start == 1
    with pytest.raises(ValueError, match="There are 6 sets to draw, but at most 4 fit"):
        scgsfm.pl.complete_sets(many, show=False)


def test_errors(table: pd.DataFrame) -> None:
    import matplotlib.pyplot as plt

    with pytest.raises(ValueError, match="lacks the columns gene, rank"):
        scgsfm.pl.complete_sets(table.drop(columns=["gene", "rank"]))
    with pytest.raises(KeyError, match="no set 'NK'. It has 2 sets"):
        scgsfm.pl.complete_sets(table, sets=["T", "NK"])
    with pytest.raises(ValueError, match="There are 2 sets to draw, but at most 1 fit"):
        scgsfm.pl.complete_sets(table, ax=plt.subplots()[1])
    with pytest.raises(ValueError, match="There are 0 sets"):
        scgsfm.pl.complete_sets(table[:0])
