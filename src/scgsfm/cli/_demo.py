"""``scgsfm demo``: marker sets of five genes in cells with fewer and fewer counts, without network access."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ._outputs import add_force, check_output, write_cells

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pandas as pd
    from anndata import AnnData
    from matplotlib.axes import Axes

    from ._parser import Parser

METHODS = ("aucell", "gsfm")
COLORS = {"aucell": "#6b6b6b", "gsfm": "#0072b2"}
SCORED = {"aucell": "the five genes", "gsfm": "the completed set"}
"""What a method scores, in the figure."""

PERCENTS = (100, 10, 3)
"""Percentages of the counts that are kept."""

N_GENES = 5
N_DRAWS = 10
"""Sets of five genes that are drawn from the markers of each cell type, so that the result depends on no single set."""

TYPES = ("Naive CD4 T", "Memory CD4 T", "CD8 T", "NK", "B", "CD14+ Mono", "FCGR3A+ Mono", "DC", "Platelet")
"""Cell types of the data, in the order of ``benchmarks/dropout.py``, so that a seed draws the same sets."""

LABELS = {"Naive CD4 T": "CD4 T", "Memory CD4 T": "CD4 T", "CD14+ Mono": "Monocytes", "FCGR3A+ Mono": "Monocytes"}
"""Common names of neighboring types in the figure."""

N_STEPS = 500
"""Steps of t-SNE; later ones spread the cells without changing their neighbors."""

FEW = 20
"""Cell types with fewer cells have their name above the cells."""

SHOWN = "NK"
"""Cell type of the set in the figure; its first draw is shown."""


def add_arguments(parser: Parser) -> None:
    """Output files and seed."""
    parser.output.add_argument(
        "-o", "--output", type=Path, default=Path("scgsfm_demo.h5ad"), metavar="H5AD", help="default: %(default)s"
    )
    parser.output.add_argument(
        "--figure",
        type=Path,
        default=Path("scgsfm_demo.png"),
        metavar="FILE",
        help="figure, .png, .pdf or .svg (default: %(default)s)",
    )
    parser.method.add_argument(
        "--seed", type=int, default=0, help="seed of the drawn genes and of the counts kept (default: %(default)s)"
    )
    add_force(parser)


def draw_sets(markers: Mapping[str, Sequence[str]], seed: int) -> dict[str, list[str]]:
    """``N_DRAWS`` sets of five markers of each cell type; the last word of a name is the number of the draw."""
    import numpy as np

    rng = np.random.default_rng([seed, 0])
    return {
        f"{cell_type} {draw}": [str(gene) for gene in rng.choice(list(genes), N_GENES, replace=False)]
        for cell_type, genes in markers.items()
        for draw in range(N_DRAWS)
    }


def thinned(adata: AnnData, percent: int, rng: np.random.Generator) -> AnnData:
    """Copy in which each count is kept with this probability, named and marked by ``obs["percent"]``."""
    out = adata.copy()
    if percent < 100:
        out.X.data = rng.binomial(out.X.data.astype(int), percent / 100).astype(out.X.dtype)
        out.X.eliminate_zeros()
    out.obs_names = [f"{name}_{percent}" for name in out.obs_names]
    out.obs["percent"] = percent
    out.obs["n_counts"] = out.X.sum(axis=1).A1
    return out


def coordinates(adata: AnnData) -> np.ndarray:
    """t-SNE of log-normalized counts (cells × 2). scikit-learn compiles nothing, unlike UMAP."""
    from scipy.sparse import csr_matrix
    from sklearn.decomposition import TruncatedSVD
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    per_cell = csr_matrix(adata.X.multiply(1e4 / adata.X.sum(axis=1)))
    components = TruncatedSVD(20, random_state=0).fit_transform(per_cell.log1p())
    options: dict[str, Any] = {"perplexity": 15, "angle": 0.8, "random_state": 0}
    # the name of the parameter before scikit-learn 1.5
    options["max_iter" if "max_iter" in TSNE().get_params() else "n_iter"] = N_STEPS
    # threads that wait for each other would take most of the time of the demo
    with threadpool_limits(1):
        found: np.ndarray = TSNE(**options).fit_transform(components)
    return found


def aurocs(adata: AnnData) -> pd.DataFrame:
    """AUROC of each set for the cells of its type: ``percent``, ``method``, ``cell_type``, ``draw``, ``auroc``."""
    import pandas as pd

    rows = []
    for method in METHODS:
        for percent, ranks in adata.obsm[f"score_{method}"].groupby(adata.obs["percent"], sort=False):
            types = adata.obs.loc[ranks.index, "cell_type"]
            for name, column in ranks.rank().items():
                cell_type, _, draw = str(name).rpartition(" ")
                own = column[types == cell_type]
                # the statistic of Mann and Whitney
                auroc = (own.sum() - len(own) * (len(own) + 1) / 2) / (len(own) * (len(column) - len(own)))
                rows.append((percent, method, cell_type, int(draw), auroc))
    return pd.DataFrame(rows, columns=["percent", "method", "cell_type", "draw", "auroc"])


def by_depth(table: pd.DataFrame) -> pd.DataFrame:
    """Mean AUROC over types and draws (percent × method)."""
    mean: pd.DataFrame = table.pivot_table("auroc", "percent", "method").loc[list(PERCENTS), list(METHODS)]
    return mean


def counts_per_cell(adata: AnnData) -> pd.Series:
    """Median of the counts per cell at each percentage."""
    median: pd.Series = adata.obs.groupby("percent")["n_counts"].median()
    return median


def without_genes(adata: AnnData, sets: Mapping[str, Sequence[str]]) -> pd.Series:
    """Share of the cells of a type in which no gene of its set has a count, mean over the sets, at each percentage."""
    import numpy as np
    import pandas as pd

    shares = {}
    for name, genes in sets.items():
        own = adata[adata.obs["cell_type"] == str(name).rpartition(" ")[0]]
        counts = np.ravel(own.X[:, own.var_names.get_indexer(genes)].sum(axis=1))
        shares[name] = pd.Series(counts == 0).groupby(own.obs["percent"].to_numpy()).mean()
    mean: pd.Series = pd.DataFrame(shares).mean(axis=1)
    return mean


def depths(adata: AnnData, sets: Mapping[str, Sequence[str]]) -> dict[int, tuple[str, str]]:
    """Counts per cell and share of cells without any gene of the set at each percentage, as they are printed."""
    medians, shares = counts_per_cell(adata), without_genes(adata, sets)
    return {percent: (f"{medians[percent]:,.0f}", f"{shares[percent]:.0%}".replace("%", " %")) for percent in PERCENTS}


def report(adata: AnnData, table: pd.DataFrame, sets: Mapping[str, Sequence[str]]) -> None:
    """Print one line per depth."""
    print("\nMean AUROC over the cell types (0.5: chance, 1: all cells of the type above all others)")
    print("no gene: cells of the type in which none of the five genes has a count\n")
    print(f"{'counts':>6}{'per cell':>11}{'no gene':>10}" + "".join(f"{method:>9}" for method in METHODS))
    mean = by_depth(table)
    for percent, (counts, share) in depths(adata, sets).items():
        kept = f"{percent} %"
        print(f"{kept:>6}{counts:>11}{share:>10}" + "".join(f"{mean.loc[percent, m]:>9.3f}" for m in METHODS))


def draw_depths(axis: Axes, table: pd.DataFrame, labels: Mapping[int, tuple[str, str]]) -> None:
    """AUROC by depth: a line per method, and a faint one for each draw."""
    positions = range(len(PERCENTS))
    mean = by_depth(table)
    for method in METHODS:
        of_method = table[table["method"] == method]
        each = of_method.pivot_table("auroc", "percent", "draw").loc[list(PERCENTS)]
        axis.plot(positions, each.to_numpy(), color=COLORS[method], alpha=0.2, linewidth=0.8)
        axis.plot(positions, mean[method], color=COLORS[method], marker="o", linewidth=2.5)
        last = mean[method].iloc[-1]
        axis.text(2.1, last, f"{method}\n{last:.3f}", color=COLORS[method], fontweight="bold", va="center")
    axis.set_xticks(positions, [f"{p} %\n{counts}\n{share}" for p, (counts, share) in labels.items()])
    axis.set_xlim(-0.1, 3.1)
    names: Any = {"xytext": (0, -6), "textcoords": "offset points", "va": "top", "fontsize": 8, "color": "#6b6b6b"}
    names |= {"xycoords": ("data", "axes fraction"), "linespacing": 1.4}
    axis.annotate("counts kept\nper cell\nno gene*", (2.3, 0), **names)
    axis.set_xlabel("* cells of the type that lack all five genes", fontsize=8)
    axis.set_ylabel("mean AUROC, 9 cell types")
    axis.set_title("Sets of five marker genes", loc="left")
    axis.spines[["top", "right"]].set_visible(False)


def draw_cells(axis: Axes, adata: AnnData, method: str, auroc: float) -> None:
    """Ranks of the scores of the shown set at the lowest depth, on the coordinates of the cells with all counts."""
    import numpy as np
    from matplotlib.patheffects import withStroke

    shown = adata[adata.obs["percent"] == PERCENTS[-1]]
    ranks = shown.obsm[f"score_{method}"][f"{SHOWN} 0"].rank(pct=True).to_numpy()
    x, y = shown.obsm["X_tsne"].T
    types = shown.obs["cell_type"]
    own = (types == SHOWN).to_numpy()
    axis.scatter(x[~own], y[~own], c=ranks[~own], s=7, linewidths=0, cmap="viridis", vmin=0, vmax=1)
    dots = axis.scatter(x[own], y[own], c=ranks[own], s=26, linewidths=0.7, cmap="viridis", vmin=0, vmax=1)
    dots.set_edgecolor("black")
    # an empty mark for the legend, as the color of the cells is their score
    axis.scatter([], [], s=26, linewidths=0.7, facecolor="none", edgecolor="black", label=f"{SHOWN} cells")
    bar = axis.figure.colorbar(
        dots,
        ax=axis,
        orientation="horizontal",
        shrink=0.6,
        aspect=22,
        pad=0.01,
        ticks=[0, 1],
        label="rank of the score",
    )
    bar.ax.set_xticklabels(["lowest", "highest"])
    halo = [withStroke(linewidth=2, foreground="white")]
    labels = types.astype(str).replace(LABELS)
    for label in set(labels) - {SHOWN}:
        of_type = (labels == label).to_numpy()
        above = of_type.sum() < FEW  # or it would cover them
        center = np.median(x[of_type]), np.median(y[of_type])
        up: Any = {
            "xytext": (0, 5 if above else 0),
            "textcoords": "offset points",
            "va": "bottom" if above else "center",
        }
        axis.annotate(label, center, fontsize=8, ha="center", path_effects=halo, **up)
    axis.legend(loc="upper left", frameon=False, handletextpad=0.1, borderpad=0)
    axis.set_title(
        f"{method}, {SCORED[method]}: AUROC {auroc:.2f}", loc="left", color=COLORS[method], fontweight="bold"
    )
    axis.set_axis_off()


def draw(adata: AnnData, table: pd.DataFrame, sets: Mapping[str, Sequence[str]], path: Path) -> None:
    """Draw the AUROC by depth, and the cells with the scores of one set for each method."""
    import matplotlib.pyplot as plt

    shown = table[(table["percent"] == PERCENTS[-1]) & (table["cell_type"] == SHOWN) & (table["draw"] == 0)]
    auroc = shown.set_index("method")["auroc"]
    with plt.rc_context({"font.size": 9, "axes.titlesize": 10}):
        figure = plt.figure(figsize=(10, 3.5), layout="constrained")
        parts: Any = figure.subfigures(1, 2, width_ratios=[1, 2])
        left, right = parts
        draw_depths(left.subplots(), table, depths(adata, sets))
        for axis, method in zip(right.subplots(1, len(METHODS)), METHODS, strict=True):
            draw_cells(axis, adata, method, auroc[method])
        genes = ", ".join(sets[f"{SHOWN} 0"])
        right.suptitle(f"{SHOWN} set ({genes}), {PERCENTS[-1]} % of the counts", fontsize=9)
        figure.savefig(path, dpi=160, facecolor="white")
        plt.close(figure)


def run(args: argparse.Namespace) -> None:
    """Thin, score, report and write the outputs."""
    import anndata as ad
    import numpy as np

    from scgsfm import datasets, tl

    check_output(args.output, (".h5ad",), force=args.force)
    check_output(args.figure, (".png", ".pdf", ".svg"), force=args.force, argument="--figure")
    start = perf_counter()
    cells = datasets.pbmc()
    library, types = datasets.library("pbmc_markers"), list(TYPES)
    sets = draw_sets({t: [g for g in library[t] if g in cells.var_names] for t in types}, args.seed)
    print(
        f"{cells.n_obs} blood cells × {cells.n_vars:,} genes (10x Genomics), {len(types)} cell types; "
        f"{N_DRAWS} sets of {N_GENES} marker genes for each type"
    )
    cells.obsm["X_tsne"] = coordinates(cells)
    adata = ad.concat([thinned(cells, p, np.random.default_rng([args.seed, 1, p])) for p in PERCENTS], merge="same")
    tl.score(adata, sets, method=METHODS)
    table = aurocs(adata)
    report(adata, table, sets)
    write_cells(adata, args.output)
    draw(adata, table, sets, args.figure)
    print(f"\nWrote {args.output} and {args.figure}; {perf_counter() - start:.0f} s")
