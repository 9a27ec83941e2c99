from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scgsfm._checks_types import checks_types
from scgsfm._messages import check_at_least
from scgsfm.models import as_model
from scgsfm.phenotypes import approved_symbol, gene_functions, predicted_probability
from scgsfm.questions import answer

if TYPE_CHECKING:
    from os import PathLike

    from scgsfm.models.gpgpt import GPGPT
    from scgsfm.questions import Answer


@checks_types
def ask(
    question: str,
    *,
    n_max: int = 10,
    predict: bool = True,
    model: str | PathLike[str] | GPGPT | None = None,
) -> Answer:
    """Answer a question about genes, phenotypes and diseases from annotations, with the source of each fact.

    The words of the question decide what is asked for, and its names are looked up. The facts come from the embedded
    annotations (Human Phenotype Ontology, :cite:p:`Gargano2024`; Orphanet; NCBI), including the descendants of a term,
    and gene functions come from the Gene Ontology. The answer states if nothing is known. The question is declined if it
    mentions names that are not recognized, asks for several things at once, or is not in English. Each question is read
    on its own. This is not medical advice.

    Parameters
    ----------
    question
        A question in English. Genes are recognized by symbol, alias or ID, phenotypes by name, synonym or HPO ID, and
        diseases by name, synonym, OMIM ID or Orphanet ID. It can ask for genes, phenotypes, diseases or functions,
        whether or how often two of them are associated, and what something is.
    n_max
        Maximum number of facts in the text of the answer. ``names`` of the answer contains all results.
    predict
        Whether to predict the association of a gene and a phenotype without annotations. The answer is labeled as a
        prediction.
    model
        ``None`` reads the question by rules. ``"gpgpt-mini"``, the directory of a model or a loaded model reads it by a
        language model (GP-GPT, :cite:p:`Lyu2024`), which needs the extra ``llm``. The facts are the same.

    Returns
    -------
    The answer. ``print`` it, or use its ``names``, ``facts`` (as a table: ``pandas.DataFrame(answer.facts)``) and
    ``declined``.

    Raises
    ------
    ImportError
        If a model is given, and the extra ``llm`` is not installed.
    ModelKindError
        If the model is not a GP-GPT model.
    ValueError
        If the question is empty, or ``n_max`` is not a positive integer.

    Examples
    --------
    >>> import scgsfm
    >>> answer = scgsfm.tl.ask("Which gene causes Marfan syndrome?")
    >>> answer.names
    ('FBN1',)
    >>> scgsfm.tl.ask("Which gene causes purple hair syndrome?").declined
    True
    """
    check_at_least("n_max", n_max, 1)
    options: dict[str, Any] = {
        "resolve": approved_symbol,
        "functions": gene_functions,
        "predict": predicted_probability if predict else None,
        "n_max": n_max,
    }
    return answer(question, **options) if model is None else as_model(model, "gpgpt").ask(question, **options)
