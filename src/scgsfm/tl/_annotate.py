from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm import _keys
from scgsfm._adata import data_matrix, data_var, gene_mask, gene_names, write_record
from scgsfm._logging import logger
from scgsfm.annotation import Markers, Profile, probabilities, score_cells
from scgsfm.datasets import marker_table
from scgsfm.genesets import GeneSets
from scgsfm.scoring import BlockReader, SetIndex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData

UNASSIGNED = "unassigned"
TEMPERATURE, OF_GROUPS = 1.3, 3.2
"""Of the softmax that turns scores of cells and of groups into probabilities; fitted by ``benchmarks/annotation.py``."""
LONG = 50
"""A set with more markers in the data is a signature, of which few genes stand out in its own cells, too."""


def annotate(
    adata: AnnData,
    *,
    markers: Any = "tissue_markers",
    groupby: str | None = None,
    tissue: str | Sequence[str] | None = None,
    organism: str | None = None,
    alpha: float = 0.05,
    min_share: float | None = None,
    min_genes: int = 3,
    n_random: int = 50,
    rng: int | np.random.Generator | None = 0,
    layer: str | None = None,
    use_raw: bool = False,
    gene_symbols: str | None = None,
    mask_var: str | Sequence[bool] | np.ndarray | None = None,
    block_size: int | None = None,
    key_added: str | None = None,
    copy: bool = False,
) -> AnnData | None:
    r"""Name the types of cells, and of groups of cells, by marker sets; or say that none fits.

    A cell's score of a type says how far the type's markers exceed, in this cell, genes that are as highly expressed in
    all cells: with :math:`d_g` the value of a gene less its mean over all cells, and :math:`\bar d_{b(g)}` the mean of
    :math:`d` in the cell over the 4 % of the genes with the most similar mean, it is :math:`\sum_g w_g (d_g - \bar
    d_{b(g)}) / (\sigma \sqrt{\sum_g w_g^2})`, :math:`\sigma` the root mean square of :math:`d` over all genes. A marker
    of n types has the weight :math:`w_g = 1/n`. A group's score is the same of its mean; with groups, the mean over all
    cells is that of the groups' means. Scores of sets of any size thus compare, and the type with the highest is the
    label.

    The label is ``"unassigned"`` where the score is one that random markers reach: in each draw all markers are
    replaced by genes with a similar mean, and the best score over the sets is kept. The types must also stand out from
    each other: in cells that are all alike no type does.

    Parameters
    ----------
    adata
        Cells × genes: counts or log-normalised values. A matrix of whole numbers is taken for counts and
        log-normalised (this is logged).
    markers
        A marker library (see :func:`scgsfm.datasets.marker_table`), or whatever :class:`~scgsfm.GeneSets` takes. The
        names of the sets are the labels, but for ``"cell_types"``, where several sets can mean one type: the best
        counts. Negative weights mark genes that a type must not have.
    groupby
        Column of ``obs`` with groups of cells, such as clusters. All cells of a group then get the group's label.
    tissue
        Only sets of this tissue, or these: of a marker library, or of a table with a column ``tissue``. In
        ``"tissue_markers"`` cells that occur in many tissues stand apart, as ``"immune"``, ``"blood"``, ``"stroma"`` and
        ``"nerve"``: name those you expect as well.
    organism
        Only sets of this organism, in the same way. Mouse genes match human markers by their orthologs without it.
    alpha
        Share of cells, and of groups, that get a label if markers are random.
    min_share
        Share of a type's markers that must stand out in a group, each by exceeding 90 % of the genes with a similar
        mean; by default 0.5, but 0 for sets of more than 50 genes, for which it doesn't tell right from wrong.
    min_genes
        Markers that the data must have of a set; others are left out with a warning.
    n_random
        Draws of random markers.
    rng
        Seed or generator of the draws.
    layer
        Layer to use instead of ``X``.
    use_raw
        Use ``adata.raw``.
    gene_symbols
        Column of ``var`` with the gene names; by default the index, or the column that holds symbols if the index
        doesn't.
    mask_var
        Genes to take into account: a boolean column of ``var`` or an array.
    block_size
        Cells read at a time.
    key_added
        Start of the keys, instead of ``"annotation"``.
    copy
        Return a copy instead of writing to ``adata``.

    Returns
    -------
    ``None``, or the copy if ``copy=True``. Sets the fields:

    ``adata.obs["annotation"]`` : :class:`pandas.Categorical`
        The label: the group's, or the cell's own without ``groupby``.
    ``adata.obs["annotation_confidence"]`` : :class:`float`
        The probability that the label is right, by a softmax over the scores that was calibrated on labelled cells and
        clusters; for ``"unassigned"``, that the best candidate is wrong.
    ``adata.obs["annotation_cell"]`` : :class:`pandas.Categorical`
        With ``groupby``, the label of each cell by itself.
    ``adata.uns["annotation"]`` : :class:`pandas.DataFrame`
        With ``groupby``, a row for each group and type: ``group``, ``cell_type``, ``rank``, ``score``, ``pvalue``,
        ``share`` (of the markers that stand out), ``probability``, ``agree`` (share of the cells with this label by
        themselves), ``n_cells``.
    ``adata.uns["scgsfm"]["annotation"]`` : :class:`dict`
        Parameters, the sets and how many of their markers the data has, the score above which a cell gets a label.

    Raises
    ------
    GeneMatchError
        If hardly any marker is among the genes of the data, or no set has enough.
    ValueError
        If a parameter is out of range, no set is left, or the matrix holds negative values or NaN.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.annotate(adata, markers="pbmc_markers", groupby="cell_type")
    >>> adata.obs.loc[adata.obs["cell_type"] == "B", "annotation"].unique().tolist()
    ['B']
    """
    _check(alpha, min_share, n_random)
    sets, labels = _chosen(markers, tissue, organism)
    adata = adata.copy() if copy else adata
    matrix = data_matrix(adata, layer=layer, use_raw=use_raw)
    genes = gene_names(adata, gene_symbols=gene_symbols, use_raw=use_raw)
    kept = None if mask_var is None else np.flatnonzero(gene_mask(data_var(adata, use_raw=use_raw), mask_var))
    index = SetIndex.match(sets, genes if kept is None else genes[kept]).at_least(min_genes)
    rows = BlockReader(matrix, genes=kept, block_size=block_size)
    groups = _groups(adata, groupby)

    profile = Profile.survey(rows, groups.codes, len(groups.categories))
    if profile.counts:
        logger.info("All values are whole numbers, so they are taken for counts and log-normalised.")
    scorer = Markers(profile, index, n_random=n_random, rng=np.random.default_rng(rng))
    scores, null = score_cells(rows, scorer, counts=profile.counts)
    threshold = float(np.quantile(null, 1 - alpha, method="higher"))
    by_type = pd.Categorical([labels[name] for name in index.names])
    best = _best_of_types(scores, by_type)
    own, confidence = _of_cells(best, threshold, by_type.categories)

    key = key_added or _keys.ANNOTATION
    names = sorted({*by_type.categories, UNASSIGNED} - {UNASSIGNED}) + [UNASSIGNED]
    adata.obs[key], adata.obs[f"{key}_confidence"] = _labels(own, names), confidence
    if groupby is not None:
        table = _table(scorer, profile, groups, by_type, own, alpha)
        label, sure = _of_groups(table, alpha, min_share, groups)
        adata.obs[key], adata.obs[f"{key}_confidence"] = _labels(label, names), sure
        adata.obs[f"{key}_cell"] = _labels(own, names)
        adata.uns[key] = table.drop(columns="long")
    used = {"groupby": groupby, "tissue": tissue, "organism": organism, "alpha": alpha, "min_share": min_share}
    used |= {"min_genes": min_genes, "n_random": n_random, "layer": layer, "use_raw": use_raw}
    found = {"set_names": np.array(index.names, dtype=object), "n_genes": index.n_listed, "n_found": index.n_found}
    record = {"params": used | {"gene_symbols": gene_symbols}, "markers": sets.info, "counts": profile.counts}
    write_record(adata, key, record | found | {"threshold": threshold})
    return adata if copy else None


def _check(alpha: float, min_share: float | None, n_random: int) -> None:
    if not 0 < alpha < 1 or not 0 <= (min_share or 0) <= 1 or n_random < 1:
        msg = (
            f"`alpha` is {alpha}, `min_share` {min_share} and `n_random` {n_random}, but must be between 0 and 1, "
            "from 0 to 1, and at least 1."
        )
        raise ValueError(msg)


def _chosen(markers: Any, tissue: str | Sequence[str] | None, organism: str | None) -> tuple[GeneSets, dict[str, str]]:
    """The sets of the tissues and the organism, and the label that each stands for."""
    wanted = {"tissue": [tissue] if isinstance(tissue, str) else tissue, "organism": organism and [organism]}
    if isinstance(markers, pd.DataFrame):
        kept = _filter(markers, wanted)
        sets = GeneSets(kept[[c for c in ("source", "target", "weight") if c in kept]] if len(kept) else kept)
        return sets, {name: name for name in sets}
    sets = GeneSets(markers)
    try:
        table = marker_table(sets.info.get("name", ""))
    except ValueError:
        if any(wanted.values()):
            msg = (
                "`tissue` and `organism` need a marker library (`scgsfm.datasets.marker_table`), or a table with a "
                "column of that name, and `markers` is neither."
            )
            raise ValueError(msg) from None
        return sets, {name: name for name in sets}
    table = _filter(table.loc[sets.names], wanted)
    return sets.subset(table.index), table["cell_type"].to_dict()


def _filter(table: pd.DataFrame, wanted: dict[str, Any]) -> pd.DataFrame:
    kept = np.ones(len(table), bool)
    for column, values in wanted.items():
        if not values:
            continue
        if column not in table:
            msg = f"`{column}` is given, but the table of `markers` has no such column; it has: {', '.join(table)}."
            raise ValueError(msg)
        there = table[column].astype(str).str.casefold()
        if unknown := [value for value in values if value.casefold() not in set(there)]:
            msg = f"`{column}` {unknown[0]!r} is not among those of `markers`: {', '.join(sorted(set(table[column])))}."
            raise ValueError(msg)
        kept &= there.isin([value.casefold() for value in values]).to_numpy()
    if not kept.any():
        msg = "No marker set is left of this tissue and organism together."
        raise ValueError(msg)
    return table[kept]


def _labels(labels: np.ndarray, names: Sequence[str]) -> pd.Categorical:
    """In the order of ``names``, without those that no cell has: scanpy would take them for groups."""
    return pd.Categorical(labels, names).remove_unused_categories()


def _groups(adata: AnnData, groupby: str | None) -> pd.Categorical:
    if groupby is None:
        return pd.Categorical([None] * adata.n_obs, [])
    if groupby not in adata.obs:
        msg = f"`groupby={groupby!r}` is not a column of `obs`, which has: {', '.join(adata.obs) or 'none'}."
        raise ValueError(msg)
    return pd.Categorical(adata.obs[groupby].astype("category").cat.remove_unused_categories())


def _best_of_types(scores: np.ndarray, by_type: pd.Categorical) -> np.ndarray:
    """The best score among the sets of each type."""
    return np.stack([scores[:, by_type.codes == i].max(axis=1) for i in range(len(by_type.categories))], axis=1)


def _of_cells(best: np.ndarray, threshold: float, types: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Labels and confidence of cells by themselves."""
    first, cells = best.argmax(axis=1), np.arange(len(best))
    some = best[cells, first] > threshold
    sure = probabilities(best, threshold, TEMPERATURE)[cells, first]
    return np.where(some, types.to_numpy(dtype=object)[first], UNASSIGNED), np.where(some, sure, 1 - sure)


def _table(
    scorer: Markers,
    profile: Profile,
    groups: pd.Categorical,
    by_type: pd.Categorical,
    own: np.ndarray,
    alpha: float,
) -> pd.DataFrame:
    """All candidates of each group, the best first."""
    from scipy.sparse import csr_array

    means = csr_array(profile.group_means)
    scores, null = scorer.score(means), np.sort(scorer.best_random(means), axis=None)
    threshold = np.quantile(null, 1 - alpha, method="higher")
    probability = probabilities(_best_of_types(scores, by_type), threshold, OF_GROUPS)
    share, n_markers = scorer.specific_share(profile.group_means), np.diff(scorer.weights.indptr)
    parts = []
    for i, group in enumerate(groups.categories):
        cells = groups.codes == i
        of_sets = pd.DataFrame({"cell_type": by_type, "score": scores[i], "share": share[i], "long": n_markers > LONG})
        part = of_sets.sort_values("score", ascending=False, kind="stable").drop_duplicates("cell_type")
        above = len(null) - np.searchsorted(null, part["score"], side="left")
        part["pvalue"] = (1 + above) / (1 + len(null))
        part["probability"] = probability[i, by_type.categories.get_indexer(part["cell_type"])]
        part["agree"] = [(own[cells] == label).mean() for label in part["cell_type"]]
        parts.append(part.assign(group=str(group), rank=np.arange(1, len(part) + 1), n_cells=int(cells.sum())))
    columns = ["group", "cell_type", "rank", "score", "pvalue", "share", "probability", "agree", "n_cells", "long"]
    table = pd.concat(parts, ignore_index=True)[columns]
    return table.astype({"group": "category", "cell_type": "category"})


def _of_groups(
    table: pd.DataFrame, alpha: float, min_share: float | None, groups: pd.Categorical
) -> tuple[np.ndarray, np.ndarray]:
    """Labels and confidence of the cells' groups; cells of no group are unassigned, with confidence NaN."""
    first = table[table["rank"] == 1]
    needed = np.where(first["long"], 0.0, 0.5) if min_share is None else min_share
    fits = (first["pvalue"] <= alpha) & (first["share"] >= needed)
    label = np.where(fits, first["cell_type"].astype(object), UNASSIGNED)
    sure = np.where(fits, first["probability"], 1 - first["probability"])
    return np.append(label, UNASSIGNED)[groups.codes], np.append(sure, np.nan)[groups.codes]
