"""Sequences of a genome, from the user's FASTA file."""

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
    """Other names of a contig: with or without ``chr``, ``M`` or ``MT``."""
    plain = contig[3:] if contig.lower().startswith("chr") else contig
    plains = _MITOCHONDRIA if plain.upper() in _MITOCHONDRIA else (plain,)
    return [name for p in plains for name in (f"chr{p}", p) if name != contig]


def contig_names(wanted: Iterable[str], available: Iterable[str]) -> dict[str, str]:
    """The name in ``available`` of each wanted contig that has one, under the same or another name."""
    names = set(available)
    out = {}
    for contig in dict.fromkeys(wanted):
        name = next((name for name in (contig, *other_names(contig)) if name in names), None)
        if name is not None:
            out[contig] = name
    return out


class Genome:
    """A FASTA file, plain or compressed with bgzip, that is read on demand.

    Parameters
    ----------
    fasta
        Path of the file, an open ``pyfaidx.Fasta``, or a mapping of contigs to sequences. Nothing is downloaded. A
        missing index is written next to the file, or to a temporary directory if that is not permitted.
    """

    def __init__(self, fasta: Any) -> None:
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._owned = isinstance(fasta, str | os.PathLike)
        self.name = str(fasta) if self._owned else str(getattr(fasta, "filename", ""))
        self._records: Any = self._open(Path(fasta).expanduser()) if self._owned else fasta
        if not hasattr(self._records, "keys"):
            msg = (
                f"`genome` is a {type(fasta).__name__}, but must be the path of a FASTA file (plain or bgzip), an open "
                "pyfaidx.Fasta, or a dict of sequences."
            )
            raise TypeError(msg)
        # an open pyfaidx.Fasta iterates over its records, not its names
        self.lengths: dict[str, int] = {name: len(self._records[name]) for name in self._records.keys()}  # noqa: SIM118

    @classmethod
    def of(cls, genome: Any) -> Genome:
        """The genome itself, or that of a path, an open FASTA file or a dict."""
        return genome if isinstance(genome, Genome) else cls(genome)

    def __enter__(self) -> Genome:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._owned:
            self._records.close()
        if self._directory is not None:
            self._directory.cleanup()

    def sequence(self, contig: str, start: int, end: int) -> str:
        """The bases from ``start`` (0-based) to ``end`` (exclusive) of a contig of the file, in upper case."""
        return str(self._records[contig][start:end]).upper()

    def _open(self, path: Path) -> Any:
        if not path.is_file():
            msg = (
                f"`genome`: there is no file {path}. Give the path of your FASTA file, plain or bgzip. Genomes are never "
                "downloaded (hg38 is available at https://hgdownload.soe.ucsc.edu/goldenPath/hg38/bigZips)."
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
            self._directory = tempfile.TemporaryDirectory(prefix="scgsfm-")
            options = {key: str(Path(self._directory.name) / f"{path.name}{end}") for key, end in missing.items()}
        try:
            return pyfaidx.Fasta(str(path), as_raw=True, **options)
        except pyfaidx.UnsupportedCompressionFormat as error:
            msg = f"`genome`: {path} is compressed with gzip, which allows no random access: gunzip it, or use bgzip."
            raise ValueError(msg) from error
        except (pyfaidx.FastaIndexingError, ValueError, UnicodeDecodeError) as error:
            msg = f"`genome`: {path} is not a FASTA file that can be indexed: {error}"
            raise ValueError(msg) from error
