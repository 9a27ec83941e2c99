from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from scgsfm import _keys
from scgsfm._adata import DUPLICATES, Result, check_anndata, data_var, gene_names, log_results, undo_on_error
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import percent
from scgsfm.genes import ORTHOLOGY, STATUSES, check_share, features_of_type, protein_coding, resolve, sources

if TYPE_CHECKING:
    from anndata import AnnData

    from scgsfm.genes import Organism


FIELDS = ("symbol", "status", "orthology")


@undo_on_error
@doc_params
@checks_types
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

    Other functions of this package match genes in the same way. This function stores the result with the data.
    Recognized are approved, previous and alias symbols, Ensembl IDs with or without version, Entrez, HGNC and MGI IDs, and
    symbols and IDs of mouse, rat, zebrafish, other vertebrates and fruit fly (through orthologs). Aliases that several
    genes share remain unresolved. If ``adata.var["feature_types"]`` separates genes from peaks and antibodies, only the
    genes count.

    Parameters
    ----------
    adata
        Cells × genes.
    gene_symbols
        {gene_symbols}
    use_raw
        {use_raw}
    organism
        Organism of the gene names, see :func:`~scgsfm.genes.resolve`. By default, the organism that most of the names
        belong to.
    key_added
        {key_added}
        It is also the prefix of the columns.
    copy
        {copy}

    Returns
    -------
    Returns ``None``, or the copy if ``copy=True``. Sets the following fields, in ``adata.raw.var`` if ``use_raw=True``:

    ``adata.var["scgsfm_symbol"]`` or ``adata.var["<key_added>_symbol"]`` : :class:`str`
        Approved human symbol, or ``""``. Synonyms have the same symbol.
    ``adata.var["scgsfm_status"]`` or ``adata.var["<key_added>_status"]`` : :class:`pandas.Categorical`
        How the name was resolved: approved, previous, alias, ensembl, entrez, hgnc, ortholog, ambiguous or
        unknown.
    ``adata.var["scgsfm_orthology"]`` or ``adata.var["<key_added>_orthology"]`` : :class:`pandas.Categorical`
        Only if genes are of another species: one-to-one, many-to-one (several genes of the species, one human gene),
        one-to-many (the human gene with most support is used) or many-to-many; missing for other names.
    ``adata.uns["scgsfm"]["resolve_genes"]`` : :class:`dict`
        Counts by status, counts of orthologs by kind, fraction of recognized names, organism, number of duplicates and how
        they are treated, and versions of the tables.

    Raises
    ------
    ValueError
        If ``gene_symbols``, ``organism`` or ``adata.raw`` does not exist.
    GeneMatchError
        If less than 5 % of the names are recognized.

    Warns
    -----
    GeneMatchWarning
        If less than half of the names are recognized.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.pp.resolve_genes(adata)
    >>> adata.uns["scgsfm"]["resolve_genes"]["organism"]
    'human'
    """
    check_anndata(adata, copy=copy, key_added=key_added)
    key = key_added or _keys.RESOLVE_GENES
    given = (_keys.VAR_SYMBOL, _keys.VAR_STATUS, _keys.VAR_ORTHOLOGY)
    symbol, status, orthology = given if key_added is None else (f"{key}_{part}" for part in FIELDS)
    names = gene_names(adata, gene_symbols=gene_symbols, use_raw=use_raw)
    where = "raw_var" if use_raw else "var"
    is_gene = features_of_type(data_var(adata, use_raw=use_raw), "Gene Expression")
    n_genes = len(names) if is_gene is None or not is_gene.any() else int(is_gene.sum())
    found = resolve(names, organism=organism)
    written = [symbol, status, *([orthology] if found.orthologs else [])]
    result = Result.check(adata, "pp.resolve_genes", key, fields={where: written})
    if copy:
        adata = adata.copy()
    n_matched = int(found.matched.sum())
    check_share(
        n_matched,
        n_genes,
        what="genes of the data",
        examples_given=names[~found.matched & (names != "")],
        examples_expected=["CD4", "Cd4", "ENSG00000010610"],
    )
    logger.debug(found.summary())

    var = data_var(adata, use_raw=use_raw)
    var[symbol] = found.symbols
    var[status] = pd.Categorical(found.how, categories=STATUSES)
    if found.orthologs:
        var[orthology] = pd.Categorical(found.orthology, categories=ORTHOLOGY[1:])
    elif result.is_replaced and orthology in var:
        del var[orthology]  # of the result that is replaced
    unique = pd.unique(found.symbols[found.matched])
    record = {
        "counts": found.counts,
        "orthologs": found.orthologs or None,
        "n_genes": n_genes,
        "n_matched": n_matched,
        "share": n_matched / n_genes,
        "organism": found.organism,
        "n_duplicates": n_matched - len(unique),
        "duplicates": DUPLICATES,
        "n_protein_coding": int(protein_coding(unique).sum()),
        "versions": {name: source["version"] for name, source in sources().items()},
        "params": {"gene_symbols": gene_symbols or "", "use_raw": use_raw, "organism": organism or ""},
    }
    result.write_record(adata, record)
    log_results([result], f"{percent(n_matched / n_genes)} of genes have an approved human symbol", found.ortholog_note)
    return adata if copy else None
