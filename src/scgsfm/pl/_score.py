from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from scgsfm import get
from scgsfm._adata import check_anndata, groups
from scgsfm._docs import doc_params
from scgsfm._scanpy import import_scanpy

from ._toolkit import check_basis, finish, labels, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData
    from matplotlib.axes import Axes

MAX_SETS = {"embedding": 16, "matrix": 100}
"""Maximum number of sets that are plotted by default."""


@doc_params
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
    """Plot the scores of gene sets on an embedding of the cells, or as means of groups of cells.

    Both are plotted by scanpy :cite:p:`Wolf2018`. Common prefixes of set names, such as ``HALLMARK_``, are removed, and
    long names are shortened.

    Parameters
    ----------
    adata
        Cells with scores of :func:`~scgsfm.tl.score`.
    sets
        One or several sets to plot. By default, all are plotted if there are not too many.
    method
        Name of the scoring method.
    key
        Key of the scores in ``obsm``, if ``key_added`` was used.
    kind
        ``"embedding"`` plots a panel for each set, ``"matrix"`` a heat map of groups × sets.
    basis
        Embedding of the cells: ``"umap"`` uses ``obsm["X_umap"]``.
    groupby
        Column of ``obs`` with the groups of the heat map.
    zscore
        Whether to standardize the mean scores of each set over the groups. This makes sets with different ranges
        comparable.
    cmap
        Color map. Defaults to viridis, or to a diverging color map for z-scores.
    ax
        {ax}
    show
        {show}
    **kwargs
        Passed to :func:`scanpy.pl.embedding` or :func:`scanpy.pl.matrixplot` (for example, ``dendrogram=True`` or
        ``swap_axes=True``).

    Returns
    -------
    ``None`` if the plot is shown, else the axes (a list for several embeddings).

    Raises
    ------
    KeyError
        If the scores or sets do not exist.
    ValueError
        If ``kind``, ``basis`` or ``groupby`` does not exist, or there are too many sets to plot all.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.score(adata, {"T cell": ["CD3D", "CD3E", "CD2"], "B cell": ["CD79A", "CD79B", "MS4A1"]})
    >>> axes = scgsfm.pl.score(adata, kind="matrix", groupby="cell_type", show=False)
    """
    if kind not in MAX_SETS:
        msg = f"`kind` is {kind!r}, but must be 'embedding' or 'matrix'."
        raise ValueError(msg)
    check_anndata(adata, writes=False)
    scored = get.score_adata(adata, method, sets=sets, key=key)
    if sets is None and scored.n_vars > MAX_SETS[kind]:
        msg = (
            f"{scored.n_vars} sets were scored, too many to plot all: select some by `sets`, such as the most variable, "
            "`scgsfm.get.scores(adata).std().nlargest(10).index`."
        )
        raise ValueError(msg)
    if kind == "embedding":
        axes = _embedding(scored, basis, cmap=cmap, ax=ax, **kwargs)
    else:
        title = f"mean {key or method} score" + (" (z)" if zscore else "")
        axes = _matrix(scored, groupby, zscore=zscore, title=title, cmap=cmap, ax=ax, **kwargs)
    return finish(axes, show)


def _embedding(scored: AnnData, basis: str, **kwargs: Any) -> Axes | list[Axes]:
    sc = import_scanpy()

    check_basis(scored, basis)
    scored.obs = scored.obs[[]]  # a column may have the name of a set
    names = scored.var_names.tolist()
    options = {"title": labels(names, 30)[1], "frameon": False} | kwargs
    axes: Axes | list[Axes] = sc.pl.embedding(scored, basis, color=names, show=False, **options)
    return axes


def _matrix(scored: AnnData, groupby: str | None, *, zscore: bool, title: str, cmap: str | None, **kwargs: Any) -> Axes:
    sc = import_scanpy()

    if groupby is None:
        msg = (
            "`groupby=None` is not a column of `obs`, but a heat map requires one. Available are: "
            f"{', '.join(map(repr, scored.obs)) or 'none'}."
        )
        raise ValueError(msg)
    labeled = groups(scored, groupby)
    scored.obs = labeled.to_frame()  # other columns may have the name of a set
    scored = scored[labeled.notna().to_numpy()].copy()
    means = scored.to_df().groupby(scored.obs[groupby], observed=True).mean()
    options: dict[str, Any] = {"cmap": cmap or "viridis", "colorbar_title": title}
    if zscore:
        means = ((means - means.mean()) / means.std(ddof=0)).fillna(0)
        limit = means.abs().to_numpy().max()
        options |= {"cmap": cmap or "RdBu_r", "vmin": -limit, "vmax": limit}
    plot = sc.pl.matrixplot(
        scored, list(means), groupby, values_df=means, return_fig=True, show=False, **options | kwargs
    )
    axes: Axes = plot.get_axes()["mainplot_ax"]
    prefix, names = labels(list(means))
    _rename(axes, dict(zip(means, names, strict=True)), prefix.rstrip("_"))
    _rename(axes, {name: shorten(name) for name in means.index}, "")
    return axes


def _rename(ax: Axes, names: dict[str, str], title: str) -> None:
    """Replace the tick labels and the title of the axis that has these names."""
    for axis in (ax.xaxis, ax.yaxis):
        texts = [text.get_text() for text in axis.get_ticklabels()]
        if texts and set(texts) <= names.keys():
            axis.set_ticklabels([names[text] for text in texts])
            axis.set_label_text(title)
