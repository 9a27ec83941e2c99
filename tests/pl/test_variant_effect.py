from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from tests.pl._layout_checks import check_layout, legend_texts

from scgsfm.pl import variant_effect as draw
from scgsfm.tl import variant_effect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd
    from tests.conftest import SmallR3LM

mpl.use("agg")


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def table(small_r3lm: SmallR3LM) -> pd.DataFrame:
    text = "".join(np.random.default_rng(0).choice(list("ACGT"), 1000))
    genome = {"chr1": text[:500] + "CTGCAGATAAGACA" + text[514:]}
    others = [f"chr1:{at + 1}:{text[at]}:{'A' if text[at] != 'A' else 'C'}" for at in range(200, 280, 10)]
    return variant_effect([*others, "chr1:506:G:C", "chr7:5:A:C"], genome=genome, model=small_r3lm)


def test_largest_first(table: pd.DataFrame) -> None:
    ax = draw(table, n_top=4, show=False)
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert labels[0] == "chr1:506:G:C"
    assert len(labels) == 4
    drawn = {c.get_label(): c.get_offsets()[:, 0] for c in ax.collections if not c.get_label().startswith("_")}
    assert list(drawn) == ["HepG2", "K562", "WTC11"]
    assert drawn["K562"][0] == pytest.approx(table.loc["chr1:506:G:C", "K562"])
    assert "GATA" in ax.texts[0].get_text().upper()


def test_chosen(table: pd.DataFrame) -> None:
    names = table.index[[2, 0]].tolist()
    ax = draw(table, variants=names, cell_types=["K562"], show=False)
    assert [text.get_text() for text in ax.get_yticklabels()] == names
    _, given = plt.subplots()
    assert draw(table, ax=given, show=False) is given


def test_signs_are_explained_in_light_and_dark(table: pd.DataFrame, tmp_path: Path) -> None:
    for style in ("default", "dark_background"):
        with plt.style.context(style):
            ax = draw(table, show=False)
            assert "− lost, + gained" in ax.texts[-1].get_text()
            assert legend_texts(ax.figure) == ["HepG2", "K562", "WTC11", "range"]
            check_layout(ax.figure)
    figure, axes = plt.subplots(1, 2, figsize=(16, 4))
    for ax in axes:
        draw(table, ax=ax, show=False)
    check_layout(figure)
    path = tmp_path / "variants.png"
    figure = draw(table, figsize=(8, 4), save=path, return_fig=True, show=False)
    assert tuple(figure.get_size_inches()) == (8, 4)
    assert path.exists()


def test_errors(table: pd.DataFrame) -> None:
    with pytest.raises(KeyError, match="'x'"):
        draw(table, variants=["x"], show=False)
    with pytest.raises(KeyError, match="'HeLa'"):
        draw(table, cell_types=["HeLa"], show=False)
    with pytest.raises(ValueError, match="No variant has a prediction"):
        draw(table, variants=["chr7:5:A:C"], show=False)
    with pytest.raises(ValueError, match="must be a table that"):
        draw(table[["chrom", "pos"]], show=False)
