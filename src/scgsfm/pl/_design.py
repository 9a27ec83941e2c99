from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import number
from scgsfm.regulatory import Card, Hit, Trace

from ._figure import Place
from ._finish import finish
from ._regulatory_panels import DrawnCard, Scale, draw_logo, draw_motif_lanes, motif_lanes
from ._style import faded, palette, text_color
from ._toolkit import choose, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, LEGEND = 11.0, 1.75
"""Widths of a new figure, and of the legends beside the panels, in inches."""
STEPS, LOGO, LANE = 1.9, 1.15, 0.22
"""Heights of the panel of steps, of a logo and of a lane of motifs in inches."""


@checks_types
@doc_params
def design(
    tables: Mapping[str, pd.DataFrame],
    element: str | None = None,
    *,
    n_motifs: int = 8,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
) -> list[Axes] | Figure | None:
    """Plot the design of an element: activity by step, and the sequence before and after with the motifs that differ.

    At the top, the predicted activity after each edit in each cell type: solid by the network and the card, dashed by the
    card alone. Below, the sequence before and after, each base as high as its contribution to the activity in the target,
    under the motifs that only this sequence has. Edited positions are shaded.

    Parameters
    ----------
    tables
        The tables that :func:`~scgsfm.tl.design_elements` returned.
    element
        Name of the element; by default the first.
    n_motifs
        Largest number of motifs of each sequence; those whose bases contribute most are drawn.
    figsize
        {figsize}
    ax
        {ax} The panels are drawn inside them.
    show
        {show}
    save
        {save}
    return_fig
        {return_fig}

    Returns
    -------
    ``None`` if the plot is shown, the figure if ``return_fig=True``, else a list of the axes: steps, motifs and sequence
    before, motifs and sequence after.

    Raises
    ------
    KeyError
        If there is no such element.
    ValueError
        If these aren't the tables of designs.

    Examples
    --------
    >>> import scgsfm
    >>> found = scgsfm.tl.design_elements({"a": "CTGGCAAACAGCTAAGA" * 3}, "K562", max_changes=2)
    >>> axes = scgsfm.pl.design(found, "a", show=False)
    """
    if not hasattr(tables, "keys") or not {"designs", "steps", "bases", "motifs"} <= set(tables.keys()):
        msg = "`tables` must be the dict of tables that `scgsfm.tl.design_elements` returned."
        raise ValueError(msg)
    names = tables["designs"]["element"].astype(str)
    element = choose(names.tolist(), element, noun="element", argument="element")[0]
    row = tables["designs"][(names == element).to_numpy()].iloc[0]
    steps = tables["steps"][(tables["steps"]["element"].astype(str) == element).to_numpy()]
    drawn = [_drawn(tables, row, when, n_motifs) for when in ("start", "design")]
    axes = _draw(row, steps, drawn, figsize, ax)
    return finish(axes, show, save=save, return_fig=return_fig, name="design")


def _drawn(tables: Mapping[str, pd.DataFrame], row: pd.Series, when: str, n_motifs: int) -> DrawnCard:
    """A sequence with the contributions of its bases, and the motifs that only it has."""
    sequence = row["start"] if when == "start" else row["sequence"]
    bases, motifs = (
        each[(each["element"].astype(str) == str(row["element"])).to_numpy()]
        for each in (tables["bases"], tables["motifs"])
    )
    values = bases[(bases["when"] == when).to_numpy()].iloc[0, 2:].to_numpy(float)[: len(sequence)]
    place = ["motif", "strand", "start", "end"]
    others = set(map(tuple, motifs.loc[(motifs["when"] != when).to_numpy(), place].to_numpy().tolist()))
    hits = [
        Hit(hit.motif, hit.family, float(hit.score), hit.strand, int(hit.start), int(hit.end))
        for hit in motifs[(motifs["when"] == when).to_numpy()].itertuples()
        if (hit.motif, hit.strand, hit.start, hit.end) not in others
    ]
    sums = np.array([values[hit.start : hit.end].sum() for hit in hits])
    kept = np.sort(np.argsort(-np.abs(sums), kind="stable")[:n_motifs])
    card = Card(row["target"], 0.0, (), tuple(hits[i] for i in kept), sequence)
    return DrawnCard("", card, Trace((), 0), sums[kept], np.zeros(len(kept), int), values)


def _draw(row: pd.Series, steps: pd.DataFrame, drawn: list[DrawnCard], figsize: Any, ax: Axes | None) -> list[Axes]:
    width = figsize[0] if figsize else WIDTH if ax is None else ax.get_window_extent().width / ax.figure.figure.dpi
    share = max(width - LEGEND - 0.7, 0.45 * width) / (width - 0.7)
    scale = Scale.of(len(row["start"]), share * (width - 0.7))
    lanes = [motif_lanes(each, scale.letter) for each in drawn]
    heights = [STEPS, 0.75]
    for taken in lanes:
        heights += [0.3 + LANE * max(max(taken, default=0) + 1, 2), LOGO, 0.3]
    heights[-1] = 0.0
    place = Place.of(ax, figsize, (WIDTH, sum(heights) + 0.9))
    place.ax.axis("off")
    ends = 1 - np.cumsum(heights) / sum(heights)
    box = [(0, ends[i], share, heights[i] / sum(heights)) for i in range(len(heights))]
    first, *panels = (place.ax.inset_axes(box[i]) for i in (0, 2, 3, 5, 6))
    _draw_steps(first, row, steps)
    edited = [i for i, (a, b) in enumerate(zip(row["start"], row["sequence"], strict=True)) if a != b]
    tops = max(float(np.nanmax(np.asarray(each.bases), initial=0)) for each in drawn)
    lows = min(float(np.nanmin(np.asarray(each.bases), initial=0)) for each in drawn)
    for i, (what, each) in enumerate(zip(("before", "after"), drawn, strict=True)):
        motifs, logo = panels[2 * i : 2 * i + 2]
        draw_motif_lanes(motifs, each, lanes[i], scale)
        motifs.set_ylabel(f"motifs\n{('lost', 'gained')[i]}", fontsize=8)
        draw_logo(logo, each.card.sequence, np.asarray(each.bases))
        logo.set(
            ylabel=f"contribution\n{what}", ylim=(1.06 * lows, 1.06 * tops or 1), xlabel="position in the sequence" * i
        )
        logo.sharex(motifs)
        for at in edited:
            for panel in (motifs, logo):
                panel.axvspan(at, at + 1, color=faded(0.18, panel), lw=0, zorder=0)
    place.settle()
    return [first, *panels]


def _draw_steps(ax: Axes, row: pd.Series, steps: pd.DataFrame) -> None:
    """Activity after each edit, by the network and by the card."""
    from matplotlib.lines import Line2D

    cell_types = [name.removesuffix("_card") for name in steps if str(name).endswith("_card")]
    for color, cell_type in zip(palette(len(cell_types)), cell_types, strict=True):
        wide = 2.2 if cell_type == row["target"] else 1.2
        ax.plot(steps["step"], steps[cell_type], color=color, lw=wide, marker="o", ms=1.6 * wide, label=cell_type)
        ax.plot(steps["step"], steps[f"{cell_type}_card"], color=color, lw=0.7 * wide, ls="--")
    edits = steps.iloc[1:]
    texts = [f"{ref}{at}{alt}" for ref, at, alt in zip(edits["ref"], edits["position"], edits["alt"], strict=True)]
    ax.set_xticks(steps["step"], ["start", *texts], rotation=90 if len(texts) > 16 else 0)
    ax.set_xlabel("edit (base, position, new base)", fontsize=8)
    ax.set_ylabel("predicted\nlog2 activity", fontsize=8)
    ax.tick_params(labelsize=7)
    ax.margins(x=0.02)
    ax.spines[["top", "right"]].set_visible(False)
    gain = row[row["target"]] - row[f"{row['target']}_start"]
    title = (
        f"{shorten(str(row['element']))}  ·  {number(int(row['n_changes']), 'change')}, {gain:+.2f} in {row['target']}"
    )
    ax.set_title(title, loc="left", fontsize=10)
    handles = ax.get_legend_handles_labels()[0]
    handles += [
        Line2D([], [], color=text_color(), ls=style, lw=1.2, label=label)
        for style, label in (("-", "network and card"), ("--", "card alone"))
    ]
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0, frameon=False, fontsize=7)
