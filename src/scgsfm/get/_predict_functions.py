from __future__ import annotations

from typing import TYPE_CHECKING

from scgsfm import _keys
from scgsfm._checks_types import checks_types

from ._stored_table import first_rows, selected, stored_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from anndata import AnnData


@checks_types
def predict_functions(
    adata: AnnData,
    gene: str | Sequence[str] | None = None,
    *,
    term: str | Sequence[str] | None = None,
    min_probability: float = 0.0,
    n_top: int | None = None,
    key: str | None = None,
) -> pd.DataFrame:
    """Get the terms predicted for the genes of the data as a table.

    Parameters
    ----------
    adata
        Data with a result of :func:`~scgsfm.tl.predict_functions`.
    gene
        One or several genes. By default, all are returned.
    term
        One or several terms. By default, all are returned.
    min_probability
        Minimum probability of the rows.
    n_top
        Number of terms of each gene, or of genes of each term if the result is ordered by terms. By default, all are
        returned.
    key
        Key of the result in ``uns``, if ``key_added`` was used.

    Returns
    -------
    A copy of the rows, with the columns of :func:`~scgsfm.tl.predict_functions`.

    Raises
    ------
    KeyError
        If there is no result, or no such gene or term. The message lists those that are available.
    ValueError
        If ``n_top`` is out of range.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.predict_functions(adata, library="hallmark", mask_var=adata.var_names.isin(["ISG15", "CD3D"]))
    >>> scgsfm.get.predict_functions(adata, gene="ISG15", n_top=1)["term"].tolist()
    ['HALLMARK_INTERFERON_ALPHA_RESPONSE']
    """
    table = selected(stored_table(adata, key, _keys.FUNCTIONS, "tl.predict_functions"), gene=gene, term=term)
    first = str(table.columns[0])
    return first_rows(table[table["probability"] >= min_probability], [first], n_top, argument="n_top")
