from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from scgsfm import _keys, get
from scgsfm._adata import check_anndata, groups
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import check_at_least, check_choice

from ._finish import finish
from ._score_embedding import score_embedding
from ._score_groups import dendrogram_of, score_groups
from ._score_ridge import score_ridge
from ._toolkit import check_basis, most_telling

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Limit = float | str | Callable[[Sequence[float]], float] | Sequence[Any] | None

N_SETS = {
    "embedding": 12,
    "matrixplot": 24,
    "dotplot": 24,
    "heatmap": 24,
    "tracksplot": 12,
    "violin": 12,
    "ridge": 8,
}
"""Number of sets that are drawn of each kind if the user does not select any."""
GROUPS = ("cell_type", "celltype", "cell_types", "annotation", "leiden", "louvain", "clusters", "cluster")
"""Columns of ``obs`` that are groups by their names, the most telling first."""
MAX_GROUPS = 60
ALL_CELLS = "all cells"


@checks_types
@doc_params
def score(
    adata: AnnData,
    sets: str | Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    *,
    method: str | None = None,
    key: str | None = None,
    kind: Literal["embedding", "matrixplot", "dotplot", "violin", "heatmap", "tracksplot", "ridge", "matrix"]
    | None = None,
    basis: str | None = None,
    groupby: str | None = None,
    standard_scale: Literal["var", "group", "zscore", "none"] | None = None,
    cutoff: float | None = None,
    vmin: Limit = None,
    vmax: Limit = None,
    shared_scale: bool = False,
    ncols: int = 4,
    cmap: str | None = None,
    ax: Axes | None = None,
    figsize: tuple[float, float] | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
    **kwargs: Any,
) -> Axes | list[Axes] | Figure | None:
    """Plot the scores of gene sets on an embedding of the cells, or in groups of cells.

    All kinds but ``"ridge"`` are drawn by scanpy :cite:p:`Wolf2018`, whose options can be passed. If there are too many
    sets to draw all, those are drawn that differ most between groups of cells, or, without groups, vary most; the log
    says so. The name of the collection (``HALLMARK_``) is left out, and long names are wrapped.

    Parameters
    ----------
    adata
        Cells with scores of :func:`~scgsfm.tl.score`.
    sets
        One or several sets to plot, or a dict with a list of sets under each bracket. By default, all are plotted, or the
        most telling ones: 12 on embeddings, as violins and as tracks, 8 as ridges, and 24 otherwise.
    method
        Name of the scoring method. By default, the one whose scores exist; of several, ``"aucell"`` if it is one of them,
        else the last.
    key
        Key of the scores in ``obsm``, if ``key_added`` was used.
    kind
        ``"embedding"``: a panel for each set. ``"matrixplot"`` (or ``"matrix"``): mean scores of groups. ``"dotplot"``: mean scores as
        colors, and the share of cells above a cutoff as sizes. ``"violin"``: stacked violins. ``"heatmap"`` and
        ``"tracksplot"``: scores of single cells. ``"ridge"``: densities with a line at the median, in a panel for each
        set, or, without groups, with a row for each set. By default, an embedding if there is one and no ``groupby`` is
        given, else ``"matrixplot"``, or ``"ridge"`` without groups.
    basis
        Embedding of the cells: ``"umap"`` uses ``obsm["X_umap"]``. By default, UMAP, or the first that exists.
    groupby
        Column of ``obs`` with groups of cells. By default, if the kind needs groups, a column that is known to hold them,
        such as ``"cell_type"`` or ``"leiden"``, or the first column of categories.
    standard_scale
        Scale that makes sets with different ranges comparable: ``"var"`` sets the lowest and the highest value of each set
        to 0 and 1, ``"group"`` those of each group (of each cell in heat maps, tracks and violins), and ``"zscore"`` the
        mean and the standard deviation of each set to 0 and 1. By default, violins have ``"var"``, since all share one axis,
        and other kinds ``"none"``.
    cutoff
        Score above which cells count for the sizes of dots. By default, the mean of the set over all cells.
    vmin, vmax
        Limits of the colors: a number, a percentile such as ``"p99"``, a function, or, for embeddings, a list. On
        embeddings, ``vmax`` defaults to ``"p99"``, so that single cells do not determine the scale.
    shared_scale
        Whether all embeddings have the same limits and one color bar.
    ncols
        Number of panels in a row; small figures of given size have fewer.
    cmap
        Color map. Defaults to viridis, or to a diverging color map for z-scores of groups.
    ax
        {ax} Several panels share its place. Not for heat maps and tracks, which scanpy draws in figures of their own.
    figsize
        {figsize}
    show
        {show}
    save
        {save}
    return_fig
        {return_fig}
    **kwargs
        Passed to :func:`scanpy.pl.embedding`, :func:`scanpy.pl.matrixplot`, :func:`scanpy.pl.dotplot`,
        :func:`scanpy.pl.stacked_violin`, :func:`scanpy.pl.heatmap` or ``scanpy.pl.tracksplot``, for example
        ``dendrogram=True`` or ``swap_axes=False``. A dendrogram is computed on the scores that are plotted; without
        ``sets``, they are then in the order of the groups in which they are highest.

    Returns
    -------
    ``None`` if the plot is shown, else the axes (a list for several panels) or the figure.

    Raises
    ------
    KeyError
        If the scores or sets do not exist.
    ValueError
        If ``kind``, ``basis`` or ``groupby`` does not exist, or ``ax`` is given for a kind that can't use it.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.score(adata, {"T cell": ["CD3D", "CD3E", "CD2"], "B cell": ["CD79A", "CD79B", "MS4A1"]})
    >>> axes = scgsfm.pl.score(adata, kind="dotplot", groupby="cell_type", show=False)
    """
    check_anndata(adata, writes=False)
    check_choice("kind", kind, (*N_SETS, "matrix", None))
    check_choice("standard_scale", standard_scale, ("var", "group", "zscore", "none", None))
    check_at_least("ncols", ncols, 1)
    method = _method(adata) if key is None and method is None else method
    brackets = _brackets(sets) if isinstance(sets, Mapping) else None
    chosen = sets if brackets is None else [name for bracket in brackets.values() for name in bracket]
    if isinstance(chosen, list | tuple):
        chosen = list(dict.fromkeys(chosen))
        if not chosen:
            msg = "`sets` is empty: give at least one set, or omit it."
            raise ValueError(msg)
    scored = get.score_adata(adata, method or "aucell", sets=chosen, key=key)  # type: ignore[arg-type]
    drawn, basis, groupby = _kind(scored, "matrixplot" if kind == "matrix" else kind, basis, groupby)
    if drawn in ("heatmap", "tracksplot") and ax is not None:
        msg = f"`ax` can't be used with `kind={drawn!r}`, which scanpy draws in a figure of its own: use 'matrixplot'."
        raise ValueError(msg)
    grouped, groupby = (scored, None) if groupby is None else _grouped(scored.copy(), groupby)
    notes: list[str] = []
    if chosen is None:
        n, dendrogram = 1 if ax is not None and drawn == "embedding" else N_SETS[drawn], kwargs.get("dendrogram", False)
        names, notes = _telling(grouped, groupby, n, drawn, dendrogram=dendrogram)
        scored, grouped = scored[:, names].copy(), grouped[:, names].copy()
    notes += _missing(scored if drawn == "embedding" else grouped, groupby, drawn)
    label = f"{key.removeprefix(_keys.score('')) if key else method} score"
    place: dict[str, Any] = {"label": label, "notes": notes, "ax": ax, "figsize": figsize}
    if drawn == "embedding":
        limits = vmin, "p99" if vmax is None else vmax
        options = {"cmap": cmap or "viridis"} | kwargs
        axes = score_embedding(
            scored, str(basis), n_columns=ncols, shared_scale=shared_scale, limits=limits, options=options, **place
        )
    elif drawn == "ridge":
        axes = score_ridge(grouped, groupby, n_columns=ncols, **place, **kwargs)
    else:
        scale = standard_scale or ("var" if drawn == "violin" else "none")
        given = {"vmin": vmin, "vmax": vmax, "cmap": cmap}
        options = kwargs | {name: value for name, value in given.items() if value is not None}
        axes = [
            score_groups(
                grouped, str(groupby), drawn, brackets=brackets, scale=scale, cutoff=cutoff, options=options, **place
            )
        ]
    return finish(axes[0] if len(axes) == 1 else axes, show, save=save, return_fig=return_fig, name="score")


def _brackets(sets: Mapping[str, Any]) -> dict[str, list[str]]:
    """The sets under each bracket."""
    return {str(name): [one] if isinstance(one, str) else list(one) for name, one in sets.items()}


def _method(adata: AnnData) -> str:
    """The method whose scores exist; if there are several, one line of the log names the choice."""
    start = _keys.score("")
    methods = [name.removeprefix(start) for name in adata.obsm if name.startswith(start)]
    if len(methods) < 2:
        return methods[0] if methods else "aucell"
    chosen = "aucell" if "aucell" in methods else methods[-1]
    logger.info("drew the scores of %r; choose by `method`: %s", chosen, ", ".join(map(repr, methods)))
    return chosen


def _kind(
    scored: AnnData, kind: str | None, basis: str | None, groupby: str | None
) -> tuple[str, str | None, str | None]:
    """The kind, the basis and the groups of a plot, where the user left them open."""
    bases = [name.removeprefix("X_") for name in scored.obsm if name == "spatial" or name.startswith("X_")]
    bases = [name for name in ("umap", "tsne", *bases) if name in bases]
    if kind is None:
        kind = "embedding" if groupby is None and (bases or basis is not None) else None
    if kind == "embedding":
        basis = basis or (bases[0] if bases else "umap")
        check_basis(scored, basis)
        return kind, basis, groupby
    if groupby is None and kind != "ridge":
        groupby = _guessed_groups(scored)
    if kind is None:
        kind = "ridge" if groupby == ALL_CELLS else "matrixplot"
    return kind, None, None if kind == "ridge" and groupby == ALL_CELLS else groupby


def _guessed_groups(scored: AnnData) -> str:
    """A column of ``obs`` with groups; without any, a new one with all cells."""
    categories = [str(name) for name in scored.obs if isinstance(scored.obs[name].dtype, pd.CategoricalDtype)]
    known = [name for name in GROUPS if name in scored.obs]
    for name in (*known, *categories):
        if 2 <= scored.obs[name].nunique() <= MAX_GROUPS:
            logger.info("grouped the cells by %r; choose by `groupby`", name)
            return name
    scored.obs[ALL_CELLS] = pd.Categorical([ALL_CELLS] * scored.n_obs)
    return ALL_CELLS


def _grouped(scored: AnnData, groupby: str) -> tuple[AnnData, str]:
    """The cells that have a group, with the groups as the only column, whose name differs from those of the sets."""
    labeled = groups(scored, groupby)
    colors = scored.uns.get(f"{groupby}_colors")
    if colors is not None:
        from ._style import group_colors

        colors = list(group_colors(scored, groupby, list(labeled.cat.categories)).values())
    name = groupby
    while name in scored.var_names:
        name += " "
    scored.obs = labeled.rename(name).to_frame()  # other columns may have the name of a set
    if colors is not None:
        scored.uns[f"{name}_colors"] = colors
    return scored[labeled.notna().to_numpy()].copy(), name


def _telling(
    scored: AnnData, groupby: str | None, n: int, kind: str, *, dendrogram: bool | str
) -> tuple[list[str], list[str]]:
    """The sets that fit a plot, in the order of the groups in which they are highest; and a note if not all fit."""
    names = _chosen(scored, groupby, n)
    if kind not in ("embedding", "ridge") and groupby is not None and (dendrogram or len(names) < scored.n_vars):
        names = _diagonal(scored[:, names].copy(), groupby, dendrogram=dendrogram)
    if len(names) == scored.n_vars:
        return names, []
    reason = "vary most" if groupby is None or scored.obs[groupby].nunique() < 2 else "differ most between groups"
    return names, [f"{len(names)} of {scored.n_vars:,} sets, those that {reason}"]


def _missing(scored: AnnData, groupby: str | None, kind: str) -> list[str]:
    """A note on what missing scores look like, if there are any."""
    table = scored.to_df()
    if kind not in ("embedding", "heatmap", "tracksplot") and groupby is not None:
        table = table.groupby(scored.obs[groupby], observed=True).mean()
    elif kind == "ridge":
        table = table.mean().to_frame()
    if not table.isna().to_numpy().any():
        return []
    return ["grey: no score" if kind == "embedding" else "blank: no score"]


def _chosen(scored: AnnData, groupby: str | None, n: int) -> list[str]:
    """The sets that differ most between groups by their F statistic, or that vary most over all cells."""
    table = scored.to_df()
    if groupby is None or scored.obs[groupby].nunique() < 2:
        return most_telling(table.var(), n, noun="set")
    grouped = table.groupby(scored.obs[groupby].to_numpy(), observed=True)
    sizes = grouped.size().to_numpy()[:, None]
    between = (sizes * (grouped.mean() - table.mean()) ** 2).sum() / (len(sizes) - 1)
    within = ((sizes - 1) * grouped.var().fillna(0)).sum() / max(len(table) - len(sizes), 1)
    f = (between / within.replace(0, np.finfo(float).tiny)).where(between > 0)
    # by turns the best of each group, else one group that differs much from the others has all sets
    highest = pd.Series(_standardized(grouped.mean()).to_numpy().argmax(axis=0), index=f.index)
    turn = f.groupby(highest).rank(ascending=False, method="first").fillna(np.inf)
    place = pd.DataFrame({"turn": turn, "f": -f}).sort_values(["turn", "f"], kind="stable").index
    telling = pd.Series(-np.arange(len(f)), index=place)[f.index]
    return most_telling(telling, n, noun="set", reason="differ most between groups")


def _standardized(means: pd.DataFrame) -> pd.DataFrame:
    return ((means - means.mean()) / means.std(ddof=0).replace(0, 1)).fillna(0)


def _diagonal(scored: AnnData, groupby: str, *, dendrogram: bool | str = False) -> list[str]:
    """Sets in the order of the groups in which they are highest, compared to other groups."""
    means = scored.to_df().groupby(scored.obs[groupby], observed=True).mean()
    if key := dendrogram_of(scored, groupby, dendrogram=dendrogram):
        ordered = scored.uns[key]["categories_ordered"]
        means = means.loc[[group for group in ordered if group in means.index]]
    z = _standardized(means)
    order = pd.DataFrame({"group": z.to_numpy().argmax(axis=0), "z": -z.max().to_numpy()}, index=z.columns)
    return list(order.sort_values(["group", "z"], kind="stable").index)
