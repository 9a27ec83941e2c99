"""Colors that follow the style of the figure, light or dark, and colors of groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData
    from matplotlib.axes import Axes

OKABE_ITO = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442"]
"""Color-blind-safe palette by Okabe and Ito."""


def text_color() -> str:
    """Color of text in the current style."""
    from matplotlib import rcParams
    from matplotlib.colors import to_hex

    return to_hex(rcParams["text.color"])


def background(ax: Axes | None = None) -> str:
    """Color behind the marks of ``ax``, or of axes in the current style."""
    from matplotlib import rcParams
    from matplotlib.colors import to_hex, to_rgba

    face = to_rgba(rcParams["axes.facecolor"] if ax is None else ax.get_facecolor())
    if face[3] < 0.5:  # transparent
        face = to_rgba(rcParams["figure.facecolor"] if ax is None else ax.figure.get_facecolor())
    return to_hex(face)


def faded(share: float, ax: Axes | None = None) -> str:
    """Mix of text and background: 0.1 for grids, 0.3 for marks without value, 0.7 for text of less importance."""
    import numpy as np
    from matplotlib.colors import to_hex, to_rgb

    mixed = share * np.array(to_rgb(text_color())) + (1 - share) * np.array(to_rgb(background(ax)))
    red, green, blue = mixed.clip(0, 1).tolist()
    return to_hex((red, green, blue))


def halo(ax: Axes, width: float = 2.0) -> list[Any]:
    """Path effects for text over marks: an outline in the color of the background."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width, foreground=background(ax))]


def readable_on(color: Any) -> str:
    """Black or white, whichever has the higher contrast on a filled area of this color (WCAG 2)."""
    import numpy as np
    from matplotlib.colors import to_rgb

    channels = np.array(to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return "black" if linear @ [0.2126, 0.7152, 0.0722] > 0.179 else "white"


def palette(n: int) -> list[str]:
    """``n`` colors that differ also for color-blind readers if there are few."""
    from scanpy.plotting import palettes

    colors = next(
        colors
        for colors in (OKABE_ITO, palettes.default_20, palettes.default_28, palettes.default_102)
        if n <= len(colors) or colors is palettes.default_102
    )
    return [colors[i % len(colors)] for i in range(n)]


def group_colors(adata: AnnData, groupby: str, groups: Sequence[str]) -> dict[str, str]:
    """Color of each group: those that ``uns`` has under ``<groupby>_colors``, as scanpy writes them, or a palette.

    Nothing is written. Colors that are no colors, and lists that are too short, are ignored.
    """
    import pandas as pd
    from matplotlib.colors import is_color_like, to_hex

    stored = adata.uns.get(f"{groupby}_colors")
    column = adata.obs.get(groupby)
    if stored is not None and column is not None:
        names = (column if isinstance(column.dtype, pd.CategoricalDtype) else column.astype("category")).cat.categories
        by_name = dict(zip(map(str, names), stored, strict=False))
        if all(is_color_like(by_name.get(group)) for group in groups):
            return {group: to_hex(by_name[group]) for group in groups}
    return dict(zip(groups, palette(len(groups)), strict=True))
