from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from scgsfm._checks_types import checks_types
from scgsfm._logging import logger
from scgsfm._messages import agrees, listing, number, percent, warn
from scgsfm._progress import progress
from scgsfm._vocabulary import N_SPECIALS
from scgsfm.errors import GeneSetWarning
from scgsfm.genes import check_share, match
from scgsfm.genesets import GeneSets

from ._gene_columns import gene_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ._gene_set_model import GeneSetModel

SETS_AT_A_TIME = 256


@checks_types
def complete(
    gene_sets: Any,
    model: GeneSetModel,
    *,
    n_genes: int = 100,
    weight: float = 2.0,
    genes: Iterable[str] | None = None,
) -> GeneSets:
    r"""Complete gene sets into weighted signatures by a gene-set foundation model (GSFM).

    The genes of a set :math:`S` keep their weights (1 if unweighted). The model adds the ``n_genes`` genes :math:`g` with
    the highest popularity-corrected logit :math:`z_g(S) - p_g`, where the popularity :math:`p_g` is the mean logit of
    :math:`g` over all sets of a single gene. The :math:`n` added genes share one weight,

    .. math:: \bar w_S \, \min(1, c / n),

    with the mean weight :math:`\bar w_S` of the set and :math:`c` = ``weight``. Their total weight does not depend on the
    size of the set, so completion matters more for small sets than for large ones.

    Parameters
    ----------
    gene_sets
        Anything that :class:`~scgsfm.GeneSets` accepts, without negative weights.
    model
        Model from :func:`scgsfm.models.load`.
    n_genes
        Number of genes to add to each set.
    weight
        Total weight of the added genes, in units of the set's mean weight.
    genes
        Gene names of the data. Only these genes are added, under these names.

    Returns
    -------
    The completed sets. Sets without a gene of the model are returned unchanged, with a warning.

    Raises
    ------
    GeneMatchError
        If the model has hardly any gene of the sets.
    ValueError
        If there are negative weights, or a parameter is out of range.

    Examples
    --------
    >>> import scgsfm
    >>> from scgsfm.completion import complete
    >>> model = scgsfm.models.load("gsfm-base")
    >>> sets = complete({"interferon": ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1"]}, model, n_genes=3)
    >>> len(sets["interferon"]), sets.weights("interferon")[:5].tolist()
    (8, [1.0, 1.0, 1.0, 1.0, 1.0])
    """
    sets = GeneSets(gene_sets)
    if n_genes < 1 or weight <= 0:
        msg = f"`n_genes` is {n_genes} and `weight` is {weight}, but must be at least 1 and above 0."
        raise ValueError(msg)
    set_genes = known_genes(sets, model)
    names, allowed, excluded = _candidates(sets, model, set_genes, genes)
    n_genes = min(n_genes, int(allowed.sum()))
    parts = [sets.to_frame()]
    mean = np.add.reduceat(parts[0]["weight"].to_numpy(), np.cumsum(sets.sizes) - sets.sizes) / sets.sizes
    for block, _, corrected in predictions(set_genes if n_genes else set_genes[:0], model):
        corrected[:, ~allowed] = -np.inf
        corrected[excluded[block].nonzero()] = -np.inf
        corrected[np.diff(set_genes[block].indptr) == 0] = -np.inf
        best = np.argpartition(corrected, -n_genes, axis=1)[:, -n_genes:]
        added = np.isfinite(np.take_along_axis(corrected, best, axis=1))
        n_added = added.sum(axis=1)
        weights = mean[block] * np.minimum(1, weight / np.maximum(n_added, 1))
        source = np.repeat(np.array(sets.names[block], dtype=object), n_added)
        parts.append(
            pd.DataFrame({"source": source, "target": names[best[added]], "weight": np.repeat(weights, n_added)})
        )
    return GeneSets(pd.concat(parts, ignore_index=True)).subset(sets.names)


@dataclass(frozen=True)
class Completer:
    """Completes gene sets for scoring. The model is loaded on first use."""

    load: Callable[[], GeneSetModel]
    options: Mapping[str, Any]

    @classmethod
    def of(cls, load: Callable[[], GeneSetModel], expand: bool | Mapping[str, float]) -> Completer:
        """From the argument ``expand`` of :func:`scgsfm.tl.score`, which can be a dict of options of :func:`complete`."""
        options = dict(expand) if isinstance(expand, Mapping) else {}
        if not options.keys() <= {"n_genes", "weight"}:
            msg = f"`expand` has the keys {', '.join(options)}, but only 'n_genes' and 'weight' are allowed."
            raise ValueError(msg)
        return cls(load, options)

    def __call__(self, gene_sets: GeneSets, genes: np.ndarray) -> tuple[GeneSets, dict[str, Any]]:
        """The completed sets, and the record of the model and options."""
        model = self.load()
        completed = complete(gene_sets, model, genes=genes, **self.options)
        return completed, {"model": model.name, **self.options}


def known_genes(sets: GeneSets, model: GeneSetModel, *, done: str = "completed") -> csr_array:
    """The genes of each set that are in the model's vocabulary: ones, sets × vocabulary. Other genes are reported.

    Parameters
    ----------
    sets
        Gene sets without negative weights.
    model
        The model.
    done
        Past participle of what is done with the sets, for messages.

    Raises
    ------
    GeneMatchError
        If the model has hardly any gene of the sets.
    ValueError
        If there are negative weights.
    """
    negative = [name for name in sets if (sets.weights(name) < 0).any()] if sets.signed else []
    if negative:
        msg = (
            f"Sets with negative weights can't be {done}: {listing(negative)}. "
            "Use separate sets for up- and down-regulated genes."
        )
        raise ValueError(msg)
    vocabulary = np.asarray(model.genes, dtype=object)
    found = sets.membership(vocabulary[N_SPECIALS:])
    arrays = np.ones(len(found.data)), found.indices + N_SPECIALS, found.indptr
    set_genes = csr_array(arrays, shape=(len(sets), len(vocabulary)))
    check_share(
        len(np.unique(set_genes.indices)),
        min(len(sets.genes), len(vocabulary)),
        what="genes of the sets in the model's vocabulary",
        examples_given=sets.genes,
        examples_expected=vocabulary[N_SPECIALS:],
    )
    unmatched = sets.genes[match(sets.genes, vocabulary) < 0]
    if len(unmatched):
        logger.debug("Not in the model's vocabulary: %s", listing(unmatched.tolist()))
    empty = [name for name, n in zip(sets, np.diff(set_genes.indptr), strict=True) if n == 0]
    if empty:
        msg = (
            f"{number(len(empty), 'set')} {agrees(len(empty), 'is', 'are')} not {done}, because none of "
            f"{agrees(len(empty), 'its', 'their')} genes is in the model's vocabulary: {listing(empty)}."
        )
        warn(msg, GeneSetWarning)
    return set_genes


def number_and_share(sets: GeneSets, model: GeneSetModel) -> str:
    """Number of sets, and the share of their genes that the model has, for the log."""
    share = float((match(sets.genes, np.asarray(model.genes, dtype=object)) >= 0).mean())
    return f"{number(len(sets), 'set')} ({percent(share)} of genes in the vocabulary of {model.name})"


def predictions(set_genes: csr_array, model: GeneSetModel) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Blocks of sets with their logits and popularity-corrected logits (sets × vocabulary)."""
    n_sets = set_genes.shape[0]
    with progress(n_sets, unit="sets", description="Predicting") as bar:
        for start in range(0, n_sets, SETS_AT_A_TIME):
            block = slice(start, min(start + SETS_AT_A_TIME, n_sets))
            logits = model.logits(set_genes[block])
            yield block, logits, logits - model.popularity
            bar.update(block.stop - block.start)


def zscores(corrected: np.ndarray) -> np.ndarray:
    """Standardize each row by the mean and standard deviation over its genes, without the special tokens."""
    genes = corrected[:, N_SPECIALS:]
    standardized: np.ndarray = (corrected - genes.mean(axis=1, keepdims=True)) / genes.std(axis=1, keepdims=True)
    return standardized


def _candidates(
    sets: GeneSets, model: GeneSetModel, set_genes: csr_array, genes: Iterable[str] | None
) -> tuple[np.ndarray, np.ndarray, csr_array]:
    """Genes that a model can add to sets.

    Returns
    -------
    The names of the vocabulary's genes (their names in the data if ``genes`` is given), whether each can be added, and
    the genes that are excluded from each set (sets × vocabulary).
    """
    vocabulary = np.asarray(model.genes, dtype=object)
    if genes is None:
        allowed = np.ones(len(vocabulary), bool)
        allowed[:N_SPECIALS] = False
        return vocabulary, allowed, set_genes
    data = np.asarray(genes, dtype=object)
    positions = gene_columns(vocabulary, data)
    return data[positions], positions >= 0, set_genes + sets.membership(data)[:, positions]
