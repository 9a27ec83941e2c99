from __future__ import annotations

from importlib.resources import as_file, files

import anndata as ad


def gut() -> ad.AnnData:
    """Cells of the human gut, of people with and without Crohn's disease: 300 labeled cells with raw counts (CC BY 4.0).

    A subset of the atlas of ileum and colon of Kong et al. (2023, Immunity 56:444), with up to 40 cells of each of eight
    types: epithelium, endothelium, connective tissue, muscle and immune cells. Genes detected in fewer than two of these
    cells are left out. The data are embedded in the package.

    Returns
    -------
    AnnData with 300 cells × 13,729 genes (symbols) and

    - ``X``: raw UMI counts, sparse (CSR), float32
    - ``obs["cell_type"]``: types, which join the authors' subtypes, categorical
    - ``obs["subtype"]``, ``obs["part"]``, ``obs["donor"]``: the authors' labels, ileum or colon, and the donor
    - ``uns["source"]``, ``uns["licence"]``, ``uns["url"]``, ``uns["changes"]``: origin of the data

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.gut()
    >>> adata.shape, adata.obs["cell_type"].nunique()
    ((300, 13729), 8)
    """
    with as_file(files("scgsfm") / "data" / "gut.h5ad") as path:
        return ad.read_h5ad(path)
