"""Sequences of a genome, from the user's FASTA file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scgsfm._messages import warn

from ._sequence_text import is_sequence, sequence_text
from ._text_files import open_binary

if TYPE_CHECKING:
    from types import TracebackType

_ACCEPTED = (
    "must be the path of a FASTA file (plain or bgzip), an open pyfaidx.Fasta or pysam.FastaFile, records of Biopython, "
    "or a dict of sequences"
)


class Genome:
    """A FASTA file, plain or compressed with bgzip, that is read on demand.

    Parameters
    ----------
    fasta
        Path of the file, an open ``pyfaidx.Fasta`` or ``pysam.FastaFile``, records of Biopython, or a mapping of contigs
        to sequences (strings, bytes, ``Bio.Seq`` or ``SeqRecord``; DNA or RNA). Nothing is downloaded. A missing index
        is written next to the file, or to a temporary directory if that is not permitted. An index that is older than
        the file, cut or empty is made again.
    """

    def __init__(self, fasta: Any) -> None:
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._owned = isinstance(fasta, str | os.PathLike)
        self.name = str(fasta) if self._owned else str(getattr(fasta, "filename", ""))
        self._records: Any = self._open(Path(fasta).expanduser()) if self._owned else _as_mapping(fasta)
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
        """The bases from ``start`` (0-based) to ``end`` (exclusive) of a contig of the file, in upper case, as DNA."""
        try:
            part = self._records[contig][start:end]
        except UnicodeDecodeError as error:
            msg = f"`genome`: the sequence of {contig!r} in {self.name} has characters that are no bases ({error})."
            raise ValueError(msg) from error
        text: str = part if isinstance(part, str) else sequence_text(part)
        return text.upper().replace("U", "T")

    def _open(self, path: Path) -> Any:
        if not path.is_file():
            msg = (
                f"`genome`: there is no file {path}. Give the path of your FASTA file, plain or bgzip. Genomes are never "
                "downloaded (hg38 is available at https://hgdownload.soe.ucsc.edu/goldenPath/hg38/bigZips)."
            )
            raise FileNotFoundError(msg)
        if path.suffix.lower() == ".2bit":
            msg = f"`genome`: {path} is a 2bit file: convert it by `twoBitToFa {path.name} {path.stem}.fa`."
            raise ValueError(msg)
        with open_binary(path, "genome"):  # names Git LFS pointers
            pass
        try:
            import pyfaidx
        except ImportError as error:
            msg = "`genome`: reading a FASTA file needs pyfaidx: pip install 'scgsfm[dna]'."
            raise ImportError(msg) from error
        try:
            return self._indexed(path, pyfaidx.Fasta)
        except pyfaidx.UnsupportedCompressionFormat as error:
            msg = f"`genome`: {path} is compressed with gzip, which allows no random access: gunzip it, or use bgzip."
            raise ValueError(msg) from error
        except (pyfaidx.FastaIndexingError, ValueError, UnicodeDecodeError, RuntimeError) as error:
            msg = f"`genome`: {path} is not a FASTA file that can be indexed: {error}"
            raise ValueError(msg) from error

    def _indexed(self, path: Path, fasta: Any) -> Any:
        """Open the file with its index, and with a new one if it has none that is valid."""
        ends = {"indexname": ".fai"} | ({"gzi_indexname": ".gzi"} if path.suffix in {".gz", ".bgz"} else {})
        indices = {option: Path(f"{path}{end}") for option, end in ends.items()}
        flaw = next((flaw for index in indices.values() if (flaw := _index_flaw(index, path))), "")
        absent = [index for index in indices.values() if not index.exists()]
        if not flaw and not absent:
            return fasta(str(path), as_raw=True, rebuild=False)
        if not flaw and os.access(path.parent, os.W_OK):
            try:
                return fasta(str(path), as_raw=True)
            except OSError:  # permissions don't know of quotas and network file systems
                pass
        self._directory = tempfile.TemporaryDirectory(prefix="scgsfm-")
        options = {option: str(Path(self._directory.name) / index.name) for option, index in indices.items()}
        if flaw:
            warn(
                f"`genome`: {flaw}. A new index was made for this call; `samtools faidx {path}` replaces the old one for "
                "good."
            )
        return fasta(str(path), as_raw=True, **options)


def _index_flaw(index: Path, fasta: Path) -> str:
    """Why an index can't be used, or an empty string if it can or doesn't exist."""
    if not index.exists():
        return ""
    size = fasta.stat().st_size
    if index.stat().st_size == 0 and size:
        reason = "is empty"
    elif index.stat().st_mtime < fasta.stat().st_mtime:
        reason = "is older than the FASTA file"
    else:
        reason = _fai_flaw(index, fasta) if index.suffix == ".fai" else ""
    return reason and f"the index {index} {reason}"


def _fai_flaw(index: Path, fasta: Path) -> str:
    """What is wrong with the lines of an index."""
    end = 0
    for line in index.read_text(encoding="utf-8", errors="replace").splitlines():
        fields = line.split("\t")
        if len(fields) < 5 or not all(field.isdecimal() for field in fields[1:5]):
            return "is cut short or damaged"
        length, start, n_bases, n_bytes = map(int, fields[1:5])
        end = max(end, start + (length // n_bases * n_bytes + length % n_bases if n_bases else 0))
    if fasta.suffix in {".gz", ".bgz"}:
        return ""
    with fasta.open("rb") as file:
        file.seek(end)
        rest = file.read(1000)
    if end > fasta.stat().st_size + 2:  # the last line may lack its end
        return "is that of another file"
    return "lacks contigs of the FASTA file" if b">" in rest else ""


def _as_mapping(fasta: Any) -> Any:
    """Contigs and their sequences; values are sliced later, and only as far as needed."""
    if hasattr(fasta, "fetch") and hasattr(fasta, "references"):
        return {
            name: _Fetched(fasta, name, length) for name, length in zip(fasta.references, fasta.lengths, strict=True)
        }
    if hasattr(fasta, "seq") and hasattr(fasta, "id"):
        fasta = [fasta]
    if not hasattr(fasta, "keys") and isinstance(fasta, Iterable):
        records = list(fasta)
        if records and all(hasattr(record, "seq") and hasattr(record, "id") for record in records):
            fasta = {record.id: record for record in records}
    if not hasattr(fasta, "keys"):
        msg = f"`genome` is a {type(fasta).__name__}, but {_ACCEPTED}."
        raise TypeError(msg)
    if isinstance(fasta, dict):
        if wrong := next((name for name, value in fasta.items() if not is_sequence(value)), None):
            msg = f"`genome`: the sequence of {wrong!r} is a {type(fasta[wrong]).__name__}; the genome {_ACCEPTED}."
            raise TypeError(msg)
        return {str(name): value for name, value in fasta.items()}
    return fasta


class _Fetched:
    """A contig of an open ``pysam.FastaFile``."""

    def __init__(self, file: Any, name: str, length: int) -> None:
        self._file, self._name, self._length = file, name, length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice) -> str:
        return str(self._file.fetch(self._name, part.start, part.stop))
