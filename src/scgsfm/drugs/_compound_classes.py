"""Mechanisms of action and targets that are enriched at the ends of a ranking of compounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ._compounds import load_compounds

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = ("mechanism", "target")
COLUMNS = ("group", "kind", "term", "score", "auroc", "pvalue", "padj", "n_compounds", "compounds")


def compound_classes(groups: Sequence[str], scores: np.ndarray, keys: Sequence[str], min_size: int = 3) -> pd.DataFrame:
    """Test whether compounds of a class score higher or lower than the others (Mann–Whitney U test).

    Parameters
    ----------
    groups
        Names of the profiles.
    scores
        Profiles × compounds. The mean is used for compounds that occur several times.
    keys
        Compound of each column.
    min_size
        Minimum number of compounds of a class.

    Returns
    -------
    A row for each group and class, ordered by group, kind and p-value. ``score`` is the z-score of the test, ``auroc`` the
    probability that a compound of the class scores higher than another one.
    """
    from scipy.stats import norm, rankdata

    names, codes = np.unique(np.array(keys, dtype=str), return_inverse=True)
    counts = np.bincount(codes)
    means = np.array([np.bincount(codes, weights=each) / counts for each in scores])
    position = {name: i for i, name in enumerate(names)}
    compounds = load_compounds()
    tables = []
    for kind in KINDS:
        members = {term: found for term, found in compounds.members(kind, names).items() if len(found) >= min_size}
        if not members:
            continue
        rows = [np.array([position[key] for key in found]) for found in members.values()]
        n, size = len(names), np.array([len(row) for row in rows])
        for group, values in zip(groups, means, strict=True):
            ranks = rankdata(values)
            excess = np.array([ranks[row].sum() for row in rows]) - size * (size + 1) / 2
            auroc = excess / np.maximum(size * (n - size), 1)
            ties = np.unique(ranks, return_counts=True)[1]
            variance = size * (n - size) / 12 * ((n + 1) - (ties**3 - ties).sum() / max(n * (n - 1), 1))
            shift = excess - size * (n - size) / 2
            z = np.sign(shift) * np.maximum(np.abs(shift) - 0.5, 0) / np.sqrt(np.maximum(variance, 1e-12))
            shown = [_joined(row, values, names, high=high) for row, high in zip(rows, z >= 0, strict=True)]
            p = np.clip(2 * norm.sf(np.abs(z)), 1e-300, 1)
            columns = {"group": group, "kind": kind, "term": list(members), "score": z, "auroc": auroc, "pvalue": p}
            table = pd.DataFrame(columns | {"padj": _adjusted(p), "n_compounds": size, "compounds": shown})
            tables.append(table.sort_values("pvalue", kind="stable"))
    if not tables:
        return pd.DataFrame(columns=list(COLUMNS))
    order = {group: i for i, group in enumerate(groups)}
    table = pd.concat(tables, ignore_index=True)
    return table.sort_values("group", key=lambda column: column.map(order), kind="stable", ignore_index=True)


def classes_of_table(table: pd.DataFrame, min_size: int = 3) -> pd.DataFrame:
    """The classes of a table of compounds, see :func:`compound_classes`. Rows of the same compound are averaged."""
    compounds = load_compounds()
    keys = table["compound"].map({name: compounds.key(str(name)) for name in table["compound"].unique()})
    scores = table.assign(key=keys).pivot_table(
        index="group", columns="key", values="score", aggfunc="mean", sort=False
    )
    return compound_classes(list(scores.index), scores.to_numpy(), list(scores.columns), min_size)


def _joined(row: np.ndarray, values: np.ndarray, names: np.ndarray, *, high: bool) -> str:
    compounds = load_compounds()
    order = row[np.argsort(-values[row] if high else values[row], kind="stable")]
    return ";".join(compounds.name(str(names[i])) for i in order)


def _adjusted(p: np.ndarray) -> np.ndarray:
    from scipy.stats import false_discovery_control

    return np.asarray(false_discovery_control(p))
