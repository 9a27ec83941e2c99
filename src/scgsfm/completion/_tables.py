from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from scgsfm._logging import logger
from scgsfm._messages import check_choice, listing
from scgsfm._vocabulary import N_SPECIALS
from scgsfm.genes import as_names, check_share, match
from scgsfm.genesets import GeneSets

from ._complete import known_genes
from ._cross_validation import CrossValidated, cross_validate, is_cached
from ._term_predictions import predict_terms
from ._uniqueness import uniqueness

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ._gene_set_model import GeneSetModel

CHOICES = {"by": ("gene", "term"), "known": ("include", "exclude")}


def requested_genes(
    genes: Iterable[Any] | None, model: GeneSetModel, *, what: str = "genes", may_be_unknown: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """The distinct names that are in a model's vocabulary, by default all, and their tokens.

    ``what`` describes the names in messages. With ``may_be_unknown``, none of them has to be in the vocabulary.
    """
    vocabulary = np.array(model.genes, dtype=object)
    if genes is None:
        return vocabulary[N_SPECIALS:], np.arange(N_SPECIALS, len(vocabulary))
    names = np.array([*dict.fromkeys(as_names(genes))], dtype=object)
    tokens = match(names, vocabulary)
    matched = tokens >= N_SPECIALS
    if not may_be_unknown:
        check_share(
            len(np.unique(tokens[matched])),
            min(len(names), len(vocabulary) - N_SPECIALS),
            what=f"{what} in the model's vocabulary",
            examples_given=names[~matched],
            examples_expected=vocabulary[N_SPECIALS:],
        )
    if not matched.all():
        logger.debug("Not in the model's vocabulary: %s", listing(names[~matched].tolist()))
    return names[matched], tokens[matched]


def is_cross_validated(library: Any, model: GeneSetModel) -> bool:
    """Whether predictions of a library take one pass over its terms: it is small, or its cross-validation is in the cache."""
    return is_cached(known_genes(GeneSets(library), model, done="predicted"), model)


def prediction_tables(
    names: np.ndarray,
    tokens: np.ndarray,
    library: Any,
    model: GeneSetModel,
    *,
    by: Literal["gene", "term"],
    n_top: int | None,
    min_probability: float,
    known: Literal["include", "exclude"],
    validated: bool = True,
) -> Iterator[pd.DataFrame]:
    """The table of :func:`~scgsfm.tl.predict_functions` for genes and their tokens: in one piece, or in blocks of terms.

    Without ``validated``, genes that the library lists for the term are omitted, and ``auroc`` and ``uniqueness`` are NaN:
    this takes a small part of the time, unless the cross-validation of the library is in the cache.
    """
    for name, value in (("by", by), ("known", known)):
        check_choice(name, value, CHOICES[name])
    if (n_top is not None and n_top < 1) or not 0 <= min_probability <= 1:
        msg = (
            f"`n_top` is {n_top} and `min_probability` {min_probability}, but must be at least 1 (or None for all) and "
            "between 0 and 1."
        )
        raise ValueError(msg)
    sets = GeneSets(library)
    set_genes = known_genes(sets, model, done="predicted")
    terms = np.array(sets.names, dtype=object)
    if validated:
        cross_validated = cross_validate(set_genes, model)
        unique = uniqueness(set_genes, cross_validated, model)
    else:
        cross_validated = CrossValidated.unknown(set_genes)
        unique = cross_validated.auroc
    include_known = validated and known == "include"
    options: dict[str, Any] = {"n": n_top, "min_probability": min_probability, "include_known": include_known}
    for pairs in predict_terms(set_genes, cross_validated, model, tokens, by=by, **options):
        labels = {"gene": names[pairs.genes], "term": terms[pairs.terms]}
        columns = {name: labels[name] for name in (by, *labels)}
        values = {"probability": pairs.probability, "zscore": pairs.zscore, "rank": pairs.rank, "known": pairs.known}
        of_term = {"auroc": cross_validated.auroc[pairs.terms], "uniqueness": unique[pairs.terms]}
        yield pd.DataFrame(columns | values | of_term)
