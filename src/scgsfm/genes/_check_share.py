from __future__ import annotations

from typing import TYPE_CHECKING

from scgsfm._logging import logger
from scgsfm._messages import warn
from scgsfm.errors import GeneMatchError, GeneMatchWarning

if TYPE_CHECKING:
    from collections.abc import Iterable


def check_share(
    n_matched: int,
    n_total: int,
    *,
    what: str,
    examples_given: Iterable[str],
    examples_expected: Iterable[str],
    minimum: float = 0.05,
) -> float:
    """Report the share of gene names that were matched; warn when it is low and refuse when it is hopeless.

    Parameters
    ----------
    n_matched, n_total
        How many names were matched, of how many.
    what
        What the names are and are matched to, as in ``"genes of the sets in the data"``.
    examples_given, examples_expected
        Names that were met and names that would have matched; the first few appear in the message.
    minimum
        The share below which the match is refused.

    Returns
    -------
    The share.

    Raises
    ------
    GeneMatchError
        If nothing or less than ``minimum`` was matched.

    Warns
    -----
    GeneMatchWarning
        If less than half was matched.

    Examples
    --------
    >>> from scgsfm.genes import check_share
    >>> check_share(90, 100, what="genes of the data", examples_given=["CD4"], examples_expected=["CD4"])
    0.9
    """
    share = n_matched / n_total if n_total else 0.0
    found = f"{n_matched:,} of {n_total:,} {what} were matched ({share:.1%})"
    if n_matched and share >= max(minimum, 0.5):
        logger.info(found)
        return share
    advice = (
        f"{found}. Given, for example: {_first(examples_given)}; expected, for example: {_first(examples_expected)}. "
        "If the gene names are in a column of `.var`, name it by `gene_symbols=`; if they are in `.raw`, use "
        "`use_raw=True`. Human and mouse symbols, Ensembl and Entrez ids are understood; names of other species must "
        "be the same on both sides."
    )
    if not n_matched or share < minimum:
        raise GeneMatchError(advice)
    warn(advice, GeneMatchWarning)
    return share


def _first(names: Iterable[str], n: int = 5) -> str:
    shown = [repr(str(name)) for _, name in zip(range(n), names, strict=False)]
    return ", ".join(shown) if shown else "none"
