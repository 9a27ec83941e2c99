from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from scgsfm import _keys
from scgsfm._adata import check_anndata, write_record
from scgsfm._docs import doc_params
from scgsfm.completion import Completer
from scgsfm.models import as_model
from scgsfm.scoring import plan, run, run_lazily

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from anndata import AnnData

    from scgsfm.genesets import GeneSetsLike
    from scgsfm.models.gsfm import GSFM


@doc_params
def score(
    adata: AnnData,
    gene_sets: GeneSetsLike,
    *,
    method: str | Sequence[str] = "aucell",
    expand: bool | Mapping[str, float] = False,
    model: str | GSFM = "gsfm-base",
    layer: str | None = None,
    use_raw: bool = False,
    gene_symbols: str | None = None,
    mask_var: str | Sequence[bool] | np.ndarray | None = None,
    min_genes: int | None = None,
    block_size: int | None = None,
    compute: bool = True,
    key_added: str | None = None,
    copy: bool = False,
    **params: Any,
) -> AnnData | None:
    """Score gene sets in each cell.

    All methods of :func:`scgsfm.methods` are available. Unless stated there, the score of a cell does not depend on other
    cells. The default is AUCell :cite:p:`Aibar2017`, where ties are replaced by their expectation. With
    ``method="gsfm"``, a gene set foundation model :cite:p:`Clarke2026` completes each set, and the completed, weighted
    sets are scored by AUCell. This way, a set is detected in cells in which its own genes dropped out.

    The data are read in blocks of cells, in memory, backed or lazy (h5ad, zarr, dask). The result does not depend on
    how they are stored. Blocks of a dask array are sent to the workers of the active dask client, if there is one; see
    the page on large data.

    Parameters
    ----------
    adata
        Cells × genes. Rank-based methods take counts or normalized values; other methods take log-normalized values,
        and warn if the values appear to be others (see the page on scoring for the rules).
    gene_sets
        Any input of :class:`~scgsfm.GeneSets`: a dict, a GMT file, a long table, or the name of a library. Gene names
        are matched to those of the data. Names without an exact match are translated (aliases, Ensembl and Entrez IDs,
        mouse orthologs).
    method
        Name of one or several methods. Several methods share a single pass over the data.
    expand
        Whether to complete the sets by the model, for any method that supports weights. ``True``, or a dict with
        ``n_genes`` (number of genes to add to each set, 100 by default) and ``weight`` (total weight of the added genes,
        in units of a gene of the set, 2 by default). ``method="gsfm"`` always completes. The genes with the highest
        logits minus popularity are added, restricted to genes of the data. The genes of the set keep their weights, and
        no added gene weighs more than their mean.
    model
        {model} It is used only for completion.
    layer
        {layer}
    use_raw
        {use_raw}
    gene_symbols
        {gene_symbols}
    mask_var
        {mask_var} The other genes are treated as not measured.
    min_genes
        Minimum number of genes of a set in the data. Sets with fewer are left out, with a warning that names them. By
        default, each method has its own minimum, mostly 1. (The default of decoupler is 5.) Sets of which less than 20 %
        of the genes are in the data, or fewer than five genes and less than half, are scored and named in a warning.
    block_size
        {block_size}
    compute
        If ``False``, the scores of a dask array remain dask arrays (cells × sets).
        :func:`scgsfm.get.scores` computes them and names the columns.
    key_added
        {key_added}
        With several methods, it is the prefix of the keys.
    copy
        {copy}
    **params
        Parameters of the methods, such as ``n_up`` and ``ties`` of ``aucell`` and ``gsfm``. Each method has a page with its
        parameters: :doc:`/choose_method` lists them.

    Returns
    -------
    Returns ``None``, or the copy if ``copy=True``. Sets the following fields:

    ``adata.obsm["score_<method>"]`` : :class:`pandas.DataFrame` (float64, cells × sets)
        Scores. Names of sets that files do not support are changed, such as ``/`` in a name;
        :func:`scgsfm.get.scores` returns the original names.
    ``adata.obsm["padj_<method>"]`` : :class:`pandas.DataFrame` (float64, cells × sets)
        p-values, adjusted over the sets of each cell (Benjamini and Hochberg), for methods with a test.
    ``adata.uns["scgsfm"]["score_<method>"]`` : :class:`dict`
        Parameters, original names of the sets, the number of genes of each set in total and in the data, sets that were
        left out, and what the values are (``"counts"``, ``"log-normalized"``, …).

    Raises
    ------
    GeneMatchError
        If too few genes of the sets are among the genes of the data, or no set has enough genes.
    ValueError
        If a parameter is out of range, the matrix contains NaN, a method does not support weights or signs that the
        sets have, there are no cells, or the result can't be written (a view or copy of backed data).
    TypeError
        If ``adata`` is not AnnData, or the matrix is on a GPU.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> sets = {"T cell": ["CD3D", "CD3E", "CD2"], "B cell": ["CD79A", "CD79B", "MS4A1"]}
    >>> scgsfm.tl.score(adata, sets)
    >>> adata.obsm["score_aucell"].shape
    (700, 2)
    """
    check_anndata(adata, copy=copy, key_added=key_added)
    adata = adata.copy() if copy else adata
    planned = plan(
        adata,
        gene_sets,
        method=method,
        expand=bool(expand),
        complete=Completer.of(partial(as_model, model), expand),
        layer=layer,
        use_raw=use_raw,
        gene_symbols=gene_symbols,
        mask_var=mask_var,
        min_genes=min_genes,
        block_size=block_size,
        key_added=key_added,
        params=params,
        compute=compute,
    )
    results = (run if compute else run_lazily)(planned.rows, planned.jobs)
    for task, result in zip(planned.tasks, results, strict=True):
        columns = _keys.columns(task.job.sets.names, index=adata.obs_names.name)
        for key, scores in ((task.key, result.scores), (task.padj_key, result.padj)):
            if scores is not None:
                table = pd.DataFrame(scores, index=adata.obs_names, columns=columns) if compute else scores
                adata.obsm[key] = table
        write_record(adata, task.key, task.record)
    return adata if copy else None
