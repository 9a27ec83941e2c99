from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from scgsfm._messages import check_at_least
from scgsfm.phenotypes import candidate_symbols, ranking_table, read_patient

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    import pandas as pd

    from scgsfm.phenotypes import Terms


def rank_genes(
    phenotypes: Terms,
    *,
    excluded: Terms = (),
    genes: Iterable[str] | str | PathLike[str] | None = None,
    on_unknown: Literal["warn", "raise", "ignore"] = "warn",
    expand_diseases: bool = False,
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
        Terms of the Human Phenotype Ontology :cite:p:`Gargano2024` that the patient has, as

        - a list of IDs in any writing (``"HP:0001250"``, ``"hp_0001250"``, an IRI, ``"Seizure (HP:0001250)"``, former
          IDs), names or synonyms (British or American, plural, with a slip if a single term is meant beyond doubt),
        - a dict of terms and whether they are present (``True``, ``"present"``) or absent (``False``, ``"excluded"``),
        - a phenopacket of version 1 or 2, as a dict or as the path of a JSON or YAML file: its observed and excluded
          features, without its interpretations,
        - the path of a text file with one term a line, optionally followed by a tab and ``excluded``.

        Terms that other terms imply (their ancestors) do not change the result.
    excluded
        Terms that the patient was examined for and does not have. A term that a present one implies is left out with
        a warning.
    genes
        Candidate genes: only these are ranked, and their scores sum to 1. Symbols, aliases, Ensembl IDs or Entrez IDs,
        as a list or as the path of a text file. Candidates without annotation or prediction come last.
        ``None`` ranks all genes.
    on_unknown
        What to do with terms and genes that cannot be used, if others can: unknown and obsolete terms, modes of
        inheritance, onset, clinical course, past medical history, diseases, missing values. ``"warn"`` leaves them out
        with one warning that lists them with the reason, ``"raise"`` raises, ``"ignore"`` leaves them out.
    expand_diseases
        Replace a disease among the phenotypes (OMIM or Orphanet ID, or name) by its annotated phenotypes.
    n_top
        Number of genes to return. ``None`` returns all genes.

    Returns
    -------
    A table with one row for each gene, ordered by score; genes with equal scores keep the order of the annotations.
    Its columns are

    ``gene`` : str
        Approved symbol.
    ``score`` : float64
        Probability of the gene under the assumption that a single gene explains the phenotypes: the scores of all genes
        sum to 1.
    ``evidence`` : str
        ``"known"`` for genes with annotated diseases, ``"predicted"`` for others, ``"none"`` for candidates that are in
        neither.
    ``disease``, ``disease_name`` : str
        The best-fitting disease of the gene; empty for predicted genes.
    ``n_known`` : int64
        Number of the phenotypes, without implied ones, that the gene is annotated with, directly or through a descendant.
    ``known`` : str
        IDs of these phenotypes, separated by ``;``.

    ``attrs["about"]`` of the table contains version and citation of the annotations.

    Raises
    ------
    TypeError
        If ``phenotypes`` or ``excluded`` is a string that is not the path of a file.
    ValueError
        If none of the terms can be used (the message gives the reason for each), one cannot be used and
        ``on_unknown="raise"``, ``phenotypes`` is empty, or a term is listed as both present and excluded.
    GeneMatchError
        If none of ``genes`` is known, or one is not and ``on_unknown="raise"``.

    Examples
    --------
    >>> import scgsfm
    >>> table = scgsfm.tl.rank_genes(["Ectopia lentis", "HP:0001166", "Dural ectasia"], excluded=["Seizure"])
    >>> table["gene"][0], table["evidence"][0]
    ('FBN1', 'known')
    >>> scgsfm.tl.rank_genes({"Arachnodactyly": True, "Seizure": False}, genes=["FBN1", "FBN2", "SCN1A"])[
    ...     "gene"
    ... ].tolist()
    ['FBN1', 'FBN2', 'SCN1A']
    """
    if n_top is not None:
        check_at_least("n_top", n_top, 1, or_none="all genes")
    terms = read_patient(phenotypes, excluded, on_unknown=on_unknown, expand_diseases=expand_diseases)
    candidates = None if genes is None else candidate_symbols(genes, on_unknown=on_unknown)
    return ranking_table(terms.present, terms.absent, n_top, candidates)
