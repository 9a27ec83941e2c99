from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm.phenotypes import load_annotations
from scgsfm.phenotypes import rank_genes as ranked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scgsfm.phenotypes import Ontology


def rank_genes(
    phenotypes: Iterable[str],
    *,
    excluded: Iterable[str] = (),
    n_top: int | None = None,
) -> pd.DataFrame:
    r"""Rank all genes by how well they explain the phenotypes of a patient.

    Genes with annotated diseases are judged by the disease that fits best: by how much likelier it makes each phenotype
    than other diseases do :cite:p:`Robinson2020`, through common ancestors in the ontology, by the information that is
    shared :cite:p:`Jagadeesh2019`, and by what is expected but not told. The weights of these were fitted on published
    cases. Other genes are judged by predicted relations (see :func:`relation`), so that a gene that no disease is known
    of can be found as well. Nothing here is medical advice.

    Parameters
    ----------
    phenotypes
        Terms of the Human Phenotype Ontology that the patient has, by id (``"HP:0001250"``), name or synonym.
    excluded
        Terms that were looked for and not found.
    n_top
        How many genes to list; all by default.

    Returns
    -------
    One row a gene, the best first, with the columns

    ``gene`` : str
        Approved symbol.
    ``score`` : float64
        The model's share of belief in the gene, if one gene explains the patient: the scores of all genes add up to 1.
    ``evidence`` : str
        ``"known"`` for genes with annotated diseases, else ``"predicted"``.
    ``disease``, ``disease_name`` : str
        The disease of the gene that fits best; empty for predicted ones.
    ``n_known`` : int64
        How many of the phenotypes the gene is annotated with, be it by a descendant.
    ``known`` : str
        Which, separated by ``;``.

    ``attrs["about"]`` of the table tells version and citation of the annotations.

    Raises
    ------
    ValueError
        If a term is unknown or no phenotype, the message suggests others; if no phenotype is given, or one is given as
        present and excluded.

    Examples
    --------
    >>> import scgsfm
    >>> table = scgsfm.tl.rank_genes(["Ectopia lentis", "HP:0001166", "Dural ectasia"], excluded=["Seizure"])
    >>> table["gene"][0], table["evidence"][0]
    ('FBN1', 'known')
    """
    known = load_annotations()
    present, absent = _rows(phenotypes, "phenotypes", known.ontology), _rows(excluded, "excluded", known.ontology)
    if not present:
        msg = "`phenotypes` is empty: give at least one term, such as 'HP:0001250'."
        raise ValueError(msg)
    if both := set(present) & set(absent):
        msg = f"{known.ontology.label(min(both))} is given as present and as excluded: leave it out of one."
        raise ValueError(msg)
    if n_top is not None and n_top < 1:
        msg = f"`n_top` is {n_top}, but must be at least 1 (or None for all)."
        raise ValueError(msg)
    found = ranked(present, absent)
    order = np.argsort(-found.score, kind="stable")[:n_top]
    table = pd.DataFrame(
        {
            "gene": np.array(found.genes, dtype=object)[order],
            "score": found.score[order],
            "evidence": np.where(found.disease[order] >= 0, "known", "predicted").astype(object),
            "disease": ["" if row < 0 else known.disease_ids[row] for row in found.disease[order]],
            "disease_name": ["" if row < 0 else known.disease_names[row] for row in found.disease[order]],
            "n_known": found.annotated[order].sum(axis=1),
            "known": _listed(found.annotated[order], [known.ontology.ids[row] for row in present]),
        }
    )
    table.attrs["about"] = known.about()
    return table


def _rows(terms: Iterable[str], what: str, ontology: Ontology) -> list[int]:
    """Rows of terms, each once."""
    if isinstance(terms, str):
        msg = f"`{what}` must be a list of terms, not the single string {terms!r}: write [{terms!r}]."
        raise TypeError(msg)
    return list(dict.fromkeys(ontology.term(str(term), phenotype=True) for term in terms))


def _listed(annotated: np.ndarray, ids: list[str]) -> list[str]:
    names = np.array(ids, dtype=object)
    return [";".join(names[row]) for row in annotated]
