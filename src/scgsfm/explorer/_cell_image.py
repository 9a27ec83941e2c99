"""Cells drawn as a picture, fast: each cell is a dot of some pixels, as PNG with a palette of 256 colors."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import uniform_filter

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZE = 1100
"""Width and height in pixels; the page shows them at half the size, which smooths the dots."""
MARGIN = 24
N_SHADES = 200
N_BINS = 20
MISSING, FIRST = 1, 2
"""Numbers of colors: 0 is the background, 1 cells without a value."""
GRAY = (214, 217, 222)


@dataclass(eq=False)
class CellImage:
    """The pixels of the cells of one embedding."""

    pixels: np.ndarray
    """Number of the pixel of each cell in the picture, row by row; -1 for cells without coordinates."""
    center: np.ndarray
    """Place of each cell as shares of the width and the height."""
    offsets: np.ndarray
    """Pixels of a dot, relative to its center."""

    @classmethod
    def of(cls, coordinates: np.ndarray) -> CellImage:
        """Place the cells, with the same scale on both axes."""
        finite = np.isfinite(coordinates).all(axis=1)
        if not finite.any():
            msg = "The embedding has no finite coordinates."
            raise ValueError(msg)
        low, high = coordinates[finite].min(axis=0), coordinates[finite].max(axis=0)
        span = max(float((high - low).max()), 1e-12)
        center = 0.5 + (coordinates - (low + high) / 2) / span * (SIZE - 2 * MARGIN) / SIZE
        center[:, 1] = 1 - center[:, 1]
        position = np.rint(np.where(finite[:, None], center, 0) * (SIZE - 1)).astype(np.int64)
        pixels = np.where(finite, position[:, 1] * SIZE + position[:, 0], -1)
        radius = float(np.clip(200 / np.sqrt(finite.sum()), 1.5, 9))
        reach = int(radius)
        dy, dx = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        inside = dx**2 + dy**2 <= radius**2
        return cls(pixels, center, (dy * SIZE + dx)[inside])

    def draw_values(self, values: np.ndarray, *, low: float, high: float) -> bytes:
        """Draw numbers, the highest on top. Cells with NaN are gray and below."""
        known = np.isfinite(values) & (self.pixels >= 0)
        shade = np.clip((values[known] - low) / max(high - low, 1e-12), 0, 1)
        codes = (shade * (N_SHADES - 1)).round().astype(np.uint8) + FIRST
        image = self._blank(self.pixels[(self.pixels >= 0) & ~known])
        # of the shades, lower ones first: later dots cover earlier ones
        order = np.argsort(codes, kind="stable")
        self._put(image, self.pixels[known][order], codes[order])
        return _png(image, _ramp())

    def draw_groups(self, codes: np.ndarray, colors: Sequence[str]) -> bytes:
        """Draw groups by their numbers; -1 is gray and below. Cells are in random order, so that no group covers another."""
        known = (codes >= 0) & (self.pixels >= 0)
        image = self._blank(self.pixels[(self.pixels >= 0) & ~known])
        order = np.random.default_rng(0).permutation(int(known.sum()))
        n_colors = 256 - FIRST
        self._put(image, self.pixels[known][order], (codes[known][order] % n_colors + FIRST).astype(np.uint8))
        return _png(image, [_rgb(color) for color in colors][:n_colors])

    def label_places(self, codes: np.ndarray, n_groups: int) -> np.ndarray:
        """Where each group is densest, as shares of the width and height (groups × 2), NaN without cells."""
        places = np.full((n_groups, 2), np.nan)
        for group in range(n_groups):
            at = self.center[(codes == group) & (self.pixels >= 0)]
            if not len(at):
                continue
            cells = np.clip((at * N_BINS).astype(int), 0, N_BINS - 1)
            counts = np.zeros((N_BINS, N_BINS))
            np.add.at(counts, (cells[:, 0], cells[:, 1]), 1)
            peak = np.unravel_index(uniform_filter(counts, 3, mode="constant").argmax(), counts.shape)
            near = (abs(cells - np.array(peak)) <= 1).all(axis=1)
            places[group] = np.median(at[near], axis=0)
        return places

    def _blank(self, missing: np.ndarray) -> np.ndarray:
        image = np.zeros(SIZE * SIZE, np.uint8)
        self._put(image, missing, np.full(len(missing), MISSING, np.uint8))
        return image

    def _put(self, image: np.ndarray, pixels: np.ndarray, codes: np.ndarray) -> None:
        at = (pixels[:, None] + self.offsets).ravel()
        image[at] = np.repeat(codes, len(self.offsets))


def _ramp() -> list[tuple[int, int, int]]:
    """From light gray over yellow and red to dark violet: empty cells recede."""
    from matplotlib import colormaps

    values = colormaps["magma_r"](np.linspace(0.04, 0.94, N_SHADES))[:, :3]
    light = np.array([226, 228, 233]) / 255
    fade = np.clip(np.linspace(0, 1, N_SHADES) / 0.18, 0, 1)[:, None]
    mixed = (1 - fade) * light + fade * values
    return [(int(r), int(g), int(b)) for r, g, b in np.rint(255 * mixed)]


def ramp_gradient(n: int = 12) -> str:
    """The colors of numbers as a gradient of CSS."""
    ramp = _ramp()
    stops = [ramp[round(i * (len(ramp) - 1) / (n - 1))] for i in range(n)]
    return f"linear-gradient(to right, {', '.join(f'rgb({r},{g},{b})' for r, g, b in stops)})"


def _rgb(color: str) -> tuple[int, int, int]:
    from matplotlib.colors import to_rgb

    red, green, blue = (round(255 * value) for value in to_rgb(color))
    return red, green, blue


def _png(image: np.ndarray, colors: list[tuple[int, int, int]]) -> bytes:
    from PIL import Image

    picture = Image.frombytes("P", (SIZE, SIZE), image.tobytes())
    picture.putpalette([value for color in ((255, 255, 255), GRAY, *colors) for value in color])
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1, transparency=0)
    return out.getvalue()
