"""Tables of genes and phenotypes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from scgsfm._messages import did_you_mean, warn
from scgsfm.errors import GeneMatchError
from scgsfm.genes import resolve

from ._annotations import load_annotations
from ._predictor import load_predictor

if TYPE_CHECKING:
    from collections.abc import Sequence

_CURIE = re.compile(
    r"(?:https?://\S*/)?(?:(?:ncbi ?gene|entrez|geneid|ncbigene_id|gene)[:_/]\s*(?=\d)|ensembl:|(?<=/)(?=ENSG)|symbol:)",
    re.IGNORECASE,
)
"""Prefixes of ids that the tables of genes hold without one."""
N_LISTED = 20
"""Names or patients that a message lists."""


def annotated_symbols(names: Sequence[str]) -> list[str]:
    """Approved symbols of genes, or names that only the annotations use.

    Raises
    ------
    GeneMatchError
        If a name is unknown or ambiguous.
    """
    symbols, unknown = find_symbols(names)
    if unknown:
        raise GeneMatchError(" ".join(unknown))
    return symbols


def find_symbols(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Approved symbol of each gene, empty for unknown and ambiguous names, and a message for each of these."""
    annotations = load_annotations()
    plain = [_CURIE.sub("", name.strip()) for name in names]
    resolved = resolve(plain)
    # names that the organism of most names does not know: fbn1, and mouse genes among human ones
    human = resolve(plain, organism="human")
    symbols, unknown = [], []
    for name, given, symbol, alone, how in zip(
        names, plain, resolved.symbols, human.symbols, resolved.how, strict=True
    ):
        # some loci have annotations, but no approved symbol
        row = annotations.gene(given)
        found = symbol or alone or (annotations.symbols[row] if row is not None else "")
        symbols.append(str(found))
        if found:
            continue
        if how == "ambiguous":
            unknown.append(f"{name!r} is an alias of several genes: use an approved symbol or an identifier.")
        else:
            # searching for similar names takes time
            hint = did_you_mean(given.upper(), annotations.genes) if len(unknown) < N_LISTED else ""
            unknown.append(f"Unknown gene {name!r}.{hint} Use a symbol, an Ensembl ID or an Entrez ID.")
    return symbols, unknown


def lines_of(left_out: Sequence[str], n: int = N_LISTED) -> str:
    """Reasons as a list, at most ``n``."""
    more = [f"and {len(left_out) - n:,} more"] if len(left_out) > n else []
    return "\n".join(f"  - {one}" for one in [*left_out[:n], *more])


def association_table(names: Sequence[str], terms: Sequence[int], *, on_unknown: str = "raise") -> pd.DataFrame:
    """What is annotated and predicted for each gene and term; see :func:`scgsfm.tl.gene_phenotype`."""
    found, unknown = find_symbols(names)
    if unknown and (on_unknown == "raise" or not any(found)):
        raise GeneMatchError("\n".join(unknown))
    if unknown and on_unknown == "warn":
        warn(f"{len(unknown)} of {len(names)} genes left out:\n{lines_of(unknown)}")
    symbols = {name: symbol for name, symbol in zip(names, found, strict=True) if symbol}
    pairs = [(name, term) for name in names if name in symbols for term in terms]
    probability = load_predictor().probability([symbols[name] for name, _ in pairs], [term for _, term in pairs])
    table = pd.DataFrame(
        [
            _association(name, symbols[name], term, p)
            for (name, term), p in zip(pairs, probability.tolist(), strict=True)
        ]
    )
    table.attrs["about"] = load_annotations().about()
    return table


def _association(name: str, symbol: str, term: int, predicted: float) -> dict[str, str | float | int]:
    annotations = load_annotations()
    support = annotations.evidence(symbol, term)
    against = [] if support else annotations.evidence(symbol, term, negated=True)
    return {
        "gene": name,
        "symbol": symbol,
        "phenotype": annotations.ontology.ids[term],
        "name": annotations.ontology.names[term],
        "probability": 1.0 if support else predicted,
        "predicted": predicted,
        "status": "known" if support else "excluded" if against else "predicted",
        "n_evidence": len(support or against),
        "evidence": "\n".join(one.cite() for one in support or against),
    }
