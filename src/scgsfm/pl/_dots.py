"""Dot plots of terms × groups: what those of enrichment and of phenotypes share."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ._shared import labels, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData
    from matplotlib.axes import Axes

MOST_LOG = 10.0
"""Adjusted p-values below 1e-10 are all drawn alike."""
LARGEST = 150.0
"""Area of the largest dot, in square points."""
WIDTH = 34
"""Characters in a line of a term's name; two lines are drawn."""


def result_table(data: AnnData | pd.DataFrame, key: str, needed: Sequence[str], function: str) -> pd.DataFrame:
    """The result of a ``tl`` function, checked for the columns that a plot needs."""
    from anndata import AnnData

    if isinstance(data, AnnData):
        if key not in data.uns:
            msg = f"There is no `uns[{key!r}]`: run `scgsfm.tl.{function}` first, or name the `key` of its result."
            raise KeyError(msg)
        data = data.uns[key]
    if missing := [column for column in needed if column not in data]:
        msg = f"The table lacks the columns {', '.join(missing)}: give what `scgsfm.tl.{function}` makes."
        raise ValueError(msg)
    return data


def first_of_groups(up: pd.DataFrame, column: str, groups: Sequence[str], n_terms: int, max_padj: float) -> list[str]:
    """The first rows of each group, by group; ``up`` holds those that are significant, in order."""
    if n_terms < 1:
        msg = f"`n_terms` is {n_terms}, but must be at least 1."
        raise ValueError(msg)
    rows = pd.unique(pd.concat([up.loc[up["group"] == group, column].head(n_terms) for group in groups])).tolist()
    if not rows:
        msg = f"No term has an adjusted p-value below {max_padj:g} and a positive score: raise `max_padj` or name `terms`."
        raise ValueError(msg)
    return rows


def new_axes(n_groups: int, n_terms: int, *, below: float = 0.0) -> Axes:
    """Axes of a fitting size, with some inches below for a text."""
    import matplotlib.pyplot as plt

    height = max(0.32 * n_terms + 1.4, 2.8) + below
    return plt.subplots(figsize=(0.36 * n_groups + 5.0, height), layout="constrained")[1]


def draw_dots(
    dots: pd.DataFrame, sizes: pd.Series, ax: Axes, *, max_padj: float, title: str, label: str, options: dict[str, Any]
) -> None:
    """Draw dots at ``x`` and ``y`` in the colour of ``score``, with their legends and a ring where significant."""
    scale = LARGEST / max(sizes.max(), np.finfo(float).tiny)
    rings: dict[str, Any] = {
        "edgecolors": ["black" if padj < max_padj else "none" for padj in dots["padj"]],
        "linewidths": 0.7,
        "zorder": 2,
    }
    points = ax.scatter(dots["x"], dots["y"], s=sizes * scale, c=dots["score"], **rings | options)
    colours = ax.figure.colorbar(points, ax=ax, label=label, shrink=0.5, aspect=12, anchor=(0, 0))
    colours.outline.set_visible(False)
    handles, texts = points.legend_elements("sizes", num=4, color="#777777", func=lambda area: np.asarray(area) / scale)
    ax.legend(
        handles, texts, title=title, frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1.02), borderaxespad=0,
        labelspacing=0.8,
    )  # fmt: skip


def name_dots(ax: Axes, groups: list[str], terms: Sequence[str]) -> None:
    """Write the names of groups and terms, and clear away the frame."""
    ax.set_xticks(range(len(groups)), labels(groups)[1], rotation=90, fontsize="small")
    ax.set_yticks(range(len(terms)), list(map(_in_two_lines, terms)), linespacing=1.0, fontsize="small")
    ax.set_xlim(-0.6, len(groups) - 0.4)
    ax.set_ylim(len(terms) - 0.4, -0.6)
    ax.tick_params(length=0)
    ax.grid(color="#eeeeee", zorder=0)
    ax.spines[:].set_visible(False)
    ax.set_axisbelow(True)


def _in_two_lines(name: str) -> str:
    lines = textwrap.wrap(name, WIDTH)
    return "\n".join(lines if len(lines) <= 2 else [lines[0], shorten(" ".join(lines[1:]), WIDTH)])
