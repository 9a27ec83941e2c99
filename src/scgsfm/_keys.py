"""Keys of AnnData that the package writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

UNS = "scgsfm"
"""``uns[UNS][<key of the result>]`` has the parameters, matched shares and versions of a result."""

FRAME = "scgsfm_frame"
"""``uns`` key of AnnData that was made from a table; such AnnData is never returned."""

X_GSFM = "X_gsfm"
"""``obsm`` key of cell embeddings."""

VARM_GSFM = "gsfm"
"""``varm`` key of gene embeddings."""

VARM_GPGPT = "gpgpt"
"""``varm`` key of gene embeddings by a language model."""

FUNCTIONS = "predicted_functions"
"""``uns`` key of the terms predicted for the genes of the data."""

ENRICH = "enrich"
"""``uns`` key of the terms enriched in groups of cells."""

COMPARE = "compare"
"""``uns`` key of the scores compared between conditions."""
CLUSTER_TERMS = "cluster_terms"
"""``uns`` key of clusters of terms."""

PHENOTYPES = "phenotypes"
"""``uns`` key of the phenotypes and diseases of groups of cells."""

DRUGS = "drugs"
"""``uns`` key of the compounds that mimic or reverse groups of cells, and prefix of their scores of cells."""
EXPLANATIONS = "explanations"
"""``uns`` key of the claims about groups of cells."""

ANNOTATION = "annotation"
"""``obs`` column of cell types, prefix of the related columns, and ``uns`` key of the candidates of the groups."""

R3LM = "r3lm_activity"
"""``varm`` key of the activity of peaks and ``obsm`` key of the activity of cells."""

R3LM_EXPLANATIONS = "r3lm_explanations"
"""``uns`` key of explained peaks."""

R3LM_SATURATION = "r3lm_saturation"
"""``uns`` key of the effects of all single-base variants of peaks."""

MOTIF_ACTIVITY = "motif_activity"
"""``uns`` key of the motifs enriched in the accessible peaks of groups of cells."""

MOTIF_DEVIATIONS = "motif_deviations"
"""``obsm`` key of the accessibility of motifs in cells, and ``uns`` key of the table of these motifs."""

RESOLVE_GENES = "resolve_genes"
"""``uns[UNS]`` key of the resolution of gene names."""

VAR_SYMBOL = "scgsfm_symbol"
"""``var`` column of resolved human symbols."""

VAR_STATUS = "scgsfm_status"
"""``var`` column with the way each name was resolved."""

VAR_ORTHOLOGY = "scgsfm_orthology"
"""``var`` column with the kind of orthology of genes of another species."""

DIVISION_SLASH = "\N{DIVISION SLASH}"
"""Replaces ``/`` in column names."""

_REPLACED = str.maketrans({"/": DIVISION_SLASH, "\\": "\N{SET MINUS}", "\0": " "})

MAX_BYTES = 200
"""Longest name in bytes. File systems allow 255, and numbers may be added to duplicates."""


def score(method: str) -> str:
    """``obsm`` key of the scores of ``method``."""
    return f"score_{method}"


def padj(method: str) -> str:
    """``obsm`` key of the adjusted p-values of ``method``."""
    return f"padj_{method}"


def status(key: str) -> str:
    """``var`` column with the reason why the result ``key`` has no value for an element."""
    return f"{key}_status"


def samples(key: str) -> str:
    """``uns`` key of the means of samples that the comparison ``key`` rests on."""
    return f"{key}_samples"


def groups(key: str) -> str:
    """``uns`` key of the means of the result ``key`` over groups of cells."""
    return f"{key}_groups"


def classes(key: str) -> str:
    """``uns`` key of the mechanisms and targets of the compounds of the result ``key``."""
    return f"{key}_classes"


def zscores(key: str) -> str:
    """``obsm`` key of the z-scores of the deviations ``key``."""
    return f"{key}_z"


def similarity(key: str) -> str:
    """``uns`` key of the similarity of the terms in the result ``key``."""
    return f"{key}_similarity"


def columns(names: Sequence[str], *, index: object = None) -> list[str]:
    """Column names for the sets ``names`` that h5ad and zarr support.

    Both formats use the name of a column as the name of a group or a directory. A ``/``, which separates paths, is
    replaced by the division slash U+2215, a backslash by U+2216, and NUL by a space. Names that the formats reserve get an
    underscore at the end: ``.``, ``..``, ``_index``, those that begin with two underscores or with ``.z``, the empty name,
    and the name of the ``index`` of the table. Names of more than 200 bytes are shortened. The original names are stored in ``uns[UNS][key]["set_names"]``.
    Duplicates are numbered.
    """
    import pandas as pd
    from anndata.utils import make_index_unique

    return list(make_index_unique(pd.Index([_column(name, index) for name in names], dtype=object)))


def _column(name: str, index: object) -> str:
    name = name.translate(_REPLACED)
    if _is_reserved(name) or name == index:
        name += "_"
    if len(name.encode()) > MAX_BYTES:
        name = name.encode()[:MAX_BYTES].decode(errors="ignore") + "…"
    return name


def _is_reserved(name: str) -> bool:
    return not name or name in {".", "..", "_index", "zarr.json"} or name.startswith(("__", ".z"))


def check_key(key: str | None, argument: str = "key_added") -> None:
    """Raise if ``key``, under which a result is to be stored, is not a name that h5ad and zarr support.

    ``None`` and the empty string select the default key.
    """
    if key is None or key == "":
        return
    if not isinstance(key, str):
        msg = f"`{argument}` must be a string, but is {key!r} ({type(key).__name__})."
        raise TypeError(msg)
    if _is_reserved(key) or len(key.encode()) > MAX_BYTES or key != key.translate(_REPLACED):
        shown = key if len(key) <= 40 else f"{key[:40]}…"
        msg = (
            f"`{argument}` {shown!r} can't be written to h5ad and zarr. Use at most {MAX_BYTES} bytes, no slash or "
            f"backslash, and none of the names that the formats reserve ('.', '..', '_index', '__…', '.z…')."
        )
        raise ValueError(msg)
