"""Scores of one cell by exact arithmetic: fractions of the values as they are, rounded once at the end."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def fractions(values: np.ndarray) -> list[Fraction]:
    """Floating-point numbers without rounding."""
    return [Fraction(float(value)) for value in values]


def root(numerator: Fraction, denominator: Fraction) -> float:
    """The signed square root of a quotient, to double precision: sign · √|a / b|."""
    quotient = abs(numerator) / denominator
    shift = (quotient.numerator.bit_length() - quotient.denominator.bit_length()) // 2 - 64
    whole = int(quotient / Fraction(4) ** shift)
    return math.ldexp(math.isqrt(whole), shift) * (-1 if numerator < 0 else 1)


def ulm(cell: np.ndarray, weights: np.ndarray) -> float:
    """The t statistic of a linear regression; 0 for values or weights that are all equal."""
    x, w, n = fractions(cell), fractions(weights), len(cell)
    mean_x, mean_w = sum(x) / n, sum(w) / n
    products = sum(((a - mean_x) * (b - mean_w) for a, b in zip(x, w, strict=True)), Fraction(0))
    squares = sum((a - mean_x) ** 2 for a in x) * sum((b - mean_w) ** 2 for b in w)
    if squares == 0:
        return 0.0
    left = squares - products**2
    return math.inf * (1 if products > 0 else -1) if left == 0 else root(products * abs(products) * (n - 2), left)


def zscore(cell: np.ndarray, weights: np.ndarray) -> float:
    """The weighted mean minus the mean of all genes, in standard errors."""
    x, w, n = fractions(cell), fractions(weights), len(cell)
    mean = sum(x) / n
    variance = sum((a - mean) ** 2 for a in x) / (n - 1)
    if variance == 0:
        return 0.0
    m = sum(b != 0 for b in w)
    difference = sum(a * b for a, b in zip(x, w, strict=True)) / sum(map(abs, w)) - mean
    return root(difference * abs(difference) * m, variance)


def mlm(cell: np.ndarray, membership: np.ndarray) -> list[float]:
    """The t statistics of a regression on all sets; 0 for values that are all equal."""
    n, k = len(cell), len(membership)
    columns = [[Fraction(1)] * n, *map(fractions, membership)]
    x = fractions(cell)
    gram = [[_dot(a, b) for b in columns] for a in columns]
    inverse = _inverse(gram)
    right = [_dot(a, x) for a in columns]
    coefficients = [_dot(row, right) for row in inverse]
    fitted = [sum(c * column[i] for c, column in zip(coefficients, columns, strict=True)) for i in range(n)]
    residual = sum((a - b) ** 2 for a, b in zip(x, fitted, strict=True))
    if len(set(x)) == 1:
        return [0.0] * k
    df = n - k - 1
    return [
        math.inf * (1 if coefficients[j] > 0 else -1)
        if residual == 0
        else root(coefficients[j] * abs(coefficients[j]) * df, residual * inverse[j][j])
        for j in range(1, k + 1)
    ]


def gsea(cell: np.ndarray, members: np.ndarray) -> float:
    """The enrichment score, with ties passed in one step; 0 if all members are 0, and for all genes."""
    x, hits = fractions(cell), members != 0
    total = sum(abs(a) for a, hit in zip(x, hits, strict=True) if hit)
    n_misses = int((~hits).sum())
    if total == 0 or n_misses == 0:
        return 0.0
    running, best, worst = Fraction(0), Fraction(0), Fraction(0)
    for level in sorted(set(x), reverse=True):
        for a, hit in zip(x, hits, strict=True):
            if a == level:
                running += abs(a) / total if hit else -Fraction(1, n_misses)
        best, worst = max(best, running), min(worst, running)
    return float(best if best > -worst else worst)


def weighted_sum(cell: np.ndarray, weights: np.ndarray) -> float:
    """The sum of products; infinite beyond double precision."""
    return _rounded(_dot(fractions(cell), fractions(weights)))


def weighted_mean(cell: np.ndarray, weights: np.ndarray) -> float:
    """The sum of products divided by the sum of absolute weights."""
    w = fractions(weights)
    return _rounded(_dot(fractions(cell), w) / sum(map(abs, w)))


BY_SET: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "ulm": ulm,
    "zscore": zscore,
    "gsea": gsea,
    "sum": weighted_sum,
    "mean": weighted_mean,
}
"""The oracles of methods that score each set on its own."""


def scores(method: str, cells: np.ndarray, membership: np.ndarray) -> np.ndarray:
    """Scores of cells (cells × sets)."""
    if method == "mlm":
        return np.array([mlm(cell, membership) for cell in cells])
    return np.array([[BY_SET[method](cell, row) for row in membership] for cell in cells])


def _rounded(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf * (1 if value > 0 else -1)


def _dot(a: Sequence[Fraction], b: Sequence[Fraction]) -> Fraction:
    return sum((p * q for p, q in zip(a, b, strict=True)), Fraction(0))


def _inverse(matrix: list[list[Fraction]]) -> list[list[Fraction]]:
    """Gauss-Jordan elimination."""
    n = len(matrix)
    rows = [[*row, *(Fraction(i == j) for j in range(n))] for i, row in enumerate(matrix)]
    for i in range(n):
        pivot = next(j for j in range(i, n) if rows[j][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for j in range(n):
            if j != i and rows[j][i]:
                rows[j] = [a - rows[j][i] * b for a, b in zip(rows[j], rows[i], strict=True)]
    return [row[n:] for row in rows]
