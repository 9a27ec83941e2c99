"""``scgsfm demo``: the main job on real data, without the network."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    import pandas as pd
    from anndata import AnnData

METHODS = ("aucell", "gsfm")

PREFIX = "TRAVAGLINI_LUNG_"
# blood cells found in healthy human lung (Travaglini et al. 2020, doi:10.1038/s41586-020-2922-4): one study for all
# types, made from other donors and another tissue than the cells that are scored
MARKERS = {
    "Naive CD4 T": "TRAVAGLINI_LUNG_CD4_NAIVE_T_CELL",
    "Memory CD4 T": "TRAVAGLINI_LUNG_CD4_MEMORY_EFFECTOR_T_CELL",
    "CD8 T": "TRAVAGLINI_LUNG_CD8_MEMORY_EFFECTOR_T_CELL",
    "NK": "TRAVAGLINI_LUNG_NATURAL_KILLER_CELL",
    "B": "TRAVAGLINI_LUNG_B_CELL",
    "CD14+ Mono": "TRAVAGLINI_LUNG_CLASSICAL_MONOCYTE_CELL",
    "FCGR3A+ Mono": "TRAVAGLINI_LUNG_NONCLASSICAL_MONOCYTE_CELL",
    "DC": "TRAVAGLINI_LUNG_MYELOID_DENDRITIC_TYPE_1_CELL",
    "Platelet": "TRAVAGLINI_LUNG_PLATELET_MEGAKARYOCYTE_CELL",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to write."""
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("scgsfm_demo.h5ad"), metavar="H5AD", help="default: %(default)s"
    )
    parser.add_argument(
        "--figure", type=Path, default=Path("scgsfm_demo.png"), metavar="PNG", help="default: %(default)s"
    )


def standardised_means(scores: pd.DataFrame, cell_types: pd.Series) -> pd.DataFrame:
    """Mean score of each set in each type, in standard deviations from its mean over all cells: types × sets."""
    return ((scores - scores.mean()) / scores.std()).groupby(cell_types, observed=True).mean()


def report(adata: AnnData) -> None:
    """Print for each type which set stands out, by each method."""
    from scgsfm import _keys

    cell_types = adata.obs["cell_type"]
    print("\nThe highest marker set of each cell type, and its mean score in standard deviations over all cells:\n")
    print(f"{'cell type':<14}{'cells':>5}" + "".join(f"   {method:<30}{'mean':>4}" for method in METHODS))
    means = {method: standardised_means(adata.obsm[_keys.score(method)], cell_types) for method in METHODS}
    for cell_type in MARKERS:
        line = f"{cell_type:<14}{(cell_types == cell_type).sum():>5}"
        for table in means.values():
            row = table.loc[cell_type]
            line += f"   {row.idxmax().removeprefix(PREFIX):<30}{row.max():>4.1f}"
        print(line)
    for method, table in means.items():
        hits = sum(table.loc[cell_type].idxmax() == own for cell_type, own in MARKERS.items())
        print(f"{method}: the type's own marker set is highest in {hits} of {len(MARKERS)} types")


def draw(adata: AnnData, path: Path) -> None:
    """Draw mean scores by type, one panel a method."""
    import matplotlib.pyplot as plt

    from scgsfm import _keys

    figure, axes = plt.subplots(1, len(METHODS), figsize=(11, 6), sharey=True, layout="constrained")
    for axis, method in zip(axes, METHODS, strict=True):
        means = standardised_means(adata.obsm[_keys.score(method)], adata.obs["cell_type"])
        means = means.loc[list(MARKERS), list(MARKERS.values())]
        image = axis.imshow(means, cmap="RdBu_r", vmin=-3, vmax=3, aspect="auto")
        axis.set_xticks(range(len(MARKERS)), [name.removeprefix(PREFIX) for name in means], rotation=90)
        axis.set_yticks(range(len(MARKERS)), means.index)
        axis.set_title(method)
    figure.colorbar(image, ax=axes, label="mean score (SD over all cells)")
    figure.savefig(path, dpi=150)
    plt.close(figure)


def run(args: argparse.Namespace) -> None:
    """Score, report, write."""
    from scgsfm import datasets, tl

    start = perf_counter()
    adata = datasets.pbmc()
    gene_sets = datasets.library("cell_types").subset(list(MARKERS.values()))
    print(
        f"{adata.n_obs} blood cells × {adata.n_vars:,} genes (10x Genomics), {len(gene_sets)} marker sets (MSigDB C8)"
    )
    tl.score(adata, gene_sets, method=METHODS)
    tl.embed_cells(adata)
    report(adata)
    adata.write_h5ad(args.output)
    draw(adata, args.figure)
    print(f"\nwrote {args.output} and {args.figure}; {perf_counter() - start:.0f} s")
