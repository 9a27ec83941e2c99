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
MIN_SHARE = 0.3
"""Least share of the width and the height of given axes that is left to the plot; the rest holds its labels."""


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


def fit_inside(axes: Sequence[Axes], slot: Any) -> None:
    """Shrink axes so that they stay in ``slot``, with labels, legends and titles, and don't touch those beside them.

    Nothing is done if the figure has a layout engine, which makes space for all axes.

    Parameters
    ----------
    axes
        All axes that were drawn in the place of the axes that a user gave.
    slot
        The result of :func:`slot_of` before anything was drawn.
    """
    from matplotlib.transforms import Bbox

    figure = figure_of(list(axes))
    if figure.get_layout_engine() is not None:
        return
    axes = [ax for ax in axes if ax.get_visible()]
    starts = [ax.get_position().frozen() for ax in axes]
    inner = slot
    for _ in range(3):  # labels keep their size, so that their share grows
        for ax, start in zip(axes, starts, strict=True):
            ax.set_position(_mapped(start, slot, inner))
        boxes = [box for ax in axes if (box := ax.get_tightbbox()) is not None]
        outer = Bbox.union(boxes).transformed(figure.transFigure.inverted())
        over = [outer.x0 - slot.x0, outer.y0 - slot.y0, slot.x1 - outer.x1, slot.y1 - outer.y1]
        x0, y0 = inner.x0 - over[0], inner.y0 - over[1]
        x1, y1 = inner.x1 + over[2], inner.y1 + over[3]
        x0, x1 = max(x0, slot.x0), max(min(x1, slot.x1), max(x0, slot.x0) + MIN_SHARE * slot.width)
        y0, y1 = max(y0, slot.y0), max(min(y1, slot.y1), max(y0, slot.y0) + MIN_SHARE * slot.height)
        inner = Bbox.from_extents(x0, y0, x1, y1)
    for ax, start in zip(axes, starts, strict=True):
        ax.set_position(_mapped(start, slot, inner))


def _mapped(box: Any, old: Any, new: Any) -> Any:
    """``box`` moved and scaled as ``old`` must be to become ``new``."""
    from matplotlib.transforms import BboxTransform

    return box.transformed(BboxTransform(old, new))
