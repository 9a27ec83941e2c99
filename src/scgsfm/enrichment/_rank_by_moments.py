from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from scgsfm.scoring.engine import GeneMoments

T_TESTS = ("t-test", "t-test_overestim_var")
"""Methods of ``scanpy.tl.rank_genes_groups`` that need no more than means and variances."""
ROUNDING = 1e-12
"""Scatter, relative to the sum of squares, that is no more than the rounding of sums of equal values."""


def rank_by_moments(
    moments: GeneMoments,
    names: Sequence[str],
    groups: Sequence[str],
    compared: Sequence[str],
    *,
    reference: str,
    method: str,
    expm1: Callable[[np.ndarray], np.ndarray] = np.expm1,
) -> Mapping[str, Any]:
    """Rank genes by the tests of :func:`scanpy.tl.rank_genes_groups`, from means and variances of groups.

    The matrix is not needed, so that it can be on disk or lazy. The numbers are those of scanpy up to rounding: scanpy
    sums in another order, for dense matrices in single precision, and stores scores and fold changes in single precision.

    Parameters
    ----------
    moments
        Sums and sums of squares of each group, and of the cells without a group in the last row.
    names
        Names of the genes.
    groups
        Names of the groups, in the order of ``moments``.
    compared
        The groups to rank genes for.
    reference
        A group, or ``"rest"`` for all other cells.
    method
        ``"t-test"`` or ``"t-test_overestim_var"``.
    expm1
        Inverse of the logarithm of the values, for fold changes.

    Returns
    -------
    Record arrays with a field for each group, as in ``uns["rank_genes_groups"]``.
    """
    from scipy.stats import ttest_ind_from_stats
    from statsmodels.stats.multitest import multipletests

    ranked = [group for group in compared if group != reference]
    label = np.asarray(names, dtype=object)
    columns: dict[str, list[np.ndarray]] = {
        "names": [],
        "scores": [],
        "logfoldchanges": [],
        "pvals": [],
        "pvals_adj": [],
    }
    for group in ranked:
        row = groups.index(group)
        inside = _mean_and_variance(moments, [row])
        others = [groups.index(reference)] if reference != "rest" else [i for i in range(len(groups) + 1) if i != row]
        outside = _mean_and_variance(moments, others)
        n_outside = inside[2] if method == "t-test_overestim_var" else outside[2]  # as scanpy does for small groups
        with np.errstate(invalid="ignore", divide="ignore"):
            spreads = np.sqrt(inside[1]), np.sqrt(outside[1])
            test = ttest_ind_from_stats(
                inside[0], spreads[0], inside[2], outside[0], spreads[1], n_outside, equal_var=False
            )
            change = np.log2((expm1(inside[0]) + 1e-9) / (expm1(outside[0]) + 1e-9))
        score = np.nan_to_num(
            test.statistic, nan=0.0, posinf=np.inf, neginf=-np.inf
        )  # NaN: equal means without variance
        pvalue = np.nan_to_num(test.pvalue, nan=1.0)
        order = np.argsort(-score, kind="stable")
        adjusted = multipletests(pvalue, method="fdr_bh")[1]
        for column, values in zip(columns.values(), (label, score, change, pvalue, adjusted), strict=True):
            column.append(values[order])
    kinds = {"names": object, "scores": np.float32, "logfoldchanges": np.float32}
    return {name: _record_array(ranked, parts, kinds.get(name, np.float64)) for name, parts in columns.items()}


def _mean_and_variance(moments: GeneMoments, rows: Sequence[int]) -> tuple[np.ndarray, np.ndarray, int]:
    """Mean and variance of each gene over the cells of some groups, and the number of these cells."""
    if moments.squares is None:
        msg = "Variances need sums of squares."
        raise ValueError(msg)
    n = int(moments.n_cells[rows].sum())
    total, squares = moments.sums[rows].sum(axis=0), moments.squares[rows].sum(axis=0)
    scatter = squares - total**2 / max(n, 1)
    scatter[scatter <= ROUNDING * squares] = 0
    variance: np.ndarray = scatter / max(n - 1, 1)  # 0 for one cell
    return total / max(n, 1), variance, n


def _record_array(groups: Sequence[str], columns: Sequence[np.ndarray], kind: Any) -> np.ndarray:
    made = np.empty(len(columns[0]) if columns else 0, dtype=[(group, kind) for group in groups])
    for group, values in zip(groups, columns, strict=True):
        made[group] = values
    return made
