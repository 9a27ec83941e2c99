"""Variants as others write them: in tables, texts, tuples, objects of VCF readers, and VCF files."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm._messages import warn

from ._contigs import contig_text
from ._text_files import TruncatedFileError, text_lines
from ._variants import NO_POSITION, UNPARSABLE_VARIANT, Variant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ALLELE = r"(?:[A-Za-z]+|-|\*|\.|<[^<>\s]+>|[A-Za-z.]*[\[\]][^\s\[\]]+[\[\]][A-Za-z.]*)"
_BUILD = r"(?:[:_](?:b3[78]|hg19|hg38|GRCh3[78]))?"
_TEXT = re.compile(
    r"(?P<contig>\S+)(?:[:_-]|\s+)(?P<pos>\d[\d,]*)(?:[:_-]|\s+)?(?P<ref>[A-Za-z]+|-)(?:[:_/>|-]|\s+)"
    rf"(?P<alt>{_ALLELE}(?:,{_ALLELE})*){_BUILD}"
)
_HGVS = re.compile(
    r"(?P<contig>[^\s:()]+)(?:\([^)]*\))?:g\.(?P<pos>\d+)(?:_(?P<end>\d+))?"
    r"(?:(?P<ref>[ACGTacgt]+)>(?P<alt>[ACGTacgt]+)|(?P<edit>delins|ins|del|dup|inv)(?P<bases>[ACGTacgt]*)"
    r"(?:ins(?P<inserted>[ACGTacgt]+))?)"
)
MAX_ALLELES = 1000
"""Largest number of alternative alleles of a variant; calls of short repeats in many samples have up to a hundred."""
MAX_DIGITS = 18
"""Largest number of digits of a position."""
_COLUMNS = {
    "contig": ("chrom", "chr", "seqnames", "chromosome", "contig", "#chrom"),
    "pos": ("pos", "position"),
    "ref": ("ref", "reference", "ref_allele"),
    "alt": ("alt", "alts", "alternate", "alt_allele"),
    "id": ("id", "rsid", "variant", "name"),
}
_TOO_MANY = f"more than {MAX_ALLELES:,} alternative alleles"
_SPELLINGS = "'chr1:12345:A:G', 'chr1_12345_A_G_b38', 'chr1:g.12345A>G' or '1:12345 A/G' (1-based position)"


def read_variants(variants: Any, *, on_error: str = "warn") -> list[Variant]:
    """Read variants from a table, texts, tuples, objects of VCF readers, or a VCF file, plain or gzipped.

    Texts are ``chr1:12345:A:G``, ``chr1_12345_A_G_b38`` (GTEx), ``chr1:g.12345A>G`` or ``NC_000001.11:g.12345del``
    (HGVS), ``chr1:12345A>G``, ``1:12345 A/G``. Several alternative alleles, separated by commas or in a list, are several
    variants. Variants that can't be read are kept, with a status.

    Parameters
    ----------
    variants
        The variants.
    on_error
        ``"raise"`` raises an error if a gzipped file is cut short, of which the variants up to there are used else.

    Raises
    ------
    ValueError
        If no variant can be read.
    """
    variants = variants.to_pandas() if hasattr(variants, "to_pandas") else variants
    if isinstance(variants, Mapping) and not _fields(variants):
        variants = pd.DataFrame(variants)
    if isinstance(variants, pd.DataFrame):
        found = _from_table(variants)
    elif isinstance(variants, os.PathLike) or (isinstance(variants, str) and not _is_text(variants)):
        found = _from_vcf(Path(variants).expanduser(), on_error)
    else:
        single = isinstance(variants, str | Variant) or _is_tuple(variants) or bool(_fields(variants))
        if not single and not hasattr(variants, "__iter__"):
            msg = (
                f"`variants` is a {type(variants).__name__}, but must be a table, a VCF file, or a list of variants such as "
                f"{_SPELLINGS}."
            )
            raise TypeError(msg)
        items = [variants] if single else variants
        found = [variant.checked() for item in items for variant in _from_item(item)]
    if found and all(variant.status in {UNPARSABLE_VARIANT, NO_POSITION} for variant in found):
        msg = (
            f"None of {len(found)} variants can be read: the first is {found[0].id or str(found[0])!r}, which does not look "
            f"like {_SPELLINGS}. Names such as 'rs123' and HGVS names of transcripts must be converted first."
        )
        raise ValueError(msg)
    return found


def _is_text(text: str) -> bool:
    return not Path(text).is_file() and bool(_TEXT.fullmatch(text.strip()) or _HGVS.fullmatch(text.strip()))


def _is_tuple(item: Any) -> bool:
    """Whether an item is one variant: contig, position and alleles."""
    return _is_row(item) and not isinstance(item[1], tuple | list) and _position(item[1]) is not None


def _is_row(item: Any) -> bool:
    return isinstance(item, tuple | list | np.ndarray) and len(item) > 3


def _from_item(item: Any) -> list[Variant]:
    if isinstance(item, Variant):
        return [item]
    item = item.decode("latin-1") if isinstance(item, bytes) else item
    if isinstance(item, str):
        return _from_text(item.strip())
    if fields := _fields(item):
        return _variants(*fields)
    if _is_row(item):
        contig, pos, *rest = item
        # the order of VCF has the name before the alleles
        in_vcf_order = len(rest) > 2 and not _is_allele(rest[0]) and _is_allele(rest[1])
        ref, alt, id_ = (rest[1], rest[2], rest[0]) if in_vcf_order else (rest[0], rest[1], "")
        return _variants(contig, pos, ref, alt, id_)
    return [Variant("", 0, "", "", str(item)[:80], status=UNPARSABLE_VARIANT)]


def _is_allele(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[ACGTNacgtn]+|-", value) is not None


def _fields(item: Any) -> tuple[Any, Any, Any, Any, Any] | None:
    """Contig, position, alleles and name of a dict, a row of pandas, a named tuple, or an object of a VCF reader."""
    if isinstance(item, str | bytes | pd.DataFrame | Variant):
        return None
    if isinstance(item, pd.Series):
        item = item.to_dict()
    if hasattr(item, "_asdict"):
        item = item._asdict()
    if isinstance(item, Mapping):
        values = {str(key).lower(): value for key, value in item.items()}
    else:
        names = {name for options in _COLUMNS.values() for name in options}
        values = {name: getattr(item, name, getattr(item, name.upper(), None)) for name in names}
        values = {name: value for name, value in values.items() if value is not None and not callable(value)}
    keys = [next((name for name in options if name in values), None) for options in _COLUMNS.values()]
    if None in keys[:4] or isinstance(values[keys[1]], pd.Series | list | np.ndarray):  # type: ignore[index]
        return None
    return tuple(values[key] if key is not None else "" for key in keys)  # type: ignore[return-value]


def _variants(contig: Any, pos: Any, ref: Any, alt: Any, id_: Any = "") -> list[Variant]:
    """A variant for each alternative allele."""
    at, name = _position(pos), "" if id_ is None or id_ == "." else str(id_)
    several = list(alt) if isinstance(alt, list | tuple | np.ndarray) else str(alt).split(",", MAX_ALLELES)
    if len(several) > MAX_ALLELES:
        return [Variant("", 0, "", "", f"{contig}:{pos} with {_TOO_MANY}", status=UNPARSABLE_VARIANT)]
    where = "" if contig is None or contig is pd.NA or contig != contig else contig_text(contig)  # noqa: PLR0124  NaN
    status = "" if at is not None and where else NO_POSITION
    reference = _allele(ref)
    return [Variant(where, at or 0, reference, _allele(one), name, status=status).checked() for one in several or ["."]]


def _allele(value: Any) -> str:
    """An allele in upper case; ``"."`` for a missing value."""
    text = str(value).strip()
    return "." if text.lower() in {"", "nan", "none", "<na>"} else _upper(text)


def _upper(allele: str) -> str:
    return allele.upper() if allele.isalpha() else allele


def _position(value: Any) -> int | None:
    """A whole number, also as a float or text, else None."""
    try:
        number = float(str(value).replace(",", ""))
    except ValueError:
        return None
    return int(number) if np.isfinite(number) and number == int(number) else None


def _from_text(text: str) -> list[Variant]:
    if (found := _HGVS.fullmatch(text)) and len(found["end"] or found["pos"]) <= MAX_DIGITS >= len(found["pos"]):
        return [_from_hgvs(found, text).checked()]
    found = _TEXT.fullmatch(text)
    if found is None:
        return [Variant("", 0, "", "", text, status=UNPARSABLE_VARIANT)]
    several = "," in found["alt"]
    return _variants(found["contig"], found["pos"], found["ref"], found["alt"], "" if several else text)


def _from_hgvs(found: re.Match[str], text: str) -> Variant:
    pos, end = int(found["pos"]), int(found["end"] or found["pos"])
    if found["ref"]:
        return Variant(found["contig"], pos, found["ref"].upper(), found["alt"].upper(), text)
    bases, inserted = found["bases"].upper(), (found["inserted"] or "").upper()
    kind = found["edit"]
    if kind == "ins":
        status = "" if end == pos + 1 and bases and not inserted else UNPARSABLE_VARIANT
        return Variant(found["contig"], pos, "-", bases, text, status=status)
    if kind == "delins":
        status = "" if bases and not inserted else UNPARSABLE_VARIANT
        return Variant(found["contig"], pos, "", "", text, end, f"delins{bases}", status)
    if bases:  # written out, so that they can be compared with the genome
        status = "" if kind == "del" and len(bases) == end - pos + 1 else UNPARSABLE_VARIANT
        return Variant(found["contig"], pos, bases, inserted or "-", text, status=status)
    return Variant(found["contig"], pos, "", "", text, end, f"delins{inserted}" if inserted else kind)


def _from_table(table: pd.DataFrame) -> list[Variant]:
    lower = {str(column).lower(): column for column in reversed(table.columns)}
    columns = {key: next((lower[c] for c in names if c in lower), None) for key, names in _COLUMNS.items()}
    if columns["pos"] is None and {"start", "end"} <= lower.keys():
        columns["pos"] = lower["start"]  # ANNOVAR's tables have 1-based starts
    if missing := [key for key, column in columns.items() if column is None and key != "id"]:
        msg = (
            f"The table of variants has no column for {', '.join(missing)}: it needs 'chrom', 'pos' (1-based), 'ref' and "
            f"'alt', found {', '.join(map(repr, table.columns))}."
        )
        raise ValueError(msg)
    ids = table.index if columns["id"] is None else table[columns["id"]]
    rows = zip(*(table[columns[key]] for key in ("contig", "pos", "ref", "alt")), ids, strict=True)
    return [variant for row in rows for variant in _variants(*row)]


def _from_vcf(path: Path, on_error: str) -> list[Variant]:
    if not path.is_file():
        msg = f"`variants`: {str(path)!r} is neither a file nor a variant such as {_SPELLINGS}."
        raise ValueError(msg)
    found: list[Variant] = []
    try:
        found.extend(_vcf_lines(text_lines(path, "variants"), path))
    except TruncatedFileError as error:
        if on_error == "raise" or not found:
            raise
        warn(f"{error} The {len(found):,} variants before that are used.")
    if found and all(variant.status == UNPARSABLE_VARIANT for variant in found):
        msg = f"{path}, {found[0].id}: this is not a line of a VCF file."
        raise ValueError(msg)
    return found


def _vcf_lines(lines: Iterable[str], path: Path) -> Iterator[Variant]:
    for number, line in enumerate(lines, start=1):
        if line.startswith("BCF\x02"):
            msg = f"`variants`: {path} is a BCF file: convert it by `bcftools view {path.name} -o {path.stem}.vcf`."
            raise ValueError(msg)
        if line.startswith("#") or not line.strip():
            continue
        words = line.split("\t", 5)
        words = words if len(words) > 4 else line.split(None, 5)
        if len(words) < 5 or not words[1].isdecimal() or len(words[1]) > MAX_DIGITS:
            yield Variant("", 0, "", "", f"line {number}: {line[:60]!r}", status=UNPARSABLE_VARIANT)
            continue
        if words[4].count(",") >= MAX_ALLELES:
            yield Variant("", 0, "", "", f"line {number}, with {_TOO_MANY}", status=UNPARSABLE_VARIANT)
            continue
        for alt in words[4].strip().split(","):
            id_ = words[2] if words[2] != "." else f"{words[0]}:{words[1]}:{words[3]}:{alt}"
            yield Variant(words[0], int(words[1]), _upper(words[3]), _upper(alt), id_).checked()
