"""Write the example data of ``scgsfm.datasets.atac``: open and other windows of a region of chromosome 22.

python training/build_atac.py --data DATA     (DATA contains dna; default: the variable SCGSFM_DATA)
"""

from __future__ import annotations

import argparse
import gzip
import os
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd

FOLDER = Path(__file__).resolve().parent.parent / "src" / "scgsfm" / "data" / "atac"
CONTIG, START = "chr22", 32_000_000
WIDTH, BIN = 200, 50
LINES = ["K562", "GM12878", "MCF7"]
MIN_SIGNAL = 3.0
"""Lowest signal of the summit of a peak, in any cell line."""
APART = 500
"""Bins of high signal at most this far apart belong to one peak."""
FAR = 1000
"""Windows that are no peaks are at least this far from each summit."""
N_OTHER = 220
ABOUT = {
    "source": "ATAC-seq of K562, GM12878 and MCF-7 (ENCODE), as in the test data of DeepDETAILS (Yao et al., 2026, "
    "commit 7f7fb0b); sequence of GRCh38/hg38, as in the test data of kipoiseq (commit 147eba7)",
    "url": "https://www.encodeproject.org",
    "licence": "ENCODE data may be used without restriction; hg38 is public",
    "changes": "mean signal in windows of 200 bases of chr22:32,000,000-32,300,000",
    "genome": "hg38",
}


def summits(signal: np.ndarray) -> np.ndarray:
    """Bins with the highest signal of each stretch of open chromatin, from bins × cell lines."""
    highest = signal.max(axis=1)
    high = np.flatnonzero(highest >= MIN_SIGNAL)
    stretches = np.split(high, np.flatnonzero(np.diff(high) * BIN > APART) + 1)
    return np.array([stretch[np.argmax(highest[stretch])] for stretch in stretches])


def window_means(signal: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Mean signal of each cell line in windows that start at the given positions in the region."""
    by_base = np.repeat(signal, BIN, axis=0)
    return np.array([by_base[start : start + WIDTH].mean(axis=0) for start in starts]).T


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("SCGSFM_DATA"))
    folder = Path(parser.parse_args().data or parser.error("give --data or set SCGSFM_DATA")) / "dna"
    with gzip.open(folder / "hg38_chr22_32000000_32300000.fa.gz", "rt") as file:
        sequence = "".join(line.strip() for line in file if not line.startswith(">")).upper()
    signal = pd.read_csv(folder / "chr22_32.0-32.3Mb_ATAC_50bp.tsv.gz", sep="\t")[LINES].to_numpy()
    middles = summits(signal) * BIN + BIN // 2
    grid = np.arange(0, len(sequence), WIDTH)
    other = grid[[abs(middles - start - WIDTH // 2).min() >= FAR for start in grid]]
    other = np.sort(np.random.default_rng(0).choice(other, N_OTHER, replace=False))
    starts = np.concatenate([middles - WIDTH // 2, other])
    order = np.argsort(starts)
    is_peak = np.arange(len(starts)) < len(middles)
    names = [f"{CONTIG}:{START + start}-{START + start + WIDTH}" for start in starts[order].tolist()]
    adata = ad.AnnData(
        window_means(signal, starts[order]).astype(np.float32),
        obs=pd.DataFrame({"cell_line": pd.Categorical(LINES)}, index=LINES),
        var=pd.DataFrame({"peak": is_peak[order]}, index=names),
    )
    FOLDER.mkdir(exist_ok=True)
    with h5py.File(FOLDER / "windows.h5ad", "w") as file:
        ad.io.write_elem(file, "/", adata, dataset_kwargs={"compression": "gzip", "compression_opts": 9})
        for key, text in ABOUT.items():  # scalar strings cannot be compressed
            ad.io.write_elem(file["uns"], key, text)
    name = f"{CONTIG}:{START}-{START + len(sequence)}"
    with (FOLDER / "sequence.fa.gz").open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(f">{name}\n{sequence}\n".encode())
    print(
        adata, f"{is_peak.sum()} peaks", *(f"{p.name} {p.stat().st_size:,} bytes" for p in FOLDER.iterdir()), sep="\n"
    )


if __name__ == "__main__":
    main()
