"""The list of models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scgsfm import models

if TYPE_CHECKING:
    from scgsfm.settings import Settings


def by_name() -> dict[str, dict[str, str]]:
    return {record["name"]: record for record in models.available()}


def test_known_models(own_settings: Settings) -> None:
    found = by_name()
    assert next(iter(found)) == "gsfm-base"
    where = {name: record["where"] for name, record in found.items()}
    official = [f"maayanlab/gsfm-{corpus}" for corpus in ("rummagene", "rummageo", "rummage")]
    assert [name for name in found if where[name] == "hub"] == official
    assert {name: found[name]["kind"] for name in ("gsfm-base", "gpgpt-mini", *official)} == {
        "gsfm-base": "gsfm",
        "gpgpt-mini": "gpgpt",
        **dict.fromkeys(official, "gsfm"),
    }
    assert {where[name] for name in found if name not in official} == {"embedded"}
    assert all(record["description"] and record["licence"] for record in found.values())
    assert not own_settings.cache_dir.exists()


def test_cached_model(own_settings: Settings) -> None:
    folder = own_settings.cache_dir / "models" / "maayanlab" / "gsfm-rummage"
    folder.mkdir(parents=True)
    for name in ("config.json", "vocab.txt"):
        (folder / name).touch()
    assert by_name()["maayanlab/gsfm-rummage"]["where"] == "hub"
    (folder / "model.safetensors").touch()
    assert by_name()["maayanlab/gsfm-rummage"]["where"] == "cached"
    assert by_name()["maayanlab/gsfm-rummageo"]["where"] == "hub"


def test_the_list_is_a_copy(own_settings: Settings) -> None:
    models.available()[0]["name"] = "changed"
    assert "gsfm-base" in by_name()
