from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from tests.pl._layout_checks import check_layout

from scgsfm.pl import saturation_mutagenesis as draw
from scgsfm.tl import saturation_mutagenesis

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd
    from tests.conftest import SmallR3LM

mpl.use("agg")
TEXT = "".join(np.random.default_rng(0).choice(list("ACGT"), 200))
TEXT = TEXT[:100] + "CTGCAGATAAGACA" + TEXT[114:]


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def table(small_r3lm: SmallR3LM) -> pd.DataFrame:
    return saturation_mutagenesis(sequences={"a": TEXT, "b": TEXT[50:150]}, model=small_r3lm)


def test_heat_map_has_the_effects(table: pd.DataFrame) -> None:
    motifs, logo, heat = draw(table, "a", "K562", show=False)
    image = heat.images[0]
    rows = table[(table["element"] == "a").to_numpy()]
    np.testing.assert_allclose(image.get_array(), rows["K562"].to_numpy().reshape(200, 4).T)
    low, high = image.get_clim()
    assert low == -high == -np.abs(rows["K562"]).max()
    dots = heat.collections[0].get_offsets()
    assert ["ACGT"[int(y)] for y in dots[:, 1]] == list(TEXT)
    assert [text.get_text() for text in heat.get_yticklabels()] == list("ACGT")
    assert any("GATA" in text.get_text().upper() for text in motifs.texts)
    assert logo.get_ylim()[1] > 1.9
    assert "K562" in motifs.get_title("left")


def test_choices(table: pd.DataFrame) -> None:
    motifs, _, heat = draw(table, "b", "HepG2", n_motifs=3, motifs="jaspar2024", show=False)
    assert heat.get_xlim() == (0, 100)
    assert len(motifs.texts) <= 3
    assert "HepG2" in motifs.get_title("left")
    with pytest.raises(KeyError, match="no element 'x'"):
        draw(table, "x", show=False)
    with pytest.raises(KeyError, match="no cell type 'HeLa'"):
        draw(table, cell_type="HeLa", show=False)
    with pytest.raises(ValueError, match="lacks the columns"):
        draw(table.drop(columns="ref"), show=False)


def test_layout_in_light_and_dark(table: pd.DataFrame, tmp_path: Path) -> None:
    for style in ("default", "dark_background"):
        with plt.style.context(style):
            check_layout(draw(table, show=False)[0].figure)
    figure = draw(table, figsize=(8, 5), return_fig=True, save=tmp_path / "x.png", show=False)
    assert tuple(figure.get_size_inches()) == (8, 5)
    assert (tmp_path / "x.png").exists()
    _, ax = plt.subplots(figsize=(11, 5))
    assert len(draw(table, ax=ax, show=False)) == 3
