from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from scgsfm import _keys
from scgsfm._checks_types import checks_types
from scgsfm._messages import check_choice

from ._stored_table import first_rows, selected, significant, stored_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from anndata import AnnData


@checks_types
def phenotypes(
    adata: AnnData,
    group: str | Sequence[str] | None = None,
    *,
    kind: Literal["phenotype", "disease"] | None = None,
    evidence: Literal["known", "predicted"] | None = None,
    max_padj: float | None = None,
    n_terms: int | None = None,
    key: str | None = None,
) -> pd.DataFrame:
    """Get the phenotypes and diseases of groups of cells as a table.

    Parameters
    ----------
    adata
        Cells with a result of :func:`~scgsfm.tl.phenotypes`.
    group
        One or several groups. By default, all are returned.
    kind
        ``"phenotype"`` or ``"disease"``. By default, both are returned.
    evidence
        ``"known"`` or ``"predicted"``. By default, both are returned.
    max_padj
        Maximum adjusted p-value of the rows. By default, all rows are returned.
    n_terms
        Number of rows of each group, kind and evidence, by p-value. By default, all are returned.
    key
        Key of the result in ``uns``, if ``key_added`` was used.

    Returns
    -------
    A copy of the rows, with the columns of :func:`~scgsfm.tl.phenotypes`.

    Raises
    ------
    KeyError
        If there is no result, or no such group. The message lists those that are available.
    ValueError
        If another argument is out of range.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.phenotypes(adata, "cell_type")
    >>> table = scgsfm.get.phenotypes(adata, group="NK", kind="disease", n_terms=3)
    >>> len(table)
    3
    """
    table = selected(stored_table(adata, key, _keys.PHENOTYPES, "tl.phenotypes"), group=group)
    for name, value, choices in (
        ("kind", kind, ("phenotype", "disease")),
        ("evidence", evidence, ("known", "predicted")),
    ):
        if value is not None:
            check_choice(name, value, choices)
            table = table[table[name].astype(str) == value]
    return first_rows(significant(table, max_padj), ["group", "kind", "evidence"], n_terms, argument="n_terms")
