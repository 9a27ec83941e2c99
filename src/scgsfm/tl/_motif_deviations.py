from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from scgsfm import _keys
from scgsfm._adata import Result, check_anndata, data_matrix, log_results, undo_on_error
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import check_at_least, number
from scgsfm.dna import genome_name, given_sequences, peak_sequences
from scgsfm.motifs import Motifs, P
from scgsfm.regulatory import PeakFeatures, deviations_table, match_motifs, sample_background_peaks
from scgsfm.regulatory import motif_deviations as deviations_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike

    import numpy as np
    from anndata import AnnData


@checks_types
@undo_on_error
@doc_params
def motif_deviations(
    adata: AnnData,
    *,
    genome: str | PathLike[str] | Any = None,
    sequences: str | Iterable[Any] | Mapping[str, Any] | pd.Series | None = None,
    motifs: str | PathLike[str] | Motifs = "jaspar2026",
    by: Literal["family", "motif"] = "family",
    n_background: int = 50,
    min_peaks: int = 20,
    min_expected: float = 1.0,
    p: float = P,
    width: int | None = None,
    layer: str | None = None,
    on_error: Literal["warn", "raise"] = "warn",
    rng: int | np.random.Generator | None = 0,
    key_added: str | None = None,
    copy: bool = False,
) -> AnnData | None:
    r"""Compute how accessible the peaks with a motif are in each cell, as chromVAR does :cite:p:`Schep2017`.

    The deviation of a cell is the accessibility of the peaks with a motif, compared with the expectation if all cells had
    the same profile,

    .. math:: y_i = \frac{\sum_{p \in M} x_{ip} - n_i \sum_{p \in M} e_p}{n_i \sum_{p \in M} e_p}, \qquad
        e_p = \frac{\sum_i x_{ip}}{\sum_{iq} x_{iq}}, \qquad n_i = \sum_p x_{ip},

    minus the mean of the same over sets of background peaks, of which each replaces a peak of the motif by one of similar
    GC content and accessibility. The z-score is the deviation divided by the standard deviation of the background.
    Background peaks are drawn as in chromVAR. Cells are read in blocks, and the matrix is never made dense.

    Parameters
    ----------
    adata
        Cells × peaks. Peaks are read from their names or columns of ``var``, as in :func:`regulatory_activity`.
    genome
        Path of the FASTA file, plain or bgzip, of the genome that the peaks are on; an open ``pyfaidx.Fasta``; records of
        Biopython; or a dict of sequences. Genomes are never downloaded.
    sequences
        Sequences instead of a genome: a column of ``var``, one sequence for each peak, or a dict or series by name.
    motifs
        ``"jaspar2026"``, ``"jaspar2024"``, the path of a motif file, or :class:`scgsfm.motifs.Motifs`.
    by
        Whether to use families of factors, whose motifs are similar, or each motif.
    n_background
        Number of sets of background peaks.
    min_peaks
        Minimum number of peaks with a site. Motifs with fewer are left out.
    min_expected
        Expected accessibility of the peaks of a motif in a cell below which the values are NaN.
    p
        Sites have a p-value below this, at most 0.01.
    width
        Number of bases around the summits or centers of the peaks to scan. By default, whole peaks are scanned.
    layer
        {layer} It has the accessibility: counts of fragments or insertions, or 0 and 1.
    on_error
        What to do with peaks that have no sequence: ``"warn"`` leaves them out and lists them in one warning, ``"raise"``
        raises an error. Peaks without accessibility are always left out.
    rng
        Seed or generator of the background peaks.
    key_added
        {key_added}
    copy
        {copy}

    Returns
    -------
    Returns ``None``, or the copy if ``copy=True``. Sets the following fields:

    ``adata.obsm["motif_deviations"]`` or ``adata.obsm[key_added]`` : :class:`pandas.DataFrame` (float32, cells × motifs)
        Bias-corrected deviations. Columns are families, or ids and names of motifs.
    ``adata.obsm["motif_deviations_z"]`` or ``adata.obsm[f"{key_added}_z"]`` : :class:`pandas.DataFrame` (float32)
        Their z-scores.
    ``adata.uns["motif_deviations"]`` or ``adata.uns[key_added]`` : :class:`pandas.DataFrame`
        A row for each motif: ``column``, ``motif``, ``name``, ``family``, ``n_found`` (peaks with a site), and
        ``variability`` (standard deviation of the z-scores over cells), by which rows are ordered.
    ``adata.uns["scgsfm"]["motif_deviations"]`` or ``adata.uns["scgsfm"][key_added]`` : :class:`dict`
        Parameters, motifs, and numbers of peaks.

    Raises
    ------
    ValueError
        If names are not those of peaks, neither a genome nor sequences are given, fewer than 50 peaks have a sequence and
        accessibility, values are negative, or a parameter is out of range.
    FileNotFoundError
        If the FASTA file does not exist.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.atac()
    >>> scgsfm.tl.motif_deviations(adata, genome=scgsfm.datasets.atac_genome())
    >>> adata.obsm["motif_deviations_z"].shape == adata.obsm["motif_deviations"].shape
    True
    """
    check_anndata(adata, copy=copy, key_added=key_added)
    key = key_added or _keys.MOTIF_DEVIATIONS
    keys = [key, _keys.zscores(key)]
    result = Result.check(adata, "tl.motif_deviations", key, obsm=keys, also={"uns": [key]})
    check_at_least("n_background", n_background, 2)
    check_at_least("min_peaks", min_peaks, 1)
    check_at_least("min_expected", min_expected, 0)
    loaded = Motifs.of(motifs)
    matrix = data_matrix(adata, layer=layer, use_raw=False)
    windows = peak_sequences(adata, given_sequences(sequences), genome, width=width, on_error=on_error)
    features = PeakFeatures.of(matrix, windows)
    matches = match_motifs(features.sequences, loaded, by=by, p=p).found_in(min_peaks)
    background = sample_background_peaks(features.accessibility, features.gc, n_background, rng=rng)
    values = deviations_of(
        matrix, features.peaks, matches.sites, background, features.accessibility, min_expected=min_expected
    )
    adata = adata.copy() if copy else adata
    columns = _keys.columns(matches.labels, index=adata.obs_names.name)
    for name, array in zip(keys, values, strict=True):
        adata.obsm[name] = pd.DataFrame(array, index=adata.obs_names, columns=columns)
    adata.uns[key] = deviations_table(matches, columns, values[1])
    params = {
        "by": by,
        "n_background": n_background,
        "min_peaks": min_peaks,
        "min_expected": min_expected,
        "p": p,
        "width": width,
        "layer": layer,
        "genome": genome_name(genome),
    }
    result.write_record(adata, {"params": params, "motifs": loaded.info, "n_peaks": len(features)})
    what = number(len(columns), "motif") if by == "motif" else f"{len(columns):,} families"
    log_results([result], what, features.log_line(adata.n_vars))
    return adata if copy else None
