from __future__ import annotations

from typing import TYPE_CHECKING

from scgsfm._logging import logger
from scgsfm.genes import as_names, resolve

from ._matrix import data_var

if TYPE_CHECKING:
    import numpy as np
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
    An object array of strings, one per gene; ``""`` for missing values.

    Raises
    ------
    ValueError
        If ``.raw`` or the column does not exist.
    """
    var = data_var(adata, use_raw=use_raw)
    if gene_symbols is not None:
        if gene_symbols not in var:
            msg = (
                f"`gene_symbols={gene_symbols!r}` is not a column of `{'.raw' if use_raw else ''}.var`, which has: "
                f"{', '.join(map(repr, var.columns)) or 'none'}"
            )
            raise ValueError(msg)
        return as_names(var[gene_symbols])

    names = as_names(var.index)
    columns = [column for column in COLUMNS if column in var]
    if not columns or resolve(names).share >= 0.5:
        return names
    candidates = {column: as_names(var[column]) for column in columns}
    shares = {column: resolve(candidate).share for column, candidate in candidates.items()}
    best = max(shares, key=shares.__getitem__)
    if shares[best] <= 0.5:
        return names
    logger.info("`.var_names` are not gene names; using `.var[%r]` (%.0f %% known genes)", best, 100 * shares[best])
    return candidates[best]
