"""Draw the charts of the page on benchmarks from the tables in ``docs/benchmarks``.

    python -m benchmarks.charts

Each chart is an opaque PNG, so that it is readable on a dark page as well; colors are those of Okabe and Ito.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

TABLES = Path(__file__).resolve().parents[1] / "docs" / "benchmarks"
OURS, OTHER, THIRD, GRAY = "#0072B2", "#D55E00", "#009E73", "#8C8C8C"
STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E3E3E3",
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "legend.frameon": False,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
}


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(TABLES / f"{name}.csv", comment="#")


def dots(ax: Axes, labels: Sequence[str], values: Sequence[float], colors: Sequence[str], **intervals: object) -> None:
    """Horizontal dots with intervals and their values, the first one on top."""
    y = np.arange(len(labels))[::-1]
    low, high = (np.asarray(intervals.get(side, values), dtype=float) for side in ("low", "high"))
    ax.hlines(y, low, high, colors=list(colors), linewidth=2)
    ax.scatter(values, y, color=list(colors), s=45, zorder=3)
    for at, value, end in zip(y, values, high, strict=True):
        ax.annotate(f"{value:.3f}", (max(value, end), at), (6, 0), textcoords="offset points", va="center", fontsize=9)
    ax.set_yticks(y, labels)
    ax.set_ylim(-0.6, len(labels) - 0.4)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)


def dropout() -> plt.Figure:
    table = read("dropout")
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.4), sharey=True, layout="constrained")
    for ax, (sets, title) in zip(
        axes, {"5 genes": "Five genes of each set", "whole": "Whole sets"}.items(), strict=True
    ):
        for method, color, marker in (("gsfm", OURS, "o"), ("aucell", OTHER, "s")):
            rows = table[(table["sets"] == sets) & (table["method"] == method)]
            x = range(len(rows))
            ax.fill_between(x, rows["low"], rows["high"], color=color, alpha=0.18, linewidth=0)
            ax.plot(
                x,
                rows["auroc"],
                color=color,
                marker=marker,
                label=f"{method} (completed set)" if method == "gsfm" else method,
            )
        ax.set_xticks(range(len(rows)), [f"{share.removesuffix('%')} %" for share in rows["counts"]])
        ax.set(title=title, xlabel="counts kept")
    axes[0].set_ylabel("AUROC, mean of 9 cell types")
    axes[0].legend(loc="lower left")
    return figure


FUNCTIONS = {
    "gsfm-base": ("gsfm-base", OURS),
    "cosine co-occurrence, sets of n genes weigh 1/n²": ("co-occurrence, weight 1/n²", OTHER),
    "truncated SVD, rank 128": ("truncated SVD", GRAY),
    "gene popularity in the corpus": ("gene popularity", GRAY),
}
LIBRARIES = {
    "kegg_2021_human": "KEGG 2021",
    "go_bp_2025": "GO BP 2025",
    "reactome_2024": "Reactome 2024",
    "hpo": "HPO",
    "kegg_2016 → kegg_2021_human": "KEGG: genes added\n2016 to 2021",
    "go_bp_2018 → go_bp_2025": "GO BP: genes added\n2018 to 2025",
}


def functions() -> plt.Figure:
    table = pd.concat([read("gene_function"), read("time_split")])
    figure, axes = plt.subplots(2, 3, figsize=(9.5, 4.6), sharex=True, sharey=True, layout="constrained")
    for ax, (library, title) in zip(axes.ravel(), LIBRARIES.items(), strict=True):
        rows = table[table["library"] == library].set_index("method").loc[list(FUNCTIONS)]
        labels, colors = zip(*FUNCTIONS.values(), strict=True)
        dots(ax, labels, rows["auroc"], colors, low=rows["low"], high=rows["high"])
        ax.set(title=title, xlim=(0.44, 1.13), xticks=[0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    for ax in axes[1]:
        ax.set_xlabel("median AUROC over terms")
    return figure


ANNOTATION = {
    "annotate": "tl.annotate",
    "annotate, best candidate": "tl.annotate, best candidate",
    "highest score_genes": "highest score_genes",
    "highest zscore": "highest zscore",
    "highest ANS": "highest ANS",
    "highest ucell": "highest ucell",
    "highest aucell": "highest aucell",
}


def annotation() -> plt.Figure:
    mean = read("annotation").groupby("method")[["accuracy", "unassigned"]].mean()
    figure, axes = plt.subplots(1, 2, figsize=(8.5, 3.3), sharey=True, layout="constrained")
    for ax, level in zip(axes, ("clusters", "cells"), strict=True):
        rows = mean.loc[[f"{name}, {level}" for name in ANNOTATION]]
        y = np.arange(len(rows))[::-1]
        colors = [OURS if name.startswith("annotate") else GRAY for name in ANNOTATION]
        ax.barh(y, rows["accuracy"], color=colors, height=0.65, label="named correctly")
        ax.barh(
            y, rows["unassigned"], left=rows["accuracy"], color="#D9D9D9", height=0.65, hatch="////", edgecolor="white"
        )
        for at, value, left in zip(y, rows["accuracy"], rows["unassigned"], strict=True):
            ax.annotate(f"{value:.3f}", (value + left, at), (4, 0), textcoords="offset points", va="center", fontsize=9)
        ax.set_yticks(y, list(ANNOTATION.values()))
        ax.set(title=f"Labels of {level}", xlim=(0, 1), xlabel="fraction of cells")
        ax.grid(visible=False, axis="y")
        ax.tick_params(axis="y", length=0)
    handles = [mpl.patches.Patch(color=OURS), mpl.patches.Patch(color=GRAY)]
    handles.append(mpl.patches.Patch(facecolor="#D9D9D9", hatch="////", edgecolor="white"))
    labels = ["correct, tl.annotate", "correct, highest score", "unassigned"]
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def enrichment() -> plt.Figure:
    table = read("enrichment_power")
    figure, axes = plt.subplots(1, 4, figsize=(10, 3.3), sharey=True, layout="constrained")
    panels = [(library, terms) for terms in ("listed", "unlisted") for library in ("kegg_2021_human", "reactome_2024")]
    for ax, (library, terms) in zip(axes, panels, strict=True):
        rows = table[(table["library"] == library) & (table["terms"] == terms)]
        for mode, color, marker in (("overlap", OTHER, "s"), ("ranked", THIRD, "^"), ("gsfm", OURS, "o")):
            found = rows[rows["method"] == mode]
            ax.plot(found["true genes"], 100 * found["among 10"], color=color, marker=marker, label=mode, clip_on=False)
        known = "genes listed" if terms == "listed" else "genes not listed"
        ax.set(
            title=f"{LIBRARIES[library]}\n{known}", xticks=[5, 10, 20], ylim=(0, 100), xlabel="true genes in the list"
        )
        ax.title.set_fontsize(9.5)
    axes[0].set_ylabel("term among the first ten (% of lists)")
    axes[0].legend(loc="lower right")
    return figure


GENES = {
    "gsfm-base, combined": "gsfm-base",
    "GenePT, text-embedding-3-large": "GenePT 3-large (text)",
    "BioConceptVec, fastText": "BioConceptVec (text)",
    "Mashup (networks)": "Mashup (networks)",
    "truncated SVD of the corpus, rank 256": "SVD of the corpus",
    "ESM-2 (protein sequence)": "ESM-2 (sequence)",
    "node2vec (protein interactions)": "node2vec (interactions)",
    "scGPT, human": "scGPT",
    "Geneformer, 6 layers": "Geneformer",
    "Gene2vec (co-expression)": "Gene2vec",
}
CELLS = {
    "top genes, multi-hot + PCA": "PCA of the top genes",
    "kind='pca'": 'kind="pca"',
    "gsfm-base, latent": "gsfm-base",
    "SVD of the corpus": "SVD of the corpus",
    "HVG + PCA, scaled": "HVG + PCA, scaled",
    "HVG + PCA, not scaled": "HVG + PCA, not scaled",
    "untrained GSFM, latent": "untrained network",
}


def embeddings() -> plt.Figure:
    genes = read("gene_embedding").pivot(index="embedding", columns="task", values="auroc").loc[list(GENES)]
    cells = (
        read("cell_embedding").groupby("method")[["knn"]].mean().loc[list(CELLS)].sort_values("knn", ascending=False)
    )
    figure, axes = plt.subplots(1, 3, figsize=(10.5, 3.8), layout="constrained", width_ratios=(1, 1, 1))
    for ax, (task, title) in zip(
        axes, {"go": "Genes: 56 GO terms", "omim": "Genes: 103 diseases"}.items(), strict=False
    ):
        colors = [OURS if name == "gsfm-base, combined" else GRAY for name in GENES]
        dots(ax, list(GENES.values()), genes[task], colors)
        ax.set(title=title, xlim=(0.6, 1), xlabel="AUROC")
    axes[1].set_yticklabels([])
    dots(
        axes[2],
        [CELLS[name] for name in cells.index],
        cells["knn"],
        [OURS if n == "gsfm-base, latent" else GRAY for n in cells.index],
    )
    axes[2].set(title="Cells: nearest neighbors", xlim=(0.8, 0.98), xlabel="accuracy (5 data sets)")
    return figure


def speed() -> plt.Figure:
    table = read("scoring")
    table = table[table["peer_seconds"].notna() & (table["sets"] == 500)].copy()
    for column in ("seconds", "peer_seconds"):
        table[column] = 1000 * table[column].astype(float) / table["cells"]
    table = table.drop_duplicates("method").sort_values("seconds", ascending=False)
    figure, ax = plt.subplots(figsize=(8, 4.8), layout="constrained")
    y = range(len(table))
    ax.hlines(y, table["seconds"], table["peer_seconds"], color="#C8C8C8", linewidth=2)
    ax.scatter(table["peer_seconds"], y, color=OTHER, marker="s", s=45, label="reference implementation", zorder=3)
    ax.scatter(table["seconds"], y, color=OURS, s=45, label="scgsfm", zorder=3)
    for at, row in enumerate(table.itertuples()):
        text = f"{row.peer}, {row.peer_seconds / row.seconds:,.0f}×"
        ax.annotate(text, (row.peer_seconds, at), (7, 0), textcoords="offset points", va="center", fontsize=9)
    ax.set_yticks(list(y), list(table["method"]))
    ax.set(xscale="log", xlabel="seconds per 1,000 cells, 500 sets, 20,000 genes (2 cores)")
    ax.set_xlim(right=table["peer_seconds"].max() * 6)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.legend(loc="upper right")
    return figure


PROPERTIES = {
    "depth": "depth\n↓",
    "size": "size of\nthe set ↓",
    "cells": "other\ncells ↓",
    "accuracy": "accuracy\n↑",
    "missing": "missing\ngenes ↓",
    "random": "random\ngenes ↓",
    "batch": "batch\n↓",
}


def score_properties() -> plt.Figure:
    """Means over the data sets; the color is the rank of a method among all methods."""
    means = read("score_properties").drop(columns="data").groupby("method")[list(PROPERTIES)].mean().dropna()
    ranks = means.assign(accuracy=-means["accuracy"]).round(3).rank(method="min")
    order = ranks.mean(axis=1).sort_values(kind="stable").index
    figure, ax = plt.subplots(figsize=(7.6, 6.6), layout="constrained")
    image = ax.imshow(ranks.loc[order], cmap="cividis_r", aspect="auto")
    for (row, column), value in np.ndenumerate(means.loc[order].to_numpy()):
        red, green, blue, _ = image.cmap(image.norm(ranks.loc[order].iat[row, column]))
        dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5
        ax.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=9, color="white" if dark else "black")
    ax.set_xticks(range(len(PROPERTIES)), list(PROPERTIES.values()))
    ax.set_yticks(range(len(order)), list(order))
    ax.tick_params(length=0, top=True, bottom=False, labeltop=True, labelbottom=False)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=ax, shrink=0.5, ticks=[ranks.min().min(), ranks.max().max()])
    bar.ax.set_yticklabels(["best", "worst"])
    bar.ax.invert_yaxis()
    bar.outline.set_visible(False)
    return figure


CHARTS = {
    "chart_dropout": dropout,
    "chart_functions": functions,
    "chart_annotation": annotation,
    "chart_enrichment": enrichment,
    "chart_embeddings": embeddings,
    "chart_score_properties": score_properties,
    "chart_speed": speed,
}


def main() -> None:
    with mpl.rc_context(STYLE | {"backend": "agg"}):
        for name, draw in CHARTS.items():
            figure = draw()
            figure.savefig(TABLES / f"{name}.png", dpi=150, metadata={"Software": None})
            plt.close(figure)


if __name__ == "__main__":
    main()
