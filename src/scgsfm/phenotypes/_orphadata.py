"""Products of Orphadata in XML: names of disorders, their genes and their phenotypes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ._release_files import Annotation, Link, OrphanetRelease, date_in, term_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FREQUENCY_CLASSES = {
    "Obligate (100%)": "HP:0040280",
    "Very frequent (99-80%)": "HP:0040281",
    "Frequent (79-30%)": "HP:0040282",
    "Occasional (29-5%)": "HP:0040283",
    "Very rare (<4-1%)": "HP:0040284",
    "Excluded (0%)": "HP:0040285",
}
"""Classes of the ontology by the words of Orphanet."""


def orphanet_annotation(disease: str, term: int, words: str) -> Annotation:
    """A phenotype of a disorder, as HPO annotations write those of Orphanet."""
    frequency = FREQUENCY_CLASSES.get(words, "")
    return Annotation(disease, term, frequency == "HP:0040285", frequency, disease, "TAS")


def read_orphadata(paths: Iterable[Path]) -> OrphanetRelease:
    """Read products of Orphadata: ``en_product1.xml`` (names), ``en_product4.xml`` (phenotypes), ``en_product6.xml`` (genes).

    Raises
    ------
    ValueError
        If a file is not a product of Orphadata, or has neither genes nor phenotypes nor synonyms.
    """
    release = OrphanetRelease("", [], {}, {}, [])
    for path in paths:
        text = text_of(path)
        if "<!DOCTYPE" in text or "<!ENTITY" in text:  # entities can expand without limit, and Orphadata has none
            msg = f"{path} defines entities of XML: it is not a product of Orphadata, such as en_product6.xml."
            raise ValueError(msg)
        try:
            root = ET.fromstring(text.encode())  # noqa: S314
        except ET.ParseError as error:
            msg = f"{path} is not complete XML ({error}): give a product of Orphadata, such as en_product6.xml."
            raise ValueError(msg) from error
        disorders = list(root.iter("Disorder"))
        if root.tag != "JDBOR" or not disorders:
            msg = (
                f"{path} contains no disorders of Orphadata: give en_product1.xml, en_product4.xml or en_product6.xml."
            )
            raise ValueError(msg)
        release.version = max(release.version, date_in(root.get("date", ""))[:7])
        for disorder in disorders:
            _add(release, disorder)
    return release


def _add(release: OrphanetRelease, disorder: ET.Element) -> None:
    code = (disorder.findtext("OrphaCode") or "").strip()
    if not code.isdecimal():
        return
    disease = f"ORPHA:{code}"
    if name := (disorder.findtext("Name") or "").strip():
        release.names[disease] = name
    if synonyms := [text for each in disorder.findall("SynonymList/Synonym") if (text := (each.text or "").strip())]:
        release.synonyms[disease] = synonyms
    for found in disorder.findall("DisorderGeneAssociationList/DisorderGeneAssociation"):
        symbol = (found.findtext("Gene/Symbol") or "").strip()
        relation = (found.findtext("DisorderGeneAssociationType/Name") or "").strip()
        # candidates and biomarkers are no genes that cause the disease
        if symbol and relation not in ("Candidate gene tested in", "Biomarker tested in"):
            release.links.append(Link(symbol, "", disease, relation))
    for found in disorder.findall("HPODisorderAssociationList/HPODisorderAssociation"):
        term = term_of(found.findtext("HPO/HPOId") or "")
        if term is not None:
            words = (found.findtext("HPOFrequency/Name") or "").strip()
            release.annotations.append(orphanet_annotation(disease, term, words))
