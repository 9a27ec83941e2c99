"""The bill of materials of the wheel: every dependency and data file, each file with its license."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
DATA = ROOT / "src/scgsfm/data"


@pytest.fixture(scope="module")
def sbom() -> Any:
    spec = importlib.util.spec_from_file_location("sbom", ROOT / ".ci/sbom.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return {path.relative_to(DATA).as_posix(): path.read_bytes() for path in DATA.rglob("*") if path.is_file()}


def test_every_data_file_has_a_license(sbom: Any, files: dict[str, bytes]) -> None:
    licenses = sbom.data_licenses(files)
    assert licenses.keys() == files.keys()
    assert [name for name, license_ in licenses.items() if not license_] == []
    assert licenses["drugs/chembl_mechanisms.tsv.gz"] == "CC BY-SA 3.0"
    assert licenses["genesets/hallmark.npz"] == "CC BY 4.0"
    assert licenses["models/r3lm-mini/model.safetensors"] == "CC BY 4.0"
    assert licenses["models/gpgpt-mini/knowledge.npz"].startswith("HPO license")
    assert sbom.data_licenses([*files, "new/file.npz"])["new/file.npz"] == ""


def test_bill(sbom: Any, files: dict[str, bytes]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requires = [*project["dependencies"], "transformers>=4; extra == 'llm'", "scgsfm[dna]; extra == 'test'"]
    bill = sbom.bill("scgsfm", "1.0", requires, files, "0" * 64)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    libraries = {part["name"]: part for part in bill["components"] if part["type"] == "library"}
    names = {re.split(r"[^\w-]", requirement)[0] for requirement in project["dependencies"]}
    assert libraries.keys() == names | {"transformers"}
    assert {name for name, part in libraries.items() if part["scope"] == "optional"} == {"transformers"}
    assert libraries["numpy"]["purl"].startswith("pkg:pypi/numpy@")
    assert "BSD" in libraries["numpy"]["licenses"][0]["license"]["name"]
    hashes = {part["name"]: part["hashes"][0]["content"] for part in bill["components"] if part["type"] == "data"}
    assert hashes == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    references = [part["bom-ref"] for part in bill["components"]]
    assert len(references) == len(set(references))
    assert set(bill["dependencies"][0]["dependsOn"]) <= set(references)
