from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from scgsfm import _keys

from ._shared import finish, shorten

if TYPE_CHECKING:
    from anndata import AnnData
    from matplotlib.axes import Axes

UNASSIGNED = "unassigned"
KINDS = ("embedding", "matrix")


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
    """Plot the cell types that :func:`~scgsfm.tl.annotate` found, on an embedding or as a table of groups × types.

    The embedding is drawn twice by scanpy :cite:p:`Wolf2018`: by label, unassigned cells in grey, and by confidence.
    The table shows the scores of each group's best types; a dot marks the group's label, a cross the best type where
    the group is unassigned.

    Parameters
    ----------
    adata
        Cells with labels of :func:`~scgsfm.tl.annotate`.
    key
        Key of the labels, if they were written with ``key_added``.
    kind
        ``"embedding"``, or ``"matrix"`` for the table, which needs labels of groups (``groupby``).
    basis
        Embedding of the cells: ``"umap"`` stands for ``obsm["X_umap"]``.
    n_types
        How many of each group's best types the table has columns for.
    cmap
        Colour map of the confidence or of the scores.
    ax
        Where to draw the table; a figure of a fitting size is made by default.
    show
        Show the figure now; else its axes are returned. By default as scanpy's ``settings.autoshow`` says.
    **kwargs
        Passed on: to :func:`scanpy.pl.embedding` or to :meth:`matplotlib.axes.Axes.imshow`.

    Returns
    -------
    ``None`` if the figure is shown, else its axes: a list of two for embeddings.

    Raises
    ------
    KeyError
        If there are no such labels, or, for the table, no groups.
    ValueError
        If there is no such kind or embedding, or ``ax`` is given for the two embeddings.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.annotate(adata, markers="pbmc_markers", groupby="cell_type")
    >>> axes = scgsfm.pl.annotate(adata, kind="matrix", show=False)
    """
    if kind not in KINDS or n_types < 1:
        msg = f"`kind` is {kind!r} and `n_types` {n_types}, but must be 'embedding' or 'matrix', and at least 1."
        raise ValueError(msg)
    if key not in adata.obs or f"{key}_confidence" not in adata.obs:
        msg = f"There are no labels in `obs[{key!r}]`. Run `scgsfm.tl.annotate` first, or name the `key`."
        raise KeyError(msg)
    if kind == "matrix":
        return finish(_matrix(adata, key, n_types, cmap, ax, **kwargs), show)
    if ax is not None:
        msg = "`ax` is one place, but two embeddings are drawn: leave it out, or use `scanpy.pl.embedding`."
        raise ValueError(msg)
    return finish(_embeddings(adata, key, basis, cmap, **kwargs), show)


def _embeddings(adata: AnnData, key: str, basis: str, cmap: str, **kwargs: Any) -> list[Axes]:
    import scanpy as sc

    basis = basis if basis in adata.obsm or f"X_{basis}" in adata.obsm else _missing(adata, basis)
    drawn = sc.AnnData(obs=adata.obs[[key, f"{key}_confidence"]].copy(), obsm=dict(adata.obsm))
    drawn.obs[key] = drawn.obs[key].astype("category").cat.remove_unused_categories()
    options = {"frameon": False, "wspace": 0.4, "cmap": cmap, "vmin": 0, "vmax": 1}
    options |= {"title": ["cell type", "confidence"]} | kwargs
    palette = _colours(drawn.obs[key].cat.categories)
    return sc.pl.embedding(drawn, basis, color=list(drawn.obs), palette=palette, show=False, **options)


def _missing(adata: AnnData, basis: str) -> str:
    msg = (
        f"There is no embedding `basis={basis!r}`; `obsm` has: {', '.join(map(repr, adata.obsm)) or 'nothing'}. "
        "Compute one first, for example by `scanpy.tl.umap`."
    )
    raise ValueError(msg)


def _colours(names: pd.Index) -> dict[str, Any]:
    """Colours of scanpy for the types, light grey for cells without one."""
    from scanpy.plotting import palettes

    types = [name for name in names if name != UNASSIGNED]
    many = palettes.default_20 if len(types) <= len(palettes.default_20) else palettes.default_102
    colours = {name: many[i % len(many)] for i, name in enumerate(types)}
    return colours | {UNASSIGNED: "#d3d3d3"}


def _matrix(adata: AnnData, key: str, n_types: int, cmap: str, ax: Axes | None, **kwargs: Any) -> Axes:
    import matplotlib.pyplot as plt

    table = adata.uns.get(key)
    if not isinstance(table, pd.DataFrame):
        msg = f"There is no table of groups in `uns[{key!r}]`: annotate with `groupby`, or draw `kind='embedding'`."
        raise KeyError(msg)
    scores = table.pivot(index="group", columns="cell_type", values="score")
    best = table[table["rank"] == 1].set_index("group")["cell_type"].astype(str)
    groups = best.sort_values(kind="stable").index
    top = table[table["rank"] <= n_types]
    order = [*dict.fromkeys(best[groups]), *top.sort_values("rank")["cell_type"].astype(str)]
    scores = scores.loc[groups, list(dict.fromkeys(order))]
    if ax is None:
        labels = [len(shorten(str(name))) for name in (*scores.index, *scores.columns)]
        size = 0.32 * scores.shape[1] + 0.085 * max(labels) + 1.5, max(0.3 * len(scores), 1.8) + 0.085 * max(labels)
        _, ax = plt.subplots(figsize=size, layout="constrained")
    image = ax.imshow(scores, cmap=cmap, aspect="auto", **({"vmin": 0} | kwargs))
    _marks(adata, key, best[groups], scores, ax)
    ax.set_xticks(range(scores.shape[1]), [shorten(str(name)) for name in scores.columns], rotation=90)
    ax.set_yticks(range(len(scores)), [shorten(str(name)) for name in scores.index])
    ax.set_ylabel(adata.uns.get(_keys.UNS, {}).get(key, {}).get("params", {}).get("groupby", "group"))
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.figure.colorbar(image, ax=ax, label="score")
    return ax


def _marks(adata: AnnData, key: str, best: pd.Series, scores: pd.DataFrame, ax: Axes) -> None:
    """A dot on the label of each group, a cross on the best type of one without a label."""
    groupby = adata.uns[_keys.UNS][key]["params"]["groupby"]
    label = adata.obs.groupby(adata.obs[groupby].astype(str), observed=True)[key].first().astype(str)
    for row, group in enumerate(scores.index):
        column = scores.columns.get_loc(best[group])
        assigned = label[str(group)] != UNASSIGNED
        dark = scores.iloc[row, column] < 0.6 * scores.to_numpy().max()
        ax.scatter(column, row, marker="o" if assigned else "x", s=26, color="white" if dark else "black")
