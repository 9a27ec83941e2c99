from __future__ import annotations

import numpy as np
import pytest

from scgsfm.kernels import mask_sets

SIZES = np.array([2, 3, 10, 40, 700])
INDPTR = np.concatenate([[0], np.cumsum(SIZES)])
INDICES = np.concatenate([np.arange(n) + 1000 * i for i, n in enumerate(SIZES)]).astype(np.uint16)
"""Five sets; a gene tells the set that it belongs to."""

DRAWN = np.tile(np.arange(5), 200)


def draw(
    low: float = 0.1,
    high: float = 0.9,
    *,
    max_visible: int = 10_000,
    max_targets: int = 10_000,
    disjoint: bool = False,
    seed: int = 0,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    v_ptr, visible, t_ptr, target = mask_sets(
        DRAWN, INDPTR, INDICES, rng, (low, high), max_visible, max_targets, disjoint
    )
    return np.split(visible, v_ptr[1:-1]), np.split(target, t_ptr[1:-1])


@pytest.mark.parametrize("disjoint", [False, True])
def test_parts_belong_to_the_set(disjoint: bool) -> None:
    for s, seen, target in zip(DRAWN, *draw(disjoint=disjoint), strict=True):
        genes = set(INDICES[INDPTR[s] : INDPTR[s + 1]].tolist())
        assert len(set(seen)) == len(seen) > 0
        if disjoint:
            assert set(seen) | set(target) == genes
            assert not set(seen) & set(target)
        else:
            assert set(seen) < genes
            assert sorted(target) == sorted(genes)


def test_visible_fraction_is_uniform_over_its_range() -> None:
    seen, _ = draw(0.1, 0.9)
    shares = np.array([len(part) for part in seen[4::5]]) / 700
    assert shares.min() >= 0.099
    assert shares.max() <= 0.901
    assert np.quantile(shares, [0.25, 0.5, 0.75]) == pytest.approx([0.3, 0.5, 0.7], abs=0.08)


def test_fixed_fraction() -> None:
    seen, target = draw(0.2, 0.2, disjoint=True)
    assert [len(part) for part in seen[:5]] == [1, 1, 2, 8, 140]
    assert [len(part) for part in target[:5]] == [1, 2, 8, 32, 560]


def test_all_visible() -> None:
    for seen, target in zip(*draw(1.0, 1.0), strict=True):
        np.testing.assert_array_equal(seen, target)


def test_at_least_one_gene_is_hidden() -> None:
    seen, target = draw(0.999, 0.999, disjoint=True)
    assert {len(part) for part in target} == {1}
    assert len(seen[0]) == 1


@pytest.mark.parametrize("disjoint", [False, True])
def test_limits(disjoint: bool) -> None:
    seen, target = draw(0.5, 0.5, max_visible=30, max_targets=50, disjoint=disjoint)
    assert [len(part) for part in seen[:5]] == [1, 2, 5, 20, 30]
    assert [len(part) for part in target[:5]] == ([1, 1, 5, 20, 50] if disjoint else [2, 3, 10, 40, 50])
    if disjoint:
        assert not set(seen[4]) & set(target[4])


def test_each_draw_has_another_order() -> None:
    seen, _ = draw(0.1, 0.1)
    how_often = np.bincount(np.concatenate(seen[4::5]) - 4000, minlength=700)
    assert how_often.sum() == 200 * 70
    assert how_often.max() < 45, "20 expected"
    assert how_often.min() > 4
