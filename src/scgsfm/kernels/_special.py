"""Special functions for kernels: normal tail and quantile, Poisson CDF.

Compiled code can't call SciPy's functions. numba-scipy could, but it lags behind releases of numba, and kernels that use
it can't be cached on disk.
"""

from __future__ import annotations

import math

from ._njit import njit

_SQRT_HALF = math.sqrt(0.5)
_SQRT_2PI = math.sqrt(2 * math.pi)
_EPSILON = 1e-16
_TINY = 1e-300
_MAX_STEPS = 100_000


@njit(cache=True, nogil=True)
def normal_sf(x: float) -> float:
    """Compute the survival function (upper tail) of the normal distribution."""
    return 0.5 * math.erfc(x * _SQRT_HALF)


@njit(cache=True, nogil=True)
def normal_quantile(p: float) -> float:
    """Compute the inverse of the normal CDF for 0 < p < 1.

    The approximation 26.2.23 of Abramowitz and Stegun, accurate to 4.5e-4, is followed by two steps of Halley's method.
    Each step triples the number of correct digits, so two suffice for double precision.
    """
    tail = min(p, 1 - p)
    t = math.sqrt(-2 * math.log(tail))
    x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    for _ in range(2):
        error = (normal_sf(x) - tail) * _SQRT_2PI * math.exp(x * x / 2)
        x += error / (1 - x * error / 2)
    return x if p > 0.5 else -x


@njit(cache=True, nogil=True)
def _away_from_0(x: float) -> float:
    """Replace numbers near 0, by which Lentz's method would divide."""
    return x if abs(x) > _TINY else _TINY


@njit(cache=True, nogil=True)
def poisson_cdf(count: float, mean: float) -> float:
    """Compute the Poisson probability of at most ``count`` (an integer) events with ``mean`` > 0.

    It is the regularized upper incomplete gamma function of (count + 1, mean): one minus the series of the lower
    function where that converges fast, else the continued fraction by Lentz's method.
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
    while abs(change - 1) > 10 * _EPSILON and i < _MAX_STEPS:
        i += 1
        numerator = i * (a - i)
        b += 2
        d = 1 / _away_from_0(b + numerator * d)
        c = _away_from_0(b + numerator / c)
        change = c * d
        fraction *= change
    return min(front * fraction, 1.0)
