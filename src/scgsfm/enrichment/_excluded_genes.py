"""Genes that are left out of lists of markers, by name or by a named group."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from scgsfm._messages import did_you_mean, listing, warn
from scgsfm.errors import GeneMatchWarning
from scgsfm.genes import match, resolve

GENE_GROUPS = {
    # proteins of the cytosolic ribosome and their paralogs; not their kinases (RPS6KA1) or binding proteins (RPS19BP1)
    "ribosomal": re.compile(r"RP[LS](A|P?\d+)([AXYL]{1,2}\d*)?|FAU|UBA52"),
    "mitochondrial": re.compile(r"MT-.+"),
}
"""Named groups of genes, as patterns of approved symbols."""


def excluded_genes(exclude: str | Iterable[str], genes: np.ndarray) -> np.ndarray:
    """Which genes are left out.

    Parameters
    ----------
    exclude
        Name of a group in ``GENE_GROUPS``, or names of genes and groups.
    genes
        Names of the genes of the data, in any naming.

    Returns
    -------
    A mask over ``genes``.

    Raises
    ------
    TypeError
        If ``exclude`` is neither a string nor names.
    ValueError
        If it is a single string that is neither a group nor a gene of the data, or nothing but unknown names.
    """
    names = _names(exclude)
    groups = [name for name in names if name in GENE_GROUPS]
    single = [name for name in names if name not in GENE_GROUPS]
    mask = np.zeros(len(genes), dtype=bool)
    if groups:
        symbols = resolve(genes).symbols
        for group in groups:
            pattern = GENE_GROUPS[group]
            mask |= np.array([pattern.fullmatch(symbol) is not None for symbol in symbols], dtype=bool)
    if single:
        position = match(single, genes)
        mask[position[position >= 0]] = True
        unknown = [name for name, found in zip(single, position, strict=True) if found < 0]
        if len(unknown) == len(names):
            options = f"detected genes of the data or a group ({', '.join(map(repr, GENE_GROUPS))})"
            hint = did_you_mean(unknown[0], [*GENE_GROUPS, *genes])
            msg = f"`exclude` must name {options}, found: {listing(unknown)}.{hint}"
            raise ValueError(msg)
        if unknown:
            msg = f"`exclude`: {len(unknown)} of {len(single)} names are not detected genes of the data: {listing(unknown)}."
            warn(msg, GeneMatchWarning)
    return mask


def _names(exclude: Any) -> list[str]:
    names = [exclude] if isinstance(exclude, str) else list(exclude) if isinstance(exclude, Iterable) else None
    if names is None or not all(isinstance(name, str) for name in names):
        msg = (
            f"`exclude` is {exclude!r}, but must be the names of genes, or of groups of genes: "
            f"{', '.join(map(repr, GENE_GROUPS))}."
        )
        raise TypeError(msg)
    return list(dict.fromkeys(names))
