from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from scgsfm._messages import did_you_mean
from scgsfm.errors import GeneMatchError
from scgsfm.genes import as_names, resolve
from scgsfm.phenotypes import Evidence, load_annotations, load_predictor

if TYPE_CHECKING:
    from collections.abc import Iterable


def gene_phenotype(gene: str | Iterable[str], phenotype: str | Iterable[str]) -> pd.DataFrame:
    """Tell whether genes have phenotypes: what is annotated, and what a model predicts.

    A gene has a phenotype if a disease that it causes has it, or has a descendant of it in the Human Phenotype Ontology
    :cite:p:`Gargano2024`. What is annotated is called known, and the annotations are listed. The rest is predicted from
    other genes, alike in gene sets, in the embedding of a gene set foundation model, in their summaries and, for genes that
    are annotated with other phenotypes, in these. Nothing here is medical advice.

    Parameters
    ----------
    gene
        Name of a gene, or several: symbols, Ensembl or Entrez ids, of human or mouse.
    phenotype
        Term by id (``"HP:0001250"``), name or synonym, or several.

    Returns
    -------
    One row a gene and phenotype, with the columns

    ``gene`` : str
        Name as given.
    ``symbol`` : str
        The approved symbol.
    ``phenotype``, ``name`` : str
        Id and name of the term.
    ``probability`` : float64
        1 for what is known, else :attr:`predicted`.
    ``predicted`` : float64
        Calibrated probability that the gene, if it causes a disease, is annotated with the phenotype: from other genes
        and what else the gene is annotated with. For what is known, from other genes alone.
    ``status`` : str
        ``"known"``, ``"predicted"``, or ``"excluded"`` if a source says that a disease of the gene lacks the phenotype
        and none that one has it.
    ``n_evidence`` : int64
        Number of annotations.
    ``evidence`` : str
        The annotations, each with its disease, frequency, reference, source and version, separated by newlines.

    ``attrs["about"]`` of the table tells version and citation of the annotations.

    Raises
    ------
    GeneMatchError
        If a name is not that of a gene.
    ValueError
        If a term is unknown or no phenotype; the message suggests others.

    Examples
    --------
    >>> import scgsfm
    >>> table = scgsfm.tl.gene_phenotype("SCN1A", ["Seizure", "Ectopia lentis"])
    >>> table[["name", "status"]].to_numpy().tolist()
    [['Seizure', 'known'], ['Ectopia lentis', 'predicted']]
    """
    known, names = load_annotations(), [gene] if isinstance(gene, str) else as_names(gene).tolist()
    terms = [phenotype] if isinstance(phenotype, str) else list(phenotype)
    rows = [known.ontology.term(str(term), phenotype=True) for term in terms]
    pairs = [(name, symbol, row) for name, symbol in zip(names, _symbols(names), strict=True) for row in rows]
    if not pairs:
        msg = "Give at least one `gene` and one `phenotype`."
        raise ValueError(msg)
    predicted = load_predictor().probability([symbol for _, symbol, _ in pairs], [row for *_, row in pairs])
    table = pd.DataFrame(
        [
            _told(name, symbol, row, chance)
            for (name, symbol, row), chance in zip(pairs, predicted.tolist(), strict=True)
        ]
    )
    table.attrs["about"] = known.about()
    return table


def _symbols(names: list[str]) -> list[str]:
    known = load_annotations()
    found = resolve(names)
    # some loci have annotations, but no approved symbol
    symbols = [
        symbol or (name if known.gene(name) is not None else "")
        for name, symbol in zip(names, found.symbols, strict=True)
    ]
    for name, symbol, how in zip(names, symbols, found.how, strict=True):
        if symbol:
            continue
        if how == "ambiguous":
            msg = f"{name!r} is an alias of several genes: give an approved symbol or an id."
            raise GeneMatchError(msg)
        hint = did_you_mean(name.upper(), known.genes)
        msg = f"{name!r} is no gene that is known here.{hint} Symbols, Ensembl and Entrez ids are understood."
        raise GeneMatchError(msg)
    return symbols


def _told(name: str, symbol: str, row: int, predicted: float) -> dict[str, str | float | int]:
    known = load_annotations()
    found: list[Evidence] = known.evidence(symbol, row)
    against = [] if found else known.evidence(symbol, row, negated=True)
    status = "known" if found else "excluded" if against else "predicted"
    return {
        "gene": name,
        "symbol": symbol,
        "phenotype": known.ontology.ids[row],
        "name": known.ontology.names[row],
        "probability": 1.0 if found else predicted,
        "predicted": predicted,
        "status": status,
        "n_evidence": len(found or against),
        "evidence": "\n".join(one.cite() for one in found or against),
    }
