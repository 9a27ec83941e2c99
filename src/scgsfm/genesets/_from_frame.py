"""Gene sets from data frames: long tables with a row per gene, and wide tables with a column per set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype, is_numeric_dtype

from scgsfm._bounded_files import to_numbers
from scgsfm._messages import listing

from ._from_memory import is_collection, parse_series, parse_sets
from ._normalize import ParsedGeneSets, clean_name
from ._report import RepairReport

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._report import OnError

_SET_COLUMNS = [
    "source",
    "set",
    "geneset",
    "gene_set",
    "gs_name",
    "set_name",
    "term",
    "pathway",
    "module",
    "cluster",
    "group",
    "celltype",
    "cell_type",
    "regulon",
    "tf",
    "collection",
]
_GENE_COLUMNS = [
    "target",
    "gene",
    "genes",
    "genesymbol",
    "gene_symbol",
    "gene_name",
    "symbol",
    "symbols",
    "feature",
    "marker",
    "markers",
    "names",
    "gene_id",
    "ensembl_gene",
]
_SHARE_KNOWN = 0.5
"""Least share of gene names in a column of genes."""
_MAX_REPEATS = 0.2
"""Share of repeats that a column of genes does not reach."""


def parse_frame(frame: pd.DataFrame, on_error: OnError = "warn") -> ParsedGeneSets:
    """Parse a long table (``source``, ``target`` and, optionally, ``weight``), or a wide one (a column per set)."""
    columns = [str(column) for column in frame.columns]
    if {"source", "target"} <= set(columns):
        return _parse_long(frame, on_error)
    lists = [column for column in frame if _holds_lists(frame[column])]
    if len(columns) == 1 and lists:
        return parse_series(frame[lists[0]], on_error)
    genes, sets = _named(columns, _GENE_COLUMNS), _named(columns, _SET_COLUMNS)
    if lists or (genes and sets):
        raise ValueError(_long_hint(columns, sets, genes or lists))
    return _parse_wide(frame, on_error)


def _parse_long(frame: pd.DataFrame, on_error: OnError) -> ParsedGeneSets:
    _check_columns([str(column) for column in frame.columns])
    rows = np.arange(len(frame))
    if _holds_lists(frame["target"]):
        rows = np.repeat(rows, [max(len(list(x)), 1) if is_collection(x) else 1 for x in frame["target"]])
        frame = frame.explode("target")
    report = RepairReport("the DataFrame of gene sets", "row", on_error)
    sources = _texts(frame["source"])
    targets = _texts(frame["target"])
    kept = np.array([name != "" for name in sources], dtype=bool)
    report.note("rows without a source left out", rows[~kept])
    weights = None
    if "weight" in frame:
        weights, numeric = _weights(frame["weight"], rows, report)
        kept &= numeric
    set_indices, names = pd.factorize(sources[kept])
    first = np.unique(set_indices, return_index=True)[1]
    return ParsedGeneSets(
        report,
        names=list(names),
        positions=rows[kept][first].tolist(),
        set_indices=set_indices.astype(np.int64),
        entries=targets[kept],
        entry_positions=rows[kept],
        weights=None if weights is None else weights[kept],
    )


def _holds_lists(column: pd.Series) -> bool:
    return infer_dtype(column, skipna=True).startswith("mixed") and any(map(is_collection, column))


def _parse_wide(frame: pd.DataFrame, on_error: OnError) -> ParsedGeneSets:
    """Parse a table of gene names with a column per set. Missing values fill up shorter sets."""
    written = [str(column).startswith("Unnamed:") and is_numeric_dtype(frame[column]) for column in frame]
    frame = frame.loc[:, [not row_numbers for row_numbers in written]]
    columns = [str(column) for column in frame.columns]
    values = {i: column.dropna() for i, (_, column) in enumerate(frame.items())}
    other = [columns[i] for i, column in values.items() if not all(isinstance(value, str) for value in column)]
    if other or not columns:
        msg = (
            f"The DataFrame of gene sets has the columns {listing(columns, 12) or '(none)'}, but neither 'source' and "
            f"'target' nor only gene names{f' ({listing(other)}: other values)' if other else ''}. {_EXPECTED}"
        )
        raise ValueError(msg)
    genes = {i: [name for name in column if name.strip()] for i, column in values.items()}
    if not _all_genes(list(genes.values())):
        raise ValueError(_long_hint(columns, [], []))
    report = RepairReport("the DataFrame of gene sets (a column per set)", "column", on_error)
    return parse_sets([(columns[i], names) for i, names in genes.items()], report)


_EXPECTED = "Give one row per gene with source (set), target (gene) and, optionally, weight, or one column of gene names per set."


def _long_hint(columns: list[str], sets: list[str], genes: list[str]) -> str:
    source, target = sets[0] if sets else "geneset", genes[0] if genes else "genesymbol"
    missing = [name for name in ("source", "target") if name not in columns]
    renamed = ", ".join(f"{old!r}: {new!r}" for old, new in ((source, "source"), (target, "target")) if new in missing)
    return (
        f"The DataFrame of gene sets lacks the column {' and '.join(missing)}; it has {', '.join(columns)}. {_EXPECTED} "
        f"For example, frame.rename(columns={{{renamed}}})."
    )


def _named(columns: list[str], known: list[str]) -> list[str]:
    plain = {column: column.strip().casefold().replace(" ", "_").replace(".", "_") for column in columns}
    return [column for column in columns if plain[column] in known]


def _all_genes(columns: list[list[str]]) -> bool:
    """Whether all columns hold genes: known ones, or, if no column has known ones, names that do not repeat.

    A column with many repeats holds something else, such as the set of each gene. Names of one letter do not count,
    since nearly all of them are aliases.
    """
    from scgsfm.genes import resolve

    repeats = [1 - len(set(column)) / len(column) for column in columns if column]
    bare = [[name.strip().strip("+-") for name in column] for column in columns if column]
    known = [(resolve(column).how != "unknown") & (np.char.str_len(np.array(column, dtype=str)) > 1) for column in bare]
    shares = [float(column.mean()) for column in known]
    if min(shares, default=0) >= _SHARE_KNOWN:
        return max(repeats) < _MAX_REPEATS
    return max(shares, default=0) < _SHARE_KNOWN and not any(repeats)


def _check_columns(columns: list[str]) -> None:
    if repeated := [column for column in ("source", "target", "weight") if columns.count(column) > 1]:
        msg = f"The DataFrame of gene sets repeats the column {' and '.join(repeated)}; it has {', '.join(columns)}."
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


def _weights(
    column: pd.Series, rows: NDArray[np.int64], report: RepairReport
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Weights, and whether each is a number or missing."""
    weights = to_numbers(column)
    wrong = (weights.isna() & column.notna()).to_numpy()
    if wrong.any():
        at = np.flatnonzero(wrong)
        msg = (
            f"The DataFrame of gene sets: the weight in row {rows[at[0]]} is {column.iloc[at[0]]!r}, which is not a number "
            f"({len(at):,} such rows)."
        )
        report.leave_out("rows whose weight is not a number", rows[at], ValueError(msg))
    return np.asarray(weights.to_numpy(dtype=np.float64, na_value=np.nan)), ~wrong
