from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import scgsfm

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scgsfm.settings, "cache_dir", tmp_path / "cache")


@pytest.fixture(scope="session")
def signatures() -> pd.DataFrame:
    """300 signatures of 100 compounds: three lines each, of 60 genes among 800; compound 0 is always the same."""
    rng = np.random.default_rng(0)
    rows = []
    for compound in range(100):
        own = rng.choice(800, 60, replace=False)
        for line in ("A549", "MCF7", "PC3"):
            genes = own if compound == 0 else rng.choice(800, 60, replace=False)
            rows += [(f"c{compound}", line, f"G{gene}", 1 if i < 30 else -1) for i, gene in enumerate(genes)]
    return pd.DataFrame(rows, columns=["compound", "cell", "gene", "weight"])
