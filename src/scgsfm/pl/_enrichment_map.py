from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import check_at_least, check_choice, listing

from ._clustered_terms import ClusteredTerms, clustered_terms
from ._figure import is_narrow
from ._finish import figure_of, finish, fit_fonts, fit_inside, slot_of
from ._style import palette
from ._term_dots import Sizes, color_scale, sizes_of
from ._term_labels import in_lines
from ._term_network import TermNetwork, term_network
from ._term_nodes import draw_edges, draw_pies, draw_scores, label_nodes, size_legend
from ._term_panels import panels_that_fit
from ._toolkit import most_telling, panels, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike
    from pathlib import Path

    import pandas as pd
    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from scgsfm.enrichment import Similarity
    from scgsfm.genesets import GeneSetsLike
    from scgsfm.models.gsfm import GSFM

MAX_NAMED = 30
"""Maximum number of terms that are named one by one by default."""
LEAST = (1.6, 1.4)
"""Width and height that a panel needs in a figure of given size, in inches."""
MAX_GROUPS = {"pie": 12, "panels": 9}
"""Maximum number of groups that can be distinguished."""


@checks_types
@doc_params
def enrichment_map(
    data: AnnData | pd.DataFrame,
    groups: str | Sequence[str] | None = None,
    *,
    kind: Literal["pie", "panels"] = "pie",
    n_terms: int = 300,
    min_similarity: float | None = None,
    label: Literal["clusters", "terms"] | bool | None = None,
    n_labels: int = 40,
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
) -> Axes | list[Axes] | Figure | None:
    """Plot enriched terms as a network, in which similar terms are close and connected :cite:p:`Merico2010`.

    A node is a term, its size the number of genes. Terms are placed by t-SNE :cite:p:`Maaten2008` of their similarities, and
    each is connected with the four most similar ones. Neighbors are meaningful, but large distances are not. For one
    group, the color is the score, such as the normalized enrichment score or the effect; nodes of terms that are not
    significant are grey. For several groups, nodes are pies with a slice for each group in which the term is significant,
    pale if the score is negative, or each group has a panel.

    Parameters
    ----------
    data
        AnnData with a result of :func:`~scgsfm.tl.cluster_terms`, or the table that it returns.
    groups
        One or several groups. By default, all groups.
    kind
        How several groups are drawn: ``"pie"`` or ``"panels"``.
    n_terms
        Maximum number of terms, those with the lowest p-values.
    min_similarity
        Least similarity of terms that are connected. Defaults to that of the clusters.
    label
        ``"clusters"`` labels each cluster by its name, ``"terms"`` each term, ``False`` nothing. By default, terms are
        labeled if there are at most 30. Labels do not overlap; those without space are omitted, with a message in the log.
    n_labels
        Maximum number of labels, those of the largest clusters.
    max_padj
        Adjusted p-value above which a term is not significant.
    library
        The genes of the terms, for their similarity. Needed for a table only.
    by
        Measure of the similarity for a table, see :func:`~scgsfm.tl.cluster_terms`. Defaults to ``"model"``.
    model
        {model}
    key
        Key of the result in ``uns``, if ``key_added`` was used.
    cmap
        Color map of the score.
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
    ``None`` if the plot is shown, the figure if ``return_fig=True``, else the axes, or a list of them for panels.

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
    >>> ax = scgsfm.pl.enrichment_map(adata, show=False)
    """
    check_choice("kind", kind, ("pie", "panels"))
    check_choice("label", label, ("clusters", "terms", True, False, None))
    check_at_least("n_terms", n_terms, 1)
    check_at_least("n_labels", n_labels, 1)
    source: dict[str, Any] = {
        "library": library,
        "by": by,
        "min_similarity": min_similarity,
        "model": model,
        "key": key,
    }
    shown = clustered_terms(data, groups, n_terms=n_terms, max_padj=max_padj, **source)
    shown = _with_groups(shown, _max_groups(kind, figsize, given=groups is not None), max_padj)
    by_default = "terms" if len(shown.terms) <= MAX_NAMED else "clusters"
    labeled = by_default if label is None or label is True else str(label or "")
    in_panels = kind == "panels" and len(shown.groups) > 1
    n = len(shown.terms)
    n_panels = len(shown.groups) if in_panels else 1
    size = float(np.clip(0.4 * np.sqrt(n) + 1.5, 3.2, 7.4 if n_panels == 1 else 4.0))
    slot = None if ax is None else slot_of(ax)
    axes = panels(n_panels, 2, (1.25 * size, size), (1.6, 0.4), figsize, ax)
    network = term_network(shown.similarity, shown.min_similarity)
    sizes = _sizes(shown, len(axes))
    if in_panels:
        _panels(axes, shown, network, sizes, cmap, max_padj, below=is_narrow(figsize))
    else:
        _single(axes[0], shown, network, sizes, cmap, max_padj, below=is_narrow(figsize))
    if slot is not None:
        fit_inside(axes, slot)
    elif figsize is not None:
        fit_fonts(figure_of(axes))
    significant = (shown.values("padj") <= max_padj).to_numpy()
    for i, each in enumerate(axes):
        if labeled:
            wanted = significant[:, i] if in_panels else np.ones(n, bool)
            radii = np.sqrt(sizes.areas / np.pi)
            limit = n_labels if n_panels == 1 or n <= MAX_NAMED else min(n_labels, 10)
            omitted = label_nodes(each, shown, network.xy, radii, label=labeled, n_labels=limit, wanted=wanted)
            if omitted and not in_panels:
                logger.info(
                    "%d labels are omitted for lack of space: %s",
                    len(omitted),
                    listing([name.replace("\n", " ") for name in omitted]),
                )
    return finish(axes if in_panels else axes[0], show, save=save, return_fig=return_fig, name="enrichment_map")


def _max_groups(kind: str, figsize: tuple[float, float] | None, *, given: bool) -> int:
    """Number of groups that can be distinguished, and that fit in a figure of given size."""
    n = MAX_GROUPS[kind]
    return n if kind == "pie" or given else panels_that_fit(figsize, LEAST, max_panels=n)


def _with_groups(shown: ClusteredTerms, n: int, max_padj: float) -> ClusteredTerms:
    """The groups with the most significant terms, if there are too many to be distinguished."""
    counts = (shown.values("padj") <= max_padj).sum()
    kept = set(most_telling(counts, n, noun="group", reason="have the most significant terms"))
    return shown._replace(groups=[group for group in shown.groups if group in kept])


def _sizes(shown: ClusteredTerms, n_panels: int) -> Sizes:
    """Areas of the nodes by the number of genes; larger if there are few."""
    sizes = sizes_of(shown.terms["n_genes"].to_numpy(), "genes", cap=True)
    factor = float(np.clip(2.4 - 0.004 * len(shown.terms), 1, 2)) / (1 if n_panels == 1 else 2)
    return sizes._replace(areas=12 + factor * sizes.areas, step_areas=12 + factor * sizes.step_areas)


def _frame(ax: Axes, network: TermNetwork) -> None:
    low, high = network.xy.min(axis=0), network.xy.max(axis=0)
    pad = 0.07 * np.maximum(high - low, 1e-3 + 0.2 * (high - low).max())
    pad = np.where(pad > 0, pad, 0.5)
    ax.set(xticks=[], yticks=[], xlim=(low[0] - pad[0], high[0] + pad[0]), ylim=(low[1] - pad[1], high[1] + pad[1]))
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    draw_edges(ax, network)


def _single(
    ax: Axes, shown: ClusteredTerms, network: TermNetwork, sizes: Sizes, cmap: Any, max_padj: float, *, below: bool
) -> None:
    """One map: scores of one group, or pies of several."""
    _frame(ax, network)
    score, significant = shown.values("score").to_numpy(), (shown.values("padj") <= max_padj).to_numpy()
    some_grey = not significant.any(axis=1).all()
    grey = f"padj > {max_padj:g}" if some_grey else ""
    if len(shown.groups) == 1:
        options = color_scale(shown.rows, cmap, max_padj, ax)
        draw_scores(ax, network.xy, sizes.areas, score[:, 0], significant[:, 0], options)
        size_legend(ax, sizes, None, any_pale=False, grey=grey, below=below)
        if np.isfinite(score).any():
            ax.figure.colorbar(
                ax.collections[-1], ax=ax, label=in_lines(shown.score, 22), shrink=0.35, aspect=12, anchor=(0, 0)
            )
        ax.set_title(shown.groups[0] if shown.groups[0] not in {"query", "all"} else "")
        return
    colors = dict(zip(shortened(shown.groups), palette(len(shown.groups)), strict=True))
    draw_pies(ax, network.xy, sizes.areas, score, significant, list(colors.values()))
    any_pale = bool((significant & (score < 0)).any())
    size_legend(ax, sizes, colors, any_pale=any_pale, grey=grey, below=below)


def _panels(
    axes: list[Axes],
    shown: ClusteredTerms,
    network: TermNetwork,
    sizes: Sizes,
    cmap: Any,
    max_padj: float,
    *,
    below: bool,
) -> None:
    """A map for each group, with the same positions and colors."""
    options = color_scale(shown.rows, cmap, max_padj, axes[0])
    score, significant = shown.values("score").to_numpy(), (shown.values("padj") <= max_padj).to_numpy()
    for i, (ax, group) in enumerate(zip(axes, shortened(shown.groups), strict=True)):
        _frame(ax, network)
        draw_scores(ax, network.xy, sizes.areas, score[:, i], significant[:, i], options)
        ax.set_title(group, fontsize="medium")
    last = axes[min(1, len(axes) - 1)]
    size_legend(last, sizes, None, any_pale=False, grey=f"padj > {max_padj:g}", below=below)
    if np.isfinite(score).any():
        last.figure.colorbar(axes[0].collections[-1], ax=axes, label=in_lines(shown.score, 22), shrink=0.35, aspect=15)
