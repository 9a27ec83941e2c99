"""Tables of genes and phenotypes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm._messages import did_you_mean
from scgsfm.errors import GeneMatchError
from scgsfm.genes import resolve

from ._annotations import load_annotations
from ._gene_ranking import rank_genes
from ._predictor import load_predictor

if TYPE_CHECKING:
    from collections.abc import Sequence


def annotated_symbols(names: Sequence[str]) -> list[str]:
    """Approved symbols of genes, or names that only the annotations use.

    Raises
    ------
    GeneMatchError
        If a name is unknown or ambiguous.
    """
    annotations, resolved = load_annotations(), resolve(names)
    # some loci have annotations, but no approved symbol
    symbols = [
        symbol or (name if annotations.gene(name) is not None else "")
        for name, symbol in zip(names, resolved.symbols, strict=True)
    ]
    for name, symbol, how in zip(names, symbols, resolved.how, strict=True):
        if symbol:
            continue
        if how == "ambiguous":
            msg = f"{name!r} is an alias of several genes: use an approved symbol or an identifier."
            raise GeneMatchError(msg)
        hint = did_you_mean(name.upper(), annotations.genes)
        msg = f"Unknown gene {name!r}.{hint} Use a symbol, an Ensembl ID or an Entrez ID."
        raise GeneMatchError(msg)
    return symbols


def association_table(names: Sequence[str], terms: Sequence[int]) -> pd.DataFrame:
    """What is annotated and predicted for each gene and term; see :func:`scgsfm.tl.gene_phenotype`."""
    symbols = dict(zip(names, annotated_symbols(names), strict=True))
    pairs = [(name, term) for name in names for term in terms]
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


def ranking_table(present: Sequence[int], excluded: Sequence[int], n_top: int | None = None) -> pd.DataFrame:
    """Genes ranked for phenotypes that are present or excluded; see :func:`scgsfm.tl.rank_genes`."""
    annotations, ranked = load_annotations(), rank_genes(present, excluded)
    order = np.argsort(-ranked.score, kind="stable")[:n_top]
    ids = np.array([annotations.ontology.ids[term] for term in present], dtype=object)
    disease, annotated = ranked.disease[order], ranked.annotated[order]
    table = pd.DataFrame(
        {
            "gene": np.array(ranked.genes, dtype=object)[order],
            "score": ranked.score[order],
            "evidence": np.where(disease >= 0, "known", "predicted").astype(object),
            "disease": ["" if row < 0 else annotations.disease_ids[row] for row in disease],
            "disease_name": ["" if row < 0 else annotations.disease_names[row] for row in disease],
            "n_known": annotated.sum(axis=1),
            "known": [";".join(ids[row]) for row in annotated],
        }
    )
    table.attrs["about"] = annotations.about()
    return table
