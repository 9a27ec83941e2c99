"""A user's own index: built from small files of releases, installed, chosen, pinned and reported."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scgsfm
from scgsfm import settings, tl
from scgsfm.cli import main
from scgsfm.phenotypes import (
    ANNOTATIONS_FILE,
    HPO_URLS,
    installed_indexes,
    load_annotations,
    load_predictor,
    read_annotations,
    update_annotations,
    write_index,
)

RELEASES = Path(__file__).with_name("releases")
FILES: dict[str, Any] = {
    "hpo": RELEASES / "hp.json",
    "annotations": RELEASES / "phenotype.hpoa",
    "genes": RELEASES / "genes_to_phenotype.txt",
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "_cache_dir", tmp_path)
    monkeypatch.setattr(settings, "_phenotypes", None)
    monkeypatch.delenv("SCGSFM_PHENOTYPES", raising=False)
    return tmp_path


def test_index_of_small_files(cache: Path) -> None:
    built = update_annotations(**FILES, allow_small=True)
    assert built.name == "2026-01-08"
    assert built.path == cache / "phenotypes" / "2026-01-08.npz"
    assert installed_indexes() == {"2026-01-08": built.path}
    assert built.counts["terms"] == 11
    assert built.counts["annotations of hpo_annotations"] == 8
    assert built.versions["Human Phenotype Ontology"] == built.versions["HPO annotations"] == "2026-01-08"
    hpo = read_annotations(built.path)
    (found,) = [e for e in hpo.evidence("SCN1A", "HP:0001250") if e.term == "HP:0002069"]
    assert (found.frequency, found.reference, found.code) == ("75%", "PMID:21463275;PMID:17347258", "PCS")
    assert found.source == "HPO annotations 2026-01-08"
    assert "associated [HPO annotations 2026-01-08]" in found.relation
    assert [e.term for e in hpo.evidence("SCN1A", "HP:0001083", negated=True)] == ["HP:0001083"]
    assert hpo.ontology.ids[hpo.ontology.term("HP:0000057")] == "HP:0008665"
    # what the files do not contain is that of the package, with its version
    assert hpo.disease_ids[hpo.disease("Louis-Bar syndrome")] == "ORPHA:100"
    assert hpo.disease_ids[hpo.find_disease("MONDO:0007947")[0]] == "OMIM:154700"


def test_the_index_is_used_only_when_chosen() -> None:
    bundled = load_annotations()
    update_annotations(**FILES, allow_small=True)
    assert load_annotations() is bundled
    settings.phenotypes = "2026-01-08"
    chosen = load_annotations()
    assert len(chosen.ontology) == 11
    assert load_predictor().hpo is chosen
    assert load_annotations() is chosen
    settings.phenotypes = "bundled"
    assert load_annotations() is bundled


def test_functions_use_and_report_the_chosen_index() -> None:
    settings.phenotypes = update_annotations(**FILES, name="mine", allow_small=True).path
    table = tl.rank_genes(["HP:0001166", "Ectopia lentis"], n_top=3)
    assert table["gene"][0] == "FBN1"
    assert table.attrs["about"].startswith(
        "Index mine: Human Phenotype Ontology 2026-01-08, HPO annotations 2026-01-08"
    )
    evidence = tl.gene_phenotype("SCN1A", ["Seizure"])["evidence"][0]
    assert "HPO annotations 2026-01-08" in evidence
    settings.phenotypes = "bundled"
    assert "Index scgsfm-" in tl.rank_genes(["HP:0001166"], n_top=3).attrs["about"]


def test_a_new_file_of_the_same_name_replaces_the_old_one() -> None:
    settings.phenotypes = update_annotations(**FILES, allow_small=True).name
    assert load_annotations().gene("SCN1A") is not None
    assert len(load_annotations().evidence("FBN1", "HP:0001166")) == 1
    annotations = settings.cache_dir / "other.hpoa"
    annotations.write_text(FILES["annotations"].read_text().replace("OMIM:154700", "OMIM:129600"))
    update_annotations(**(FILES | {"annotations": annotations}), allow_small=True)
    assert load_annotations().evidence("FBN1", "HP:0001166")[0].disease == "OMIM:129600"


def test_pinned_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    own = load_annotations().name
    settings.phenotypes = own  # the name of the index in the package
    assert load_annotations().name == own
    monkeypatch.setattr(settings, "_phenotypes", None)
    monkeypatch.setenv("SCGSFM_PHENOTYPES", "2019-01-01")
    with pytest.raises(FileNotFoundError, match=rf"'2019-01-01', but there is no index .*'bundled' \(now '{own}'\)"):
        load_annotations()
    settings.phenotypes = "missing/index.npz"
    with pytest.raises(FileNotFoundError, match="there is no such file"):
        load_annotations()
    with pytest.raises(TypeError, match="phenotypes must be 'bundled'"):
        settings.phenotypes = 3  # type: ignore[assignment]


def test_files_that_are_no_index(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(b"nothing")
    with pytest.raises(ValueError, match="is not an index of phenotypes, or is damaged"):
        read_annotations(path)
    np.savez(path, a=np.arange(3))
    with pytest.raises(ValueError, match="is not an index of phenotypes, or is damaged"):
        read_annotations(path)
    path.write_bytes(ANNOTATIONS_FILE.read_bytes()[:100_000])
    with pytest.raises(ValueError, match="is not an index of phenotypes, or is damaged"):
        read_annotations(path)
    with np.load(ANNOTATIONS_FILE) as stored:
        arrays = dict(stored)
    about = arrays["about"].tobytes().replace(b'"format": 2', b'"format": 9')
    write_index(path, arrays | {"about": np.frombuffer(about, np.uint8)})
    with pytest.raises(ValueError, match="written by a later version of scgsfm"):
        read_annotations(path)


def test_small_files_are_refused_and_nothing_is_left(cache: Path) -> None:
    with pytest.raises(ValueError, match="contain 11 terms, but at least 10,000 are expected"):
        update_annotations(**FILES)
    assert list(cache.rglob("*.npz")) == []


def test_a_failed_update_keeps_the_old_index(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = update_annotations(**FILES, allow_small=True)
    before = built.path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="No space left"):
        update_annotations(**FILES, allow_small=True)
    assert built.path.read_bytes() == before
    assert [path.name for path in built.path.parent.iterdir()] == [built.path.name]


def test_ontology_and_annotations_must_fit(tmp_path: Path) -> None:
    unfit = tmp_path / "phenotype.hpoa"
    unfit.write_text(FILES["annotations"].read_text().replace("HP:0001250", "HP:0001627"))
    with pytest.raises(ValueError, match="1 of 8 annotations have terms that the ontology lacks"):
        update_annotations(**(FILES | {"annotations": unfit}), allow_small=True)


def test_genes_and_orphanet_are_optional() -> None:
    built = update_annotations(**(FILES | {"genes": None}), name="no-genes", allow_small=True)
    hpo = read_annotations(built.path)
    assert "HPO genes of diseases 2025-01-16" in hpo.evidence("FBN1", "HP:0001166")[0].relation
    built = update_annotations(
        **FILES,
        orphanet=[RELEASES / "en_product6.xml", RELEASES / "en_product4.xml"],
        name="orphanet",
        allow_small=True,
    )
    hpo = read_annotations(built.path)
    of_orphanet = [e for e in hpo.evidence("SCN1A", "HP:0001250") if e.disease == "ORPHA:33069"]
    assert [(e.frequency, e.source) for e in of_orphanet] == [("HP:0040280", "Orphanet 2026-07")]
    assert "Modifying germline mutation in [Orphanet 2026-07]" in hpo.evidence("SCN9A", "HP:0001250")[0].relation


@pytest.mark.parametrize("name", ["bundled", "a/b", "", "x.npz", "../x"])
def test_names(name: str) -> None:
    with pytest.raises(ValueError, match="`name` is"):
        update_annotations(**FILES, name=name, allow_small=True)


def test_nothing_is_downloaded_unasked(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    fetched = []

    def fetch(urls: list[str], path: str, **_: object) -> Path:
        fetched.append(urls[0])
        target = cache / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(RELEASES / target.name, target)
        return target

    monkeypatch.setattr("scgsfm.phenotypes._index_update.fetch", fetch)
    with pytest.raises(ValueError, match="Give `annotations`: files of the HPO consortium"):
        update_annotations(hpo=FILES["hpo"])
    assert fetched == []
    built = update_annotations(hpo=FILES["hpo"], download=True, allow_small=True)
    assert fetched == [HPO_URLS["annotations"], HPO_URLS["genes"]]
    assert all(url.startswith("https://purl.obolibrary.org/obo/hp") for url in HPO_URLS.values())
    assert [path.name for path in built.path.parent.iterdir()] == ["2026-01-08.npz"]


def test_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "_offline", True)
    with pytest.raises(scgsfm.errors.DownloadError, match=r"offline mode .* is on"):
        update_annotations(download=True)


def test_old_annotations_are_reported_once(monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder) -> None:
    class Later(date):
        @classmethod
        def today(cls) -> Later:
            return cls(2028, 2, 1)

    monkeypatch.setattr("scgsfm.phenotypes._annotations.date", Later)
    monkeypatch.setattr("scgsfm.phenotypes._annotations._REPORTED", set())
    settings.phenotypes = update_annotations(**FILES, name="old", allow_small=True).name
    with pytest.warns(UserWarning, match="index 'old' are of 2026-01-08, over 2 years old.*scgsfm update phenotypes"):
        load_annotations()
    update_annotations(**FILES, name="old", allow_small=True)
    recwarn.clear()
    load_annotations()
    assert not recwarn.list
    monkeypatch.setattr("scgsfm.phenotypes._annotations._REPORTED", set())
    monkeypatch.setattr(Later, "today", classmethod(lambda cls: cls(2028, 1, 1)))
    settings.phenotypes = update_annotations(**FILES, name="new", allow_small=True).name
    load_annotations()
    assert not recwarn.list


def test_shell(capsys: pytest.CaptureFixture[str], cache: Path) -> None:
    options = [f"--{key}={path}" for key, path in FILES.items()]
    assert main(["update", "phenotypes", *options, "--allow-small", "--name", "shell"]) == 0
    printed = capsys.readouterr().out
    assert str(cache / "phenotypes" / "shell.npz") in printed
    assert "Human Phenotype Ontology 2026-01-08" in printed
    assert "SCGSFM_PHENOTYPES=shell" in printed
    assert main(["update", "phenotypes", f"--hpo={FILES['annotations']}", f"--annotations={FILES['hpo']}"]) == 2
    assert "neither an ontology in OBO Graphs" in capsys.readouterr().err
