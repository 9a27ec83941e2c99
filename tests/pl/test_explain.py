from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from tests.pl._layout_checks import check_layout

from scgsfm import pl
from scgsfm.explanation import Claim, Explanation, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

mpl.use("agg")


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


def card(n_terms: int = 4, *, ranked: bool = True) -> Explanation:
    """An explanation with a struck sentence."""
    about = {"source": "reactome", "version": "1", "verdict": "supported"}
    terms = [
        Claim("genes", "enriched for", f"REACTOME_LONG_NAME_OF_TERM_{i}", 10.0 ** -(9 - i), **about)
        for i in range(n_terms)
    ]
    cells = Claim("genes", "enriched for", "B CELL", 0.0, source="cell_types", version="2", verdict="supported")
    genes = [Claim(f"GENE{i}", "annotated to", "REACTOME_A", **about) for i in range(3)]
    up = [
        Claim(f"GENE{i}", "higher in these cells", "", 1.5 + i, "ranking of genes", verdict="supported")
        for i in range(3)
    ]
    wrong = Claim("GENE9", "annotated to", "REACTOME_A", source="reactome", version="1", verdict="refuted", found="no")
    sentences = [
        Sentence(
            "function", "The genes point to a long name of a term (5 of 9 genes, adjusted p = 1e-9).", (*terms, cells)
        ),
        Sentence("genes", "This rests on GENE0 and others, which are listed here.", tuple(genes)),
        Sentence("genes", "This is wrong.", (wrong,)),
    ]
    return Explanation(
        "B", tuple([*sentences, Sentence("genes", "Higher: GENE0.", tuple(up))] if ranked else sentences)
    )


def test_text_genes_and_terms() -> None:
    text, genes, terms = pl.explain(card(), show=False)
    shown = " ".join(part.get_text() for part in text.texts)
    assert text.get_title(loc="left") == "B"
    assert "point to a long name" in shown.replace("\n", " ")
    assert "[1] reactome, 1" in shown
    assert "This is wrong" not in shown
    assert [label.get_text() for label in genes.get_xticklabels()] == ["GENE0\n1.5", "GENE1\n2.5", "GENE2\n3.5"]
    widths = [bar.get_width() for bar in terms.patches]
    assert widths == pytest.approx([9, 8, 7, 6, 300])
    assert [label.get_text() for label in terms.get_yticklabels()][-1] == "B CELL"
    assert [label.get_text() for label in terms.get_legend().get_texts()] == ["function", "cell type"]


def test_lists_have_no_fold_changes() -> None:
    _, genes, _ = pl.explain(card(ranked=False), show=False)
    assert [label.get_text() for label in genes.get_xticklabels()] == ["GENE0", "GENE1", "GENE2"]


def test_table_with_groups() -> None:
    table = pd.concat([card().table, card().table.assign(group="NK")], ignore_index=True)
    with pytest.raises(ValueError, match="There are 2 groups"):
        pl.explain(table, show=False)
    assert pl.explain(table, "NK", show=False)[0].get_title(loc="left") == "NK"
    with pytest.raises(KeyError, match="no group 'T'"):
        pl.explain(table, "T", show=False)
    with pytest.raises(ValueError, match="lacks the columns"):
        pl.explain(table.drop(columns="verdict"), show=False)


@pytest.mark.parametrize("n_terms", [1, 8])
def test_layout(n_terms: int) -> None:
    check_layout(pl.explain(card(n_terms), return_fig=True))


def test_given_axes() -> None:
    figure, axes = plt.subplots(1, 2, figsize=(12, 5))
    box = axes[0].get_position()
    drawn = pl.explain(card(8), ax=axes[0], show=False)
    figure.draw_without_rendering()
    for ax in drawn:
        place = ax.get_position()
        assert place.x1 <= box.x1 + 0.01
        assert place.y0 >= box.y0 - 0.01
    assert np.isclose(axes[1].get_position().x0, plt.subplots(1, 2, figsize=(12, 5))[1][1].get_position().x0)
