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

STUDY = "TRAVAGLINI_LUNG_"
# blood cells found in healthy human lung (Travaglini et al. 2020, doi:10.1038/s41586-020-2922-4): one study for all
# types, made from other donors and another tissue than the cells that are scored
MARKERS = {
    "Naive CD4 T": "CD4_NAIVE_T_CELL",
    "Memory CD4 T": "CD4_MEMORY_EFFECTOR_T_CELL",
    "CD8 T": "CD8_MEMORY_EFFECTOR_T_CELL",
    "NK": "NATURAL_KILLER_CELL",
    "B": "B_CELL",
    "CD14+ Mono": "CLASSICAL_MONOCYTE_CELL",
    "FCGR3A+ Mono": "NONCLASSICAL_MONOCYTE_CELL",
    "DC": "MYELOID_DENDRITIC_TYPE_1_CELL",
    "Platelet": "PLATELET_MEGAKARYOCYTE_CELL",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to write."""
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("scgsfm_demo.h5ad"), metavar="H5AD", help="default: %(default)s"
    )
    parser.add_argument(
        "--figure", type=Path, default=Path("scgsfm_demo.png"), metavar="PNG", help="default: %(default)s"
    )


def standardised(adata: AnnData, method: str) -> pd.DataFrame:
    """Scores of each set in standard deviations from their mean over all cells, for sets differ in level: cells × sets."""
    from scgsfm import get

    table = get.scores(adata, method)
    return (table - table.mean()) / table.std()


def report(adata: AnnData) -> None:
    """Print for each type which set stands out, by each method."""
    types = adata.obs["cell_type"]
    n_cells = types.value_counts()
    tables = {method: standardised(adata, method).groupby(types, observed=True).mean() for method in METHODS}
    print("\nThe highest marker set of each cell type, and its mean score in standard deviations over all cells:\n")
    print(f"{'cell type':<14}{'cells':>5}" + "".join(f"   {method:<29}{'mean':>5}" for method in METHODS))
    for cell_type in MARKERS:
        tops = [(table.loc[cell_type].idxmax(), table.loc[cell_type].max()) for table in tables.values()]
        print(f"{cell_type:<14}{n_cells[cell_type]:>5}" + "".join(f"   {name:<29}{mean:>5.1f}" for name, mean in tops))
    print()
    for method, table in tables.items():
        own_set = sum(table.loc[cell_type].idxmax() == own for cell_type, own in MARKERS.items())
        own_cells = sum(table[own].idxmax() == cell_type for cell_type, own in MARKERS.items())
        print(
            f"{method}: {own_cells} of {len(MARKERS)} marker sets are highest in their own cells, "
            f"{own_set} of {len(MARKERS)} types have their own marker set on top"
        )


def draw(adata: AnnData, path: Path) -> None:
    """Draw what is printed, all sets: one panel a method."""
    import matplotlib.pyplot as plt
    from anndata import AnnData

    from scgsfm import pl

    tables = {f"standardised {method}": standardised(adata, method) for method in METHODS}
    shown = AnnData(obs=adata.obs, obsm=tables)
    figure, axes = plt.subplots(1, len(METHODS), figsize=(11, 5.5), sharey=True, layout="constrained")
    for axis, key in zip(axes, tables, strict=True):
        pl.score(
            shown, key=key, kind="matrix", groupby="cell_type", cmap="RdBu_r", vmin=-3, vmax=3, ax=axis, show=False
        )
    figure.savefig(path, dpi=150)
    plt.close(figure)


def run(args: argparse.Namespace) -> None:
    """Score, report, write."""
    from scgsfm import GeneSets, datasets, tl

    start = perf_counter()
    adata = datasets.pbmc()
    # in the order of the marker sets, so that figures have them on the diagonal
    adata.obs["cell_type"] = adata.obs["cell_type"].cat.reorder_categories(list(MARKERS))
    library = datasets.library("cell_types")
    gene_sets = GeneSets({name: library[STUDY + name] for name in MARKERS.values()})
    print(
        f"{adata.n_obs} blood cells × {adata.n_vars:,} genes (10x Genomics), {len(gene_sets)} marker sets (MSigDB C8)"
    )
    tl.score(adata, gene_sets, method=METHODS)
    tl.embed_cells(adata)
    report(adata)
    adata.write_h5ad(args.output)
    draw(adata, args.figure)
    print(f"\nwrote {args.output} and {args.figure}; {perf_counter() - start:.0f} s")
