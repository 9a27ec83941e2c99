from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm.completion import SetKinds, completion_tables, number_and_share
from scgsfm.genesets import GeneSets
from scgsfm.models import as_model

if TYPE_CHECKING:
    from os import PathLike

    from scgsfm.genesets import GeneSetsLike
    from scgsfm.models.gsfm import GSFM


@checks_types
@doc_params
def complete_sets(
    gene_sets: GeneSetsLike,
    *,
    model: str | PathLike[str] | GSFM = "gsfm-base",
    n_genes: int | None = 100,
    kind: str | None = None,
) -> pd.DataFrame:
    r"""Predict which genes belong to each gene set by a gene set foundation model :cite:p:`Clarke2026`.

    Genes are ranked by :math:`l_g`, the logit of gene :math:`g` in the output of the model for the set. Genes that
    belong to many sets rank high for most sets. The z-score shows which genes are specific to a set: it is computed
    from :math:`c_g = l_g - b_g`, where the popularity :math:`b_g` is the mean logit of the gene over all sets of one
    gene. The completion in :func:`~scgsfm.tl.score` is based on :math:`c_g`.

    Parameters
    ----------
    gene_sets
        Any input of :class:`~scgsfm.GeneSets` without negative weights. Positive weights are ignored.
    model
        {model}
    n_genes
        Number of genes to return for each set. ``None`` returns the whole vocabulary of the model (about 20,000 genes).
    kind
        What the sets are, for ``"gsfm-base"``: ``"functional module"`` (genes of a compartment, with a domain, or
        essential in the same cells), ``"interaction"`` (partners and complexes of proteins), ``"regulator targets"`` (of
        transcription factors and chromatin regulators), ``"predicted targets"`` (of motifs and microRNAs),
        ``"drug targets"``, ``"literature"`` (genes of an article or a disease), ``"cell type"``, ``"coexpression"``,
        ``"perturbation"`` or ``"signature"`` (published and immunologic). Genes that are typical of such sets rank
        higher, above all for sets of few genes. By default, the model sees from the genes alone what they have in
        common, which is enough for pathways.

    Returns
    -------
    A table with one row for each set and gene, ordered by set and rank, with the columns

    ``set``, ``gene``
        Name of the set, and symbol of the gene in the vocabulary of the model (human).
    ``probability`` : float32
        Probability that the gene belongs to the set.
    ``zscore`` : float32
        :math:`c_g`, standardized over all genes of the vocabulary.
    ``rank`` : int32
        1 for the highest :math:`l_g`. Ties are broken by the order of the vocabulary.
    ``known`` : bool
        Whether the gene is in the set.

    Sets without a gene in the vocabulary are skipped with a warning.

    Raises
    ------
    GeneMatchError
        If too few genes of the sets are in the vocabulary of the model.
    TypeError
        If ``gene_sets`` is a list of genes: pass ``{"my set": [...]}``.
    ValueError
        If there are negative weights, if ``n_genes`` is less than 1, or if ``kind`` is unknown or given with another
        model.

    Examples
    --------
    >>> import scgsfm
    >>> table = scgsfm.tl.complete_sets({"interferon": ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1"]}, n_genes=20)
    >>> len(table)
    20
    >>> targets = scgsfm.tl.complete_sets({"MYC": ["NCL", "NPM1", "CDK4", "ODC1"]}, kind="regulator targets")
    >>> len(targets)
    100
    """
    sets = GeneSets(gene_sets)
    if n_genes is not None and n_genes < 1:
        msg = f"`n_genes` is {n_genes}, but must be at least 1 (or None for all genes)."
        raise ValueError(msg)
    loaded = as_model(model)
    used = loaded if kind is None else SetKinds.embedded().model(loaded, kind)
    table = pd.concat(completion_tables(sets, used, n_genes=n_genes), ignore_index=True)
    logger.info("completed %s%s", number_and_share(sets, used), "" if kind is None else f" as sets of kind {kind!r}")
    return table
