"""Sequences of a genome, from a FASTA file of the user's."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

_MITOCHONDRIA = ("M", "MT")


def other_names(contig: str) -> list[str]:
    """The names by which a contig goes elsewhere: with or without ``chr``, ``M`` or ``MT``."""
    plain = contig[3:] if contig.lower().startswith("chr") else contig
    plains = _MITOCHONDRIA if plain.upper() in _MITOCHONDRIA else (plain,)
    return [name for p in plains for name in (f"chr{p}", p) if name != contig]


def contig_names(wanted: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """The name in ``known`` for each contig wanted that is there, by its own or another name."""
    there = set(known)
    out = {}
    for contig in dict.fromkeys(wanted):
        name = next((name for name in (contig, *other_names(contig)) if name in there), None)
        if name is not None:
            out[contig] = name
    return out


class Genome:
    """A FASTA file, plain or compressed by bgzip, of which only what is asked for is read.

    Parameters
    ----------
    fasta
        Path of the file, an open ``pyfaidx.Fasta``, or a mapping of contigs to sequences. Nothing is downloaded. The
        index is made beside the file where there is none, or in a temporary folder where that isn't allowed.
    """

    def __init__(self, fasta: Any) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._owned = isinstance(fasta, str | os.PathLike)
        self.name = str(fasta) if self._owned else str(getattr(fasta, "filename", ""))
        self._records: Any = self._open(Path(fasta).expanduser()) if self._owned else fasta
        if not hasattr(self._records, "keys"):
            msg = (
                f"`genome` is a {type(fasta).__name__}, but must be the path of a FASTA file (plain or bgzip), an open "
                "pyfaidx.Fasta, or a dict of sequences."
            )
            raise TypeError(msg)
        self.lengths: dict[str, int] = {name: len(self._records[name]) for name in self._records.keys()}

    def __enter__(self) -> Genome:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._owned:
            self._records.close()
        if self._folder is not None:
            self._folder.cleanup()

    def sequence(self, contig: str, start: int, end: int) -> str:
        """The bases from ``start`` (0-based) to ``end`` (exclusive) of a contig of the file, in upper case."""
        return str(self._records[contig][start:end]).upper()

    def _open(self, path: Path) -> Any:
        if not path.is_file():
            msg = (
                f"`genome`: there is no file {path}. Give the path of your FASTA file, plain or bgzip; genomes are never "
                "downloaded (that of hg38 is at https://hgdownload.soe.ucsc.edu/goldenPath/hg38/bigZips)."
            )
            raise FileNotFoundError(msg)
        try:
            import pyfaidx
        except ImportError as error:
            msg = "`genome`: reading a FASTA file needs pyfaidx: pip install 'scgsfm[dna]'."
            raise ImportError(msg) from error
        options: dict[str, Any] = {}
        indices = {"indexname": ".fai"} | ({"gzi_indexname": ".gzi"} if path.suffix in {".gz", ".bgz"} else {})
        missing = {key: end for key, end in indices.items() if not Path(f"{path}{end}").exists()}
        if missing and not os.access(path.parent, os.W_OK):
            self._folder = tempfile.TemporaryDirectory(prefix="scgsfm-")
            options = {key: str(Path(self._folder.name) / f"{path.name}{end}") for key, end in missing.items()}
        try:
            return pyfaidx.Fasta(str(path), as_raw=True, **options)
        except pyfaidx.UnsupportedCompressionFormat as error:
            msg = f"`genome`: {path} is compressed by gzip, which has no places to jump to: gunzip it, or use bgzip."
            raise ValueError(msg) from error
        except (pyfaidx.FastaIndexingError, ValueError, UnicodeDecodeError) as error:
            msg = f"`genome`: {path} is no FASTA file that can be indexed: {error}"
            raise ValueError(msg) from error
