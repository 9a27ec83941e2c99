from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from tests.pl._layout_checks import check_layout

from scgsfm import pl

if TYPE_CHECKING:
    from collections.abc import Iterator

mpl.use("agg")


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture
def table() -> pd.DataFrame:
    scores = np.concatenate([np.linspace(4, 0.1, 15), np.linspace(-0.1, -3, 15)])
    parts = [
        pd.DataFrame({
            "group": group, "compound": [f"compound with a long name and the number {i}" for i in range(30)], "score": scores,
            "padj": np.exp(-scores**2), "mechanism": [f"Inhibitor of something {i % 9};other" if i % 4 else "" for i in range(30)],
        })
        for group in ("B", "T")
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def test_rows_directions_and_significance(table: pd.DataFrame) -> None:
    ax = pl.drugs(table, "B", n_compounds=4, show=False)
    dots = ax.collections[-1]
    np.testing.assert_allclose(
        dots.get_offsets()[:, 0], [*np.linspace(4, 0.1, 15)[:4], *np.linspace(-0.1, -3, 15)[-4:]]
    )
    check_layout(ax.figure)
    legend = [text.get_text() for text in ax.figure.legends[0].get_texts()]
    assert legend[-1] == "other or unknown"
    assert len(legend) <= 8


def test_panels_and_given_axes(table: pd.DataFrame) -> None:
    axes = pl.drugs(table, show=False)
    assert [ax.get_title(loc="left") for ax in axes] == ["B", "T"]
    check_layout(axes[0].figure)
    figure, ax = plt.subplots(figsize=(6, 6))
    assert pl.drugs(table, "T", ax=ax, n_compounds=3, show=False) is ax
    check_layout(figure)


def test_errors(table: pd.DataFrame) -> None:
    with pytest.raises(KeyError, match="no group 'C'"):
        pl.drugs(table, "C", show=False)
    with pytest.raises(ValueError, match="lacks the columns mechanism"):
        pl.drugs(table.drop(columns="mechanism"), show=False)
    with pytest.raises(ValueError, match="n_compounds"):
        pl.drugs(table, n_compounds=0, show=False)
