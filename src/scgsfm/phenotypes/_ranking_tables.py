"""Tables of the genes ranked for one or many patients, and of how they explain the patients' terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm._progress import progress_over

from ._annotations import load_annotations
from ._explanations import Explanation, explain_excluded, explain_present
from ._gene_ranking import RankedGenes, load_ranker, rank_genes, rankable_genes
from ._index_in_use import per_index
from ._predictor import load_predictor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._patients import Patients

N_MANY = 100
"""Genes of each of many patients, if no number is given."""
N_EXPLAINED = 10
"""Genes that are explained, if no number is given."""


def patients_table(patients: Patients, n_top: int | None = None, *, explain: bool = False) -> pd.DataFrame:
    """Genes ranked for each patient, or how they explain the terms; see :func:`scgsfm.tl.rank_genes`."""
    if n_top is None and explain:
        n_top = N_EXPLAINED
    tables = []
    n_patients = len(patients.names)
    for i in progress_over(range(n_patients), total=n_patients, unit="patients", description="Ranking"):
        terms, candidates = patients.terms[i], patients.candidates[i]
        n = N_MANY if n_top is None and patients.several and candidates is None else n_top
        ranked = rank_genes(*terms)
        table = _ranking_table(ranked, n, candidates)
        if explain:
            table = _explanation_table(ranked, table)
        if patients.several:
            table.insert(0, "patient", np.full(len(table), patients.names[i], object))
        tables.append(table)
    table = pd.concat(tables, ignore_index=True) if len(tables) > 1 else tables[0]
    table.attrs["about"] = load_annotations().about()
    return table


def _ranking_table(ranked: RankedGenes, n_top: int | None, candidates: Sequence[str] | None) -> pd.DataFrame:
    """The best genes of a patient; ties in alphabetical order, with their mean rank."""
    annotations, known = load_annotations(), rankable_genes()
    order, unranked = np.lexsort((known.alphabetical, -ranked.score)), list[str]()
    score = ranked.score
    if candidates is not None:
        places = np.array(sorted({known.place[gene] for gene in candidates if gene in known.place}), np.int64)
        order = places[np.lexsort((known.alphabetical[places], -score[places]))]
        unranked = sorted({gene for gene in candidates if gene not in known.place})
        score = score / max(score[order].sum(), np.finfo(float).tiny)
    rank = mean_ranks(score[order])
    order, rank = order[:n_top], rank[:n_top]
    disease, annotated = ranked.disease[order], ranked.annotated(order)
    disease_ids, disease_names, genes = _texts()
    ids = [annotations.ontology.ids[term] for term in ranked.terms]
    listed = np.full(len(order), "", object)
    for row in np.flatnonzero(annotated.any(axis=1)).tolist():
        listed[row] = ";".join(ids[i] for i in np.flatnonzero(annotated[row]).tolist())
    table = pd.DataFrame(
        {
            "gene": genes[order],
            "rank": rank,
            "score": score[order],
            "evidence": np.where(disease >= 0, "known", "predicted").astype(object),
            "disease": disease_ids[disease],
            "disease_name": disease_names[disease],
            "n_known": annotated.sum(axis=1),
            "known": listed,
        }
    )
    room = None if n_top is None else n_top - len(table)
    if unranked and room != 0:
        n_ranked = len(places)
        table = pd.concat([table, _unranked(unranked, n_ranked)[:room]], ignore_index=True)
    return table


@per_index
def _texts() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """IDs and names of diseases, each with an empty one at the end, which is that of row -1; and genes."""
    hpo = load_annotations()
    ids, names = (np.array([*values, ""], object) for values in (hpo.disease_ids, hpo.disease_names))
    return ids, names, np.array(rankable_genes().genes, object)


def mean_ranks(score: np.ndarray) -> np.ndarray:
    """Ranks of scores in descending order, from 1; equal scores have the mean of their ranks."""
    starts = np.flatnonzero(np.append(True, score[1:] != score[:-1])) if len(score) else np.empty(0, np.int64)
    sizes = np.diff(np.append(starts, len(score)))
    ranks: np.ndarray = np.repeat(starts + (sizes + 1) / 2, sizes)
    return ranks


def _unranked(symbols: Sequence[str], n_ranked: int) -> pd.DataFrame:
    """Rows of candidates that neither annotations nor predictions cover; they share the mean of the last ranks."""
    empty = np.full(len(symbols), "", object)
    rank = n_ranked + (len(symbols) + 1) / 2
    columns = {"gene": np.array(symbols, object), "rank": rank, "score": 0.0, "evidence": "none", "disease": empty}
    return pd.DataFrame({**columns, "disease_name": empty, "n_known": 0, "known": empty})


def _explanation_table(ranked: RankedGenes, table: pd.DataFrame) -> pd.DataFrame:
    """One row for each gene of a ranking and each term of the patient."""
    known = rankable_genes()
    rows: list[dict[str, Any]] = []
    for gene in table.to_dict("records"):
        place = known.place.get(gene["gene"], -1)
        head = {name: gene[name] for name in ("gene", "rank", "score", "evidence", "disease", "disease_name")}
        for state, terms in (("present", ranked.terms), ("excluded", ranked.excluded)):
            rows += [head | _as_row(term, state, _explained(ranked, place, term, state)) for term in terms]
    columns = pd.DataFrame(rows)
    text = ["gene", "evidence", "disease", "disease_name", *_TEXTS]
    return columns.astype(dict.fromkeys(text, object)) if rows else columns


_TEXTS = ("term", "name", "state", "match", "through", "through_name", "annotated", "annotated_name")


def _explained(ranked: RankedGenes, place: int, term: int, state: str) -> Explanation:
    disease = int(ranked.disease[place]) if place >= 0 else -1
    if disease >= 0:
        explain = explain_present if state == "present" else explain_excluded
        return explain(load_ranker(), disease, term)
    if place < 0 or state == "excluded":
        return Explanation("none" if state == "present" else "compatible")
    known, predictor = rankable_genes(), load_predictor()
    row = known.new[[place - len(known.symbols)]]
    log_ratio = float(predictor.log_likelihood_ratio(row, [term])[0])
    return Explanation("predicted" if log_ratio > 0 else "none", log_ratio=log_ratio)


def _as_row(term: int, state: str, found: Explanation) -> dict[str, Any]:
    ontology = load_annotations().ontology

    def label(row: int, names: Sequence[str]) -> str:
        return names[row] if row >= 0 else ""

    return {
        "term": ontology.ids[term],
        "name": ontology.names[term],
        "state": state,
        "match": found.match,
        "through": label(found.through, ontology.ids),
        "through_name": label(found.through, ontology.names),
        "annotated": label(found.annotated, ontology.ids),
        "annotated_name": label(found.annotated, ontology.names),
        "frequency": found.frequency,
        "log_ratio": found.log_ratio,
    }
