from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np

from scgsfm.datasets import atac
from scgsfm.dna import peaks_of


def test_windows() -> None:
    adata = atac()
    assert adata.shape == (3, 250)
    assert adata.obs_names.tolist() == ["K562", "GM12878", "MCF7"]
    assert adata.var["peak"].sum() == 30
    peaks = peaks_of(adata.var)
    assert set(peaks.contig) == {"chr22"}
    assert (np.asarray(peaks.end) - np.asarray(peaks.start) == 200).all()
    assert min(peaks.start) >= 32_000_000
    assert max(peaks.end) <= 32_300_000


def test_peaks_are_the_open_windows() -> None:
    adata = atac()
    highest = adata.X.max(axis=0)
    is_peak = adata.var["peak"].to_numpy()
    assert highest[is_peak].min() > 1.5
    assert np.median(highest[~is_peak]) < 1
    starts = np.asarray(peaks_of(adata.var).start)
    assert np.abs(starts[~is_peak][:, None] - starts[is_peak]).min() >= 1000


def test_source_and_size() -> None:
    adata = atac()
    assert "ENCODE" in adata.uns["source"]
    assert adata.uns["genome"] == "hg38"
    folder = Path(str(files("scgsfm") / "data" / "atac"))
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 200_000
