from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from scgsfm import _keys
from scgsfm._adata import check_anndata
from scgsfm._docs import doc_params
from scgsfm._scanpy import import_scanpy
from scgsfm.annotation import UNASSIGNED

from ._toolkit import check_basis, finish, shorten

if TYPE_CHECKING:
    from anndata import AnnData
    from matplotlib.axes import Axes

KINDS = ("embedding", "matrix")


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
    show: bool | None = None,
    **kwargs: Any,
) -> Axes | list[Axes] | None:
    """Plot assigned cell types on an embedding, or as a matrix of groups × types.

    The embedding is plotted twice by scanpy :cite:p:`Wolf2018`: colored by label, with unassigned cells in grey, and by
    confidence. The matrix shows the scores of the best types of each group. A dot marks the label of a group; a cross
    marks the best type of a group that is unassigned.

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
        {ax} Only for the matrix.
    show
        {show}
    **kwargs
        Passed to :func:`scanpy.pl.embedding` or to :meth:`matplotlib.axes.Axes.imshow`.

    Returns
    -------
    ``None`` if the plot is shown, else the axes (a list of two for embeddings).

    Raises
    ------
    KeyError
        If the labels, or, for the matrix, groups do not exist.
    ValueError
        If ``kind`` or ``basis`` does not exist, or ``ax`` is given for embeddings.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.annotate(adata, markers="pbmc_markers", groupby="cell_type")
    >>> axes = scgsfm.pl.annotate(adata, kind="matrix", show=False)
    """
    check_anndata(adata, writes=False)
    if kind not in KINDS or n_types < 1:
        msg = f"`kind` is {kind!r} and `n_types` {n_types}, but must be 'embedding' or 'matrix', and at least 1."
        raise ValueError(msg)
    if key not in adata.obs or f"{key}_confidence" not in adata.obs:
        msg = f"There are no labels in `obs[{key!r}]`. Run `scgsfm.tl.annotate` first, or set `key`."
        raise KeyError(msg)
    if kind == "matrix":
        return finish(_matrix(adata, key, n_types, cmap, ax, **kwargs), show)
    if ax is not None:
        msg = "`ax` requires `kind='matrix'`, since two embeddings are plotted: omit it, or use `scanpy.pl.embedding`."
        raise ValueError(msg)
    return finish(_embeddings(adata, key, basis, cmap, **kwargs), show)


def _embeddings(adata: AnnData, key: str, basis: str, cmap: str, **kwargs: Any) -> list[Axes]:
    sc = import_scanpy()

    check_basis(adata, basis)
    cells = sc.AnnData(obs=adata.obs[[key, f"{key}_confidence"]].copy(), obsm=dict(adata.obsm))
    cells.obs[key] = cells.obs[key].astype("category").cat.remove_unused_categories()
    options = {"frameon": False, "wspace": 0.4, "cmap": cmap, "vmin": 0, "vmax": 1}
    options |= {"title": ["cell type", "confidence"]} | kwargs
    palette = _colors(cells.obs[key].cat.categories)
    axes: list[Axes] = sc.pl.embedding(cells, basis, color=list(cells.obs), palette=palette, show=False, **options)
    return axes


def _colors(names: pd.Index) -> dict[str, str]:
    """The colors of scanpy for cell types, and light grey for unassigned cells."""
    from scanpy.plotting import palettes

    types = [name for name in names if name != UNASSIGNED]
    many = palettes.default_20 if len(types) <= len(palettes.default_20) else palettes.default_102
    colors = {name: many[i % len(many)] for i, name in enumerate(types)}
    return colors | {UNASSIGNED: "#d3d3d3"}


def _matrix(adata: AnnData, key: str, n_types: int, cmap: str, ax: Axes | None, **kwargs: Any) -> Axes:
    import matplotlib.pyplot as plt

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
    top = table[table["rank"] <= n_types]
    order = [*dict.fromkeys(best[ordered]), *top.sort_values("rank")["cell_type"].astype(str)]
    scores = scores.loc[ordered, list(dict.fromkeys(order))]
    if ax is None:
        labels = [len(shorten(str(name))) for name in (*scores.index, *scores.columns)]
        size = 0.32 * scores.shape[1] + 0.085 * max(labels) + 1.5, max(0.3 * len(scores), 1.8) + 0.085 * max(labels)
        _, ax = plt.subplots(figsize=size, layout="constrained")
    image = ax.imshow(scores, cmap=cmap, aspect="auto", **({"vmin": 0} | kwargs))
    _marks(table, best[ordered], scores, ax)
    ax.set_xticks(range(scores.shape[1]), [shorten(str(name)) for name in scores.columns], rotation=90)
    ax.set_yticks(range(len(scores)), [shorten(str(name)) for name in scores.index])
    ax.set_ylabel(groupby)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.figure.colorbar(image, ax=ax, label="score")
    return ax


def _marks(table: pd.DataFrame, best: pd.Series, scores: pd.DataFrame, ax: Axes) -> None:
    """Mark the label of each group by a dot, and the best type of an unassigned group by a cross."""
    assigned = set(table.loc[table["assigned"].astype(bool), "group"].astype(str))
    for row, group in enumerate(scores.index):
        column = scores.columns.get_loc(best[group])
        dark = scores.iloc[row, column] < 0.6 * scores.to_numpy().max()
        marker = "o" if str(group) in assigned else "x"
        ax.scatter(column, row, marker=marker, s=26, color="white" if dark else "black")
