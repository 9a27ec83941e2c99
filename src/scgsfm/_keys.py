"""Every key that the package writes into an AnnData object."""

UNS = "scgsfm"
"""``uns[UNS][<key of the result>]`` holds the parameters, matched shares and versions of a result."""

X_GSFM = "X_gsfm"
"""``obsm`` key of cell embeddings."""

VARM_GSFM = "gsfm"
"""``varm`` key of gene embeddings."""

RESOLVE_GENES = "resolve_genes"
"""``uns[UNS]`` key of the resolution of gene names."""

VAR_SYMBOL = "scgsfm_symbol"
"""``var`` column of resolved human symbols."""

VAR_STATUS = "scgsfm_status"
"""``var`` column that says how each name was resolved."""


def score(method: str) -> str:
    """``obsm`` key of the scores of ``method``."""
    return f"score_{method}"


def padj(method: str) -> str:
    """``obsm`` key of the adjusted p-values of ``method``."""
    return f"padj_{method}"


def column(name: str) -> str:
    """A column name for set ``name`` that h5ad and zarr accept.

    Both formats take ``/`` for a path, so it becomes the division slash U+2215; the original names are kept in
    ``uns[UNS][key]["set_names"]``.
    """
    return name.replace("/", "\N{DIVISION SLASH}")
