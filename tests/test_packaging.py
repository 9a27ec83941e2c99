"""The recipe for conda and the entry for the registry of scverse say the same as `pyproject.toml`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

REPOSITORY = Path(__file__).parents[1]
yaml = pytest.importorskip("yaml")
ON_CONDA = {"torch": "pytorch", "matplotlib": "matplotlib-base"}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_recipe_has_the_dependencies_of_the_project(project: dict[str, Any]) -> None:
    recipe = yaml.safe_load((REPOSITORY / "release" / "conda" / "recipe.yaml").read_text(encoding="utf-8"))
    needed = {
        ON_CONDA.get(wanted.name, wanted.name): {str(one) for one in wanted.specifier}
        for wanted in map(Requirement, project["dependencies"])
    }
    run = [line.partition(" ") for line in recipe["requirements"]["run"]]
    assert {name: set(floor.split(",")) for name, _, floor in run if name != "python"} == needed
    assert recipe["build"]["python"]["entry_points"] == [f"scgsfm = {project['scripts']['scgsfm']}"]
    assert all((REPOSITORY / place).exists() for place in recipe["about"]["license_file"])
    assert recipe["about"]["summary"] == project["description"]


def test_entry_for_the_registry(project: dict[str, Any]) -> None:
    entry = yaml.safe_load((REPOSITORY / "release" / "scverse" / "meta.yaml").read_text(encoding="utf-8"))
    assert entry["license"] == project["license"]
    assert entry["project_home"] == project["urls"]["Source"]
    assert entry["documentation_home"] == project["urls"]["Documentation"]
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert entry["test_command"] in readme
    cited = (REPOSITORY / "CITATION.cff").read_text(encoding="utf-8")
    assert all(re.search(rf"doi: {re.escape(doi)}\b", cited) for doi in entry["publications"])
    assert (REPOSITORY / "release" / "scverse" / "logo.svg").exists()


def test_sdist_has_what_links_point_at() -> None:
    """The builder would take a folder that a link points at under the name of the link only."""
    config = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    included = config["tool"]["hatch"]["build"]["targets"]["sdist"]["force-include"]
    assert (REPOSITORY / "docs" / "tutorials").resolve() == REPOSITORY / "tutorials"
    assert included == {"tutorials": "tutorials"}
