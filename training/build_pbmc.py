"""Write the example data of ``scgsfm.datasets.pbmc``: about 700 of the 2,638 cells of pbmc3k, raw counts and labels.

python training/build_pbmc.py --data DATA     (DATA contains scrna; default: the variable SCGSFM_DATA)
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

OUT = Path(__file__).resolve().parent.parent / "src" / "scgsfm" / "data" / "pbmc.h5ad"
N_CELLS = 700
WHOLE = 40
"""Types with fewer cells than this are kept completely, the others in proportion to their size."""
ABOUT = {
    "source": "10x Genomics, 3k PBMCs from a healthy donor (2016), Cell Ranger 1.1.0, GRCh37",
    "url": "https://www.10xgenomics.com/datasets/3-k-pb-mcs-from-a-healthy-donor-1-standard-1-1-0",
    "licence": "CC BY 4.0",
    "changes": "stratified subset of the cells that pass the filters of the Seurat tutorial, with its cell-type labels; "
    "genes without a count in these cells are left out",
}


def choose(labels: pd.Series, rng: np.random.Generator) -> np.ndarray:
    """Positions of the cells to keep, in the order of the data."""
    counts = labels.value_counts()
    rare = counts[counts < WHOLE]
    share = (N_CELLS - rare.sum()) / (counts.sum() - rare.sum())
    kept = []
    for label in sorted(counts.index):
        cells = np.flatnonzero(labels == label)
        n = len(cells) if label in rare.index else round(len(cells) * share)
        kept.append(rng.choice(cells, size=n, replace=False))
    return np.sort(np.concatenate(kept))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("SCGSFM_DATA"))
    folder = Path(parser.parse_args().data or parser.error("give --data or set SCGSFM_DATA")) / "scrna"
    full = ad.read_h5ad(folder / "pbmc3k_2638x32738.h5ad")
    cells = choose(full.obs["cell_type"], np.random.default_rng(0))
    counts = csr_matrix(full.X[cells], dtype=np.float32)
    genes = np.flatnonzero(counts.getnnz(axis=0))
    counts = counts[:, genes]
    counts.sort_indices()
    subset = ad.AnnData(
        counts,
        obs=pd.DataFrame(
            {"cell_type": pd.Categorical(full.obs["cell_type"].iloc[cells].astype(str))}, index=full.obs_names[cells]
        ),
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
