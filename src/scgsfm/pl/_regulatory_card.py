from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm import _keys
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import listing
from scgsfm.regulatory import Card, Trace

from ._finish import finish
from ._regulatory_panels import DrawnCard, draw_card
from ._toolkit import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from scgsfm.regulatory import Explanation


@doc_params
@checks_types
def regulatory_card(
    data: AnnData | Mapping[str, pd.DataFrame] | Explanation,
    element: str | None = None,
    cell_type: str | None = None,
    *,
    key: str = _keys.R3LM_EXPLANATIONS,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
) -> list[Axes] | Figure | None:
    """Plot the explanation of a regulatory element: motifs, effects of the bases, and the reasoning.

    From top to bottom: the motifs on the card, colored by family and framed if the reasoning calls them activating or
    repressing; the sequence logo of the effects of bases on the activity, or the effects of motifs if those of bases
    weren't computed; and the reasoning trace.

    Parameters
    ----------
    data
        Data or tables with the results of :func:`~scgsfm.tl.explain_regulation`, or an explanation by a model's
        ``explain``.
    element
        Name of the element; by default the first.
    cell_type
        Name of the cell type; by default the first for which the element is explained.
    key
        Key of the results in ``uns``.
    figsize
        {figsize}
    ax
        {ax} The three panels are drawn inside them.
    show
        {show}
    save
        {save}
    return_fig
        {return_fig}

    Returns
    -------
    ``None`` if the plot is shown, the figure if ``return_fig=True``, else a list of the three axes.

    Raises
    ------
    KeyError
        If there are no results, or none for this element and cell type.

    Examples
    --------
    >>> import scgsfm
    >>> tables = scgsfm.tl.explain_regulation(sequences={"a": "CTGGCAAACAGATAAGA" * 11}, cell_type="K562", bases=False)
    >>> axes = scgsfm.pl.regulatory_card(tables, "a", show=False)
    """
    drawn = _of_explanation(data) if hasattr(data, "trace") else _of_tables(_tables(data, key), element, cell_type)
    axes = draw_card(drawn, figsize=figsize, ax=ax)
    return finish(axes, show, save=save, return_fig=return_fig, name="regulatory_card")


def _tables(data: Any, key: str) -> Mapping[str, pd.DataFrame]:
    tables: Mapping[str, pd.DataFrame]
    if not hasattr(data, "uns"):
        tables = data
        return tables
    if key not in data.uns:
        msg = (
            f"`uns` has no {key!r}: run `scgsfm.tl.explain_regulation` first, or give the key of its results as `key`."
        )
        raise KeyError(msg)
    tables = data.uns[key]
    return tables


def _title(card: Card, trace: Trace, prediction: float, element: str = "") -> str:
    about = f"{shorten(element)}  ·  " if element else ""
    return f"{about}{card.cell_type}: predicted log2 activity {prediction:.2f} (level {trace.level} of 0–3), GC {card.gc:.3f}"


def _of_explanation(found: Any) -> DrawnCard:
    title = _title(found.card, found.trace, found.prediction)
    return DrawnCard(title, found.card, found.trace, found.effects, found.cited, None)


def _of_tables(tables: Mapping[str, pd.DataFrame], element: str | None, cell_type: str | None) -> DrawnCard:
    rows = tables["elements"].reset_index(drop=True)
    kept = np.ones(len(rows), bool)
    for column, wanted in (("element", element), ("cell_type", cell_type)):
        if wanted is not None:
            kept &= (rows[column] == wanted).to_numpy()
    if not kept.any():
        elements, cell_types = (listing(rows[column].unique().tolist()) for column in ("element", "cell_type"))
        msg = f"There is no explanation of {element!r} in {cell_type!r}; there are explanations of {elements} in {cell_types}."
        raise KeyError(msg)
    at = int(kept.argmax())
    row = rows.loc[at]
    card, trace = Card.parse(row["card"]), Trace.parse(row["trace"])
    motifs = tables["motifs"]
    hits = motifs[(motifs["element"] == row["element"]) & (motifs["cell_type"] == row["cell_type"])]
    bases = tables["bases"].to_numpy()[at][: len(card.sequence)] if "bases" in tables else None
    title = _title(card, trace, row["prediction"], str(row["element"]))
    return DrawnCard(title, card, trace, hits["effect"].to_numpy(), hits["cited"].to_numpy(), bases)
