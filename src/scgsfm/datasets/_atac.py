from __future__ import annotations

from importlib.resources import as_file, files

import anndata as ad


def atac() -> ad.AnnData:
    """Open chromatin of three cell lines in 300,000 bases of chromosome 22 (hg38; ENCODE).

    Windows of 200 bases: 30 ATAC-seq peaks, centered on their summits, and 220 windows at least 1,000 bases from these.
    :func:`atac_genome` returns their sequences. The data are embedded in the package.

    Returns
    -------
    AnnData with 3 cell lines (K562, GM12878, MCF7) × 250 windows (``chr22:32005525-32005725``; starts are 0-based) and

    - ``X``: mean ATAC-seq signal, dense, float32. The depth of the lines differs: compare windows, not lines.
    - ``var["peak"]``: whether the window is a peak
    - ``obs["cell_line"]``: the cell line, categorical
    - ``uns["source"]``, ``uns["licence"]``, ``uns["url"]``, ``uns["changes"]``, ``uns["genome"]``: origin of the data

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.atac()
    >>> adata.shape, int(adata.var["peak"].sum())
    ((3, 250), 30)
    """
    with as_file(files("scgsfm") / "data" / "atac" / "windows.h5ad") as path:
        return ad.read_h5ad(path)
