from __future__ import annotations

from dataclasses import fields

import pandas as pd

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
    """The record of method ``name``."""
    if name not in METHODS:
        msg = f"`method` {name!r} is not known. Available are: {', '.join(METHODS)} (see `scgsfm.methods()`)."
        raise ValueError(msg)
    return METHODS[name]


def methods() -> pd.DataFrame:
    """The scoring methods that :func:`scgsfm.tl.score` offers.

    Returns
    -------
    A table with a row per method, indexed by its name: title, statistic, reference, the range of the scores, whether
    weights and signs of the genes are honoured (they are refused otherwise, never ignored), what becomes of genes
    that the data lacks, the number of genes that a set needs, the test behind its p-values, whether it needs dense
    blocks, and whether a model completes the sets first.

    Examples
    --------
    >>> import scgsfm
    >>> scgsfm.methods().loc["aucell", ["weights", "signs", "range"]].to_dict()
    {'weights': True, 'signs': False, 'range': (0.0, 1.0)}
    """
    columns = [field.name for field in fields(Method) if field.name not in {"name", "prepare"}]
    rows = [[getattr(method, column) for column in columns] for method in METHODS.values()]
    return pd.DataFrame(rows, index=pd.Index(METHODS, name="method"), columns=columns)
