from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from scgsfm import _keys
from scgsfm._adata import check_anndata
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import check_at_least, check_choice, did_you_mean
from scgsfm._scanpy import import_scanpy
from scgsfm.annotation import UNASSIGNED

from ._figure import is_narrow
from ._finish import figure_of, finish, fit_fonts, fit_inside, halves, slot_of
from ._set_labels import wrap
from ._style import group_colors, palette, readable_on, text_color
from ._toolkit import check_basis, most_telling, panels

if TYPE_CHECKING:
    from pathlib import Path

    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GREY = "#d3d3d3"
"""Color of cells without a type."""
MAX_PADJ = 0.05
WIDE = 8.0
"""Width of a figure from which the titles of both embeddings have one line, in inches."""
MAX_TYPES = 36
"""Number of columns of the matrix beyond the best type of each group."""


@checks_types
@doc_params
def annotate(
    adata: AnnData,
    *,
    key: str = _keys.ANNOTATION,
    kind: Literal["embedding", "matrix"] = "embedding",
    basis: str = "umap",
    n_types: int = 3,
    cmap: str = "viridis",
    ax: Axes | None = None,
    figsize: tuple[float, float] | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
    **kwargs: Any,
) -> Axes | list[Axes] | Figure | None:
    """Plot assigned cell types on an embedding, or as a matrix of groups × types.

    The embedding is plotted twice by scanpy :cite:p:`Wolf2018`: colored by label and by the confidence in it; unassigned
    cells are grey in both. The colors are those of ``uns["annotation_colors"]``. If there are none, they are chosen such
    that color-blind readers can tell them apart, and written there, so that ``scanpy.pl.umap(adata, color="annotation")``
    shows the same.

    The matrix shows the scores of the best types of each group. A dot marks the label of a group; a cross marks the best
    type of a group that is unassigned. Types without evidence in any group (adjusted p-value above 0.05) are left
    out, such as those of other tissues.

    Parameters
    ----------
    adata
        Cells with labels of :func:`~scgsfm.tl.annotate`.
    key
        Key of the labels, if ``key_added`` was used.
    kind
        ``"embedding"``, or ``"matrix"``, which requires labels of groups (``groupby``).
    basis
        Embedding of the cells: ``"umap"`` uses ``obsm["X_umap"]``.
    n_types
        Number of types of each group to show in the matrix.
    cmap
        Color map of the confidence or of the scores.
    ax
        {ax} Both embeddings share its place.
    figsize
        {figsize}
    show
        {show}
    save
        {save}
    return_fig
        {return_fig}
    **kwargs
        Passed to :func:`scanpy.pl.embedding` or to :meth:`matplotlib.axes.Axes.imshow`.

    Returns
    -------
    ``None`` if the plot is shown, else the axes (a list of two for embeddings) or the figure.

    Raises
    ------
    KeyError
        If the labels, or, for the matrix, groups do not exist.
    ValueError
        If ``kind`` or ``basis`` does not exist.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.annotate(adata, markers="pbmc_markers", groupby="cell_type")
    >>> axes = scgsfm.pl.annotate(adata, kind="matrix", show=False)
    """
    check_anndata(adata, writes=False)
    check_choice("kind", kind, ("embedding", "matrix"))
    check_at_least("n_types", n_types, 1)
    if key not in adata.obs or f"{key}_confidence" not in adata.obs:
        msg = f"There are no labels in `obs[{key!r}]`. Run `scgsfm.tl.annotate` first, or set `key`."
        msg += did_you_mean(key, [name for name in adata.obs if f"{name}_confidence" in adata.obs])
        raise KeyError(msg)
    slot = None if ax is None else slot_of(ax)
    if kind == "matrix":
        axes: list[Axes] = _matrix(adata, key, n_types, cmap, ax, figsize, **kwargs)
    else:
        axes = _embeddings(adata, key, basis, cmap, ax, figsize, **kwargs)
    if slot is None and figsize is not None:
        fit_fonts(figure_of(axes))
    if slot is not None:
        parts = [(axes, slot)] if kind == "matrix" else zip((axes[:1], axes[1:]), halves(slot, 0.6), strict=True)
        for part, place in parts:
            fit_inside(part, place)
    return finish(axes[0] if kind == "matrix" else axes[:2], show, save=save, return_fig=return_fig, name="annotate")


def _embeddings(
    adata: AnnData,
    key: str,
    basis: str,
    cmap: str,
    ax: Axes | None,
    figsize: tuple[float, float] | None,
    **kwargs: Any,
) -> list[Axes]:
    """Axes of the labels, of the confidence, and of its color bar."""
    sc = import_scanpy()

    check_basis(adata, basis)
    cells = sc.AnnData(obs=adata.obs[[key, f"{key}_confidence"]].copy(), obsm=dict(adata.obsm))
    colors = _colors(adata, key)
    cells.obs[key] = cells.obs[key].astype("category").cat.remove_unused_categories()
    unassigned = (cells.obs[key] == UNASSIGNED) | cells.obs[key].isna()
    cells.obs.loc[unassigned.to_numpy(), f"{key}_confidence"] = np.nan
    space = " " if ax is None and (figsize is None or figsize[0] >= WIDE) else "\n"
    rest = f"{space}(grey: unassigned)" if unassigned.any() else ""
    titles = kwargs.pop("title", ["cell type", f"confidence{rest}"])
    size = 120_000 / max(cells.n_obs, 1) * (0.5 if ax is None else 0.25)
    options = {"frameon": False, "cmap": cmap, "vmin": 0, "vmax": 1, "size": size, "na_color": GREY} | kwargs
    options |= {} if ax is None and not is_narrow(figsize) else {"legend_fontsize": "x-small"}
    options |= {"show": False, "colorbar_loc": None}
    n_columns = 1 if len(colors) > 14 else 2
    axes = panels(2, 2, (4.2, 3.2), (1.6 * (3 - n_columns), 0), figsize, ax=ax)
    sc.pl.embedding(cells, basis, color=key, ax=axes[0], palette=colors, **options | {"title": titles[0]})
    sc.pl.embedding(cells, basis, color=f"{key}_confidence", ax=axes[1], **options | {"title": titles[1]})
    for panel in axes:
        panel.title.set_fontsize("medium" if ax is None else "small")
    points = next(points for points in axes[1].collections[::-1] if points.get_array() is not None)
    bar = figure_of(axes).colorbar(points, ax=axes[1], fraction=0.06, pad=0.02, aspect=25, label="probability")
    bar.outline.set_visible(False)
    return [*axes, bar.ax]


def _colors(adata: AnnData, key: str) -> dict[str, str]:
    """The color of each type, from ``uns`` or chosen and written there."""
    categories = adata.obs[key].astype("category").cat.categories
    names = list(map(str, categories))
    types = [name for name in names if name != UNASSIGNED]
    stored = adata.uns.get(f"{key}_colors")
    if stored is not None and len(stored) >= len(names):
        return group_colors(adata, key, names)
    chosen = dict(zip(types, palette(len(types)), strict=True)) | {UNASSIGNED: GREY}
    if not adata.is_view:
        adata.uns[f"{key}_colors"] = [chosen[name] for name in names]
    return {name: chosen[name] for name in names}


def _matrix(
    adata: AnnData,
    key: str,
    n_types: int,
    cmap: str,
    ax: Axes | None,
    figsize: tuple[float, float] | None,
    **kwargs: Any,
) -> list[Axes]:
    """Axes of the matrix and of its color bar."""
    table = adata.uns.get(key)
    groupby = adata.uns.get(_keys.UNS, {}).get(key, {}).get("params", {}).get("groupby")
    if not isinstance(table, pd.DataFrame) or groupby is None or "assigned" not in table:
        msg = (
            f"`kind='matrix'` shows groups of cells, but `uns[{key!r}]` has no table of groups, since the labels of "
            f"`obs[{key!r}]` are those of single cells. Run `scgsfm.tl.annotate` with `groupby`, or use `kind='embedding'`."
        )
        raise KeyError(msg)
    scores = table.pivot_table(index="group", columns="cell_type", values="score", observed=True)
    best = table[table["rank"] == 1].set_index("group")["cell_type"].astype(str)
    ordered = best.sort_values(kind="stable").index
    scores = scores.loc[ordered, _columns(table, best[ordered], n_types)]
    names = [wrap(str(name), 28, 2) for name in (*scores.index, *scores.columns)]
    if ax is None:
        longest = max(len(line) for name in names for line in name.split("\n"))
        size = 0.32 * scores.shape[1] + 0.08 * longest + 2.2, max(0.3 * len(scores), 1.9) + 0.08 * longest
        ax = panels(1, 1, size, (0, 0), figsize)[0]
    image = ax.imshow(scores, cmap=cmap, aspect="auto", **({"vmin": 0} | kwargs))
    ax.set_xticks(range(scores.shape[1]), names[len(scores) :], rotation=90, linespacing=0.95)
    ax.set_yticks(range(len(scores)), names[: len(scores)], linespacing=0.95)
    ax.set_ylabel(groupby)
    ax.tick_params(length=0)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    bar = ax.figure.colorbar(image, ax=ax, label="score of the type", shrink=0.55, aspect=12, anchor=(0, 0))
    bar.outline.set_visible(False)
    _marks(table, best[ordered], scores, image, ax, bar.ax)
    return [ax, bar.ax]


def _columns(table: pd.DataFrame, best: pd.Series, n_types: int) -> list[str]:
    """The best type of each group, and those of the next ranks that have evidence in a group."""
    top = table[table["rank"] <= n_types].sort_values("rank", kind="stable")
    evident = top["padj"] <= MAX_PADJ if "padj" in top else top["score"] > 0
    others = top.loc[evident, ["cell_type", "score"]].astype({"cell_type": str})
    others = others[~others["cell_type"].isin(best)].groupby("cell_type", sort=False)["score"].max()
    return [
        *dict.fromkeys(best),
        *most_telling(others, MAX_TYPES, noun="type", reason="score highest", argument="n_types"),
    ]


def _marks(table: pd.DataFrame, best: pd.Series, scores: pd.DataFrame, image: Any, ax: Axes, beside: Axes) -> None:
    """Mark the label of each group by a dot, and the best type of an unassigned group by a cross."""
    from matplotlib.lines import Line2D

    assigned = set(table.loc[table["assigned"].astype(bool), "group"].astype(str))
    meanings = {"o": "label of the group", "x": "best type of an\nunassigned group"}
    used = set()
    for row, group in enumerate(scores.index):
        column = scores.columns.get_loc(best[group])
        marker = "o" if str(group) in assigned else "x"
        used.add(marker)
        color = readable_on(image.to_rgba(scores.iloc[row, column]))
        ax.scatter(column, row, marker=marker, s=26, color=color)
    style: dict[str, Any] = {"linestyle": "", "color": text_color()}
    handles = [Line2D([], [], marker=marker, label=meanings[marker], **style) for marker in meanings if marker in used]
    beside.legend(
        handles=handles,
        frameon=False,
        fontsize="small",
        loc="lower left",
        bbox_to_anchor=(0, 1.12),
        borderaxespad=0,
        handletextpad=0.2,
    )
