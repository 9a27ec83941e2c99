from __future__ import annotations

from importlib.resources import as_file, files

import anndata as ad


def pbmc() -> ad.AnnData:
    """Blood cells of a healthy donor: 700 labelled cells of pbmc3k with raw counts (10x Genomics, 2016; CC BY 4.0).

    A stratified subset of the 2,638 cells that pass the filters of the Seurat tutorial (Satija et al., 2015), with its
    nine cell types; all dendritic cells and platelets are kept. Genes without a count in these cells are left out. The
    data come with the package; nothing is downloaded.

    Returns
    -------
    An object of 700 cells × 14,135 genes (symbols of GRCh37) with

    - ``X``: raw counts of molecules, sparse (CSR), float32
    - ``obs["cell_type"]``: labels, categorical
    - ``uns["source"]``, ``uns["licence"]``, ``uns["url"]``, ``uns["changes"]``: where the data are from

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> adata.shape, adata.obs["cell_type"].nunique()
    ((700, 14135), 9)
    """
    with as_file(files("scgsfm") / "data" / "pbmc.h5ad") as path:
        return ad.read_h5ad(path)
