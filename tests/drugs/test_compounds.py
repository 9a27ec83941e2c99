from __future__ import annotations

import pytest

from scgsfm.drugs import load_compounds, normalize_compound, read_signature_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("metformin@MCF7#1e-05M_1", ("metformin", "MCF7", "1e-05M", "", "")),
        ("genistein_PC3_6.0h_10.0μM", ("genistein", "PC3", "10.0μM", "6.0h", "")),
        ("LJP005_A375_24H-alvocidib-10", ("alvocidib", "A375", "10", "24h", "")),
        ("tretinoin DB00755 mouse GSE31280 sample 2829", ("tretinoin", "mouse", "", "", "GSE31280")),
        ("ascorbic acid-1610", ("ascorbic acid", "", "", "", "")),
        ("sapphyrin (2.5 &Icirc;&frac14;M) 12 human GSE1 sample 3", ("sapphyrin (2.5 μM)", "human", "", "", "GSE1")),
        ("LY-294002", ("LY-294002", "", "", "", "")),
        ("Fluorouracil", ("Fluorouracil", "", "", "", "")),
    ],
)
def test_names_of_signatures_are_read(name: str, expected: tuple[str, ...]) -> None:
    assert tuple(read_signature_name(name)) == expected


def test_spellings_of_a_compound_agree() -> None:
    assert len({normalize_compound(name) for name in ("Vorinostat", "VORINOSTAT", "vorinostat sodium")}) == 1
    assert normalize_compound("sodium chloride") == "sodium"  # a salt of nothing keeps its first word
    compounds = load_compounds()
    assert {compounds.key(name) for name in ("SAHA", "DB02546", "Vorinostat", "CHEMBL98")} == {"vorinostat"}
    assert compounds.key("not a compound") == "notacompound"
    assert "Histone Deacetylase Inhibitor" in compounds.mechanisms["vorinostat"]
    assert compounds.drugbank["vorinostat"] == "DB02546"
