"""Checks of the layout of figures, and cells with scores of many sets with long names."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from matplotlib.colors import to_rgb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

MIN_CONTRAST = 3
"""Least contrast of large text by WCAG 2."""


@pytest.fixture(autouse=True)
def _closed_figures() -> Iterator[None]:
    """No window is opened, and no figure stays."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


@pytest.fixture
def autoshow() -> Iterator[None]:
    """Plots are shown by default, as in a notebook."""
    import scanpy as sc

    before = sc.settings.autoshow
    sc.settings.autoshow = True
    yield
    sc.settings.autoshow = before


def texts_of(ax: Axes) -> list[Text]:
    """All texts of axes that are drawn."""
    texts = [*ax.texts, ax.title, ax._left_title, ax._right_title]  # type: ignore[attr-defined]
    legend = ax.get_legend()
    texts += [] if legend is None else [*legend.get_texts(), legend.get_title()]
    if ax.axison:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            slack = 1e-6 * (high - low)
            ticks = [tick for tick in axis.get_major_ticks() if low - slack <= tick.get_loc() <= high + slack]
            texts += [axis.label, *(label for tick in ticks for label in (tick.label1, tick.label2))]
    return [text for text in texts if text.get_visible() and text.get_text().strip()]


def flaws(figure: Figure) -> list[str]:
    """Texts that overlap, that the figure cuts off, or that are hard to read on the background."""
    figure.canvas.draw()
    found = []
    drawn = [(text, text.get_window_extent()) for ax in figure.axes if ax.get_visible() for text in texts_of(ax)]
    whole = figure.bbox
    for text, box in drawn:
        if min(box.x0, box.y0) < -2 or box.x1 > whole.x1 + 2 or box.y1 > whole.y1 + 2:
            found.append(f"cut off: {text.get_text()!r}")
    for (one, a), (other, b) in combinations(drawn, 2):
        wide, high = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        if wide > 2 and high > 2:
            found.append(f"overlap: {one.get_text()!r} and {other.get_text()!r}")
    for ax in figure.axes:
        behind = luminance(figure.get_facecolor())
        for text in (*ax.get_xticklabels(), *ax.get_yticklabels(), ax.title, ax.xaxis.label, ax.yaxis.label):
            light, dark = sorted([luminance(text.get_color()), behind], reverse=True)
            if (light + 0.05) / (dark + 0.05) < MIN_CONTRAST:
                found.append(f"hard to read: {text.get_text()!r}")
    return found


def luminance(color: Any) -> float:
    channels = np.array(to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def marks_without_legend(figure: Figure) -> list[str]:
    """Marks whose colors are values, in figures without a color bar that has a label."""
    bars = [ax for ax in figure.axes if hasattr(ax, "_colorbar") or ax.get_label() == "<colorbar>"]
    labeled = [bar for bar in bars if bar.get_title() or bar.get_xlabel() or bar.get_ylabel()]
    colored = [
        type(mark).__name__
        for ax in figure.axes
        if ax not in bars
        for mark in (*ax.collections, *ax.images)
        if mark.get_array() is not None and not is_strip(mark, ax)
    ]
    return [] if labeled else colored


def is_strip(mark: Any, ax: Axes) -> bool:
    """Whether a mark is the row or column of the colors of groups, whose names stand beside it."""
    shape = mark.get_array().shape
    return len(shape) == 2 and 1 in shape and any(label.get_text() for label in ax.get_xticklabels())


@pytest.fixture
def check_layout() -> Callable[[Figure], None]:
    """Fails if texts of a figure overlap, are cut off or unreadable, or if colors are explained nowhere."""

    def check(figure: Figure) -> None:
        assert flaws(figure) == []
        assert marks_without_legend(figure) == []

    return check


def set_name(i: int) -> str:
    """Names of 6 to 75 characters, as libraries have them."""
    words = ["TYPE", "RESPONSE", "SIGNALING", "REGULATION_OF_T", "NEUROEPITHELIUM", "TO_INTERFERON_ALPHA", "PATHWAY"]
    return "_".join(["SET", *words[: i % (len(words) + 1)], str(i)])


@pytest.fixture
def cells() -> Callable[[int], AnnData]:
    """Makes 60 cells of four types with scores of some sets by three methods."""

    def make(n_sets: int) -> AnnData:
        rng = np.random.default_rng(0)
        types = pd.Categorical(np.repeat(["B", "CD14+ monocyte", "CD4 T", "natural killer cell"], 15))
        adata = AnnData(obs=pd.DataFrame({"cell_type": types}, index=[f"cell {i}" for i in range(60)]))
        adata.obsm["X_umap"] = rng.normal(size=(60, 2)) + 4 * np.eye(4)[types.codes, :2]
        true = rng.gamma(1.0, 0.1, (60, n_sets)) + 0.3 * rng.random((4, n_sets))[types.codes]
        for method in ("aucell", "ucell", "zscore"):
            scores = true + 0.05 * rng.normal(size=true.shape)
            columns = [set_name(i) for i in range(n_sets)]
            adata.obsm[f"score_{method}"] = pd.DataFrame(scores, index=adata.obs_names, columns=columns)
        return adata

    return make
