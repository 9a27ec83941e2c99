"""Candidate genes: lists, text files, annotated VCF files, and the interpretations of phenopackets."""

from __future__ import annotations

import gzip
import re
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scgsfm._messages import warn
from scgsfm.errors import GeneMatchError
from scgsfm.genes import as_names

from ._gene_tables import find_symbols, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_HEADERS = {"gene", "genes", "symbol", "gene_symbol", "hgnc_symbol", "hgnc", "gene_name", "ensembl_id", "gene_id"}
_VCF = (".vcf", ".vcf.gz", ".vcf.bgz")
_GENE_FIELDS = {
    "CSQ": ("symbol", "gene"),
    "vep": ("symbol", "gene"),
    "ANN": ("gene_name", "gene_id"),
    "EFF": ("gene_name",),
    "BCSQ": ("gene",),
}
"""Annotations of VEP, SnpEff and bcftools in INFO, and the fields with the gene."""
_DEFAULT_FIELDS = {
    "ANN": ["allele", "annotation", "annotation_impact", "gene_name", "gene_id"],
    "BCSQ": ["consequence", "gene", "transcript"],
}
_OUTSIDE = {"intergenic_variant", "intergenic_region", "intergenic", "upstream_gene_variant", "downstream_gene_variant"}
"""Consequences of variants that are not in the gene."""


def read_candidates(candidates: Iterable[Any] | str | PathLike[str]) -> list[str]:
    """Names of candidate genes from a list, a text file with one a line, or an annotated VCF file.

    Lines of a text file may hold several names separated by blanks, commas or semicolons; columns after a tab are not
    read, and ``#`` starts a comment. Of a VCF file, the genes of the annotation by VEP (``CSQ``), SnpEff (``ANN``) or
    bcftools (``BCSQ``) are read, except those that a variant is only near.

    Raises
    ------
    ValueError
        If no gene is given, or a VCF file is not annotated.
    """
    if isinstance(candidates, PathLike) or (isinstance(candidates, str) and _is_path(candidates)):
        path = Path(candidates)
        if not path.is_file():
            msg = f"`candidates`: the file {path} does not exist."
            raise FileNotFoundError(msg)
        given = list(_genes_of_vcf(path) if path.name.lower().endswith(_VCF) else _genes_of_text(path))
    elif isinstance(candidates, str):
        msg = (
            f"`candidates` must be a list of genes or the path of a file, found the string {candidates!r}: "
            f"write [{candidates!r}]."
        )
        raise TypeError(msg)
    else:
        given = as_names(candidates).tolist()
    if names := list(dict.fromkeys(name.strip(" \"'") for name in given if name.strip(" \"'"))):
        return names
    msg = "`candidates` is empty: give at least one gene, or None for all genes."
    raise ValueError(msg)


def _is_path(text: str) -> bool:
    return text.lower().endswith((*_VCF, ".txt", ".tsv", ".csv")) or Path(text).is_file()


def _genes_of_text(path: Path) -> Iterator[str]:
    with _open(path) as file:
        for line in file:
            cell = line.partition("#")[0].partition("\t")[0].strip()
            yield from (name for name in re.split(r"[\s,;]+", cell) if name.casefold() not in _HEADERS)


def _genes_of_vcf(path: Path) -> Iterator[str]:
    """Genes in the order of the variants."""
    fields: dict[str, list[str]] = {}
    with _open(path) as file:
        for line in file:
            if line.startswith("##INFO=<ID="):
                key = line[11:].partition(",")[0]
                if key in _GENE_FIELDS:
                    fields[key] = _fields_of_header(key, line)
            elif not line.startswith("#"):
                info = line.rstrip("\n").split("\t")[7:8]
                for entry in info[0].split(";") if info else ():
                    key, _, value = entry.partition("=")
                    if key in fields:
                        yield from _genes_of_annotation(value, fields[key], _GENE_FIELDS[key])
    if not fields:
        msg = (
            f"`candidates`: {path} has no annotation of genes (CSQ, ANN or BCSQ in INFO). Annotate it by VEP, SnpEff or "
            "bcftools csq, or give a list of genes."
        )
        raise ValueError(msg)


def _fields_of_header(key: str, line: str) -> list[str]:
    """Names of the fields of an annotation, in lower case."""
    described = re.search(r"(?:Format:\s*|annotations:\s*'?)\[?([^\"'>]+)", line)
    names = [re.sub(r"[*()\[\]\s]", "", name).lower() for name in described[1].split("|")] if described else []
    return names if set(names) & set(_GENE_FIELDS[key]) else _DEFAULT_FIELDS.get(key, names)


def _genes_of_annotation(value: str, fields: Sequence[str], wanted: Sequence[str]) -> Iterator[str]:
    """The gene of each annotated transcript: the first of the wanted fields that is filled."""
    consequence = next((i for i, name in enumerate(fields) if name in ("consequence", "annotation")), None)
    for entry in value.split(","):
        cells = dict(zip(fields, entry.split("|"), strict=False))
        kinds = set(cells[fields[consequence]].split("&")) if consequence is not None else set()
        if not kinds or kinds - _OUTSIDE:
            gene = next((cells[name] for name in wanted if cells.get(name)), "")
            yield from (gene.split("&") if gene else ())


def _open(path: Path) -> Any:
    if path.name.lower().endswith((".gz", ".bgz")):
        return gzip.open(path, "rt", encoding="utf-8", errors="replace")
    return path.open(encoding="utf-8-sig", errors="replace")


def candidate_symbols(
    candidates: Iterable[Any] | str | PathLike[str], *, on_unknown: str = "warn", argument: str = "candidates"
) -> list[str]:
    """Approved symbols of candidate genes, each once; unknown names are reported in one warning, and stay as they are.

    Raises
    ------
    GeneMatchError
        If no name is known, or any is unknown and ``on_unknown`` is ``"raise"``.
    """
    names = read_candidates(candidates)
    found, unknown = find_symbols(names)
    if unknown and (on_unknown == "raise" or not any(found)):
        msg = f"{len(unknown)} of {len(names)} genes in `{argument}` are unknown:\n{lines_of(unknown)}"
        raise GeneMatchError(msg)
    if unknown and on_unknown == "warn":
        warn(f"{len(unknown)} of {len(names)} genes in `{argument}` are unknown, and ranked last:\n{lines_of(unknown)}")
    return list(dict.fromkeys(symbol or name for symbol, name in zip(found, names, strict=True)))


def genes_of_packet(packet: Any) -> list[str]:
    """Genes in the interpretations of a phenopacket of version 2, or listed in one of version 1."""
    inner = next((packet[key] for key in ("phenopacket", "proband") if isinstance(packet.get(key), dict)), packet)
    found = [_symbol(gene) for gene in inner.get("genes") or () if isinstance(gene, dict)]
    found += _genes_below([packet.get("interpretations"), inner.get("interpretations")])
    return list(dict.fromkeys(filter(None, found)))


def _genes_below(node: Any) -> list[str]:
    """Symbols of all genes below a part of a phenopacket, in their order."""
    if isinstance(node, list):
        return [gene for item in node for gene in _genes_below(item)]
    if not isinstance(node, dict):
        return []
    found = []
    for key, value in node.items():
        is_gene = key.replace("_", "").lower() in ("gene", "genecontext") and isinstance(value, dict)
        found += [_symbol(value)] if is_gene else _genes_below(value)
    return found


def _symbol(gene: dict[str, Any]) -> str:
    return str(next((gene[key] for key in ("symbol", "valueId", "value_id", "id") if gene.get(key)), ""))
