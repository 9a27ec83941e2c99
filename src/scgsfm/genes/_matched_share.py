from __future__ import annotations

from typing import TYPE_CHECKING

from scgsfm._logging import logger
from scgsfm._messages import did_you_mean, warn
from scgsfm.errors import GeneMatchError, GeneMatchWarning

if TYPE_CHECKING:
    from collections.abc import Iterable

FEW = 3
"""For up to this number of names, similar ones are suggested."""


def check_share(
    n_matched: int,
    n_total: int,
    *,
    what: str,
    examples_given: Iterable[str],
    examples_expected: Iterable[str],
    minimum: float = 0.05,
) -> float:
    """Report the share of matched gene names. Warn if it is low, raise if it is too low.

    Parameters
    ----------
    n_matched, n_total
        Number of matched names and of all names.
    what
        Description of the names and of what they are matched to, e.g. ``"genes of the sets in the data"``.
    examples_given, examples_expected
        Names given and names that would have matched. The message shows the first few.
    minimum
        Lowest acceptable share.

    Returns
    -------
    The share of matched names.

    Raises
    ------
    GeneMatchError
        If no name or a share below ``minimum`` was matched.

    Warns
    -----
    GeneMatchWarning
        If less than half of the names were matched.

    Examples
    --------
    >>> from scgsfm.genes import check_share
    >>> check_share(90, 100, what="genes of the data", examples_given=["CD4"], examples_expected=["CD4"])
    0.9
    """
    share = n_matched / n_total if n_total else 0.0
    summary = f"{n_matched:,} of {n_total:,} {what} were matched ({share:.1%})"
    if n_matched and share >= max(minimum, 0.5):
        logger.debug(summary)
        return share
    given, expected = list(examples_given), list(examples_expected)
    message = f"{summary}. Given, for example: {_first(given)}; expected, for example: {_first(expected)}."
    if n_total <= FEW:
        known = set(map(str, expected))
        missing = next((name for name in map(str, given) if name not in known), None)
        message += did_you_mean(missing, known) if missing is not None else ""
    if "data" in what:
        message += (
            " If the gene names are in a column of `.var`, pass it as `gene_symbols=`; if they are in `.raw`, set "
        )
        message += "`use_raw=True`."
    message += (
        " Symbols and Ensembl, Entrez and HGNC ids of human, mouse and other vertebrates are translated; names of other "
        "species must be identical."
    )
    if not n_matched or share < minimum:
        raise GeneMatchError(message)
    warn(message, GeneMatchWarning)
    return share


def _first(names: Iterable[str], n: int = 5) -> str:
    shown = [repr(str(name)) for _, name in zip(range(n), names, strict=False)]
    return ", ".join(shown) if shown else "none"
