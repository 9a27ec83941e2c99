"""Names of contigs: UCSC, Ensembl, RefSeq and GenBank names of the same sequence, and numbers that became floats."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_MITOCHONDRIA = ("M", "MT")
_CHROMOSOMES = [*map(str, range(1, 23)), "X", "Y"]
# version of the RefSeq accession NC_0000nn in GRCh38; that in GRCh37 is one less
_VERSIONS = dict(
    zip(
        _CHROMOSOMES,
        (11, 12, 12, 12, 10, 12, 14, 11, 12, 11, 10, 12, 11, 9, 10, 10, 11, 10, 10, 11, 9, 11, 11, 10),
        strict=True,
    )
)
_LENGTHS = {
    "GRCh38": (
        248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636, 138394717, 133797422,
        135086622, 133275309, 114364328, 107043718, 101991189, 90338345, 83257441, 80373285, 58617616, 64444167,
        46709983, 50818468, 156040895, 57227415,
    ),
    "GRCh37": (
        249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022, 141213431, 135534747,
        135006516, 133851895, 115169878, 107349540, 102531392, 90354753, 81195210, 78077248, 59128983, 63025520,
        48129895, 51304566, 155270560, 59373566,
    ),
}  # fmt: skip
_BUILDS = {length: build for build, lengths in _LENGTHS.items() for length in lengths} | {16571: "hg19's chrM"}
"""Length of a human chromosome → its build."""
_REFSEQ = re.compile(r"NC_0*(\d+)\.(\d+)")
_GENBANK = re.compile(r"CM000(\d+)\.(\d+)")
_UNPLACED = re.compile(r"(?:chr\w{1,2}_)?([A-Z]{2}\d{6})(?:[v.](\d+))?(?:_(?:random|alt|fix))?", re.IGNORECASE)
_FLOAT = re.compile(r"(\d+)\.0+")


def contig_text(value: Any) -> str:
    """The name of a contig in a table; a number that became a float, since others are missing, is whole again."""
    text = str(value).strip()
    whole = _FLOAT.fullmatch(text)
    return whole[1] if whole else text


def chromosome(accession: str) -> tuple[str, str] | None:
    """The human chromosome and the build of a RefSeq or GenBank accession, else None."""
    if found := _REFSEQ.fullmatch(accession):
        number, version = int(found[1]), int(found[2])
        if number == 12920:
            return "MT", "rCRS"
        if 60925 <= number <= 60948:
            return _CHROMOSOMES[number - 60925], "CHM13"
        if not 1 <= number <= len(_CHROMOSOMES):
            return None
        name = _CHROMOSOMES[number - 1]
        builds = {_VERSIONS[name]: "GRCh38", _VERSIONS[name] - 1: "GRCh37"}
        return name, builds.get(version, "an older build")
    if found := _GENBANK.fullmatch(accession):
        number = int(found[1]) - 663
        if 0 <= number < len(_CHROMOSOMES):
            return _CHROMOSOMES[number], {"1": "GRCh37", "2": "GRCh38"}.get(found[2], "an older build")
    return None


def other_names(contig: str) -> list[str]:
    """Other names of a contig: with or without ``chr``, ``M`` or ``MT``, of an accession, or without ``.0``."""
    known = chromosome(contig)
    plain = known[0] if known else contig_text(contig[3:] if contig.lower().startswith("chr") else contig)
    plains = _MITOCHONDRIA if plain.upper() in _MITOCHONDRIA else tuple(dict.fromkeys((plain, plain.upper())))
    return [name for p in plains for name in (f"chr{p}", p) if name != contig]


def contig_names(wanted: Iterable[str], available: Iterable[str] | Mapping[str, int]) -> dict[str, str]:
    """The name in ``available`` of each wanted contig that has one, under the same or another name.

    Accessions of one build never find a chromosome whose length is that of another; lengths are known if
    ``available`` maps names to lengths.
    """
    names = set(available)
    lengths = available if isinstance(available, Mapping) else {}
    by_accession: dict[tuple[str, str], str] = {}
    accessions: dict[str, str] = {}
    for name in sorted(names):
        if known := chromosome(name):
            accessions.setdefault(known[0], name)
        elif key := _unplaced(name):
            by_accession.setdefault(key, name)
    out = {}
    for contig in dict.fromkeys(wanted):
        found = next((name for name in (contig, *other_names(contig)) if name in names), None)
        if found is None and (key := _unplaced(contig)):
            found = by_accession.get(key)
        if found is None:
            found = next((accessions[name] for name in (contig, *other_names(contig)) if name in accessions), None)
        if found is not None and (found == contig or _same_build(contig, found, lengths)):
            out[contig] = found
    return out


def _unplaced(name: str) -> tuple[str, str] | None:
    """Accession and version of a contig outside the chromosomes, such as ``chrUn_GL000220v1`` or ``GL000220.1``."""
    found = _UNPLACED.fullmatch(name)
    return (found[1].upper(), found[2] or "1") if found else None


def _same_build(contig: str, name: str, lengths: Mapping[str, int]) -> bool:
    builds = {known[1] for one in (contig, name) if (known := chromosome(one))}
    if lengths.get(name) in _BUILDS:
        builds |= {_BUILDS[lengths[name]]} if builds else set()
    return len(builds - {"rCRS"}) <= 1 if "hg19's chrM" not in builds else False
