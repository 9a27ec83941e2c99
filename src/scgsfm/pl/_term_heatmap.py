from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import check_at_least, check_choice

from ._cluster_brackets import cluster_spans, draw_cluster_brackets
from ._clustered_terms import ClusteredTerms, clustered_terms
from ._figure import Place
from ._finish import finish
from ._style import background, faded, text_color
from ._term_dots import color_scale
from ._term_labels import in_lines, term_labels
from ._toolkit import labels, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from os import PathLike
    from pathlib import Path

    import pandas as pd
    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from scgsfm.enrichment import Similarity
    from scgsfm.genesets import GeneSetsLike
    from scgsfm.models.gsfm import GSFM

N_TERMS = {"groups": 50, "similarity": 300}
"""Number of terms that are drawn by default."""
MAX_NAMED = 80
"""Maximum number of rows that have names."""
NAME_LENGTH, BRACKET_LENGTH = 54, 34
"""Maximum number of characters of the names of terms, and of a line of the names of clusters."""


@checks_types
@doc_params
def term_heatmap(
    data: AnnData | pd.DataFrame,
    groups: str | Sequence[str] | None = None,
    *,
    kind: Literal["groups", "similarity"] = "groups",
    n_terms: int | None = None,
    max_padj: float = 0.05,
    library: GeneSetsLike | None = None,
    by: Similarity | None = None,
    model: str | PathLike[str] | GSFM = "gsfm-base",
    key: str | None = None,
    cmap: Any = None,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
) -> Axes | Figure | None:
    """Plot the scores of enriched terms in groups, or the similarity of the terms, ordered by cluster.

    Clusters of two terms or more have a bracket and the name of their most central term.

    Parameters
    ----------
    data
        AnnData with a result of :func:`~scgsfm.tl.cluster_terms`, or the table that it returns.
    groups
        One or several groups. By default, all groups.
    kind
        ``"groups"``: terms × groups, colored by the score; a dot marks significant terms. ``"similarity"``: terms × terms.
    n_terms
        Maximum number of terms, those with the lowest p-values. Defaults to 50 for ``"groups"`` and 300 for
        ``"similarity"``.
    max_padj
        Adjusted p-value up to which a term is significant.
    library
        The genes of the terms, for their similarity. Needed for a table only.
    by
        Measure of the similarity for a table, see :func:`~scgsfm.tl.cluster_terms`. Defaults to ``"model"``.
    model
        {model}
    key
        Key of the result in ``uns``, if ``key_added`` was used.
    cmap
        Color map.
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

    Returns
    -------
    ``None`` if the plot is shown, the figure if ``return_fig=True``, else the axes.

    Raises
    ------
    KeyError
        If the result or a group does not exist.
    ValueError
        If a parameter is out of range, or a table is given without ``library``.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.enrich(adata, groupby="cell_type")
    >>> scgsfm.tl.cluster_terms(adata, by="jaccard", min_similarity=0.1)
    >>> ax = scgsfm.pl.term_heatmap(adata, show=False)
    """
    check_choice("kind", kind, tuple(N_TERMS))
    n_terms = N_TERMS[kind] if n_terms is None else n_terms
    check_at_least("n_terms", n_terms, 1)
    source: dict[str, Any] = {"library": library, "by": by, "min_similarity": None, "model": model, "key": key}
    shown = clustered_terms(data, groups, n_terms=n_terms, max_padj=max_padj, **source)
    place = Place.of(ax, figsize, _size(shown, kind))
    left, right = (NAME_LENGTH, BRACKET_LENGTH) if ax is None else _name_lengths(ax)
    if kind == "groups":
        image, label = _draw_groups(place.ax, shown, max_padj, cmap), _score_label(shown, max_padj)
    else:
        image, label = _draw_similarity(place.ax, shown, cmap), shown.measure
    _name_rows(place, shown, left)
    omitted = draw_cluster_brackets(place.ax, cluster_spans(shown.terms), place.height, right)
    bar = place.ax.figure.colorbar(image, ax=place.ax, label=label, shrink=0.5, aspect=20, location="bottom", pad=0.02)
    bar.ax.xaxis.label.set_fontsize("small")
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize="small", length=2)
    place.settle([place.ax, bar.ax])
    if omitted:
        logger.info("the names of %d small clusters are omitted for lack of space", omitted)
    return finish(place.ax, show, save=save, return_fig=return_fig, name="term_heatmap")


def _score_label(shown: ClusteredTerms, max_padj: float) -> str:
    """What colors, dots and grey fields are."""
    padj, lines = shown.values("padj").to_numpy(), [in_lines(shown.score, 24)]
    if (padj > 0).any() and (padj <= max_padj).any():
        lines.append(f"dot: padj ≤ {max_padj:g}")
    if not np.isfinite(shown.values("score").to_numpy()).all():
        lines.append("grey: no result")
    return "\n".join(lines)


def _name_lengths(ax: Axes) -> tuple[int, int]:
    """Numbers of characters that leave a third of the width of given axes to the matrix."""
    width = ax.get_window_extent().width / ax.figure.figure.dpi
    return int(np.clip(0.32 * width / 0.065, 8, NAME_LENGTH)), int(np.clip(0.26 * width / 0.065, 8, BRACKET_LENGTH))


def _row_height(n: int) -> float:
    return float(np.clip(9 / n, 0.025, 0.17))


def _longest(names: Iterable[str]) -> int:
    """Number of characters of the longest label."""
    return max(map(len, term_labels(list(names), 10_000, 1)[1]))


def _size(shown: ClusteredTerms, kind: str) -> tuple[float, float]:
    """Width and height of a figure in inches."""
    n = len(shown.terms)
    names = min(_longest(shown.terms.index) * 0.065 + 0.2, 3.3) if n <= MAX_NAMED else 0.2
    brackets = min(_longest(shown.terms["cluster_name"]) * 0.065, 2.2) + 0.7
    rows = max(_row_height(n) * n, 1.2)
    matrix = max(0.3 * len(shown.groups), 1.0) if kind == "groups" else max(rows, 2.0)
    below = 0.075 * max(map(len, labels(shown.groups)[1])) if kind == "groups" else 0.0
    return names + matrix + brackets, rows + below + 0.8


def _draw_groups(ax: Axes, shown: ClusteredTerms, max_padj: float, cmap: Any) -> Any:
    """Terms × groups, with a dot for each significant term."""
    score, padj = shown.values("score").to_numpy(), shown.values("padj").to_numpy()
    ax.set_facecolor(faded(0.12, ax))
    options = color_scale(shown.rows, cmap, max_padj, ax)
    image = ax.imshow(score, aspect="auto", interpolation="nearest", **options)
    ax.set_xticks(range(len(shown.groups)), labels(shown.groups)[1], rotation=90, fontsize="small")
    if (padj > 0).any():
        rows, columns = np.nonzero((padj <= max_padj) & np.isfinite(score))
        size = float(np.clip(260 / len(shown.terms), 1, 6))
        ax.scatter(columns, rows, s=size, color="black", linewidths=0)
    return image


def _draw_similarity(ax: Axes, shown: ClusteredTerms, cmap: Any) -> Any:
    """Terms × terms, with a frame around each cluster."""
    from matplotlib.patches import Rectangle

    options: dict[str, Any] = {"cmap": cmap or "viridis", "vmin": 0, "vmax": 1}
    image = ax.imshow(shown.similarity, aspect="auto", interpolation="nearest", **options)
    for first, last, _ in cluster_spans(shown.terms):
        corner, side = (first - 0.5, first - 0.5), last - first + 1
        ax.add_patch(Rectangle(corner, side, side, fill=False, edgecolor="white", linewidth=0.8))
    ax.set_xticks([])
    return image


def _name_rows(place: Place, shown: ClusteredTerms, length: int) -> None:
    """Names of the terms if there is space, and thin lines between clusters."""
    ax, n = place.ax, len(shown.terms)
    small = float(np.clip(60 * place.height / max(n, 1), 0, 7.5))
    if n <= MAX_NAMED and small >= 4:
        names, longer = (term_labels(list(shown.terms.index), width, 1)[1] for width in (length, 2 * length))
        seen = Counter(names)
        names = [long if seen[name] > 1 else name for name, long in zip(names, longer, strict=True)]
        ax.set_yticks(range(n), names, fontsize=small)
        ax.set_ylabel(shorten(term_labels(list(shown.terms.index))[0].rstrip("_"), 30))
    else:
        ax.set_yticks([])
        ax.set_ylabel(f"{n} terms", color=text_color())
    if ax.get_xticks().size:  # terms × groups
        codes = shown.terms["cluster"].to_numpy()
        for row in np.flatnonzero(codes[1:] != codes[:-1]):
            ax.axhline(row + 0.5, color=background(), linewidth=float(np.clip(60 / n, 0.2, 1.2)))
    ax.tick_params(length=0)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
