from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from scgsfm import _keys, get
from scgsfm._adata import check_anndata
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import check_choice

from ._figure import add_notes
from ._finish import finish, slot_of
from ._set_labels import set_labels
from ._square_matrix import fit_matrix, square_matrix
from ._toolkit import choose, most_telling

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

N_SETS = 24
"""Number of sets that are drawn with ``kind="sets"`` if the user does not select any."""


@doc_params
@checks_types
def score_agreement(
    adata: AnnData,
    sets: str | Sequence[str] | None = None,
    *,
    methods: Sequence[str] | None = None,
    kind: Literal["matrix", "sets"] = "matrix",
    correlation: Literal["spearman", "pearson"] = "spearman",
    cmap: str | None = None,
    ax: Axes | None = None,
    figsize: tuple[float, float] | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
    **kwargs: Any,
) -> Axes | Figure | None:
    """Plot how well methods agree on the scores of the same gene sets.

    For each set and each pair of methods, the scores of the cells that all methods scored are correlated. Only sets that
    all methods scored are used; sets without differences between cells are left out of the pairs that they concern.

    Parameters
    ----------
    adata
        Cells with scores of :func:`~scgsfm.tl.score` by at least two methods.
    sets
        One or several sets. By default, the matrix uses all, and ``kind="sets"`` shows the 24 on which the methods agree
        least.
    methods
        Names of methods, or keys of ``obsm``. By default, all whose scores exist for the same sets.
    kind
        ``"matrix"``: methods × methods, with the median of the correlations over the sets. ``"sets"``: sets × methods,
        with the mean correlation of a method with the others.
    correlation
        ``"spearman"``, which depends on the order of cells only, or ``"pearson"``.
    cmap
        Color map of the correlations. Defaults to viridis from 0 to 1, or, if some are negative, to a diverging color map from
        -1 to 1.
    ax
        {ax}
    figsize
        {figsize}
    show
        {show}
    save
        {save}
    return_fig
        {return_fig}
    **kwargs
        Passed to :meth:`matplotlib.axes.Axes.imshow`.

    Returns
    -------
    ``None`` if the plot is shown, else the axes or the figure.

    Raises
    ------
    KeyError
        If the scores of a method do not exist, or no method scored a set of ``sets``.
    ValueError
        If there are fewer than two methods, or they have no set in common.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> sets = {"T cell": ["CD3D", "CD3E", "CD2"], "B cell": ["CD79A", "CD79B", "MS4A1"]}
    >>> scgsfm.tl.score(adata, sets, method=["aucell", "ucell", "zscore"])
    >>> ax = scgsfm.pl.score_agreement(adata, show=False)
    """
    check_anndata(adata, writes=False)
    check_choice("kind", kind, ("matrix", "sets"))
    check_choice("correlation", correlation, ("spearman", "pearson"))
    tables = _tables(adata, methods)
    common = [name for name in next(iter(tables.values())) if all(name in table for table in tables.values())]
    if not common:
        msg = f"The methods {', '.join(map(repr, tables))} have no set in common: select `methods` that scored the same sets."
        raise ValueError(msg)
    names = choose(common, sets, noun="set", argument="sets")
    agreement = _agreement(tables, names, correlation)
    slot = None if ax is None else slot_of(ax)
    low, default = (-1, "RdBu_r") if np.nanmin(agreement, initial=1) < 0 else (0, "viridis")
    options: dict[str, Any] = {"cmap": cmap or default, "vmin": low, "vmax": 1} | kwargs
    label = f"{correlation.title()} correlation"
    methods, notes = list(tables), list[str]()
    if kind == "matrix":
        values = np.array([[_median(row) for row in rows] for rows in agreement])
        title = f"{len(names)} set{'s' if len(names) > 1 else ''}"
        axes = square_matrix(
            values,
            methods,
            methods,
            label=f"median {label}" if len(names) > 1 else label,
            ax=ax,
            figsize=figsize,
            options=options,
        )
        axes[0].set_title(title, fontsize="medium")
    else:
        others = ~np.eye(len(methods), dtype=bool)
        each = np.array([_mean(agreement[i][others[i]]) for i in range(len(methods))]).T
        per_set = pd.Series(-_mean(each.T), index=names)
        if sets is None:
            names = most_telling(per_set, N_SETS, noun="set", reason="agree least")
        if len(names) < len(per_set):
            notes = [f"{len(names)} of {len(per_set):,} sets, those that agree least"]
        collection, written = set_labels(names, 50 if figsize is None else min(int(6 * figsize[0]), 50), 2)
        values = pd.DataFrame(each, index=per_set.index).loc[names].to_numpy()
        axes = square_matrix(
            values, written, methods, label=f"mean {label}\nwith other methods", ax=ax, figsize=figsize, options=options
        )
        axes[0].set_ylabel(collection)
    if notes:
        add_notes(axes, notes, own=ax is None)
    fit_matrix(axes, slot, figsize)
    return finish(axes[0], show, save=save, return_fig=return_fig, name="score_agreement")


def _tables(adata: AnnData, methods: Sequence[str] | None) -> dict[str, pd.DataFrame]:
    """Scores of each method. By default, those of the sets that most methods scored."""
    start = _keys.score("")
    if methods is None:
        found = {name.removeprefix(start): get.scores(adata, key=name) for name in adata.obsm if name.startswith(start)}
        groups: dict[frozenset[str], list[str]] = {}
        for name, table in found.items():
            groups.setdefault(frozenset(table), []).append(name)
        tables = {name: found[name] for name in max(groups.values(), key=len, default=[])}
    else:
        names = [methods] if isinstance(methods, str) else list(dict.fromkeys(methods))
        tables = {
            # the prefix of a key, not of a name such as "score_genes"
            (name.removeprefix(start) if name in adata.obsm else name): get.scores(
                adata, key=name if name in adata.obsm else _keys.score(name)
            )
            for name in names
        }
    if len(tables) < 2:
        msg = (
            f"Scores of at least two methods are needed, but there are: {', '.join(map(repr, tables)) or 'none'}. Score the "
            "same sets by several, for example `scgsfm.tl.score(adata, sets, method=['aucell', 'ulm'])`."
        )
        raise ValueError(msg)
    return tables


def _agreement(tables: dict[str, pd.DataFrame], names: list[str], correlation: str) -> np.ndarray:
    """Correlations, methods × methods × sets; NaN where scores do not vary."""
    from scipy.stats import rankdata  # importing it takes half a second

    scores = [table[names].to_numpy(float) for table in tables.values()]
    known = np.isfinite(scores).all(axis=0)  # of all methods
    n_known = np.maximum(known.sum(axis=0), 1)
    standardized = []
    for each in scores:
        values = np.where(known, each, np.nan)
        ranks = rankdata(values, axis=0, nan_policy="omit") if correlation == "spearman" else values
        centered = np.where(known, ranks - np.where(known, ranks, 0).sum(axis=0) / n_known, 0)
        width = np.sqrt((centered**2).sum(axis=0))
        standardized.append(np.divide(centered, width, out=np.full_like(centered, np.nan), where=width > 1e-12))
    found = np.stack(standardized)
    agreement: np.ndarray = np.einsum("ics,jcs->ijs", found, found)
    return agreement.clip(-1, 1)


def _median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else np.nan


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over the first axis of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    total = np.where(known, values, 0).sum(axis=0)
    n = known.sum(axis=0)
    means: np.ndarray = np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0)
    return means
