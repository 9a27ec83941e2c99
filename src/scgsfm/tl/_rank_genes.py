from __future__ import annotations

from typing import TYPE_CHECKING

from scgsfm.phenotypes import load_annotations, ranking_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from scgsfm.phenotypes import Ontology


def rank_genes(
    phenotypes: Iterable[str],
    *,
    excluded: Iterable[str] = (),
    n_top: int | None = None,
) -> pd.DataFrame:
    r"""Rank all genes by how well they explain the phenotypes of a patient (gene prioritization).

    Genes with annotated diseases are scored by their best-fitting disease. The score combines the likelihood ratio of
    each phenotype :cite:p:`Robinson2020`, the information shared through common ancestors in the ontology
    :cite:p:`Jagadeesh2019`, and the expected phenotypes that are not reported; the weights were fitted on published
    cases. Other genes are scored by predicted associations (see :func:`~scgsfm.tl.gene_phenotype`), so that genes
    without a known disease can be ranked, too. This is not medical advice.

    Parameters
    ----------
    phenotypes
        Terms of the Human Phenotype Ontology :cite:p:`Gargano2024` that the patient has: IDs (``"HP:0001250"``), names
        or synonyms.
    excluded
        Terms that the patient was examined for and does not have.
    n_top
        Number of genes to return. ``None`` returns all genes.

    Returns
    -------
    A table with one row for each gene, ordered by score, with the columns

    ``gene`` : str
        Approved symbol.
    ``score`` : float64
        Probability of the gene under the assumption that a single gene explains the phenotypes: the scores of all genes
        sum to 1.
    ``evidence`` : str
        ``"known"`` for genes with annotated diseases, else ``"predicted"``.
    ``disease``, ``disease_name`` : str
        The best-fitting disease of the gene; empty for predicted genes.
    ``n_known`` : int64
        Number of the phenotypes that the gene is annotated with, directly or through a descendant.
    ``known`` : str
        IDs of these phenotypes, separated by ``;``.

    ``attrs["about"]`` of the table contains version and citation of the annotations.

    Raises
    ------
    TypeError
        If ``phenotypes`` or ``excluded`` is a string.
    ValueError
        If a term is unknown or not a phenotype (the message suggests similar terms), ``phenotypes`` is empty, or a term
        is both present and excluded.

    Examples
    --------
    >>> import scgsfm
    >>> table = scgsfm.tl.rank_genes(["Ectopia lentis", "HP:0001166", "Dural ectasia"], excluded=["Seizure"])
    >>> table["gene"][0], table["evidence"][0]
    ('FBN1', 'known')
    """
    ontology = load_annotations().ontology
    present, absent = _terms(phenotypes, "phenotypes", ontology), _terms(excluded, "excluded", ontology)
    if not present:
        msg = "`phenotypes` is empty: give at least one term, such as 'HP:0001250'."
        raise ValueError(msg)
    if both := set(present) & set(absent):
        msg = f"{ontology.label(min(both))} is both in `phenotypes` and in `excluded`: remove it from one of them."
        raise ValueError(msg)
    if n_top is not None and n_top < 1:
        msg = f"`n_top` is {n_top}, but must be at least 1 (or None for all genes)."
        raise ValueError(msg)
    return ranking_table(present, absent, n_top)


def _terms(terms: Iterable[str], argument: str, ontology: Ontology) -> list[int]:
    """Distinct terms by their rows in the ontology."""
    if isinstance(terms, str):
        msg = f"`{argument}` must be a list of terms, not the single string {terms!r}: write [{terms!r}]."
        raise TypeError(msg)
    return list(dict.fromkeys(ontology.term(str(term), phenotype=True) for term in terms))
