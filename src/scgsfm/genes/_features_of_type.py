from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: Final = ("feature_types", "feature_type", "modality")
"""Columns of ``var`` with the types of features."""

_TYPES: Final = {
    "Gene Expression": {"gene expression", "gex", "rna"},
    "Peaks": {"peaks", "peak", "atac", "chromatin accessibility"},
}


def features_of_type(var: pd.DataFrame, kind: Literal["Gene Expression", "Peaks"]) -> np.ndarray | None:
    """Which features of a multimodal data set are genes or peaks, by the column ``feature_types`` of Cell Ranger.

    Parameters
    ----------
    var
        Annotation of the features.
    kind
        ``"Gene Expression"`` or ``"Peaks"``.

    Returns
    -------
    A boolean mask, or ``None`` if no column says which features are genes or peaks.

    Examples
    --------
    >>> import pandas as pd
    >>> from scgsfm.genes import features_of_type
    >>> features_of_type(pd.DataFrame({"feature_types": ["Gene Expression", "Peaks"]}), "Peaks")
    array([False,  True])
    """
    for column in COLUMNS:
        if column in var:
            values = var[column].astype(str).str.strip().str.lower()
            if values.isin(set.union(*_TYPES.values())).any():
                return np.asarray(values.isin(_TYPES[kind]))
    return None
