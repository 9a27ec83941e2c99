"""The registry of scoring methods."""

from __future__ import annotations

from dataclasses import fields

import pandas as pd

from scgsfm._messages import did_you_mean

from ._aucell import AUCELL
from ._gsea import GSEA
from ._gsfm import GSFM
from ._gsva import GSVA
from ._mean import MEAN
from ._method import Method
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

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        *(AUCELL, GSFM, UCELL, SINGSCORE, SSGSEA, GSVA, SCORE_GENES, MEAN, SUM),
        *(ZSCORE, ULM, MLM, VIPER, ORA, GSEA),
    )
}


def get_method(name: str) -> Method:
    """Return the record of the method ``name``."""
    if name not in METHODS:
        hint = did_you_mean(str(name), METHODS)
        msg = f"Unknown `method` {name!r}.{hint} Available methods: {', '.join(METHODS)} (see `scgsfm.methods()`)."
        raise ValueError(msg)
    return METHODS[name]


def methods() -> pd.DataFrame:
    """List the scoring methods of :func:`scgsfm.tl.score`.

    Returns
    -------
    A table with one row per method, indexed by name. Columns: title, statistic, reference, range of the scores, whether
    the method uses weights and signs of genes (otherwise sets that have them raise an error), how genes missing from the
    data are handled, the values that it expects, minimum number of genes of a set, the test behind the p-values, and whether a model completes the
    sets first.

    Examples
    --------
    >>> import scgsfm
    >>> scgsfm.methods().loc["aucell", ["weights", "signs", "range"]].to_dict()
    {'weights': True, 'signs': False, 'range': (0.0, 1.0)}
    """
    shown_first = ("title", "values", "test", "weights", "signs")  # what users choose a method by
    rest = [field.name for field in fields(Method) if field.name not in {"name", "prepare", *shown_first}]
    columns = [*shown_first, *rest]
    rows = [[getattr(method, column) for column in columns] for method in METHODS.values()]
    return pd.DataFrame(rows, index=pd.Index(METHODS, name="method"), columns=columns)
