from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from scgsfm import get

from ._shared import finish, labels, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from anndata import AnnData
    from matplotlib.axes import Axes

MOST_SETS = {"embedding": 16, "matrix": 100}
"""How many sets are drawn without being named."""


def score(
    adata: AnnData,
    sets: str | Sequence[str] | None = None,
    *,
    method: str = "aucell",
    key: str | None = None,
    kind: Literal["embedding", "matrix"] = "embedding",
    basis: str = "umap",
    groupby: str | None = None,
    zscore: bool = False,
    cmap: str | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
    **kwargs: Any,
) -> Axes | list[Axes] | None:
    """Plot the scores of gene sets: on an embedding of the cells, or as means of groups of cells.

    Embeddings are drawn by scanpy :cite:p:`Wolf2018`. Labels leave out what the names of all sets begin with
    (``HALLMARK_``), and the middle of long names.

    Parameters
    ----------
    adata
        Cells with scores of :func:`~scgsfm.tl.score`.
    sets
        Name of a set, or several; by default all, if these are few enough for a plot.
    method
        Name of the scoring method.
    key
        Key of the scores in ``obsm``, if they were written with ``key_added``.
    kind
        ``"embedding"`` draws a panel for each set, ``"matrix"`` a heatmap of groups × sets.
    basis
        Embedding of the cells: ``"umap"`` stands for ``obsm["X_umap"]``.
    groupby
        Column of ``obs`` with the groups of the heatmap.
    zscore
        Standardise the mean scores of each set over the groups (less their mean, in standard deviations), for sets
        with different ranges.
    cmap
        Colour map; by default viridis, or blue to red for z-scores.
    ax
        Where to draw; a figure of a fitting size is made by default.
    show
        Show the figure now; else its axes are returned. By default as scanpy's ``settings.autoshow`` says.
    **kwargs
        Passed on: to :func:`scanpy.pl.embedding` or to :meth:`matplotlib.axes.Axes.imshow`.

    Returns
    -------
    ``None`` if the figure is shown, else its axes: a list for several embeddings.

    Raises
    ------
    KeyError
        If there are no such scores or sets.
    ValueError
        If there is no such kind, embedding or column, or there are too many sets to draw all.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.score(adata, {"T cell": ["CD3D", "CD3E", "CD2"], "B cell": ["CD79A", "CD79B", "MS4A1"]})
    >>> axes = scgsfm.pl.score(adata, kind="matrix", groupby="cell_type", show=False)
    """
    if kind not in MOST_SETS:
        msg = f"`kind` is {kind!r}, but must be 'embedding' or 'matrix'."
        raise ValueError(msg)
    scored = get.score_adata(adata, method, sets=sets, key=key)
    if sets is None and scored.n_vars > MOST_SETS[kind]:
        msg = (
            f"{scored.n_vars} sets were scored, too many to draw all: name some by `sets`, such as those that vary most, "
            "`scgsfm.get.scores(adata).std().nlargest(10).index`."
        )
        raise ValueError(msg)
    if kind == "embedding":
        axes = _embedding(scored, basis, cmap=cmap, ax=ax, **kwargs)
    else:
        means = _means(scored, groupby, zscore=zscore)
        label = f"mean {key or method} score" + (" (z)" if zscore else "")
        axes = _matrix(means, label, cmap or ("RdBu_r" if zscore else "viridis"), ax, **kwargs)
    return finish(axes, show)


def _embedding(scored: AnnData, basis: str, **kwargs: Any) -> Axes | list[Axes]:
    import scanpy as sc

    if basis not in scored.obsm and f"X_{basis}" not in scored.obsm:
        msg = (
            f"There is no embedding `basis={basis!r}`; `obsm` has: {', '.join(map(repr, scored.obsm)) or 'nothing'}. "
            "Compute one first, for example by `scanpy.tl.umap`."
        )
        raise ValueError(msg)
    scored.obs = scored.obs[[]]  # a column may be called like a set
    names = scored.var_names.tolist()
    options = {"title": labels(names, 30)[1], "frameon": False} | kwargs
    return sc.pl.embedding(scored, basis, color=names, show=False, **options)


def _means(scored: AnnData, groupby: str | None, *, zscore: bool) -> pd.DataFrame:
    """Mean scores, groups × sets."""
    if groupby not in scored.obs:
        msg = (
            f"`groupby={groupby!r}` is not a column of `obs`, but a heatmap needs one; there are: "
            f"{', '.join(map(repr, scored.obs)) or 'none'}."
        )
        raise ValueError(msg)
    groups = scored.obs[groupby].astype("category")
    means = scored.to_df().groupby(groups, observed=True).mean()
    if not zscore:
        return means
    return ((means - means.mean()) / means.std(ddof=0)).fillna(0)


def _matrix(means: pd.DataFrame, label: str, cmap: str, ax: Axes | None, **kwargs: Any) -> Axes:
    import matplotlib.pyplot as plt

    rows = [shorten(str(name)) for name in means.index]
    prefix, columns = labels(list(means))
    if ax is None:
        width = 0.35 * len(columns) + 0.085 * max(map(len, rows)) + 1.2
        height = max(0.3 * len(rows), 1.8) + 0.085 * max(map(len, columns)) + 0.5
        _, ax = plt.subplots(figsize=(width, height), layout="constrained")
    if cmap == "RdBu_r":
        limit = means.abs().to_numpy().max()
        kwargs = {"vmin": -limit, "vmax": limit} | kwargs
    image = ax.imshow(means, cmap=cmap, aspect="auto", **kwargs)
    ax.set_xticks(range(len(columns)), columns, rotation=90)
    ax.set_yticks(range(len(rows)), rows)
    ax.set_xlabel(prefix.rstrip("_"))
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.figure.colorbar(image, ax=ax, label=label)
    return ax
