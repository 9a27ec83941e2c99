"""Functions of SciPy that kernels need."""

from __future__ import annotations

import math

from numba import njit

_SQRT_HALF = math.sqrt(0.5)
_SQRT_2PI = math.sqrt(2 * math.pi)
_EPSILON = 1e-16
_TINY = 1e-300
_MOST_STEPS = 100_000


@njit(cache=True, nogil=True)
def normal_sf(x):
    """Upper tail of the normal distribution."""
    return 0.5 * math.erfc(x * _SQRT_HALF)


@njit(cache=True, nogil=True)
def normal_quantile(p):
    """Inverse of the normal distribution function for 0 < p < 1.

    Begins with the approximation 26.2.23 of Abramowitz and Stegun, good to 4.5e-4, and makes two steps of Halley's
    method, each of which triples the digits.
    """
    tail = min(p, 1 - p)
    t = math.sqrt(-2 * math.log(tail))
    x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    for _ in range(2):
        error = (normal_sf(x) - tail) * _SQRT_2PI * math.exp(x * x / 2)
        x += error / (1 - x * error / 2)
    return x if p > 0.5 else -x


@njit(cache=True, nogil=True)
def _away_from_0(x):
    return x if abs(x) > _TINY else _TINY


@njit(cache=True, nogil=True)
def poisson_cdf(count, mean):
    """Probability of at most ``count`` events, a whole number, where ``mean`` > 0 are expected.

    It is the upper regularised gamma function of (count + 1, mean): by its series where the lower one is small, else
    by its continued fraction (Lentz's method).
    """
    a = count + 1.0
    front = math.exp(a * math.log(mean) - mean - math.lgamma(a))
    if mean < a + 1:
        term = 1 / a
        total = term
        while term > _EPSILON * total:
            a += 1
            term *= mean / a
            total += term
        return max(1 - front * total, 0.0)
    b = mean + 1 - a
    c, d = 1 / _TINY, 1 / b
    fraction, change = d, 0.0
    i = 0
    while abs(change - 1) > 10 * _EPSILON and i < _MOST_STEPS:
        i += 1
        numerator = i * (a - i)
        b += 2
        d = 1 / _away_from_0(b + numerator * d)
        c = _away_from_0(b + numerator / c)
        change = c * d
        fraction *= change
    return min(front * fraction, 1.0)
