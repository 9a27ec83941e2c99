from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from scgsfm.explorer import CellImage


def colors_at(png: bytes, image: CellImage) -> np.ndarray:
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    return picture.reshape(-1, 3)[image.pixels]


def test_values_are_drawn_where_the_cells_are() -> None:
    xy = np.array([[0.0, 0], [1, 0], [0, 1], [1, 1]])
    image = CellImage.of(xy)
    # the y axis points up, as in scanpy
    assert image.center[0, 1] > image.center[2, 1]
    colors = colors_at(image.draw_values(np.array([0.0, 0.5, 1, np.nan]), low=0, high=1), image).astype(int)
    assert (np.diff(colors[:3].sum(axis=1)) < 0).all(), "higher is darker"
    assert colors[3].tolist() == [214, 217, 222]


def test_high_values_are_on_top_of_low_ones() -> None:
    image = CellImage.of(np.array([[0.0, 0], [0, 0], [0, 0], [1, 1]]))
    for order in ([0.0, 1, 0.5, 0], [1.0, 0, 0.5, 0]):
        top = colors_at(image.draw_values(np.array(order), low=0, high=1), image)
        alone = CellImage.of(np.array([[0.0, 0], [1, 1]]))
        assert (top[0] == colors_at(alone.draw_values(np.array([1.0, 0]), low=0, high=1), alone)[0]).all()


def test_groups_have_their_colors() -> None:
    image = CellImage.of(np.array([[0.0, 0], [1, 0], [0, 1]]))
    colors = colors_at(image.draw_groups(np.array([0, 1, -1]), ["#ff0000", "#0000ff"]), image)
    assert colors.tolist() == [[255, 0, 0], [0, 0, 255], [214, 217, 222]]


def test_label_is_at_the_densest_place() -> None:
    rng = np.random.default_rng(0)
    xy = np.concatenate([rng.normal(0, 0.1, (300, 2)), rng.normal(10, 0.1, (200, 2))])
    image = CellImage.of(xy)
    (place,) = image.label_places(np.zeros(500, int), 1)
    assert abs(place - image.center[:300].mean(axis=0)).max() < 0.02
    assert np.isnan(image.label_places(np.full(500, -1), 1)).all()


def test_cells_without_coordinates_are_left_out() -> None:
    image = CellImage.of(np.array([[0.0, 0], [np.nan, 1], [1, 1]]))
    assert image.pixels[1] == -1
    assert image.draw_values(np.ones(3), low=0, high=1)
    with pytest.raises(ValueError, match="no finite coordinates"):
        CellImage.of(np.full((3, 2), np.nan))


def test_equal_values_and_places() -> None:
    image = CellImage.of(np.zeros((5, 2)))
    assert image.draw_values(np.zeros(5), low=0, high=0)
