from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from tests.pl._layout_checks import check_layout

from scgsfm.pl import design
from scgsfm.tl import design_elements

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd
    from tests.conftest import SmallR3LM

mpl.use("agg")
TEXT = "".join(np.random.default_rng(0).choice(list("ACGT"), 200))
TEXT = TEXT[:100] + "CTGCAGATAAGCCA" + TEXT[114:]


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def tables(small_r3lm: SmallR3LM) -> dict[str, pd.DataFrame]:
    return design_elements({"a": TEXT, "b": TEXT[50:150]}, "K562", max_changes=1, model=small_r3lm)


def test_steps_and_sequences(tables: dict[str, pd.DataFrame]) -> None:
    steps, lost, before, gained, after = design(tables, "a", show=False)
    rows = tables["steps"][(tables["steps"]["element"] == "a").to_numpy()]
    lines = {line.get_label(): line for line in steps.lines}
    np.testing.assert_allclose(lines["K562"].get_ydata(), rows["K562"])
    assert lines["K562"].get_linewidth() > lines["HepG2"].get_linewidth()
    assert [text.get_text() for text in steps.get_xticklabels()] == ["start", "C111A"]
    assert "1 changes" not in steps.get_title("left")
    assert "+2.00 in K562" in steps.get_title("left")
    found = [text.get_text() for text in steps.get_legend().get_texts()]
    assert found == ["HepG2", "K562", "WTC11", "network and card", "card alone"]
    assert before.get_ylim() == after.get_ylim()
    shown = {text.get_text() for text in gained.texts}
    only = {
        (row.motif, row.start) for row in tables["motifs"].itertuples() if row.element == "a" and row.when == "design"
    }
    only -= {
        (row.motif, row.start) for row in tables["motifs"].itertuples() if row.element == "a" and row.when == "start"
    }
    assert shown <= {name for name, _ in only}
    assert shown
    assert lost.get_xlim() == (0, 200)


def test_layout_in_light_and_dark(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    for style in ("default", "dark_background"):
        with plt.style.context(style):
            check_layout(design(tables, show=False)[0].figure)
    figure = design(tables, "b", figsize=(9, 7), return_fig=True, save=tmp_path / "x.png", show=False)
    assert tuple(figure.get_size_inches()) == (9, 7)
    assert (tmp_path / "x.png").exists()
    _, ax = plt.subplots(figsize=(11, 8))
    assert len(design(tables, ax=ax, show=False)) == 5


def test_errors(tables: dict[str, pd.DataFrame]) -> None:
    with pytest.raises(KeyError, match="no element 'x'"):
        design(tables, "x", show=False)
    with pytest.raises(ValueError, match="dict of tables"):
        design(tables["designs"], show=False)
