from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from scgsfm._checks_types import checks_types
from scgsfm._logging import logger
from scgsfm._messages import check_at_least, number
from scgsfm.phenotypes import patients_table, read_patients

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike

    import pandas as pd

    from scgsfm.phenotypes import Terms


@checks_types
def rank_genes(
    phenotypes: Terms | pd.DataFrame,
    *,
    excluded: Terms = (),
    candidates: Iterable[str] | Mapping[str, Any] | str | PathLike[str] | None = None,
    on_unknown: Literal["warn", "raise", "ignore"] = "warn",
    expand_diseases: bool = False,
    n_top: int | None = None,
    explain: bool = False,
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

        Many patients are given as a folder, a list or a cohort of phenopackets, a dict of names and any of the above, or
        a table (a DataFrame, or the path of a CSV or TSV file). A table has the columns ``patient`` and ``phenotypes``,
        and optionally ``excluded`` and ``candidates``, with one row for each patient (terms separated by ``|`` or
        ``;``), or one for each patient and term. Patients without a usable term are left out with a warning.

        Terms that other terms imply (their ancestors) do not change the result.
    excluded
        Terms that the patient was examined for and does not have. A term that a present one implies is left out with
        a warning.
    candidates
        Candidate genes: only these are ranked, and their ranks and scores are those within the list. Symbols, aliases,
        Ensembl IDs or Entrez IDs, as a list, or as the path of a text file or of a VCF file (plain or compressed) that
        VEP, SnpEff or ``bcftools csq`` annotated. Genes that a variant is only near are not read. Candidates
        without annotation or prediction, and unknown names, come last. ``"interpretations"`` takes the genes in the
        interpretations of a phenopacket, which may reveal the diagnosis. A dict gives the candidates of each of many
        patients. ``None`` ranks all genes.
    on_unknown
        What to do with terms and genes that cannot be used, if others can: unknown and obsolete terms, modes of
        inheritance, onset, clinical course, past medical history, diseases, missing values. ``"warn"`` leaves them out
        with one warning that lists them with the reason, ``"raise"`` raises, ``"ignore"`` leaves them out.
    expand_diseases
        Replace a disease among the phenotypes (OMIM or Orphanet ID, or name) by its annotated phenotypes.
    n_top
        Number of genes of each patient to return. ``None`` returns all genes or candidates; for many patients the first
        100 genes, and with ``explain=True`` the first 10.
    explain
        Return how each gene explains each term instead, for example for :func:`scgsfm.pl.rank_genes`.

    Returns
    -------
    A table with one row for each gene, ordered by score. Genes with equal scores share the mean of their ranks, and are
    in alphabetical order. Its columns are

    ``patient`` : str
        Name of the patient, if many are given: the name of the file without its ending, or the ID of the phenopacket.
    ``gene`` : str
        Approved symbol.
    ``rank`` : float64
        Rank of the score from 1; equal scores have the mean of their ranks.
    ``score`` : float64
        Probability of the gene under the assumption that a single gene explains the phenotypes: the scores of all genes
        (or candidates) sum to 1.
    ``evidence`` : str
        ``"known"`` for genes with annotated diseases, ``"predicted"`` for others, ``"none"`` for candidates that are in
        neither.
    ``disease``, ``disease_name`` : str
        The best-fitting disease of the gene; empty for predicted genes.
    ``n_known`` : int64
        Number of the phenotypes, without implied ones, that the gene is annotated with, directly or through a descendant.
    ``known`` : str
        IDs of these phenotypes, separated by ``;``.

    With ``explain=True`` there is one row for each gene and term of the patient, without implied terms. The columns up to
    ``disease_name`` are the same (the disease is the one that explains the patient best); the others are

    ``term``, ``name`` : str
        The term of the patient.
    ``state`` : str
        ``"present"`` or ``"excluded"``.
    ``match`` : str
        How the disease explains a present term: ``"exact"`` if it is annotated with the term, ``"specific"`` if with a
        descendant of it, ``"ancestor"`` if patient and disease share only an ancestor that is more likely in the
        disease than in others, ``"predicted"`` if the gene has no disease and the term is predicted to be more likely
        than for other genes, else ``"none"``. Excluded terms are ``"against"`` if the disease has them, else
        ``"compatible"``.
    ``through``, ``through_name`` : str
        The shared term or ancestor.
    ``annotated``, ``annotated_name`` : str
        The most frequent term at or below it that the disease is annotated with.
    ``frequency`` : float64
        Fraction of the patients with the disease that have the annotated term; NaN if the source does not state it.
    ``log_ratio`` : float64
        Contribution of the term: log(1 + likelihood ratio) of a present term, the log probability that an excluded one is
        absent, or the log likelihood ratio of a predicted one.

    ``attrs["about"]`` of the table contains version and citation of the annotations.

    Raises
    ------
    TypeError
        If ``phenotypes`` or ``excluded`` is a string that is not the path of a file.
    ValueError
        If none of the terms can be used (the message gives the reason for each), one cannot be used and
        ``on_unknown="raise"``, ``phenotypes`` is empty, a term is listed as both present and excluded, or a table of
        patients or a VCF file lacks what is needed.
    FileNotFoundError
        If a file does not exist, or a folder has no phenopackets.
    GeneMatchError
        If none of ``candidates`` is known, or one is not and ``on_unknown="raise"``.

    Examples
    --------
    >>> import scgsfm
    >>> table = scgsfm.tl.rank_genes(["Ectopia lentis", "HP:0001166", "Dural ectasia"], excluded=["Seizure"])
    >>> table["gene"][0], table["evidence"][0]
    ('FBN1', 'known')
    >>> patients = {"first": {"Arachnodactyly": True, "Seizure": False}, "second": ["Seizure", "Ataxia"]}
    >>> table = scgsfm.tl.rank_genes(patients, candidates=["FBN1", "FBN2", "SCN1A"])
    >>> table.groupby("patient")["gene"].first().tolist()
    ['FBN1', 'SCN1A']
    >>> why = scgsfm.tl.rank_genes(["Ectopia lentis", "Slender finger"], n_top=1, explain=True)
    >>> why[["gene", "name", "match"]].values.tolist()
    [['FBN1', 'Ectopia lentis', 'exact'], ['FBN1', 'Slender finger', 'specific']]
    """
    if n_top is not None:
        check_at_least("n_top", n_top, 1, or_none="all genes")
    patients = read_patients(phenotypes, excluded, candidates, on_unknown=on_unknown, expand_diseases=expand_diseases)
    table = patients_table(patients, n_top, explain=explain)
    terms = patients.terms[0]
    by = "" if patients.several else f" by {number(len(terms.present) + len(terms.absent), 'phenotype')}"
    logger.info("ranked genes for %s%s", number(len(patients.names), "patient"), by)
    return table
