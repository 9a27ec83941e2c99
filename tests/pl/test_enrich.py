from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from matplotlib import pyplot as plt

from scgsfm import pl, tl

if TYPE_CHECKING:
    from collections.abc import Iterator
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
    assert max(label.get_text().count("\n") for label in ax.get_yticklabels()) <= 1
    assert ax.get_ylabel() == "LIB"


def test_sizes_and_colors(table: pd.DataFrame) -> None:
    terms = table["term"].unique()[:4].tolist()
    ax = pl.enrich(table, terms=terms, show=False)
    shown = table[table["term"].isin(terms)]
    logs = np.minimum(-np.log10(shown["padj"]), 10)
    np.testing.assert_allclose(dots(ax).get_sizes(), logs / logs.max() * 150)
    np.testing.assert_allclose(dots(ax).get_array(), shown["score"])
    assert dots(ax).norm.vmin == 0
    share = shown["n_hits"] / shown["n_found"]
    other = pl.enrich(table, terms=terms, size="share", show=False)
    np.testing.assert_allclose(dots(other).get_sizes(), share / share.max() * 150)


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
        ({"max_padj": 1e-30}, ValueError, "max_padj"),
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
