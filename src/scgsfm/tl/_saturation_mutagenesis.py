from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from anndata import AnnData

from scgsfm import _keys
from scgsfm._adata import Result, check_anndata, log_results, undo_on_error
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import check_choice, number
from scgsfm.dna import OK, check_elements, element_names, element_windows, genome_name, given_sequences, select_elements
from scgsfm.models import as_model
from scgsfm.regulatory import saturation_table, select_cell_types

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike

    import pandas as pd

    from scgsfm.models.r3lm import R3LM

Mode = Literal["joint", "sequence", "card"]
MAX_ELEMENTS = 10_000
"""Number of elements that are computed unless they are named."""


@undo_on_error
@doc_params
@checks_types
def saturation_mutagenesis(
    data: AnnData | None = None,
    elements: str | Sequence[str] | None = None,
    *,
    cell_type: str | Sequence[str] | None = None,
    genome: str | PathLike[str] | Any = None,
    sequences: str | Iterable[Any] | Mapping[str, Any] | pd.Series | None = None,
    mode: Literal["joint", "sequence", "card"] = "joint",
    model: str | PathLike[str] | R3LM = "r3lm-mini",
    on_error: Literal["warn", "raise"] = "warn",
    key_added: str | None = None,
    copy: bool = False,
) -> pd.DataFrame | AnnData | None:
    r"""Predict the effects of all single-base variants of peaks or sequences :cite:p:`Duan2026`.

    The effect of a variant is the predicted activity, :math:`\log_2` of RNA over DNA in a reporter assay, of the element
    with the variant minus that of the element, as in saturation mutagenesis. The 600 variants of an element of 200 bases
    are computed together: only the positions of the network and the motifs that a variant reaches are computed again,
    and the result equals a prediction for each variant.

    Parameters
    ----------
    data
        Cells × peaks, human; see :func:`~scgsfm.tl.regulatory_activity` for how peaks are read. None if ``sequences``
        are given alone.
    elements
        Names of the peaks or sequences. By default, all are used, which allows at most 10,000.
    cell_type
        One or more cell types of the model; by default all.
    genome
        Path of the FASTA file of the genome that the peaks are on, plain or bgzip; an open ``pyfaidx.Fasta``; records of
        Biopython; or a dict of sequences.
    sequences
        Sequences instead of peaks and a genome: a column of ``var``, one sequence for each variable, or a dict or series
        by name. Of a longer one, the 200 bases around its center are used.
    mode
        ``"sequence"`` uses the convolutional network, ``"card"`` motifs and composition, and ``"joint"`` both.
    model
        {model}
    on_error
        What to do with elements that have no sequence: ``"warn"`` lists them in one warning, ``"raise"`` raises an error.
    key_added
        {key_added}
    copy
        {copy}

    Returns
    -------
    For sequences alone, a table. For data, ``None``, or the copy if ``copy=True``. Sets the fields:

    ``data.uns["r3lm_saturation"]`` or ``data.uns[key_added]`` : :class:`pandas.DataFrame`
        Four rows for each position of each element: ``element``, ``position`` (0-based, in the 200 bases), ``ref``,
        ``alt`` (A, C, G and T), and the effect in each cell type (float32), which is 0 for the base of the element.
    ``data.uns["scgsfm"]["r3lm_saturation"]`` or ``data.uns["scgsfm"][key_added]`` : :class:`dict`
        Parameters, and the number of elements without a sequence.

    Raises
    ------
    KeyError
        If an element does not exist.
    ValueError
        If too many elements would be computed, or none has a sequence.

    Examples
    --------
    >>> import scgsfm
    >>> table = scgsfm.tl.saturation_mutagenesis(sequences={"a": "CTGGCAAACAGATAAGA" * 3}, cell_type="K562")
    >>> table.columns.tolist(), len(table)
    (['element', 'position', 'ref', 'alt', 'K562'], 204)
    >>> matrix = table.pivot(index="position", columns="alt", values="K562")
    """
    check_elements(data, sequences, genome)
    check_choice("mode", mode, get_args(Mode))
    if data is not None and not (isinstance(data, AnnData) and data.n_obs == 0):  # peaks may come without cells
        check_anndata(data, argument="data", copy=copy)
    key = key_added or _keys.R3LM_SATURATION
    result = None if data is None else Result.check(data, "tl.saturation_mutagenesis", key, uns=[key])
    loaded = as_model(model, "r3lm")
    sequences = given_sequences(sequences)
    names = element_names(data, sequences)
    selected = select_elements(names, elements, max_elements=MAX_ELEMENTS)
    found = element_windows(data, sequences, genome, width=loaded.length, selected=selected, on_error=on_error)
    cell_types = select_cell_types(loaded, cell_type)
    labels = [str(names[selected[i]]) for i in found.element]
    table = saturation_table(loaded, found.sequences, labels, cell_types, mode=mode)
    what = f"effects of {number(3 * len(table) // 4, 'variant')} of {number(len(labels), 'element')}"
    if data is None or result is None:
        logger.info("predicted %s", what)
        return table

    adata = data.copy() if copy else data
    adata.uns[key] = table
    params = {"cell_type": cell_types, "genome": genome_name(genome), "mode": mode}
    n_without = int((found.status != OK).sum())
    result.write_record(adata, {"model": loaded.name, "params": params, "n_without_sequence": n_without})
    log_results([result], what)
    return adata if copy else None
