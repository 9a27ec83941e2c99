"""Approved symbols of the genes that annotations and predictions name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scgsfm.genes import resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

_MITOCHONDRIAL = {"CYTB": "MT-CYB", **{f"COX{i}": f"MT-CO{i}" for i in (1, 2, 3)}}
"""Names of mitochondrial genes at NCBI that do not follow from the approved symbol by its prefix."""


def approved_symbols(names: Sequence[str]) -> list[str]:
    """Approved symbol of each gene that NCBI names, or the name itself if there is none.

    NCBI names mitochondrial genes without the prefix of their approved symbol: ``ND1`` is ``MT-ND1``.
    """
    resolved = resolve(names, organism="human")
    is_approved = [how == "approved" for how in resolved.how]
    prefixed = [_MITOCHONDRIAL.get(name, f"MT-{name}") for name in names]
    asked = [name for name, approved in zip(prefixed, is_approved, strict=True) if not approved]
    found = dict(zip(asked, resolve(asked, organism="human").how, strict=True)) if asked else {}
    return [
        mitochondrial if not approved and found[mitochondrial] == "approved" else symbol or name
        for name, symbol, approved, mitochondrial in zip(names, resolved.symbols, is_approved, prefixed, strict=True)
    ]
