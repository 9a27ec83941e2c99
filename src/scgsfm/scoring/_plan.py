"""The plan of a run: arguments checked, genes matched, one job per method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from scgsfm import _keys
from scgsfm._adata import data_matrix, select_genes
from scgsfm._checks_types import check_types, checked_kinds
from scgsfm._logging import logger
from scgsfm._messages import check_at_least, did_you_mean, listing, number, percent, warn
from scgsfm.genesets import GeneSets

from ._run import Job
from ._set_index import SetIndex
from .engine import BlockReader, ValueScale, is_cheap_to_sample, value_scale
from .methods import METHODS, default_n_up, get_method

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from anndata import AnnData

    from .methods import Method


PANELS, FEW_RANKS = ("aucell", "gsfm"), 50
"""Methods whose default ``n_up`` is a share of the genes, and the value below which the log says so."""

OPTIONS = (
    *("method", "expand", "model", "layer", "use_raw", "gene_symbols", "mask_var", "min_genes", "block_size"),
    *("log_normalize", "normalize", "smooth", "compute", "key_added", "copy"),
)
"""Parameters of ``tl.score``, which a misspelled parameter may stand for."""


class Completion(Protocol):
    """Completes gene sets with genes of the data. The second value records how."""

    def __call__(self, gene_sets: GeneSets, genes: np.ndarray, /) -> tuple[GeneSets, dict[str, Any]]: ...


@dataclass(frozen=True)
class Task:
    """A job, and the keys of its results."""

    job: Job
    key: str
    padj_key: str
    record: dict[str, Any]
    """How the result was computed, for ``uns``."""


@dataclass(frozen=True)
class Plan:
    """The data and the tasks of a run."""

    rows: BlockReader
    genes: np.ndarray
    """Names of the genes that are used."""
    tasks: list[Task]
    share: float
    """Fraction of the genes of the sets that are among the genes of the data."""
    note: str = ""
    """What is done with the values, and whether ``n_up`` is low, for the log; empty if there is nothing to say."""

    @property
    def jobs(self) -> list[Job]:
        """The jobs of all tasks."""
        return [task.job for task in self.tasks]

    @property
    def details(self) -> list[str]:
        """What the log says about the scores."""
        sizes = sorted({len(job.sets) for job in self.jobs})
        n_sets = number(sizes[0], "set") if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,} sets"
        return [n_sets, f"{percent(self.share)} of genes matched", self.note]


def plan(
    adata: AnnData,
    gene_sets: Any,
    *,
    method: str | Sequence[str] = "aucell",
    expand: bool = False,
    complete: Completion | None = None,
    layer: str | None = None,
    use_raw: bool = False,
    gene_symbols: str | None = None,
    mask_var: str | Sequence[bool] | np.ndarray | pd.Series | None = None,
    min_genes: int | None = None,
    block_size: int | None = None,
    key_added: str | None = None,
    params: Mapping[str, Any] | None = None,
    log_normalize: bool | None = None,
    normalize: str | None = None,
) -> Plan:
    """Check the arguments of ``tl.score`` and match the genes.

    Of the cells, only a sample is read, which shows what the values are. Of dask arrays and of matrices stored by columns
    it is read only if a method needs log-normalized values.
    """
    methods = _methods(method)
    null = normalize == "null"
    if null:
        _check_null(methods)
    elif normalize is not None:
        params = {**(params or {}), "normalize": _check_normalize(methods, normalize)}
    method_params = _split_params(methods, params or {})
    if min_genes is not None:
        check_at_least("min_genes", min_genes, 1)
    matrix = data_matrix(adata, layer=layer, use_raw=use_raw)
    selection = select_genes(adata, matrix, gene_symbols=gene_symbols, use_raw=use_raw, mask_var=mask_var)
    genes = selection.names
    rows = BlockReader(matrix, genes=selection.positions, counted=selection.all_genes, block_size=block_size)

    gene_sets = GeneSets(gene_sets)
    given = SetIndex.match(gene_sets, genes)
    for chosen in methods:
        chosen.check(given, completed=expand or chosen.completes)
    completed, completion = given, dict[str, Any]()
    if expand or any(chosen.completes for chosen in methods):
        if complete is None:
            msg = "`expand` and `method='gsfm'` need `complete`, a function that completes the sets with a model."
            raise ValueError(msg)
        with_more, completion = complete(gene_sets, genes)
        completed = SetIndex.match(with_more, genes)
    scale = _value_scale(rows, methods, method_params, log_normalize=log_normalize)
    used = {
        "values": None if scale is None else scale.name,
        "layer": layer,
        "gene_symbols": gene_symbols,
        "use_raw": use_raw,
        "gene_sets": gene_sets.info,
    }
    used |= {"genes": selection.record} if selection.record else {}
    tasks, large_enough = [], dict[tuple[bool, int], SetIndex]()
    for chosen in methods:
        completes, least = expand or chosen.completes, min_genes or chosen.min_genes
        if (completes, least) not in large_enough:  # methods share what is computed for the same sets
            matched = completed if completes else given
            large_enough[completes, least] = matched.at_least(least)
            large_enough[completes, least].warn_of_low_coverage()
        wanted = scale is not None and scale.linear if log_normalize is None else log_normalize
        logs = wanted and chosen.needs_log_values(method_params[chosen.name])
        job = Job(chosen, large_enough[completes, least], method_params[chosen.name], logs, null)
        record = _record(job, given, {**used, "completion": completion} if completes else used)
        tasks.append(Task(job, *_names(chosen.name, key_added, several=len(methods) > 1), record))
    note = scale.note if scale is not None and any(task.job.log_normalizes for task in tasks) else ""
    notes = filter(None, (note, _note_of_few_ranks(tasks, rows.n_genes)))
    return Plan(rows, genes, tasks, given.share, "; ".join(notes))


def _methods(method: str | Sequence[str] | None) -> list[Method]:
    """Return the records of the named methods. Raises ValueError for none."""
    names = [method] if isinstance(method, str) else [] if method is None else list(dict.fromkeys(method))
    if not names:
        msg = f"`method` is {'None' if method is None else 'empty'}. Name one or more of `scgsfm.methods()`."
        raise ValueError(msg)
    return [get_method(name) for name in names]


def _note_of_few_ranks(tasks: Sequence[Task], n_genes: int) -> str:
    """A remark if scores by AUCell rest on few ranks, as those of panels do by default."""
    top = default_n_up(n_genes)
    jobs = [task.job for task in tasks]
    names = [job.method.name for job in jobs if job.method.name in PANELS and job.params.get("n_up", 0) is None]
    if not names or top >= FEW_RANKS:
        return ""
    return (
        f"{' and '.join(names)} used the highest {top} of {n_genes} genes of a cell: for a panel, pass n_up={n_genes}"
    )


def _value_scale(
    rows: BlockReader, methods: Sequence[Method], params: Mapping[str, Mapping[str, Any]], *, log_normalize: bool | None
) -> ValueScale | None:
    """Return what the values are. A warning names methods that need log-normalized values if these can't be made."""
    choosy = [method.name for method in methods if method.needs_log_values(params[method.name])]
    if (not choosy or log_normalize is False) and not is_cheap_to_sample(rows):
        return None
    scale = value_scale(rows)
    logger.debug("The values %s.", scale.description)
    if log_normalize and choosy and scale.name == "scaled":
        msg = "`log_normalize=True` needs counts, but the matrix has negative values: name a `layer` with counts."
        raise ValueError(msg)
    if log_normalize is None and choosy and not scale.linear and scale.name not in {"log-normalized", "scaled"}:
        msg = (
            f"`method` {listing(choosy)} assumes log-normalized values, but the values {scale.description}. Normalize "
            "them by `scanpy.pp.normalize_total` and `scanpy.pp.log1p`, name a `layer`, or choose a method by ranks, "
            "such as 'aucell'."
        )
        warn(msg)
    return scale


def _check_null(methods: Sequence[Method]) -> None:
    """Raise ValueError for methods whose score is not a sum over genes."""
    without = [method.name for method in methods if not method.null]
    if without:
        msg = (
            f"`normalize='null'` is not defined for `method` {listing(without)}, whose scores are not sums over the genes "
            f"of a set. Use {', '.join(name for name, method in METHODS.items() if method.null)}."
        )
        raise ValueError(msg)


def _check_normalize(methods: Sequence[Method], value: str) -> str:
    """Return a value other than ``"null"``, which is a parameter of some methods. Raises ValueError without such a method."""
    if not any("normalize" in method.parameters for method in methods):
        names = listing([name for name, method in METHODS.items() if "normalize" in method.parameters])
        msg = f"`normalize` is {value!r}, but must be 'null' or None (other values are for `method` {names})."
        raise ValueError(msg)
    return value


def _split_params(methods: Sequence[Method], params: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the parameters of each method. Raises TypeError for a parameter that no method has."""
    for name in params:
        if not any(name in method.parameters for method in methods):
            accepted = "; ".join(
                f"{method.name!r} has {', '.join(method.parameters) or 'no parameters'}" for method in methods
            )
            known = [*OPTIONS, *(each for method in methods for each in method.parameters)]
            msg = f"There is no parameter {name!r}. Of the methods, {accepted}.{did_you_mean(name, known)}"
            raise TypeError(msg)
    for method in methods:
        params = check_types(checked_kinds(method.prepare), params)
    return {
        method.name: {name: params.get(name, default) for name, default in method.parameters.items()}
        for method in methods
    }


def _record(job: Job, given: SetIndex, used: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record of a job for ``uns``."""
    scored = pd.Index(given.names).get_indexer(job.sets.names)
    kept = set(job.sets.names)
    left_out = [name for name in given.names if name not in kept]
    return {
        "method": job.method.name,
        "params": job.params,
        "log_normalized": job.log_normalizes,
        "normalize": "null" if job.null else None,
        "set_names": np.array(job.sets.names, dtype=object),
        "n_genes": given.n_listed[scored],
        "n_found": given.n_found[scored],
        "n_scored": job.sets.n_found,
        "sets_left_out": np.array(left_out, dtype=object) if left_out else None,
        **used,
    }


def _names(method: str, key_added: str | None, *, several: bool) -> tuple[str, str]:
    """Return the keys of the scores and of the adjusted p-values."""
    if not key_added:
        return _keys.score(method), _keys.padj(method)
    key = f"{key_added}_{method}" if several else key_added
    return key, f"padj_{key}"
