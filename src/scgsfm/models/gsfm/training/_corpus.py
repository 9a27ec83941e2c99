"""A training corpus: many GMT files as one memory-mapped table."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm._vocabulary import SPECIALS

INFO, VOCAB = "corpus.json", "vocab.txt"
ENDS = (".gmt", ".gmt.gz")

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence


@dataclass(frozen=True)
class Corpus:
    """Gene sets as a CSR pattern over a vocabulary.

    Attributes
    ----------
    genes
        The vocabulary, specials first.
    indptr, indices
        Set i has the genes ``indices[indptr[i]:indptr[i + 1]]``, sorted.
    group
        The group (directory) of each set.
    groups
        Names of the groups.
    info
        Files, counts and a checksum of the pattern.
    """

    genes: list[str]
    indptr: np.ndarray
    indices: np.ndarray
    group: np.ndarray
    groups: list[str]
    info: dict[str, Any]

    def __len__(self) -> int:
        return len(self.group)

    def group_values(self, given: Mapping[str, float]) -> np.ndarray:
        """The given value of each group, by default 1; raises a ValueError for unknown names."""
        unknown = [name for name in given if name not in self.groups]
        if unknown:
            msg = f"The corpus has no groups named {', '.join(unknown)}; its groups are {', '.join(self.groups)}."
            raise ValueError(msg)
        return np.array([given.get(name, 1.0) for name in self.groups])

    @classmethod
    def open(cls, folder: str | Path) -> Corpus:
        """Memory-map a corpus that :func:`build_corpus` wrote."""
        folder = Path(folder)
        info = json.loads((folder / INFO).read_text(encoding="utf-8"))
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("indptr", "indices", "group")}
        genes = (folder / VOCAB).read_text(encoding="utf-8").splitlines()
        return cls(genes=genes, groups=info["groups"], info=info, **arrays)


def read_sets(path: Path) -> Iterator[set[str]]:
    """The genes of each line of a GMT file, plain or gzipped; weights after a comma are dropped."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            genes = (gene.split(",")[0].strip() for gene in line.split("\t")[2:])
            yield {gene for gene in genes if gene}


def find_files(sources: Sequence[str | Path]) -> list[tuple[str, Path]]:
    """GMT files below ``sources`` with their group: the subdirectory of the source, or the name of the file."""
    found = []
    for source in map(Path, sources):
        if not source.exists():
            msg = f"data: {source} does not exist."
            raise FileNotFoundError(msg)
        files = [source] if source.is_file() else sorted(f for end in ENDS for f in source.rglob(f"*{end}"))
        for file in files:
            inside = file.relative_to(source).parts if source.is_dir() else ()
            found.append((inside[0] if len(inside) > 1 else _stem(file), file))
    if not found:
        msg = f"data: {', '.join(map(str, sources))} contains no .gmt or .gmt.gz files."
        raise FileNotFoundError(msg)
    return found


def _stem(file: Path) -> str:
    return file.name.removesuffix(".gz").removesuffix(".gmt")


def build_corpus(
    sources: Sequence[str | Path],
    folder: str | Path,
    *,
    allowed: Collection[str] | None = None,
    min_count: int = 20,
    min_genes: int = 5,
) -> Corpus:
    """Stream GMT files into a corpus directory and open it; a corpus already built from the same files is only opened.

    The files are read twice: to count genes, then to write. Only one set is in memory at a time.

    Parameters
    ----------
    sources
        Files, or directories whose subdirectories are the groups of sets.
    folder
        The directory for ``indptr.npy``, ``indices.npy``, ``group.npy``, ``vocab.txt`` and ``corpus.json``.
    allowed
        Genes that may enter the vocabulary, such as the protein-coding ones.
    min_count
        The number of sets that a gene must occur in to enter the vocabulary.
    min_genes
        The number of genes of the vocabulary that a set must contain to be kept.

    Raises
    ------
    FileNotFoundError
        There are no GMT files.
    ValueError
        No set remains, or ``folder`` contains a corpus of other files or settings.
    """
    if min_genes < 2:
        msg = f"min_genes={min_genes} must be at least 2: one visible gene and one to predict."
        raise ValueError(msg)
    folder = Path(folder)
    files = find_files(sources)
    made_from = _fingerprint(files, allowed, min_count, min_genes)
    if (folder / INFO).exists():
        corpus = Corpus.open(folder)
        if corpus.info.get("made_from", made_from) != made_from:
            msg = f"{folder} contains a corpus of other files or settings: give another directory, or delete this one."
            raise ValueError(msg)
        return corpus
    vocabulary = _vocabulary(files, allowed, min_count)
    folder.mkdir(parents=True, exist_ok=True)
    about = _write_sets(folder, files, vocabulary, min_genes)
    if not about["n_sets"]:
        msg = (
            f"data: no set in {len(files):,} files remains: {len(vocabulary):,} genes occur in at least "
            f"min_count={min_count} sets, and a set must contain min_genes={min_genes} of them. Lower these numbers"
            f"{', or check that the allowed genes have the same names as in the sets' if allowed is not None else ''}."
        )
        raise ValueError(msg)
    (folder / VOCAB).write_text("\n".join([*SPECIALS, *vocabulary]) + "\n", encoding="utf-8")
    settings = {"n_genes": len(vocabulary), "n_files": len(files), "min_count": min_count, "min_genes": min_genes}
    info = {**about, **settings, "made_from": made_from}
    (folder / INFO).write_text(
        json.dumps(info, indent=1), encoding="utf-8"
    )  # last: its presence marks a complete corpus
    return Corpus.open(folder)


def _fingerprint(
    files: Sequence[tuple[str, Path]], allowed: Collection[str] | None, min_count: int, min_genes: int
) -> str:
    """A checksum of the files (groups, names and sizes) and settings of a corpus."""
    listed = [[group, file.name, file.stat().st_size] for group, file in files]
    text = json.dumps([listed, None if allowed is None else sorted(allowed), min_count, min_genes])
    return hashlib.sha256(text.encode()).hexdigest()


def _vocabulary(files: Sequence[tuple[str, Path]], allowed: Collection[str] | None, min_count: int) -> list[str]:
    counts: Counter[str] = Counter()
    for _, file in files:
        for genes in read_sets(file):
            counts.update(genes)
    kept = None if allowed is None else set(allowed)
    return sorted(g for g, n in counts.items() if n >= min_count and (kept is None or g in kept))


def _write_sets(
    folder: Path, files: Sequence[tuple[str, Path]], vocabulary: list[str], min_genes: int
) -> dict[str, object]:
    """Write the arrays of a corpus; returns their part of ``corpus.json``."""
    token = {gene: i for i, gene in enumerate(vocabulary, start=len(SPECIALS))}
    dtype = np.uint16 if len(token) + len(SPECIALS) <= 2**16 else np.int32
    groups = sorted({group for group, _ in files})
    sizes, group_of, digest = [0], [], hashlib.sha256()
    raw_file = folder / "indices.raw"
    with raw_file.open("wb") as raw:
        for group, file in files:
            number = groups.index(group)
            for genes in read_sets(file):
                row = np.array(sorted(token[g] for g in genes if g in token), dtype)
                if len(row) >= min_genes:
                    raw.write(row.tobytes())
                    digest.update(row.tobytes())
                    sizes.append(len(row))
                    group_of.append(number)
    np.save(folder / "indices.npy", np.fromfile(raw_file, dtype))
    raw_file.unlink()
    np.save(folder / "indptr.npy", np.cumsum(sizes))
    np.save(folder / "group.npy", np.array(group_of, np.int32))
    return {
        "groups": groups,
        "n_sets": len(group_of),
        "n_memberships": sum(sizes),
        "sha256": digest.hexdigest(),
    }
