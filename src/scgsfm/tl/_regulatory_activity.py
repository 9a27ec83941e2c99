from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from anndata import AnnData

from scgsfm import _keys
from scgsfm._adata import Result, check_anndata, data_matrix, groups, log_results, undo_on_error
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import check_choice
from scgsfm.dna import (
    OK,
    check_elements,
    element_names,
    element_windows,
    genome_name,
    given_sequences,
    max_by_element,
    mean_by_element,
)
from scgsfm.models import as_model
from scgsfm.regulatory import activity_of_cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike

    from scgsfm.models.r3lm import R3LM


@checks_types
@undo_on_error
@doc_params
def regulatory_activity(
    data: AnnData | None = None,
    *,
    genome: str | PathLike[str] | Any = None,
    sequences: str | Iterable[Any] | Mapping[str, Any] | pd.Series | None = None,
    windows: Literal["centre", "tile", "tile_max"] = "centre",
    groupby: str | None = None,
    cells: bool | None = None,
    layer: str | None = None,
    model: str | PathLike[str] | R3LM = "r3lm-mini",
    batch_size: int = 512,
    on_error: Literal["warn", "raise"] = "warn",
    key_added: str | None = None,
    copy: bool = False,
) -> pd.DataFrame | AnnData | None:
    r"""Predict the regulatory activity of peaks in each cell type of a model :cite:p:`Duan2026`.

    The activity is :math:`\log_2` of RNA over DNA that an element of 200 bases would have as an enhancer of a reporter
    gene, integrated into the genome of a cell line by a lentivirus. It is neither the activity of the peak at its
    genomic position, nor the activity in cells other than these lines.

    Peaks are read from the names of the variables (``chr1:100-300``, ``chr1-100-300``, ``chr1_100_300``; a strand or a
    name around them is ignored) or from columns of ``var`` (``chrom``, ``chr`` or ``seqnames``; ``start``; ``end``), which
    take precedence. Starts are 0-based, ends exclusive. A column ``summit_offset`` has the distance of the summit from the
    start, as in narrowPeak files; windows are then centered on the summits.

    Parameters
    ----------
    data
        Cells × peaks, human. None if ``sequences`` are given alone.
    genome
        Path of the FASTA file, plain or bgzip, of the genome that the peaks are on; an open ``pyfaidx.Fasta``; records of
        Biopython; or a dict of sequences. The file is read on demand, and genomes are never downloaded. Contigs may have
        their names of UCSC, Ensembl, RefSeq or GenBank.
    sequences
        Sequences instead of peaks and a genome: a column of ``var``, one sequence for each variable, or a dict or series
        by name. Each is a string, bytes, or a sequence or record of Biopython, of DNA or RNA.
    windows
        How elements are represented: by the 200 bases around their center (``"centre"``); or, for longer elements, by
        the mean (``"tile"``) or highest (``"tile_max"``) activity of evenly spaced windows that cover them.
    groupby
        Column of ``obs`` with groups of cells, whose mean activity is stored in ``uns``; implies ``cells``.
    cells
        Whether to compute the mean activity of the accessible peaks of each cell.
    layer
        {layer} It has the accessibility.
    model
        {model}
    batch_size
        Number of sequences that the model reads at a time.
    on_error
        What to do with elements that have no sequence: ``"warn"`` lists them in one warning, ``"raise"`` raises an error.
    key_added
        {key_added}
    copy
        {copy}

    Returns
    -------
    For sequences alone, a table (sequences × cell types and ``status``). For data, ``None``, or the copy if
    ``copy=True``. Sets the fields:

    ``data.varm["r3lm_activity"]`` or ``data.varm[key_added]`` : :class:`pandas.DataFrame` (float32, peaks × cell types)
        Predicted activity; NaN where ``status`` isn't ``"ok"``.
    ``data.var["r3lm_activity_status"]`` : :class:`pandas.Series`
        ``"ok"``, or why there is no activity: ``"unknown contig"``, ``"out of bounds"`` of the contig,
        ``"contains N"``, ``"unparsable name"``, ``"empty interval"``, ``"negative interval"`` (the end is before the
        start), ``"no sequence"``, ``"not DNA"``, or ``"not a sequence"`` and its type.
    ``data.obsm["r3lm_activity"]`` : :class:`pandas.DataFrame` (float32, cells × cell types)
        Mean activity of the peaks of each cell, weighted by their accessibility in it; with ``cells`` or ``groupby``.
    ``data.uns["r3lm_activity_groups"]`` or ``data.uns[f"{key_added}_groups"]`` : :class:`pandas.DataFrame`
        Means of these over the cells of each group; with ``groupby``.
    ``data.uns["scgsfm"]["r3lm_activity"]`` or ``data.uns["scgsfm"][key_added]`` : :class:`dict`
        Parameters, and the number of peaks of each status.

    Raises
    ------
    ValueError
        If no peak can be parsed or has a sequence, or neither a genome nor sequences are given.
    FileNotFoundError
        If the FASTA file does not exist.

    Examples
    --------
    >>> import scgsfm
    >>> table = scgsfm.tl.regulatory_activity(sequences=["CCGGAAGTGACGTCA" * 13, "ACGT" * 50])
    >>> table.columns.tolist()
    ['HepG2', 'K562', 'WTC11', 'status']
    """
    check_elements(data, sequences, genome)
    if data is not None and not (isinstance(data, AnnData) and data.n_obs == 0):  # peaks may come without cells
        check_anndata(data, argument="data", copy=copy)
    if data is None and (groupby is not None or cells or layer is not None):
        msg = "`groupby`, `cells` and `layer` need data with cells, but only `sequences` are given: omit them."
        raise ValueError(msg)
    labels = groups(data, groupby) if data is not None and groupby is not None else None
    summarizes = bool(cells) or (cells is None and groupby is not None)
    if data is not None and not summarizes and (groupby is not None or layer is not None):
        msg = "`groupby` and `layer` have no effect without `cells`: set `cells=True`, or omit them."
        raise ValueError(msg)
    key = key_added or _keys.R3LM
    result = None if data is None else _result(data, key, cells=summarizes, grouped=labels is not None)
    loaded = as_model(model, "r3lm")
    sequences = given_sequences(sequences)
    names = element_names(data, sequences)
    check_choice("windows", windows, ("centre", "tile", "tile_max"))
    summarize = max_by_element if windows == "tile_max" else mean_by_element
    tiling = "tile" if windows == "tile_max" else windows
    found = element_windows(data, sequences, genome, width=loaded.length, windows=tiling, on_error=on_error)
    predicted = loaded.predict(found.sequences, batch_size=batch_size)
    table = pd.DataFrame(summarize(predicted, found.element, len(names)), index=names, columns=loaded.cell_types)
    if data is None or result is None:
        logger.info("predicted the activity of sequences (%s)", found.summary())
        return table.assign(status=found.status.astype(str))

    adata = data.copy() if copy else data
    adata.varm[key] = table
    adata.var[_keys.status(key)] = pd.Categorical(found.status.astype(str))
    if summarizes:
        matrix = data_matrix(adata, layer=layer, use_raw=False)
        means = activity_of_cells(matrix, table.to_numpy())
        adata.obsm[key] = pd.DataFrame(means, index=adata.obs_names, columns=table.columns)
        if labels is not None:
            adata.uns[_keys.groups(key)] = adata.obsm[key].groupby(labels, observed=True).mean()
    params = {"windows": windows, "groupby": groupby, "layer": layer, "genome": genome_name(genome)}
    status, n = np.unique(found.status.astype(str), return_counts=True)
    counts = dict(zip(status.tolist(), n.tolist(), strict=True))
    record = {"model": loaded.name, "params": params, "status": counts, "n_renamed_contigs": len(found.renamed)}
    result.write_record(adata, record | {"n_ok": counts.get(OK, 0)})
    log_results([result], found.summary())
    return adata if copy else None


def _result(data: AnnData, key: str, *, cells: bool, grouped: bool) -> Result:
    """The fields of a call."""
    also = {"var": [_keys.status(key)], "uns": [_keys.groups(key)] * grouped}
    return Result.check(data, "tl.regulatory_activity", key, varm=[key], obsm=[key] * cells, also=also)
