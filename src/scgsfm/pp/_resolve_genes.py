from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from scgsfm import _keys
from scgsfm._adata import data_var, gene_names
from scgsfm._logging import logger
from scgsfm.genes import STATUSES, check_share, protein_coding, resolve, sources

if TYPE_CHECKING:
    from anndata import AnnData

    from scgsfm.genes import Organism

DUPLICATES = "of several names for one gene, the one that is the approved symbol counts, else the first"


def resolve_genes(
    adata: AnnData,
    *,
    gene_symbols: str | None = None,
    use_raw: bool = False,
    organism: Organism | None = None,
    key_added: str | None = None,
    copy: bool = False,
) -> AnnData | None:
    """Find the approved human symbol of each gene of the data (HGNC, NCBI Gene, Ensembl, HCOP orthologs).

    Other functions of this package do so by themselves; this one shows the result and keeps it with the data. Approved,
    previous and alias symbols, Ensembl ids with or without version, Entrez ids, and mouse symbols and ids (through
    one-to-one orthologs) are understood; aliases that several genes share are left open.

    Parameters
    ----------
    adata
        Annotated data.
    gene_symbols
        Column of ``.var`` with the gene names. By default ``.var_names``, or, where these are no gene names, a column
        such as ``"gene_symbols"``, ``"gene_name"`` or ``"feature_name"`` that has them.
    use_raw
        Resolve the genes of ``.raw``.
    organism
        What the names belong to; by default, the organism to which most of them belong.
    key_added
        Begin the names of the columns with this, and keep the parameters under it.
    copy
        Return a copy instead of writing to ``adata``.

    Returns
    -------
    ``None``, or the copy. Written are, to ``.var`` (``.raw.var`` with ``use_raw``):

    ``scgsfm_symbol`` or ``<key_added>_symbol``
        Approved human symbol, ``""`` where there is none. Names of the same gene have the same symbol.
    ``scgsfm_status`` or ``<key_added>_status``
        How the name was resolved: approved, previous, alias, ensembl, entrez, ortholog, ambiguous or unknown.

    and to ``.uns["scgsfm"]["resolve_genes"]`` or ``.uns["scgsfm"][key_added]`` the counts by status, matched share,
    organism, number of duplicates, the rule for duplicates, and the versions of the tables.

    Raises
    ------
    ValueError
        If there is no such column, organism or ``.raw``.
    GeneMatchError
        If less than 5 % of the names are known.

    Warns
    -----
    GeneMatchWarning
        If less than half of the names are known.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.pp.resolve_genes(adata)
    >>> adata.uns["scgsfm"]["resolve_genes"]["organism"]
    'human'
    """
    if copy:
        adata = adata.copy()
    names = gene_names(adata, gene_symbols=gene_symbols, use_raw=use_raw)
    found = resolve(names, organism=organism)
    n_matched = int(found.matched.sum())
    check_share(
        n_matched,
        len(names),
        what="genes of the data",
        examples_given=names[~found.matched],
        examples_expected=["CD4", "Cd4", "ENSG00000010610"],
    )
    logger.info(found.summary())

    var = data_var(adata, use_raw=use_raw)
    symbol, status = _keys.VAR_SYMBOL, _keys.VAR_STATUS
    if key_added is not None:
        symbol, status = f"{key_added}_symbol", f"{key_added}_status"
    var[symbol] = found.symbols
    var[status] = pd.Categorical(found.how, categories=STATUSES)
    unique = pd.unique(found.symbols[found.matched])
    adata.uns.setdefault(_keys.UNS, {})[key_added or _keys.RESOLVE_GENES] = {
        "counts": found.counts,
        "n_genes": len(names),
        "n_matched": n_matched,
        "share": found.share,
        "organism": found.organism,
        "n_duplicates": n_matched - len(unique),
        "duplicates": DUPLICATES,
        "n_protein_coding": int(protein_coding(unique).sum()),
        "versions": {name: source["version"] for name, source in sources().items()},
        "params": {"gene_symbols": gene_symbols or "", "use_raw": use_raw, "organism": organism or ""},
    }
    return adata if copy else None
