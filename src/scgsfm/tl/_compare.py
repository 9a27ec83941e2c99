from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from scgsfm import _keys
from scgsfm._adata import Result, check_anndata, log_results, undo_on_error
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import check_choice, number
from scgsfm.comparison import (
    CompareOptions,
    ComputedScores,
    Replicates,
    StoredScores,
    compare_conditions,
    summed_counts,
)
from scgsfm.completion import Completer
from scgsfm.get import scores
from scgsfm.models import as_model
from scgsfm.scoring import plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pandas as pd
    from anndata import AnnData

    from scgsfm.comparison import Comparison
    from scgsfm.genesets import GeneSetsLike
    from scgsfm.models.gsfm import GSFM


@checks_types
@undo_on_error
@doc_params
def compare(
    adata: AnnData,
    gene_sets: GeneSetsLike | str,
    *,
    condition: str,
    sample: str | None,
    groupby: str | None = None,
    reference: str | None = None,
    covariates: str | Sequence[str] | None = None,
    paired: str | None = None,
    engine: Literal["pseudobulk", "mixed"] = "pseudobulk",
    aggregate: Literal["scores", "counts"] = "scores",
    weighted: bool = True,
    min_samples: int = 3,
    min_cells: int = 10,
    method: str = "aucell",
    expand: bool | Mapping[str, float] = False,
    model: str | GSFM = "gsfm-base",
    layer: str | None = None,
    use_raw: bool = False,
    gene_symbols: str | None = None,
    mask_var: str | Sequence[bool] | np.ndarray | pd.Series | None = None,
    min_genes: int | None = None,
    block_size: int | None = None,
    log_normalize: bool | None = None,
    key_added: str | None = None,
    copy: bool = False,
    **params: Any,
) -> AnnData | None:
    r"""Compare the scores of gene sets between conditions within each cell type, with samples as replicates.

    Cells of a donor are not independent of each other. Tests that treat cells as replicates, such as a t-test or Wilcoxon
    test of cells, find differences wherever donors differ :cite:p:`Squair2021`. Here, the sample is the unit of replication.

    ``engine="pseudobulk"``
        The scores are averaged over the cells of each sample and cell type. For each set and cell type, a linear model is
        fitted to the means, and the effect of the condition is tested by limma's moderated t-statistic
        :cite:p:`Smyth2004`: the residual variances of the sets of a cell type have a common prior, which is estimated from
        them (with ten sets or more). Samples have the weights :math:`w_j \propto 1 / (\lambda + 1 / n_j)` with their
        number of cells :math:`n_j` and the ratio :math:`\lambda` of the variance between samples to that of the cells
        within them, its median over the sets.
    ``engine="mixed"``
        For each set and cell type, a linear mixed model of the scores of the cells with the sample as random effect, by
        restricted maximum likelihood (statsmodels). The t-statistic has the residual degrees of freedom of the samples.
        It is slower and holds the scores of all cells in memory. Use it as a check.

    Parameters
    ----------
    adata
        Cells × genes, as for :func:`~scgsfm.tl.score`.
    gene_sets
        Key of scores in ``obsm``, such as ``"score_aucell"``, or any input of :class:`~scgsfm.GeneSets`. In the latter case,
        the cells are scored block by block, and their scores are not stored.
    condition
        Column of ``obs`` with two or more conditions.
    sample
        Column of ``obs`` with the samples or donors, the unit of replication. With ``None``, there are effects without
        p-values, with a warning.
    groupby
        Column of ``obs`` with cell types, which are compared separately. By default, all cells are compared together.
    reference
        The condition that the others are compared with. Defaults to the first one.
    covariates
        Columns of ``obs`` with properties of the samples to adjust for. Numbers enter linearly; strings, categories and
        booleans have an effect for each value.
    paired
        Column of ``obs`` with the donors, if donors have samples of several conditions. Each donor then has an effect of
        its own, so that conditions are compared within donors. Can be the column of ``sample``.
    engine
        ``"pseudobulk"`` or ``"mixed"``.
    aggregate
        For ``engine="pseudobulk"``, ``"scores"`` averages the scores of cells. ``"counts"`` sums the counts of the cells of
        each sample and cell type, log-normalizes the sums if the method needs it, and scores them. Samples have equal weights
        then.
    weighted
        Whether samples are weighted by their numbers of cells.
    min_samples
        Minimum number of samples of each condition, or, with ``paired``, of donors with both conditions, for a p-value. With
        fewer, there are effects without p-values, with a warning.
    min_cells
        Minimum number of cells of a sample and cell type. Samples with fewer are left out of this cell type.
    method
        Scoring method, one of :func:`scgsfm.methods`. Not used for stored scores.
    expand
        Whether to complete the sets by the model, see :func:`~scgsfm.tl.score`.
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
        Minimum number of genes of a set in the data, see :func:`~scgsfm.tl.score`.
    block_size
        {block_size}
    log_normalize
        Whether the method gets log-normalized values, see :func:`~scgsfm.tl.score`.
    key_added
        {key_added}
    copy
        {copy}
    **params
        Parameters of the scoring method.

    Returns
    -------
    ``None``, or the copy if ``copy=True``. Sets the following fields:

    ``adata.uns["compare"]`` : :class:`pandas.DataFrame`
        The table described below.
    ``adata.uns["compare_samples"]`` : :class:`pandas.DataFrame`
        ``mean`` score and ``n_cells`` of each ``cell_type``, ``condition``, ``sample`` and ``set``.
    ``adata.uns["scgsfm"]["compare"]`` : :class:`dict`
        Parameters, what was not compared or not tested, and the estimates of each cell type: degrees of freedom and
        variance of the prior, and λ (``between``).

    The table has one row for each cell type, condition other than the reference, and set, ordered by p-value within
    each cell type and condition, with the columns

    ``cell_type``, ``set``, ``condition``, ``reference``
        What is compared.
    ``effect``, ``ci_low``, ``ci_high`` : float64
        Difference of the scores, condition minus reference, and its 95 % confidence interval.
    ``standardized_effect`` : float64
        The effect in units of the standard deviation of cells within samples or, for summed counts, of the residual
        standard deviation of samples.
    ``t``, ``df``, ``pvalue`` : float64
        t-statistic, its degrees of freedom, and two-sided p-value.
    ``padj`` : float64
        p-values, adjusted over the sets and cell types of the condition (Benjamini and Hochberg).
    ``n_samples``, ``n_samples_reference``, ``n_cells``, ``n_cells_reference`` : int64
        Number of samples and cells of both conditions.
    ``f``, ``f_pvalue``, ``f_padj`` : float64
        With more than two conditions, the F-test of any difference between them, the same in the rows of all conditions.

    Cell types that lack a condition are left out with a warning.

    Raises
    ------
    ValueError
        If samples have several conditions without ``paired``, the condition is confounded with a covariate, a covariate
        varies within a sample, no cell type can be compared, or a parameter is out of range.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> adata.obs["donor"] = [f"donor {i % 6}" for i in range(adata.n_obs)]
    >>> adata.obs["group"] = ["treated" if i % 6 < 3 else "control" for i in range(adata.n_obs)]
    >>> scgsfm.tl.compare(adata, "hallmark", condition="group", sample="donor")
    >>> adata.uns["compare"]["n_samples"].unique().tolist()
    [3]
    """
    check_anndata(adata, copy=copy, key_added=key_added)
    options = CompareOptions(engine, min_samples, min_cells, weighted)
    check_choice("aggregate", aggregate, ("scores", "counts"))
    of_counts = aggregate == "counts"
    is_stored = isinstance(gene_sets, str) and gene_sets in adata.obsm
    _check_aggregate(gene_sets, engine=engine, of_counts=of_counts, is_stored=is_stored, params=params)
    if is_stored:
        _refuse(gene_sets, layer=layer, use_raw=use_raw, mask_var=mask_var, expand=expand, gene_symbols=gene_symbols)
    key = key_added or _keys.COMPARE
    result = Result.check(adata, "tl.compare", key, uns=[key, _keys.samples(key)])
    design: dict[str, Any] = {"condition": condition, "sample": sample, "groupby": groupby, "reference": reference}
    design |= {"covariates": covariates, "paired": paired}
    replicates = Replicates.of(adata, **design)
    source: ComputedScores | StoredScores
    note = ""
    if is_stored:
        source = StoredScores(list(scores(adata[:1], key=str(gene_sets))), adata.obsm[gene_sets])
        of_scores = adata.uns.get(_keys.UNS, {}).get(gene_sets, {})
        about = {name: of_scores[name] for name in ("method", "gene_sets", "set_names") if name in of_scores}
    else:
        chosen: dict[str, Any] = {"layer": layer, "use_raw": use_raw}
        planned = plan(
            summed_counts(adata, replicates, **chosen) if of_counts else adata,
            gene_sets,
            method=method,
            expand=bool(expand),
            complete=Completer.of(partial(as_model, model), expand),
            gene_symbols=gene_symbols,
            mask_var=mask_var,
            min_genes=min_genes,
            block_size=block_size,
            log_normalize=log_normalize,
            params=params,
            **({} if of_counts else chosen),
        )
        source, about = ComputedScores(planned), {**planned.tasks[0].record, **chosen}
        note = planned.note
    found = compare_conditions(replicates, source, options, of_units=of_counts)
    adata = adata.copy() if copy else adata
    adata.uns[key], adata.uns[_keys.samples(key)] = found.table, found.samples
    settings: dict[str, Any] = {
        "engine": engine,
        "aggregate": aggregate,
        "weighted": weighted,
        "min_samples": min_samples,
    }
    settings |= {"min_cells": min_cells, "scores": gene_sets if is_stored else None}
    record = about | found.record | design | settings | {"reference": replicates.conditions[0]}
    result.write_record(adata, record)
    log_results([result], *_summary(found, replicates), note)
    return adata if copy else None


def _check_aggregate(gene_sets: Any, *, engine: str, of_counts: bool, is_stored: bool, params: Any) -> None:
    """Raise for arguments that exclude each other."""
    if of_counts and (engine == "mixed" or is_stored):
        other = "`engine='mixed'`" if engine == "mixed" else f"the stored scores {gene_sets!r}"
        what = "gene sets and `engine='pseudobulk'`"
        msg = (
            f"`aggregate='counts'` scores sums of cells and can't be used with {other}, which are of cells: use {what}."
        )
        raise ValueError(msg)
    if is_stored and params:
        msg = f"`{next(iter(params))}` is a parameter of a scoring method, but the scores {gene_sets!r} are stored: omit it."
        raise TypeError(msg)


def _refuse(scores: Any, **of_genes: Any) -> None:
    """Raise for arguments that say how to score, which would have no effect on scores that are stored."""
    given = [name for name, value in of_genes.items() if value is not None and value is not False]
    if given:
        names = " and ".join(f"`{name}`" for name in given)
        msg = f"{names} can't be used with the stored scores {scores!r}, which are computed already: omit it, or pass gene sets."
        raise ValueError(msg)


def _summary(found: Comparison, replicates: Replicates) -> list[str]:
    """What was compared, and how much of it is significant."""
    table, conditions = found.table, replicates.conditions
    types, sets = table["cell_type"].nunique(), table["set"].nunique()
    n = len(replicates.units.drop_duplicates(["sample", "condition"]))
    excluded = f"{number(replicates.n_excluded, 'cell')} with missing values left out" if replicates.n_excluded else ""
    versus = f"{', '.join(conditions[1:])} versus {conditions[0]}"
    significant = f"{number(int((table['padj'] <= 0.05).sum()), 'row')} with padj ≤ 0.05"
    return [
        versus,
        f"{number(sets, 'set')}, {number(types, 'cell type')}, {number(n, 'sample')}",
        significant,
        excluded,
    ]
