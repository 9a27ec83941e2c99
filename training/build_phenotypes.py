"""Write the index of phenotypes that ships with the package: ids, names, synonyms and relations, without definitions.

python training/build_phenotypes.py --data DATA     (DATA holds phenotype; default: the variable SCGSFM_DATA)

``--release 2023 --out FILE`` writes the index of the annotations of January 2023, for time splits. ``--without REFERENCES
--out FILE`` leaves out what may have been read in some publications (ids, one per line): the annotations that cite them, and
those that state no reference.
"""

from __future__ import annotations

import argparse
import gzip
import os
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from scgsfm.phenotypes import (
    ANNOTATIONS_FILE,
    Annotation,
    IndexContents,
    Link,
    check_index,
    orphanet_annotation,
    pack_index,
    read_gene_links,
    read_hpoa,
    read_ontology,
    write_index,
)

if TYPE_CHECKING:
    from collections.abc import Collection

HPO = {
    "licence": "HPO licence: cite, show the version, leave unaltered",
    "url": "https://hpo.jax.org",
    "citation": "Gargano et al. 2024, Nucleic Acids Research 52:D1333",
}
ORPHANET = {
    "title": "Orphanet",
    "licence": "CC BY 4.0",
    "url": "https://www.orphadata.com",
    "citation": "Orphanet: an online rare disease and orphan drug database, INSERM 1999",
}
MIM2GENE = {
    "title": "NCBI mim2gene_medgen",
    "version": "up to MIM 621534",
    "licence": "public domain",
    "url": "https://ftp.ncbi.nlm.nih.gov/gene/DATA",
    "citation": "National Center for Biotechnology Information, Gene",
}
MONDO = {
    "title": "Mondo",
    "version": "2025-12",
    "licence": "CC BY 4.0",
    "url": "https://mondo.monarchinitiative.org",
    "citation": "Vasilevsky et al. 2022, medRxiv 2022.04.13.22273750",
}
CLINGEN = {
    "title": "ClinGen gene-disease validity",
    "version": "2025-01",
    "licence": "CC0",
    "url": "https://clinicalgenome.org",
    "citation": "Strande et al. 2017, American Journal of Human Genetics 100:895",
}
GENE2PHENOTYPE = {
    "title": "Gene2Phenotype",
    "version": "2026-01",
    "licence": "EMBL-EBI terms of use, with attribution",
    "url": "https://www.ebi.ac.uk/gene2phenotype",
    "citation": "Thormann et al. 2019, Nature Communications 10:2373",
}
VALID = ("definitive", "strong", "moderate")
"""Classes of validity that make a gene one of a disease; limited, disputed and refuted ones do not."""


def rows_of(path: Path) -> list[list[str]]:
    """Cells of a table, without comments."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]


def read_disorders(path: Path) -> dict[str, tuple[str, list[str]]]:
    """Name and synonyms of each disorder of Orphanet."""
    return {f"ORPHA:{r[0]}": (r[1], [s for s in r[4].split("|") if s]) for r in rows_of(path)[1:]}


def mim2gene(folder: Path) -> list[Link]:
    links = []
    for mim, entrez, kind, _, _, comment in rows_of(folder / "mim2gene_medgen.tsv"):
        if kind == "phenotype" and entrez != "-":
            relation = "phenotype" if comment == "-" else f"phenotype ({comment})"
            links.append(Link("", entrez, f"OMIM:{mim}", relation))
    return links


def orphanet_genes(path: Path) -> list[Link]:
    return [Link(row[1], "", f"ORPHA:{row[0]}", row[2]) for row in rows_of(path)[1:]]


def contents_of_2023(folder: Path) -> IndexContents:
    """The annotations of January 2023 with the ontology of April 2024."""
    released = read_hpoa(folder / "hpo_phenotype_2023-01-27.hpoa.gz")
    disorders = read_disorders(folder / "orphanet_2023-06_disorders.tsv.gz")
    return IndexContents(
        "scgsfm-2023.01",
        read_ontology(folder / "hp_2024-04-26.json.gz"),
        {"hpo_annotations": released.annotations},
        {
            "hpo_annotations": read_gene_links(folder / "hpo_genes_to_phenotype_2023-01-27.txt.gz"),
            "orphanet": orphanet_genes(folder / "orphanet_2023-06_gene_disease.tsv.gz"),
            "mim2gene": mim2gene(folder),
        },
        {disease: name for disease, (name, _) in disorders.items()} | released.names,
        {
            "hpo": {"title": "Human Phenotype Ontology", "version": "2024-04-26"} | HPO,
            "hpo_annotations": {"title": "HPO annotations", "version": released.version} | HPO,
            "orphanet": {"version": "2023-06"} | ORPHANET,
            "mim2gene": MIM2GENE,
        },
        {disease: synonyms for disease, (_, synonyms) in disorders.items()},
    )


def contents_of_today(folder: Path) -> IndexContents:
    """The newest release of each source."""
    ontology = read_ontology(folder / "hp_2026-02-16.obo.gz")
    ontology.newer = {int(r[0][3:]): r[1] for r in rows_of(folder / "hpo_2026-06-23_newer_terms_labels.tsv.gz")[1:]}
    released = read_hpoa(folder / "phenotype_2025-01-16.hpoa.gz")
    pairs = rows_of(folder / "hpo3_2025-11-24_disease_to_hpo.tsv.gz")[1:]
    disorders = read_disorders(folder / "orphanet_2025-12_disorders.tsv.gz")
    mondo = rows_of(folder / "mondo_omim_genes_2026-03.tsv.gz")[1:]
    validity = rows_of(folder / "gene2phenotype_2026-01.tsv.gz")[1:]
    other_ids = defaultdict(set)
    for key, _, omim, _ in mondo:
        other_ids[key].add(omim)
    of_mondo = set(other_ids)
    for row in validity:
        if row[6] and row[7] and row[7] not in of_mondo:
            other_ids[row[7]].add(f"OMIM:{row[6]}")
    names = {disease: name for disease, name, _ in pairs} | released.names
    return IndexContents(
        "scgsfm-2026.11",
        ontology,
        {
            "hpo_annotations": released.annotations,
            "orphanet": orphanet_phenotypes(folder / "orphanet_2025-12_disease_phenotype.tsv.gz"),
            "hpo_pairs": [Annotation(disease, int(term[3:]), False, "", "", "") for disease, _, term in pairs],
        },
        {
            "hpo_annotations": read_gene_links(folder / "genes_to_phenotype_2025-01-16.txt.gz"),
            "orphanet": orphanet_genes(folder / "orphanet_2025-12_gene_disease.tsv.gz"),
            "mim2gene": mim2gene(folder),
            "mondo": [Link(hgnc, "", omim, "Causal gene of") for _, hgnc, omim, _ in mondo if omim.startswith("OMIM:")],
            "clingen": clingen(folder / "clingen_gene_validity_2024-25.tsv.gz", other_ids),
            "gene2phenotype": [
                Link(f"HGNC:{row[3]}", "", f"OMIM:{row[6]}", f"{row[10].capitalize()} validity in")
                for row in validity
                if row[10].lower() in VALID and row[6].isdecimal()
            ],
        },
        names | {disease: name for disease, (name, _) in disorders.items() if disease not in names},
        {
            "hpo": {"title": "Human Phenotype Ontology", "version": ontology.version} | HPO,
            "hpo_annotations": {"title": "HPO annotations", "version": released.version} | HPO,
            "orphanet": {"version": "2025-12"} | ORPHANET,
            "hpo_pairs": {"title": "HPO annotations (pairs only)", "version": "2025-11-24"} | HPO,
            "mim2gene": MIM2GENE,
            "mondo": MONDO,
            "clingen": CLINGEN,
            "gene2phenotype": GENE2PHENOTYPE,
        },
        {disease: synonyms for disease, (_, synonyms) in disorders.items()},
        {key: sorted(diseases) for key, diseases in other_ids.items()},
    )


def orphanet_phenotypes(path: Path) -> list[Annotation]:
    return [orphanet_annotation(f"ORPHA:{row[0]}", int(row[1][3:]), row[2]) for row in rows_of(path)[1:]]


def clingen(path: Path, other_ids: dict[str, set[str]]) -> list[Link]:
    """Curated genes of the diseases of OMIM that a disease of Mondo stands for."""
    return [
        Link(row[1], row[3], omim, f"{row[6]} validity in")
        for row in rows_of(path)[1:]
        if row[6].lower() in VALID
        for omim in sorted(other_ids.get(row[5].replace("_", ":"), ()))
    ]


def without(contents: IndexContents, references: Collection[str]) -> IndexContents:
    """The index without annotations that cite some publications, and without those that state no reference."""
    forbidden = set(references)
    contents.annotations = {
        source: [a for a in annotations if a.reference and not forbidden & set(a.reference.split(";"))]
        for source, annotations in contents.annotations.items()
    }
    return contents


CONTENTS = {"2023": contents_of_2023, "today": contents_of_today}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("SCGSFM_DATA"))
    parser.add_argument("--release", choices=CONTENTS, default="today")
    parser.add_argument("--without", type=Path, metavar="REFERENCES")
    parser.add_argument("--out", type=Path, default=ANNOTATIONS_FILE)
    args = parser.parse_args()
    folder = Path(args.data or parser.error("give --data or set SCGSFM_DATA")) / "phenotype"
    contents = CONTENTS[args.release](folder)
    if args.without:
        contents = without(contents, args.without.read_text(encoding="utf-8").split())
    packed = pack_index(contents)
    check_index(packed, {"terms": 15_000, "annotations": 200_000, "genes": 4_000})
    write_index(args.out, packed.arrays)
    for name, count in packed.counts.items():
        print(f"{name:>32}: {count:,}")
    print(f"{packed.unknown_terms:,} annotations of terms that the ontology lacks; {args.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
