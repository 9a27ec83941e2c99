"""The embedded annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scgsfm.phenotypes import load_annotations

if TYPE_CHECKING:
    from scgsfm.phenotypes import HPOAnnotations


@pytest.fixture(scope="session")
def hpo() -> HPOAnnotations:
    return load_annotations()
