from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from scgsfm._adata import as_label, groups
from scgsfm._messages import did_you_mean, listing, warn

from ._design_matrix import check_design

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData

ALL_CELLS = "all cells"
"""Name of the only cell type if there is no ``groupby``."""
FEW_CELLS = 3
"""Samples of fewer cells, on average, are hardly samples."""
COLUMNS = ("condition", "sample", "cell_type", "donor")


@dataclass(frozen=True)
class Replicates:
    """The units of replication: the cells of one sample, condition and cell type."""

    units: pd.DataFrame
    """One row per unit: ``cell_type``, ``condition``, ``sample``, ``n_cells``, ``donor`` if the samples are paired, and the
    covariates. All but numbers are strings."""
    codes: np.ndarray
    """Unit of each cell; -1 for cells with a missing value."""
    conditions: list[str]
    """The conditions, the reference first."""
    cell_types: list[str]
    covariates: list[str]
    paired: bool
    has_samples: bool
    """Whether samples are known. Otherwise, the cells of a condition count as one sample."""

    @classmethod
    def of(
        cls,
        adata: AnnData,
        *,
        condition: str,
        sample: str | None,
        groupby: str | None = None,
        reference: str | None = None,
        covariates: str | Sequence[str] | None = None,
        paired: str | None = None,
    ) -> Replicates:
        """Read the columns of ``obs``, and check that the samples and the design allow a comparison.

        Raises
        ------
        ValueError
            If there are not two conditions, a sample has several conditions without being paired, a covariate varies
            within a sample, or the conditions are confounded with the covariates or donors.
        """
        given = [] if covariates is None else [covariates] if isinstance(covariates, str) else covariates
        names = list(dict.fromkeys(given))
        _check_different(condition=condition, sample=sample, groupby=groupby)
        _check_different(condition=condition, paired=paired, **{f"covariates[{i}]": n for i, n in enumerate(names)})
        table = pd.DataFrame({"condition": groups(adata, condition, argument="condition")})
        conditions = _ordered(table["condition"].cat.categories.tolist(), reference, condition)
        table["sample"] = table["condition"] if sample is None else groups(adata, sample, argument="sample")
        table["cell_type"] = ALL_CELLS if groupby is None else groups(adata, groupby)
        if paired is not None:
            table["donor"] = groups(adata, paired, argument="paired")
        types = [ALL_CELLS] if groupby is None else table["cell_type"].cat.categories.tolist()
        for name in names:
            table[f"covariate {name}"] = _covariate(adata, name)
        kept = table.notna().all(axis=1).to_numpy()
        if not kept.any():
            msg = f"No cell has a value in all columns: {listing([c for c in (condition, sample, groupby, paired) if c])}."
            raise ValueError(msg)
        keys = ["cell_type", "condition", "sample"]
        grouped = table[kept].astype(dict.fromkeys(keys, str)).groupby(keys, sort=False, observed=True)
        codes = np.full(len(table), -1)
        codes[kept] = grouped.ngroup().to_numpy()
        _check_constant(grouped, [column for column in table if column not in keys], names, paired)
        units = grouped.first().reset_index()
        units["n_cells"] = grouped.size().to_numpy()
        for column in units.columns.difference(["n_cells"]):
            if not is_numeric_dtype(units[column]):
                units[column] = units[column].astype(str).astype(object)
        found = cls(
            units, codes, conditions, types, [f"covariate {n}" for n in names], paired is not None, sample is not None
        )
        found._check(condition, sample, paired)
        return found

    @property
    def n_excluded(self) -> int:
        """Number of cells with a missing value."""
        return int((self.codes < 0).sum())

    def of_type(self, cell_type: str, min_cells: int) -> pd.DataFrame:
        """The units of a cell type with enough cells."""
        return self.units[(self.units["cell_type"] == cell_type) & (self.units["n_cells"] >= min_cells)]

    def _check(self, condition: str, sample: str | None, paired: str | None) -> None:
        samples = self.units.drop_duplicates(["sample", "condition"])
        if sample is None:
            return
        twice = samples["sample"].duplicated(keep=False)
        if twice.any() and paired is None:
            name = samples.loc[twice, "sample"].iloc[0]
            found = samples.loc[samples["sample"] == name, "condition"].tolist()
            msg = (
                f"`sample={sample!r}` has samples with cells of several conditions, such as {name!r}, which has "
                f"{listing(found)}. If these are donors, compare within donors: `paired={sample!r}`. Otherwise, name a "
                f"column that differs between the samples of a donor."
            )
            raise ValueError(msg)
        n_cells = self.units.groupby(["sample", "condition"], observed=True)["n_cells"].sum()
        if n_cells.median() < FEW_CELLS:
            msg = (
                f"`sample={sample!r}` has {len(n_cells):,} samples of {n_cells.median():g} cells each (median), so that cells "
                "are taken for replicates. Cells of a donor are not independent: p-values will be far too low. Name the "
                "column of the donors or samples."
            )
            warn(msg)
        check_design(samples, self.conditions, self.covariates, condition=condition, paired=paired)


def _ordered(found: list[str], reference: str | None, condition: str) -> list[str]:
    """The conditions with the reference first."""
    if len(found) < 2:
        msg = f"`condition={condition!r}` has only {found[0]!r}, but two conditions are needed for a comparison."
        raise ValueError(msg)
    first = found[0] if reference is None else as_label(reference)
    if first not in found:
        hint = did_you_mean(first, found)
        msg = f"`reference={reference!r}` is not in `obs[{condition!r}]`, which has: {listing(found, 20)}.{hint}"
        raise ValueError(msg)
    return [first, *(name for name in found if name != first)]


def _check_different(**columns: str | None) -> None:
    """Raise if two arguments name the same column."""
    seen: dict[str, str] = {}
    for argument, column in columns.items():
        if column is None:
            continue
        shown = argument.partition("[")[0]
        if column in seen:
            what = "a covariate" if shown == "covariates" else f"`{shown}`"
            msg = (
                f"`{seen[column]}` and {what} are the same column, {column!r}, so that the two can't be told apart. "
                "Name another column, or leave it out."
            )
            raise ValueError(msg)
        seen[column] = shown


def _covariate(adata: AnnData, name: str) -> pd.Series:
    """A covariate: numbers as they are, everything else as groups."""
    if isinstance(name, str) and name in adata.obs:
        column: Any = adata.obs[[name]]
        column = (column.to_memory() if hasattr(column, "to_memory") else column).iloc[:, 0]
        if is_numeric_dtype(column) and not is_bool_dtype(column):
            return pd.Series(column.to_numpy(np.float64, na_value=np.nan), adata.obs_names)
    return groups(adata, name, argument="covariates")


def _check_constant(grouped: Any, columns: list[str], covariates: list[str], paired: str | None) -> None:
    """Raise if a donor or covariate varies within the cells of a sample."""
    for column in columns:
        varying = grouped[column].nunique().gt(1)
        if not varying.any():
            continue
        sample = varying.index[varying][0][2]
        if column == "donor":
            msg = f"`paired={paired!r}` has several donors in the sample {sample!r}, but a sample is of one donor."
            raise ValueError(msg)
        name = next(name for name in covariates if column == f"covariate {name}")
        msg = (
            f"`covariates` has {name!r}, which varies within the sample {sample!r}, but samples are compared. Use its mean "
            f"per sample: `adata.obs.groupby(sample)[{name!r}].transform('mean')`."
        )
        raise ValueError(msg)
