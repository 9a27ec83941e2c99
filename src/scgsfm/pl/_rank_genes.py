from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import check_at_least
from scgsfm.phenotypes import load_annotations

from ._figure import Place, add_notes
from ._finish import finish
from ._style import OKABE_ITO, faded
from ._term_labels import in_lines
from ._toolkit import check_columns, choose

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = ("gene", "rank", "score", "term", "name", "state", "match", "log_ratio")
COLORS = {
    "exact": OKABE_ITO[0],
    "specific": OKABE_ITO[2],
    "ancestor": OKABE_ITO[1],
    "predicted": OKABE_ITO[4],
}
"""Colors of the matches that explain a present term."""
LABELS = {
    "exact": "the term",
    "specific": "a more specific term",
    "ancestor": "a common ancestor",
    "predicted": "a prediction",
}
COLUMN, ROW, MARGIN, MIN_ROWS = 0.36, 0.34, (5.0, 2.4), 5
"""Width of a gene, height of a term, and width and height of labels and legends, in inches; the least number of rows."""
MIN_AREA, MAX_AREA, MAX_RATIO = 18.0, 130.0, 8.0
"""Areas of the dots in square points, and the log ratio of the largest."""


@checks_types
@doc_params
def rank_genes(
    table: pd.DataFrame,
    genes: str | Sequence[str] | None = None,
    *,
    patient: str | None = None,
    n_genes: int = 10,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
    **kwargs: Any,
) -> Axes | Figure | None:
    """Plot how the genes ranked for a patient explain the patient's phenotypes.

    Columns are genes with their scores, and rows are the phenotypes. The color of a dot is how the gene's best-fitting
    disease explains the phenotype: by the annotated term itself, by a more specific one, or by a common ancestor, or by
    a prediction for genes without a disease. Its area is the contribution to the score, ``log_ratio``. A small
    circle is a phenotype that is not explained, a cross an excluded phenotype that the disease has. The version and
    citation of the annotations are printed below.

    Parameters
    ----------
    table
        Result of :func:`~scgsfm.tl.rank_genes` with ``explain=True``.
    genes
        One or several genes to plot. By default, the first ``n_genes``.
    patient
        Patient to plot, if the table has several.
    n_genes
        Number of genes to plot.
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
    ``None`` if the plot is shown, else the axes, or the figure with ``return_fig=True``.

    Raises
    ------
    KeyError
        If a gene or the patient is not in the table.
    TypeError, ValueError
        If the table is not such a result, or has several patients and ``patient`` is not given.

    Examples
    --------
    >>> import scgsfm
    >>> terms = ["Ectopia lentis", "Arachnodactyly", "Dural ectasia"]
    >>> table = scgsfm.tl.rank_genes(terms, excluded=["Seizure"], n_top=5, explain=True)
    >>> axes = scgsfm.pl.rank_genes(table, show=False)
    """
    _check(table)
    check_at_least("n_genes", n_genes, 1)
    table = _of_patient(table, patient)
    available = table["gene"].unique().tolist()
    chosen = choose(available, genes, noun="gene", argument="genes") if genes is not None else available[:n_genes]
    if genes is not None:
        chosen = [gene for gene in available if gene in set(chosen)]
    table = table[table["gene"].isin(chosen)]
    # present terms first, by what the genes explain
    explained = table.groupby(["state", "term"], sort=False)["log_ratio"].sum().reset_index()
    explained = explained.sort_values(["state", "log_ratio"], ascending=[False, False], kind="stable")
    names = dict(zip(table["term"], table["name"], strict=True))
    states = dict(zip(table["term"], table["state"], strict=True))
    terms = explained["term"].tolist()
    scores = table.drop_duplicates("gene").set_index("gene")["score"]
    columns = [f"{gene}  {_percent(scores[gene])}" for gene in chosen]
    rows = [names[term] if states[term] == "present" else f"no: {names[term]}" for term in terms]
    height = ROW * max(len(rows), MIN_ROWS) + MARGIN[1]
    place = Place.of(ax, figsize, (COLUMN * len(columns) + MARGIN[0], height))
    _draw(table, chosen, terms, place.ax, kwargs)
    _label(place.ax, columns, rows)
    add_notes([place.ax], [load_annotations().about()], own=place.slot is None)
    place.settle()
    return finish(place.ax, show, save=save, return_fig=return_fig, name="rank_genes")


def _check(table: pd.DataFrame) -> None:
    check_columns(table, ("gene", "rank", "score"), "rank_genes")
    if "match" not in table:
        msg = (
            "The table does not say how the genes explain the phenotypes: use `scgsfm.tl.rank_genes(…, explain=True)`."
        )
        raise ValueError(msg)
    check_columns(table, COLUMNS, "rank_genes")
    if table.empty:
        msg = "The table has no genes."
        raise ValueError(msg)


def _of_patient(table: pd.DataFrame, patient: str | None) -> pd.DataFrame:
    """The rows of a patient; of the only one by default."""
    if "patient" not in table:
        if patient is None:
            return table
        msg = f"The table has a single patient without a name: omit `patient={patient!r}`."
        raise ValueError(msg)
    names = table["patient"].unique().tolist()
    if patient is None and len(names) > 1:
        msg = f"The table has {len(names)} patients: choose one by `patient`, such as {names[0]!r}."
        raise ValueError(msg)
    (name,) = choose(names, names if patient is None else patient, noun="patient", argument="patient")
    return table[table["patient"] == name]


def _label(ax: Axes, columns: list[str], rows: list[str]) -> None:
    """Label genes and terms, and remove the frame."""
    ax.set_xticks(range(len(columns)), columns, rotation=90, fontsize="small")
    ax.set_yticks(range(len(rows)), [in_lines(row, max_lines=2) for row in rows], linespacing=0.95, fontsize="small")
    ax.set_xlim(-0.6, len(columns) - 0.4)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.tick_params(length=0)
    ax.grid(color=faded(0.1, ax), zorder=0)
    ax.spines[:].set_visible(False)
    ax.set_axisbelow(True)


def _percent(score: float) -> str:
    return f"{score:.0%}" if score >= 0.095 else f"{score:.1%}" if score >= 0.001 else "<0.1%"


def _draw(table: pd.DataFrame, genes: list[str], terms: list[str], ax: Axes, options: dict[str, Any]) -> None:
    """Dots of the matches, circles of terms that are not explained, crosses of excluded terms, and the legends."""
    from matplotlib.lines import Line2D

    x = np.array([genes.index(gene) for gene in table["gene"]])
    y = np.array([terms.index(term) for term in table["term"]])
    match = table["match"].to_numpy()
    share = np.clip(table["log_ratio"].to_numpy(np.float64) / MAX_RATIO, 0, 1)
    area = MIN_AREA + (MAX_AREA - MIN_AREA) * share
    handles = []
    for kind, color in COLORS.items():
        chosen = match == kind
        if chosen.any():
            defaults: dict[str, Any] = {"color": color, "linewidths": 0, "zorder": 2}
            ax.scatter(x[chosen], y[chosen], s=area[chosen], **defaults | options)
            handles.append(Line2D([], [], linestyle="", marker="o", color=color, label=LABELS[kind]))
    grey = faded(0.45, ax)
    none, against = match == "none", match == "against"
    if none.any():
        ax.scatter(x[none], y[none], s=10, facecolors="none", edgecolors=grey, linewidths=0.8, zorder=2)
        handles.append(
            Line2D(
                [], [], linestyle="", marker="o", markersize=3.5, fillstyle="none", color=grey, label="not explained"
            )
        )
    if against.any():
        ax.scatter(x[against], y[against], s=34, marker="x", color=OKABE_ITO[3], linewidths=1.6, zorder=2)
        label = "excluded, but expected"
        handles.append(Line2D([], [], linestyle="", marker="x", color=OKABE_ITO[3], label=label))
    sizes = [
        Line2D(
            [], [], linestyle="", marker="o", color=grey, label=f"log ratio {ratio}", markeredgewidth=0,
            markersize=float(np.sqrt(MIN_AREA + (MAX_AREA - MIN_AREA) * ratio / MAX_RATIO)),
        )
        for ratio in (1, 4, 8)
    ]  # fmt: skip
    ax.legend(
        handles=[*handles, Line2D([], [], linestyle="", label=" "), *sizes],
        title="explained by",
        bbox_to_anchor=(1.01, 1.02),
        frameon=False,
        loc="upper left",
        borderaxespad=0,
        alignment="left",
        fontsize="small",
        title_fontsize="small",
    )
