"""``scgsfm demo``: score and embed real cells, without network access."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from ._outputs import add_force, check_output, write_cells

if TYPE_CHECKING:
    import argparse

    import pandas as pd
    from anndata import AnnData

METHODS = ("aucell", "gsfm")

STUDY = "TRAVAGLINI_LUNG_"
# blood cells in healthy human lung (Travaglini et al. 2020, doi:10.1038/s41586-020-2922-4): one study for all types,
# with other donors and another tissue than the scored cells
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
    """Output files."""
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("scgsfm_demo.h5ad"), metavar="H5AD", help="default: %(default)s"
    )
    parser.add_argument(
        "--figure",
        type=Path,
        default=Path("scgsfm_demo.png"),
        metavar="FILE",
        help="figure, .png, .pdf or .svg (default: %(default)s)",
    )
    add_force(parser)


def standardized(adata: AnnData, method: str) -> pd.DataFrame:
    """Scores of each set, standardized over all cells to compare sets (cells × sets)."""
    from scgsfm import get

    table = get.scores(adata, method)
    return (table - table.mean()) / table.std()


def report(adata: AnnData) -> None:
    """Print the highest set of each cell type for each method."""
    types = adata.obs["cell_type"]
    n_cells = types.value_counts()
    tables = {method: standardized(adata, method).groupby(types, observed=True).mean() for method in METHODS}
    print("\nHighest marker set of each cell type, with its mean standardized score:\n")
    print(f"{'cell type':<14}{'cells':>5}" + "".join(f"   {method:<29}{'mean':>5}" for method in METHODS))
    for cell_type in MARKERS:
        tops = [(table.loc[cell_type].idxmax(), table.loc[cell_type].max()) for table in tables.values()]
        print(f"{cell_type:<14}{n_cells[cell_type]:>5}" + "".join(f"   {name:<29}{mean:>5.1f}" for name, mean in tops))
    print()
    for method, table in tables.items():
        n_types = sum(table.loc[cell_type].idxmax() == marker_set for cell_type, marker_set in MARKERS.items())
        n_sets = sum(table[marker_set].idxmax() == cell_type for cell_type, marker_set in MARKERS.items())
        print(
            f"{method}: {n_sets} of {len(MARKERS)} marker sets are highest in their cell type, "
            f"{n_types} of {len(MARKERS)} cell types have their marker set on top"
        )


def draw(adata: AnnData, path: Path) -> None:
    """Plot the scores of all sets, one panel per method."""
    import matplotlib.pyplot as plt
    from anndata import AnnData

    from scgsfm import pl

    tables = {f"standardized {method}": standardized(adata, method) for method in METHODS}
    shown = AnnData(obs=adata.obs, obsm=tables)
    figure, axes = plt.subplots(1, len(METHODS), figsize=(16, 5.5))
    for axis, key in zip(axes, tables, strict=True):
        pl.score(
            shown, key=key, kind="matrix", groupby="cell_type", cmap="RdBu_r", vmin=-3, vmax=3, ax=axis, show=False
        )
    # scanpy lays out the inside of each panel, and the names of the sets reach below the figure
    figure.savefig(path, dpi=150, bbox_inches="tight")
    plt.close(figure)


def run(args: argparse.Namespace) -> None:
    """Score, report and write the outputs."""
    from scgsfm import GeneSets, datasets, tl

    check_output(args.output, (".h5ad",), force=args.force)
    check_output(args.figure, (".png", ".pdf", ".svg"), force=args.force, argument="--figure")
    start = perf_counter()
    adata = datasets.pbmc()
    # the order of the marker sets, for a diagonal in the figure
    adata.obs["cell_type"] = adata.obs["cell_type"].cat.reorder_categories(list(MARKERS))
    library = datasets.library("cell_types")
    gene_sets = GeneSets({name: library[STUDY + name] for name in MARKERS.values()})
    print(
        f"{adata.n_obs} blood cells × {adata.n_vars:,} genes (10x Genomics), {len(gene_sets)} marker sets (MSigDB C8)"
    )
    tl.score(adata, gene_sets, method=METHODS)
    tl.embed_cells(adata)
    report(adata)
    write_cells(adata, args.output)
    draw(adata, args.figure)
    print(f"\nWrote {args.output} and {args.figure}; {perf_counter() - start:.0f} s")
