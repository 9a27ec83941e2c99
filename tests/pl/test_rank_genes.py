from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from scgsfm import pl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

mpl.use("agg")


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture
def table() -> pd.DataFrame:
    """Two genes, three present terms and an excluded one."""
    matches = {"A": ["exact", "specific", "none", "against"], "B": ["predicted", "ancestor", "none", "compatible"]}
    parts = [
        pd.DataFrame(
            {
                "gene": gene, "rank": i + 1.0, "score": [0.75, 0.0002][i], "evidence": "known", "disease": f"OMIM:{i}",
                "disease_name": "", "term": [f"HP:{j}" for j in range(4)], "name": [f"term {j}" for j in range(4)],
                "state": ["present"] * 3 + ["excluded"], "match": kinds, "log_ratio": [2.0, 8.0, 0.0, -0.5],
            }
        )
        for i, (gene, kinds) in enumerate(matches.items())
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def texts(labels: Any) -> list[str]:
    return [label.get_text() for label in labels]


def test_dots(table: pd.DataFrame) -> None:
    ax = pl.rank_genes(table, show=False)
    assert texts(ax.get_xticklabels()) == ["A  75%", "B  <0.1%"]
    # by what the genes explain, excluded terms last
    assert texts(ax.get_yticklabels()) == ["term 1", "term 0", "term 2", "no: term 3"]
    drawn = {tuple(xy): points for points in ax.collections for xy in points.get_offsets().tolist()}
    assert set(drawn) == {(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (1, 2)}  # none for the compatible term
    colors = {place: mpl.colors.to_hex(points.get_facecolors()[0]) for place, points in drawn.items() if place[1] < 2}
    assert len(set(colors.values())) == 4
    assert drawn[0, 0].get_sizes()[0] > drawn[0, 1].get_sizes()[0]
    legend = texts(ax.get_legend().get_texts())
    assert legend[:6] == [
        "the term", "a more specific term", "a common ancestor", "a prediction", "not explained", "excluded, but expected",
    ]  # fmt: skip


def test_choices(table: pd.DataFrame) -> None:
    assert len(pl.rank_genes(table, n_genes=1, show=False).get_xticks()) == 1
    assert texts(pl.rank_genes(table, "B", show=False).get_xticklabels()) == ["B  <0.1%"]
    two = pd.concat([table.assign(patient="p"), table[table["gene"] == "B"].assign(patient="q")])
    assert len(pl.rank_genes(two, patient="q", show=False).get_xticks()) == 1
    with pytest.raises(ValueError, match="has 2 patients: choose one by `patient`, such as 'p'"):
        pl.rank_genes(two, show=False)


def test_axes_size_and_file(table: pd.DataFrame, tmp_path: Path) -> None:
    ax = plt.figure().add_subplot()
    assert pl.rank_genes(table, ax=ax, show=False) is ax
    figure = pl.rank_genes(table, figsize=(9, 4), return_fig=True, save=tmp_path / "a.png")
    np.testing.assert_allclose(figure.get_size_inches(), (9, 4))
    assert (tmp_path / "a.png").stat().st_size > 10_000
    text = figure.get_supxlabel()
    assert "medical advice" in text


def test_invalid_tables_raise(table: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match=r"use `scgsfm.tl.rank_genes\(…, explain=True\)`"):
        pl.rank_genes(table.drop(columns="match"))
    with pytest.raises(KeyError, match="has no gene 'C'"):
        pl.rank_genes(table, "C")
    with pytest.raises(ValueError, match="omit `patient='p'`"):
        pl.rank_genes(table, patient="p")
    with pytest.raises(TypeError, match="A table is expected"):
        pl.rank_genes([1])  # type: ignore[arg-type]
