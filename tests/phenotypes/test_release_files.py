"""Files of releases: both formats of the ontology, annotations, genes, Orphadata, and files that are none of these."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from scgsfm.phenotypes import read_gene_links, read_hpoa, read_ontology, read_orphadata

RELEASES = Path(__file__).with_name("releases")


def test_both_formats_of_the_ontology_give_the_same() -> None:
    graph, obo = read_ontology(RELEASES / "hp.json"), read_ontology(RELEASES / "hp.obo")
    assert graph == obo
    assert graph.version == "2026-01-08"
    assert graph.terms[1250].name == "Seizure"
    assert graph.terms[1250].synonyms == [("Epilepsy", False), ("Epileptic seizure", True)]
    assert graph.terms[1250].alternatives == [2279]
    assert graph.terms[1166].synonyms == [('Long, "spidery" fingers', False)]
    assert graph.terms[8665].alternatives == [57]  # the only successor of an obsolete term
    assert graph.obsolete == {1726: ("Increased prevalence of valvular disease", [1654])}
    assert (2069, 1250) in graph.is_a
    assert len(graph.is_a) == 10


def test_compressed_files(tmp_path: Path) -> None:
    path = tmp_path / "hp.obo.gz"
    path.write_bytes(gzip.compress((RELEASES / "hp.obo").read_bytes()))
    assert read_ontology(path) == read_ontology(RELEASES / "hp.obo")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ValueError, match=r"hp\.obo\.gz cannot be read as text"):
        read_ontology(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"graphs": [{"nodes"', "not an ontology in the format OBO Graphs"),
        ('{"graphs": []}', "not an ontology in the format OBO Graphs"),
        ("id\tname\n", "neither an ontology in OBO Graphs"),
        ("format-version: 1.2\ndata-version: hp/releases/2026-01-08\n", "contains no terms"),
        (
            "format-version: 1.2\n\n[Term]\nid: HP:0000001\nname: All\n\n[Term]\nid: HP:0000118\nis_a: HP:0000001 ! All\n",
            "states no version",
        ),
        (
            "format-version: 1.2\ndata-version: hp/releases/2026-01-08\n\n[Term]\nid: HP:0000001\n\n[Term]\nid: HP:0000005\nis_a: HP:0000001\n",
            "has no term HP:0000118",
        ),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "pointer of Git LFS"),
    ],
)
def test_files_that_are_no_ontology(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "hp"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_ontology(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no file .*hp\.json"):
        read_ontology(tmp_path / "hp.json")


def test_annotations() -> None:
    release = read_hpoa(RELEASES / "phenotype.hpoa")
    assert release.version == "2026-01-08"
    dravet = "Dravet syndrome"
    assert release.names == {"OMIM:607208": dravet, "OMIM:154700": "Marfan syndrome", "ORPHA:33069": dravet}
    found = {(a.disease, a.term): a for a in release.annotations}
    assert len(found) == 8
    assert found["OMIM:607208", 2069][2:] == (False, "75%", "PMID:21463275;PMID:17347258", "PCS")
    assert found["OMIM:607208", 1083].negated
    assert found["OMIM:154700", 2279].negated  # in none of five patients


def test_annotations_in_the_format_of_2023(tmp_path: Path) -> None:
    new = (RELEASES / "phenotype.hpoa").read_text()
    old = new.replace("#version:", "#date:").replace("database_id\tdisease_name", "#DatabaseID\tDiseaseName")
    old = old.replace("hpo_id", "HPO_ID").replace("biocuration", "BiocurationBy")
    (tmp_path / "phenotype.hpoa").write_text(old)
    assert read_hpoa(tmp_path / "phenotype.hpoa") == read_hpoa(RELEASES / "phenotype.hpoa")


def test_few_bad_lines_are_left_out_and_many_refused(tmp_path: Path) -> None:
    text, path = (RELEASES / "phenotype.hpoa").read_text(), tmp_path / "phenotype.hpoa"
    bad = "OMIM:1\tA\t\tHP:12\tPMID:1\tPCS\t\t\t\t\tP\tx\n"
    path.write_text(text + bad)
    with pytest.raises(ValueError, match=r"1 of 9 lines cannot be read: line 13 \('HP:12' is not an HPO id\)"):
        read_hpoa(path)
    rows = text.splitlines(keepends=True)
    path.write_text("".join([*rows, *rows[4:] * 20, bad]))
    with pytest.warns(UserWarning, match="1 of 169 lines cannot be read"):
        assert read_hpoa(path) == read_hpoa(RELEASES / "phenotype.hpoa")
    path.write_text(text.replace("75%", "often"))
    with pytest.raises(ValueError, match="'often' is not a frequency"):
        read_hpoa(path)
    path.write_text(text.replace("75%", "7/5"))
    with pytest.raises(ValueError, match="'7/5' is not a frequency"):
        read_hpoa(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gene\tdisease\n", "no header with the columns databaseid"),
        ("", "no header with the columns databaseid"),
        ("\n".join((RELEASES / "phenotype.hpoa").read_text().splitlines()[:4]), "has a header, but no rows"),
        ((RELEASES / "phenotype.hpoa").read_text().replace("#version: 2026-01-08", ""), "states no version"),
    ],
)
def test_files_that_are_no_annotations(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "phenotype.hpoa"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_hpoa(path)


def test_genes_of_diseases(tmp_path: Path) -> None:
    links = read_gene_links(RELEASES / "genes_to_phenotype.txt")
    assert links == [("FBN1", "2200", "OMIM:154700", "associated"), ("SCN1A", "6323", "OMIM:607208", "associated")]
    links = read_gene_links(RELEASES / "genes_to_disease.txt")
    assert [link.relation for link in links] == ["associated", "associated (mendelian)"]
    assert links[1].entrez == "6323"
    old = "#Format: entrez-gene-id<tab>entrez-gene-symbol\n6323\tSCN1A\tHP:0001250\tSeizure\t-\t\t-\tmim2gene\tOMIM:607208\n"
    (tmp_path / "old.txt").write_text(old)
    assert read_gene_links(tmp_path / "old.txt") == [("SCN1A", "6323", "OMIM:607208", "associated (mim2gene)")]
    with pytest.raises(ValueError, match="no header with the columns ncbigeneid"):
        read_gene_links(RELEASES / "hp.obo")


def test_orphadata(tmp_path: Path) -> None:
    release = read_orphadata([RELEASES / "en_product6.xml", RELEASES / "en_product4.xml"])
    assert release.version == "2026-07"
    assert [(link.symbol, link.disease, link.relation) for link in release.links] == [
        ("SCN1A", "ORPHA:33069", "Disease-causing germline mutation(s) in"),
        ("SCN9A", "ORPHA:33069", "Modifying germline mutation in"),
    ]
    assert [(a.term, a.negated, a.frequency) for a in release.annotations] == [
        (1250, False, "HP:0040280"),
        (1166, True, "HP:0040285"),
    ]
    assert release.names == {"ORPHA:33069": "Dravet syndrome"}
    for text, message in (
        ("<JDBOR><DisorderList>", "not complete XML"),
        ("<JDBOR/>", "no disorders of Orphadata"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><JDBOR/>', "defines entities"),
    ):
        (tmp_path / "a.xml").write_text(text)
        with pytest.raises(ValueError, match=message):
            read_orphadata([tmp_path / "a.xml"])


def test_ontology_without_a_graph_of_the_hpo(tmp_path: Path) -> None:
    path = tmp_path / "mondo.json"
    nodes = [{"id": "http://purl.obolibrary.org/obo/MONDO_0000001", "lbl": "disease"}]
    path.write_text(json.dumps({"graphs": [{"nodes": nodes, "edges": []}]}))
    with pytest.raises(ValueError, match="contains no terms of the Human Phenotype Ontology"):
        read_ontology(path)
