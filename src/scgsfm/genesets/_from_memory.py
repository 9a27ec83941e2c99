"""Gene sets from Python objects: dicts and long data frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ._normalize import ParsedGeneSets, clean_name
from ._report import RepairReport

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HINT = "Give a list of gene names, or a dict of gene names and weights."


class JSONObject(list[tuple[Any, Any]]):
    """Names and values of a JSON object; repeated names are kept."""


def parse_dict(sets: Mapping[Any, Any]) -> ParsedGeneSets:
    """Parse a dict: name → genes, or name → {gene: weight}."""
    return parse_sets(list(sets.items()), RepairReport("the dict of gene sets", "set"))


def parse_sets(sets: list[tuple[Any, Any]], report: RepairReport) -> ParsedGeneSets:
    """Parse pairs of a name and its genes, with or without weights."""
    names: list[str] = []
    entries: list[str] = []
    weights: list[float] = []
    sizes: list[int] = []
    weighted = False
    for name, value in sets:
        if _is_missing(name):
            msg = f"{report.source}: {name!r} is not a name for a set. Give every set a name."
            raise ValueError(msg)
        genes, set_weights = _members(str(name), value, report)
        names.append(str(name))
        entries += genes
        weighted |= set_weights is not None
        weights += set_weights if set_weights is not None else [1.0] * len(genes)
        sizes.append(len(genes))
    positions = [repr(name) for name in names]
    return ParsedGeneSets(
        report,
        names=names,
        positions=positions,
        set_indices=np.repeat(np.arange(len(names)), sizes),
        entries=np.array(entries, dtype=object),
        entry_positions=np.repeat(np.array(positions, dtype=object), sizes),
        weights=np.array(weights) if weighted else None,
    )


def parse_frame(frame: pd.DataFrame) -> ParsedGeneSets:
    """Parse a long table with the columns ``source``, ``target`` and, optionally, ``weight``."""
    _check_columns(frame)
    report = RepairReport("the DataFrame of gene sets", "row")
    sources = _texts(frame["source"])
    targets = _texts(frame["target"])
    rows = np.arange(len(frame))
    weights = _weights(frame["weight"]) if "weight" in frame else None
    named = np.array([name != "" for name in sources], dtype=bool)
    report.note("rows without a source left out", rows[~named])
    set_indices, names = pd.factorize(sources[named])
    first = np.unique(set_indices, return_index=True)[1]
    return ParsedGeneSets(
        report,
        names=list(names),
        positions=rows[named][first].tolist(),
        set_indices=set_indices.astype(np.int64),
        entries=targets[named],
        entry_positions=rows[named],
        weights=None if weights is None else weights[named],
    )


def _members(name: str, value: object, report: RepairReport) -> tuple[list[str], list[float] | None]:
    """Genes and weights of one set."""
    if (isinstance(value, pd.Series) and pd.api.types.is_numeric_dtype(value)) or isinstance(value, Mapping):
        value = JSONObject(value.items())
    if isinstance(value, JSONObject):
        try:
            return [_gene(name, gene, report) for gene, _ in value], [_number(weight) for _, weight in value]
        except (TypeError, ValueError) as error:
            msg = f"{report.source}: set {name!r} has a weight that is not a number ({error}). {_HINT}"
            raise TypeError(msg) from error
    if isinstance(value, str | bytes | pd.DataFrame) or not isinstance(value, Iterable):
        shown = repr(value) if isinstance(value, str | bytes) else type(value).__name__
        msg = f"{report.source}: set {name!r} is {shown}, not a collection of genes. {_HINT}"
        raise TypeError(msg)
    genes = list(value)
    if set(map(type, genes)) != {str}:
        genes = [_gene(name, gene, report) for gene in genes]
    return sorted(genes) if isinstance(value, set | frozenset) else genes, None


def _gene(name: str, gene: object, report: RepairReport) -> str:
    if isinstance(gene, str):
        return gene
    if _is_missing(gene):
        return ""
    if isinstance(gene, int | np.integer) and not isinstance(gene, bool):
        return str(gene)
    msg = f"{report.source}: set {name!r} holds {gene!r}, which is not a gene name. {_HINT}"
    raise TypeError(msg)


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float | np.floating) and bool(np.isnan(value)))


def _number(weight: object) -> float:
    return np.nan if weight is None or weight is pd.NA else float(weight)  # type: ignore[arg-type]


def _check_columns(frame: pd.DataFrame) -> None:
    columns = [str(column) for column in frame.columns]
    missing = [column for column in ("source", "target") if column not in columns]
    repeated = [column for column in ("source", "target", "weight") if columns.count(column) > 1]
    if missing or repeated:
        msg = (
            f"The DataFrame of gene sets {'lacks' if missing else 'repeats'} the column {' and '.join(missing or repeated)}; "
            f"it has {', '.join(columns)}. Give one row per gene with source (set), target (gene) and, optionally, weight: "
            "frame.rename(columns={'geneset': 'source', 'genesymbol': 'target'})."
        )
        raise ValueError(msg)
    if "mor" in columns and "weight" not in columns:
        msg = (
            "The DataFrame of gene sets has a column 'mor' (mode of regulation) but no 'weight'. "
            "Use frame.rename(columns={'mor': 'weight'}), or drop it to ignore the signs."
        )
        raise ValueError(msg)


def _texts(column: pd.Series) -> NDArray[np.object_]:
    """Text of a column of any dtype, each distinct value cleaned once; missing values are empty."""
    codes, values = pd.factorize(column)
    texts: NDArray[np.object_] = np.array([*(clean_name(str(value)) for value in values), ""], dtype=object)
    column_texts: NDArray[np.object_] = texts[codes]
    return column_texts


def _weights(column: pd.Series) -> NDArray[np.float64]:
    weights = pd.to_numeric(column, errors="coerce")
    wrong = np.flatnonzero(weights.isna() & column.notna())
    if len(wrong):
        msg = (
            f"The DataFrame of gene sets: the weight in row {wrong[0]} is {column.iloc[wrong[0]]!r}, which is not a number "
            f"({len(wrong):,} such rows)."
        )
        raise ValueError(msg)
    return np.asarray(weights.to_numpy(dtype=np.float64, na_value=np.nan))
