"""Preprocessing: gene identifiers."""

from ._resolve_genes import resolve_genes

__all__ = ["resolve_genes"]
