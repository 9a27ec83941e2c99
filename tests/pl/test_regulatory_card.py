from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from tests.pl._layout_checks import check_layout

from scgsfm.pl import regulatory_card
from scgsfm.tl import explain_regulation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    import pandas as pd
    from tests.conftest import SmallR3LM

mpl.use("agg")


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def tables(small_r3lm: SmallR3LM) -> Any:
    text = "".join(np.random.default_rng(0).choice(list("ACGT"), 200))
    sequences = {"other": text, "site": text[:90] + "CTG" + "AGATAAGA" + text[101:]}
    return explain_regulation(sequences=sequences, model=small_r3lm)


def test_what_is_drawn(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    motifs, logo, words = regulatory_card(tables, "site", "K562", show=False)
    rows = tables["motifs"]
    own = rows[(rows["element"] == "site") & (rows["cell_type"] == "K562")]
    shown = [text.get_text() for text in motifs.texts]
    assert set(own["motif"][own["cited"] != 0]) <= set(shown) <= set(own["motif"])
    boxes = [patch for patch in motifs.patches if patch.get_alpha()]
    starts = {(patch.get_x(), patch.get_x() + patch.get_width()) for patch in boxes}
    assert starts <= set(zip(own["start"], own["end"], strict=True))
    n_letters = sum(len(collection.get_paths()) for collection in logo.collections)
    row = np.flatnonzero((tables["elements"]["element"] == "site") & (tables["elements"]["cell_type"] == "K562"))[0]
    added = tables["bases"].to_numpy()[row]
    assert n_letters == np.count_nonzero(added)
    tops = [path.get_extents().y1 for collection in logo.collections for path in collection.get_paths()]
    assert max(tops) == pytest.approx(added.max(), rel=1e-4)
    trace = tables["elements"]["trace"][row]
    assert "".join(text.get_text() for text in words.texts).replace(" ", "") == "".join(trace.split())
    assert "K562" in motifs.get_title(loc="left")
    motifs.figure.savefig(tmp_path / "card.png")


def test_labels_are_inside_or_beside_their_boxes(tables: dict[str, pd.DataFrame]) -> None:
    motifs, _, words = regulatory_card(tables, "site", "K562", show=False)
    figure = motifs.figure
    check_layout(figure)
    boxes = [patch.get_window_extent() for patch in motifs.patches if patch.get_alpha()]
    for text in motifs.texts:
        label = text.get_window_extent()
        for box in boxes:
            inside = box.x0 - 1 <= label.x0 and label.x1 <= box.x1 + 1
            beside = label.x1 <= box.x0 + 1 or label.x0 >= box.x1 - 1
            assert inside or beside or label.y1 <= box.y0 or label.y0 >= box.y1, text.get_text()
    longest = max(text.get_window_extent().x1 for text in words.texts)
    assert longest > 0.7 * figure.bbox.width, "the text has the whole width"


def test_size_axes_and_dark_style(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    with plt.style.context("dark_background"):
        figure, axes = plt.subplots(1, 2, figsize=(22, 6))
        for ax in axes:
            assert len(regulatory_card(tables, "site", "K562", ax=ax, show=False)) == 3
        check_layout(figure)
    path = tmp_path / "card.png"
    figure = regulatory_card(tables, "site", figsize=(9, 6), save=path, return_fig=True, show=False)
    assert tuple(figure.get_size_inches()) == (9, 6)
    assert path.exists()


def test_without_bases_what_motifs_add_is_drawn(tables: dict[str, pd.DataFrame]) -> None:
    without = {key: tables[key] for key in ("elements", "motifs")}
    motifs, effects, _ = regulatory_card(without, "site", show=False)
    assert "HepG2" in motifs.get_title(loc="left")
    rows = tables["motifs"]
    own = rows[(rows["element"] == "site") & (rows["cell_type"] == "HepG2")]
    assert len(effects.collections) == len(own) > 0


def test_without_motifs(small_r3lm: SmallR3LM) -> None:
    """No motif is shorter than eight letters where p-values are below 5e-5."""
    tables = explain_regulation(sequences={"short": "ACGTACG"}, model=small_r3lm)
    motifs, _, _ = regulatory_card(tables, show=False)
    assert motifs.texts[0].get_text() == "no motif"


def test_explanation_of_a_model(small_r3lm: SmallR3LM) -> None:
    found = small_r3lm.explain("CTGAGATAAGA" * 18, "K562")
    assert len(regulatory_card(found, show=False)) == 3


def test_errors(tables: dict[str, pd.DataFrame]) -> None:
    import anndata as ad

    with pytest.raises(KeyError, match="no explanation of 'x'"):
        regulatory_card(tables, "x", show=False)
    with pytest.raises(KeyError, match="explain_regulation"):
        regulatory_card(ad.AnnData(np.ones((1, 1))), show=False)
