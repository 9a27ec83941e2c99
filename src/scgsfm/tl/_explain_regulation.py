from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from anndata import AnnData

from scgsfm import _keys
from scgsfm._adata import Result, check_anndata, log_results, undo_on_error
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import number
from scgsfm.dna import OK, check_elements, element_names, element_windows, genome_name, given_sequences, select_elements
from scgsfm.models import as_model
from scgsfm.motifs import Motifs
from scgsfm.regulatory import explanation_tables, select_cell_types

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike

    import numpy as np
    import pandas as pd

    from scgsfm.models.r3lm import R3LM

MAX_ELEMENTS = 200
"""Number of elements that are explained unless they are named."""


@undo_on_error
@doc_params
@checks_types
def explain_regulation(
    data: AnnData | None = None,
    elements: str | Sequence[str] | None = None,
    *,
    cell_type: str | Sequence[str] | None = None,
    genome: str | PathLike[str] | Any = None,
    sequences: str | Iterable[Any] | Mapping[str, Any] | pd.Series | None = None,
    motifs: str | PathLike[str] | Motifs | None = None,
    bases: bool = True,
    model: str | PathLike[str] | R3LM = "r3lm-mini",
    rng: int | np.random.Generator | None = 0,
    on_error: Literal["warn", "raise"] = "warn",
    key_added: str | None = None,
    copy: bool = False,
) -> dict[str, pd.DataFrame] | AnnData | None:
    """Explain the predicted activity of peaks: card, reasoning and motif effects :cite:p:`Duan2026`.

    A regulatory context card describes the 200 bases around the center of a peak: GC content, grammar and motifs. The
    effect of a motif is the prediction minus its mean over 16 shuffles of the motif's bases. The reasoning calls a motif
    activating or repressing only where the predictions agree on it.

    Parameters
    ----------
    data
        Cells × peaks, human; see :func:`~scgsfm.tl.regulatory_activity` for how peaks are read. None if ``sequences``
        are given alone.
    elements
        Names of the peaks or sequences to explain. By default, all are explained, which allows at most 200.
    cell_type
        One or more cell types of the model; by default all.
    genome
        Path of the FASTA file of the genome that the peaks are on, plain or bgzip; an open ``pyfaidx.Fasta``; records of
        Biopython; or a dict of sequences.
    sequences
        Sequences instead of peaks and a genome: a column of ``var``, one sequence for each variable, or a dict or series
        by name. Each is a string, bytes, or a sequence or record of Biopython, of DNA or RNA.
    motifs
        Motifs for the cards, instead of those of the model: a motif file (MEME, JASPAR, HOMER, TRANSFAC and others),
        ``"jaspar2024"``, ``"jaspar2026"``, or :class:`~scgsfm.motifs.Motifs`. Predictions don't depend on them.
    bases
        Whether to compute the effect of each base, too: the prediction minus its mean over the three other bases.
    model
        {model}
    rng
        Seed or generator of the shuffles and the wording.
    on_error
        What to do with elements that have no sequence: ``"warn"`` lists them in one warning, ``"raise"`` raises an error.
    key_added
        {key_added}
    copy
        {copy}

    Returns
    -------
    For sequences alone, a dict of tables. For data, ``None``, or the copy if ``copy=True``. Sets the fields:

    ``data.uns["r3lm_explanations"]`` or ``data.uns[key_added]`` : :class:`dict`
        The tables. ``"elements"`` has a row for each element and cell type: ``element``, ``cell_type``, ``prediction``,
        ``level`` (0 to 3, quarters of the training activities), ``card`` and ``trace`` as text. ``"motifs"`` has a row
        for each motif on these cards: ``element``, ``cell_type``, ``motif``, ``family``, ``score``, ``strand``,
        ``start`` and ``end`` in the sequence of the card, ``effect``, ``spread`` over the shuffles, and ``cited`` (1 as
        activating, -1 as repressing, 0 if not cited). ``"bases"`` has a row for each element and cell type, in the order
        of ``"elements"``, and a column for each base.
    ``data.uns["scgsfm"]["r3lm_explanations"]`` or ``data.uns["scgsfm"][key_added]`` : :class:`dict`
        Parameters, and the number of elements without a sequence.

    Raises
    ------
    KeyError
        If an element does not exist.
    ValueError
        If too many elements would be explained, or none has a sequence.

    Examples
    --------
    >>> import scgsfm
    >>> tables = scgsfm.tl.explain_regulation(sequences={"a": "CTGGCAAACAGATAAGA" * 11}, cell_type="K562", bases=False)
    >>> print(tables["elements"]["card"][0][:26])
    Context:
    - Cell Type: K562
    """
    check_elements(data, sequences, genome)
    if data is not None and not (isinstance(data, AnnData) and data.n_obs == 0):  # peaks may come without cells
        check_anndata(data, argument="data", copy=copy)
    key = key_added or _keys.R3LM_EXPLANATIONS
    result = None if data is None else Result.check(data, "tl.explain_regulation", key, uns=[key])
    loaded = as_model(model, "r3lm")
    sequences = given_sequences(sequences)
    names = element_names(data, sequences)
    selected = select_elements(names, elements, max_elements=MAX_ELEMENTS)
    found = element_windows(data, sequences, genome, width=loaded.length, selected=selected, on_error=on_error)
    cell_types = select_cell_types(loaded, cell_type)
    given = None if motifs is None else Motifs.of(motifs)
    labels = [str(names[selected[i]]) for i in found.element]
    tables = explanation_tables(loaded, found.sequences, labels, cell_types, motifs=given, bases=bases, rng=rng)
    n_explained = number(len(set(labels)), "element")
    if data is None or result is None:
        logger.info("explained %s in %s", n_explained, number(len(cell_types), "cell type"))
        return tables

    adata = data.copy() if copy else data
    adata.uns[key] = tables
    motif_source = None if given is None else given.info.get("name")
    params = {
        "cell_type": cell_types,
        "genome": genome_name(genome),
        "motifs": motif_source,
        "bases": bases,
    }
    n_without = int((found.status != OK).sum())
    result.write_record(adata, {"model": loaded.name, "params": params, "n_without_sequence": n_without})
    log_results([result], n_explained, number(len(cell_types), "cell type"))
    return adata if copy else None
