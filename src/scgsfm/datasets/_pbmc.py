from __future__ import annotations

from importlib.resources import as_file, files

import anndata as ad


def pbmc() -> ad.AnnData:
    """Blood cells of a healthy donor: 700 labeled cells of pbmc3k with raw counts (10x Genomics, 2016; CC BY 4.0).

    A stratified subset of the 2,638 cells that pass the filters of the Seurat tutorial (Satija et al., 2015), with its
    nine cell types. All dendritic cells and platelets are kept; genes without counts are removed. The data are embedded
    in the package.

    Returns
    -------
    AnnData with 700 cells × 14,135 genes (GRCh37 symbols) and

    - ``X``: raw UMI counts, sparse (CSR), float32
    - ``obs["cell_type"]``: labels, categorical
    - ``uns["source"]``, ``uns["licence"]``, ``uns["url"]``, ``uns["changes"]``: origin of the data

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> adata.shape, adata.obs["cell_type"].nunique()
    ((700, 14135), 9)
    """
    with as_file(files("scgsfm") / "data" / "pbmc.h5ad") as path:
        return ad.read_h5ad(path)
