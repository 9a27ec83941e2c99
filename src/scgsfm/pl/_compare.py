from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from scgsfm import _keys
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import check_choice, listing

from ._finish import finish
from ._sample_points import draw_samples
from ._select_terms import MAX_GROUPS, Selection, select_terms, term_numbers
from ._term_dots import draw_dots, rows_that_fit
from ._term_panels import MAX_PANELS, panels_that_fit
from ._term_volcano import LEAST, draw_volcanoes
from ._toolkit import choose, result_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = ("cell_type", "set", "condition", "reference", "effect", "standardized_effect", "pvalue", "padj")
N_TERMS = {"dot": 5, "volcano": 8, "samples": 1}
"""Kinds of plots, and the number of sets that are drawn or labeled by default."""


@checks_types
@doc_params
def compare(
    data: AnnData | pd.DataFrame,
    groups: str | Sequence[str] | None = None,
    *,
    kind: Literal["dot", "volcano", "samples"] = "dot",
    condition: str | None = None,
    terms: str | Sequence[str] | None = None,
    n_terms: int | None = None,
    effect: Literal["standardized_effect", "effect"] = "standardized_effect",
    max_padj: float = 0.05,
    key: str | None = None,
    cmap: Any = None,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
    **kwargs: Any,
) -> Axes | list[Axes] | Figure | None:
    """Plot the differences of scores between conditions as dots or volcanoes, or the samples of one set.

    ``kind="dot"`` has a column for each cell type, and a row for each of their top sets. The color of a dot is the effect, and
    its size the adjusted p-value. Significant sets have a ring. Without p-values, all dots have the same size.
    ``kind="volcano"`` shows all sets of each cell type by effect and adjusted p-value, and labels the top sets.
    ``kind="samples"`` shows one set: a point for the mean score of each sample, over the distribution of the scores of the
    cells if ``adata`` has them. Samples of the same donor are connected.

    Parameters
    ----------
    data
        AnnData with a result of :func:`~scgsfm.tl.compare` or, except for ``kind="samples"``, its table.
    groups
        One or several cell types to plot. By default, all are plotted if they fit.
    kind
        ``"dot"``, ``"volcano"`` or ``"samples"``.
    condition
        The condition that is compared with the reference, if there are several. Defaults to the first one. ``kind="samples"``
        shows all conditions.
    terms
        One or several sets to plot (or to label). For ``kind="samples"``, one set, by default that with the lowest p-value.
    n_terms
        Number of sets to plot for each cell type, those with the lowest p-values, significant ones if there are any.
        Defaults to 5 for dots and 8 labels of a volcano.
    effect
        ``"standardized_effect"``, or ``"effect"`` in units of the score.
    max_padj
        Adjusted p-value up to which a set is significant.
    key
        Key of the result in ``uns``, if ``key_added`` was used.
    cmap
        Color map of dots. Defaults to a diverging one.
    figsize
        {figsize}
    ax
        {ax} For volcanoes, a single cell type is drawn.
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
    ``None`` if the plot is shown, the figure if ``return_fig=True``, else the axes (a list for several panels).

    Raises
    ------
    KeyError
        If the result, a cell type, a condition or a set does not exist.
    ValueError
        If there are no p-values for a volcano, the effect is missing for all sets, columns are missing, or a parameter is
        out of range.
    TypeError
        If ``kind="samples"`` is given a table.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> adata.obs["donor"] = [f"donor {i % 6}" for i in range(adata.n_obs)]
    >>> adata.obs["group"] = ["treated" if i % 6 < 3 else "control" for i in range(adata.n_obs)]
    >>> scgsfm.tl.compare(adata, "hallmark", condition="group", sample="donor")
    >>> ax = scgsfm.pl.compare(adata, kind="samples", terms="HALLMARK_HYPOXIA", show=False)
    """
    check_choice("kind", kind, N_TERMS)
    check_choice("effect", effect, ("standardized_effect", "effect"))
    table = result_table(data, key or _keys.COMPARE, COLUMNS, "compare")
    columns = choose(table["cell_type"].unique().tolist(), groups, noun="cell type", argument="groups")
    named = None if terms is None else choose(table["set"].unique().tolist(), terms, noun="set", argument="terms")
    place: dict[str, Any] = {"figsize": figsize, "ax": ax, "style": kwargs}
    axes: Axes | list[Axes]
    if kind == "samples":
        axes = draw_samples(data, key or _keys.COMPARE, table, columns, named, **place)
        return finish(axes, show, save=save, return_fig=return_fig, name="compare")
    chosen = choose(table["condition"].unique().tolist(), condition, noun="condition", argument="condition")[0]
    rows = _rows(table, chosen, columns, effect)
    rows = rows.rename(columns={"cell_type": "group", "set": "term", effect: "score"})
    label = f"{effect.replace('_', ' ')}, {chosen} versus {rows['reference'].iloc[0]}"
    tested = rows["pvalue"].notna().any()
    options: dict[str, Any] = {"max_padj": max_padj, "max_overlap": None, **term_numbers(n_terms, N_TERMS[kind])}
    if kind == "dot":
        options = {"max_rows": rows_that_fit(figsize, ax), **options}
        options["max_groups"] = MAX_GROUPS if groups is None else None
        shown = (
            Selection(columns, named, []) if named else select_terms(rows, "term", columns, both_signs=True, **options)
        )
        limit = float(rows.loc[rows["term"].isin(shown.terms), "score"].abs().max()) or 1.0
        place["style"] = {"cmap": cmap or "RdBu_r", "vmin": -limit, "vmax": limit} | kwargs
        size, notes = ("padj", shown.notes) if tested else ("equal", ["too few samples for p-values"])
        axes = draw_dots(
            rows, shown, "term", shown.terms, score=label, size=size, max_padj=max_padj, cmap=None, notes=notes, **place
        )
    else:
        if not tested:
            msg = (
                f"A volcano needs p-values, which `tl.compare` did not give for {listing(columns)}, for lack of samples: use "
                "`kind='dot'`."
            )
            raise ValueError(msg)
        rows = rows[rows["pvalue"].notna()]
        columns = [name for name in columns if name in set(rows["group"])]
        place["max_panels"] = panels_that_fit(figsize, LEAST) if groups is None else MAX_PANELS
        axes = draw_volcanoes(rows, columns, named, options, score=label, cmap=None, noun="effect", **place)
    return finish(axes, show, save=save, return_fig=return_fig, name="compare")


def _rows(table: pd.DataFrame, condition: str, cell_types: Sequence[str], effect: str) -> pd.DataFrame:
    """The rows of a condition and some cell types that have an effect."""
    rows = table[(table["condition"] == condition) & table["cell_type"].isin(cell_types)]
    if rows.empty:
        msg = f"The result has no comparison of {condition!r} in {listing(cell_types)}: choose other `groups` or `condition`."
        raise ValueError(msg)
    found = rows[rows[effect].notna()]
    if found.empty:
        other = "effect" if effect == "standardized_effect" else "standardized_effect"
        hint = f" Use `effect={other!r}`." if rows[other].notna().any() else ""
        msg = f"`effect={effect!r}` is missing for all sets of {listing(cell_types)}.{hint}"
        raise ValueError(msg)
    return found
