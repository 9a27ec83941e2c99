"""The registry of scoring methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from scgsfm._messages import did_you_mean

from ._ans import ANS
from ._aucell import AUCELL
from ._consensus import CONSENSUS
from ._gsea import GSEA
from ._gsfm import GSFM
from ._gsva import GSVA
from ._mean import MEAN
from ._mlm import MLM
from ._ora import ORA
from ._score_genes import SCORE_GENES
from ._singscore import SINGSCORE
from ._ssgsea import SSGSEA
from ._sum import SUM
from ._ucell import UCELL
from ._ulm import ULM
from ._viper import VIPER
from ._zscore import ZSCORE

if TYPE_CHECKING:
    from ._method import Method

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        *(AUCELL, GSFM, UCELL, SINGSCORE, SSGSEA, GSVA, SCORE_GENES, ANS, MEAN, SUM),
        *(ZSCORE, ULM, MLM, VIPER, CONSENSUS, ORA, GSEA),
    )
}


COLUMNS = (
    *("task", "when", "avoid", "test", "null", "statistic", "title", "peer", "reference", "missing_genes"),
    *("completes", "min_genes", "range", "values", "weights", "signs"),
)
"""Columns of :func:`methods`. A terminal shows the first and the last ones."""


def get_method(name: str) -> Method:
    """Return the record of the method ``name``."""
    if name not in METHODS:
        hint = did_you_mean(str(name), METHODS)
        msg = f"Unknown `method` {name!r}.{hint} Available methods: {', '.join(METHODS)} (see `scgsfm.methods()`)."
        raise ValueError(msg)
    return METHODS[name]


def methods() -> pd.DataFrame:
    """List the scoring methods of :func:`scgsfm.tl.score`.

    Each method has a page with its formula, parameters and an example; :doc:`/choose_method` compares them.

    Returns
    -------
    A table with one row per method, indexed by name. Columns:

    ``task``, ``when``, ``avoid``
        What the method is for, when to use it, and when not.
    ``test``
        The test behind the p-values; empty without a test.
    ``null``
        The random sets to which ``normalize="null"`` compares a set; empty if that is not defined.
    ``statistic``, ``title``, ``peer``, ``reference``
        What the score is, the full name, the implementation that gives the same scores, and the publication.
    ``missing_genes``
        How genes of a set that are missing from the data are handled.
    ``completes``
        Whether a model completes the sets first.
    ``min_genes``, ``range``
        Minimum number of genes of a set in the data, and the range of the scores.
    ``values``
        ``"log-normalized"`` if the values are expected to be; ``"any"`` for methods that use ranks.
    ``weights``, ``signs``
        Whether it uses weights of genes, and negative weights. If not, sets that have them raise an error.

    Examples
    --------
    >>> import scgsfm
    >>> scgsfm.methods().loc["aucell", ["weights", "signs", "range"]].to_dict()
    {'weights': True, 'signs': False, 'range': (0.0, 1.0)}
    """
    rows = [[getattr(method, column) for column in COLUMNS] for method in METHODS.values()]
    return pd.DataFrame(rows, index=pd.Index(METHODS, name="method"), columns=list(COLUMNS))
