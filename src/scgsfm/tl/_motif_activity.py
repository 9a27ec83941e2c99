from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.sparse import csr_array

from scgsfm import _keys
from scgsfm._adata import Result, check_anndata, data_matrix, groups, log_results, undo_on_error
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import check_at_least, check_choice, check_max_padj, number
from scgsfm.dna import genome_name, given_sequences, peak_sequences
from scgsfm.enrichment import ScanpyRanking
from scgsfm.models import as_model
from scgsfm.motifs import Motifs, P
from scgsfm.regulatory import PeakFeatures, activity_of_motifs, match_motifs, select_cell_types

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from os import PathLike

    import pandas as pd
    from anndata import AnnData

    from scgsfm.models.r3lm import R3LM

MIN_CELLS, N_PERMUTATIONS, FEWEST = 10, 200, 20
"""Cells that each group needs to be permuted by default; number of permutations by default, and the fewest."""


@checks_types
@undo_on_error
@doc_params
def motif_activity(
    adata: AnnData,
    groupby: str,
    *,
    genome: str | PathLike[str] | Any = None,
    sequences: str | Iterable[Any] | Mapping[str, Any] | pd.Series | None = None,
    motifs: str | PathLike[str] | Motifs = "jaspar2026",
    by: Literal["family", "motif"] = "family",
    weights: Literal["effects"] | None = None,
    n_peaks: int | None = None,
    key: str | None = None,
    max_padj: float | None = 0.05,
    n_permutations: int | None = None,
    min_peaks: int = 20,
    p: float = P,
    width: int | None = None,
    layer: str | None = None,
    model: str | PathLike[str] | R3LM = "r3lm-mini",
    cell_type: str | None = None,
    on_error: Literal["warn", "raise"] = "warn",
    rng: int | np.random.Generator | None = 0,
    key_added: str | None = None,
    copy: bool = False,
) -> AnnData | None:
    r"""Find motifs enriched in the peaks that are accessible in each group of cells.

    The peaks of a group are those that are more accessible than in the other groups. Their motifs are compared with those
    of peaks of similar accessibility, GC content and length: all peaks are divided into strata of about 50 by nested
    quantiles, and the expectation is that of random peaks of the same strata (test of Cochran, Mantel and Haenszel,
    :cite:p:`Mantel1959`).

    Peaks that are accessible in the same cells share motifs, so that motifs of random groups of cells vary more than those
    of random peaks. z-scores are therefore standardized by those of random groups: the groups of the cells are permuted,
    and the peaks of each permuted group are selected and tested in the same way. Cells are exchanged, not samples: if
    cells of a group come from few samples, differences of the samples are part of the result.

    Parameters
    ----------
    adata
        Cells × peaks. Peaks are read from their names or columns of ``var``, as in :func:`regulatory_activity`.
    groupby
        Column of ``obs`` with groups of cells. Cells without a group are ignored.
    genome
        Path of the FASTA file, plain or bgzip, of the genome that the peaks are on; an open ``pyfaidx.Fasta``; records of
        Biopython; or a dict of sequences. Genomes are never downloaded.
    sequences
        Sequences instead of a genome: a column of ``var``, one sequence for each peak, or a dict or series by name.
    motifs
        ``"jaspar2026"``, ``"jaspar2024"``, the path of a motif file, or :class:`scgsfm.motifs.Motifs`.
    by
        Whether to test families of factors, whose motifs are similar, or each motif.
    weights
        Weights of the sites: ``None`` counts the peaks with a site. ``"effects"`` weights them by the ``model``: the predicted
        activity minus that after the sites are shuffled (two shuffles), in the 200 bases around the centers of the peaks.
        About 40 sequences for each peak are predicted. The effects are those in the cell lines of the model.
    n_peaks
        Maximum number of peaks of each group. By default, a tenth of the peaks.
    key
        Key in ``uns`` of a ranking of the peaks by :func:`scanpy.tl.rank_genes_groups` for ``groupby``, which selects the
        peaks of each group instead: those with positive scores and an adjusted p-value of at most ``max_padj``.
    max_padj
        Maximum adjusted p-value of peaks in the ranking. ``None`` for no maximum.
    n_permutations
        Number of permutations of the groups of cells. By default 200 if each group has at least 10 cells and there is no
        ``key``, and else 0. With 0, p-values only say that the peaks of a group differ from random peaks; they are too low
        if peaks are accessible together.
    min_peaks
        Minimum number of peaks with a site. Motifs with fewer are not tested.
    p
        Sites have a p-value below this, at most 0.01.
    width
        Number of bases around the summits or centers of the peaks to scan. By default, whole peaks are scanned; with
        ``weights="effects"``, 200 bases.
    layer
        {layer} It has the accessibility: counts, or 0 and 1.
    model
        {model} It is used with ``weights="effects"``.
    cell_type
        Cell type of the model. By default, effects are the mean over its cell types.
    on_error
        What to do with peaks that have no sequence: ``"warn"`` leaves them out and lists them in one warning, ``"raise"``
        raises an error.
    rng
        Seed or generator of the permutations and shuffles.
    key_added
        {key_added}
    copy
        {copy}

    Returns
    -------
    Returns ``None``, or the copy if ``copy=True``. Sets the following fields:

    ``adata.uns["motif_activity"]`` : :class:`pandas.DataFrame`
        The table described below, by group and p-value.
    ``adata.uns["scgsfm"]["motif_activity"]`` : :class:`dict`
        Parameters, motifs, and numbers of peaks.

    The table has the columns

    ``group`` : str
        Group of cells.
    ``motif`` : str
        Family, or id of the motif.
    ``name``, ``family`` : str
        Names of the factors, for a family those with the most sites, and their family.
    ``effect`` : float64
        :math:`\log_2` of the odds ratio of a site in the peaks of the group, compared with peaks of the same strata (Mantel
        and Haenszel). With ``weights="effects"``, the mean effect in the peaks of the group minus that in peaks of the
        same strata.
    ``n_hits``, ``n_peaks`` : int64
        Number of peaks of the group with a site, and of all its peaks.
    ``n_found`` : int64
        Number of peaks of the data with a site.
    ``z`` : float64
        Standardized difference from the expectation; negative if there are fewer sites.
    ``pvalue``, ``padj`` : float64
        Two-sided p-values of ``z`` (Student's t for permuted groups, Pearson type III for peaks), and p-values adjusted
        over all rows (Benjamini and Hochberg).

    Raises
    ------
    ValueError
        If names are not those of peaks, neither a genome nor sequences are given, fewer than 50 peaks have a sequence and
        accessibility, there is only one group, or a parameter is out of range.
    FileNotFoundError
        If the FASTA file does not exist.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.atac()
    >>> scgsfm.tl.motif_activity(adata, "cell_line", genome=scgsfm.datasets.atac_genome())
    >>> adata.uns["motif_activity"].columns.tolist()[:5]
    ['group', 'motif', 'name', 'family', 'effect']
    """
    check_anndata(adata, copy=copy, key_added=key_added)
    labels = groups(adata, groupby)
    result = Result.check(
        adata, "tl.motif_activity", key_added or _keys.MOTIF_ACTIVITY, uns=[key_added or _keys.MOTIF_ACTIVITY]
    )
    check_choice("weights", weights, ("effects", None))
    check_at_least("min_peaks", min_peaks, 1)
    check_max_padj(max_padj)
    n_permutations = _n_permutations(labels, n_permutations, key)
    loaded = Motifs.of(motifs)
    predict, width = _predictions(model, cell_type, width) if weights else (None, width)
    matrix = data_matrix(adata, layer=layer, use_raw=False)
    windows = peak_sequences(adata, given_sequences(sequences), genome, width=width, on_error=on_error)
    features = PeakFeatures.of(matrix, windows)
    n_peaks = _n_peaks(n_peaks, len(features))
    sets = None if key is None else _ranked(adata, key, labels, features, n_peaks, max_padj)
    matches = match_motifs(features.sequences, loaded, by=by, p=p, predict=predict, rng=rng)
    table = activity_of_motifs(
        matrix,
        features,
        labels,
        matches,
        sets=sets,
        n_peaks=n_peaks,
        min_peaks=min_peaks,
        n_permutations=n_permutations,
        is_weighted=predict is not None,
        rng=rng,
    )
    adata = adata.copy() if copy else adata
    adata.uns[result.key] = table
    params = {
        "groupby": groupby,
        "by": by,
        "weights": weights,
        "n_peaks": n_peaks,
        "key": key,
        "max_padj": None if key is None else max_padj,
        "n_permutations": n_permutations,
        "min_peaks": min_peaks,
        "p": p,
        "width": width,
        "layer": layer,
        "genome": genome_name(genome),
        "cell_type": cell_type,
    }
    record = {"params": params, "motifs": loaded.info, "n_peaks": len(features)}
    record["model"] = as_model(model, "r3lm").name if weights else None
    result.write_record(adata, record)
    n_significant = int((table["padj"] <= 0.05).sum())
    tested = f"{number(table['group'].nunique(), 'group')}; {table['motif'].nunique():,} {by.replace('y', 'ie')}s"
    null = f"{n_permutations} permutations" if n_permutations else "groups not permuted"
    log_results(
        [result], tested, f"{number(n_significant, 'row')} with padj ≤ 0.05", null, features.log_line(adata.n_vars)
    )
    return adata if copy else None


def _n_permutations(labels: pd.Series, given: int | None, key: str | None) -> int:
    """The number of permutations, by default as many as the groups allow."""
    sizes = labels.value_counts()
    if len(sizes) < 2:
        msg = (
            f"`groupby={labels.name!r}` has only the group {sizes.index[0]!r}, but groups are compared with each other."
        )
        raise ValueError(msg)
    if given is None:
        return 0 if key is not None or sizes.min() < MIN_CELLS else N_PERMUTATIONS
    if given and key is not None:
        msg = "`n_permutations` and `key` are mutually exclusive: the ranking of permuted groups is not known."
        raise ValueError(msg)
    if given:
        check_at_least("n_permutations", given, FEWEST)
    return given


def _n_peaks(n_peaks: int | None, n_all: int) -> int:
    """The maximum number of peaks of a group, by default a tenth of all."""
    if n_peaks is not None and not 1 <= n_peaks <= n_all // 2:
        msg = f"`n_peaks` is {n_peaks}, but must be at least 1 and at most half of the {n_all:,} peaks."
        raise ValueError(msg)
    return n_peaks or n_all // 10


def _predictions(model: Any, cell_type: str | None, width: int | None) -> tuple[Callable[[list[str]], np.ndarray], int]:
    """A function from sequences to activities, and the number of bases that the model reads."""
    loaded = as_model(model, "r3lm")
    if width is not None and width > loaded.length:
        msg = f"`width` is {width}, but the model reads at most {loaded.length} bases with `weights='effects'`."
        raise ValueError(msg)
    columns = [loaded.cell_types.index(name) for name in select_cell_types(loaded, cell_type)]
    return partial(_mean_activity, loaded, columns), width or loaded.length


def _mean_activity(model: R3LM, columns: list[int], sequences: list[str]) -> np.ndarray:
    return np.asarray(model.predict(sequences)[:, columns].mean(axis=1))


def _ranked(
    adata: AnnData, key: str, labels: pd.Series, features: PeakFeatures, n_peaks: int, max_padj: float | None
) -> csr_array:
    """The peaks of each group by a ranking (groups × peaks)."""
    ranking = ScanpyRanking.find(adata, key)
    flaw: str | None = "does not exist"
    if ranking is not None:
        flaw = f"was computed for {ranking.groupby!r}"
        if ranking.groupby == labels.name:
            flaw = ranking.outdated(labels, adata.var_names)
    if ranking is None or flaw is not None:
        msg = f"`uns[{key!r}]` {flaw}: run `scanpy.tl.rank_genes_groups(adata, {labels.name!r})`, or omit `key`."
        raise ValueError(msg)
    names = adata.var_names[features.peaks]
    position = dict(zip(reversed(names), reversed(range(len(names))), strict=True))  # the first of equal names
    rows, columns = [], []
    for i, group in enumerate(labels.cat.categories):
        if group not in ranking.groups:
            continue
        table = ranking.table(group).dropna(subset=["names"])
        table = table[table["scores"] > 0]
        if max_padj is not None and "pvals_adj" in table:
            table = table[table["pvals_adj"] <= max_padj]
        positions = [position[name] for name in table["names"] if name in position][:n_peaks]
        rows += [i] * len(positions)
        columns += positions
    shape = (len(labels.cat.categories), len(features))
    return csr_array((np.ones(len(columns)), (rows, columns)), shape=shape)
