from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from scgsfm._messages import check_at_least, check_choice, listing, number, warn
from scgsfm._progress import progress_over

from ._design_matrix import DesignMatrix
from ._effects import Effects, mixed_effects, pseudobulk_effects
from ._moderated_t import adjusted
from ._unit_sums import UnitSums

if TYPE_CHECKING:
    from ._replicates import Replicates
    from ._score_source import ScoreSource

ENGINES = ("pseudobulk", "mixed")
TESTED = ("ci_low", "ci_high", "t", "df", "pvalue")
"""Columns that are missing without enough samples."""


@dataclass(frozen=True)
class Comparison:
    """The result of a comparison."""

    table: pd.DataFrame
    """A row for each cell type, condition but the reference, and set."""
    samples: pd.DataFrame
    """Mean scores of the samples: a row for each cell type, sample and set."""
    record: dict[str, Any]


@dataclass(frozen=True)
class CompareOptions:
    """How conditions are compared."""

    engine: Literal["pseudobulk", "mixed"] = "pseudobulk"
    min_samples: int = 3
    min_cells: int = 10
    weighted: bool = True

    def __post_init__(self) -> None:
        check_choice("engine", self.engine, ENGINES)
        check_at_least("min_samples", self.min_samples, 1)
        check_at_least("min_cells", self.min_cells, 1)


@dataclass
class Scores:
    """Scores of units and, as far as they are needed, of cells."""

    names: list[str]
    means: np.ndarray
    """Units × sets."""
    sums: UnitSums | None
    """Sums over the cells of each unit; None if summed counts were scored."""
    cells: np.ndarray | None = None
    """Cells × sets, for mixed models."""

    @classmethod
    def read(cls, source: ScoreSource, replicates: Replicates, *, of_units: bool, keep_cells: bool) -> Scores:
        """Read all scores once."""
        n_units, n_sets = len(replicates.units), len(source.names)
        if of_units:
            means = np.empty((n_units, n_sets))
            source.write_into(means)
            return cls(source.names, means, None)
        sums = UnitSums(replicates.codes, n_units, n_sets)
        if not keep_cells:
            source.write_into(sums)
            return cls(source.names, sums.means, sums)
        cells = np.empty((len(replicates.codes), n_sets))
        source.write_into(cells)
        sums[: len(cells)] = cells
        return cls(source.names, sums.means, sums, cells)

    def within(self, units: np.ndarray) -> np.ndarray | None:
        """Variance of the scores of cells within units."""
        return None if self.sums is None else self.sums.within(units)


@dataclass
class Findings:
    """What can't be compared, or not tested, and why."""

    skipped: dict[str, str] = field(default_factory=dict)
    untested: dict[str, str] = field(default_factory=dict)
    models: list[dict[str, Any]] = field(default_factory=list)
    """What was estimated for all sets of a cell type."""


def compare_conditions(
    replicates: Replicates, source: ScoreSource, options: CompareOptions, *, of_units: bool = False
) -> Comparison:
    """Compare scores between conditions within each cell type.

    Parameters
    ----------
    replicates
        The samples.
    source
        Scores of cells or, with ``of_units``, of the units of ``replicates``.
    options
        Engine and limits.
    of_units
        Whether the scores are of the summed counts of the units.
    """
    is_mixed = options.engine == "mixed"
    scores = Scores.read(source, replicates, of_units=of_units, keep_cells=is_mixed)
    findings, parts = Findings(), []
    types = replicates.cell_types
    for cell_type in progress_over(types, total=len(types), unit="cell types", description="Comparing"):
        parts += _compare_type(cell_type, replicates, scores, options, findings)
    if not parts:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in list(findings.skipped.items())[:3])
        msg = f"No cell type can be compared. {reasons}."
        raise ValueError(msg)
    table = pd.concat(parts, ignore_index=True)
    for p, adjusted_p in (("pvalue", "padj"), ("f_pvalue", "f_padj")):
        if p in table:
            table[adjusted_p] = _adjusted_by_condition(table, p)
    _warn(findings, table, replicates, options)
    record = {
        "n_excluded": replicates.n_excluded,
        "skipped": np.array([f"{name}: {reason}" for name, reason in findings.skipped.items()], dtype=object),
        "untested": np.array([f"{name}: {sizes}" for name, sizes in findings.untested.items()], dtype=object),
        "models": pd.DataFrame(findings.models),
    }
    return Comparison(table[_order(table)], _samples(replicates, scores), record)


def _compare_type(
    cell_type: str, replicates: Replicates, scores: Scores, options: CompareOptions, findings: Findings
) -> list[pd.DataFrame]:
    """Tables of the conditions of a cell type; none if it can't be compared."""
    conditions = replicates.conditions
    units = _comparable(replicates, cell_type, options.min_cells)
    missing = [name for name in conditions if not (units["condition"] == name).any()]
    enough = f"with at least {number(options.min_cells, 'cell')}"
    if conditions[0] in missing or len(missing) == len(conditions) - 1:
        findings.skipped[cell_type] = (
            f"no {'pair of samples' if replicates.paired else 'sample'} {enough} in {listing(missing)}"
        )
        return []
    if missing:
        findings.skipped[f"{cell_type}, {', '.join(missing)}"] = f"no sample {enough}"
    design = DesignMatrix.of(units, conditions, replicates.covariates)
    if not design.is_full_rank:
        findings.skipped[cell_type] = "too few samples to tell conditions, covariates and donors apart"
        return []
    effects = _effects(design, units.index.to_numpy(), replicates, scores, options)
    findings.models.append({"cell_type": cell_type, **effects.record})
    n_samples = units.groupby("condition")["sample"].size()
    n_cells = units.groupby("condition")["n_cells"].sum()
    tested = {name: _is_tested(units, name, replicates, options, effects.df) for name in conditions[1:]}
    tables = []
    for i, name in enumerate(design.conditions):
        columns: dict[str, Any] = {"cell_type": cell_type, "set": np.array(scores.names, dtype=object)}
        columns |= {"condition": name, "reference": conditions[0], "effect": effects.effect[i]}
        columns |= {"ci_low": effects.effect[i] - effects.margin[i], "ci_high": effects.effect[i] + effects.margin[i]}
        with np.errstate(invalid="ignore", divide="ignore"):
            columns["standardized_effect"] = effects.effect[i] / np.where(effects.spread > 0, effects.spread, np.nan)
        columns |= {"t": effects.t[i], "df": effects.df, "pvalue": effects.pvalue[i], "padj": np.nan}
        columns |= {"n_samples": n_samples[name], "n_samples_reference": n_samples[conditions[0]]}
        columns |= {"n_cells": n_cells[name], "n_cells_reference": n_cells[conditions[0]]}
        if len(conditions) > 2:
            columns |= {"f": effects.f, "f_pvalue": effects.f_pvalue, "f_padj": np.nan}
        table = pd.DataFrame(columns)
        if not tested[name]:
            table[list(TESTED)] = np.nan
            sizes = f"{n_samples[name]} and {number(int(n_samples[conditions[0]]), 'sample')}"
            findings.untested[f"{cell_type}, {name}" if len(conditions) > 2 else cell_type] = sizes
        if len(conditions) > 2 and not all(tested[each] for each in design.conditions):
            table[["f", "f_pvalue"]] = np.nan
        # missing p-values and effects come last
        order = np.lexsort((-table["standardized_effect"].abs(), -table["t"].abs(), table["pvalue"]))
        tables.append(table.iloc[order])
    return tables


def _comparable(replicates: Replicates, cell_type: str, min_cells: int) -> pd.DataFrame:
    """The units of a cell type; of paired ones, those of donors that have several conditions."""
    units = replicates.of_type(cell_type, min_cells)
    if not replicates.paired or units.empty:
        return units
    n_conditions = units.groupby("donor")["condition"].transform("nunique")
    return units[n_conditions > 1]


def _is_tested(units: pd.DataFrame, name: str, replicates: Replicates, options: CompareOptions, df: float) -> bool:
    """Whether a condition and the reference have enough samples for a p-value."""
    if not replicates.has_samples or not df > 0:
        return False
    of = {each: units[units["condition"] == each] for each in (name, replicates.conditions[0])}
    if replicates.paired:
        return len(set.intersection(*(set(part["donor"]) for part in of.values()))) >= options.min_samples
    return min(map(len, of.values())) >= options.min_samples


def _effects(
    design: DesignMatrix, units: np.ndarray, replicates: Replicates, scores: Scores, options: CompareOptions
) -> Effects:
    within = scores.within(units)
    if scores.cells is None:
        n_cells = replicates.units.loc[units, "n_cells"].to_numpy()
        return pseudobulk_effects(design, scores.means[units], within, n_cells, weighted=options.weighted)
    position = np.full(len(replicates.units) + 1, -1)
    position[units] = np.arange(len(units))
    of_cells = position[replicates.codes]  # cells without a unit, -1, take the last value, which is -1
    members = np.flatnonzero(of_cells >= 0)
    return mixed_effects(design, scores.cells[members], of_cells[members], np.asarray(within))


def _adjusted_by_condition(table: pd.DataFrame, column: str) -> np.ndarray:
    """p-values adjusted over the sets and cell types of each condition."""
    result = np.full(len(table), np.nan)
    for rows in table.groupby("condition", sort=False).indices.values():
        result[rows] = adjusted(table[column].to_numpy()[rows])
    return result


def _order(table: pd.DataFrame) -> list[str]:
    """Columns in their order."""
    last = [column for column in ("f", "f_pvalue", "f_padj") if column in table]
    return [*(column for column in table if column not in last), *last]


def _samples(replicates: Replicates, scores: Scores) -> pd.DataFrame:
    """Mean scores of all units in a long table."""
    units, n_sets = replicates.units, len(scores.names)
    columns: dict[str, Any] = {}
    for name in ("cell_type", "condition", "sample", *(["donor"] if replicates.paired else [])):
        values = pd.Categorical(units[name], list(dict.fromkeys(_levels(replicates, name))))
        columns[name] = values.repeat(n_sets)
    columns["set"] = pd.Categorical(scores.names * len(units), scores.names)
    columns["n_cells"] = units["n_cells"].to_numpy().repeat(n_sets)
    columns["mean"] = scores.means.ravel()
    return pd.DataFrame(columns)


def _levels(replicates: Replicates, name: str) -> list[str]:
    if name == "cell_type":
        return replicates.cell_types
    return replicates.conditions if name == "condition" else list(map(str, replicates.units[name]))


def _warn(findings: Findings, table: pd.DataFrame, replicates: Replicates, options: CompareOptions) -> None:
    """Say what is not compared, and what has no p-value."""
    if not replicates.has_samples:
        msg = (
            "Without `sample`, the only replicates would be cells, which are not independent: cells of one donor share what "
            "is particular about the donor. Effects are given without p-values. Name the column of `obs` with the donors or "
            "samples, at least three for each condition."
        )
        warn(msg)
    elif findings.untested:
        found = [f"{name} ({sizes})" for name, sizes in list(findings.untested.items())[:4]]
        more = f" and {len(findings.untested) - 4} more" if len(findings.untested) > 4 else ""
        least = "pairs of samples" if replicates.paired else "samples in each condition"
        few = (
            f"there are fewer than {options.min_samples} {least}, or no" if options.min_samples > 1 else "there are no"
        )
        ways = (
            "Set `min_samples` to a lower number to test all the same, as far as any degree of freedom is left."
            if options.min_samples > 1
            else "No degree of freedom is left."
        )
        msg = (
            f"No p-values for {', '.join(found)}{more}: {few} more samples "
            f"than coefficients, so that the variation between samples is hardly known. Effects are given. {ways}"
        )
        warn(msg)
    if findings.skipped:
        found = [f"{name} ({reason})" for name, reason in list(findings.skipped.items())[:4]]
        more = f" and {len(findings.skipped) - 4} more" if len(findings.skipped) > 4 else ""
        warn(f"Not compared: {', '.join(found)}{more}.")
    if bad := table.loc[table["effect"].isna(), "set"].drop_duplicates().tolist():
        warn(f"{number(len(bad), 'set')} without a result, since scores are missing or models fail: {listing(bad)}.")
