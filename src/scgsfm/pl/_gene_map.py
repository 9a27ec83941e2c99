from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from scgsfm import _keys
from scgsfm._adata import as_label, check_anndata, gene_names
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import random_generator
from scgsfm.genes import match
from scgsfm.genesets import GeneSets

from ._figure import Place, legend_below
from ._finish import finish
from ._placement import place_labels
from ._representatives import N_REGIONS, representatives
from ._style import OKABE_ITO, faded, palette
from ._toolkit import MAX_LENGTH, labels, most_telling

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure

    from scgsfm.genesets import GeneSetsLike

MAX_SETS = 20
"""Maximum number of colors that can be distinguished."""
MAX_LABELS = 100
"""Maximum number of points that are labeled by default."""
N_COMPONENTS = 50
"""Principal components that UMAP starts from."""


@doc_params
@checks_types
def gene_map(
    data: AnnData | pd.DataFrame,
    *,
    gene_sets: GeneSetsLike | None = None,
    color: str | pd.Series | None = None,
    label: str | Sequence[str] | bool | None = None,
    method: Literal["umap", "pca"] = "umap",
    key: str = _keys.VARM_GSFM,
    gene_symbols: str | None = None,
    rng: int | np.random.Generator | None = 0,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
    **kwargs: Any,
) -> Axes | Figure | None:
    """Plot a map on which genes or gene sets with similar vectors are close to each other.

    Vectors with more than two dimensions are reduced by PCA and then by UMAP :cite:p:`McInnes2018` with cosine
    distances. Neighbors on the map are meaningful, but axes and large distances are not.

    Parameters
    ----------
    data
        AnnData with the vectors of :func:`~scgsfm.tl.embed_genes` in ``varm``, or a table of vectors, such as the result
        of :func:`~scgsfm.tl.embed_sets`, with the names of the points as index.
    gene_sets
        Gene sets whose genes are colored: any input of :class:`~scgsfm.GeneSets`. Other genes are grey. A gene of
        several sets has the color of the first. Of more than 20 sets, those with the most genes on the map are colored.
    color
        Column of ``var``, or a series of values with the names of the points as index. Categories have separate colors,
        those of ``uns["<column>_colors"]`` if there are any, and the largest 20 are colored; numbers have a color scale.
    label
        Names of the points to label, or whether to label all. By default, all are labeled if there are at most 100; else
        genes in the centers of 30 regions of the map or, with ``gene_sets`` or categories of ``color``, in the centers of
        their genes. Labels do not overlap; those without space are omitted, with a message in the log.
    method
        ``"umap"``, or ``"pca"`` for the first two principal components. Vectors with two dimensions are plotted as they
        are.
    key
        Key of the vectors in ``varm``.
    gene_symbols
        {gene_symbols}
    rng
        Seed or generator of UMAP.
    figsize
        {figsize}
    ax
        {ax}
    show
        {show}
    save
        {save}
    return_fig
        {return_fig}
    **kwargs
        Passed to :meth:`matplotlib.axes.Axes.scatter`.

    Returns
    -------
    ``None`` if the plot is shown, the figure if ``return_fig=True``, else the axes.

    Raises
    ------
    KeyError
        If the vectors, or points to label, do not exist.
    ValueError
        If both ``gene_sets`` and ``color`` are given, ``method`` or a column does not exist, or fewer than three points
        have vectors.
    GeneMatchError
        If no gene of the sets is among the points.

    Examples
    --------
    >>> import scgsfm
    >>> vectors = scgsfm.tl.embed_sets("hallmark")
    >>> ax = scgsfm.pl.gene_map(vectors, method="pca", show=False)
    """
    if gene_sets is not None and color is not None:
        msg = "`gene_sets` and `color` both set the colors of the points: give one of them."
        raise ValueError(msg)
    names, vectors = _vectors(data, key, gene_symbols)
    if vectors.shape[1] < 2:
        msg = f"The vectors have {vectors.shape[1]} dimension, but a map requires at least two."
        raise ValueError(msg)
    finite = np.isfinite(vectors).all(axis=1)
    if finite.sum() < 3:
        msg = (
            f"Only {int(finite.sum())} of {len(finite)} points have vectors (the others are NaN), but a map requires 3."
        )
        raise ValueError(msg)
    values = _values(data, names, color)
    xy = plane(vectors[finite], method, rng)
    names, values = names[finite], None if values is None else values[finite]

    place = Place.of(ax, figsize, (6 if gene_sets is None and color is None else 8, 6))
    ax = place.ax
    options: dict[str, Any] = {"s": float(np.clip(9000 / len(xy), 2, 30)), "linewidths": 0} | kwargs
    groups = np.zeros(len(xy), dtype=int)
    if gene_sets is not None:
        groups = _draw_sets(place, xy, _members(GeneSets(gene_sets), names), options)
    elif values is not None:
        groups = _draw_values(place, xy, values, options, _stored_colors(data, color))
    else:
        plain: dict[str, Any] = {"color": faded(0.2, ax) if len(xy) > MAX_LABELS else OKABE_ITO[0]}
        ax.scatter(*xy.T, **plain | options)
    _tidy(ax, method.upper() if vectors.shape[1] > 2 else key)
    place.settle()
    _label(ax, xy, names, label, groups)
    return finish(ax, show, save=save, return_fig=return_fig, name="gene_map")


def _vectors(data: AnnData | pd.DataFrame, key: str, gene_symbols: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Names of the points, and their vectors."""
    if isinstance(data, pd.DataFrame):
        return data.index.astype(str).to_numpy(dtype=object), data.to_numpy(dtype=np.float64)
    check_anndata(data, argument="data", writes=False)
    if key not in data.varm:
        msg = (
            f"`varm` has no {key!r}, but {', '.join(map(repr, data.varm)) or 'nothing'}: run `scgsfm.tl.embed_genes` "
            "first, or set `key` to the key of the vectors."
        )
        raise KeyError(msg)
    return gene_names(data, gene_symbols=gene_symbols, use_raw=False), np.asarray(data.varm[key], dtype=np.float64)


def _values(data: AnnData | pd.DataFrame, names: np.ndarray, color: str | pd.Series | None) -> pd.Series | None:
    """The value of each point, in the order of the points."""
    if color is None:
        return None
    if isinstance(color, pd.Series):
        if not (color.index.is_unique and color.index.isin(names).any()):
            msg = "`color` is a Series whose index must be the names of the points, each of them once."
            raise ValueError(msg)
        return color.reindex(names).reset_index(drop=True)
    if isinstance(data, pd.DataFrame):
        msg = f"`color` is {color!r}, but a table of vectors has no other columns: give a Series of values by name."
        raise ValueError(msg)
    if color not in data.var:
        msg = f"`color={color!r}` is not a column of `var`, which has: {', '.join(map(repr, data.var)) or 'none'}."
        raise ValueError(msg)
    return data.var[color].reset_index(drop=True)


def plane(vectors: np.ndarray, method: str, rng: int | np.random.Generator | None) -> np.ndarray:
    """Coordinates of vectors in the plane."""
    if method not in {"umap", "pca"}:
        msg = f"`method` is {method!r}, but must be 'umap' or 'pca'."
        raise ValueError(msg)
    if vectors.shape[1] == 2:
        return vectors
    from sklearn.decomposition import PCA

    seed = int(random_generator(rng).integers(2**31))
    n_components = min(2 if method == "pca" else N_COMPONENTS, *vectors.shape)
    components: np.ndarray = PCA(n_components, random_state=seed).fit_transform(vectors)
    if method == "pca":
        return components
    import umap

    n_neighbors = min(15, len(vectors) - 1)
    start = "spectral" if len(vectors) > 100 else "random"  # the spectral layout needs more points
    reducer = umap.UMAP(n_neighbors=n_neighbors, metric="cosine", random_state=seed, n_jobs=1, init=start)
    coordinates: np.ndarray = reducer.fit_transform(components)
    return coordinates


def _members(sets: GeneSets, names: np.ndarray) -> dict[str, np.ndarray]:
    """Positions of the points in each set; of too many sets, those with the most points."""
    rows = sets.membership(names)
    members = {name: rows.indices[rows.indptr[i] : rows.indptr[i + 1]] for i, name in enumerate(sets)}
    sizes = pd.Series({name: len(points) for name, points in members.items()})
    kept = set(most_telling(sizes, MAX_SETS, noun="set", reason="have the most genes on the map", argument="gene_sets"))
    return {name: points for name, points in members.items() if name in kept}


def _draw_sets(place: Place, xy: np.ndarray, members: dict[str, np.ndarray], options: dict[str, Any]) -> np.ndarray:
    """Draw sets in colors. Returns the group of each point, -1 for those without."""
    first = np.full(len(xy), -1)
    for i, genes in reversed(list(enumerate(members.values()))):
        first[genes] = i
    length = MAX_LENGTH if not place.is_narrow else int((place.ax.figure.get_figwidth() - 0.8) / 0.08)  # type: ignore[union-attr]
    _draw_groups(place, xy, first, labels(list(members), length)[1], options, palette(len(members)))
    return first


def _stored_colors(data: AnnData | pd.DataFrame, color: Any) -> Any:
    """Colors of the categories of a column of ``var``, as scanpy stores them, if there are any."""
    return data.uns.get(f"{color}_colors") if isinstance(color, str) and hasattr(data, "uns") else None


def _draw_values(place: Place, xy: np.ndarray, values: pd.Series, options: dict[str, Any], stored: Any) -> np.ndarray:
    """Draw numbers on a color scale, or categories in colors. Returns the group of each point, -1 for those without."""
    from matplotlib.colors import is_color_like

    ax = place.ax
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        order = np.argsort(values.to_numpy(), kind="stable")  # high values on top
        scale: dict[str, Any] = {"c": values.to_numpy()[order], "cmap": "viridis"}
        drawn = ax.scatter(*xy[order].T, **scale | options)
        ax.figure.colorbar(drawn, ax=ax, label=values.name, shrink=0.5)
        return np.zeros(len(xy), dtype=int)
    groups = values.astype("category").cat
    names = list(map(str, groups.categories))
    codes = groups.codes.to_numpy().astype(int)
    sizes = pd.Series(np.bincount(codes[codes >= 0], minlength=len(names)), index=names)
    kept = set(most_telling(sizes, MAX_SETS, noun="category", reason="have the most points", argument="color"))
    shown = [i for i, name in enumerate(names) if name in kept]
    first = np.full(len(xy), -1)
    for i, code in enumerate(shown):
        first[codes == code] = i
    valid = stored is not None and len(stored) >= len(names) and all(map(is_color_like, stored))
    colors = [stored[code] for code in shown] if valid else palette(len(shown))
    _draw_groups(place, xy, first, [names[code] for code in shown], options, colors)
    return first


def _draw_groups(
    place: Place, xy: np.ndarray, group: np.ndarray, names: list[str], options: dict[str, Any], colors: list[str]
) -> None:
    """Draw points by group, those of group -1 in grey and below the others, and a legend."""
    ax = place.ax
    other = ax.scatter(
        *xy[group < 0].T, **({"color": faded(0.2, ax), "label": f"others ({(group < 0).sum()})"} | options)
    )
    size = options["s"] * (4 if (group < 0).sum() > len(group) / 2 else 1)
    drawn: list[PathCollection] = []
    for i, color in enumerate(colors):
        style = options | {"s": size, "label": f"{names[i]} ({(group == i).sum()})", "color": color}
        drawn.append(ax.scatter(*xy[group == i].T, **style))
    handles = [*drawn, other] if (group < 0).any() else drawn
    if place.is_narrow:
        legend = legend_below(ax.figure, handles)
    else:
        beside: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)}
        legend = ax.legend(handles=handles, frameon=False, fontsize="small", **beside)
    for handle in legend.legend_handles:
        handle.set_sizes([30])


def _tidy(ax: Axes, axis: str) -> None:
    ax.set(xticks=[], yticks=[], xlabel=f"{axis} 1", ylabel=f"{axis} 2")
    ax.margins(0.08)
    ax.spines[["top", "right"]].set_visible(False)


def _label(
    ax: Axes, xy: np.ndarray, names: np.ndarray, label: str | Sequence[str] | bool | None, groups: np.ndarray
) -> None:
    if label is None:
        wanted = np.arange(len(names)) if len(names) <= MAX_LABELS else _typical(xy, names, groups)
    elif isinstance(label, bool | np.bool_):
        wanted = np.arange(len(names) if label else 0)
    else:
        given = (
            list(map(as_label, label))
            if isinstance(label, Iterable) and not isinstance(label, str)
            else [as_label(label)]
        )
        wanted = match(given, names)
        if missing := [name for name, position in zip(given, wanted, strict=True) if position < 0]:
            msg = f"`label` contains {missing[0]!r}, which has no vector ({len(missing)} of {len(given)} names have none)."
            raise KeyError(msg)
    _, shown = labels([str(name) for name in names[wanted]])
    # labels may cover the grey points of a dense map
    avoid = (
        None if len(xy) <= MAX_LABELS else np.union1d(wanted, np.flatnonzero(groups >= 0 if groups.min() < 0 else []))
    )
    omitted = place_labels(ax, xy, wanted, shown, avoid=None if avoid is None else avoid.astype(int))
    if omitted:
        logger.info("%d labels are omitted for lack of space: %s", len(omitted), ", ".join(omitted[:5]))


def _typical(xy: np.ndarray, names: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Points that stand for the regions of each group, or of the map if there is one group."""
    present = [group for group in np.unique(groups) if group >= 0]
    n = max(N_REGIONS // max(len(present), 1), 1)
    parts = [np.flatnonzero(groups == group) for group in present]
    chosen = [part[representatives(xy[part], names[part].tolist(), min(n, len(part)))] for part in parts]
    return np.concatenate(chosen) if chosen else np.empty(0, dtype=int)
