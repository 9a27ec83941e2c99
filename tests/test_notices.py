"""The notices in the wheel name source and license of every data file of the package."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

import scgsfm

Rows = list[tuple[list[str], str, str]]
REPOSITORY = Path(__file__).parents[1]
NOTICES = REPOSITORY / "THIRD_PARTY_NOTICES.md"
DATA = Path(scgsfm.__file__).parent / "data"
ABOUT_OTHERS = {"NOTICE.txt", "sources.json", "libraries.json", "networks.json"}
"""Files that themselves state sources and licenses."""
LICENSES = "BSD-3-Clause|CC0 1.0|CC BY 4.0|CC BY-SA 3.0|Apache-2.0|HPO license|EMBL-EBI terms|public|free to use|no restrictions|facts"


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Patterns of files, source and license of each row of the table."""
    cells = [
        line.strip("| ").split(" | ") for line in NOTICES.read_text(encoding="utf-8").splitlines() if line[:3] == "| `"
    ]
    return [(re.findall(r"`([^`]+)`", files), source, licence) for files, source, licence in cells]


def test_every_data_file_has_a_row(rows: Rows) -> None:
    patterns = [pattern for files, _, _ in rows for pattern in files]
    files = [path.relative_to(DATA).as_posix() for path in DATA.rglob("*") if path.is_file()]
    shipped = [name for name in files if Path(name).name not in ABOUT_OTHERS and "__pycache__" not in name]
    assert len(shipped) > 50
    assert [name for name in shipped if not any(fnmatch(name, pattern) for pattern in patterns)] == []


def test_every_row_is_about_a_file_and_has_a_known_license(rows: Rows) -> None:
    files = [path.relative_to(DATA).as_posix() for path in DATA.rglob("*")]
    for patterns, source, licence in rows:
        assert all(any(fnmatch(name, pattern) for name in files) for pattern in patterns), patterns
        assert source
        assert re.match(LICENSES, licence), licence


def test_licenses_that_must_be_passed_on_are_in_the_wheel(rows: Rows) -> None:
    metadata = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    assert 'license-files = [ "LICENSE", "THIRD_PARTY_NOTICES.md", "licenses/*" ]' in metadata
    assert any(licence.startswith("Apache-2.0") for *_, licence in rows)
    assert "Apache License" in (REPOSITORY / "licenses" / "Apache-2.0.txt").read_text(encoding="utf-8")
    assert "Permission is hereby granted, free of charge" in NOTICES.read_text(encoding="utf-8")
