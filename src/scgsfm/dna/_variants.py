"""Variants from tables, strings and VCF files, and the two sequences of each."""

from __future__ import annotations

import gzip
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ._genome import Genome, contig_names

if TYPE_CHECKING:
    from collections.abc import Iterable

_TEXT = re.compile(r"(?P<contig>\S+)[:_-](?P<pos>\d[\d,]*)[:_-](?P<ref>[A-Za-z]+)[:_/>-](?P<alt>[A-Za-z]+)")
_COLUMNS = {
    "contig": ("chrom", "chr", "seqnames", "chromosome", "contig", "#chrom"),
    "pos": ("pos", "position"),
    "ref": ("ref", "reference", "ref_allele"),
    "alt": ("alt", "alternate", "alt_allele"),
    "id": ("id", "rsid", "variant", "name"),
}


@dataclass(frozen=True)
class Variant:
    """A variant as in VCF: ``pos`` is the 1-based position of the first base of ``ref``."""

    contig: str
    pos: int
    ref: str
    alt: str
    id: str = ""

    def __str__(self) -> str:
        return f"{self.contig}:{self.pos}:{self.ref}:{self.alt}"


def read_variants(variants: Any) -> list[Variant]:
    """Read variants from a table, from strings such as ``chr1:12345:A:G``, or from a VCF file, plain or gzipped."""
    if isinstance(variants, pd.DataFrame):
        found = _from_table(variants)
    elif isinstance(variants, str | os.PathLike) and (
        isinstance(variants, os.PathLike) or not _TEXT.fullmatch(variants)
    ):
        found = _from_vcf(Path(variants).expanduser())
    else:
        found = [_from_text(text) for text in ([variants] if isinstance(variants, str) else variants)]
    for variant in found:
        if not re.fullmatch("[ACGT]+", variant.ref) or not re.fullmatch("[ACGT]+", variant.alt) or variant.pos < 1:
            msg = (
                f"The variant {variant} must have a 1-based position and alleles of A, C, G and T. Write insertions and "
                "deletions as in VCF, with the preceding base; symbolic alleles such as <DEL> have no sequence."
            )
            raise ValueError(msg)
    return found


def _from_text(text: str | Variant) -> Variant:
    if isinstance(text, Variant):
        return text
    found = _TEXT.fullmatch(str(text).strip())
    if found is None:
        msg = f"The variant {text!r} does not look like 'chr1:12345:A:G' (1-based position, reference, alternative)."
        raise ValueError(msg)
    pos = int(found["pos"].replace(",", ""))
    return Variant(found["contig"], pos, found["ref"].upper(), found["alt"].upper(), str(text).strip())


def _from_table(table: pd.DataFrame) -> list[Variant]:
    lower = {str(column).lower(): column for column in reversed(table.columns)}
    columns = {key: next((lower[c] for c in names if c in lower), None) for key, names in _COLUMNS.items()}
    if missing := [key for key, column in columns.items() if column is None and key != "id"]:
        msg = (
            f"The table of variants has no column for {', '.join(missing)}: it needs 'chrom', 'pos' (1-based), 'ref' and "
            f"'alt', found {', '.join(map(repr, table.columns))}."
        )
        raise ValueError(msg)
    ids = table.index if columns["id"] is None else table[columns["id"]]
    rows = zip(*(table[columns[key]] for key in ("contig", "pos", "ref", "alt")), ids, strict=True)
    return [Variant(str(c), int(p), str(r).upper(), str(a).upper(), str(i)) for c, p, r, a, i in rows]


def _from_vcf(path: Path) -> list[Variant]:
    if not path.is_file():
        msg = f"`variants`: {str(path)!r} is neither a file nor a variant such as 'chr1:12345:A:G'."
        raise ValueError(msg)
    with path.open("rb") as start:
        gzipped = start.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rt") if gzipped else path.open(encoding="utf-8") as file:
        return list(_vcf_lines(file, path))


def _vcf_lines(lines: Iterable[str], path: Path) -> Iterable[Variant]:
    for number, line in enumerate(lines, start=1):
        if line.startswith("#") or not line.strip():
            continue
        words = line.rstrip("\n").split("\t")
        if len(words) < 5 or not words[1].isdecimal():
            msg = f"{path}, line {number}: this is not a line of a VCF file: {line[:60]!r}."
            raise ValueError(msg)
        for alt in words[4].split(","):
            if re.fullmatch("[ACGTacgt]+", alt):  # symbolic and missing alleles have no sequence
                id_ = words[2] if words[2] != "." else f"{words[0]}:{words[1]}:{words[3]}:{alt}"
                yield Variant(words[0], int(words[1]), words[3].upper(), alt.upper(), id_)


def alleles(variants: list[Variant], genome: Genome, width: int) -> tuple[list[tuple[str, str]], list[str]]:
    """The sequences of ``width`` bases around each variant, with the reference and the alternative allele.

    Each allele is centered in its flanking sequence in the genome.

    Returns
    -------
    The pairs of sequences, and the status of each variant: ``"ok"``, or why it has no sequences.

    Raises
    ------
    ValueError
        A reference allele differs from the genome.
    """
    from ._sequences import CONTAINS_N, OK, OUT_OF_BOUNDS, UNKNOWN_CONTIG

    names = contig_names((variant.contig for variant in variants), genome.lengths)
    pairs: list[tuple[str, str]] = []
    status, wrong = [], []
    for variant in variants:
        name = names.get(variant.contig)
        start, length = variant.pos - 1, genome.lengths.get(name or "", 0)
        end = start + len(variant.ref)
        if name is None or end > length:
            pairs.append(("", ""))
            status.append(UNKNOWN_CONTIG if name is None else OUT_OF_BOUNDS)
            continue
        found = genome.sequence(name, start, end)
        if found != variant.ref:
            wrong.append((variant, found))
        left = genome.sequence(name, max(start - width, 0), start)
        right = genome.sequence(name, end, min(end + width, length))
        pair = _centered(left, variant.ref, right, width), _centered(left, variant.alt, right, width)
        pairs.append(pair)
        complete, known = min(map(len, pair)) >= width, set("".join(pair)) <= set("ACGT")
        status.append(OUT_OF_BOUNDS if not complete else OK if known else CONTAINS_N)
    if wrong:
        variant, found = wrong[0]
        msg = (
            f"The reference allele of {len(wrong)} of {len(variants)} variants differs from the genome: {variant} has "
            f"{variant.ref}, the genome {found}. The FASTA file must be of the build that the variants were called on, and positions "
            "must be 1-based, with alleles on the forward strand."
        )
        raise ValueError(msg)
    return pairs, status


def _centered(left: str, allele: str, right: str, width: int) -> str:
    before = max((width - len(allele)) // 2, 0)
    allele = allele[:width]
    before = min(before, len(left))
    after = min(width - before - len(allele), len(right))
    before = min(width - after - len(allele), len(left))  # at the end of a contig, take more from the other side
    return left[len(left) - before :] + allele + right[:after]
