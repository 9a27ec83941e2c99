from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from scgsfm import _keys
from scgsfm._adata import gene_names
from scgsfm._logging import logger
from scgsfm.genes import match
from scgsfm.genesets import GeneSets

from ._placement import place_labels
from ._shared import finish, labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection

MOST_SETS = 20
"""Colours that can be told apart, at best."""
MOST_LABELS = 100
"""Points that are labelled without being named."""
N_COMPONENTS = 50
"""Principal components from which UMAP starts."""
GREY = "0.85"


def gene_map(
    data: AnnData | pd.DataFrame,
    *,
    gene_sets: Any = None,
    color: str | pd.Series | None = None,
    label: str | Sequence[str] | bool | None = None,
    method: Literal["umap", "pca"] = "umap",
    key: str = _keys.VARM_GSFM,
    gene_symbols: str | None = None,
    rng: int | np.random.Generator | None = 0,
    ax: Axes | None = None,
    show: bool | None = None,
    **kwargs: Any,
) -> Axes | None:
    """Draw a map of genes or gene sets, in which those with similar vectors lie close together.

    Vectors of more than two dimensions are brought to the plane by UMAP :cite:p:`McInnes2018` of the cosine distances
    between their principal components. Where points lie on such a map means little, which ones lie together does.

    Parameters
    ----------
    data
        Data with the vectors of :func:`~scgsfm.tl.embed_genes` in ``varm``, or a table of vectors as
        :func:`~scgsfm.tl.embed_sets` returns it: one row a point, named by its index.
    gene_sets
        Gene sets whose genes are coloured, whatever :class:`~scgsfm.GeneSets` takes; all other points are grey. A gene
        of several sets has the colour of the first.
    color
        Column of ``var``, or a series of values by the points' names: categories get colours of their own, numbers a
        scale.
    label
        Names of the points to label, or whether to label all; by default all, if these are few. Labels don't overlap:
        one that finds no place is left out, which is logged.
    method
        ``"umap"``, or ``"pca"`` for the first two principal components. Vectors of two dimensions are drawn as they
        are.
    key
        Key of the vectors in ``varm``.
    gene_symbols
        Column of ``var`` with the gene names; by default the index, or the column that holds symbols if the index
        doesn't.
    rng
        Seed or generator of UMAP.
    ax
        Where to draw; a figure is made by default.
    show
        Show the figure now; else its axes are returned. By default as scanpy's ``settings.autoshow`` says.
    **kwargs
        Passed on to :meth:`matplotlib.axes.Axes.scatter`.

    Returns
    -------
    ``None`` if the figure is shown, else its axes.

    Raises
    ------
    KeyError
        If there are no such vectors, or no points to label of such names.
    ValueError
        If both ``gene_sets`` and ``color`` are given, there is no such method or column, there are too many sets, or
        fewer than three points have vectors.
    GeneMatchError
        If no gene of the sets is among the points.

    Examples
    --------
    >>> import scgsfm
    >>> vectors = scgsfm.tl.embed_sets("hallmark")
    >>> ax = scgsfm.pl.gene_map(vectors, method="pca", show=False)
    """
    if gene_sets is not None and color is not None:
        msg = "`gene_sets` and `color` both say how to colour the points: give one of them."
        raise ValueError(msg)
    names, vectors = _vectors(data, key, gene_symbols)
    known = np.isfinite(vectors).all(axis=1)
    if known.sum() < 3:
        msg = f"Only {int(known.sum())} of {len(known)} points have vectors (the others are NaN); a map needs 3."
        raise ValueError(msg)
    values = _values(data, names, color)
    xy = plane(vectors[known], method, rng)
    names, values = names[known], None if values is None else values[known]

    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(figsize=(6, 6), layout="constrained")
    options: dict[str, Any] = {"s": float(np.clip(9000 / len(xy), 2, 30)), "linewidths": 0} | kwargs
    if gene_sets is not None:
        _draw_sets(ax, xy, _members(GeneSets(gene_sets), names), options)
    elif values is not None:
        _draw_values(ax, xy, values, options)
    else:
        plain: dict[str, Any] = {"color": GREY if len(xy) > MOST_LABELS else "#0072B2"}
        ax.scatter(*xy.T, **plain | options)
    _tidy(ax, method.upper() if vectors.shape[1] > 2 else key)
    _label(ax, xy, names, label)
    return finish(ax, show)


def _vectors(data: AnnData | pd.DataFrame, key: str, gene_symbols: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Names of the points, and their vectors."""
    if isinstance(data, pd.DataFrame):
        return data.index.astype(str).to_numpy(dtype=object), data.to_numpy(dtype=np.float64)
    if key not in data.varm:
        msg = (
            f"`varm` has no {key!r}, but {', '.join(map(repr, data.varm)) or 'nothing'}: run `scgsfm.tl.embed_genes` "
            "first, or name the vectors by `key`."
        )
        raise KeyError(msg)
    return gene_names(data, gene_symbols=gene_symbols, use_raw=False), np.asarray(data.varm[key], dtype=np.float64)


def _values(data: AnnData | pd.DataFrame, names: np.ndarray, color: str | pd.Series | None) -> pd.Series | None:
    """The value of each point, in the order of the points."""
    if color is None:
        return None
    if isinstance(color, pd.Series):
        return color.reindex(names).reset_index(drop=True)
    if isinstance(data, pd.DataFrame):
        msg = (
            f"`color` is {color!r}, but a table of vectors has no columns beside them: give a Series of values by name."
        )
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

    seed = int(np.random.default_rng(rng).integers(2**31))
    n_components = min(2 if method == "pca" else N_COMPONENTS, *vectors.shape)
    components = PCA(n_components, random_state=seed).fit_transform(vectors)
    if method == "pca":
        return components
    import umap

    n_neighbors = min(15, len(vectors) - 1)
    start = "spectral" if len(vectors) > 100 else "random"  # few points have too few eigenvectors
    reducer = umap.UMAP(n_neighbors=n_neighbors, metric="cosine", random_state=seed, n_jobs=1, init=start)
    return reducer.fit_transform(components)


def _members(sets: GeneSets, names: np.ndarray) -> dict[str, np.ndarray]:
    """Positions of the points in each set."""
    if len(sets) > MOST_SETS:
        msg = (
            f"`gene_sets` holds {len(sets)} sets, but only {MOST_SETS} colours can be told apart: choose some of them."
        )
        raise ValueError(msg)
    rows = sets.membership(names)
    return {name: rows.indices[rows.indptr[i] : rows.indptr[i + 1]] for i, name in enumerate(sets)}


def _palette(n: int) -> list[str]:
    """By Okabe and Ito, told apart by everybody, as long as these suffice."""
    from scanpy.plotting.palettes import default_20

    safe = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442"]
    return safe[:n] if n <= len(safe) else [default_20[i % len(default_20)] for i in range(n)]


def _draw_sets(ax: Axes, xy: np.ndarray, members: dict[str, np.ndarray], options: dict[str, Any]) -> None:
    first = np.full(len(xy), -1)
    for i, genes in reversed(list(enumerate(members.values()))):
        first[genes] = i
    _draw_groups(ax, xy, first, labels(list(members))[1], options)


def _draw_values(ax: Axes, xy: np.ndarray, values: pd.Series, options: dict[str, Any]) -> None:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        order = np.argsort(values.to_numpy(), kind="stable")  # the highest in front
        coloured: dict[str, Any] = {"c": values.to_numpy()[order], "cmap": "viridis"}
        drawn = ax.scatter(*xy[order].T, **coloured | options)
        ax.figure.colorbar(drawn, ax=ax, label=values.name, shrink=0.5)
        return
    groups = values.astype("category")
    if len(groups.cat.categories) > MOST_SETS:
        n = len(groups.cat.categories)
        msg = f"`color` has {n} categories, but only {MOST_SETS} colours can be told apart."
        raise ValueError(msg)
    _draw_groups(ax, xy, groups.cat.codes.to_numpy(), list(map(str, groups.cat.categories)), options)


def _draw_groups(ax: Axes, xy: np.ndarray, group: np.ndarray, names: list[str], options: dict[str, Any]) -> None:
    """Points by group, -1 in grey below the others, and a legend."""
    ax.scatter(*xy[group < 0].T, **({"color": GREY} | options))
    size = options["s"] * (4 if (group < 0).sum() > len(group) / 2 else 1)
    drawn: list[PathCollection] = []
    for i, colour in enumerate(_palette(len(names))):
        own = options | {"s": size, "label": f"{names[i]} ({(group == i).sum()})", "color": colour}
        drawn.append(ax.scatter(*xy[group == i].T, **own))
    legend = ax.legend(handles=drawn, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize="small")
    for handle in legend.legend_handles:
        handle.set_sizes([30])  # type: ignore[union-attr]


def _tidy(ax: Axes, axis: str) -> None:
    ax.set(xticks=[], yticks=[], xlabel=f"{axis} 1", ylabel=f"{axis} 2")
    ax.margins(0.08)
    ax.spines[["top", "right"]].set_visible(False)


def _label(ax: Axes, xy: np.ndarray, names: np.ndarray, label: str | Sequence[str] | bool | None) -> None:
    if label is None:
        label = len(names) <= MOST_LABELS
    if isinstance(label, bool):
        wanted = np.arange(len(names) if label else 0)
    else:
        given = [label] if isinstance(label, str) else list(label)
        wanted = match(given, names)
        if missing := [name for name, at in zip(given, wanted, strict=True) if at < 0]:
            msg = f"`label` names {missing[0]!r}, which has no vector; of {len(given)} names {len(missing)} have none."
            raise KeyError(msg)
    _, shown = labels([str(name) for name in names[wanted]])
    left_out = place_labels(ax, xy, wanted, shown)
    if left_out:
        logger.info("%d labels find no place: %s", len(left_out), ", ".join(left_out[:5]))
