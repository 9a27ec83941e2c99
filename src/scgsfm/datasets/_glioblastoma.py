from __future__ import annotations

from importlib.resources import as_file, files

import anndata as ad


def glioblastoma() -> ad.AnnData:
    """Glioblastoma cells of five patients with and without panobinostat: 1,500 cells with raw counts.

    A subset of the slice cultures of Zhao et al. (2021, Genome Medicine 13:82), treated with 0.2 µM of the histone
    deacetylase inhibitor panobinostat or with vehicle: 150 cells of each patient and treatment, and the 300 genes of the
    example data of the package lemur. The data are embedded in the package.

    Returns
    -------
    AnnData with 1,500 cells × 300 genes (symbols) and

    - ``X``: raw UMI counts, sparse (CSR), float32
    - ``obs["patient"]``, ``obs["treatment"]``, ``obs["sample"]``: the patient, ``"vehicle"`` or ``"panobinostat"``, and the
      sample, categorical
    - ``uns["source"]``, ``uns["licence"]``, ``uns["url"]``, ``uns["changes"]``: origin of the data

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.glioblastoma()
    >>> adata.shape, adata.obs["patient"].nunique()
    ((1500, 300), 5)
    """
    with as_file(files("scgsfm") / "data" / "glioblastoma.h5ad") as path:
        return ad.read_h5ad(path)
