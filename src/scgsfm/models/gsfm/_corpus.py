"""A training corpus: many GMT files as one compact table that is mapped into memory."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ._modules import SPECIALS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence


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
        The group (folder) of each set.
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
    info: dict[str, object]

    def __len__(self) -> int:
        return len(self.group)

    @classmethod
    def open(cls, folder: str | Path) -> Corpus:
        """Map a corpus that :func:`build_corpus` wrote; nothing is read until it is used."""
        folder = Path(folder)
        info = json.loads((folder / "corpus.json").read_text())
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("indptr", "indices", "group")}
        return cls(genes=(folder / "vocab.txt").read_text().splitlines(), groups=info["groups"], info=info, **arrays)


def read_sets(path: Path) -> Iterator[list[str]]:
    """The gene lists of a GMT file, plain or gzipped; weights behind a comma are dropped."""
    opened = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")
    with opened as lines:
        for line in lines:
            yield [gene.split(",")[0] for gene in line.rstrip("\r\n").split("\t")[2:] if gene]


def find_files(sources: Sequence[str | Path]) -> list[tuple[str, Path]]:
    """GMT files below ``sources`` with their group: the folder below the source, or the file's own name."""
    found = []
    for source in map(Path, sources):
        files = [source] if source.is_file() else sorted([*source.rglob("*.gmt"), *source.rglob("*.gmt.gz")])
        for file in files:
            inside = file.relative_to(source).parts if source.is_dir() else ()
            found.append((inside[0] if len(inside) > 1 else file.name.split(".")[0], file))
    if not found:
        msg = f"No .gmt or .gmt.gz file lies below {', '.join(map(str, sources))}."
        raise FileNotFoundError(msg)
    return found


def build_corpus(
    sources: Sequence[str | Path],
    folder: str | Path,
    *,
    allowed: Collection[str] | None = None,
    min_count: int = 20,
    min_genes: int = 5,
) -> Corpus:
    """Stream GMT files into a corpus folder and open it.

    The files are read twice: once to count genes, once to write. Never more than one set is held, besides the tables.

    Parameters
    ----------
    sources
        Files, or folders whose subfolders are the groups that sampling can temper.
    folder
        Where to write.
    allowed
        Genes that may enter the vocabulary, such as the protein-coding ones.
    min_count
        Sets that a gene must occur in to enter it.
    min_genes
        Genes of the vocabulary that a set must hold to be kept.
    """
    files = find_files(sources)
    counts: Counter[str] = Counter()
    for _, file in files:
        for genes in read_sets(file):
            counts.update(set(genes))
    vocabulary = sorted(g for g, n in counts.items() if n >= min_count and (allowed is None or g in allowed))
    token = {gene: i for i, gene in enumerate(vocabulary, start=len(SPECIALS))}

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    dtype = np.uint16 if len(token) + len(SPECIALS) <= 2**16 else np.int32
    groups = sorted({group for group, _ in files})
    sizes, group_of, digest = [0], [], hashlib.sha256()
    with (folder / "indices.raw").open("wb") as raw:
        for group, file in files:
            for genes in read_sets(file):
                row = np.array(sorted({token[g] for g in genes if g in token}), dtype)
                if len(row) >= min_genes:
                    raw.write(row.tobytes())
                    digest.update(row.tobytes())
                    sizes.append(len(row))
                    group_of.append(groups.index(group))
    np.save(folder / "indices.npy", np.fromfile(folder / "indices.raw", dtype))
    (folder / "indices.raw").unlink()
    np.save(folder / "indptr.npy", np.cumsum(sizes))
    np.save(folder / "group.npy", np.array(group_of, np.int16))
    (folder / "vocab.txt").write_text("\n".join([*SPECIALS, *vocabulary]) + "\n")
    info = {
        "groups": groups,
        "n_sets": len(group_of),
        "n_memberships": int(sum(sizes)),
        "n_genes": len(vocabulary),
        "n_files": len(files),
        "min_count": min_count,
        "min_genes": min_genes,
        "sha256": digest.hexdigest(),
    }
    (folder / "corpus.json").write_text(json.dumps(info, indent=1))
    return Corpus.open(folder)
