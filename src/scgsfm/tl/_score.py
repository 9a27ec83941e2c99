from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm import _keys
from scgsfm.genesets import GeneSets
from scgsfm.pp._matrix import data_matrix, gene_mask
from scgsfm.pp._names import data_genes, data_var
from scgsfm.scoring import Job, Rows, SetIndex, complete, get_method, run

from ._shared import as_model, write_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData

    from scgsfm.models.gsfm import GSFM
    from scgsfm.scoring import Method, Result


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
    whichever way they are stored.

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
        many genes are added to each set, 50 by default) and ``weight`` (their total weight relative to the set's
        own, 0.5 by default). ``method="gsfm"`` always does. The added genes are those with the highest logits after
        subtraction of each gene's popularity; their weights are proportional to the model's probability for the
        corrected logit, sum to ``weight`` times the sum of the set's own weights, and none exceeds the mean of
        these. The genes of the set keep theirs. Only genes of the data are added.
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
    methods = [get_method(name) for name in ([method] if isinstance(method, str) else dict.fromkeys(method))]
    if not methods:
        msg = "`method` is empty: name one or several of `scgsfm.methods()`."
        raise ValueError(msg)
    method_params = _split_params(methods, params)
    if min_genes is not None and min_genes < 1:
        msg = f"`min_genes` is {min_genes}, but must be at least 1."
        raise ValueError(msg)
    adata = adata.copy() if copy else adata
    matrix = data_matrix(adata, layer=layer, use_raw=use_raw)
    genes = data_genes(adata, gene_symbols=gene_symbols, use_raw=use_raw)
    kept = None if mask_var is None else np.flatnonzero(gene_mask(data_var(adata, use_raw=use_raw), mask_var))
    genes = genes if kept is None else genes[kept]
    rows = Rows(matrix, genes=kept, block_size=block_size)

    gene_sets = GeneSets(gene_sets)
    own = SetIndex.match(gene_sets, genes)
    for chosen in methods:
        chosen.check(own, completed=bool(expand) or chosen.completes)
    completed, completion = own, dict[str, Any]()
    if expand or any(chosen.completes for chosen in methods):
        completed, completion = _complete(gene_sets, genes, model, expand)
    jobs = []
    for chosen in methods:
        sets = completed if expand or chosen.completes else own
        jobs.append(Job(chosen, sets.at_least(min_genes or chosen.min_genes), method_params[chosen.name]))

    for job, result in zip(jobs, run(rows, jobs), strict=True):
        used = {"layer": layer, "gene_symbols": gene_symbols, "use_raw": use_raw, "gene_sets": gene_sets.info}
        if expand or job.method.completes:
            used["completion"] = completion
        _write(adata, job, result, own, used, key_added=key_added, several=len(jobs) > 1)
    return adata if copy else None


def _split_params(methods: Sequence[Method], params: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """All parameters of each method; one that no method takes is refused."""
    for name in params:
        if not any(name in method.parameters for method in methods):
            takes = "; ".join(f"{method.name!r} takes {', '.join(method.parameters) or 'none'}" for method in methods)
            msg = f"score() got an unexpected parameter {name!r}. Besides those of its own, {takes}."
            raise TypeError(msg)
    return {
        method.name: {name: params.get(name, default) for name, default in method.parameters.items()}
        for method in methods
    }


def _complete(
    sets: GeneSets, genes: np.ndarray, model: str | GSFM, expand: bool | Mapping[str, float]
) -> tuple[SetIndex, dict[str, Any]]:
    """The sets completed with genes of the data, and how that was done."""
    options: dict[str, Any] = dict(expand) if isinstance(expand, Mapping) else {}
    if not options.keys() <= {"n_genes", "weight"}:
        msg = f"`expand` has the keys {', '.join(options)}, but knows only 'n_genes' and 'weight'."
        raise ValueError(msg)
    loaded = as_model(model)
    completed = complete(sets, loaded, genes=genes, **options)
    return SetIndex.match(completed, genes), {"model": loaded.name, **options}


def _write(
    adata: AnnData,
    job: Job,
    result: Result,
    own: SetIndex,
    used: Mapping[str, Any],
    *,
    key_added: str | None,
    several: bool,
) -> None:
    name = job.method.name
    key = f"{key_added}_{name}" if key_added and several else key_added or _keys.score(name)
    columns = _keys.columns(job.sets.names)
    adata.obsm[key] = pd.DataFrame(result.scores, index=adata.obs_names, columns=columns)
    if result.padj is not None:
        padj_key = f"padj_{key}" if key_added else _keys.padj(name)
        adata.obsm[padj_key] = pd.DataFrame(result.padj, index=adata.obs_names, columns=columns)
    scored = pd.Index(own.names).get_indexer(job.sets.names)
    record = {
        "method": name,
        "params": job.params,
        "set_names": np.array(job.sets.names, dtype=object),
        "n_genes": own.n_listed[scored],
        "n_found": own.n_found[scored],
        "n_scored": job.sets.n_found,
        **used,
    }
    write_record(adata, key, record)
