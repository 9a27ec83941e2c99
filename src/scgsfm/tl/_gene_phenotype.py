from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from scgsfm._logging import logger
from scgsfm._messages import number
from scgsfm.genes import as_names
from scgsfm.phenotypes import association_table, read_terms

if TYPE_CHECKING:
    import pandas as pd


def gene_phenotype(
    gene: str | Iterable[str],
    phenotype: str | Iterable[str],
    *,
    on_unknown: Literal["warn", "raise", "ignore"] = "warn",
) -> pd.DataFrame:
    """Look up or predict whether genes are associated with phenotypes.

    A gene is associated with a phenotype if a disease that it causes is annotated with the phenotype or one of its
    descendants in the Human Phenotype Ontology :cite:p:`Gargano2024`. Associations that are annotated have the status
    ``"known"``, and their annotations are listed. Other associations are predicted from genes that are similar in gene
    sets, in the embedding of a gene set foundation model, in their summaries and, for genes that are annotated with other
    phenotypes, in these. This is not medical advice.

    Parameters
    ----------
    gene
        One or several genes: symbols, Ensembl IDs or Entrez IDs, of human or mouse.
    phenotype
        One or several terms: IDs (``"HP:0001250"``), names or synonyms, in any writing that
        :func:`~scgsfm.tl.rank_genes` reads.
    on_unknown
        What to do with genes and terms that cannot be used, if others can: ``"warn"`` leaves them out with one warning
        that lists them with the reason, ``"raise"`` raises, ``"ignore"`` leaves them out.

    Returns
    -------
    A table with one row for each gene and phenotype, with the columns

    ``gene`` : str
        The gene as given.
    ``symbol`` : str
        The approved symbol.
    ``phenotype``, ``name`` : str
        ID and name of the term.
    ``probability`` : float64
        1 for known associations, else the same as ``predicted``.
    ``predicted`` : float64
        Calibrated probability that the gene, if it causes a disease, is annotated with the phenotype. It is predicted
        from other genes and from the other phenotypes of the gene; for known associations, from other genes alone.
    ``status`` : str
        ``"known"``, ``"predicted"``, or ``"excluded"`` if a source states that a disease of the gene lacks the phenotype
        and no source states that one has it.
    ``n_evidence`` : int64
        Number of annotations.
    ``evidence`` : str
        The annotations with disease, frequency, reference, source and version, separated by newlines.

    ``attrs["about"]`` of the table contains version and citation of the annotations.

    Raises
    ------
    GeneMatchError
        If no gene is known, or one is unknown or ambiguous and ``on_unknown="raise"``.
    ValueError
        If no term can be used, or one is unknown or not a phenotype and ``on_unknown="raise"``. The message suggests
        similar terms.

    Examples
    --------
    >>> import scgsfm
    >>> table = scgsfm.tl.gene_phenotype("SCN1A", ["Seizure", "Ectopia lentis"])
    >>> table[["name", "status"]].to_numpy().tolist()
    [['Seizure', 'known'], ['Ectopia lentis', 'predicted']]
    """
    for argument, value in (("gene", gene), ("phenotype", phenotype)):
        if not isinstance(value, Iterable):
            msg = f"`{argument}` is {value!r}, but must be a name or several names."
            raise TypeError(msg)
    names = [gene] if isinstance(gene, str) else as_names(gene).tolist()
    given = [phenotype] if isinstance(phenotype, str) else list(phenotype)
    if not names or not given:
        msg = "`gene` and `phenotype` must each contain at least one name."
        raise ValueError(msg)
    terms = read_terms(given, "phenotype", on_unknown=on_unknown)
    table = association_table(names, terms, on_unknown=on_unknown)
    n_known = int((table["status"] == "known").sum())
    logger.info("found %s of genes and phenotypes (%d known)", number(len(table), "association"), n_known)
    return table
