"""The tables: symbols of older releases, orthologs, and species other than human and mouse."""

from __future__ import annotations

import numpy as np
import pytest

from scgsfm import GeneSets, datasets
from scgsfm.genes import ORGANISMS, gene_labels, match, resolve
from scgsfm.genes._tables import HOW, table


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ARNTL", "BMAL1"),
        ("KIAA1109", "BLTP1"),
        ("TDGF1", "CRIPTO"),
        ("C16orf72", "HAPSTR1"),
        ("GBA", "GBA1"),
        ("DDX58", "RIGI"),
        ("H2AFY", "MACROH2A1"),
    ],
)
def test_old_and_new_symbols_match_each_other(old: str, new: str) -> None:
    assert resolve([old]).symbols.tolist() == [new]
    assert match([old], ["ACTB", new]).tolist() == match([new], ["ACTB", old]).tolist() == [1]


def test_symbols_withdrawn_since_2022_are_kept() -> None:
    assert resolve(["DLX6-AS2", "TTTY13B"]).how.tolist() == ["approved", "approved"]


def test_same_name_orthologs_come_first() -> None:
    names = ["Mx1", "Mx2", "Ifit1", "Cxcl1", "Cxcl5", "Ctsl", "Ccl8", "Nat1", "Gstm1", "H2bc4"]
    assert resolve(names, organism="mouse").symbols.tolist() == [name.upper() for name in names]


def test_mouse_symbols_that_are_human_symbols_lead_to_them() -> None:
    mouse, human = table("mouse"), table("human")
    same = [i for i, name in enumerate(mouse.symbols) if mouse.coding[i] and human.find_approved(name.upper())]
    lost = [mouse.symbols[i] for i in same if mouse.human[i] != mouse.symbols[i].upper()]
    assert len(same) > 15500
    assert len(lost) < 0.01 * len(same)


@pytest.mark.parametrize("organism", ORGANISMS)
def test_every_organism_has_orthologs_and_ids(organism: str) -> None:
    genes = table(organism)
    n_expected = 6_800 if organism == "fly" else 11_000
    assert sum(symbol != "" for symbol in genes.human) > n_expected
    assert len(genes.ids["flybase" if organism == "fly" else "ensembl"]) > n_expected
    assert {code & 3 for code in genes.codes.values()} <= set(range(len(HOW)))


@pytest.mark.parametrize(
    ("names", "organism", "symbols"),
    [
        (["Cd4", "Ptprc", "RT1-Da"], "rat", ["CD4", "PTPRC", "HLA-DRA"]),
        (["sox9a", "tp53", "mpx"], "zebrafish", ["SOX9", "TP53", "EPX"]),
        (["CD4", "PTPRC"], "pig", ["CD4", "PTPRC"]),
        (["ENSRNOG00000000415", "ENSDARG00000057911"], None, ["ASF1A", "ACTC1"]),
        (["Egfr", "w", "dpp", "Act5C"], "fly", ["EGFR", "ABCG2", "", "ACTG1"]),
        (["FBgn0003731", "FLYBASE:FBgn0003731", "FBGN0003731"], None, ["EGFR"] * 3),
    ],
)
def test_other_species(names: list[str], organism: str | None, symbols: list[str]) -> None:
    assert resolve(names, organism=organism).symbols.tolist() == symbols


def test_kind_of_orthology() -> None:
    found = resolve(["sox9a", "sox9b", "tp53", "ENSG00000141510"], organism="zebrafish")
    assert found.orthology.tolist() == ["many-to-one", "many-to-one", "one-to-one", ""]
    assert found.orthologs == {"one-to-one": 1, "many-to-one": 2}
    assert found.ortholog_note == "33% of the orthologs are one-to-one"
    assert resolve(["TP53", "CD4"]).ortholog_note == ""
    for organism in ORGANISMS[1:]:
        genes = table(organism)
        assert ((genes.orthology > 0) == np.array([symbol != "" for symbol in genes.human])).all(), organism
    share = {o: (table(o).orthology == 1).sum() / (table(o).orthology > 0).sum() for o in ("mouse", "zebrafish", "fly")}
    assert share["mouse"] > 0.9 > 0.6 > share["zebrafish"] > share["fly"] > 0.5


def test_rat_and_zebrafish_are_detected() -> None:
    for organism in ("rat", "zebrafish", "mouse", "human"):
        rng = np.random.default_rng(0)
        assert resolve(rng.choice(table(organism).symbols, 500)).organism == organism


def test_symbols_in_lower_case_are_not_taken_for_those_of_fish() -> None:
    rng = np.random.default_rng(0)
    for organism in ("human", "mouse"):
        names = rng.choice([name for name in table(organism).symbols if name[-3:] != "Rik" and name[:2] != "Gm"], 300)
        found, given = resolve([name.lower() for name in names]), resolve(names, organism=organism)
        assert found.organism == organism
        assert (found.symbols == given.symbols).mean() > 0.95


def test_lower_case_of_other_species_is_not_read_as_human() -> None:
    worm = "unc-119 daf-16 lin-28 sod-1 act-4 cat-2 glo-1 gst-4 bec-1 glp-1 fbf-1 nos-3 mec-4 osm-6 vit-2 elt-2 skn-1"
    yeast = "cdc2 cdc25 rad3 act1 fas1 chp1 cdc8 pgk1 ura4 leu1 ade6 cut1 mis4 psc3 pat1 mei2 sxa2 sty1 wis1 nda3 tea1"
    for names in (worm, yeast):
        assert not resolve(names.split()).matched.any()


def test_libraries_and_vocabulary_keep_their_share() -> None:
    shares = {name: resolve(GeneSets(name).genes).share for name in datasets.libraries().index}
    assert min(shares.values()) > 0.998


def test_labels_of_names_of_one_gene() -> None:
    names = ["SEPT9", "CD4", "SEPTIN9", "my_gene", "Cd4", "CAP", "CAP"]
    assert gene_labels(names).tolist() == [2, 1, 2, 3, 1, 5, 5]
