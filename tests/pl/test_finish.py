"""Saving, returning and showing, which all plots share, and colors that follow the style."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from scgsfm.pl._finish import file_to_save, finish
from scgsfm.pl._set_labels import set_labels, wrap
from scgsfm.pl._style import background, faded, group_colors, palette, readable_on
from scgsfm.pl._toolkit import most_telling


@pytest.mark.parametrize(
    ("save", "expected"),
    [
        (None, None),
        (False, None),
        ("", None),
        (True, "figures/score.pdf"),
        ("_x", "figures/score_x.pdf"),
        (".svg", "figures/score.svg"),
        ("v1.2", "figures/scorev1.2.pdf"),
        ("a.png", "a.png"),
        ("A.PDF", "A.PDF"),
        ("folder/a", "folder/a.pdf"),
        ("folder/a.svg", "folder/a.svg"),
        ("folder/v1.2", "folder/v1.2.pdf"),
        ("folder/", "folder/score.pdf"),
        (Path("a.jpg"), "a.jpg"),
    ],
)
def test_file_to_save(save: Any, expected: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert file_to_save(save, "score") == (None if expected is None else Path(expected))


def test_existing_folder(tmp_path: Path) -> None:
    assert file_to_save(tmp_path, "score") == tmp_path / "score.pdf"
    with pytest.raises(TypeError, match="`save` must be a path, a name or a boolean, but is 3"):
        file_to_save(3, "score")  # type: ignore[arg-type]


@pytest.mark.usefixtures("autoshow")
def test_show_and_return(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    shown: list[int] = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(1))
    figure, ax = plt.subplots()
    assert finish(ax, False) is ax
    assert finish([ax], False, return_fig=True) is figure
    assert finish(ax, None, return_fig=True) is figure
    assert not shown
    assert finish(ax, True, return_fig=True) is figure
    assert finish(ax, None) is None
    assert finish(ax, True) is None
    assert len(shown) == 3
    with caplog.at_level("INFO", logger="scgsfm"):
        assert finish(ax, False, save=tmp_path / "x" / "a.png") is ax
    assert f"saved the figure to {tmp_path / 'x' / 'a.png'}" in caplog.text
    assert finish(ax, True, save=tmp_path / "b.png") is None
    assert len(shown) == 4
    assert plt.get_fignums()
    assert finish(ax, None, save=tmp_path / "c.png") is None
    assert len(shown) == 4
    assert not plt.get_fignums(), "else a notebook shows it"
    assert all(path.exists() for path in (tmp_path / "b.png", tmp_path / "c.png"))


def test_axes_of_a_subfigure() -> None:
    figure = plt.figure()
    ax = figure.subfigures(1, 2)[0].add_subplot()
    found = finish(ax, False, return_fig=True)
    assert isinstance(found, Figure)
    assert found is figure


def test_colors_follow_the_style() -> None:
    assert (background(), faded(0), faded(1)) == ("#ffffff", "#ffffff", "#000000")
    with plt.style.context("dark_background"):
        _, ax = plt.subplots()
        assert (background(ax), faded(0, ax), faded(1, ax)) == ("#000000", "#000000", "#ffffff")
        ax.set_facecolor("none")
        assert background(ax) == "#000000"
    assert readable_on("#fde725") == "black"
    assert readable_on("#440154") == "white"


def test_group_colors() -> None:
    obs = pd.DataFrame({"type": pd.Categorical(["b", "a", "c"], ["c", "b", "a"]), "text": ["b", "a", "c"]})
    adata = AnnData(obs=obs.set_axis(["1", "2", "3"]))
    assert group_colors(adata, "type", ["a", "b"]) == dict(zip("ab", palette(2), strict=True))
    adata.uns["type_colors"] = ["red", "#00ff00", "blue"]
    assert group_colors(adata, "type", ["a", "b"]) == {"a": "#0000ff", "b": "#00ff00"}
    adata.uns["text_colors"] = ["red", "#00ff00", "blue"]
    assert group_colors(adata, "text", ["c", "b", "a"]) == {"a": "#ff0000", "b": "#00ff00", "c": "#0000ff"}
    adata.uns["type_colors"] = ["red"]
    assert set(group_colors(adata, "type", ["a"]).values()) == set(palette(1)), "too few"
    adata.uns["type_colors"] = ["red", "no color", "blue"]
    assert group_colors(adata, "type", ["b"]) == {"b": palette(1)[0]}
    assert len(set(palette(28))) == 28
    assert len(palette(200)) == 200


DEFICIENCIES = {
    "none": np.eye(3),
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
}
"""Matrices of Machado et al. (2009) for linear RGB at full severity."""


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_colors_differ_for_color_blind_readers(deficiency: str) -> None:
    """28 colors have at least 11 units of CIELAB between them, the first seven more; grey differs from all."""
    colors = np.array([to_rgb(color) for color in [*palette(28), "#d3d3d3"]])
    linear = np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ np.transpose(DEFICIENCIES[deficiency]), 0, 1)
    xyz = linear @ np.transpose([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = np.cbrt(np.maximum(xyz / [0.9505, 1, 1.089], 0.008856))
    lab = np.c_[116 * xyz[:, 1] - 16, 500 * (xyz[:, 0] - xyz[:, 1]), 200 * (xyz[:, 1] - xyz[:, 2])]
    distances = np.linalg.norm(lab[:, None] - lab, axis=2) + 99 * np.eye(len(lab))
    assert distances[:28, :28].min() > 9.5
    assert distances[:7, :7].min() > 13


def test_most_telling(caplog: pytest.LogCaptureFixture) -> None:
    telling = pd.Series({"a": 1.0, "b": 3.0, "c": float("nan"), "d": 3.0})
    with caplog.at_level("INFO", logger="scgsfm"):
        assert most_telling(telling, 4, noun="set") == ["a", "b", "c", "d"]
        assert caplog.text == ""
        assert most_telling(telling, 3, noun="set") == ["b", "d", "a"]
    assert "drew 3 of 4 sets, those that vary most; choose by `sets`" in caplog.text


def test_names_are_wrapped() -> None:
    assert wrap("REGULATION_OF_T_CELL_ACTIVATION", 14, 3) == "REGULATION_OF_\nT_CELL_\nACTIVATION"
    assert wrap("short", 14, 1) == "short"
    assert wrap("a b", 14, 1) == "a b"
    long = wrap("WORD_" * 30, 14, 2)
    assert "…" in long
    assert len(long.split("\n")) <= 2
    assert max(map(len, wrap("X" * 100, 14, 3).split("\n"))) <= 14


def test_collections_are_left_out() -> None:
    assert set_labels(["HALLMARK_A"], 20, 1) == ("HALLMARK", ["A"])
    assert set_labels(["HALLMARK_A", "REACTOME_B"], 20, 1) == ("", ["HALLMARK_A", "REACTOME_B"])
    assert set_labels(["T_CELL_A", "T_CELL_B"], 20, 1) == ("", ["T_CELL_A", "T_CELL_B"])
    same = ["A" * 20 + "1" + "B" * 20, "A" * 20 + "2" + "B" * 20]
    assert len(set(set_labels(same, 10, 1)[1])) == 2, "names that would look the same are kept whole"
