from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from scgsfm import _keys
from scgsfm._docs import doc_params
from scgsfm._messages import listing
from scgsfm.regulatory import Card, Trace

from ._toolkit import GREY, OKABE_ITO, finish, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from anndata import AnnData
    from matplotlib.axes import Axes

    from scgsfm.regulatory import Explanation

BASE_COLORS = dict(zip("CGAT", OKABE_ITO, strict=False))
ROLES = {"activating": "#00734f", "repressing": "#b34700", "context": "#444444"}
LINE_LENGTH = 118
MAX_LANES = 12


class _Drawn(NamedTuple):
    title: str
    card: Card
    trace: Trace
    effects: np.ndarray
    cited: np.ndarray
    bases: np.ndarray | None


@doc_params
def regulatory_card(
    data: AnnData | Mapping[str, pd.DataFrame] | Explanation,
    element: str | None = None,
    cell_type: str | None = None,
    *,
    key: str = _keys.R3LM_EXPLANATIONS,
    show: bool | None = None,
) -> list[Axes] | None:
    """Plot the explanation of a regulatory element: motifs, effects of the bases, and the reasoning.

    From top to bottom: the motifs on the card, colored by family and framed if the reasoning calls them activating or
    repressing; the sequence logo of the effects of bases on the activity, or the effects of motifs if those of bases
    weren't computed; and the reasoning trace.

    Parameters
    ----------
    data
        Data or tables with the results of :func:`~scgsfm.tl.explain_regulation`, or an explanation by a model's
        ``explain``.
    element
        Name of the element; by default the first.
    cell_type
        Name of the cell type; by default the first for which the element is explained.
    key
        Key of the results in ``uns``.
    show
        {show}

    Returns
    -------
    ``None`` if the plot is shown, else the three axes.

    Raises
    ------
    KeyError
        If there are no results, or none for this element and cell type.

    Examples
    --------
    >>> import scgsfm
    >>> tables = scgsfm.tl.explain_regulation(sequences={"a": "CTGGCAAACAGATAAGA" * 11}, cell_type="K562", bases=False)
    >>> axes = scgsfm.pl.regulatory_card(tables, "a", show=False)
    """
    drawn = _of_explanation(data) if hasattr(data, "trace") else _of_tables(_tables(data, key), element, cell_type)
    return finish(_draw(drawn), show)


def _tables(data: Any, key: str) -> Mapping[str, pd.DataFrame]:
    tables: Mapping[str, pd.DataFrame]
    if not hasattr(data, "uns"):
        tables = data
        return tables
    if key not in data.uns:
        msg = (
            f"`uns` has no {key!r}: run `scgsfm.tl.explain_regulation` first, or give the key of its results as `key`."
        )
        raise KeyError(msg)
    tables = data.uns[key]
    return tables


def _title(card: Card, trace: Trace, prediction: float, element: str = "") -> str:
    about = f"{shorten(element)}  ·  " if element else ""
    return f"{about}{card.cell_type}: predicted log2 activity {prediction:.2f} (level {trace.level} of 0–3), GC {card.gc:.3f}"


def _of_explanation(found: Any) -> _Drawn:
    title = _title(found.card, found.trace, found.prediction)
    return _Drawn(title, found.card, found.trace, found.effects, found.cited, None)


def _of_tables(tables: Mapping[str, pd.DataFrame], element: str | None, cell_type: str | None) -> _Drawn:
    rows = tables["elements"].reset_index(drop=True)
    kept = np.ones(len(rows), bool)
    for column, wanted in (("element", element), ("cell_type", cell_type)):
        if wanted is not None:
            kept &= (rows[column] == wanted).to_numpy()
    if not kept.any():
        elements, cell_types = (listing(rows[column].unique().tolist()) for column in ("element", "cell_type"))
        msg = f"There is no explanation of {element!r} in {cell_type!r}; there are explanations of {elements} in {cell_types}."
        raise KeyError(msg)
    at = int(kept.argmax())
    row = rows.loc[at]
    card, trace = Card.parse(row["card"]), Trace.parse(row["trace"])
    motifs = tables["motifs"]
    hits = motifs[(motifs["element"] == row["element"]) & (motifs["cell_type"] == row["cell_type"])]
    bases = tables["bases"].to_numpy()[at][: len(card.sequence)] if "bases" in tables else None
    title = _title(card, trace, row["prediction"], str(row["element"]))
    return _Drawn(title, card, trace, hits["effect"].to_numpy(), hits["cited"].to_numpy(), bases)


def _draw(drawn: _Drawn) -> list[Axes]:
    import matplotlib.pyplot as plt

    lanes = _lanes(drawn)
    n_lanes = max((lane for lane in lanes if lane >= 0), default=0) + 1
    lines = [_wrapped(step) for step in str(drawn.trace).splitlines()]
    heights = [0.45 + 0.2 * n_lanes, 1.5, 0.19 * sum(map(len, lines)) + 0.15]
    _, axes = plt.subplots(
        3, 1, figsize=(11, sum(heights) + 0.9), height_ratios=heights, layout="constrained"
    )  # fmt: skip
    axes[1].sharex(axes[0])
    _draw_motifs(axes[0], drawn, lanes, n_lanes)
    axes[0].set_title(drawn.title, loc="left", fontsize=10)
    if drawn.bases is None:
        _draw_effects(axes[1], drawn)
    else:
        _draw_logo(axes[1], drawn.card.sequence, np.nan_to_num(drawn.bases))
    _draw_trace(axes[2], drawn.trace, lines)
    return list(axes)


def _lanes(drawn: _Drawn) -> list[int]:
    """A lane for each motif, without overlaps; cited motifs first, then by effect; -1 if there is no lane left."""
    order = np.lexsort((-np.abs(drawn.effects), drawn.cited == 0))
    ends: list[list[tuple[float, float]]] = []
    lanes = [-1] * len(drawn.card.hits)
    for i in order:
        hit = drawn.card.hits[i]
        width = max(hit.end - hit.start, 1.35 * len(hit.name) * len(drawn.card.sequence) / 200 + 1)
        left, right = hit.center - width / 2, hit.center + width / 2
        for lane, taken in enumerate([*ends, []]):
            if lane < MAX_LANES and all(right <= a or left >= b for a, b in taken):
                if lane == len(ends):
                    ends.append(taken)
                ends[lane].append((left, right))
                lanes[i] = lane
                break
    return lanes


def _draw_motifs(ax: Axes, drawn: _Drawn, lanes: list[int], n_lanes: int) -> None:
    from matplotlib.patches import Patch, Rectangle

    by_effect = sorted(range(len(lanes)), key=lambda i: -abs(drawn.effects[i]))
    families = list(dict.fromkeys(drawn.card.hits[i].family for i in by_effect))[: len(OKABE_ITO)]
    colors = dict(zip(families, OKABE_ITO, strict=False))
    for hit, lane, cited in zip(drawn.card.hits, lanes, drawn.cited, strict=True):
        if lane < 0:
            continue
        color = colors.get(hit.family, GREY)
        edge = {1: ROLES["activating"], -1: ROLES["repressing"]}.get(int(cited), "none")
        box = Rectangle((hit.start, lane - 0.4), hit.end - hit.start, 0.8, fc=color, alpha=0.45, ec="none")
        ax.add_patch(box)
        if cited:
            ax.add_patch(Rectangle((hit.start, lane - 0.4), hit.end - hit.start, 0.8, fc="none", ec=edge, lw=1.6))
        weight = "bold" if cited else "normal"
        ax.text(hit.center, lane, hit.name, ha="center", va="center", fontsize=6.5, fontweight=weight)
    hidden = sum(lane < 0 for lane in lanes)
    ax.set(xlim=(0, len(drawn.card.sequence)), ylim=(n_lanes - 0.4, -0.6), yticks=[])
    ax.tick_params(bottom=False, labelbottom=False)
    ax.spines[["top", "right", "left", "bottom"]].set_visible(False)
    ax.set_ylabel(f"motifs ({hidden} not shown)" if hidden else "motifs", fontsize=8)
    if not lanes:
        ax.text(len(drawn.card.sequence) / 2, 0, "no motif", ha="center", va="center", color="#777777")
        return
    handles = [Patch(color=color, alpha=0.45, label=shorten(family, 30)) for family, color in colors.items()]
    handles += [Patch(fc="none", ec=ROLES[role], lw=1.6, label=role) for role in ("activating", "repressing")]
    ax.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=6.5, frameon=False, handlelength=1.2
    )


def _draw_effects(ax: Axes, drawn: _Drawn) -> None:
    """The effect of each motif, at its position."""
    for hit, effect in zip(drawn.card.hits, drawn.effects, strict=True):
        color = ROLES["activating"] if effect > 0 else ROLES["repressing"]
        ax.fill_between([hit.start, hit.end], [effect, effect], color=color, alpha=0.35, lw=0)
    _finish_track(ax, len(drawn.card.sequence), "effect of\nthe motif")


def _draw_logo(ax: Axes, sequence: str, effects: np.ndarray) -> None:
    from matplotlib.collections import PathCollection
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    for letter, color in BASE_COLORS.items():
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
    _finish_track(ax, len(sequence), "effect of\nthe base")


def _finish_track(ax: Axes, length: int, label: str) -> None:
    ax.axhline(0, color="black", lw=0.5)
    ax.set(xlim=(0, length))
    ax.set_xlabel("position in the sequence", fontsize=8)
    ax.set_ylabel(label, fontsize=8)
    ax.tick_params(labelsize=7)
    ax.spines[["top", "right"]].set_visible(False)


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, LINE_LENGTH, subsequent_indent="    ")


def _draw_trace(ax: Axes, trace: Trace, lines: list[list[str]]) -> None:
    ax.axis("off")
    n, at = sum(map(len, lines)), 0
    roles = [*(step.role for step in trace.steps), "context"]
    for role, part in zip(roles, lines, strict=True):
        for text in part:
            ax.text(
                0, 1 - at / n, text, transform=ax.transAxes, color=ROLES[role], fontsize=8, va="top", parse_math=False
            )
            at += 1
