from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from tests.pl._layout_checks import check_layout

import scgsfm
from scgsfm.pl._probability_rows import PREDICTED, known_color

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

    from scgsfm.models.gsfm import GSFM

LIBRARY = {
    "LIB_T/NK (GO:0000001)": ["CD3D", "CD3E", "CD2", "CD8A", "NKG7", "PRF1"],
    "LIB_B": ["CD79A", "MS4A1", "CD19"],
    "LIB_myeloid": ["LYZ", "CD14", "S100A8", "S100A9", "ACTB"],
}


@pytest.fixture(autouse=True)
def figures() -> Iterator[None]:
    """No window is opened, and no figure stays."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


@pytest.fixture
def table(gsfm: GSFM) -> pd.DataFrame:
    return scgsfm.tl.predict_functions(["CD3D", "LYZ"], library=LIBRARY, model=gsfm)


def check(ax: Axes, rows: pd.DataFrame, listed: str = "in the library") -> None:
    p = rows["probability"].to_numpy(float).clip(1e-7, 1 - 1e-7)
    dots = ax.collections[-1]
    np.testing.assert_allclose(
        dots.get_offsets(), np.column_stack([np.log(p / (1 - p)), range(len(rows))]), rtol=1e-4, atol=1e-6
    )
    assert (np.diff(dots.get_offsets()[:, 0]) <= 0).all(), "in the order of the probabilities"
    expected = [known_color().upper() if known else PREDICTED for known in rows["known"]]
    assert [to_hex(color).upper() for color in dots.get_facecolors()] == expected
    assert isinstance(ax.collections[0], LineCollection)
    assert ax.yaxis_inverted()
    assert [text.get_text() for text in ax.figure.legends[0].get_texts()] == [listed, "predicted"]


def test_panels_of_genes(table: pd.DataFrame) -> None:
    axes = scgsfm.pl.predict_functions(table.sample(frac=1, random_state=0), names=["CD3D", "LYZ"], n_top=2, show=False)
    plain = {"LIB_T/NK (GO:0000001)": "T/NK", "LIB_B": "B", "LIB_myeloid": "myeloid"}
    for gene, ax in zip(["CD3D", "LYZ"], axes, strict=True):
        rows = table[(table["gene"] == gene) & (table["rank"] <= 2)].sort_values("probability", ascending=False)
        check(ax, rows)
        assert ax.get_title(loc="left") == gene
        assert [tick.get_text() for tick in ax.get_yticklabels()] == rows["term"].map(plain).tolist()
        aurocs = ["–" if np.isnan(auroc) else f"{auroc:.2f}" for auroc in rows["auroc"]]
        assert [text.get_text() for text in ax.texts] == ["AUROC", *aurocs]
    check_layout(axes[0].figure)


def test_panels_of_terms(gsfm: GSFM) -> None:
    table = scgsfm.tl.predict_functions(library=LIBRARY, model=gsfm, by="term")
    ax = scgsfm.pl.predict_functions(table, names="LIB_myeloid", n_top=7, show=False)
    rows = table[table["term"] == "LIB_myeloid"].head(7).sort_values("probability", ascending=False)
    check(ax, rows)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == rows["gene"].tolist()
    assert ax.get_title(loc="left") == f"LIB_myeloid (AUROC {rows['auroc'].iloc[0]:.2f})"


def test_given_axes(table: pd.DataFrame) -> None:
    import matplotlib.pyplot as plt

    figure, given = plt.subplots()
    assert scgsfm.pl.predict_functions(table, names="LYZ", ax=given, show=False) is given
    assert given.get_legend() is not None
    assert not figure.legends


def test_many_genes_wrap(table: pd.DataFrame) -> None:
    many = pd.concat([table.assign(gene=table["gene"] + f" {i}") for i in range(3)])
    axes = scgsfm.pl.predict_functions(many, names=many["gene"].unique(), show=False)
    assert len(axes) == 6
    assert axes[2].get_subplotspec().rowspan.start == 1
    axes = scgsfm.pl.predict_functions(many, show=False)
    assert len(axes) == 4
    assert axes[0].figure.get_supxlabel() == "the first 4 of 6 genes"


def test_long_terms_are_whole(table: pd.DataFrame) -> None:
    long = "Antigen Processing and Presentation of Exogenous Peptide Antigen via MHC Class II (GO:0019886)"
    rows = table[table["gene"] == "CD3D"].head(2).assign(term=[long, "Other (GO:0000002)"])
    ax = scgsfm.pl.predict_functions(rows, show=False)
    labels = [tick.get_text().replace("\n", " ") for tick in ax.get_yticklabels()]
    assert sorted(labels) == sorted([long.removesuffix(" (GO:0019886)"), "Other"])
    check_layout(ax.figure)


def test_axes_in_a_row_and_dark_style(table: pd.DataFrame) -> None:
    import matplotlib.pyplot as plt

    with plt.style.context("dark_background"):
        figure, axes = plt.subplots(1, 2, figsize=(12, 4))
        for ax in axes:
            scgsfm.pl.predict_functions(table, names="LYZ", ax=ax, show=False)
        check_layout(figure)


def test_errors(table: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="lacks the columns term, auroc"):
        scgsfm.pl.predict_functions(table.drop(columns=["term", "auroc"]))
    with pytest.raises(KeyError, match="no gene 'CD4'. It has 2 genes"):
        scgsfm.pl.predict_functions(table, names=["LYZ", "CD4"])
    with pytest.raises(ValueError, match="`n_top` is 0"):
        scgsfm.pl.predict_functions(table, n_top=0)
    with pytest.raises(ValueError, match="There are 0 genes"):
        scgsfm.pl.predict_functions(table[:0])
