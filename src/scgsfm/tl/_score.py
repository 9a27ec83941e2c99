from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from scgsfm import _keys
from scgsfm._adata import write_record
from scgsfm.completion import Completer
from scgsfm.models import as_model
from scgsfm.scoring import plan, run, run_lazily

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from anndata import AnnData

    from scgsfm.models.gsfm import GSFM


def score(
    adata: AnnData,
    gene_sets: Any,
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

    One function for all methods of :func:`scgsfm.methods`; each cell is scored by itself, so the result doesn't
    depend on the other cells (except where a method says so). The default is AUCell :cite:p:`Aibar2017` with ties
    resolved by their expectation. ``method="gsfm"`` has a gene-set foundation model complete each set first, so that
    a set is found in a cell even where its own genes dropped out, and scores the completed, weighted sets by AUCell.

    The data are read in blocks of cells, in memory, backed or lazy (h5ad, zarr, dask), and give the same numbers
    whichever way they are stored. Blocks of a dask matrix go to the workers of the active dask client, if there is
    one; see the page on large data.

    Parameters
    ----------
    adata
        Cells × genes. Methods by ranks take counts as well as normalised values, others normalised, log-transformed
        values.
    gene_sets
        Whatever :class:`~scgsfm.GeneSets` takes: a dict, a GMT file, a long table, the name of a library. Gene names
        are matched to those of the data: names that agree are taken as they are, others are translated (aliases,
        Ensembl and Entrez ids, mouse orthologs).
    method
        Name of a method, or several: one walk over the data serves all.
    expand
        Complete the sets by the model for any method that honours weights: ``True``, or a dict with ``n_genes`` (how
        many genes are added to each set, 100 by default) and ``weight`` (as many of the set's own genes they weigh
        together, 2 by default). ``method="gsfm"`` always does. The added genes are those with the highest logits after
        subtraction of each gene's popularity; none weighs more than the set's own on average, which keep their weights.
        Only genes of the data are added.
    model
        Name or folder of a model, or the loaded model itself; used only for completion.
    layer
        Layer to score instead of ``X``.
    use_raw
        Score ``adata.raw``.
    gene_symbols
        Column of ``var`` with the gene names; by default the index, or the column that holds symbols if the index
        doesn't.
    mask_var
        Genes to take into account: a boolean column of ``var`` or an array. The others count as not measured.
    min_genes
        Genes of a set that the data must have, else the set is left out with a warning; each method's own minimum by
        default. (decoupler's default is 5.)
    block_size
        Cells read at a time.
    compute
        ``False`` leaves the scores of a dask matrix as dask arrays (cells × sets), computed when they are needed;
        :func:`scgsfm.get.scores` computes them and names the columns.
    key_added
        Key of the scores in ``obsm`` and of the parameters in ``uns["scgsfm"]``; with several methods, the start of
        the keys.
    copy
        Return a copy instead of writing to ``adata``.
    **params
        Parameters of the methods: ``n_up`` and ``ties`` of ``aucell`` and ``gsfm``; see the page on scoring.

    Returns
    -------
    ``None``, or the copy if ``copy=True``. Sets the fields:

    ``adata.obsm["score_<method>"]`` : :class:`pandas.DataFrame` (float64, cells × sets)
        Scores; a ``/`` in the name of a set is replaced.
    ``adata.obsm["padj_<method>"]`` : :class:`pandas.DataFrame` (float64, cells × sets)
        p-values of methods with a test, adjusted over the sets of each cell (Benjamini and Hochberg).
    ``adata.uns["scgsfm"]["score_<method>"]`` : :class:`dict`
        Parameters, original names of the sets, how many genes each lists and how many the data has.

    Raises
    ------
    GeneMatchError
        If hardly any gene of the sets is among the genes of the data, or no set has enough.
    ValueError
        If a parameter is out of range, the matrix holds NaN, or a method can't honour weights or signs of the sets.
    TypeError
        If the matrix is on a GPU.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> sets = {"T cell": ["CD3D", "CD3E", "CD2"], "B cell": ["CD79A", "CD79B", "MS4A1"]}
    >>> scgsfm.tl.score(adata, sets)
    >>> adata.obsm["score_aucell"].shape
    (700, 2)
    """
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
    )
    results = (run if compute else run_lazily)(planned.rows, planned.jobs)
    for task, result in zip(planned.tasks, results, strict=True):
        columns = _keys.columns(task.job.sets.names)
        for key, scores in ((task.key, result.scores), (task.padj_key, result.padj)):
            if scores is not None:
                table = pd.DataFrame(scores, index=adata.obs_names, columns=columns) if compute else scores
                adata.obsm[key] = table
        write_record(adata, task.key, task.record)
    return adata if copy else None
