"""Libraries by name: embedded ones against known members, downloads from a local server."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm import GeneSets
from scgsfm.datasets import library, pbmc
from scgsfm.errors import DownloadError

if TYPE_CHECKING:
    from tests.conftest import Server

    from scgsfm.settings import Settings

ENRICHR = "T cell receptor\t\tCD3D,1.0\tCD3E,1.0\t\nApoptosis\t\tCASP3\tBAX\t\n"
MSIGDB = "HALLMARK_X\thttps://example.org\tCD3D\tCD3E\n"


@pytest.mark.parametrize(
    ("name", "set_name", "size", "some"),
    [
        ("hallmark", "HALLMARK_INTERFERON_ALPHA_RESPONSE", 97, {"ISG15", "MX1", "IFIT3"}),
        ("hallmark", "HALLMARK_HYPOXIA", 200, {"VEGFA", "LDHA", "SLC2A1"}),
        ("reactome", "REACTOME_2_LTR_CIRCLE_FORMATION", 7, {"BANF1", "HMGA1", "XRCC6"}),
        ("go_bp", "'De Novo' AMP Biosynthetic Process (GO:0044208)", 6, {"ADSS1", "ADSS2", "PFAS"}),
        ("go_cc", "9+0 Non-Motile Cilium (GO:0097731)", 7, {"C1orf115", "IFTAP", "USH1G"}),
        ("go_mf", "1-Acylglycerophosphocholine O-acyltransferase Activity (GO:0047184)", 6, {"LPCAT2", "TAFAZZIN"}),
        ("cell_types", "AIZARANI_LIVER_C11_HEPATOCYTES_1", 297, {"A1BG", "AADAC", "ADH1A"}),
    ],
)
def test_embedded_members(name: str, set_name: str, size: int, some: set[str]) -> None:
    sets = library(name)
    assert len(sets[set_name]) == size
    assert some <= set(sets[set_name])
    assert sets[set_name] == sorted(sets[set_name])
    assert not sets.weighted


def test_embedded_names_ignore_case_spaces_and_hyphens() -> None:
    assert library("GO-BP") == library("go_bp") == GeneSets("Go Bp")


def test_source_and_license() -> None:
    info = library("reactome").info
    assert info["name"] == "reactome"
    assert info["version"] == "2024.1.Hs"
    assert info["licence"] == "CC BY 4.0"
    assert info["url"].startswith("https://")


def test_blood_markers_match_the_cell_types_of_the_example_data() -> None:
    adata = pbmc()
    sets = library("pbmc_markers")
    assert set(adata.obs["cell_type"].cat.categories) <= set(sets)
    assert sets.sizes.min() >= 8
    assert sets.sizes.max() <= 20
    known = np.diff(sets.membership(adata.var_names).indptr) / sets.sizes
    assert known.min() > 0.6


def test_embedded_libraries_are_small() -> None:
    folder = Path(str(files("scgsfm") / "data" / "genesets"))
    assert sum(file.stat().st_size for file in folder.iterdir()) < 1_000_000


@pytest.fixture
def sources(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A local Enrichr and MSigDB."""
    server.files["/enrichr?libraryName=My_Library_2021"] = ENRICHR.encode()
    server.files["/enrichr?libraryName=Broken_2021"] = b"no such library\n"
    server.files["/msigdb/2024.1.Hs/h.all.v2024.1.Hs.symbols.gmt"] = MSIGDB.encode()
    monkeypatch.setattr("scgsfm.genesets._library._ENRICHR", f"{server.url}/enrichr?libraryName=")
    monkeypatch.setattr("scgsfm.genesets._library._MSIGDB", f"{server.url}/msigdb")
    return server


def test_enrichr_is_downloaded_once(sources: Server, own_settings: Settings, recwarn: pytest.WarningsRecorder) -> None:
    for make in (library, GeneSets):
        sets = make("My_Library_2021")
        assert sets.to_dict() == {"T cell receptor": ["CD3D", "CD3E"], "Apoptosis": ["CASP3", "BAX"]}
        assert sets.info["source"] == "Enrichr"
        assert "not checked" in sets.info["licence"]
    assert sources.requests == {"/enrichr?libraryName=My_Library_2021": 1}
    assert (own_settings.cache_dir / "genesets" / "enrichr" / "My_Library_2021.gmt").read_text() == ENRICHR
    assert not recwarn.list


@pytest.mark.parametrize("name", ["h.all.v2024.1.Hs", "h.all.v2024.1.Hs.symbols"])
def test_msigdb_release(sources: Server, name: str) -> None:
    sets = library(name)
    assert sets.to_dict() == {"HALLMARK_X": ["CD3D", "CD3E"]}
    assert sets.info["version"] == "2024.1.Hs"
    assert sources.requests == {"/msigdb/2024.1.Hs/h.all.v2024.1.Hs.symbols.gmt": 1}


def test_unknown_names_suggest_others(sources: Server) -> None:
    with pytest.raises(
        DownloadError, match="(?s)'KEGG_2021_Humans'.*Did you mean 'KEGG_2021_Human'.*hallmark.*libraryName"
    ):
        library("KEGG_2021_Humans")
    with pytest.raises(ValueError, match="'reactom'.*Did you mean 'reactome'.*Embedded libraries: hallmark, reactome"):
        library("reactom")
    assert not any("reactom" in path for path in sources.requests)


def test_downloads_without_gene_sets_are_removed_from_the_cache(sources: Server, own_settings: Settings) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="(?s)'Broken_2021'.*did not return gene sets.*separated by tabs"):
            library("Broken_2021")
    assert sources.requests.total() == 2
    assert not (own_settings.cache_dir / "genesets" / "enrichr" / "Broken_2021.gmt").exists()


def test_wrong_file_placed_by_hand_is_kept(sources: Server, own_settings: Settings) -> None:
    path = own_settings.cache_dir / "genesets" / "enrichr" / "My_Library_2021.gmt"
    path.parent.mkdir(parents=True)
    path.write_text("T CD3D CD3E\n")
    with pytest.raises(ValueError, match="separated by tabs.*Delete .*My_Library_2021.gmt"):
        library("My_Library_2021")
    assert path.exists()
    assert not sources.requests


def test_offline(sources: Server, own_settings: Settings) -> None:
    own_settings.offline = True
    assert len(library("hallmark")) == 50
    with pytest.raises(DownloadError, match="KEGG_2021_Human"):
        library("KEGG_2021_Human")
    assert not sources.requests
