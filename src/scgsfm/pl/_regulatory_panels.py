"""Panels of the card of a regulatory element: motifs, effects of the bases, and the reasoning."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ._figure import Place
from ._style import OKABE_ITO, background, faded, text_color
from ._term_labels import in_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from scgsfm.regulatory import Card, Trace

WIDTH = 11.0
"""Width of a new figure in inches."""
LEGEND = 1.75
"""Width of the legend in inches."""
BETWEEN = 0.6
"""Height of the label of the axis of positions, in inches."""
LANE, LOGO, LINE = 0.22, 1.5, 0.19
"""Heights of a lane of motifs, of the sequence logo and of a line of text, in inches."""
FONT = 8.0
"""Size of the text."""
MAX_LANES = 12


class DrawnCard(NamedTuple):
    """What a card shows."""

    title: str
    card: Card
    trace: Trace
    effects: np.ndarray
    cited: np.ndarray
    bases: np.ndarray | None


class Scale(NamedTuple):
    """How text is scaled, and how many positions of the sequence a letter of a label is wide."""

    fonts: float
    letter: float

    @classmethod
    def of(cls, length: int, width: float) -> Scale:
        """The usual size, for a sequence that is drawn over a width in inches."""
        return cls(1.0, 6.5 * 0.66 / 72 / width * length)


def role_colors(ax: Axes | None = None) -> dict[str, str]:
    """Colors of activating and repressing motifs, and of other text, that can be read on the background."""
    from matplotlib.colors import to_rgb

    dark = sum(to_rgb(background(ax))) < 1.5
    activating, repressing = ("#3cc99a", "#ff9a52") if dark else ("#00734f", "#b34700")
    return {"activating": activating, "repressing": repressing, "context": faded(0.75, ax)}


def draw_card(drawn: DrawnCard, *, figsize: tuple[float, float] | None, ax: Axes | None) -> list[Axes]:
    """Draw three panels, in a new figure or inside given axes."""
    width = figsize[0] if figsize else WIDTH if ax is None else ax.get_window_extent().width / ax.figure.figure.dpi
    length = len(drawn.card.sequence)
    tracks = max(width - LEGEND - 0.7, 0.45 * width)
    scale = Scale.of(length, tracks)
    lanes = motif_lanes(drawn, scale.letter)
    lines = _lines(drawn.trace, width - 0.8, FONT)
    heights = _heights(lanes, lines)
    place = Place.of(ax, figsize, (WIDTH, sum(heights) + BETWEEN + 0.5))
    available = place.height - 0.5
    if available < sum(heights) + BETWEEN - 0.01:
        fonts = max(available / (sum(heights) + BETWEEN), 0.5)
        scale = Scale(fonts, scale.letter * fonts)
        lanes, lines = motif_lanes(drawn, scale.letter), _lines(drawn.trace, width - 0.8, FONT * fonts)
        heights = [fonts * height for height in _heights(lanes, lines)]
    motifs, track, words = _panels(place, heights, tracks / (width - 0.7))
    draw_motif_lanes(motifs, drawn, lanes, scale)
    motifs.set_title(drawn.title, loc="left", fontsize=10 * scale.fonts)
    if drawn.bases is None:
        _draw_effects(track, drawn, scale.fonts)
    else:
        draw_logo(track, drawn.card.sequence, np.nan_to_num(drawn.bases), scale.fonts)
    _draw_trace(words, drawn.trace, lines, FONT * scale.fonts)
    place.settle()
    return [motifs, track, words]


def _heights(lanes: list[int], lines: list[list[str]]) -> list[float]:
    n_lanes = max((lane for lane in lanes if lane >= 0), default=0) + 1
    return [0.25 + LANE * max(n_lanes, 5), LOGO, LINE * sum(map(len, lines)) + 0.1]


def _panels(place: Place, heights: list[float], share: float) -> tuple[Axes, Axes, Axes]:
    """Motifs and logo leave space for the legend on the right; the text has the whole width."""
    place.ax.axis("off")
    total = sum(heights) + BETWEEN
    top, middle, low = (height / total for height in heights)
    motifs = place.ax.inset_axes((0, 1 - top, share, top))
    track = place.ax.inset_axes((0, 1 - top - middle, share, middle), sharex=motifs)
    return motifs, track, place.ax.inset_axes((0, 0, 1, low))


def motif_lanes(drawn: DrawnCard, letter: float) -> list[int]:
    """A lane for each motif, without overlaps; cited motifs first, then by effect; -1 if there is no lane left."""
    order = np.lexsort((-np.abs(drawn.effects), drawn.cited == 0))
    ends: list[list[tuple[float, float]]] = []
    lanes = [-1] * len(drawn.card.hits)
    for i in order:
        left, right = _extent(drawn, i, letter)
        for lane, taken in enumerate([*ends, []]):
            if lane < MAX_LANES and all(right <= a or left >= b for a, b in taken):
                if lane == len(ends):
                    ends.append(taken)
                ends[lane].append((left, right))
                lanes[i] = lane
                break
    return lanes


def _extent(drawn: DrawnCard, i: int, letter: float) -> tuple[float, float]:
    """First and last position of a motif with its label, which is beside the box if it does not fit inside."""
    hit, length = drawn.card.hits[i], len(drawn.card.sequence)
    width = letter * (len(hit.name) + 1)
    if width <= hit.end - hit.start:
        return hit.start, hit.end + 0.5
    if hit.end + width <= length:
        return hit.start, hit.end + width
    return hit.start - width, hit.end + 0.5


def draw_motif_lanes(ax: Axes, drawn: DrawnCard, lanes: list[int], scale: Scale) -> None:
    """Draw motifs as boxes with their names, in lanes."""
    from matplotlib.patches import Rectangle

    roles, length = role_colors(ax), len(drawn.card.sequence)
    colors = _family_colors(drawn)
    grey = faded(0.35, ax)
    for i, (hit, lane, cited) in enumerate(zip(drawn.card.hits, lanes, drawn.cited, strict=True)):
        if lane < 0:
            continue
        corner, width = (hit.start, lane - 0.4), hit.end - hit.start
        ax.add_patch(Rectangle(corner, width, 0.8, fc=colors.get(hit.family, grey), alpha=0.45, ec="none"))
        if cited:
            edge = roles["activating" if cited > 0 else "repressing"]
            ax.add_patch(Rectangle(corner, width, 0.8, fc="none", ec=edge, lw=1.6))
        left, right = _extent(drawn, i, scale.letter)
        x, side = hit.center, "center"
        if right > hit.end + 1:
            x, side = hit.end + 0.6 * scale.letter, "left"
        elif left < hit.start:
            x, side = hit.start - 0.6 * scale.letter, "right"
        weight = "bold" if cited else "normal"
        style: dict[str, Any] = {"ha": side, "va": "center", "fontsize": 6.5 * scale.fonts, "fontweight": weight}
        ax.text(x, lane, hit.name, **style)
    n_lanes = max((lane for lane in lanes if lane >= 0), default=0) + 1
    ax.set(xlim=(0, length), ylim=(max(n_lanes, 5) - 0.4, -0.6), yticks=[])
    ax.tick_params(bottom=False, labelbottom=False)
    ax.spines[:].set_visible(False)
    hidden = sum(lane < 0 for lane in lanes)
    ax.set_ylabel(f"motifs ({hidden} not shown)" if hidden else "motifs", fontsize=FONT * scale.fonts)
    if not lanes:
        ax.text(length / 2, 0, "no motif", ha="center", va="center", color=faded(0.6, ax))
        return
    _legend(ax, drawn, lanes, colors, scale)


def _family_colors(drawn: DrawnCard) -> dict[str, str]:
    """Colors of the families of motifs with the largest effects."""
    by_effect = sorted(range(len(drawn.effects)), key=lambda i: -abs(drawn.effects[i]))
    families = list(dict.fromkeys(drawn.card.hits[i].family for i in by_effect))[: len(OKABE_ITO)]
    return dict(zip(families, OKABE_ITO, strict=False))


def _legend(ax: Axes, drawn: DrawnCard, lanes: list[int], colors: dict[str, str], scale: Scale) -> None:
    from matplotlib.patches import Patch

    roles = role_colors(ax)
    shown = [
        (hit.family, int(cited))
        for hit, lane, cited in zip(drawn.card.hits, lanes, drawn.cited, strict=True)
        if lane >= 0
    ]
    present = {family for family, _ in shown}
    handles = [
        Patch(color=color, alpha=0.45, label=in_lines(family, 30, 2))
        for family, color in colors.items()
        if family in present
    ]
    if any(family not in colors for family in present):
        handles.append(Patch(color=faded(0.35, ax), alpha=0.45, label="other families"))
    for sign, role in ((1, "activating"), (-1, "repressing")):
        if any(cited == sign for _, cited in shown):
            handles.append(Patch(fc="none", ec=roles[role], lw=1.6, label=f"cited as {role}"))
    ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        borderaxespad=0,
        fontsize=6.5 * scale.fonts,
        frameon=False,
        handlelength=1.2,
    )


def _draw_effects(ax: Axes, drawn: DrawnCard, fonts: float) -> None:
    """The effect of each motif, at its position."""
    roles = role_colors(ax)
    for hit, effect in zip(drawn.card.hits, drawn.effects, strict=True):
        color = roles["activating"] if effect > 0 else roles["repressing"]
        ax.fill_between([hit.start, hit.end], [effect, effect], color=color, alpha=0.35, lw=0)
    _finish_track(ax, len(drawn.card.sequence), "effect of\nthe motif", fonts)


def draw_logo(ax: Axes, sequence: str, effects: np.ndarray, fonts: float = 1.0) -> None:
    """Draw the sequence, each base as high as its effect."""
    from matplotlib.collections import PathCollection
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    for letter, color in zip("CGAT", OKABE_ITO, strict=False):
        shape = TextPath((0, 0), letter, size=1, prop=FontProperties(weight="bold"))
        box = shape.get_extents()
        paths = []
        for at in [i for i, base in enumerate(sequence) if base == letter and effects[i]]:
            fit = Affine2D().translate(-box.x0, -box.y0).scale(0.92 / box.width, effects[at] / box.height)
            paths.append(fit.translate(at + 0.04, 0).transform_path(shape))
        ax.add_collection(PathCollection(paths, facecolors=color, edgecolors="none"))
    low, high = min(effects.min(initial=0), 0), max(effects.max(initial=0), 0)
    margin = 0.06 * (high - low) or 1
    ax.set_ylim(low - margin, high + margin)
    _finish_track(ax, len(sequence), "effect of\nthe base", fonts)


def _finish_track(ax: Axes, length: int, label: str, fonts: float) -> None:
    ax.axhline(0, color=text_color(), lw=0.5)
    ax.set(xlim=(0, length))
    ax.set_xlabel("position in the sequence", fontsize=FONT * fonts)
    ax.set_ylabel(label, fontsize=FONT * fonts)
    ax.tick_params(labelsize=7 * fonts)
    ax.spines[["top", "right"]].set_visible(False)


def _lines(trace: Trace, width: float, font: float) -> list[list[str]]:
    """The steps of the reasoning, in lines that fit a width in inches."""
    n = max(int(width / (0.0078 * font)), 30)
    return [textwrap.wrap(step, n, subsequent_indent="    ") for step in str(trace).splitlines()]


def _draw_trace(ax: Axes, trace: Trace, lines: list[list[str]], font: float) -> None:
    ax.axis("off")
    colors = role_colors(ax)
    n, at = sum(map(len, lines)), 0
    roles = [*(step.role for step in trace.steps), "context"]
    for role, part in zip(roles, lines, strict=True):
        for text in part:
            style: dict[str, Any] = {"color": colors[role], "fontsize": font, "va": "top", "parse_math": False}
            ax.text(0, 1 - at / n, text, transform=ax.transAxes, **style).set_in_layout(False)
            at += 1
