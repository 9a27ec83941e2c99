from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from matplotlib import pyplot as plt
from tests.pl._layout_checks import check_layout, legend_texts

from scgsfm import pl, tl

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
    rng = np.random.default_rng(0)
    terms = [f"LIB_TERM/{i} " + "very long name " * (i % 9) for i in range(30)]
    parts = []
    for group in ("B", "T"):
        padj = np.sort(10 ** -rng.uniform(0, 14, 30))
        columns = {"term": rng.permutation(terms), "score": rng.uniform(0.1, 5, 30), "pvalue": padj, "padj": padj}
        parts.append(pd.DataFrame({"group": group, **columns, "n_found": 20, "n_hits": rng.integers(0, 20, 30)}))
    return pd.concat(parts, ignore_index=True)


def dots(ax: Any) -> Any:
    return ax.collections[0]


def test_top_terms_of_each_group(table: pd.DataFrame) -> None:
    ax = pl.enrich(table, n_terms=3, show=False)
    first = table.groupby("group", sort=False).head(3)["term"].unique()
    assert [label.get_text() for label in ax.get_xticklabels()] == ["B", "T"]
    assert len(ax.get_yticklabels()) == len(first)
    assert len(dots(ax).get_offsets()) == 2 * len(first)
    assert max(label.get_text().count("\n") for label in ax.get_yticklabels()) <= 2
    assert ax.get_ylabel() == "LIB"
    check_layout(ax.figure)


def test_sizes_and_colors(table: pd.DataFrame) -> None:
    terms = table["term"].unique()[:4].tolist()
    ax = pl.enrich(table, terms=terms, show=False)
    shown = table[table["term"].isin(terms)]
    logs, areas = -np.log10(shown["padj"]).to_numpy(), dots(ax).get_sizes()
    below = areas < areas.max()
    assert (np.diff(areas[np.argsort(logs)]) >= -1e-9).all()
    slope = (areas[below] - 5) / logs[below]
    np.testing.assert_allclose(slope, slope[0])
    np.testing.assert_allclose(dots(ax).get_array(), shown["score"])
    assert dots(ax).norm.vmin == 0
    share = shown["n_hits"] / shown["n_found"]
    other = pl.enrich(table, terms=terms, size="share", show=False)
    np.testing.assert_allclose(dots(other).get_sizes(), 5 + share / share.max() * 145)


def test_p_values_of_one_group_have_different_sizes() -> None:
    padj = 10.0 ** -np.array([15, 18, 22, 25, 30])
    columns = {"term": list("abcde"), "score": 2.0, "pvalue": padj, "padj": padj, "n_found": 20, "n_hits": 3}
    areas = dots(pl.enrich(pd.DataFrame({"group": "B", **columns}), show=False)).get_sizes()
    assert len(set(areas)) == 5


def test_a_cap_of_p_values_is_stated() -> None:
    padj = 10.0 ** -np.array([2, 3, 4, 5, 200])
    columns = {"term": list("abcde"), "score": 2.0, "pvalue": padj, "padj": padj, "n_found": 20, "n_hits": 3}
    table = pd.DataFrame({"group": "B", **columns})
    ax = pl.enrich(table, show=False)
    assert any(text.startswith("≥") for text in legend_texts(ax.figure))
    assert dots(ax).get_sizes()[:4].min() > 15
    zero = pl.enrich(table.assign(padj=[0.0, *padj[:4]]), show=False)
    assert np.isfinite(dots(zero).get_sizes()).all()


def test_colors_are_far_from_the_background(table: pd.DataFrame) -> None:
    for style, background in (("default", 1.0), ("dark_background", 0.0)):
        with plt.style.context(style):
            ax = pl.enrich(table, show=False)
            colors = dots(ax).cmap(np.linspace(0, 1, 9))[:, :3]
            assert np.abs(colors - background).max(axis=1).min() > 0.25
            check_layout(ax.figure)


@pytest.mark.parametrize(
    ("mode", "label"), [("overlap", "log2 odds"), ("ranked", "(NES)"), ("gsfm", "standard deviations")]
)
def test_the_color_bar_says_what_the_score_is(table: pd.DataFrame, mode: str, label: str) -> None:
    adata = AnnData(np.zeros((2, 2), np.float32), uns={"enrich": table, "scgsfm": {"enrich": {"mode": mode}}})
    ax = pl.enrich(adata, show=False)
    assert label in ax.child_axes[0].get_ylabel().replace("\n", " ")
    returned = tl.enrich(["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1"])
    assert "log2 odds" in pl.enrich(returned, show=False).child_axes[0].get_ylabel()


def test_ids_are_left_out_unless_names_are_equal(table: pd.DataFrame) -> None:
    names = ["Translation (GO:0006412)", "Killing of Cells (GO:0031640)", "Killing of Cells (GO:0031641)"]
    rows = table[table["group"] == "B"].head(3).assign(term=names)
    labels = [label.get_text() for label in pl.enrich(rows, show=False).get_yticklabels()]
    assert labels == ["Translation", *names[1:]]


def test_redundant_terms_are_left_out(table: pd.DataFrame) -> None:
    rows = table[table["group"] == "B"].head(3).assign(genes=["a;b;c;d;e", "a;b;c;d", "x;y"])
    names = rows["term"].tolist()

    def drawn(**options: Any) -> int:
        return len(pl.enrich(rows, show=False, **options).get_yticklabels())

    assert (drawn(), drawn(max_overlap=0.7), drawn(max_overlap=None), drawn(terms=names)) == (3, 2, 3, 3)


def test_without_significant_terms_the_best_are_drawn(table: pd.DataFrame) -> None:
    for kind in ("dot", "bar", "volcano"):
        axes = pl.enrich(table, kind=kind, max_padj=1e-30, show=False)
        figure = (axes[0] if isinstance(axes, list) else axes).figure
        assert "no term with padj ≤ 1e-30" in figure.get_supxlabel()
    ax = pl.enrich(table, max_padj=1e-30, n_terms=2, show=False)
    assert {label.get_text() for label in ax.get_yticklabels()}
    assert "padj ≤ 1e-30" not in legend_texts(ax.figure)


def test_too_many_groups_and_terms(table: pd.DataFrame) -> None:
    many = pd.concat([table.assign(group=f"{i}", term=table["term"] + f" {i}") for i in range(50)])
    best = many["group"] == "7"
    many.loc[best, ["pvalue", "padj"]] /= 1e6
    ax = pl.enrich(many, show=False)
    assert len(ax.get_xticklabels()) == 40
    assert "7" in [label.get_text() for label in ax.get_xticklabels()]
    assert len(ax.get_yticklabels()) <= 60
    assert "40 of 50 groups" in ax.figure.get_supxlabel()
    assert len(pl.enrich(many, kind="bar", show=False)) == 6
    assert len(pl.enrich(many, ["1", "2"], kind="volcano", show=False)) == 2


def test_bars(table: pd.DataFrame) -> None:
    table.loc[table.index[3], "score"] = -2.0
    axes = pl.enrich(table, kind="bar", n_terms=4, show=False)
    for group, ax in zip("BT", axes, strict=True):
        rows = table[table["group"] == group].head(4).sort_values("score", ascending=False)
        np.testing.assert_allclose([bar.get_width() for bar in ax.patches], rows["score"])
        assert group in ax.get_title(loc="left")
    check_layout(axes[0].figure)
    grey = pl.enrich(table, "B", kind="bar", terms=table["term"].iloc[[0, 29]].tolist(), max_padj=1e-6, show=False)
    assert "grey: padj > 1e-06" in grey.figure.get_supxlabel()


def test_volcano(table: pd.DataFrame) -> None:
    table.loc[table.index[0], "score"] = -2.0
    ax = pl.enrich(table, "B", kind="volcano", n_terms=3, show=False)
    rows = table[table["group"] == "B"]
    points = np.concatenate([np.asarray(each.get_offsets()) for each in ax.collections[:3]])
    expected = np.column_stack([rows["score"], -np.log10(rows["padj"])])
    np.testing.assert_allclose(points[np.lexsort(points.T)], expected[np.lexsort(expected.T)], rtol=1e-6)
    assert 1 <= len(ax.texts) <= 3
    assert {"positive score", "negative score", "padj = 0.05"} <= set(legend_texts(ax.figure))
    check_layout(ax.figure)


@pytest.mark.parametrize("kind", ["dot", "bar", "volcano"])
def test_axes_in_a_row_do_not_collide(table: pd.DataFrame, kind: str) -> None:
    figure, axes = plt.subplots(1, 3, figsize=(18, 4.5))
    for ax in axes:
        assert pl.enrich(table, "B", kind=kind, ax=ax, show=False) is ax
    check_layout(figure)


def test_figure_and_file(table: pd.DataFrame, tmp_path: Path) -> None:
    for kind in ("dot", "bar", "volcano"):
        path = tmp_path / f"{kind}.png"
        figure = pl.enrich(table, kind=kind, figsize=(9, 5), return_fig=True, save=path, show=False)
        assert tuple(figure.get_size_inches()) == (9, 5)
        assert path.stat().st_size > 1000


def test_negative_scores_get_a_diverging_map(table: pd.DataFrame) -> None:
    table.loc[table.index[0], "score"] = -2.0
    ax = pl.enrich(table, terms=[table["term"][0], *table["term"][1:5]], show=False)
    assert dots(ax).norm.vmin == -dots(ax).norm.vmax


def test_data_with_key_and_axes(table: pd.DataFrame) -> None:
    adata = AnnData(np.zeros((2, 2), np.float32), uns={"mine": table})
    _, ax = plt.subplots()
    assert pl.enrich(adata, "T", key="mine", ax=ax, show=False) is ax
    assert [label.get_text() for label in ax.get_xticklabels()] == ["T"]
    with pytest.raises(KeyError, match=r"tl\.enrich"):
        pl.enrich(adata, show=False)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"groups": ["X"]}, KeyError, "no group 'X'"),
        ({"terms": ["X"]}, KeyError, "no term 'X'"),
        ({"terms": []}, ValueError, "empty"),
        ({"size": "big"}, ValueError, "'share'"),
        ({"n_terms": 0}, ValueError, "n_terms"),
        ({"kind": "pie"}, ValueError, "'volcano'"),
    ],
)
def test_errors(table: pd.DataFrame, arguments: dict[str, Any], error: type[Any], message: str) -> None:
    with pytest.raises(error, match=message):
        pl.enrich(table, **arguments, show=False)


def test_other_tables_raise() -> None:
    with pytest.raises(ValueError, match="lacks the columns"):
        pl.enrich(pd.DataFrame({"term": []}), show=False)


def test_show(table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(True))
    assert pl.enrich(table, show=True) is None
    assert shown == [True]


def test_names_that_are_numbers_after_reading_from_csv() -> None:
    genes = {"0": ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1"], "1": ["CD3D", "CD3E", "CD2", "LCK"]}
    table = tl.enrich(genes, library="hallmark")
    numbers = table.assign(group=table["group"].astype(int))
    for given in (numbers, numbers.assign(group=numbers["group"].astype("category"))):
        for groups in (None, 0, [0, 1], "0"):
            axes = pl.enrich(given, groups, show=False)
            assert axes.get_xticklabels()[0].get_text() == "0"
    with pytest.raises(KeyError, match="no group '7'"):
        pl.enrich(numbers, 7, show=False)


def test_a_term_at_the_limit_is_significant() -> None:
    """As for `get.enrich` and the functions of `tl`."""
    columns = {"group": "a", "term": ["at", "above"], "score": [1.0, 2.0], "pvalue": 0.01, "padj": [0.05, 0.0501]}
    table = pd.DataFrame(columns | {"n_found": 9, "n_hits": 3, "genes": "A;B"})
    ax = pl.enrich(table, show=False)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["at"]
    assert "padj ≤ 0.05" in legend_texts(ax.figure)
    ax = pl.enrich(table, terms=["at", "above"], show=False)
    assert list(ax.collections[0].get_linewidths()) == [1.1, 0.3]
    ax = pl.enrich(table, kind="bar", terms=["at", "above"], show=False)
    colors = {round(bar.get_width()): bar.get_facecolor()[:3] for bar in ax.patches}
    assert len(set(colors[2])) == 1 < len(set(colors[1])), "only the term above the limit is grey"
    assert "grey: padj > 0.05" in ax.figure.get_supxlabel()
    ax = pl.enrich(table, kind="volcano", show=False)
    assert [len(points.get_offsets()) for points in ax.collections[:3]] == [1, 1, 0]
