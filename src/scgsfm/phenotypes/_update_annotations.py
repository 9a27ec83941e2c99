"""A user's own index, built from the files that the HPO consortium and Orphanet publish."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from scgsfm._checks_types import checks_types
from scgsfm._fetch import fetch
from scgsfm._logging import logger

from ._annotations import HPOAnnotations, read_annotations
from ._index_in_use import ANNOTATIONS_FILE, BUNDLED, index_folder
from ._orphadata import read_orphadata
from ._packed_index import IndexContents, check_index, pack_index, write_index
from ._release_files import Link, OrphanetRelease, read_gene_links, read_hpoa, read_ontology

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

HPO_URLS = {
    "hpo": "https://purl.obolibrary.org/obo/hp.json",
    "annotations": "https://purl.obolibrary.org/obo/hp/hpoa/phenotype.hpoa",
    "genes": "https://purl.obolibrary.org/obo/hp/hpoa/genes_to_phenotype.txt",
}
"""Addresses of the newest release of the consortium."""
LEAST = {"terms": 10_000, "annotations": 100_000, "links": 5_000, "genes": 3_000}
"""Minimum counts of a complete release."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class InstalledIndex(NamedTuple):
    """An index that was built."""

    name: str
    """The value of ``settings.phenotypes`` that chooses it."""
    path: Path
    counts: dict[str, int]
    """Terms, diseases, genes, and annotations and links by source."""
    versions: dict[str, str]
    """Version of each source."""


@checks_types
def update_annotations(
    *,
    hpo: str | os.PathLike[str] | None = None,
    annotations: str | os.PathLike[str] | None = None,
    genes: str | os.PathLike[str] | None = None,
    orphanet: Iterable[str | os.PathLike[str]] = (),
    name: str | None = None,
    download: bool = False,
    allow_small: bool = False,
) -> InstalledIndex:
    """Build an index of phenotypes from files that were published, and install it in the cache directory.

    ``settings.phenotypes = name`` chooses it. Nothing else changes: without this, the index in the package stays in use.
    The predictor and the weights of the ranking are those of the package. Genes of diseases from other sources (NCBI,
    Mondo, ClinGen, Gene2Phenotype, and Orphanet unless given) are those of the index in the package, with their versions.

    Parameters
    ----------
    hpo
        Ontology: ``hp.json`` or ``hp.obo``. All files may be compressed.
    annotations
        Phenotypes of diseases: ``phenotype.hpoa``.
    genes
        Genes of diseases: ``genes_to_phenotype.txt`` or ``genes_to_disease.txt``. Without it, those of the HPO release in
        the index in the package are used.
    orphanet
        Products of Orphadata: ``en_product6.xml`` (genes), ``en_product4.xml`` (phenotypes), ``en_product1.xml`` (names).
    name
        Name of the index; by default the version of the annotations, such as ``"2025-01-16"``. An index of this name is
        replaced, once the new one is complete.
    download
        Download those of ``hpo``, ``annotations`` and ``genes`` that are not given, in their newest release, from the
        consortium.
    allow_small
        Accept files with fewer terms or annotations than a complete release has.

    Returns
    -------
    Name, file, counts and versions.

    Raises
    ------
    ValueError
        If a file is not what it should be, is cut, or does not fit the others.
    FileNotFoundError
        If a file does not exist.
    DownloadError
        If a file cannot be downloaded.

    Examples
    --------
    >>> import scgsfm
    >>> built = scgsfm.phenotypes.update_annotations(hpo="hp.json", annotations="phenotype.hpoa")  # doctest: +SKIP
    >>> scgsfm.settings.phenotypes = built.name  # doctest: +SKIP
    """
    if name is not None and (not _NAME.fullmatch(name) or name == BUNDLED or name.endswith(".npz")):
        msg = f"`name` is {name!r}, but must consist of letters, digits, '.', '_' and '-', and not be 'bundled'."
        raise ValueError(msg)
    files = {"hpo": hpo, "annotations": annotations, "genes": genes}
    missing = [key for key in ("hpo", "annotations") if files[key] is None]
    if missing and not download:
        needed = " and ".join(f"`{key}`" for key in missing)
        msg = f"Give {needed}: files of the HPO consortium, such as hp.json and phenotype.hpoa, or `download=True`."
        raise ValueError(msg)
    downloads = f"phenotypes/downloads/{date.today()}"
    if download:
        for key in [key for key, file in files.items() if file is None]:
            files[key] = fetch([HPO_URLS[key]], f"{downloads}/{HPO_URLS[key].rpartition('/')[2]}")
    contents = _contents(files, [Path(path) for path in orphanet], name)
    packed = pack_index(contents)
    check_index(packed, {} if allow_small else LEAST)
    path = index_folder() / f"{contents.name}.npz"
    write_index(path, packed.arrays)
    read_annotations(path)
    if download:
        shutil.rmtree(index_folder() / "downloads", ignore_errors=True)
    if packed.unknown_terms:
        logger.info("%s annotations have terms that the ontology lacks: they are left out.", packed.unknown_terms)
    versions = {about["title"]: about["version"] for about in contents.sources.values()}
    return InstalledIndex(contents.name, path, packed.counts, versions)


def _contents(
    files: Mapping[str, str | os.PathLike[str] | None], orphanet: list[Path], name: str | None
) -> IndexContents:
    """What the files say, completed by the index in the package."""
    bundled = read_annotations(ANNOTATIONS_FILE)
    ontology = read_ontology(Path(files["hpo"] or ""))
    release = read_hpoa(Path(files["annotations"] or ""))
    if ontology.version < release.version[:4]:
        logger.warning(
            "The ontology is of %s, the annotations of %s: newer terms are left out.", ontology.version, release.version
        )
    links = _bundled_links(bundled)
    sources = {key: dict(about) for key, about in bundled.sources.items() if key in links or key == "hpo"}
    sources["hpo"]["version"] = ontology.version
    sources["hpo_annotations"] = bundled.sources["hpo_annotations"] | {"version": release.version}
    if files["genes"] is not None:
        links["hpo_annotations"] = read_gene_links(Path(files["genes"]))
    else:
        links["hpo_genes"] = links.pop("hpo_annotations", [])
        sources["hpo_genes"] = bundled.sources["hpo_annotations"] | {"title": "HPO genes of diseases"}
    annotations = {"hpo_annotations": release.annotations}
    given = read_orphadata(orphanet) if orphanet else OrphanetRelease("", [], {}, {}, [])
    sources["orphanet"] = dict(bundled.sources["orphanet"])
    if given.version:
        sources["orphanet"]["version"] = given.version
    if given.links:
        links["orphanet"] = given.links
    if given.annotations:
        annotations["orphanet"] = given.annotations
    names = dict(zip(bundled.disease_ids, bundled.disease_names, strict=True)) | given.names | release.names
    synonyms: dict[str, list[str]] = defaultdict(list)
    for text, row in zip(bundled.disease_synonyms, bundled.disease_synonym_rows.tolist(), strict=True):
        synonyms[bundled.disease_ids[row]].append(text)
    other_ids = {key: [bundled.disease_ids[row] for row in rows] for key, rows in bundled.other_ids.items()}
    return IndexContents(
        name or release.version, ontology, annotations, links, names, sources, synonyms | given.synonyms, other_ids
    )


def _bundled_links(bundled: HPOAnnotations) -> dict[str, list[Link]]:
    """Genes of diseases in the package, by source."""
    links: dict[str, list[Link]] = defaultdict(list)
    for gene, disease, kind in bundled.links.tolist():
        source, relation = bundled.kinds[kind]
        links[source].append(Link(bundled.genes[gene], "", bundled.disease_ids[disease], relation))
    return dict(links)
