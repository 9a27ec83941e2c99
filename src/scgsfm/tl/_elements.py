"""What the functions around regulatory DNA share: elements of data or given ones, their windows, the model."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm._logging import logger
from scgsfm._messages import warn
from scgsfm.dna import OK, Genome, peaks_of, sequences_of_peaks, sequences_of_texts, species_of
from scgsfm.motifs import EMBEDDED, Motifs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from anndata import AnnData

    from scgsfm.dna import Windows
    from scgsfm.models.r3lm import R3LM

WIDTH = 200
"""Bases of an element, where a model doesn't say."""


def as_motifs(motifs: str | PathLike[str] | Motifs | None) -> Motifs | None:
    """Motifs by the name of embedded ones, from a file, or as they are."""
    if isinstance(motifs, str | PathLike):
        return Motifs.embedded(str(motifs)) if motifs in EMBEDDED else Motifs.read(motifs)
    return motifs


def width_of(model: R3LM) -> int:
    """How many bases the model reads."""
    return getattr(model, "length", WIDTH)


def names_of(data: AnnData | None, sequences: Any) -> pd.Index:
    """Names of the elements: those of the data, or of the sequences, or their numbers."""
    if data is not None:
        return data.var_names
    if isinstance(sequences, pd.Series):
        return sequences.index.astype(str)
    if isinstance(sequences, dict):
        return pd.Index(list(sequences), dtype=object)
    return pd.Index([f"sequence_{i}" for i in range(len(sequences))], dtype=object)


def windows_of(
    data: AnnData | None,
    sequences: str | Mapping[str, str] | pd.Series | Iterable[str] | None,
    genome: Any,
    *,
    width: int,
    windows: str = "centre",
    chosen: np.ndarray | None = None,
) -> Windows:
    """The windows of the elements of data, by their sequences or by peaks and a genome; or of sequences alone."""
    if sequences is not None:
        texts = _texts(data, sequences)
        texts = texts if chosen is None else [texts[i] for i in chosen]
        found = sequences_of_texts(texts, width, windows=windows)  # type: ignore[arg-type]
    else:
        if data is None or genome is None:
            msg = (
                "Give `genome`, the path of a FASTA file of the genome that the peaks are on, or `sequences`. Genomes are "
                "never downloaded."
            )
            raise ValueError(msg)
        peaks = peaks_of(data.var)
        with genome_of(genome) as opened:
            _warn_of_species(data, opened)
            part = peaks if chosen is None else peaks[chosen]
            found = sequences_of_peaks(part, opened, width, windows=windows)  # type: ignore[arg-type]
    logger.info(found.summary())
    if len(found.status) and not (found.status == OK).any():
        msg = f"No element has a sequence: {found.summary()}."
        if genome is not None and sequences is None:
            msg += " Is this the FASTA file of the genome that the peaks are on?"
        raise ValueError(msg)
    return found


def genome_of(genome: Any) -> Genome:
    """A genome from a path, an open FASTA or a dict; or the genome itself."""
    return genome if isinstance(genome, Genome) else Genome(genome)


def means(values: np.ndarray, element: np.ndarray, n: int) -> np.ndarray:
    """Means of the rows of each element (float32); NaN for those without."""
    out = np.full((n, values.shape[1]), np.nan, np.float32)
    first = np.flatnonzero(np.diff(element, prepend=-1))
    if len(first):
        counts = np.diff(np.append(first, len(element)))[:, None]
        out[element[first]] = np.add.reduceat(values.astype(np.float64), first) / counts
    return out


def highest(values: np.ndarray, element: np.ndarray, n: int) -> np.ndarray:
    """Largest value of the rows of each element (float32); NaN for those without."""
    out = np.full((n, values.shape[1]), np.nan, np.float32)
    first = np.flatnonzero(np.diff(element, prepend=-1))
    if len(first):
        out[element[first]] = np.maximum.reduceat(values, first)
    return out


def warn_if_not_human(names: Iterable[str], genome: Genome | None) -> None:
    """Warn where names or chromosomes tell another species."""
    species = species_of([*names, genome.name if genome else ""], genome.lengths if genome else None)
    if species is not None:
        msg = (
            f"These are peaks of the {species}, but the model was trained on human sequences in human cell lines: what "
            "it predicts for another species hasn't been measured."
        )
        warn(msg)


def _warn_of_species(data: AnnData, genome: Genome) -> None:
    names = [data.uns[key] for key in ("genome", "assembly", "organism") if isinstance(data.uns.get(key), str)]
    if "genome" in data.var:
        names += data.var["genome"].astype(str).unique().tolist()
    warn_if_not_human(names, genome)


def _texts(data: AnnData | None, sequences: Any) -> Sequence[str]:
    if isinstance(sequences, str):
        if data is None or sequences not in data.var:
            columns = "nothing" if data is None else ", ".join(map(repr, data.var)) or "none"
            msg = (
                f"`sequences` is {sequences[:30]!r}, which is no column of `var` ({columns}); for one sequence give a "
                "list of it."
            )
            raise ValueError(msg)
        return data.var[sequences].tolist()
    if isinstance(sequences, pd.Series):
        sequences = sequences.reindex(data.var_names) if data is not None else sequences
        return sequences.tolist()
    if isinstance(sequences, dict):
        return [sequences.get(name) for name in data.var_names] if data is not None else list(sequences.values())  # type: ignore[misc]
    texts = list(sequences)
    if data is not None and len(texts) != data.n_vars:
        msg = f"`sequences` holds {len(texts):,} texts, but the data have {data.n_vars:,} elements: give one for each."
        raise ValueError(msg)
    return texts
