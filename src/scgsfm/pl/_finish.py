"""Finish a plot: save, show or return it, and keep it inside the axes that were given."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from scgsfm._logging import logger
from scgsfm._scanpy import import_scanpy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

T = TypeVar("T")

MIN_DPI = 150
"""Files have at least this resolution, unless ``rcParams["savefig.dpi"]`` states one."""
MIN_FONT = 4.0
"""Smallest size of text in points."""
MIN_SHARE = 0.3
"""Least share of the width and the height of given axes that is left to the plot; the rest holds its labels."""
MIN_FACTOR, MIN_WIDTH = 0.65, 0.22
"""Least factor by which fonts are reduced in figures of given size, and the share of the width and height of its cell of
the grid that the axes should have."""


def finish(
    axes: T, show: bool | None, *, save: str | Path | bool | None = None, return_fig: bool = False, name: str = "plot"
) -> T | Figure | None:
    """Save the figure if asked to, and show it, or return the figure or the axes.

    Parameters
    ----------
    axes
        Axes or a list of axes.
    show
        Whether to show the figure. By default, scanpy's settings decide; a saved figure is not shown.
    save
        File to write, see :func:`file_to_save`.
    return_fig
        Whether to return the figure.
    name
        Name of the plot, for the name of the file.
    """
    import matplotlib.pyplot as plt

    sc = import_scanpy()

    figure = figure_of(axes)
    path = file_to_save(save, name)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=_dpi(figure), bbox_inches="tight")
        logger.info("saved the figure to %s", path)
    shown = sc.settings.autoshow if show is None else show
    if return_fig:
        if show:
            plt.show()
        return figure
    if not shown:
        return axes
    if path is not None and show is None:
        plt.close(figure)  # else a notebook shows it
    else:
        plt.show()
    return None


def figure_of(axes: Any) -> Figure:
    """The figure of axes or of a list of axes, also of a subfigure."""
    first = axes[0] if isinstance(axes, list) else axes
    figure: Figure = first.figure.figure
    return figure


def file_to_save(save: str | Path | bool | None, name: str) -> Path | None:
    """The file to write a figure to, or None.

    A path with a folder or with the suffix of a format is used as it is. ``True``, or a bare name, which is appended to
    the name of the plot, gives a file in ``scanpy.settings.figdir``, as in scanpy.
    """
    sc = import_scanpy()

    if save is None:
        save = bool(sc.settings.autosave)
    if save is False or save == "":
        return None
    if not isinstance(save, str | os.PathLike | bool):
        msg = f"`save` must be a path, a name or a boolean, but is {save!r} ({type(save).__name__})."
        raise TypeError(msg)
    suffix = f".{sc.settings.file_format_figs}"
    text = "" if isinstance(save, bool) else os.fspath(save)
    path = Path(text)
    is_folder = text.endswith(("/", os.sep)) or (text != "" and path.is_dir())
    if not (is_folder or len(path.parts) > 1 or path.suffix[1:].lower() in _formats()):
        stated = path.name[:1] == "." and path.name[1:].lower() in _formats()  # ".pdf"
        end = f"{sc.settings.plot_suffix}{path.name}" if stated else f"{path.name}{sc.settings.plot_suffix}{suffix}"
        return Path(sc.settings.figdir) / f"{name}{end}"
    path = path / name if is_folder else path
    return path if path.suffix[1:].lower() in _formats() else path.with_name(path.name + suffix)


def _formats() -> set[str]:
    from matplotlib.backend_bases import FigureCanvasBase

    return set(FigureCanvasBase.get_supported_filetypes())


def _dpi(figure: Figure) -> float:
    from matplotlib import rcParams

    stated = rcParams["savefig.dpi"]
    return float(max(figure.dpi, MIN_DPI)) if isinstance(stated, str) else float(stated)


def slot_of(ax: Axes) -> Any:
    """The place of given axes in their figure, to be passed to :func:`fit_inside`."""
    return ax.get_position(original=True).frozen()


def fit_inside(axes: Sequence[Axes], slot: Any, *, fill: bool = True) -> None:
    """Shrink axes so that they stay in ``slot``, with labels, legends and titles, and don't touch those beside them.

    Nothing is done if the figure has a layout engine, which makes space for all axes.

    Parameters
    ----------
    axes
        All axes that were drawn in the place of the axes that a user gave.
    slot
        The result of :func:`slot_of` before anything was drawn.
    fill
        Whether to enlarge axes that cover only a part of the place.
    """
    from matplotlib.transforms import Bbox

    figure = figure_of(list(axes))
    if figure.get_layout_engine() is not None:
        return
    axes = [ax for ax in axes if ax.get_visible() and not _is_empty(ax)]
    starts = [ax.get_position().frozen() for ax in axes]
    rect = Bbox.union(starts) if fill and starts else slot
    inner = slot
    for _ in range(3):  # labels keep their size, so that their share grows
        for ax, start in zip(axes, starts, strict=True):
            ax.set_position(_mapped(start, rect, inner))
            thin_out(ax)
        boxes = [box for ax in axes if (box := ax.get_tightbbox()) is not None]
        outer = Bbox.union(boxes).transformed(figure.transFigure.inverted())
        over = [outer.x0 - slot.x0, outer.y0 - slot.y0, slot.x1 - outer.x1, slot.y1 - outer.y1]
        x0, y0 = inner.x0 - over[0], inner.y0 - over[1]
        x1, y1 = inner.x1 + over[2], inner.y1 + over[3]
        x0, x1 = max(x0, slot.x0), max(min(x1, slot.x1), max(x0, slot.x0) + MIN_SHARE * slot.width)
        y0, y1 = max(y0, slot.y0), max(min(y1, slot.y1), max(y0, slot.y0) + MIN_SHARE * slot.height)
        inner = Bbox.from_extents(x0, y0, x1, y1)
    for ax, start in zip(axes, starts, strict=True):
        ax.set_position(_mapped(start, rect, inner))


def fit_fonts(figure: Figure) -> None:
    """Reduce the fonts of a figure of given size until its axes have enough of the width and the height.

    The figure has a layout engine, which gives to the axes what the texts leave.
    """
    from matplotlib.text import Text

    sizes = {text: float(text.get_fontsize()) for text in figure.findobj(Text)}
    factor = 1.0
    while not _axes_have_space(figure) and factor > MIN_FACTOR:
        factor *= 0.9
        for text, size in sizes.items():
            text.set_fontsize(max(size * factor, MIN_FONT))
        for ax in _with_inner(figure):
            for axis in (ax.xaxis, ax.yaxis):
                texts = axis.get_ticklabels()
                if texts and texts[0] in sizes:
                    axis.set_tick_params(labelsize=max(sizes[texts[0]] * factor, MIN_FONT))
    for ax in figure.axes:
        thin_out(ax)


def _axes_have_space(figure: Figure) -> bool:
    """Whether the axes in a grid have enough of the cells of the grid."""
    import warnings

    with warnings.catch_warnings(record=True) as collapsed:
        warnings.simplefilter("always", UserWarning)
        figure.draw_without_rendering()
    if any("constrained_layout" in str(warning.message) for warning in collapsed):
        return False
    grids = [(ax, spec) for ax in figure.axes if (spec := ax.get_subplotspec()) is not None]
    for ax, spec in grids:
        n_rows, n_columns, *_ = spec.get_geometry()
        box = ax.get_position()
        if min(box.width * n_columns, box.height * n_rows) < MIN_WIDTH:
            return False
        titles = [title.get_window_extent() for title in (ax.title, ax._left_title) if title.get_text()]  # type: ignore[attr-defined]
        label = ax.xaxis.label.get_window_extent()  # whose width the layout ignores, as that of titles
        is_cut = any(text.x0 < -1 or text.x1 > figure.bbox.x1 + 1 for text in [*titles, label])
        if is_cut or any(title.width > figure.bbox.width / n_columns for title in titles):
            return False
    return True


def _with_inner(figure: Figure) -> list[Axes]:
    """The axes of a figure and those inside of them."""
    found: list[Any] = list(figure.axes)
    for ax in found:
        found += [inner for inner in ax.child_axes if inner not in found]
    return found


def halves(slot: Any, share: float = 0.5) -> tuple[Any, Any]:
    """The left part and the right part of a place."""
    from matplotlib.transforms import Bbox

    middle = slot.x0 + share * slot.width
    left = Bbox.from_extents(slot.x0, slot.y0, middle - 0.02 * slot.width, slot.y1)
    return left, Bbox.from_extents(middle, slot.y0, slot.x1, slot.y1)


def thin_out(ax: Axes) -> None:
    """Make names of categories smaller where they would overlap."""
    from matplotlib.ticker import FixedLocator

    box = ax.get_window_extent()
    for axis, length in ((ax.xaxis, box.width), (ax.yaxis, box.height)):
        texts = [text for text in axis.get_ticklabels() if text.get_text()]
        if len(texts) < 2 or not isinstance(axis.get_major_locator(), FixedLocator):
            continue
        is_upright = axis is ax.xaxis and texts[0].get_rotation() in (0, 360)
        lines = max(text.get_text().count("\n") + 1 for text in texts)
        rows = 1.15 * lines + (0.4 if lines > 1 else 0)  # several lines need a gap to the next name
        space = length / figure_of(ax).dpi * 72 / len(texts) / rows
        if not is_upright and float(texts[0].get_fontsize()) > space:
            axis.set_tick_params(labelsize=max(space, MIN_FONT))
            for text in texts:
                text.set_fontsize(max(space, MIN_FONT))


def grow_to_fit(figure: Figure, pad: float = 0.08, below: float = 0.0) -> None:
    """Enlarge or crop a figure so that it holds all that was drawn with a margin of ``pad`` inches; nothing is scaled.

    ``below`` inches are left at the bottom.
    """
    from matplotlib.transforms import Bbox

    scale = figure.dpi_scale_trans.inverted()
    for ax in figure.axes:
        ax.set_visible(ax.get_visible() and not _is_empty(ax))  # else saving makes space for them
    boxes = [box for ax in figure.axes if ax.get_visible() and (box := ax.get_tightbbox()) is not None]
    drawn = Bbox.union(boxes).transformed(scale)
    width, height = figure.get_size_inches()
    box = Bbox.from_extents(drawn.x0 - pad, drawn.y0 - pad - below, drawn.x1 + pad, drawn.y1 + pad)
    old = Bbox.from_bounds(0, 0, 1, 1)
    new = Bbox.from_bounds(-box.x0 / box.width, -box.y0 / box.height, width / box.width, height / box.height)
    places = [ax.get_position().frozen() for ax in figure.axes]
    figure.set_size_inches(box.width, box.height)
    for ax, place in zip(figure.axes, places, strict=True):
        ax.set_position(_mapped(place, old, new))


def _is_empty(ax: Axes) -> bool:
    """Whether axes only hold a place in a grid."""
    shown = ax.axison or ax.lines or ax.collections or ax.images or ax.texts or ax.child_axes
    return not shown and not ax.patches and not ax.get_title()


def _mapped(box: Any, old: Any, new: Any) -> Any:
    """``box`` moved and scaled as ``old`` must be to become ``new``."""
    from matplotlib.transforms import BboxTransform

    return box.transformed(BboxTransform(old, new))
