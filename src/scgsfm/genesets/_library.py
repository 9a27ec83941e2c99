"""Libraries of gene sets: embedded, or downloaded from Enrichr or MSigDB."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np

from scgsfm._messages import similar_names, suggestion
from scgsfm.errors import DownloadError

from ._gmt import SUFFIXES, read_gmt, suffix
from ._network import is_network, network_sets, networks_catalogue, plain_name
from ._normalize import GeneSetArrays, normalize

if TYPE_CHECKING:
    from typing import IO, Any

_DATA = files("scgsfm") / "data" / "genesets"
_ENRICHR = "https://maayanlab.cloud/Enrichr/geneSetLibrary?mode=text&libraryName="
_MSIGDB = "https://data.broadinstitute.org/gsea-msigdb/msigdb/release"
_MSIGDB_NAME = re.compile(
    r"(?P<stem>[\w.]+)\.v(?P<release>\d+(?:\.\d+)+\.(?:Hs|Mm))(?:\.(?P<ids>symbols|entrez))?(?:\.gmt)?"
)
_ENRICHR_NAME = re.compile(r"[\w.()-]*[A-Z][\w.()-]*")
"""Every name of Enrichr has a capital."""
_KNOWN = (
    "BioPlanet_2019",
    "CellMarker_2024",
    "CellMarker_Augmented_2021",
    "ChEA_2022",
    "GO_Biological_Process_2023",
    "GWAS_Catalog_2023",
    "Human_Phenotype_Ontology",
    "KEGG_2019_Mouse",
    "KEGG_2021_Human",
    "MSigDB_Hallmark_2020",
    "PanglaoDB_Augmented_2021",
    "Reactome_2022",
    "TRRUST_Transcription_Factors_2019",
    "WikiPathway_2021_Human",
    "WikiPathways_2024_Human",
)
"""Popular Enrichr libraries, for suggestions."""


@cache
def catalogue() -> dict[str, dict[str, Any]]:
    """Embedded libraries: name → version, source, license, counts."""
    libraries: dict[str, dict[str, Any]] = json.loads((_DATA / "libraries.json").read_text(encoding="utf-8"))
    return libraries


def is_embedded(name: str) -> bool:
    """Whether ``name`` is an embedded library, or a network; case does not matter."""
    return plain_name(name) in catalogue() or is_network(name)


def has_file_form(text: str) -> bool:
    """Whether ``text`` is a file, or has the extension of one."""
    return suffix(text) in SUFFIXES or text.lower().endswith(".gz") or Path(text).is_file()


def is_file_name(text: str) -> bool:
    """Whether ``text`` is a file name rather than the name of a library."""
    return has_file_form(text) or "/" in text or os.sep in text


def is_library_name(text: str) -> bool:
    """Whether ``text`` has the form of a name of a library, embedded or not, rather than that of a gene."""
    return (
        is_embedded(text)
        or text in _KNOWN
        or _MSIGDB_NAME.fullmatch(text) is not None
        or ("_" in text and _ENRICHR_NAME.fullmatch(text) is not None)
    )


def read_library(name: str) -> tuple[GeneSetArrays, dict[str, str]]:
    """Gene sets of a library, and information about it."""
    if is_network(name):
        return network_sets(name)
    if is_embedded(name):
        key = plain_name(name)
        with (_DATA / f"{key}.npz").open("rb") as file:
            arrays = unpack(file)
        return arrays, {"name": key} | {k: v for k, v in catalogue()[key].items() if isinstance(v, str)}
    if match := _MSIGDB_NAME.fullmatch(name):
        return _download_msigdb(match)
    if not _ENRICHR_NAME.fullmatch(name):
        raise ValueError(unknown_library(name))
    return _download_enrichr(name)


def unpack(file: IO[bytes]) -> GeneSetArrays:
    """Unweighted gene sets from an array file of ``training/build_libraries.py``.

    The sorted members of all sets are stored as differences modulo 2¹⁶, low bytes before high bytes, because these
    compress well. Their cumulative sum in unsigned 16-bit integers restores the members.
    """
    with np.load(file, allow_pickle=False) as arrays:
        names = arrays["names"].tobytes().decode().split("\n")
        genes = np.array(arrays["genes"].tobytes().decode().split("\n"), dtype=object)
        indptr = np.concatenate([[0], np.cumsum(arrays["sizes"], dtype=np.int64)])
        steps = np.ascontiguousarray(arrays["members"].T).view("<u2").ravel()
    return GeneSetArrays(names, genes, indptr, np.cumsum(steps, dtype=np.uint16).astype(np.int32), None)


def unknown_library(name: str) -> str:
    """The message about a name that is not a library."""
    plain = {plain_name(library): library for library in [*catalogue(), *networks_catalogue(), *_KNOWN]}
    hint = suggestion([repr(plain[close]) for close in similar_names(plain_name(name), plain, cutoff=0.5)])
    return (
        f"There is no gene-set library or file {name!r}.{hint} Embedded libraries: {', '.join(catalogue())}. "
        "Others are downloaded by their name in Enrichr ('KEGG_2021_Human') or MSigDB ('h.all.v2024.1.Hs')."
    )


def _download_enrichr(name: str) -> tuple[GeneSetArrays, dict[str, str]]:
    url = _ENRICHR + quote(name)
    arrays = _download(name, url, f"genesets/enrichr/{name}.gmt")
    info = {"source": "Enrichr", "version": name, "licence": "that of the original source; not checked"}
    return arrays, {"name": name} | info | {"url": url}


def _download_msigdb(match: re.Match[str]) -> tuple[GeneSetArrays, dict[str, str]]:
    file = f"{match['stem']}.v{match['release']}.{match['ids'] or 'symbols'}.gmt"
    url = f"{_MSIGDB}/{match['release']}/{file}"
    arrays = _download(match[0], url, f"genesets/msigdb/{file}")
    licence = "CC BY 4.0, but sets of KEGG, BioCarta and others have their own terms"
    return arrays, {"name": match[0], "source": "MSigDB", "version": match["release"], "licence": licence, "url": url}


def _download(name: str, url: str, path: str) -> GeneSetArrays:
    from scgsfm._fetch import fetch
    from scgsfm.settings import settings

    existed = (settings.cache_dir / path).is_file()
    try:
        file = fetch([url], path)
    except DownloadError as error:
        if name in _KNOWN:
            embedded = f"Embedded libraries, which need no download: {', '.join(catalogue())}."
            msg = f"The gene-set library {name!r} is not embedded, and its download failed. {embedded}\n{error}"
        else:
            msg = f"{unknown_library(name)}\nThe download failed: {error}"
        raise DownloadError(msg) from error
    try:
        parsed = read_gmt(file)
        arrays = normalize(parsed)
    except ValueError as error:
        if existed:
            msg = f"{error} Delete {file} to download it again from {url}."
            raise ValueError(msg) from error
        file.unlink()
        msg = f"{unknown_library(name)}\n{url} did not return gene sets: {error}"
        raise ValueError(msg) from error
    parsed.report.log()
    return arrays
