from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from scgsfm import _keys
from scgsfm._adata import Result, check_anndata, log_results, takes_frames, undo_on_error
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm.completion import Completer
from scgsfm.get import scores
from scgsfm.models import as_model
from scgsfm.scoring import Smoothing, plan, run, run_lazily

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from anndata import AnnData

    from scgsfm.genesets import GeneSetsLike
    from scgsfm.models.gsfm import GSFM
    from scgsfm.scoring import Task


def _table(adata: AnnData) -> pd.DataFrame:
    """The scores: cells × sets, with the method as the first level of the columns if there are several."""
    tables = {record["method"]: scores(adata, key=key) for key, record in adata.uns[_keys.UNS].items()}
    return next(iter(tables.values())) if len(tables) == 1 else pd.concat(tables, axis=1, names=["method", "set"])


@checks_types
@takes_frames(_table)
@undo_on_error
@doc_params
def score(
    adata: AnnData | pd.DataFrame,
    gene_sets: GeneSetsLike,
    *,
    method: str | Sequence[str] = "aucell",
    expand: bool | Mapping[str, float] = False,
    model: str | GSFM = "gsfm-base",
    layer: str | None = None,
    use_raw: bool = False,
    gene_symbols: str | None = None,
    mask_var: str | Sequence[bool] | np.ndarray | pd.Series | None = None,
    min_genes: int | None = None,
    block_size: int | None = None,
    log_normalize: bool | None = None,
    normalize: str | None = None,
    smooth: str | None = None,
    compute: bool = True,
    key_added: str | None = None,
    copy: bool = False,
    **params: Any,
) -> AnnData | pd.DataFrame | None:
    """Score gene sets in each cell.

    All methods of :func:`scgsfm.methods` are available. Unless stated there, the score of a cell does not depend on other
    cells. The default is AUCell :cite:p:`Aibar2017`, where ties are replaced by their expectation. With
    ``method="gsfm"``, a gene set foundation model :cite:p:`Clarke2026` completes each set, and the completed, weighted
    sets are scored by AUCell. This way, a set is detected in cells in which its own genes dropped out.

    The data are read in blocks of cells, in memory, backed or lazy (h5ad, zarr, dask). The result does not depend on
    how they are stored. Blocks of a dask array are sent to the workers of the active dask client, if there is one; see
    :doc:`/large_data`.

    Parameters
    ----------
    adata
        Cells × genes: AnnData, or a table. Rank-based methods take counts or normalized values. Other methods take
        log-normalized values: counts, also with fractions, and normalized values without a logarithm are log-normalized
        for them, which the log states, and other values give a warning (see :doc:`/scoring` for the rules).
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
    log_normalize
        Whether methods that assume log-normalized values get them: each cell is scaled to a sum of 10,000, and log(1 + x)
        is taken. By default, this is done for counts and for normalized values without a logarithm. ``False`` uses
        the values as they are, as decoupler and :func:`scanpy.tl.score_genes` do.
    normalize
        ``"null"`` compares the score of each cell with those of random sets of genes in the same cell, in closed form: the
        score becomes a z-score, and p-values are two-sided. Random sets have as many genes, and the same weights, as the set; for
        ``score_genes`` and ``ans`` they also match it in mean expression. For methods whose score is a sum over genes
        (column ``null`` of :func:`scgsfm.methods`). Other values are passed to ``ssgsea``.
    smooth
        Key of a graph of neighboring cells: of :func:`scanpy.pp.neighbors` (``"neighbors"``), or of connectivities in
        ``adata.obsp``. Scores are averaged over each cell and its neighbors, with a weight of :math:`0.9^i` for the
        neighbor number :math:`i`, as pyUCell does. There are no p-values then.
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
    For a table, the scores as a table of cells × sets, with the method as the first level of the columns if there are
    several. For AnnData, ``None``, or the copy if ``copy=True``. Sets the following fields:

    ``adata.obsm["score_<method>"]`` : :class:`pandas.DataFrame` (float64, cells × sets)
        Scores, or z-scores with ``normalize="null"``. Names of sets that files do not support are changed, such as ``/``
        in a name; :func:`scgsfm.get.scores` returns the original names.
    ``adata.obsm["padj_<method>"]`` : :class:`pandas.DataFrame` (float64, cells × sets)
        p-values, adjusted over the sets of each cell (Benjamini and Hochberg), for methods with a test and with
        ``normalize="null"``.
    ``adata.uns["scgsfm"]["score_<method>"]`` : :class:`dict`
        Parameters, original names of the sets, the number of genes of each set in total and in the data, sets that were
        left out, and what the values are (``"counts"``, ``"log-normalized"``, …).

    Raises
    ------
    GeneMatchError
        If too few genes of the sets are among the genes of the data, or no set has enough genes.
    ValueError
        If a parameter is out of range, a field exists that this function did not write, the matrix contains NaN, a
        method does not support ``normalize``, or weights or signs that the sets have, there are no cells, there is no
        such graph, or the result can't be written (a view or copy of backed data).
    TypeError
        If ``adata`` is neither AnnData nor a table of numbers, or the matrix is on a GPU.

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
        log_normalize=log_normalize,
        normalize=normalize,
    )
    smoothing = Smoothing.of(adata, smooth, lazy=not compute)
    targets = [_target(adata, task, smoothing) for task in planned.tasks]
    results = (run if compute else run_lazily)(planned.rows, planned.jobs)
    for task, target, result in zip(planned.tasks, targets, results, strict=True):
        columns = _keys.columns(task.job.sets.names, index=adata.obs_names.name)
        for key, values in ((task.key, smoothing(result.scores)), (task.padj_key, smoothing.pvalues(result.padj))):
            if values is None:
                adata.obsm.pop(key, None)  # p-values of an earlier call
            else:
                table = pd.DataFrame(values, index=adata.obs_names, columns=columns) if compute else values
                adata.obsm[key] = table
        target.write_record(adata, {**task.record, **smoothing.record})
    log_results(targets, *planned.details)
    return adata if copy else None


def _target(adata: AnnData, task: Task, smoothing: Smoothing) -> Result:
    """The fields of a task. A p-value that only another method had is not the task's own, but is replaced as well."""
    padj = [task.padj_key] if task.job.has_test and not smoothing else []
    return Result.check(adata, "tl.score", task.key, obsm=[task.key], also={"obsm": padj})
