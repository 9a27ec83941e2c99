from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm import _keys
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm.motifs import Motifs
from scgsfm.regulatory import Card, Trace, base_contributions, build_card

from ._figure import Place
from ._finish import finish
from ._regulatory_panels import DrawnCard, Scale, draw_logo, draw_motif_lanes, motif_lanes
from ._style import background, faded, text_color
from ._toolkit import choose, result_table, shorten

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    import pandas as pd
    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BASES = "ACGT"
WIDTH, LEGEND = 11.0, 1.75
"""Widths of a new figure, and of the legend and the color bar beside the panels, in inches."""
LANE, LOGO, MAP = 0.22, 1.3, 0.95
"""Heights of a lane of motifs, of the logo and of the heat map in inches."""


@checks_types
@doc_params
def saturation_mutagenesis(
    data: AnnData | pd.DataFrame,
    element: str | None = None,
    cell_type: str | None = None,
    *,
    motifs: str | PathLike[str] | Motifs = "jaspar2026",
    n_motifs: int = 12,
    key: str = _keys.R3LM_SATURATION,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
) -> list[Axes] | Figure | None:
    """Plot the effects of all single-base variants of an element, below its sequence and motifs.

    From top to bottom: the motifs with the largest sums of the contributions of their bases; the sequence, each base as
    high as its contribution, which is minus the mean effect of its three variants; and the effect of each variant, with a
    dot at the base of the element.

    Parameters
    ----------
    data
        Data with the results of :func:`~scgsfm.tl.saturation_mutagenesis`, or its table.
    element
        Name of the element; by default the first.
    cell_type
        Name of the cell type; by default the first.
    motifs
        Motifs to show: a motif file, ``"jaspar2024"``, ``"jaspar2026"``, or :class:`~scgsfm.motifs.Motifs`.
    n_motifs
        Largest number of motifs.
    key
        Key of the results in ``uns``.
    figsize
        {figsize}
    ax
        {ax} The three panels are drawn inside them.
    show
        {show}
    save
        {save}
    return_fig
        {return_fig}

    Returns
    -------
    ``None`` if the plot is shown, the figure if ``return_fig=True``, else a list of the three axes.

    Raises
    ------
    KeyError
        If there are no results, or none for this element and cell type.

    Examples
    --------
    >>> import scgsfm
    >>> table = scgsfm.tl.saturation_mutagenesis(sequences={"a": "CTGGCAAACAGATAAGA" * 3}, cell_type="K562")
    >>> axes = scgsfm.pl.saturation_mutagenesis(table, "a", show=False)
    """
    fixed = ["element", "position", "ref", "alt"]
    table = result_table(data, key, fixed, "saturation_mutagenesis")
    names = table["element"].astype(str)
    element = choose(names.unique().tolist(), element, noun="element", argument="element")[0]
    cell_types = [name for name in table if name not in fixed]
    cell_type = choose(cell_types, cell_type, noun="cell type", argument="cell_type")[0]
    rows = table[(names == element).to_numpy()]
    sequence = "".join(rows["ref"].astype(str).iloc[::4])
    effects = rows[cell_type].to_numpy(float).reshape(-1, 4)
    drawn = _drawn(element, cell_type, sequence, effects, Motifs.of(motifs), n_motifs)
    return finish(
        _draw(drawn, effects, figsize, ax), show, save=save, return_fig=return_fig, name="saturation_mutagenesis"
    )


def _drawn(
    element: str, cell_type: str, sequence: str, effects: np.ndarray, motifs: Motifs, n_motifs: int
) -> DrawnCard:
    """The motifs whose bases contribute most, and the contribution of each base."""
    bases = base_contributions(effects, sequence)
    card = build_card(sequence, cell_type, motifs)
    sums = np.array([bases[hit.start : hit.end].sum() for hit in card.hits])
    kept = np.sort(np.argsort(-np.abs(sums), kind="stable")[:n_motifs])
    shown = Card(cell_type, card.gc, (), tuple(card.hits[i] for i in kept), sequence)
    title = f"{shorten(element)}  ·  effects of all single-base variants in {cell_type}"
    return DrawnCard(title, shown, Trace((), 0), sums[kept], np.zeros(len(kept), int), bases)


def _draw(drawn: DrawnCard, effects: np.ndarray, figsize: Any, ax: Axes | None) -> list[Axes]:
    width = figsize[0] if figsize else WIDTH if ax is None else ax.get_window_extent().width / ax.figure.figure.dpi
    share = max(width - LEGEND - 0.7, 0.45 * width) / (width - 0.7)
    length = len(drawn.card.sequence)
    scale = Scale.of(length, share * (width - 0.7))
    lanes = motif_lanes(drawn, scale.letter)
    heights = [0.25 + LANE * max(max(lanes, default=0) + 1, 3), LOGO, MAP]
    place = Place.of(ax, figsize, (WIDTH, sum(heights) + 1.3))
    place.ax.axis("off")
    gap = 0.08
    parts = [height * (1 - 2 * gap) / sum(heights) for height in heights]
    low = [1 - parts[0], parts[2] + gap, 0.0]
    motifs, logo, heat = (place.ax.inset_axes((0, y, share, h)) for y, h in zip(low, parts, strict=True))
    for each in (logo, heat):
        each.sharex(motifs)
    draw_motif_lanes(motifs, drawn, lanes, scale)
    motifs.set_title(drawn.title, loc="left", fontsize=10)
    draw_logo(logo, drawn.card.sequence, np.asarray(drawn.bases))
    logo.set(xlabel="", ylabel="contribution\nof the base")
    logo.tick_params(labelbottom=False)
    _draw_map(heat, drawn.card.sequence, effects)
    place.settle()
    return [motifs, logo, heat]


def _draw_map(ax: Axes, sequence: str, effects: np.ndarray) -> None:
    """The effect of each variant, in red if it raises and in blue if it lowers the activity."""
    from matplotlib.colors import LinearSegmentedColormap

    limit = float(np.abs(effects).max()) or 1.0
    low, high = ("#56B4E9", "#FF7043") if background(ax) < "#8" else ("#0060A8", "#C03A00")
    colors = LinearSegmentedColormap.from_list("effects", [low, background(ax), high])
    image = ax.imshow(
        effects.T, aspect="auto", cmap=colors, vmin=-limit, vmax=limit, extent=(0, len(sequence), 3.5, -0.5)
    )
    ax.scatter(
        np.arange(len(sequence)) + 0.5, [BASES.index(base) for base in sequence], s=1.5, color=faded(0.55, ax), lw=0
    )
    ax.set_yticks(range(4), list(BASES), fontsize=7)
    ax.set_xlabel("position in the sequence", fontsize=8)
    ax.set_ylabel("variant", fontsize=8)
    ax.tick_params(labelsize=7, left=False)
    ax.spines[:].set_color(faded(0.3, ax))
    beside = ax.inset_axes((1.02, 0.0, 0.012, 1.0))
    bar = ax.figure.colorbar(image, cax=beside)
    bar.set_label("effect on\nlog2 activity", fontsize=7, color=text_color())
    bar.ax.tick_params(labelsize=7)
    bar.outline.set_visible(False)
