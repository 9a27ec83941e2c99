from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scgsfm._logging import logger
from scgsfm._messages import did_you_mean
from scgsfm.genes import as_names, features_of_type, resolve

from ._matrix import data_var

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

COLUMNS = ("gene_symbols", "gene_symbol", "gene_name", "gene_names", "feature_name", "symbol")
"""Common columns of ``.var`` with gene symbols."""


def gene_names(adata: AnnData, *, gene_symbols: str | None, use_raw: bool) -> np.ndarray:
    """The gene names of the data.

    Parameters
    ----------
    adata
        Annotated data.
    gene_symbols
        Column of ``.var`` with the names. By default ``.var_names``. If less than half of these are known genes, but
        more than half of the names in a column such as ``"gene_symbols"`` or ``"feature_name"`` are, that column is
        used, and this is logged.
    use_raw
        Use the genes of ``.raw``.

    Returns
    -------
    An object array of strings, one per feature; ``""`` for missing values, and for antibodies, peaks and other features
    that are not genes according to ``.var["feature_types"]``.

    Raises
    ------
    ValueError
        If ``.raw`` or the column does not exist.
    """
    var = data_var(adata, use_raw=use_raw)
    if gene_symbols is not None and gene_symbols not in var:
        msg = (
            f"`gene_symbols={gene_symbols!r}` is not a column of `{'.raw' if use_raw else ''}.var`, which has: "
            f"{', '.join(map(repr, var.columns)) or 'none'}.{did_you_mean(str(gene_symbols), var.columns)}"
        )
        raise ValueError(msg)
    names = as_names(var.index if gene_symbols is None else var[gene_symbols])
    is_gene = genes_of_features(var)
    if is_gene is not None:
        var, names = var[is_gene], names[is_gene]
    if gene_symbols is None:
        names = _names_of_column(var, names)
    if is_gene is None:
        return names
    features = np.full(len(is_gene), "", object)
    features[is_gene] = names
    return features


def genes_of_features(var: pd.DataFrame) -> np.ndarray | None:
    """Which features are genes; ``None`` if all are, or if there are none or nothing is known about the features.

    Data without any gene are left to functions that work with other features as well.
    """
    is_gene = features_of_type(var, "Gene Expression")
    return None if is_gene is None or is_gene.all() or not is_gene.any() else is_gene


def _names_of_column(var: pd.DataFrame, names: np.ndarray) -> np.ndarray:
    """The names, or those of a column with gene symbols if most of the names are not genes."""
    columns = [column for column in COLUMNS if column in var]
    if not columns or resolve(names).share >= 0.5:
        return names
    candidates = {column: as_names(var[column]) for column in columns}
    shares = {column: resolve(candidate).share for column, candidate in candidates.items()}
    best = max(shares, key=shares.__getitem__)
    if shares[best] <= 0.5:
        return names
    logger.debug("`.var_names` are not gene names; using `.var[%r]` (%.0f %% known genes)", best, 100 * shares[best])
    return candidates[best]
