from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scgsfm import GeneSets, _fetch, tl
from scgsfm.datasets import network, pbmc
from scgsfm.genes import resolve
from scgsfm.settings import settings

if TYPE_CHECKING:
    from pathlib import Path

COLLECTRI = "source,target,weight,resources\nMYC,TERT,1,a\nMYC,CDKN1A,-1,b\nMYC,CDKN1A,-1,c\nAP1,,1,d\n"


def test_progeny() -> None:
    net = network("PROGENy")
    assert net.columns.tolist() == ["source", "target", "weight", "pvalue"]
    assert net.groupby("source").size().unique().tolist() == [500]
    assert not net.duplicated(["source", "target"]).any()
    weight = net.set_index(["source", "target"])["weight"]
    # textbook responses, as published: NFKBIA to NF-kB, DUSP6 to MAPK, TFF1 to estrogen, MDM2 to p53
    for edge in (("NFkB", "NFKBIA"), ("MAPK", "DUSP6"), ("Estrogen", "TFF1"), ("p53", "MDM2"), ("JAK-STAT", "OAS3")):
        assert weight[edge] > 5
    assert (net["weight"] < 0).any()


def test_targets_of_factors() -> None:
    net = network("tf targets")
    assert set(net["weight"]) <= {1, 2, 3, 4}
    assert net.groupby("source").size().min() >= 5
    assert not net.duplicated(["source", "target"]).any()
    assert resolve(net["source"].unique()).share == resolve(net["target"].unique()).share == 1


@pytest.mark.parametrize("name", ["progeny", "tf_targets"])
def test_top(name: str) -> None:
    net, top = network(name), network(name, top=20)
    assert top.groupby("source").size().max() == 20
    for source in ("Androgen", "WNT") if name == "progeny" else ("SPI1", "GATA1"):
        of_all, kept = net[net["source"] == source], top[top["source"] == source]
        if name == "progeny":
            assert (
                kept["pvalue"].max() <= of_all["pvalue"].drop(of_all.index[of_all["target"].isin(kept["target"])]).min()
            )
        else:
            assert sorted(kept["weight"], reverse=True) == sorted(of_all["weight"], reverse=True)[: len(kept)]


@pytest.mark.parametrize(
    ("name", "top", "message"),
    [("progny", None, "There is no network 'progny'. Did you mean 'progeny'"), ("progeny", 0, "`top` is 0")],
)
def test_refused(name: str, top: int | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        network(name, top=top)


def test_gene_sets_by_name() -> None:
    sets = GeneSets("progeny")
    assert len(sets) == 14
    assert sets.info["licence"] == "Apache-2.0"
    adata = pbmc()[:50].copy()
    tl.score(adata, "progeny", method="mlm")
    tl.score(adata, network("progeny"), method="mlm", key_added="table")
    assert (adata.obsm["score_mlm"].to_numpy() == adata.obsm["table"].to_numpy()).all()
    assert adata.uns["scgsfm"]["score_mlm"]["gene_sets"]["source"].startswith("PROGENy")


def test_downloaded_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    file, asked = tmp_path / "collectri.csv", []
    file.write_text(COLLECTRI)
    monkeypatch.setattr(_fetch, "fetch", lambda urls, path, **_: asked.append((urls, path)) or file)
    with caplog.at_level("INFO", logger="scgsfm"):
        net = network("collectri")
    assert asked == [
        (["https://zenodo.org/records/8192729/files/CollecTRI_regulons.csv?download=1"], "networks/collectri.csv")
    ]
    assert net.to_numpy().tolist() == [["MYC", "TERT", 1], ["MYC", "CDKN1A", -1]]
    assert "license: freely available (authors)" in caplog.text
    file.write_text("<html>")
    with pytest.raises(ValueError, match=r"not a table with source, target, weight.*Delete it"):
        network("collectri")


def test_nothing_is_downloaded_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scgsfm.errors import DownloadError

    monkeypatch.setattr(settings, "cache_dir", tmp_path)
    monkeypatch.setattr(settings, "offline", True)
    with pytest.raises(DownloadError):
        network("collectri")


def test_name_of_another_type() -> None:
    with pytest.raises(TypeError, match="`name` is a NoneType, but must be the name of a network: progeny"):
        network(None)  # type: ignore[arg-type]
