"""Write the example data of ``scgsfm.datasets.gut``: 300 cells of the human gut, raw counts and labels.

python training/build_gut.py --data DATA     (DATA contains scrna; default: the variable SCGSFM_DATA)
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

OUT = Path(__file__).resolve().parent.parent / "src" / "scgsfm" / "data" / "gut.h5ad"
FILE = "gut_scp1884_1020x18708.h5ad"
N_CELLS = 40
"""Largest number of cells of a type."""
MIN_CELLS = 2
"""Genes detected in fewer cells are left out: no cell type can have them as markers."""
TYPES = {
    "B cell": ("B cells",),
    "Endothelial cell": ("Endothelial cells",),
    "Enterocyte": ("Enterocytes CA1", "Enterocytes TMIGD1"),
    "Enteroendocrine cell": ("Enteroendocrine cells", "Enterochromaffin cells", "L cells"),
    "Fibroblast": ("Fibroblasts",),
    "Macrophage": ("Macrophages",),
    "Myofibroblast": ("Myofibroblasts",),
    "T cell": ("T cells", "Tregs"),
}
"""Types, and how the authors' names of their subtypes begin."""
ABOUT = {
    "source": "Kong et al., 2023, The landscape of immune dysregulation in Crohn's disease revealed through "
    "single-cell transcriptomic profiling in the ileum and colon, Immunity 56:444 (Single Cell Portal SCP1884, "
    "CZ CELLxGENE), from a subset with 15 cells of each subtype in BiomedSciAI/biomed-multi-omic (Apache-2.0)",
    "url": "https://doi.org/10.1016/j.immuni.2023.01.002",
    "licence": "CC BY 4.0",
    "changes": "up to 40 cells of each of eight types, which join the authors' subtypes; genes detected in fewer than "
    "two of these cells are left out",
}
PARTS = {"TI": "ileum", "CO": "colon"}


def cell_types(subtypes: pd.Series) -> pd.Series:
    """The type of each cell; missing for the types that are left out."""
    found = pd.Series(None, index=subtypes.index, dtype=object)
    for name, starts in TYPES.items():
        found[subtypes.str.startswith(starts)] = name
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("SCGSFM_DATA"))
    folder = Path(parser.parse_args().data or parser.error("give --data or set SCGSFM_DATA")) / "scrna"
    full = ad.read_h5ad(folder / FILE)
    types, rng = cell_types(full.obs["Celltype"].astype(str)), np.random.default_rng(0)
    kept = []
    for name in TYPES:
        cells = np.flatnonzero(types == name)
        kept.append(rng.choice(cells, size=min(len(cells), N_CELLS), replace=False))
    cells = np.sort(np.concatenate(kept))
    counts = csr_matrix(full.X[cells], dtype=np.float32)
    if not (counts.data == np.round(counts.data)).all():
        raise ValueError("the matrix has values that are not counts")
    genes = np.flatnonzero(counts.getnnz(axis=0) >= MIN_CELLS)
    counts = counts[:, genes]
    counts.sort_indices()
    obs = full.obs.iloc[cells]
    labels = {
        "cell_type": types.iloc[cells].to_numpy(),
        "subtype": obs["Celltype"].astype(str).to_numpy(),
        "part": [PARTS[batch[:2]] for batch in obs["batch"]],
        "donor": obs["donor_id"].astype(str).to_numpy(),
    }
    subset = ad.AnnData(
        counts,
        obs=pd.DataFrame({key: pd.Categorical(value) for key, value in labels.items()}, index=full.obs_names[cells]),
        var=pd.DataFrame(index=full.var_names[genes]),
    )
    with h5py.File(OUT, "w") as file:
        options = {"compression": "gzip", "compression_opts": 9, "shuffle": True}
        ad.io.write_elem(file, "/", subset, dataset_kwargs=options)
        for key, text in ABOUT.items():  # scalar strings cannot be compressed
            ad.io.write_elem(file["uns"], key, text)
    print(subset, subset.obs["cell_type"].value_counts(), f"{OUT.stat().st_size:,} bytes", sep="\n")


if __name__ == "__main__":
    main()
