from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from scgsfm._adata import data_matrix, data_var, gene_names, genes_of_features
from scgsfm._adata import groups as groups_of
from scgsfm._logging import logger
from scgsfm._messages import listing, warn
from scgsfm._scanpy import import_scanpy
from scgsfm.scoring import BlockReader
from scgsfm.scoring.engine import log_normalize

from ._gene_lists import COLUMNS, GeneLists
from ._group_means import GroupMeans
from ._rank_by_moments import T_TESTS
from ._scanpy_ranking import DEFAULT_KEY, ScanpyRanking
from ._terms import Background

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anndata import AnnData

METHOD = "t-test_overestim_var"
"""Method of ``scanpy.tl.rank_genes_groups``. It is fast."""
METHODS = ("t-test", "t-test_overestim_var", "wilcoxon")
"""Methods by which an outdated or incomplete ranking is computed again."""


class _Source(NamedTuple):
    """What genes are ranked by."""

    groupby: str
    layer: str | None
    use_raw: bool
    method: str = METHOD
    reference: str = "rest"
    groups: tuple[str, ...] | None = None
    function: str = "enrich"


def from_adata(
    adata: AnnData,
    *,
    groupby: str | None,
    key: str,
    layer: str | None,
    use_raw: bool | None,
    gene_symbols: str | None,
    function: str = "enrich",
) -> GeneLists:
    """Gene rankings of groups of cells: that in ``uns[key]`` if it holds for the data, or else computed.

    Parameters
    ----------
    adata
        Annotated data. It is not modified.
    groupby
        Column of ``obs`` with groups of cells. By default, that of ``uns[key]``.
    key
        Key in ``uns`` of a result of :func:`scanpy.tl.rank_genes_groups`.
    layer, use_raw
        The matrix. By default, that of ``uns[key]`` or, without a ranking, ``X``.
    gene_symbols
        Column of ``var`` with the gene names.
    function
        Name of the public function, for messages.

    Returns
    -------
    A ranking of the detected genes for each group, with these genes as the background. A ranking that was computed from
    other values, groups or genes, or that is cut or filtered, is computed again.

    Raises
    ------
    ValueError
        If an argument does not fit the data, or genes cannot be ranked.
    """
    data_matrix(adata, layer=layer, use_raw=bool(use_raw))  # raises if it does not exist
    found = ScanpyRanking.find(adata, key)
    if found is None and groupby is None:
        msg = (
            f"There is no `uns[{key!r}]`: set `groupby` to the column of `obs` with the groups of cells, or run "
            "`scanpy.tl.rank_genes_groups` first."
        )
        raise ValueError(msg)
    if found is not None and groupby not in (None, found.groupby):
        if key != DEFAULT_KEY:
            msg = f"`uns[{key!r}]` was computed for `groupby={found.groupby!r}`, but `groupby` is {groupby!r}."
            raise ValueError(msg)
        logger.debug("%s was computed for %r, not for %r; ranking the genes", found.label, found.groupby, groupby)
        found = None
    groupby = str(groupby) if isinstance(groupby, Hashable) else groupby  # columns may be numbers
    labels = _labels(adata, found.groupby if found else groupby, found)
    if found is None:
        source = _Source(str(groupby), layer, bool(use_raw), function=function)
        return _computed(adata, source, labels, gene_symbols)
    asked = _Source(found.groupby, layer, bool(use_raw), *_how(found, labels), function)
    if reason := _not_asked(found, layer, use_raw):
        logger.debug("%s was computed from %s; ranking the genes again", found.label, reason)
        return _computed(adata, asked, labels, gene_symbols)
    return _checked(adata, found, asked, labels, gene_symbols)


def _not_asked(found: ScanpyRanking, layer: str | None, use_raw: bool | None) -> str:
    """What else than the selected matrix a ranking was computed from; empty if it was computed from that."""
    if layer is not None and (found.use_raw or found.layer != layer):
        return _matrix_name(found.layer, use_raw=found.use_raw) + f", not from `layer={layer!r}`"
    if use_raw is not None and use_raw != found.use_raw:
        return _matrix_name(found.layer, use_raw=found.use_raw) + f", but `use_raw` is {use_raw}"
    return ""


def _matrix_name(layer: str | None, *, use_raw: bool) -> str:
    return "`.raw`" if use_raw else "`X`" if layer is None else f"`layers[{layer!r}]`"


def _how(found: ScanpyRanking, labels: pd.Series) -> tuple[str, str, tuple[str, ...] | None]:
    """Method, reference and groups to compute a ranking again."""
    groups = set(labels.cat.categories)
    reference = found.reference if found.reference in groups else "rest"
    same_groups = found.groups if groups.issuperset(found.groups) else None
    return found.method if found.method in METHODS else METHOD, reference, same_groups


def _checked(
    adata: AnnData, found: ScanpyRanking, asked: _Source, labels: pd.Series, gene_symbols: str | None
) -> GeneLists:
    """The ranking that was found or, if it does not hold or is incomplete, computed again."""
    if missing := _without_matrix(adata, found):
        return _outdated(adata, found, asked, labels, gene_symbols, missing)
    source = asked._replace(layer=found.layer, use_raw=found.use_raw)
    names = data_var(adata, use_raw=found.use_raw).index
    means = _survey(adata, source, labels)
    if (reason := found.outdated(labels, names) or found.differs(means)) is not None:
        return _outdated(adata, found, source._replace(groups=None), labels, gene_symbols, reason)
    extent, masked = found.genes(len(names))
    if extent not in {"all", "masked"}:
        return _completed(adata, found, source, labels, gene_symbols, means)
    if means.normalized is not None and found.is_from_counts(means):
        msg = (
            f"{found.label} was computed from values that {means.scale.description}, which makes its tests unreliable: "
            "compute it from log-normalized values, or delete it, so that genes are ranked by these."
        )
        warn(msg)
    return _lists(adata, source, found.result, means, gene_symbols, masked, {"key": found.key})


def _without_matrix(adata: AnnData, found: ScanpyRanking) -> str:
    """Which matrix of a ranking no longer exists, for a message; empty if it exists."""
    if found.use_raw and adata.raw is None:
        return "was computed from `.raw`, which no longer exists"
    if found.layer is not None and found.layer not in adata.layers:
        return f"was computed from `layers[{found.layer!r}]`, which no longer exists"
    return ""


def _completed(
    adata: AnnData,
    found: ScanpyRanking,
    source: _Source,
    labels: pd.Series,
    gene_symbols: str | None,
    means: GroupMeans,
) -> GeneLists:
    """A cut or filtered ranking, computed again with all genes. Lists keep to the genes that were not filtered."""
    extent, _ = found.genes(len(means.genes))
    if extent == "filtered and cut":
        msg = (
            f"{found.label} was filtered, and only some of the genes were ranked, so that the background is unknown: run "
            "`scanpy.tl.rank_genes_groups` without `n_genes` and `mask_var` before filtering."
        )
        raise ValueError(msg)
    logger.debug("%s does not have all genes (it was %s); ranking them again", found.label, extent)
    again = _computed(adata, source, labels, gene_symbols, means)
    if extent == "cut":
        return again
    genes = gene_names(adata, gene_symbols=gene_symbols, use_raw=source.use_raw)
    name_of = dict(zip(means.genes, genes, strict=True))
    kept = {group: frozenset(found.table(group)["names"].dropna().map(name_of)) for group in found.groups}
    return replace(again, kept=kept)


def _outdated(
    adata: AnnData, found: ScanpyRanking, source: _Source, labels: pd.Series, gene_symbols: str | None, reason: str
) -> GeneLists:
    """Compute a ranking again that no longer holds."""
    msg = (
        f"{found.label} {reason}. The genes are ranked again ({source.method}). Run `scanpy.tl.rank_genes_groups` again "
        "to use your own ranking."
    )
    warn(msg)
    return _computed(adata, source, labels, gene_symbols)


def _labels(adata: AnnData, groupby: str, found: ScanpyRanking | None) -> pd.Series:
    """The groups of cells as categories that are strings."""
    if found is not None and groupby not in adata.obs:
        msg = (
            f"{found.label} was computed for `obs[{groupby!r}]`, which no longer exists: set `groupby` to a column of "
            f"`obs`, which has: {listing(list(map(str, adata.obs)), 20) or 'none'}."
        )
        raise ValueError(msg)
    return groups_of(adata, groupby)


def _survey(adata: AnnData, source: _Source, labels: pd.Series, *, squares: bool = False) -> GroupMeans:
    matrix = data_matrix(adata, layer=source.layer, use_raw=source.use_raw)
    names, base = data_var(adata, use_raw=source.use_raw).index, adata.uns.get("log1p", {}).get("base")
    return GroupMeans.survey(matrix, names, labels, base, counted=_counted(adata, source), squares=squares)


def _counted(adata: AnnData, source: _Source) -> np.ndarray | None:
    """Positions of the genes, whose counts add up to the sum of a cell; ``None`` if all features are genes."""
    is_gene = genes_of_features(data_var(adata, use_raw=source.use_raw))
    return None if is_gene is None else np.flatnonzero(is_gene)


def _computed(
    adata: AnnData, source: _Source, labels: pd.Series, gene_symbols: str | None, means: GroupMeans | None = None
) -> GeneLists:
    """Rank the genes of all groups."""
    from scipy.sparse import issparse

    matrix = data_matrix(adata, layer=source.layer, use_raw=source.use_raw)
    in_memory = issparse(matrix) or isinstance(matrix, np.ndarray)
    if not in_memory and source.method not in T_TESTS:
        msg = (
            f"Genes of data on disk or lazy are ranked by a t-test, but {source.method!r} needs all cells of a gene at "
            "once: load the data by `adata.to_memory()`, rank them yourself and pass the result as `data`, or remove "
            "the ranking from `uns`, so that genes are ranked by a t-test."
        )
        raise ValueError(msg)
    groups, name = _comparable(labels, source), _matrix_name(source.layer, use_raw=source.use_raw)
    by_moments = not in_memory or (source.method in T_TESTS and _is_one_cell_outside(labels, groups, source.reference))
    if means is None or (by_moments and not means.has_variances):
        means = _survey(adata, source, labels, squares=by_moments)
    if not means.detected.any():
        msg = f"{name} has no value other than 0, so genes can't be ranked."
        raise ValueError(msg)
    linear = means.scale.log_normalizes(source.function)
    if by_moments:
        result = means.rank(groups, reference=source.reference, method=source.method)
        return _lists(adata, source, result, means, gene_symbols)
    if linear:
        matrix = _log_normalized(matrix, _counted(adata, source))
    base = None if means.normalized is not None else adata.uns.get("log1p")
    result = _rank_genes(matrix, pd.Index(means.genes), labels, groups, source, base)
    return _lists(adata, source, result, means, gene_symbols)


def _is_one_cell_outside(labels: pd.Series, groups: list[str], reference: str) -> bool:
    """Whether a group is compared with a single cell, to whose variance scanpy gives the rounding of its sums."""
    sizes = labels.value_counts()
    if reference != "rest":
        return bool(sizes[reference] == 1)
    return any(len(labels) - sizes[group] == 1 for group in groups)


def _log_normalized(matrix: Any, counted: np.ndarray | None) -> Any:
    """A log-normalized copy of counts, computed in blocks of cells."""
    from scipy.sparse import csr_matrix, vstack

    blocks = [
        csr_matrix((log_normalize(block).astype(np.float32), block.indices, block.indptr), shape=block.shape)
        for _, block in BlockReader(matrix, counted=counted)
    ]
    return vstack(blocks, format="csr")


def _rank_genes(
    matrix: Any, names: pd.Index, labels: pd.Series, groups: list[str], source: _Source, log1p: Any
) -> Mapping[str, Any]:
    sc = import_scanpy()
    from anndata import AnnData

    plain = AnnData(_for_scanpy(matrix), obs=pd.DataFrame({"group": labels}), var=pd.DataFrame(index=names), uns={})
    if log1p is not None:
        plain.uns["log1p"] = log1p
    options = {"method": source.method, "reference": source.reference, "use_raw": False}
    with np.errstate(invalid="ignore", divide="ignore"):  # fold changes of negative means
        sc.tl.rank_genes_groups(plain, "group", groups=groups, **options)
    result: Mapping[str, Any] = plain.uns["rank_genes_groups"]
    return result


def _for_scanpy(matrix: Any) -> Any:
    """A sparse matrix, since scanpy refuses sparse arrays; a copy if scanpy would remove the zeros that it stores."""
    from scipy.sparse import csc_matrix, csr_matrix, issparse

    if not issparse(matrix):
        return matrix
    made = (csc_matrix if matrix.format == "csc" else csr_matrix)(matrix, copy=bool((matrix.data == 0).any()))
    if not made.has_canonical_format:
        made = made.copy()
        made.sum_duplicates()
    return made


def _comparable(labels: pd.Series, source: _Source) -> list[str]:
    """The groups with at least two cells. A warning lists the groups with one."""
    sizes = labels.value_counts(sort=False)
    if source.groups is not None:
        sizes = sizes[sizes.index.isin([*source.groups, source.reference])]
    single = sizes.index[sizes == 1].tolist()
    several: list[str] = sizes.index[sizes > 1].tolist()
    n_groups = len(labels.cat.categories)
    if not several or n_groups == 1:
        msg = (
            f"`groupby={source.groupby!r}` must be a column with at least two groups, one of them with several cells, but "
            f"its groups, with their numbers of cells, are: {listing([f'{name} ({n})' for name, n in sizes.items()])}."
        )
        raise ValueError(msg)
    if single:
        msg = f"Groups of a single cell can't be compared and are skipped: {listing(single)}."
        warn(msg)
    return several


def _finite(scores: np.ndarray) -> np.ndarray:
    """Scores with the largest finite one in place of infinite ones, which genes have that do not vary within groups."""
    infinite = np.isinf(scores)
    if not infinite.any():
        return scores
    largest = np.abs(scores[np.isfinite(scores)]).max(initial=1)
    return np.where(infinite, np.sign(scores) * largest, scores)


def _lists(
    adata: AnnData,
    source: _Source,
    result: Mapping[str, Any],
    means: GroupMeans,
    gene_symbols: str | None,
    masked: np.ndarray | None = None,
    more: Mapping[str, Any] | None = None,
) -> GeneLists:
    """Rankings of the detected genes by the gene names, with these genes as the background."""
    names = np.asarray(means.genes, dtype=object)
    genes = gene_names(adata, gene_symbols=gene_symbols, use_raw=source.use_raw)
    used = means.detected & (genes != "")
    if masked is not None:
        used &= np.isin(names, masked)
    chosen = np.flatnonzero(used)
    # of several rows with the same name, the one with the highest mean
    chosen = chosen[np.argsort(-means.level[chosen], kind="stable")]
    chosen = np.sort(chosen[np.unique(genes[chosen].astype(str), return_index=True)[1]])
    name_of, allowed = dict(zip(names, genes, strict=True)), set(genes[chosen])
    tables = {}
    for group in result["names"].dtype.names:
        ranking = pd.DataFrame({to: result[column][group] for column, to in COLUMNS.items() if column in result})
        ranking["name"] = ranking["name"].map(name_of)
        ranking["value"] = _finite(ranking["value"].to_numpy(dtype=np.float64))
        tables[str(group)] = ranking[ranking["name"].isin(allowed)]
    made: dict[str, Any] = {"groupby": source.groupby, "method": source.method, "reference": source.reference}
    made |= {"layer": source.layer, "use_raw": source.use_raw, **(more or {})}
    made |= {"values": means.scale.name, "counts": means.scale.linear}
    background = Background(genes[chosen], None if means.scale.name == "scaled" else means.level[chosen])
    return GeneLists.of_tables(tables, background=background, made=made)
