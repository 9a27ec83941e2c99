"""Write the example data of ``scgsfm.datasets.glioblastoma``: treated and untreated cells of five patients, raw counts.

python training/build_glioblastoma.py --data DATA     (DATA contains scrna; default: the variable SCGSFM_DATA)
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

OUT = Path(__file__).resolve().parent.parent / "src" / "scgsfm" / "data" / "glioblastoma.h5ad"
FILE = "glioblastoma_panobinostat_5000x300.h5ad"
N_CELLS = 150
"""Number of cells of each patient and condition."""
ABOUT = {
    "source": "Zhao et al., 2021, Deconvolution of cell type-specific drug responses in human tumor tissue with single-cell "
    "RNA-seq, Genome Medicine 13:82 (GEO GSE148842), from the example data of the package lemur (MIT)",
    "url": "https://doi.org/10.1186/s13073-021-00894-y",
    "licence": "MIT (lemur); data in GEO, public",
    "changes": "150 cells of each of five patients and two conditions; the 300 genes of the example data, by symbol",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("SCGSFM_DATA"))
    folder = Path(parser.parse_args().data or parser.error("give --data or set SCGSFM_DATA")) / "scrna"
    full = ad.read_h5ad(folder / FILE)
    rng = np.random.default_rng(0)
    samples = full.obs["sample_id"].astype(str).to_numpy()
    chosen = [rng.choice(np.flatnonzero(samples == name), N_CELLS, replace=False) for name in np.unique(samples)]
    cells = np.sort(np.concatenate(chosen))
    counts = csr_matrix(full.X[cells], dtype=np.float32)
    if not (counts.data == np.round(counts.data)).all():
        raise ValueError("the matrix has values that are not counts")
    counts.sort_indices()
    obs = full.obs.iloc[cells]
    treated = {"ctrl": "vehicle", "panobinostat": "panobinostat"}
    labels = {
        "patient": obs["patient_id"].astype(str).to_numpy(),
        "treatment": [treated[name] for name in obs["condition"].astype(str)],
        "sample": obs["sample_id"].astype(str).to_numpy(),
    }
    names = [f"{sample}-{barcode}" for sample, barcode in zip(labels["sample"], full.obs_names[cells], strict=True)]
    subset = ad.AnnData(
        counts,
        obs=pd.DataFrame({key: pd.Categorical(value) for key, value in labels.items()}, index=names),
        var=pd.DataFrame(index=full.var["symbol"].astype(str).to_numpy()),
    )
    subset.obs_names_make_unique()
    with h5py.File(OUT, "w") as file:
        options = {"compression": "gzip", "compression_opts": 9, "shuffle": True}
        ad.io.write_elem(file, "/", subset, dataset_kwargs=options)
        for key, text in ABOUT.items():  # scalar strings cannot be compressed
            ad.io.write_elem(file["uns"], key, text)
    print(subset, subset.obs["treatment"].value_counts(), f"{OUT.stat().st_size:,} bytes", sep="\n")


if __name__ == "__main__":
    main()
