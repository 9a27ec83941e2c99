from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pandas as pd

from scgsfm import _keys
from scgsfm._checks_types import checks_types
from scgsfm._messages import check_choice
from scgsfm.scoring import score_threshold

from ._scores import scores

if TYPE_CHECKING:
    from anndata import AnnData


@checks_types
def binarized_scores(
    adata: AnnData,
    method: str = "aucell",
    *,
    rule: Literal["mixture", "padj"] = "mixture",
    alpha: float | None = None,
    key: str | None = None,
) -> pd.DataFrame:
    """Get which gene sets are on in which cells.

    With ``rule="mixture"``, a set is on in cells with a score above a threshold. A normal distribution, and a
    mixture of two with the same variance, are fitted to the scores of the set in all cells. If the mixture fits better by the Bayesian information criterion,
    the threshold is the score between the two means at which both components are equally likely. Otherwise it is the
    quantile ``1 - alpha / n`` of the normal distribution for ``n`` cells, which hardly any cell exceeds by chance, as in
    AUCell :cite:p:`Aibar2017`. Sets that are on in all cells have no threshold of this kind: look at the histogram of
    their scores.

    With ``rule="padj"``, a set is on in cells with a positive score and an adjusted p-value of at most ``alpha``.

    Parameters
    ----------
    adata
        Cells with scores of :func:`~scgsfm.tl.score`.
    method
        Name of the scoring method.
    rule
        ``"mixture"``, or ``"padj"`` for methods with a test.
    alpha
        With ``"mixture"``, expected number of cells above the quantile, 0.01 by default. With ``"padj"``, adjusted p-value,
        0.05 by default.
    key
        Key of the scores in ``obsm``, if ``key_added`` was used.

    Returns
    -------
    A table of booleans, cells × sets. With ``rule="mixture"``, ``attrs["thresholds"]`` is a dict of the threshold of each
    set.

    Raises
    ------
    KeyError
        If there are no scores, or no p-values for ``rule="padj"``.
    ValueError
        If ``rule`` does not exist, or ``alpha`` is not between 0 and 1.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.score(adata, {"B cell": ["CD79A", "CD79B", "MS4A1", "CD19", "BANK1"]})
    >>> on = scgsfm.get.binarized_scores(adata)
    >>> bool(on.loc[adata.obs["cell_type"] == "B", "B cell"].mean() > 0.8)
    True
    """
    check_choice("rule", rule, ("mixture", "padj"))
    level = alpha if alpha is not None else {"mixture": 0.01, "padj": 0.05}[rule]
    if not 0 < level < 1:
        msg = f"`alpha` is {level}, but must be between 0 and 1."
        raise ValueError(msg)
    table = scores(adata, method, key=key)
    if rule == "padj":
        key_padj = _keys.padj(key or method)
        if key is not None and key_padj not in adata.obsm:
            named = key.removeprefix(_keys.score(""))
            record = adata.uns.get(_keys.UNS, {}).get(key, {})
            key_padj = _keys.padj(named) if record.get("method", named) == named else key_padj  # as of "score_ulm"
        if key_padj not in adata.obsm:
            msg = (
                f"There are no p-values in `obsm[{key_padj!r}]`, which `rule='padj'` needs: score by a method with a test "
                "(see `scgsfm.methods()`), or use `rule='mixture'`."
            )
            raise KeyError(msg)
        pvalues = pd.DataFrame(adata.obsm[key_padj]).to_numpy()
        return (table > 0) & (pvalues <= level)
    thresholds = {name: score_threshold(values.to_numpy(), alpha=level) for name, values in table.items()}
    on = table > pd.Series(thresholds)
    on.attrs["thresholds"] = thresholds
    return on
