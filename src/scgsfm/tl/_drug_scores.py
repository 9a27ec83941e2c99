from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pandas as pd

from scgsfm import _keys
from scgsfm._adata import Result, check_anndata, log_results, takes_frames, undo_on_error
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import check_choice, number, percent
from scgsfm.drugs import compound_sets, open_signatures
from scgsfm.get import scores
from scgsfm.scoring import plan, run

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    from anndata import AnnData

    from scgsfm.drugs import SignatureIndex


def _table(adata: AnnData) -> pd.DataFrame:
    """The scores: cells × compounds."""
    (key,) = adata.uns[_keys.UNS]
    return scores(adata, key=key)


@checks_types
@takes_frames(_table)
@undo_on_error
@doc_params
def drug_scores(
    adata: AnnData | pd.DataFrame,
    compounds: str | Iterable[str],
    *,
    index: str | PathLike[str] | pd.DataFrame | SignatureIndex = "bundled",
    method: Literal["ulm", "zscore"] = "ulm",
    min_genes: int = 10,
    layer: str | None = None,
    use_raw: bool = False,
    gene_symbols: str | None = None,
    block_size: int | None = None,
    key_added: str | None = None,
    copy: bool = False,
) -> AnnData | pd.DataFrame | None:
    """Score cells by the signatures of chosen compounds.

    A cell with a high score expresses the genes that rise after treatment with the compound more than those that fall.
    p-values compare the signature with random sets of genes with the same weights, in each cell: if no cell has a
    significant score, the signature is seen in none. This is a state of expression. It does not say that a cell is
    sensitive or resistant to a drug.

    Parameters
    ----------
    adata
        Cells × genes, with counts or log-normalized values. Counts are log-normalized. Also a DataFrame, cells × genes.
    compounds
        Names or ids (DrugBank, InChIKey, ChEMBL) of compounds in the index.
    index
        Signatures, see :func:`~scgsfm.tl.drugs`. Several signatures of a compound are averaged at unit length.
    method
        Scoring method that supports signs and weights and has a test: ``"ulm"`` or ``"zscore"``.
    min_genes
        Minimum number of genes of a signature in the data. Others are left out, with a warning.
    layer
        {layer}
    use_raw
        {use_raw}
    gene_symbols
        {gene_symbols}
    block_size
        {block_size}
    key_added
        {key_added}
    copy
        {copy}

    Returns
    -------
    For a DataFrame, returns the scores as a DataFrame, cells × compounds. Else returns ``None``, or the copy if
    ``copy=True``, and sets the following fields:

    ``adata.obsm["drugs_<index>"]`` : :class:`pandas.DataFrame` (float64, cells × compounds)
        Scores, such as ``obsm["drugs_bundled"]``.
    ``adata.obsm["padj_drugs_<index>"]`` : :class:`pandas.DataFrame` (float64, cells × compounds)
        Two-sided p-values, adjusted over the compounds of each cell (Benjamini and Hochberg).
    ``adata.uns["scgsfm"]["drugs_<index>"]`` : :class:`dict`
        Parameters, numbers of genes and the sources of the signatures.

    Raises
    ------
    KeyError
        If a compound is not in the index.
    GeneMatchError
        If too few genes of the signatures are among the genes of the data.
    ValueError
        If a parameter is out of range, or a field exists that this function did not write.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.drug_scores(adata, ["vorinostat", "bortezomib"])
    >>> adata.obsm["drugs_bundled"].shape
    (700, 2)
    """
    check_choice("method", method, ("ulm", "zscore"))
    check_anndata(adata, copy=copy, key_added=key_added)
    adata = adata.copy() if copy else adata
    signatures = open_signatures(index)
    sets = compound_sets(signatures, compounds)
    planned = plan(
        adata,
        sets,
        method=method,
        layer=layer,
        use_raw=use_raw,
        gene_symbols=gene_symbols,
        min_genes=min_genes,
        block_size=block_size,
        key_added=key_added or f"{_keys.DRUGS}_{signatures.name}",
    )
    task = planned.tasks[0]
    target = Result.check(adata, "tl.drug_scores", task.key, obsm=[task.key], also={"obsm": [task.padj_key]})
    result = next(iter(run(planned.rows, planned.jobs)))
    columns = _keys.columns(task.job.sets.names, index=adata.obs_names.name)
    for key, values in ((task.key, result.scores), (task.padj_key, result.padj)):
        adata.obsm[key] = pd.DataFrame(values, index=adata.obs_names, columns=columns)
    target.write_record(adata, task.record | {"index": signatures.about()})
    log_results([target], number(len(columns), "compound"), f"{percent(planned.share)} of genes matched", planned.note)
    return adata if copy else None
