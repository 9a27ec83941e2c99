"""Regulatory elements of AnnData or given sequences: their names, their windows, and summaries over windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from scgsfm._logging import logger
from scgsfm._messages import check_choice, did_you_mean, warn

from ._genome import Genome
from ._peaks import peaks_of
from ._sequence_text import is_sequence
from ._sequences import OK, describe_status, sequences_of_peaks, sequences_of_texts
from ._species import species_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from anndata import AnnData

    from ._sequences import Tiling, Windows


MAX_COMPARED = 10_000
"""Number of names that are searched for one that is spelled similarly."""
OnError: TypeAlias = Literal["warn", "raise"]


def check_elements(data: Any, sequences: Any, genome: Any) -> None:
    """Check that elements are given once: as peaks with a genome, or as sequences."""
    if data is None and sequences is None:
        msg = "Give data with peaks, or `sequences`."
        raise ValueError(msg)
    if isinstance(data, list | tuple | Mapping):
        msg = f"`data` is a {type(data).__name__}, but must be AnnData; give sequences by `sequences=`."
        raise TypeError(msg)
    if sequences is not None and genome is not None:
        msg = "Give `genome` or `sequences`, not both: the genome has no effect on sequences."
        raise ValueError(msg)


def genome_name(genome: Any) -> str | None:
    """The path of a genome, or its type, for the record of a result."""
    if genome is None:
        return None
    return (
        str(genome) if isinstance(genome, str | PathLike) else str(getattr(genome, "filename", type(genome).__name__))
    )


def given_sequences(sequences: Any) -> Any:
    """Sequences that can be counted and read more than once; iterators are read here.

    Raises
    ------
    TypeError
        If a single sequence is given, or a table.
    """
    if sequences is None or isinstance(sequences, str | pd.Series | Mapping | np.ndarray):
        return sequences
    if isinstance(sequences, pd.DataFrame) or is_sequence(sequences) or not hasattr(sequences, "__iter__"):
        msg = (
            f"`sequences` is a {type(sequences).__name__}, but must be a list of sequences, a dict or series of them by "
            "name, or a column of `var`; give a single sequence as a list."
        )
        raise TypeError(msg)
    return list(sequences) if isinstance(sequences, Iterator) or not hasattr(sequences, "__len__") else sequences


def element_names(data: AnnData | None, sequences: Any) -> pd.Index:
    """The names of the elements: ``var_names``, the names of the sequences, or ``sequence_0``, ``sequence_1``, …"""
    if data is not None:
        return data.var_names
    if isinstance(sequences, pd.Series):
        return sequences.index.astype(str)
    if isinstance(sequences, Mapping):
        return pd.Index(list(sequences), dtype=object)
    ids = [getattr(sequence, "id", None) for sequence in sequences]
    if len(set(ids)) == len(ids) and all(isinstance(id_, str) for id_ in ids):  # records of Biopython
        return pd.Index(ids, dtype=object)
    return pd.Index([f"sequence_{i}" for i in range(len(sequences))], dtype=object)


def select_elements(names: pd.Index, elements: str | Sequence[str] | None, *, max_elements: int) -> np.ndarray:
    """The positions of elements given by name, or of all elements if there are at most ``max_elements``."""
    if elements is None:
        if len(names) > max_elements:
            msg = (
                f"There are {len(names):,} elements, and each takes about a second: give the names of at most a few "
                "hundred as `elements`."
            )
            raise ValueError(msg)
        return np.arange(len(names))
    wanted = [elements] if isinstance(elements, str) else list(elements)
    selected: np.ndarray = names.get_indexer_for(wanted)  # all elements of a name that occurs more than once
    if (selected < 0).any():
        missing = [name for name in wanted if name not in names]
        msg = (
            f"There is no element {missing[0]!r}; {len(missing)} of {len(wanted)} names are not in the data."
            f"{did_you_mean(str(missing[0]), names[:MAX_COMPARED].astype(str))}"
        )
        raise KeyError(msg)
    return selected


def element_windows(
    data: AnnData | None,
    sequences: Any,
    genome: Any,
    *,
    width: int,
    windows: Tiling = "centre",
    selected: np.ndarray | None = None,
    on_error: OnError = "warn",
) -> Windows:
    """Return the windows of elements.

    Parameters
    ----------
    data
        Cells × peaks, or None if ``sequences`` are given alone.
    sequences
        Sequences of the elements: a column of ``var``, one sequence for each element, or a dict or series by name.
    genome
        The genome of the peaks, see :class:`Genome`; needed without ``sequences``.
    width
        Number of bases of a window.
    windows
        How windows cover longer elements, see :func:`sequences_of_peaks`.
    selected
        Positions of the elements to use; by default all.
    on_error
        Whether elements without a sequence are listed in one warning, or in an error.
    """
    check_choice("on_error", on_error, get_args(OnError))
    if sequences is not None:
        texts = sequence_texts(data, sequences)
        texts = texts if selected is None else [texts[i] for i in selected]
        found = sequences_of_texts(texts, width, windows=windows)
    else:
        if data is None or genome is None:
            msg = (
                "Give `genome`, the path of a FASTA file of the genome that the peaks are on, or `sequences`. Genomes are "
                "never downloaded."
            )
            raise ValueError(msg)
        peaks = peaks_of(data.var)
        with Genome.of(genome) as opened:
            warn_if_not_human(_builds(data), opened)
            peaks = peaks if selected is None else peaks[selected]
            found = sequences_of_peaks(peaks, opened, width, windows=windows)
    logger.debug(found.summary())
    if len(found.status) and not (found.status == OK).any():
        msg = f"No element has a sequence: {found.summary()}."
        if genome is not None and sequences is None:
            msg += " Is this the FASTA file of the genome that the peaks are on?"
        raise ValueError(msg)
    names = element_names(data, sequences)
    if flaws := describe_status(names if selected is None else names[selected], found.status.tolist()):
        msg = f"{int((found.status != OK).sum()):,} of {len(found.status):,} elements have no sequence: {flaws}."
        if on_error == "raise":
            raise ValueError(msg)
        warn(f"{msg} They have no prediction; `on_error='raise'` makes this an error.")
    return found


def mean_by_element(values: np.ndarray, element: np.ndarray, n_elements: int) -> np.ndarray:
    """Means over the windows of each element (float32); NaN for elements without windows.

    Parameters
    ----------
    values
        Windows × columns.
    element
        Position of the element of each window, ascending.
    n_elements
        Number of elements.
    """
    out, elements, first = _empty(values, element, n_elements)
    if len(first):
        counts = np.diff(np.append(first, len(element)))[:, None]
        out[elements] = np.add.reduceat(values.astype(np.float64), first) / counts
    return out


def max_by_element(values: np.ndarray, element: np.ndarray, n_elements: int) -> np.ndarray:
    """Maxima over the windows of each element; see :func:`mean_by_element`."""
    out, elements, first = _empty(values, element, n_elements)
    if len(first):
        out[elements] = np.maximum.reduceat(values, first)
    return out


def warn_if_not_human(builds: Iterable[str], genome: Genome) -> None:
    """Warn if names of builds, the genome's file name or its chromosomes indicate another species."""
    species = species_of([*builds, genome.name], genome.lengths)
    if species is not None:
        warn(
            f"These are peaks of the {species}, but the model was trained on human sequences in human cell lines. Its "
            "predictions have not been evaluated for other species."
        )


def _empty(values: np.ndarray, element: np.ndarray, n_elements: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """An array of NaN, the elements that have windows, and the first window of each."""
    first = np.flatnonzero(np.diff(element, prepend=-1))
    return np.full((n_elements, values.shape[1]), np.nan, np.float32), element[first], first


def _builds(data: AnnData) -> list[str]:
    """The names of genome builds that the data hold."""
    names = [data.uns[key] for key in ("genome", "assembly", "organism") if isinstance(data.uns.get(key), str)]
    return names + (data.var["genome"].astype(str).unique().tolist() if "genome" in data.var else [])


def sequence_texts(data: AnnData | None, sequences: Any) -> Sequence[Any]:
    """The sequence of each element, from a column of ``var``, a list, or a dict or series by name."""
    if isinstance(sequences, str):
        if data is None or sequences not in data.var:
            columns = "nothing" if data is None else ", ".join(map(repr, data.var)) or "none"
            msg = (
                f"`sequences` is {sequences[:30]!r}, which is not a column of `var` ({columns}); give a single sequence "
                "as a list."
            )
            raise ValueError(msg)
        return list(data.var[sequences])
    if isinstance(sequences, pd.Series):
        if data is not None and not sequences.index.is_unique:
            twice = sequences.index[sequences.index.duplicated()][0]
            msg = f"`sequences` is a series in which {twice!r} occurs more than once: give one sequence for each name."
            raise ValueError(msg)
        return list(sequences if data is None else sequences.reindex(data.var_names))
    if isinstance(sequences, Mapping):
        return list(sequences.values()) if data is None else [sequences.get(name) for name in data.var_names]
    texts = list(sequences)
    if data is not None and len(texts) != data.n_vars:
        msg = (
            f"`sequences` has {len(texts):,} sequences, but the data have {data.n_vars:,} elements: give one for each."
        )
        raise ValueError(msg)
    return texts
