from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from scgsfm.genes import resolve
from scgsfm.genesets import GeneSets
from scgsfm.models import as_model
from scgsfm.phenotypes import load_predictor

if TYPE_CHECKING:
    from os import PathLike

    from scgsfm.models.gpgpt import GPGPT, Answer

LIBRARIES = ("go_bp", "go_mf", "go_cc")
"""What genes do and where, as they are embedded."""


def ask(
    question: str,
    *,
    n_max: int = 10,
    predict: bool = True,
    model: str | PathLike[str] | GPGPT = "gpgpt-mini",
) -> Answer:
    """Answer a question about genes, phenotypes and diseases from annotations, each fact with its source.

    The language model only reads the question: what it asks for, and what it names (GP-GPT, :cite:p:`Lyu2024`). Facts
    are looked up in the embedded annotations (Human Phenotype Ontology, :cite:p:`Gargano2024`; Orphanet; NCBI), with
    what lies below a term in the hierarchy, and functions in the Gene Ontology. Where nothing is known the answer says
    so, and where words of the question name nothing that is known it answers nothing. Nothing here is medical advice.

    Parameters
    ----------
    question
        In English: genes by symbol, alias or id; phenotypes by name, synonym or HPO id; diseases by name, synonym, OMIM
        or Orphanet id. It can ask for genes, phenotypes, diseases or functions, whether or how often two go together,
        and what something is.
    n_max
        Facts to tell at most; ``names`` of the answer holds all.
    predict
        Predict whether a gene has a phenotype if no annotation tells. Such an answer is labelled so.
    model
        Name or folder of a model, or the loaded model itself.

    Returns
    -------
    The answer: ``print`` it, or see its ``names``, ``facts`` (a table by ``pandas.DataFrame(answer.facts)``) and
    ``declined``.

    Raises
    ------
    ImportError
        The extra ``llm`` isn't installed.
    ModelKindError
        The model is not a GP-GPT model.
    ValueError
        The question is empty, or ``n_max`` is not a positive number.

    Examples
    --------
    >>> import scgsfm
    >>> answer = scgsfm.tl.ask("Which gene causes Marfan syndrome?")
    >>> answer.names
    ('FBN1',)
    >>> scgsfm.tl.ask("Which gene causes purple hair syndrome?").declined
    True
    """
    if not isinstance(n_max, int) or n_max < 1:
        msg = f"n_max={n_max!r} must be a whole number of at least 1."
        raise ValueError(msg)
    loaded = as_model(model, "gpgpt")
    options: dict[str, Any] = {"resolve": _symbol, "functions": _functions, "predict": _predicted if predict else None}
    return loaded.ask(question, n_max=n_max, **options)


def _predicted(gene: str, term: int) -> float | None:
    """The calibrated probability of a pair; nothing for a gene that no annotation or gene set knows."""
    model = load_predictor()
    if model.rows([gene])[0] < 0:
        return None
    chance = float(model.probability([gene], [term])[0])
    return None if chance != chance else chance


def _symbol(name: str) -> str:
    return resolve([name], organism="human").symbols[0]


@cache
def _libraries() -> dict[str, tuple[GeneSets, str]]:
    sets = {name: GeneSets(name) for name in LIBRARIES}
    return {name: (library, f"{library.info['title']} {library.info['version']}") for name, library in sets.items()}


def _functions(gene: str) -> list[tuple[str, str]]:
    """Terms of the Gene Ontology that list a gene, the most special first, and their source."""
    found = [
        (len(genes), term, source)
        for library, source in _libraries().values()
        for term, genes in library.items()
        if gene in genes
    ]
    return [(term, source) for _, term, source in sorted(found)]
