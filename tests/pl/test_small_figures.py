"""Plots of long names in figures that fit a column of a paper: the axes keep their space, and names stay distinct."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.pl._layout_checks import check_layout
from tests.pl.test_layout import terms

import scgsfm

if TYPE_CHECKING:
    from collections.abc import Callable

    from anndata import AnnData

SMALL = (3.5, 3.0)
LONG = [
    "REACTOME_NEF_MEDIATES_DOWN_MODULATION_OF_CELL_SURFACE_RECEPTORS_BY_RECRUITING_THEM_TO_CLATHRIN_ADAPTERS",
    "REACTOME_ACTIVATION_OF_THE_MRNA_UPON_BINDING_OF_THE_CAP_BINDING_COMPLEX_AND_EIFS_AND_SUBSEQUENT_BINDING_TO_43S",
    *(
        f"REACTOME_IMMUNOREGULATORY_INTERACTIONS_BETWEEN_A_LYMPHOID_AND_A_NON_LYMPHOID_CELL_OF_TYPE_{i}"
        for i in range(6)
    ),
]


def long_sets() -> dict[str, list[str]]:
    return {name: [f"G{(7 * i + 3 * j) % 97}" for j in range(8 + i)] for i, name in enumerate(LONG)}


def small_figures(cells: Callable[[int], AnnData]) -> dict[str, Callable[..., Any]]:
    """Plots of long names that have a size of a few inches."""
    pl, table = scgsfm.pl, terms(9, 12, name=f"{LONG[0]}_")
    adata = cells(8)
    for method in ("aucell", "ucell"):
        adata.obsm[f"score_{method}"].columns = LONG
    del adata.obsm["score_zscore"]
    p = np.geomspace(0.9, 0.002, 8)
    columns = {"rank": np.arange(1, 9), "known": p > 0.1, "auroc": 0.9, "probability": p}
    genes = [f"GENE{i}" for i in range(8)]
    completed = pd.concat([pd.DataFrame({"set": name, "gene": genes, **columns}) for name in LONG[:2]])
    predicted = pd.concat([pd.DataFrame({"gene": gene, "term": LONG, **columns}) for gene in genes[:2]])
    drugs = pd.DataFrame(
        [
            (f"T cell {g}", f"a compound with a name {i}", 8.0 - i, 0.01 * i, f"agonist of long receptor {i}")
            for g in range(9)
            for i in range(16)
        ],
        columns=["group", "compound", "score", "padj", "mechanism"],
    )
    plane = pd.DataFrame(np.random.default_rng(0).normal(size=(97, 2)), [f"G{i}" for i in range(97)])
    ranking = pd.Series(np.random.default_rng(1).normal(size=97), plane.index)
    return {
        "bar": lambda **o: pl.enrich(table, kind="bar", **o),
        "volcano": lambda **o: pl.enrich(table, kind="volcano", **o),
        "dot": lambda **o: pl.enrich(table, **o),
        "agreement": lambda **o: pl.score_agreement(adata, kind="sets", **o),
        "matrix": lambda **o: pl.set_overlap(long_sets(), **o),
        "upset": lambda **o: pl.set_overlap(long_sets(), kind="upset", **o),
        "ridge": lambda **o: pl.score(adata, LONG[:2], kind="ridge", groupby="cell_type", method="aucell", **o),
        "swapped": lambda **o: pl.score(
            adata, LONG[:5], kind="matrixplot", groupby="cell_type", method="aucell", swap_axes=False, **o
        ),
        "complete": lambda **o: pl.complete_sets(completed, **o),
        "functions": lambda **o: pl.predict_functions(predicted, **o),
        "drugs": lambda **o: pl.drugs(drugs, **o),
        "map": lambda **o: pl.gene_map(plane, gene_sets=dict(list(long_sets().items())[:3]), **o),
        "curve": lambda **o: pl.running_score(ranking, {LONG[1]: long_sets()[LONG[1]]}, **o),
        "curves": lambda **o: pl.running_score(ranking, dict(list(long_sets().items())[:3]), **o),
    }


@pytest.mark.parametrize(
    "name",
    [
        *("bar", "volcano", "dot", "agreement", "matrix", "upset", "ridge", "swapped", "complete", "functions"),
        *("drugs", "map", "curve", "curves"),
    ],
)
def test_long_names_leave_space_in_small_figures(name: str, cells: Callable[[int], AnnData]) -> None:
    """At least a fifth of the width and a quarter of the height of the figure is left to an axes."""
    figure = small_figures(cells)[name](figsize=SMALL, return_fig=True)
    assert tuple(figure.get_size_inches()) == SMALL
    figure.draw_without_rendering()
    boxes = [ax.get_window_extent() for ax in figure.axes if ax.get_visible()]
    width, height = max(((box.width, box.height) for box in boxes), key=lambda size: size[0] * size[1])
    assert width > 0.2 * figure.bbox.width
    assert height > 0.25 * figure.bbox.height
    check_layout(figure, contrast=False)  # numbers are written on colors


def test_shortened_names_stay_distinct() -> None:
    """Names that differ only where they are shortened are written whole."""
    names = [
        f"REGULATION_OF_THE_BRANCH_OF_THE_IMMUNE_RESPONSE_{word}_PATHWAY_OF_THE_CELLS_OF_THE_BLOOD"
        for word in ("ALPHA", "GAMMA")
    ]
    table = terms(1, 2).assign(term=names, padj=0.01, genes=["A", "B"])
    ax = scgsfm.pl.enrich(table, figsize=SMALL, show=False)
    written = {label.get_text() for label in ax.get_yticklabels()}
    assert len(written) == 2
    group = pd.concat([table.assign(group=name.lower()) for name in names])
    ax = scgsfm.pl.enrich(group, figsize=SMALL, show=False)
    assert len({label.get_text() for label in ax.get_xticklabels()}) == 2


def test_names_of_many_sets_stay_in_one_line() -> None:
    """Two lines in each row would halve their font."""
    figure = scgsfm.pl.set_overlap("hallmark", figsize=(7, 5), return_fig=True)
    assert all("\n" not in label.get_text() for label in figure.axes[0].get_yticklabels())
    assert min(label.get_fontsize() for label in figure.axes[0].get_yticklabels()) > 6
    check_layout(figure, contrast=False)


def test_given_numbers_are_kept_in_small_figures() -> None:
    table = terms(1, 12).assign(padj=0.01)
    default = scgsfm.pl.enrich(table, kind="bar", max_overlap=None, figsize=SMALL, show=False)
    given = scgsfm.pl.enrich(table, kind="bar", n_terms=12, max_overlap=None, figsize=SMALL, show=False)
    assert len(default.get_yticklabels()) < 10
    assert len(given.get_yticklabels()) == 12
    names = [f"compound {i}" for i in range(16)]
    columns = {"group": "B", "compound": names, "score": 8.0 - np.arange(16), "padj": 0.01, "mechanism": "agonist"}
    table = pd.DataFrame(columns)
    default = scgsfm.pl.drugs(table, figsize=(3.5, 2.2), show=False)
    given = scgsfm.pl.drugs(table, n_compounds=8, figsize=(3.5, 2.2), show=False)
    assert len(default.get_yticklabels()) < 15 == len(given.get_yticklabels())
