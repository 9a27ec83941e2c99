from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from scgsfm import _keys
from scgsfm._checks_types import checks_types
from scgsfm._messages import check_choice
from scgsfm.explanation import VERDICTS, Explanation

from ._stored_table import selected, stored_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from anndata import AnnData


@overload
def explain(
    adata: AnnData,
    group: str | Sequence[str] | None = ...,
    *,
    verdict: str | None = ...,
    role: str | Sequence[str] | None = ...,
    as_text: Literal[False] = ...,
    key: str | None = ...,
) -> pd.DataFrame: ...
@overload
def explain(
    adata: AnnData,
    group: str | Sequence[str] | None = ...,
    *,
    verdict: str | None = ...,
    role: str | Sequence[str] | None = ...,
    as_text: Literal[True],
    key: str | None = ...,
) -> dict[str, Explanation]: ...
@checks_types
def explain(
    adata: AnnData,
    group: str | Sequence[str] | None = None,
    *,
    verdict: str | None = None,
    role: str | Sequence[str] | None = None,
    as_text: bool = False,
    key: str | None = None,
) -> pd.DataFrame | dict[str, Explanation]:
    """Get the claims about groups of cells as a table, or the explanations as texts.

    Parameters
    ----------
    adata
        Cells with a result of :func:`~scgsfm.tl.explain`.
    group
        One or several groups. By default, all are returned.
    verdict
        ``"supported"``, ``"partially supported"`` or ``"refuted"``. By default, all claims are returned.
    role
        One or several roles of sentences, such as ``"function"`` or ``"against"``. By default, all are returned.
    as_text
        Whether to return the explanation of each group, which notebooks show as HTML and ``print`` as Markdown, instead
        of the table.
    key
        Key of the result in ``uns``, if ``key_added`` was used.

    Returns
    -------
    A copy of the rows, with the columns of :func:`~scgsfm.tl.explain`, or a dict from groups to explanations.

    Raises
    ------
    KeyError
        If there is no result, or no such group or role. The message lists those that are available.
    ValueError
        If another argument is out of range.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.explain(adata, "cell_type", libraries="hallmark", phenotypes=False, n_genes=20)
    >>> table = scgsfm.get.explain(adata, group="NK", role="function")
    >>> table["verdict"].unique().tolist()
    ['supported']
    """
    table = selected(stored_table(adata, key, _keys.EXPLANATIONS, "tl.explain"), group=group, role=role)
    if verdict is not None:
        check_choice("verdict", verdict, VERDICTS)
        table = table[table["verdict"].astype(str) == verdict]
    if as_text:
        return {name: Explanation.from_table(table, name) for name in dict.fromkeys(table["group"].astype(str))}
    return table.reset_index(drop=True)
