"""Parts of networks, by plain arrays; `models/r3lm/test_substitutions.py` compares whole networks."""

from __future__ import annotations

import numpy as np
import pytest

from scgsfm.kernels import changed_products, convolution_changes, pooling_changes


def changes(rng: np.random.Generator, shape: tuple[int, ...], density: float) -> np.ndarray:
    out = rng.normal(size=shape).astype(np.float32)
    out[rng.random(shape) >= density] = 0
    return out


@pytest.mark.parametrize("n_inputs", [1, 3, 4, 5, 19])
def test_products(n_inputs: int) -> None:
    """For numbers of inputs with a change that are multiples of four, and others; without any change, they are 0."""
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(n_inputs, 7)).astype(np.float32)
    for density in (0, 0.3, 1):
        change = changes(rng, (6, 3, n_inputs), density)
        np.testing.assert_allclose(changed_products(change, weights), change @ weights, atol=1e-5)


def test_convolution_near_both_ends() -> None:
    """Windows that reach beyond an end."""
    rng = np.random.default_rng(1)
    n_cells, n_inputs, width, taps, length = 8, 6, 6, 5, 4
    starts = np.array([-2, 0, 3, 6])
    change = changes(rng, (4, 3, length, n_inputs), 0.5)
    weights = rng.normal(size=(taps, n_inputs, width)).astype(np.float32)
    inputs = rng.normal(size=(n_cells, n_inputs)).astype(np.float32)

    def convolved(x: np.ndarray) -> np.ndarray:
        windows = np.pad(x, ((taps // 2, taps // 2), (0, 0)))
        return np.array([np.einsum("ti,tio->o", windows[i : i + taps], weights) for i in range(n_cells)])

    before = convolved(inputs).astype(np.float32)
    for i, start in enumerate(starts.tolist()):  # cells beyond the ends never change
        change[i, :, [cell for cell in range(length) if not 0 <= start + cell < n_cells]] = 0
    flipped = np.ascontiguousarray(weights[::-1].transpose(1, 0, 2).reshape(n_inputs, -1))
    found, first = convolution_changes(change, starts, before, flipped, True)
    assert first.tolist() == [-4, -2, 1, 4]
    for i in range(4):
        for step in range(3):
            moved = np.zeros_like(inputs)
            for cell in range(length):
                if 0 <= starts[i] + cell < n_cells:
                    moved[starts[i] + cell] = change[i, step, cell]
            expected = np.maximum(convolved(inputs + moved), 0) - np.maximum(before, 0) + moved
            rows = [cell for cell in range(length + taps - 1) if 0 <= first[i] + cell < n_cells]
            np.testing.assert_allclose(found[i, step, rows], expected[first[i] + rows], atol=1e-5)
            rest = np.setdiff1d(np.arange(n_cells), first[i] + rows)
            assert not expected[rest].any()


def test_pooling() -> None:
    before = np.array([[1], [2], [5], [4], [9]], np.float32)  # the last cell of an odd number is left out
    change = np.zeros((1, 3, 3, 1), np.float32)
    change[0, :, :, 0] = [[3, 0, 0], [0, -4, 0], [0, 0, 4]]
    found, first = pooling_changes(change, np.array([1]), before)
    assert first.tolist() == [0]
    assert found[0, :, :, 0].tolist() == [[3, 0], [0, -1], [0, 3]]
