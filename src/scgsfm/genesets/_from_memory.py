"""Gene sets from dicts, Series of lists, and regulons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from ._normalize import ParsedGeneSets
from ._report import RepairReport

if TYPE_CHECKING:
    from typing import TypeGuard

    from ._report import OnError

_HINT = "Give a list of gene names, or a dict of gene names and weights."


class JSONObject(list[tuple[Any, Any]]):
    """Names and values of a JSON object; repeated names are kept."""


class Members(NamedTuple):
    """Genes of a set and, for weighted sets, their weights."""

    genes: list[str]
    weights: list[float] | None = None


def is_regulon(value: object) -> bool:
    """Whether ``value`` is a regulon or signature of pySCENIC: an object with ``name`` and ``gene2weight``."""
    return isinstance(getattr(value, "name", None), str) and isinstance(getattr(value, "gene2weight", None), Mapping)


def is_collection(value: object) -> TypeGuard[Iterable[Any]]:
    """Whether ``value`` holds several genes: not a string, a table or a number."""
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | pd.DataFrame)


def parse_dict(sets: Mapping[Any, Any], on_error: OnError = "warn") -> ParsedGeneSets:
    """Parse a dict: name → genes, or name → {gene: weight}."""
    return parse_sets(list(sets.items()), RepairReport("the dict of gene sets", "set", on_error))


def parse_series(series: pd.Series, on_error: OnError = "warn") -> ParsedGeneSets:
    """Parse a Series of lists, as from ``table.groupby("cluster")["gene"].apply(list)``."""
    if not any(is_collection(value) for value in series):
        msg = (
            f"gene_sets: the Series holds {'names' if series.dtype == object else series.dtype}, not lists of genes, and "
            "has no set names. Give {'my set': list(series)}, or a Series of lists: "
            "table.groupby('cluster')['gene'].apply(list)."
        )
        raise TypeError(msg)
    names = ["_".join(map(str, name)) if isinstance(name, tuple) else name for name in series.index]
    report = RepairReport("the Series of gene sets", "set", on_error)
    return parse_sets(list(zip(names, series, strict=True)), report)


def parse_regulons(regulons: Iterable[Any], on_error: OnError = "warn") -> ParsedGeneSets:
    """Parse regulons or signatures of pySCENIC, with their weights."""
    sets = [(regulon.name, regulon.gene2weight) for regulon in regulons]
    return parse_sets(sets, RepairReport("the regulons", "regulon", on_error))


def parse_sets(sets: list[tuple[Any, Any]], report: RepairReport) -> ParsedGeneSets:
    """Parse pairs of a name and its genes, with or without weights."""
    names: list[str] = []
    members: list[Members] = []
    for name, value in sets:
        if _is_missing(name):
            msg = f"{report.source}: {name!r} is not a name for a set. Give every set a name."
            report.leave_out("sets without a name", [repr(name)], ValueError(msg))
            continue
        try:
            members.append(_members(str(name), value, report))
            names.append(str(name))
        except TypeError as error:
            report.leave_out("sets that are not a collection of genes", [repr(str(name))], error)
    sizes = [len(genes) for genes, _ in members]
    positions = [repr(name) for name in names]
    weighted = any(weights is not None for _, weights in members)
    weights = [weight for genes, given in members for weight in ([1.0] * len(genes) if given is None else given)]
    return ParsedGeneSets(
        report,
        names=names,
        positions=positions,
        set_indices=np.repeat(np.arange(len(names)), sizes),
        entries=np.array([gene for genes, _ in members for gene in genes], dtype=object),
        entry_positions=np.repeat(np.array(positions, dtype=object), sizes),
        weights=np.array(weights) if weighted else None,
    )


def _members(name: str, value: Any, report: RepairReport) -> Members:
    """Genes and weights of one set. Entries that are not genes, and weights that are not numbers, are left out."""
    if is_regulon(value):
        value = value.gene2weight
    if (isinstance(value, pd.Series) and pd.api.types.is_numeric_dtype(value)) or isinstance(value, Mapping):
        value = JSONObject(value.items())
    if isinstance(value, JSONObject):
        return _weighted(name, value, report)
    if not is_collection(value):
        shown = repr(value) if isinstance(value, str | bytes) else type(value).__name__
        msg = f"{report.source}: set {name!r} is {shown}, not a collection of genes. {_HINT}"
        raise TypeError(msg)
    genes = list(value)
    if set(map(type, genes)) != {str}:
        genes = [text for gene in genes if (text := _gene(name, gene, report)) is not None]
    return Members(sorted(genes) if isinstance(value, set | frozenset) else genes)


def _weighted(name: str, value: JSONObject, report: RepairReport) -> Members:
    genes, weights = [], []
    for gene, weight in value:
        text = _gene(name, gene, report)
        try:
            number = np.nan if _is_missing(weight) else float(weight)
        except (TypeError, ValueError) as error:
            msg = f"{report.source}: set {name!r} has a weight that is not a number ({error}). {_HINT}"
            at = f"{name!r}: {text!r}"
            report.leave_out("genes whose weight is not a number", [at], TypeError(msg))
            continue
        if text is not None:
            genes.append(text)
            weights.append(number)
    return Members(genes, weights)


def _gene(name: str, gene: object, report: RepairReport) -> str | None:
    """The text of an entry; None if it is not a gene name."""
    if isinstance(gene, str):
        return gene
    if _is_missing(gene):
        return ""
    if isinstance(gene, int | np.integer | dt.date) and not isinstance(gene, bool):
        return str(gene)
    msg = f"{report.source}: set {name!r} holds {gene!r}, which is not a gene name. {_HINT}"
    report.leave_out("entries that are not gene names", [f"{name!r}: {gene!r:.40}"], TypeError(msg))
    return None


def _is_missing(value: object) -> bool:
    return (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float | np.floating) and bool(np.isnan(value)))
    )
