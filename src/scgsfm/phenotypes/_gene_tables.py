"""Tables of genes and phenotypes."""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm._messages import did_you_mean, warn
from scgsfm.errors import GeneMatchError
from scgsfm.genes import as_names, resolve

from ._annotations import load_annotations
from ._gene_ranking import rank_genes
from ._predictor import load_predictor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_CURIE = re.compile(
    r"(?:https?://\S*/)?(?:(?:ncbi ?gene|entrez|geneid|ncbigene_id|gene)[:_/]\s*(?=\d)|ensembl:|(?<=/)(?=ENSG)|symbol:)",
    re.IGNORECASE,
)
"""Prefixes of ids that the tables of genes hold without one."""
_HEADERS = {"gene", "genes", "symbol", "gene_symbol", "hgnc_symbol", "hgnc", "gene_name", "ensembl_id", "gene_id"}


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
            hint = did_you_mean(given.upper(), annotations.genes)
            unknown.append(f"Unknown gene {name!r}.{hint} Use a symbol, an Ensembl ID or an Entrez ID.")
    return symbols, unknown


def read_genes(genes: Iterable[Any] | str | PathLike[str]) -> list[str]:
    """Names of candidate genes from a list, or from a text file with one a line.

    Lines of a file may hold several names separated by blanks, commas or semicolons; columns after a tab are not
    read, and ``#`` starts a comment.
    """
    if isinstance(genes, PathLike) or (isinstance(genes, str) and Path(genes).is_file()):
        lines = Path(genes).read_text(encoding="utf-8-sig", errors="replace").splitlines()
        cells = [line.partition("#")[0].partition("\t")[0].strip() for line in lines]
        given = [name for cell in cells for name in re.split(r"[\s,;]+", cell) if name.casefold() not in _HEADERS]
    elif isinstance(genes, str):
        msg = f"`genes` must be a list of genes or the path of a file, found the string {genes!r}: write [{genes!r}]."
        raise TypeError(msg)
    else:
        given = as_names(genes).tolist()
    if names := list(dict.fromkeys(name.strip(" \"'") for name in given if name.strip(" \"'"))):
        return names
    msg = "`genes` is empty: give at least one candidate gene, or None for all genes."
    raise ValueError(msg)


def candidate_symbols(genes: Iterable[Any] | str | PathLike[str], *, on_unknown: str = "warn") -> list[str]:
    """Approved symbols of candidate genes, each once; unknown names are reported in one warning.

    Raises
    ------
    GeneMatchError
        If no name is known, or any is unknown and ``on_unknown`` is ``"raise"``.
    """
    names = read_genes(genes)
    found, unknown = find_symbols(names)
    symbols = list(dict.fromkeys(filter(None, found)))
    if unknown and (on_unknown == "raise" or not symbols):
        msg = f"{len(unknown)} of {len(names)} genes in `genes` are unknown:\n{_lines(unknown)}"
        raise GeneMatchError(msg)
    if unknown and on_unknown == "warn":
        warn(f"{len(unknown)} of {len(names)} genes in `genes` left out:\n{_lines(unknown)}")
    return symbols


def _lines(left_out: Sequence[str]) -> str:
    return "\n".join(f"  - {one}" for one in left_out)


def association_table(names: Sequence[str], terms: Sequence[int], *, on_unknown: str = "raise") -> pd.DataFrame:
    """What is annotated and predicted for each gene and term; see :func:`scgsfm.tl.gene_phenotype`."""
    found, unknown = find_symbols(names)
    if unknown and (on_unknown == "raise" or not any(found)):
        raise GeneMatchError("\n".join(unknown))
    if unknown and on_unknown == "warn":
        warn(f"{len(unknown)} of {len(names)} genes left out:\n{_lines(unknown)}")
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


def ranking_table(
    present: Sequence[int],
    excluded: Sequence[int],
    n_top: int | None = None,
    candidates: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Genes ranked for phenotypes that are present or excluded; see :func:`scgsfm.tl.rank_genes`."""
    annotations, ranked = load_annotations(), rank_genes(present, excluded)
    order, score = np.argsort(-ranked.score, kind="stable"), ranked.score
    unranked: list[str] = []
    if candidates is not None:
        wanted = set(candidates)
        order = np.array([row for row in order.tolist() if ranked.genes[row] in wanted], np.int64)
        unranked = [symbol for symbol in candidates if symbol not in set(ranked.genes)]
        score = score / max(score[order].sum(), np.finfo(float).tiny)
    order = order[:n_top]
    ids = np.array([annotations.ontology.ids[term] for term in ranked.terms], dtype=object)
    disease, annotated = ranked.disease[order], ranked.annotated[order]
    table = pd.DataFrame(
        {
            "gene": np.array(ranked.genes, dtype=object)[order],
            "score": score[order],
            "evidence": np.where(disease >= 0, "known", "predicted").astype(object),
            "disease": np.array(["" if row < 0 else annotations.disease_ids[row] for row in disease], object),
            "disease_name": np.array(["" if row < 0 else annotations.disease_names[row] for row in disease], object),
            "n_known": annotated.sum(axis=1),
            "known": np.array([";".join(ids[row]) for row in annotated], object),
        }
    )
    if unranked:
        table = pd.concat([table, _unranked(unranked)], ignore_index=True)[:n_top]
    table.attrs["about"] = annotations.about()
    return table


def _unranked(symbols: Sequence[str]) -> pd.DataFrame:
    """Rows of candidates that neither annotations nor predictions cover."""
    empty = np.full(len(symbols), "", object)
    columns = {"gene": np.array(symbols, object), "score": 0.0, "evidence": "none", "disease": empty}
    return pd.DataFrame({**columns, "disease_name": empty, "n_known": 0, "known": empty})
