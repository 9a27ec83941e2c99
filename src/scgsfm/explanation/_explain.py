"""Explain queries: retrieve, write, check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from scgsfm._messages import number
from scgsfm._progress import progress_over

from ._checks import ClaimChecker
from ._claim_tables import ClaimTables
from ._claims import COMPARISON, MOTIFS
from ._coherence import CoherenceModel
from ._explanation import Explanation
from ._facts import Retriever
from ._writer import write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scgsfm.completion import GeneSetModel

    from ._query import Options, Query, Sources


SOURCES = {"comparison": COMPARISON, "motifs": MOTIFS}
"""Source of the claims from each kind of evidence that has a version."""


def explain_queries(
    queries: Mapping[str, Query],
    sources: Sources,
    model: GeneSetModel,
    options: Options,
    rephrase: Callable[[Explanation, ClaimChecker], Explanation] | None = None,
    conditions: Mapping[str, str] | None = None,
) -> dict[str, Explanation]:
    """Explain queries by name. The names are added after the texts were written.

    Parameters
    ----------
    queries
        Genes to explain, by name.
    sources
        Libraries and background.
    model
        The gene-set model.
    options
        Parameters.
    rephrase
        Rephrases an explanation without a name.
    conditions
        Names of conditions, by what the texts call them.
    """
    coherence = CoherenceModel.of(model)
    retriever = Retriever(sources, coherence, options.check())
    tables = ClaimTables(sources, options, model, coherence.calibration)
    explained: dict[str, Explanation] = {}
    for name, query in progress_over(queries.items(), total=len(queries), unit="lists", description="Explaining"):
        (facts,) = retriever.facts([query])
        genes, _ = retriever.assessed(query)
        checker = ClaimChecker(tables, query, genes.tolist(), facts.coherence)
        found = Explanation("", tuple(checker.check(write(facts, versions_of(sources, query)))))
        found = rephrase(found, checker) if rephrase else found
        explained[name] = found.with_names(name, conditions or {})
    return explained


def versions_of(sources: Sources, query: Query) -> dict[str, str]:
    """Version of each source of claims: libraries, and gene sets and motifs of results about the group."""
    of_evidence = {SOURCES[kind]: version for kind, version in query.evidence.versions.items() if kind in SOURCES}
    return {name: sources.version(name) for name in sources.libraries} | of_evidence


def explanations_table(found: Mapping[str, Explanation]) -> pd.DataFrame:
    """The claims of all explanations."""
    return pd.concat([one.table for one in found.values()], ignore_index=True)


def summary(found: Mapping[str, Explanation]) -> str:
    """Numbers of claims and of struck sentences, for the log."""
    n_claims = sum(len(sentence.claims) for one in found.values() for sentence in one.sentences)
    return f"{number(n_claims, 'claim')}, {number(sum(len(one.struck) for one in found.values()), 'sentence')} struck"
