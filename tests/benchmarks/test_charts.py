"""The charts of the page on benchmarks, and the page's links to tables."""

from __future__ import annotations

import re
from pathlib import Path

import charts
import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", charts.CHARTS)
def test_no_text_is_cut_and_the_chart_is_on_the_page(name: str) -> None:
    with mpl.rc_context(charts.STYLE | {"backend": "agg"}):
        figure = charts.CHARTS[name]()
        figure.draw_without_rendering()
        renderer = figure.canvas.get_renderer()
        texts = [text for text in figure.findobj(mpl.text.Text) if text.get_text() and text.get_visible()]
        boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts]
        width, height = figure.canvas.get_width_height()
        plt.close(figure)
    labels = [(text, box) for text, box in boxes if not text.startswith("$") and not text.replace(".", "").isdigit()]
    assert labels
    assert not [text for text, box in labels if min(box.x0, box.y0) < -1 or box.x1 > width + 1 or box.y1 > height + 1]
    assert (charts.TABLES / f"{name}.png").exists()
    assert f"benchmarks/{name}.png" in (DOCS / "benchmarks.md").read_text(encoding="utf-8")


def test_dropout_shows_the_figures_of_the_table() -> None:
    table = charts.read("dropout")
    with mpl.rc_context({"backend": "agg"}):
        figure = charts.dropout()
        drawn = [line.get_ydata().tolist() for line in figure.axes[0].lines]
        plt.close(figure)
    for method, values in zip(("gsfm", "aucell"), drawn, strict=True):
        rows = table[(table["sets"] == "5 genes") & (table["method"] == method)]
        assert values == rows["auroc"].tolist()


def test_all_tables_can_be_downloaded() -> None:
    page = (DOCS / "benchmarks.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"<benchmarks/(\w+)\.csv>", page))
    assert linked == {path.stem for path in charts.TABLES.glob("*.csv")}
