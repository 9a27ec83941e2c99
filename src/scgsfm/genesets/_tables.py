"""Gene sets from what is already in memory: dicts and long data frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ._repairs import Repairs
from ._table import Draft, clean_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HINT = "Give a list of gene names, or a dict of gene names and weights."


class Pairs(list):
    """Names and values of a JSON object, with repeated names kept."""


def draft_dict(sets: Mapping) -> Draft:
    """A draft from name → genes or name → {gene: weight}."""
    return draft_sets(list(sets.items()), Repairs("the dict of gene sets", "set"))


def draft_sets(sets: list[tuple[object, object]], repairs: Repairs) -> Draft:
    """A draft from pairs of a name and its genes, with or without weights."""
    names: list[str] = []
    entries: list[str] = []
    weights: list[float] = []
    sizes: list[int] = []
    weighted = False
    for name, value in sets:
        if name is None or name is pd.NA or name != name:
            raise ValueError(f"{repairs.source}: {name!r} is no name for a set. Give every set a name.")
        genes, own = _members(str(name), value, repairs)
        names.append(str(name))
        entries += genes
        weighted |= own is not None
        weights += own if own is not None else [1.0] * len(genes)
        sizes.append(len(genes))
    places = [repr(name) for name in names]
    return Draft(
        repairs,
        names=names,
        places=places,
        owners=np.repeat(np.arange(len(names)), sizes),
        entries=np.array(entries, dtype=object),
        entry_places=np.repeat(np.array(places, dtype=object), sizes),
        weights=np.array(weights) if weighted else None,
    )


def draft_frame(frame: pd.DataFrame) -> Draft:
    """A draft from a long table with the columns ``source``, ``target`` and perhaps ``weight``."""
    _check_columns(frame)
    repairs = Repairs("the DataFrame of gene sets", "row")
    sources = _texts(frame["source"])
    targets = _texts(frame["target"])
    rows = np.arange(len(frame))
    weights = _weights(frame["weight"]) if "weight" in frame else None
    known = np.array([name != "" for name in sources], dtype=bool)
    repairs.note("rows without a source left out", rows[~known])
    owners, names = pd.factorize(sources[known])
    first = np.unique(owners, return_index=True)[1]
    return Draft(
        repairs,
        names=list(names),
        places=rows[known][first].tolist(),
        owners=owners.astype(np.int64),
        entries=targets[known],
        entry_places=rows[known],
        weights=None if weights is None else weights[known],
    )


def _members(name: str, value: object, repairs: Repairs) -> tuple[list[str], list[float] | None]:
    """Genes and weights of one set."""
    if (isinstance(value, pd.Series) and pd.api.types.is_numeric_dtype(value)) or isinstance(value, Mapping):
        value = Pairs(value.items())
    if isinstance(value, Pairs):
        try:
            return [_gene(name, gene, repairs) for gene, _ in value], [_number(weight) for _, weight in value]
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"{repairs.source}: set {name!r} has a weight that is no number ({error}). {_HINT}"
            ) from error
    if isinstance(value, str | bytes | pd.DataFrame) or not isinstance(value, Iterable):
        shown = repr(value) if isinstance(value, str | bytes) else type(value).__name__
        raise TypeError(f"{repairs.source}: set {name!r} is {shown}, not a collection of genes. {_HINT}")
    genes = list(value)
    if set(map(type, genes)) != {str}:
        genes = [_gene(name, gene, repairs) for gene in genes]
    return sorted(genes) if isinstance(value, set | frozenset) else genes, None


def _gene(name: str, gene: object, repairs: Repairs) -> str:
    if isinstance(gene, str):
        return gene
    if gene is None or gene is pd.NA or gene != gene:
        return ""
    if isinstance(gene, int | np.integer) and not isinstance(gene, bool):
        return str(gene)
    raise TypeError(f"{repairs.source}: set {name!r} holds {gene!r}, which is no gene name. {_HINT}")


def _number(weight: object) -> float:
    return np.nan if weight is None or weight is pd.NA else float(weight)  # type: ignore[arg-type]


def _check_columns(frame: pd.DataFrame) -> None:
    columns = [str(column) for column in frame.columns]
    missing = [column for column in ("source", "target") if column not in columns]
    repeated = [column for column in ("source", "target", "weight") if columns.count(column) > 1]
    if missing or repeated:
        raise ValueError(
            f"The DataFrame of gene sets {'lacks' if missing else 'repeats'} the column {' and '.join(missing or repeated)}; "
            f"it has {', '.join(columns)}. Give one row a gene with source (set), target (gene) and, if any, weight: "
            "frame.rename(columns={'geneset': 'source', 'genesymbol': 'target'})."
        )
    if "mor" in columns and "weight" not in columns:
        raise ValueError(
            "The DataFrame of gene sets has a column 'mor' (mode of regulation) but no 'weight'. "
            "Use frame.rename(columns={'mor': 'weight'}), or drop it to ignore the signs."
        )


def _texts(column: pd.Series) -> NDArray[np.object_]:
    """Texts of a column of any dtype, each distinct one cleaned once; missing ones are empty."""
    codes, values = pd.factorize(column)
    texts = np.array([*(clean_name(str(value)) for value in values), ""], dtype=object)
    return texts[codes]


def _weights(column: pd.Series) -> NDArray[np.float64]:
    weights = pd.to_numeric(column, errors="coerce")
    wrong = np.flatnonzero(weights.isna() & column.notna())
    if len(wrong):
        raise ValueError(
            f"The DataFrame of gene sets: the weight in row {wrong[0]} is {column.iloc[wrong[0]]!r}, which is no number "
            f"({len(wrong):,} such rows)."
        )
    return weights.to_numpy(dtype=np.float64, na_value=np.nan)
