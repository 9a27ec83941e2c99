"""Signed profiles of genes: of groups of cells, or of lists of genes that rise and fall."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm._messages import listing, warn
from scgsfm.errors import GeneMatchError
from scgsfm.genes import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from scgsfm.enrichment import GeneLists

MIN_SHARED = 5
"""Genes of a profile that a source of signatures must have."""
QUERY = "query"
"""Name of a profile that was given as lists."""


@dataclass(frozen=True)
class Profiles:
    """Values of genes in each profile: positive for genes that rise, negative for genes that fall, 0 for others."""

    names: list[str]
    genes: np.ndarray
    """Human symbols of all genes that were measured."""
    values: np.ndarray
    """Profiles × genes."""
    made: dict[str, Any] = field(default_factory=dict)

    def over(self, genes: np.ndarray, *, default: bool) -> tuple[np.ndarray, np.ndarray]:
        """Values of the genes that both have, and the positions of these in ``genes``.

        ``default`` says that all ``genes`` count as measured, with the value 0 where nothing is known.
        """
        import pandas as pd

        at = pd.Index(self.genes).get_indexer(pd.Index(genes))
        if default:
            return np.where(at >= 0, self.values[:, np.maximum(at, 0)], 0.0), np.arange(len(genes))
        return self.values[:, at[at >= 0]], np.flatnonzero(at >= 0)


def profiles_of_lists(
    up: Iterable[str] | None, down: Iterable[str] | None, background: Iterable[str] | None
) -> Profiles:
    """The profile of genes that rise and genes that fall; others of the background have the value 0."""
    sides = [_symbols(genes, argument) for genes, argument in ((up, "up"), (down, "down"))]
    both = set(sides[0]) & set(sides[1])
    if both:
        warn(f"Genes of `up` that are in `down`, too, are left out: {listing(sorted(both))}.")
    signs = {gene: sign for genes, sign in zip(sides, (1.0, -1.0), strict=True) for gene in genes if gene not in both}
    if not signs:
        msg = "`up` and `down` have no gene: give human genes that rise and genes that fall."
        raise GeneMatchError(msg)
    others = _symbols(background, "background") if background is not None else []
    genes = np.array(list(dict.fromkeys([*signs, *others])), dtype=object)
    if others:
        allowed = set(others)
        if lost := [gene for gene in signs if gene not in allowed]:
            warn(f"{len(lost):,} genes of the lists are not in `background` and are left out: {listing(lost)}.")
            genes = np.array([gene for gene in genes if gene in allowed], dtype=object)
            if not any(gene in signs for gene in genes):
                msg = "No gene of `up` and `down` is in `background`."
                raise GeneMatchError(msg)
    values = np.array([[signs.get(gene, 0.0) for gene in genes]])
    return Profiles([QUERY], genes, values, {"n_up": int((values > 0).sum()), "n_down": int((values < 0).sum())})


def _symbols(genes: Iterable[str] | None, argument: str) -> list[str]:
    if genes is None:
        return []
    if isinstance(genes, str) or not hasattr(genes, "__iter__"):
        msg = f"`{argument}` is a {type(genes).__name__}, but must be a list of gene names."
        raise TypeError(msg)
    names = [str(gene) for gene in genes]
    return list(dict.fromkeys(filter(None, resolve(names).symbols))) if names else []


def profiles_of_rankings(lists: GeneLists) -> Profiles:
    """Profiles of rankings, such as those of groups of cells.

    Of genes that are the same after translation to human symbols, the one with the largest value is used.
    """
    if not lists.rankings:
        msg = "`data` has lists of genes without a direction: give a ranking, or lists as `up` and `down`."
        raise ValueError(msg)
    names, tables = list(lists.rankings), list(lists.rankings.values())
    given = np.array(sorted({str(name) for table in tables for name in table["name"]}), dtype=object)
    symbols = dict(zip(given, resolve(given.tolist()).symbols, strict=True))
    genes = np.array(sorted({symbol for symbol in symbols.values() if symbol}), dtype=object)
    if not len(genes):
        msg = "No gene of the ranking is known: use `gene_symbols` to select the gene names."
        raise GeneMatchError(msg)
    position = {gene: i for i, gene in enumerate(genes)}
    values = np.zeros((len(names), len(genes)))
    for row, table in zip(values, tables, strict=True):
        _fill(row, table, symbols, position)
    return Profiles(names, genes, values, dict(lists.made))


def _fill(row: np.ndarray, table: pd.DataFrame, symbols: dict[str, str], position: dict[str, int]) -> None:
    named = table.assign(name=table["name"].map(symbols))
    named = named[named["name"].notna() & (named["name"] != "")]
    order = np.argsort(-named["value"].abs().to_numpy(), kind="stable")
    named = named.iloc[order].drop_duplicates("name")
    row[[position[name] for name in named["name"]]] = named["value"].to_numpy()


def largest(values: np.ndarray, n_genes: int | None) -> np.ndarray:
    """Profiles in which only the ``n_genes`` largest positive and negative values are kept."""
    if n_genes is None:
        return values
    kept = np.zeros_like(values)
    for row, out in zip(values, kept, strict=True):
        order = np.argsort(-row, kind="stable")
        for chosen in (order[:n_genes][row[order[:n_genes]] > 0], order[-n_genes:][row[order[-n_genes:]] < 0]):
            out[chosen] = row[chosen]
    return kept


def check_shared(n_shared: Sequence[int], source: str) -> bool:
    """Whether enough genes are shared with a source; a warning says if not."""
    if max(n_shared, default=0) >= MIN_SHARED:
        return True
    warn(f"{source!r} has fewer than {MIN_SHARED} of the genes that rise or fall, and is left out.")
    return False
