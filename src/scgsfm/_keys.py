"""Keys of AnnData that the package writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

UNS = "scgsfm"
"""``uns[UNS][<key of the result>]`` has the parameters, matched shares and versions of a result."""

X_GSFM = "X_gsfm"
"""``obsm`` key of cell embeddings."""

VARM_GSFM = "gsfm"
"""``varm`` key of gene embeddings."""

FUNCTIONS = "predicted_functions"
"""``uns`` key of the terms predicted for the genes of the data."""

ENRICH = "enrich"
"""``uns`` key of the terms enriched in groups of cells."""

PHENOTYPES = "phenotypes"
"""``uns`` key of the phenotypes and diseases of groups of cells."""

ANNOTATION = "annotation"
"""``obs`` column of cell types, prefix of the related columns, and ``uns`` key of the candidates of the groups."""

R3LM = "r3lm_activity"
"""``varm`` key of the activity of peaks and ``obsm`` key of the activity of cells."""

R3LM_EXPLANATIONS = "r3lm_explanations"
"""``uns`` key of explained peaks."""

RESOLVE_GENES = "resolve_genes"
"""``uns[UNS]`` key of the resolution of gene names."""

VAR_SYMBOL = "scgsfm_symbol"
"""``var`` column of resolved human symbols."""

VAR_STATUS = "scgsfm_status"
"""``var`` column with the way each name was resolved."""

DIVISION_SLASH = "\N{DIVISION SLASH}"
"""Replaces ``/`` in column names."""


def score(method: str) -> str:
    """``obsm`` key of the scores of ``method``."""
    return f"score_{method}"


def padj(method: str) -> str:
    """``obsm`` key of the adjusted p-values of ``method``."""
    return f"padj_{method}"


def status(key: str) -> str:
    """``var`` column with the reason why the result ``key`` has no value for an element."""
    return f"{key}_status"


def groups(key: str) -> str:
    """``uns`` key of the means of the result ``key`` over groups of cells."""
    return f"{key}_groups"


def columns(names: Sequence[str]) -> list[str]:
    """Column names for the sets ``names`` that h5ad and zarr support.

    Both formats read ``/`` as a path separator, so it is replaced by the division slash U+2215. The original names are
    stored in ``uns[UNS][key]["set_names"]``. Duplicates are numbered.
    """
    import pandas as pd
    from anndata.utils import make_index_unique

    unique = make_index_unique(pd.Index([name.replace("/", DIVISION_SLASH) for name in names]))
    return list(unique)
