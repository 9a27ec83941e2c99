from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm._messages import did_you_mean
from scgsfm.datasets import marker_table
from scgsfm.genesets import GeneSets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scgsfm.genesets import GeneSetsLike


def marker_sets(
    markers: GeneSetsLike, tissue: str | Sequence[str] | None = None, organism: str | None = None
) -> tuple[GeneSets, dict[str, str]]:
    """Select marker sets by tissue and organism.

    Returns
    -------
    The sets, and the cell type of each set by its name.

    Raises
    ------
    ValueError
        If ``markers`` does not list tissues or organisms, none of its sets has the requested one, or no set has both.
    """
    tissues = [] if tissue is None else [tissue] if isinstance(tissue, str) else list(tissue)
    wanted = {"tissue": tissues, "organism": [organism or ""]}
    wanted = {column: values for column, values in wanted.items() if any(values)}
    if isinstance(markers, pd.DataFrame):
        table = _select(markers, wanted)
        long = [column for column in ("source", "target", "weight") if column in table]
        sets = GeneSets(table[long] if len(table) and {"source", "target"} <= set(long) else table)
        return sets, {name: name for name in sets}
    sets = GeneSets(markers)
    try:
        table = marker_table(sets.info.get("name", ""))
    except ValueError:
        if wanted:
            msg = (
                "`tissue` and `organism` require `markers` to be a marker library (`scgsfm.datasets.marker_table`), or a "
                "table with a column of that name."
            )
            raise ValueError(msg) from None
        return sets, {name: name for name in sets}
    table = _select(table.loc[sets.names], wanted)
    return sets.subset(table.index), table["cell_type"].to_dict()


def lists_all_tissues(sets: GeneSets, tissue: str | Sequence[str] | None) -> bool:
    """Whether the sets are those of a marker library for all tissues, of which any data has only a part."""
    try:
        table = marker_table(sets.info.get("name", ""))
    except ValueError:
        return False
    return not tissue and len(sets) == len(table) and len(set(table["tissue"])) > 1


def _select(table: pd.DataFrame, wanted: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Rows of a marker table that have one of the wanted values in each column; upper and lower case are the same."""
    kept = np.ones(len(table), bool)
    for column, values in wanted.items():
        if column not in table:
            msg = f"`{column}` requires a column of that name in `markers`, which has the columns {', '.join(table)}."
            raise ValueError(msg)
        present = table[column].astype(str).str.casefold()
        if unknown := [value for value in values if value.casefold() not in set(present)]:
            msg = f"Unknown `{column}` {unknown[0]!r}; `markers` has: {', '.join(sorted(set(table[column])))}."
            msg += did_you_mean(unknown[0], table[column])
            raise ValueError(msg)
        kept &= present.isin([value.casefold() for value in values]).to_numpy()
    if not kept.any():
        msg = "No marker set matches both `tissue` and `organism`."
        raise ValueError(msg)
    return table[kept]
