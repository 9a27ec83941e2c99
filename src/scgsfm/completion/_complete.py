from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm._logging import logger
from scgsfm._messages import listing, warn
from scgsfm._vocabulary import N_SPECIALS
from scgsfm.errors import GeneSetWarning
from scgsfm.genes import check_share, match
from scgsfm.genesets import GeneSets

from ._gene_columns import gene_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from scipy.sparse import csr_array

    from ._gene_set_model import GeneSetModel

SETS_AT_A_TIME = 256


def complete(
    gene_sets: Any,
    model: GeneSetModel,
    *,
    n_genes: int = 100,
    weight: float = 2.0,
    genes: Iterable[str] | None = None,
) -> GeneSets:
    """Complete gene sets into weighted signatures by a gene-set foundation model (GSFM).

    The genes of a set keep their weights (1, if they have none). The model adds ``n_genes`` others: those with the
    highest logit for the set, less the gene's popularity, its mean logit whatever the set. The added genes together weigh
    as much as ``weight`` of the set's own, whatever its size, so that they help a small set and leave a large one to
    itself. All have the same weight, at most the mean of the set's own.

    Parameters
    ----------
    gene_sets
        Whatever :class:`~scgsfm.GeneSets` takes; without negative weights.
    model
        A model as :func:`scgsfm.models.load` returns it.
    n_genes
        Number of genes to add to each set.
    weight
        Total weight of the added genes, in genes of the set's own.
    genes
        Gene names of the data. Only genes among them are added, and they are called by these names.

    Returns
    -------
    The completed sets. Sets of which the model knows no gene are returned as they are, with a warning.

    Raises
    ------
    GeneMatchError
        If the model knows hardly any gene of the sets.
    ValueError
        If there are negative weights, or the parameters are out of range.

    Examples
    --------
    >>> import scgsfm
    >>> from scgsfm.scoring import complete
    >>> model = scgsfm.models.load("gsfm-base")
    >>> sets = complete({"interferon": ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1"]}, model, n_genes=3)
    >>> len(sets["interferon"]), sets.weights("interferon")[:5].tolist()
    (8, [1.0, 1.0, 1.0, 1.0, 1.0])
    """
    sets = GeneSets(gene_sets)
    if n_genes < 1 or weight <= 0:
        msg = f"`n_genes` is {n_genes} and `weight` is {weight}, but must be at least 1 and above 0."
        raise ValueError(msg)
    own = known_genes(sets, model)
    names, allowed, taken = _candidates(sets, model, own, genes)
    n_genes = min(n_genes, int(allowed.sum()))
    parts = [sets.to_frame()]
    mean = np.add.reduceat(parts[0]["weight"].to_numpy(), np.cumsum(sets.sizes) - sets.sizes) / sets.sizes
    for block, _, corrected in predictions(own if n_genes else own[:0], model):
        corrected[:, ~allowed] = -np.inf
        corrected[taken[block].nonzero()] = -np.inf
        corrected[np.diff(own[block].indptr) == 0] = -np.inf
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
    """Completes gene sets for scoring; the model is loaded when it is needed."""

    load: Callable[[], GeneSetModel]
    options: Mapping[str, Any]

    @classmethod
    def of(cls, load: Callable[[], GeneSetModel], expand: bool | Mapping[str, float]) -> Completer:
        """From the argument ``expand`` of :func:`scgsfm.tl.score`: a dict holds options of :func:`complete`."""
        options = dict(expand) if isinstance(expand, Mapping) else {}
        if not options.keys() <= {"n_genes", "weight"}:
            msg = f"`expand` has the keys {', '.join(options)}, but knows only 'n_genes' and 'weight'."
            raise ValueError(msg)
        return cls(load, options)

    def __call__(self, gene_sets: GeneSets, genes: np.ndarray) -> tuple[GeneSets, dict[str, Any]]:
        """The completed sets, and a record of the model and the options."""
        model = self.load()
        completed = complete(gene_sets, model, genes=genes, **self.options)
        return completed, {"model": model.name, **self.options}


def known_genes(sets: GeneSets, model: GeneSetModel, *, done: str = "completed") -> csr_array:
    """The genes of each set that a model knows: ones, sets × vocabulary. What it doesn't know is reported.

    Parameters
    ----------
    sets
        Gene sets without negative weights.
    model
        The model.
    done
        What is to be done with the sets, for messages.

    Raises
    ------
    GeneMatchError
        If the model knows hardly any gene.
    ValueError
        If there are negative weights.
    """
    negative = [name for name in sets if (sets.weights(name) < 0).any()] if sets.signed else []
    if negative:
        msg = (
            f"Sets with negative weights can't be {done}: {listing(negative)}. "
            "Give up- and down-regulated genes as sets of their own."
        )
        raise ValueError(msg)
    vocabulary = np.asarray(model.genes, dtype=object)
    own = sets.membership(vocabulary)
    own.data[:] = 1
    check_share(
        len(np.unique(own.indices)),
        min(len(sets.genes), len(vocabulary)),
        what="genes of the sets in the model's vocabulary",
        examples_given=sets.genes,
        examples_expected=vocabulary[N_SPECIALS:],
    )
    foreign = sets.genes[match(sets.genes, vocabulary) < 0]
    if len(foreign):
        logger.info("The model doesn't know %s", listing(foreign.tolist()))
    unknown = [name for name, n in zip(sets, np.diff(own.indptr), strict=True) if n == 0]
    if unknown:
        msg = f"{len(unknown)} sets are not {done}, as the model knows none of their genes: {listing(unknown)}."
        warn(msg, GeneSetWarning)
    return own


def predictions(own: csr_array, model: GeneSetModel) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Blocks of sets, their logits, and the logits less the genes' popularity (sets × vocabulary)."""
    for start in range(0, own.shape[0], SETS_AT_A_TIME):
        block = slice(start, min(start + SETS_AT_A_TIME, own.shape[0]))
        logits = model.logits(own[block])
        yield block, logits, logits - model.popularity


def zscores(corrected: np.ndarray) -> np.ndarray:
    """Each row less its mean over the genes, in standard deviations; the specials don't count."""
    genes = corrected[:, N_SPECIALS:]
    return (corrected - genes.mean(axis=1, keepdims=True)) / genes.std(axis=1, keepdims=True)


def _candidates(
    sets: GeneSets, model: GeneSetModel, own: csr_array, genes: Iterable[str] | None
) -> tuple[np.ndarray, np.ndarray, csr_array]:
    """What a model may add to sets.

    Returns
    -------
    Names of the vocabulary's genes (in the data, if its ``genes`` are given), which of them may be added at all, and
    those that may not be added to each set (sets × vocabulary).
    """
    vocabulary = np.asarray(model.genes, dtype=object)
    if genes is None:
        allowed = np.ones(len(vocabulary), bool)
        allowed[:N_SPECIALS] = False
        return vocabulary, allowed, own
    data = np.asarray(genes, dtype=object)
    place = gene_columns(vocabulary, data)
    return data[place], place >= 0, own + sets.membership(data)[:, place]
