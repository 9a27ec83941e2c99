from __future__ import annotations

from typing import TYPE_CHECKING

from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import check_at_least
from scgsfm.completion import build_gene_page, named_libraries
from scgsfm.models import as_model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from scgsfm.completion import GenePage
    from scgsfm.genes import Organism
    from scgsfm.genesets import GeneSetsLike
    from scgsfm.models.gsfm import GSFM


@checks_types
@doc_params
def gene_page(
    gene: str,
    *,
    libraries: str | Sequence[str] | Mapping[str, GeneSetsLike] = ("go_bp", "go_cc", "go_mf", "reactome"),
    n_top: int | None = 10,
    min_probability: float = 0.0,
    organism: Organism | None = None,
    model: str | PathLike[str] | GSFM = "gsfm-base",
) -> GenePage:
    """Show a gene, and its known and predicted terms in several libraries, as a page :cite:p:`Clarke2026`.

    The terms are those of :func:`~scgsfm.tl.predict_functions`. Known terms come first: those that the library lists for
    the gene, whose probabilities are cross-validated. The name, location and identifiers are from HGNC.

    Parameters
    ----------
    gene
        The name of the gene: a symbol, alias or id (see :doc:`/genes`).
    libraries
        Names of libraries, or a dict from names to gene sets: any other input of :class:`~scgsfm.GeneSets` without
        negative weights.
    n_top
        Number of known and of predicted terms of each library. ``None`` lists all.
    min_probability
        Minimum probability of the predicted terms.
    organism
        Organism of the gene. The page of a gene of another species than human is that of its human ortholog. By
        default, the organism is recognized.
    model
        {model}

    Returns
    -------
    The page, with the attributes

    ``table`` : :class:`pandas.DataFrame`
        A row for each library and term: ``library`` and the columns of :func:`~scgsfm.tl.predict_functions`, with
        ``known``, ``probability``, ``auroc`` (how reliable predictions for the term are) and ``uniqueness``. ``rank`` is
        the rank among all terms of the library.
    ``facts``
        ``symbol``, ``name``, ``location``, ``ids`` by source and ``aliases``.
    ``to_markdown()``, ``to_html()``
        The page as text. Notebooks show it as HTML, ``print`` as Markdown.

    Raises
    ------
    GeneMatchError
        If the gene is not in the vocabulary of the model.
    TypeError
        If ``gene`` is not a single name, or ``libraries`` are not names or a dict.
    ValueError
        If a parameter is out of range or a library is unknown.

    Examples
    --------
    >>> import scgsfm
    >>> page = scgsfm.tl.gene_page("FANCD1", libraries="hallmark", n_top=2)
    >>> page.facts.symbol, page.facts.location
    ('BRCA2', '13q13.1')
    >>> page.table["term"][0]
    'HALLMARK_E2F_TARGETS'
    """
    if not isinstance(gene, str):
        msg = f"`gene` must be the name of one gene, but is a {type(gene).__name__}: call the function for each gene."
        raise TypeError(msg)
    if n_top is not None:
        check_at_least("n_top", n_top, 1, or_none="all")
    loaded, named = as_model(model), named_libraries(libraries)
    page = build_gene_page(gene, named, loaded, n_top=n_top, min_probability=min_probability, organism=organism)
    logger.info("%r", page)
    return page
